"""The fields of users, events and webhook endpoints, as the catalogue's endpoints share them.

Source: https://developer.fullstory.com/server/users/create-user/, /server/events/create-event/,
/create-endpoint.
"""

from fsdest.fullstory import limits
from fsdest.fullstory.endpoints import Field, Kind

_UIDS = ("uid", "userid", "useruid", "externalid", "customerid")

PROPERTIES = Field(
    path="properties",
    label="Properties",
    kind=Kind.OBJECT,
    help="Whatever else you know. An attribute that is an object; other attributes join it.",
    guesses=("properties",),
)
SCHEMA = Field(
    path="schema",
    label="Schema",
    kind=Kind.OBJECT,
    help="The types of properties, where FullStory should not infer them.",
)

USER_FIELDS = (
    Field(
        path="uid",
        label="UID",
        required=True,
        max_length=limits.UID_LENGTH,
        help="Your own id of the user. Once set, it cannot be changed.",
        guesses=(*_UIDS, "id"),
    ),
    Field(
        path="display_name",
        label="Display name",
        max_length=limits.DISPLAY_NAME_LENGTH,
        guesses=("displayname", "fullname", "name", "username"),
    ),
    Field(
        path="email",
        label="Email",
        max_length=limits.EMAIL_LENGTH,
        guesses=("email", "emailaddress", "mail"),
    ),
    PROPERTIES,
    SCHEMA,
)


def _context(group: str, name: str, label: str, kind: Kind = Kind.TEXT) -> Field:
    """A field of one of the four contexts; mapped by default only from the very same name."""
    guess = f"context{group}{name.replace('_', '')}"
    return Field(path=f"context.{group}.{name}", label=label, kind=kind, guesses=(guess,))


_CONTEXT = (
    _context("browser", "url", "Page URL"),
    _context("browser", "user_agent", "User agent"),
    _context("browser", "initial_referrer", "Initial referrer"),
    _context("mobile", "app_id", "App id"),
    _context("mobile", "app_version", "App version"),
    _context("mobile", "app_name", "App name"),
    _context("mobile", "build_variant", "Build variant"),
    _context("device", "manufacturer", "Manufacturer"),
    _context("device", "model", "Model"),
    _context("device", "screen_width", "Screen width", Kind.NUMBER),
    _context("device", "screen_height", "Screen height", Kind.NUMBER),
    _context("device", "viewport_width", "Viewport width", Kind.NUMBER),
    _context("device", "viewport_height", "Viewport height", Kind.NUMBER),
    _context("location", "country", "Country"),
    _context("location", "region", "Region"),
    _context("location", "city", "City"),
    _context("location", "latitude", "Latitude", Kind.NUMBER),
    _context("location", "longitude", "Longitude", Kind.NUMBER),
    _context("location", "ip_address", "IP address"),
)

EVENT_FIELDS = (
    Field(
        path="name",
        label="Name",
        required=True,
        help="What happened.",
        guesses=("name", "eventname", "event", "eventtype"),
    ),
    Field(
        path="timestamp",
        label="Timestamp",
        kind=Kind.MOMENT,
        help="When it happened, in ISO 8601. Left out, it is when FullStory gets it.",
        guesses=("timestamp", "eventtime", "time", "occurredat", "createdat", "date"),
    ),
    Field(
        path="user.uid",
        label="User UID",
        max_length=limits.UID_LENGTH,
        help="Your own id of the user.",
        guesses=_UIDS,
    ),
    Field(path="user.id", label="User id", help="FullStory's id of the user."),
    Field(
        path="session.id",
        label="Session id",
        help="FullStory's id of the session. Takes the place of a user.",
    ),
    Field(
        path="session.uid",
        label="Session UID",
        max_length=limits.UID_LENGTH,
        help="Your own id of the session. Takes the place of a user.",
    ),
    Field(
        path="session.use_most_recent",
        label="Use the most recent session",
        kind=Kind.FLAG,
        help="Joins the event to the user's session of the last 30 minutes, if there is one.",
        guesses=("sessionusemostrecent", "usemostrecent"),
    ),
    *_CONTEXT,
    PROPERTIES,
    SCHEMA,
)

WEBHOOK_FIELDS = (
    Field(
        path="url",
        label="URL",
        help="The address that FullStory is to call, http or https.",
        guesses=("url", "webhookurl", "endpointurl"),
    ),
    Field(
        path="event_types",
        label="Event types",
        kind=Kind.LIST,
        help='What to call for: [{"event_name": "note.created"}]. Some need a subcategory.',
        lookup="event_types",
        guesses=("eventtypes",),
    ),
    Field(
        path="secret",
        label="Secret",
        help="FullStory signs its calls with it and never shows it again.",
        guesses=("secret",),
    ),
)
