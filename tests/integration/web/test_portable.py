"""A destination as a file, in the browser and from the shell."""

from io import StringIO

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from fsdest.models import Credential, Destination, Nexset, Version
from fsdest.payloads import plain_yaml
from fsdest.records.schema import Schema

IMPORT = reverse("destination-import")
SERIOUS = {"serious", "critical"}


@pytest.fixture
def learned(nexset) -> Nexset:
    """The nexset, with its attributes known."""
    schema = Schema()
    schema.learn_all([{"uid": "a", "email": "a@b.c", "plan": "gold"}])
    nexset.attributes = schema.to_json()
    nexset.save()
    return nexset


@pytest.fixture
def exported(page, destination, learned) -> bytes:
    return page.get(reverse("destination-export", args=[destination.pk])).content


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def send(browser, content: bytes, nexset, credential="") -> object:
    file = SimpleUploadedFile("users.yaml", content)
    return browser.post(IMPORT, {"file": file, "nexset": nexset.pk, "credential": credential})


def test_a_destination_is_downloaded_under_its_name_without_its_key(page, destination):
    Destination.objects.update(name='Usérs "to" FS')

    response = page.get(reverse("destination-export", args=[destination.pk]))

    assert response["Content-Disposition"].startswith('attachment; filename="users-to-fs.yaml"')
    assert "endpoint: create-or-update-user" in response.content.decode()
    assert "SECRET" not in response.content.decode()


def test_what_was_exported_is_imported_paused(page, destination, learned, exported, ann):
    response = send(page, exported, learned)

    assert response.url == reverse("flow", args=[learned.source_id])
    made = Destination.objects.exclude(pk=destination.pk).get()
    assert (made.name, made.status, made.credential) == (
        destination.name,
        "paused",
        destination.credential,
    )
    assert made.version.created_by == ann
    assert made.version.read() == destination.version.read().saved_at(made.version.read().moment)
    assert made.lanes.count() == destination.lanes.count()


def test_another_credential_may_be_chosen(page, learned, exported, organization):
    other = Credential(organization=organization, name="Other")
    other.seal("na1.OTHEROTHER/ORG1")
    other.save()

    send(page, exported, learned, other.pk)

    assert Destination.objects.latest("created_at").credential == other


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (b"format: 1", b"format: 9", "format: 9 is not known here"),
        (b"credential: Key", b"credential: Gone", "There is no credential called Gone"),
        (b"credential: Key\n", b"", "The file names no credential: choose one."),
        (b"{attribute: uid}", b"{attribute: nope}", "No record has an attribute nope."),
        (b"mapping:", b"mapping: [", "this is not YAML"),
    ],
)
def test_a_wrong_file_is_told_beside_it_and_leaves_nothing(
    page, learned, exported, before, after, sentence
):
    assert before in exported

    response = send(page, exported.replace(before, after), learned)

    assert response.status_code == 422
    assert sentence in text_of(response)
    assert 'role="alert"' in text_of(response)
    assert (Destination.objects.count(), Version.objects.count()) == (1, 1)


def test_a_file_that_is_too_large_is_not_even_read(page, learned):
    response = send(page, b"x" * (plain_yaml.LARGEST + 100_000), learned)

    assert response.status_code == 422
    assert "more than 256 KiB" in text_of(response)


def test_a_secret_that_was_left_out_is_asked_for(page, learned, exported):
    said = exported + b"left_out: [headers.X-Api-Key]\n"

    send(page, said, learned)

    text = text_of(page.get(reverse("flow", args=[learned.source_id])))
    assert "Fill in what the file left out as a secret" in text
    assert "headers.X-Api-Key" in text


def test_a_forged_form_is_refused(learned, exported, ann):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ann)

    assert send(strict, exported, learned).status_code == 403
    assert Destination.objects.count() == 1


def test_import_is_offered_where_one_looks_for_it(page, learned):
    assert IMPORT in text_of(page.get(reverse("flows")))
    flow = text_of(page.get(reverse("flow", args=[learned.source_id])))
    assert f"{IMPORT}?nexset={learned.pk}" in flow
    chosen = text_of(page.get(f"{IMPORT}?nexset={learned.pk}"))
    assert f'<option value="{learned.pk}" selected>' in chosen


def test_without_records_it_says_what_to_do_first(page):
    assert "No nexset to send yet" in text_of(page.get(IMPORT))


def test_a_draft_has_nothing_to_export(page, make_destination):
    draft = make_destination(status="draft")

    response = page.get(reverse("destination-export", args=[draft.pk]))

    assert response.url == reverse("wizard-configure", args=[draft.pk])


def test_strangers_export_nothing_and_import_into_nothing_of_ours(
    stranger, destination, learned, exported, credential
):
    assert stranger.get(reverse("destination-export", args=[destination.pk])).status_code == 404
    response = send(stranger, exported, learned, credential.pk)
    assert response.status_code == 422
    assert "No nexset to send yet" in text_of(response)
    assert Destination.objects.count() == 1


def test_the_shell_writes_and_reads_the_same_file(destination, learned, exported, tmp_path):
    file = tmp_path / "users.yaml"
    call_command("export", destination.name, output=file)
    assert file.read_bytes() == exported

    said = StringIO()
    call_command("import", str(file), nexset="Users", credential="Key", stdout=said)

    made = Destination.objects.exclude(pk=destination.pk).get()
    assert str(made.pk) in said.getvalue()
    assert made.is_paused


def test_export_prints_to_the_console_and_takes_an_id(destination, exported):
    said = StringIO()
    call_command("export", str(destination.pk), stdout=said)

    assert said.getvalue().encode() == exported


def test_the_shell_says_what_is_wrong_and_makes_nothing(make_destination, learned, tmp_path):
    make_destination("Twin")
    make_destination("Twin")
    file = tmp_path / "users.yaml"
    file.write_text("fsdest: destination\nformat: 1\nnme: x\n")

    for command, options, sentence in (
        (["export", "Gone"], {}, "There is no saved destination called 'Gone'"),
        (["export", "Twin"], {}, "Several destinations are called 'Twin'"),
        (["export", "Twin"], {"output": tmp_path / "no" / "x"}, "Several"),
        (["import", str(file)], {"nexset": "Users"}, "name: this is missing."),
        (["import", str(file)], {"nexset": "Gone"}, "There is no nexset called 'Gone'."),
        (["import", str(file)], {"nexset": "Users", "organization": "X"}, "in the organization"),
        (["import", str(tmp_path / "no")], {"nexset": "Users"}, "cannot be read: No such file"),
    ):
        with pytest.raises(CommandError, match=sentence):
            call_command(*command, **options)
    assert Destination.objects.count() == 2


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_import_page_is_fit_for_all(browser, live_server, page, learned, scheme):
    context = browser.new_context(
        base_url=live_server.url,
        viewport={"width": 390, "height": 800},
        color_scheme=scheme,
        java_script_enabled=True,
    )
    session = page.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
    )
    tab = context.new_page()
    try:
        for url in (IMPORT, reverse("flows")):
            tab.goto(url)
            found = Axe().run(tab).response["violations"]
            assert [v["id"] for v in found if v["impact"] in SERIOUS] == []
            assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
        tab.goto(IMPORT)
        tab.get_by_label("File").set_input_files(
            {"name": "a.yaml", "mimeType": "application/yaml", "buffer": b"format: 1\n"}
        )
        tab.get_by_role("button", name="Import").click()
        assert "fsdest: this is missing." in tab.get_by_role("alert").inner_text()
    finally:
        context.close()
