"""The eight endpoint templates, as data.

The calls are those that FullStory documents, which are not always those that a name suggests:
nothing there is updated with PUT or PATCH. Each endpoint names its page in `doc`.
"""

from dataclasses import replace

from fsdest.fullstory import limits
from fsdest.fullstory.endpoints import Endpoint, Field, Kind, Parameter
from fsdest.fullstory.fields import EVENT_FIELDS, USER_FIELDS, WEBHOOK_FIELDS

_SITE = "https://developer.fullstory.com"
_JOB_WARNING = (
    "FullStory takes the batch at once and imports it later. The destination follows each import "
    "job and counts a record as delivered only when its job has ended."
)
_WEBHOOK_ID = Parameter(
    name="id",
    label="Id",
    place="path",
    help="The id of the webhook endpoint, as FullStory lists it.",
    lookup="webhooks",
    guesses=("endpointid", "webhookid", "webhookendpointid", "id"),
)

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        key="create-or-update-user",
        title="Create or Update User",
        method="POST",
        path="/v2/users",
        fields=USER_FIELDS,
        rest="properties",
        is_idempotent=True,
        has_same_effect_twice=True,
        order_by="uid",
        explanation=(
            "Writes one user per record. FullStory looks for a user with the record's uid: it "
            "updates the one it finds, or creates one. Properties are added to those the user "
            "has, and a newer value replaces an older one. A new user shows up in FullStory's "
            "search once they have a session or an event."
        ),
        doc=f"{_SITE}/server/users/create-user/",
    ),
    Endpoint(
        key="delete-user",
        title="Delete User",
        method="DELETE",
        path="/v2/users",
        parameters=(
            Parameter(
                name="uid",
                label="User UID",
                place="query",
                help="Your own id of the user to delete.",
                max_length=limits.UID_LENGTH,
                guesses=("uid", "userid", "useruid", "customerid", "id"),
            ),
        ),
        order_by="uid",
        may_reply_empty=True,
        needs="architect",
        is_irreversible=True,
        explanation=(
            "Deletes one user per record, named by uid, with all their sessions, events and "
            "properties. FullStory begins at once and finishes in its own time."
        ),
        warnings=(
            "What is deleted cannot be brought back.",
            "The API key must be of the level Architect or Admin.",
        ),
        doc=f"{_SITE}/server/users/delete-user/",
    ),
    Endpoint(
        key="batch-create-users",
        title="Batch Create Users",
        method="POST",
        path="/v2/users/batch",
        fields=USER_FIELDS,
        rest="properties",
        envelope="requests",
        max_records=limits.BATCH_RECORDS,
        default_batch=limits.BATCH_RECORDS,
        follow="users",
        is_idempotent=True,
        has_same_effect_twice=True,
        order_by="uid",
        lanes=1,
        explanation=(
            "Writes up to 50,000 users with one call, each created or updated by its uid. The "
            "fastest way to bring in many users."
        ),
        warnings=(_JOB_WARNING,),
        doc=f"{_SITE}/server/users/create-batch-user-import-job",
    ),
    Endpoint(
        key="create-event",
        title="Create Event",
        method="POST",
        path="/v2/events",
        fields=EVENT_FIELDS,
        rest="properties",
        is_idempotent=True,
        order_by="user.uid",
        explanation=(
            "Writes one event per record, for a user, for a session, or for the user's latest "
            "session. A uid that FullStory does not know yet becomes a new user."
        ),
        warnings=(
            "An event without a user and a session is given to a new anonymous user.",
            "Map the user or a session's id, not both: FullStory refuses an event with two.",
        ),
        doc=f"{_SITE}/server/events/create-event/",
    ),
    Endpoint(
        key="create-batch-events-import-job",
        title="Create Batch Events Import Job",
        method="POST",
        path="/v2/events/batch",
        fields=EVENT_FIELDS,
        rest="properties",
        envelope="requests",
        max_records=limits.BATCH_RECORDS,
        default_batch=limits.BATCH_RECORDS,
        follow="events",
        is_idempotent=True,
        order_by="user.uid",
        lanes=1,
        explanation=(
            "Writes up to 50,000 events with one call. The fastest way to bring in many events."
        ),
        warnings=(
            _JOB_WARNING,
            "Map the user or a session's id, not both: FullStory refuses an event with two.",
        ),
        doc=f"{_SITE}/server/events/create-batch-events-import-job",
    ),
    Endpoint(
        key="create-webhook-endpoint",
        title="Create Webhook Endpoint",
        method="POST",
        path="/webhooks/v1/endpoints",
        fields=tuple(
            replace(field, required=True) if field.path in {"url", "event_types"} else field
            for field in WEBHOOK_FIELDS
        ),
        order_by="url",
        needs="architect",
        lanes=1,
        explanation=(
            "Has FullStory call an address of yours whenever one of the chosen things happens, "
            "for instance when a note is written. One endpoint per record."
        ),
        warnings=("The API key must be of the level Architect or Admin.",),
        doc=f"{_SITE}/create-endpoint",
    ),
    Endpoint(
        key="update-webhook-endpoint",
        title="Update Webhook Endpoint",
        method="POST",
        path="/webhooks/v1/endpoints/{id}",
        parameters=(_WEBHOOK_ID,),
        fields=(
            *WEBHOOK_FIELDS,
            Field(
                path="disabled",
                label="Disabled",
                kind=Kind.BOOLEAN,
                help="True stops the calls. Left out or false, the endpoint is enabled.",
                guesses=("disabled", "isdisabled"),
            ),
        ),
        has_same_effect_twice=True,
        order_by="id",
        needs="architect",
        lanes=1,
        explanation=(
            "Changes a webhook endpoint. The event types given replace those it had; what is "
            "left out stays as it is, except for Disabled."
        ),
        warnings=(
            "Leaving out Disabled enables an endpoint that was disabled.",
            "A new URL gives the endpoint a new id.",
            "The API key must be of the level Architect or Admin.",
        ),
        doc=f"{_SITE}/update-endpoint",
    ),
    Endpoint(
        key="delete-webhook-endpoint",
        title="Delete Webhook Endpoint",
        method="DELETE",
        path="/webhooks/v1/endpoints/{id}",
        parameters=(_WEBHOOK_ID,),
        order_by="id",
        may_reply_empty=True,
        needs="architect",
        is_irreversible=True,
        lanes=1,
        explanation="Deletes a webhook endpoint: FullStory calls its address no more.",
        warnings=(
            "What is deleted cannot be brought back.",
            "The API key must be of the level Architect or Admin.",
        ),
        doc=f"{_SITE}/anywhere/v1/webhooks/delete-endpoint/",
    ),
)

_BY_KEY = {each.key: each for each in ENDPOINTS}


def endpoint(key: str) -> Endpoint:
    """Return the endpoint called `key`. Raises KeyError."""
    return _BY_KEY[key]
