"""Send Nexset to Destination: the steps, drafts that last, previews, tests, and Done."""

import json

import pytest
from django.urls import reverse

from fsdest.models import Credential, Destination, Nexset
from fsdest.records import blocks

HTMX = {"HX-Request": "true"}
OWNER = {"email": "daniel@example.com", "orgId": "ABC", "role": "USER"}
KEY = "na1.ANOTHERSECRET/ORG2"
RECORDS = [
    {"user_id": f"u{n}", "full_name": f"User {n}", "plan": "free", "address": {"city": "Bern"}}
    for n in range(4)
]


@pytest.fixture
def nexset(nexset_of) -> Nexset:
    return nexset_of(RECORDS)


@pytest.fixture
def draft(nexset, credential) -> Destination:
    return Destination.objects.create(
        organization=nexset.organization,
        nexset=nexset,
        credential=credential,
        connector="fullstory",
        name="Users to FullStory",
    )


@pytest.fixture
def at(draft):
    """at("test") is the address of a step of the draft."""
    return lambda step: reverse(f"wizard-{step}", args=[draft.pk])


def typed(**changes: str) -> dict[str, str]:
    """What the form of Create or Update User posts."""
    form = {
        "name": "Users to FullStory",
        "slot": "create-or-update-user",
        "endpoint": "create-or-update-user",
        "boxes": "exclude",
        "mapping.uid.source": "attribute",
        "mapping.uid.attribute": "user_id",
        "mapping.display_name.source": "attribute",
        "mapping.display_name.attribute": "full_name",
        "rest": "keep",
    }
    return form | {name.replace("__", "."): value for name, value in changes.items()}


def test_the_road_from_a_nexset_to_a_paused_destination(as_ann, nexset, credential):
    begun = as_ann.post(reverse("send", args=[nexset.pk]))
    selected = as_ann.post(begun.url, {"connector": "fullstory"})
    chosen = as_ann.post(selected.url, {"credential": str(credential.pk)})
    configure = as_ann.get(chosen.url)
    done = as_ann.post(chosen.url, typed(name="My users"), follow=True)

    assert "Send Nexset to Destination" in configure.content.decode()
    made = Destination.objects.get()
    assert (made.status, made.name, made.credential) == ("paused", "My users", credential)
    assert made.draft == {}
    configuration = made.version.read()
    assert dict(configuration.mapping)["uid"].text == "user_id"
    assert configuration.moment
    assert done.redirect_chain[-1][0] == reverse("flow", args=[nexset.source_id])
    assert "“My users” is saved and paused." in done.content.decode()


def test_a_page_of_the_wizard_opened_too_early_leads_to_the_step_that_is_missing(as_ann, nexset):
    made = Destination.objects.create(
        organization=nexset.organization, nexset=nexset, name="New", connector=""
    )

    response = as_ann.get(reverse("wizard-configure", args=[made.pk]))

    assert response.url == reverse("wizard-select", args=[made.pk])


def test_drafts_begun_before_are_offered_again(as_ann, draft, nexset, at):
    content = as_ann.get(reverse("send", args=[nexset.pk])).content.decode()

    assert at("configure") in content


def test_the_search_for_connectors_finds_by_name_and_says_when_nothing_matches(as_ann, at):
    found = as_ann.get(at("select"), {"q": "full"}, headers=HTMX).content.decode()
    nothing = as_ann.get(at("select"), {"q": "zzz"}, headers=HTMX).content.decode()

    assert "FullStory" in found
    assert "Snowflake" not in found
    assert "No connector matches." in nothing


def test_a_connector_that_is_not_installed_cannot_be_chosen(as_ann, at, draft):
    response = as_ann.post(at("select"), {"connector": "s3"})

    assert response.status_code == 422
    draft.refresh_from_db()
    assert draft.connector == "fullstory"


def test_a_credential_added_in_the_wizard_becomes_a_chosen_tile(as_ann, at, draft, stand_in):
    stand_in.says(body=json.dumps(OWNER).encode())
    new = {"name": "Main", "description": "", "target": "sandbox", "api_key": KEY}

    content = as_ann.post(at("credential"), new, headers=HTMX).content.decode()

    made = Credential.objects.get(name="Main")
    draft.refresh_from_db()
    assert draft.credential == made
    assert f'value="{made.pk}" checked' in content
    assert "ANOTHERSECRET" not in content


def test_a_wrong_credential_stays_in_the_form_with_its_reason(as_ann, at, stand_in):
    response = as_ann.post(at("credential"), {"name": "Main", "api_key": ""}, headers=HTMX)

    assert response.status_code == 422
    assert response["HX-Retarget"] == "#add"
    assert "Paste the API key" in response.content.decode()


def test_the_first_look_guesses_the_mapping_and_shows_the_request(as_ann, at):
    content = as_ann.get(at("configure")).content.decode()

    assert "&quot;uid&quot;: &quot;u0&quot;" in content
    assert "&quot;display_name&quot;: &quot;User 0&quot;" in content
    assert "/v2/users" in content


def test_every_change_is_kept_and_redraws_the_samples(as_ann, at, draft):
    change = typed(mapping__uid__source="text", mapping__uid__text="x-{record.user_id}")

    content = as_ann.post(at("preview"), change, headers=HTMX).content.decode()

    assert "&quot;uid&quot;: &quot;x-u0&quot;" in content
    again = as_ann.get(at("configure")).content.decode()
    assert 'value="x-{record.user_id}"' in again


def test_what_is_typed_wrong_is_kept_and_told_beside_its_field(as_ann, at, draft):
    change = typed(mapping__uid__attribute="", name="")

    response = as_ann.post(at("configure"), change)

    assert response.status_code == 422
    content = response.content.decode()
    assert "UID is needed: choose an attribute or type a value." in content
    assert "Give the destination a name" in content
    draft.refresh_from_db()
    assert draft.is_draft
    assert draft.draft["name"] == ""


def test_another_endpoint_brings_its_own_settings_and_the_first_ones_wait(as_ann, at):
    as_ann.post(at("preview"), typed(mapping__uid__attribute="plan"), headers=HTMX)
    other = typed(mapping__uid__attribute="plan", endpoint="batch-create-users")

    batch = as_ann.post(at("settings"), other, headers=HTMX).content.decode()
    back = {"slot": "batch-create-users", "endpoint": "create-or-update-user"}
    single = as_ann.post(at("settings"), back, headers=HTMX).content.decode()

    assert "Batch Size" in batch
    assert "/v2/users/batch" in batch
    assert "&quot;uid&quot;: &quot;free&quot;" in single


def test_an_excluded_attribute_shows_as_a_chip_and_leaves_the_request(as_ann, at):
    out = as_ann.post(at("settings"), typed(exclude="address.city"), headers=HTMX).content.decode()
    back_in = typed(exclude="address.city", drop="address.city")
    back = as_ann.post(at("settings"), back_in, headers=HTMX).content.decode()

    assert "Remove address.city" in out
    assert "Bern" not in out
    assert "Bern" in back


def test_a_batch_size_that_is_no_number_is_told_and_kept(as_ann, at):
    batch = typed(slot="batch-create-users", endpoint="batch-create-users", batch__records="many")

    content = as_ann.post(at("configure"), batch).content.decode()

    assert "Batch Size is a whole number, not &#x27;many&#x27;." in content
    assert 'value="many"' in content


def test_a_batch_beyond_the_limit_is_told(as_ann, at):
    batch = typed(slot="batch-create-users", endpoint="batch-create-users", batch__records="50,001")

    content = as_ann.post(at("configure"), batch).content.decode()

    assert "FullStory takes at most 50,000 records in one call." in content


def test_a_test_sends_the_first_sample_and_shows_both_sides(as_ann, at, stand_in):
    stand_in.says(body=b'{"id":"123"}')

    content = as_ann.post(at("test"), typed(), headers=HTMX).content.decode()

    (received,) = stand_in.received
    assert json.loads(received.body)["uid"] == "u0"
    assert "FullStory has it." in content
    assert "&quot;id&quot;: &quot;123&quot;" in content
    assert "curl --globoff -X POST" in content
    assert "SECRETSECRET" not in content


def test_a_refused_test_gives_fullstorys_words_and_the_next_step(as_ann, at, stand_in):
    stand_in.says(403, b'{"message":"insufficient permissions","code":"forbidden"}')

    content = as_ann.post(at("test"), typed(), headers=HTMX).content.decode()

    assert "FullStory says: insufficient permissions" in content
    assert "Create one with the level Architect or Admin" in content


def test_nothing_is_sent_while_a_setting_is_wrong(as_ann, at, stand_in):
    response = as_ann.post(at("test"), typed(mapping__uid__attribute=""), headers=HTMX)

    assert response.status_code == 422
    assert "Correct the marked settings first" in response.content.decode()
    assert stand_in.received == []


def test_a_sample_can_be_changed_and_is_sent_exactly_as_it_stands(as_ann, at, stand_in):
    changed = '{\r\n  "uid":   "someone-else"\r\n}'

    as_ann.post(at("test"), typed(sample="2", body=changed), headers=HTMX)

    (received,) = stand_in.received
    assert received.body == b'{\n  "uid":   "someone-else"\n}'


def test_a_sample_left_as_it_is_shown_goes_with_the_bytes_of_a_delivery(as_ann, at, stand_in):
    record = {**RECORDS[1]}
    shown = {
        "uid": record.pop("user_id"),
        "display_name": record.pop("full_name"),
        "properties": record,
    }
    body = json.dumps(shown, indent=2).replace("\n", "\r\n")

    as_ann.post(at("test"), typed(sample="2", body=body), headers=HTMX)

    (received,) = stand_in.received
    assert received.body == blocks.encode(shown)


def test_samples_are_made_of_the_records_that_a_search_finds(as_ann, at):
    search = typed(search_path="full_name", search_value="user 2")

    found = as_ann.post(at("records"), search, headers=HTMX).content.decode()
    again = as_ann.post(
        at("records"), search | {"search_clear": "1"}, headers=HTMX
    ).content.decode()

    assert "&quot;uid&quot;: &quot;u2&quot;" in found
    assert "&quot;uid&quot;: &quot;u0&quot;" not in found
    assert "1 found among all records." in found
    assert "record 2</span>" in found  # by the number that the nexset and the history give it
    assert "&quot;uid&quot;: &quot;u0&quot;" in again


def test_a_search_that_finds_nothing_says_so_and_shows_the_first_records(as_ann, at):
    search = typed(search_path="full_name", search_value="nobody")

    content = as_ann.post(at("records"), search, headers=HTMX).content.decode()

    assert "None found among all records." in content
    assert "&quot;uid&quot;: &quot;u0&quot;" in content


def test_a_declared_type_goes_along_as_schema(as_ann, at):
    declared = {**typed(), "kinds.plan": "str", "kinds.address.city": "str"}

    content = as_ann.post(at("preview"), declared, headers=HTMX).content.decode()

    assert "&quot;address.city&quot;: &quot;str&quot;" in content


def webhook(**more: str) -> dict[str, str]:
    return {
        "name": "Hook",
        "slot": "update-webhook-endpoint",
        "endpoint": "update-webhook-endpoint",
        "parameters.id.source": "constant",
        "parameters.id.text": "x",
        "mapping.event_types.source": "constant",
    } | more


def test_webhook_ids_are_looked_up_and_picked(as_ann, at, stand_in):
    stand_in.says_in_turn(
        {"endpoints": [{"id": "aaa", "url": "https://a.example"}], "nextPaginationToken": "2"},
        {"endpoints": [{"id": "bbb", "url": "https://b.example", "enabled": False}]},
    )

    offered = as_ann.post(at("lookup"), webhook(lookup="parameters.id"), headers=HTMX)
    picked = as_ann.post(at("settings"), webhook(**{"pick.parameters.id": "bbb"}), headers=HTMX)

    assert "https://b.example, disabled" in offered.content.decode()
    assert [each.path for each in stand_in.received] == [
        "/webhooks/v1/endpoints",
        "/webhooks/v1/endpoints?paginationToken=2",
    ]
    assert "/webhooks/v1/endpoints/bbb" in picked.content.decode()


def test_event_types_are_looked_up_with_their_subcategories_and_added(as_ann, at, stand_in):
    types = [
        {"eventName": "note.created", "displayName": "Note Created", "hasSubcategories": False},
        {"eventName": "metric.alert", "displayName": "Metric", "hasSubcategories": True},
    ]
    parts = [{"subcategory": "QQ", "display_name": "Too slow"}]
    stand_in.says_in_turn({"eventDefs": types}, {"subcategoryDefs": parts})
    first = {"event_name": "note.created"}
    second = {"event_name": "metric.alert", "subcategory": "QQ"}

    offered = as_ann.post(at("lookup"), webhook(lookup="mapping.event_types"), headers=HTMX)
    picks = [
        webhook(**{"pick.mapping.event_types": json.dumps(first)}),
        webhook(
            **{
                "pick.mapping.event_types": json.dumps(second),
                "mapping.event_types.text": json.dumps([first]),
            }
        ),
    ]
    for pick in picks:
        as_ann.post(at("settings"), pick, headers=HTMX)

    assert "Metric: Too slow" in offered.content.decode()
    draft = Destination.objects.get().draft["typed"]["update-webhook-endpoint"]
    assert json.loads(draft["mapping.event_types.text"][0]) == [first, second]


@pytest.mark.parametrize("step", ["preview", "settings", "records", "lookup", "test", "configure"])
def test_nonsense_in_a_request_is_answered_not_a_failure(as_ann, at, stand_in, step):
    nonsense = webhook(
        **{
            "name": "x" * 5000 + "\0",
            "pick.mapping.event_types": "{not json",
            "mapping.event_types.text": "[1\0",
            "nul\0": "\0",
            "sample": "9" * 5000,
            "lookup": "mapping.nothing",
            "search_path": "\0",
            "search_value": "\0x",
            "slot": "update-webhook-endpoint",
            "endpoint": "nothing",
            "mode": "nothing",
        }
    )

    assert as_ann.post(at(step), nonsense, headers=HTMX).status_code in {200, 422}
    assert as_ann.post(at(step), {"slot": "unknown", "x": "y"}).status_code in {200, 302, 422}
    assert as_ann.get(at("configure")).status_code == 200


def test_a_look_up_that_fails_says_why_and_leaves_the_field_to_the_person(as_ann, at, stand_in):
    stand_in.says(403, b'{"message":"insufficient permissions","code":"forbidden"}')

    content = as_ann.post(at("lookup"), webhook(lookup="parameters.id"), headers=HTMX).content

    assert "FullStory answered 403." in content.decode()
    assert "Until then, type it by hand." in content.decode()
    assert 'value="x"' in content.decode()


def delete_user(**more: str) -> dict[str, str]:
    return {
        "name": "Gone",
        "slot": "delete-user",
        "endpoint": "delete-user",
        "parameters.uid.source": "attribute",
        "parameters.uid.attribute": "user_id",
    } | more


@pytest.mark.surface("S25")
def test_a_test_that_cannot_be_undone_asks_for_the_uid(as_ann, at, stand_in):
    without = as_ann.post(at("test"), delete_user(), headers=HTMX)
    as_ann.post(at("test"), delete_user(confirm="u0"), headers=HTMX)

    assert "Type u0 beside the settings to allow it." in without.content.decode()
    (received,) = stand_in.received
    assert (received.method, received.path) == ("DELETE", "/v2/users?uid=u0")


def test_a_key_of_too_low_a_level_is_told_before_the_test(as_ann, at, credential):
    credential.role = "USER"
    credential.save()

    content = as_ann.post(at("settings"), delete_user(), headers=HTMX).content.decode()

    assert "has the level Standard: FullStory will refuse this endpoint" in content


def test_a_test_on_a_real_organization_says_on_its_button_that_it_writes(as_ann, at, credential):
    credential.target, credential.org_id = Credential.Target.FULLSTORY, "o-REAL-na1"
    credential.save()

    assert "Test: writes to o-REAL-na1" in as_ann.get(at("configure")).content.decode()


def test_editing_shows_what_was_saved_and_saves_another_version(as_ann, at, draft):
    as_ann.post(at("configure"), typed(mapping__display_name__attribute=""))

    edited = as_ann.get(at("configure")).content.decode()
    as_ann.post(at("configure"), typed(mapping__display_name__attribute="plan"))
    as_ann.post(at("configure"), typed(mapping__display_name__attribute="plan", name="Renamed"))

    assert "<option selected>user_id</option>" in edited
    assert "<option selected>full_name</option>" not in edited
    draft.refresh_from_db()
    assert (draft.version.number, draft.name, draft.draft) == (2, "Renamed", {})


def test_editing_shows_what_done_changes_and_can_be_discarded(as_ann, at, draft):
    as_ann.post(at("configure"), typed())
    change = typed(mapping__display_name__attribute="plan")

    changed = as_ann.post(at("preview"), change, headers=HTMX).content.decode()
    back = as_ann.post(at("discard"), follow=True).content.decode()

    assert "What Done changes" in changed
    assert "this applies to all 4 records" in changed
    assert "What Done changes" not in back
    assert "&quot;display_name&quot;: &quot;User 0&quot;" in back


def test_another_credential_for_a_saved_destination_waits_for_done(as_ann, at, draft, organization):
    as_ann.post(at("configure"), typed())
    other = Credential(organization=organization, name="Other", target="sandbox")
    other.seal(KEY)
    other.save()

    as_ann.post(at("authenticate"), {"credential": str(other.pk)})
    draft.refresh_from_db()
    before = draft.credential
    as_ann.post(at("configure"), typed())
    draft.refresh_from_db()

    assert before != other
    assert draft.credential == other


@pytest.mark.parametrize(
    ("step", "method"),
    [
        ("select", "get"),
        ("select", "post"),
        ("authenticate", "get"),
        ("authenticate", "post"),
        ("credential", "post"),
        ("configure", "get"),
        ("configure", "post"),
        ("settings", "post"),
        ("preview", "post"),
        ("discard", "post"),
        ("lookup", "post"),
        ("records", "post"),
        ("test", "post"),
    ],
)
def test_another_organizations_destination_is_not_there(client, charlie, at, step, method):
    client.force_login(charlie)

    assert getattr(client, method)(at(step)).status_code == 404
    assert getattr(client, method)(at(step), headers=HTMX).status_code == 404


def test_another_organizations_nexset_cannot_be_sent(client, charlie, nexset):
    client.force_login(charlie)

    assert client.post(reverse("send", args=[nexset.pk])).status_code == 404
    assert not Destination.objects.exists()


def test_another_organizations_credential_cannot_be_chosen(as_ann, at, draft, charlie):
    theirs = Credential(organization=charlie.memberships.get().organization, name="Theirs")
    theirs.seal(KEY)
    theirs.save()

    response = as_ann.post(at("authenticate"), {"credential": str(theirs.pk)})

    draft.refresh_from_db()
    assert response.status_code == 422
    assert draft.credential != theirs
