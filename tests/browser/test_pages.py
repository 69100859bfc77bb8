"""Every page that the addresses lead to: calm in light and dark, at a desk and in the hand.

The pages are found by asking each address of fsdest.web.urls, so a new one is walked at once; what
it needs in its address has to be in `world`.
"""

import csv
import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest
from django.urls import URLPattern, reverse
from playwright.sync_api import APIResponse, Page

from fsdest.web.urls import urlpatterns
from tests.axe import serious
from tests.running import Stack

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(60, func_only=True)]

DESK, HAND = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
DEFAULT_TITLE = "Data flows · fsdest"
FOR_MACHINES = {"metrics", "readyz"}  # what they answer depends on tokens and workers
LEADS_ELSEWHERE = {"home", "login", "uploading"}  # to one who is logged in, of a file that is read
ASKS_FOR = {"quarantine-decide": "?all=1", "quarantine-decide-count": "?all=1"}
HOSTILE = "Käfer <b>bold</b> & sons, a name that goes on and on beyond any line of a phone " * 2

EMPTY_SECTIONS = """() => [...document.querySelectorAll("main section, main .card, main .panel")]
    .filter(each => each.checkVisibility() && !each.innerText.trim())
    .map(each => each.outerHTML.slice(0, 120))"""
NEXT_FRAMES = """() => new Promise(
    done => requestAnimationFrame(() => requestAnimationFrame(done)))"""
# Only the records of a nexset, whose columns are the person's, may be scrolled sideways.
SIDEWAYS = """() => [
    ...document.querySelectorAll(".table-scroll, .results, .peek")]
    .filter(each => each.scrollWidth > each.clientWidth && !each.querySelector(".records"))
    .map(each => each.getAttribute("aria-label") || each.className)"""
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

# Prints what the addresses take. The names of the nexsets are those of the files.
IDS = """
import json
from django.utils.timezone import now
from fsdest.models import Credential, Destination, Membership, Nexset, Role, Source
from fsdest.models.invitations import invite
sent, jobs = (Destination.objects.get(nexset__name=name) for name in ("sent", "jobs"))
draft = Destination.objects.create(
    organization=sent.organization, nexset=sent.nexset, credential=sent.credential,
    connector="fullstory", name={name!r},
)
demo = Membership.objects.get(organization=sent.organization)
invitation, token = invite(
    demo.organization, role=Role.EDITOR, may_delete_people=True, note={name!r},
    user=demo.user, now=now(),
)
print(json.dumps({{
    "membership": demo.pk, "organization": str(demo.organization_id),
    "invitation": invitation.pk, "token": token,
    "source": str(sent.nexset.source_id), "nexset": str(sent.nexset_id),
    "credential": str(sent.credential_id), "destination": str(sent.pk), "draft": str(draft.pk),
    "jobs": str(jobs.pk), "failed": str(Source.objects.get(status="failed").pk),
    "offset": 3, "number": 1, "verb": "release", "decision": 1,
}}))
"""


def section(pattern: URLPattern) -> str:
    """Return the first part of the address, or of the name: a destination has many pages."""
    first, slash, _ = str(pattern.pattern).partition("/")
    if first == "destinations":
        return str(pattern.name).partition("-")[0]
    return first if slash else "rest"


SECTIONS = {
    name: list(each) for name, each in groupby(sorted(urlpatterns, key=section), key=section)
}


@pytest.fixture(scope="module")
def world(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A delivery with quarantine, import jobs, a draft, a file that failed: their ids."""
    folder = tmp_path_factory.mktemp("files")
    with (folder / "sent.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["uid", "display_name", "bad name", *(f"attribute_{n}" for n in range(57))])
        for n in range(12):
            uid = "" if n == 2 else f"u-{n}"
            rows.writerow([uid, HOSTILE, "1" if n == 3 else "", *range(57)])
    good = "\n".join(json.dumps({"uid": f"j-{n}", "plan": "pro"}) for n in range(20))
    (folder / "jobs.jsonl").write_text(good)
    (folder / "broken.json").write_text('[{"uid": "a"}, {"uid":')

    sent = _send(stack, folder / "sent.csv", "create-or-update-user")
    assert sent.returncode == 1, sent.stderr  # two of them are set aside
    jobs = _send(stack, folder / "jobs.jsonl", "batch-create-users")
    assert jobs.returncode == 0, jobs.stderr
    assert stack.manage("load", str(folder / "broken.json")).returncode == 1
    told = stack.manage("shell", "--no-imports", "-c", IDS.format(name=HOSTILE))
    assert told.returncode == 0, told.stderr
    ids: dict[str, str] = json.loads(told.stdout)
    return ids


def _send(stack: Stack, file: Path, endpoint: str):
    told = ("send", str(file), "--endpoint", endpoint, "--credential", "FullStory sandbox")
    return stack.manage(*told, "--wait")


def address(pattern: URLPattern, world: dict[str, str]) -> str:
    """Return where `pattern` leads in `world`; the wizard is shown with the draft."""
    of_draft = {"destination": world["draft"]} if str(pattern.name).startswith("wizard-") else {}
    known = {**world, **of_draft}
    kwargs = {each: known[each] for each in pattern.pattern.converters}
    return reverse(str(pattern.name), kwargs=kwargs) + ASKS_FOR.get(str(pattern.name), "")


def is_page(answer: APIResponse) -> bool:
    return answer.ok and answer.text().lstrip().lower().startswith("<!doctype html>")


def troubles(page: Page, where: str) -> Iterator[str]:
    """Walk to `where` and yield what is wrong there, in each size and scheme."""
    page.goto(where)
    if page.title() in {"", DEFAULT_TITLE}:
        yield f"{where} has no title of its own"
    if (headings := page.locator("h1").count()) != 1:
        yield f"{where} has {headings} h1"
    for size in (DESK, HAND):
        page.set_viewport_size(size)
        if (pixels := page.evaluate(TOO_WIDE)) > 0:
            yield f"{where} is {pixels} px too wide at {size['width']}"
        yield from (f"{where} scrolls {each} sideways" for each in page.evaluate(SIDEWAYS))
        yield from (f"{where} has an empty {each}" for each in page.evaluate(EMPTY_SECTIONS))
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.evaluate(NEXT_FRAMES)  # colours fade from one scheme to the other
            for found in serious(page, colours_only=scheme == "dark"):
                yield f"{where} at {size['width']}, {scheme}: {found}"


@pytest.mark.parametrize("name", SECTIONS)
@pytest.mark.surface("S10")
def test_every_page_is_calm_and_within_reach_in_every_size_and_scheme(
    name: str, person: Page, stack: Stack, world: dict[str, str]
):
    found = []
    for pattern in SECTIONS[name]:
        where = stack.url + address(pattern, world)
        answer = person.request.get(where, max_redirects=0)
        if is_page(answer):
            found += troubles(person, where)
        elif (
            pattern.name not in LEADS_ELSEWHERE | FOR_MACHINES
        ):  # a fragment, a file, or a verb that needs POST
            assert answer.ok or answer.status == 405, f"{where} answers {answer.status}"

    assert found == []


@pytest.mark.parametrize(
    "where",
    [
        "/flows/{failed}/",
        "/sources/{failed}/",
        "/uploads/{failed}/",
        "/destinations/{jobs}/",
        "/destinations/{jobs}/quarantine/",
        "/destinations/{jobs}/delete/",
        "/destinations/{destination}/quarantine/discard/?all=1",
        "/destinations/{destination}/records/2/",
    ],
)
def test_a_page_in_another_state_is_as_calm(
    where: str, person: Page, stack: Stack, world: dict[str, str]
):
    assert list(troubles(person, stack.url + where.format(**world))) == []


@pytest.mark.parametrize("where", ["/login/", "/invitations/{token}/"])
def test_a_page_before_the_login_is_calm(
    where: str, person: Page, stack: Stack, world: dict[str, str]
):
    person.context.clear_cookies()

    assert list(troubles(person, stack.url + where.format(**world))) == []


def test_a_page_that_does_not_exist_is_calm_and_leads_back(page: Page, stack: Stack):
    where = f"{stack.url}/login/nowhere/"  # its 404 is in the console: no `complaints` here

    assert list(troubles(page, where)) == []
    page.get_by_role("link", name="All Data Flows").click()
    page.wait_for_url("**/login/**")


@pytest.mark.parametrize(
    "where",
    [
        "/admin/",
        "/admin/fsdest/destination/",
        "/admin/fsdest/callpage/?destination={destination}",
        "/admin/do/prune/",
    ],
)
@pytest.mark.surface("S10")
def test_the_operators_console_is_as_calm(
    where: str, person: Page, stack: Stack, world: dict[str, str]
):
    assert list(troubles(person, stack.url + where.format(**world))) == []


def test_a_destination_is_paused_in_the_console_after_it_asked(
    person: Page, stack: Stack, world: dict[str, str]
):
    # Not for axe: it breaks the policy itself on pages whose styles import others, as Django's do.
    person.goto(f"{stack.url}/admin/fsdest/destination/{world['destination']}/change/")
    person.get_by_role("button", name="Pause").click()
    person.get_by_role("button", name="Yes").click()

    person.get_by_text("pauses.").wait_for()
