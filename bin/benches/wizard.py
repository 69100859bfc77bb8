"""How soon the samples follow a change in the wizard, with a large nexset of wide records.

The server's time is that of the very request which the page makes, repeated over one connection of
this machine; a person's is from the keystroke to the redrawn panel, in Chromium.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import requests
from playwright.sync_api import Page, sync_playwright

from benches import figures
from benches.figures import Figure
from tests.conftest import chromium
from tests.running import ROOT, Stack, running_stack

SHOWN = figures
RECORDS = 1_000_000
REQUESTS = 100
CHANGES = 25
SERVER_BELOW_MS, PERSON_BELOW_MS = 50, 300
FLAGS = ["--disable-gpu", *(["--no-sandbox"] if os.getuid() == 0 else [])]
ENDPOINTS = ("Create or Update User", "Batch Create Users", "Create Event")

# Type a text into a field; return the milliseconds until it is seen in the samples.
CHANGE = """
([field, text]) => new Promise((done) => {
  const input = document.getElementById(field);
  const began = performance.now();
  const look = () => {
    if (!document.getElementById("preview")?.textContent.includes(text)) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));
  };
  const observer = new MutationObserver(look);
  observer.observe(document.body, {childList: true, subtree: true, characterData: true});
  input.value = text;
  input.dispatchEvent(new Event("input", {bubbles: true}));
})
"""


def measure() -> list[Figure]:
    """Measure one endpoint that takes single records, one that takes batches, and events."""
    if not chromium():
        raise SystemExit("No Chromium or Chrome is installed, which this needs.")
    found: list[Figure] = []
    with running_stack() as stack:
        destination = _wide(stack)
        with _page(stack) as page:
            page.goto(f"{stack.url}/destinations/{destination}/configure/")
            for endpoint in ENDPOINTS:
                found += _endpoint(page, stack, endpoint)
    return found


def _wide(stack: Stack) -> str:
    """Fill the stack's database; return the id of a draft."""
    script = ROOT / "bin" / "benches" / "wide_nexset.py"
    made = subprocess.run(
        [sys.executable, str(script), str(RECORDS)],
        env=stack.env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return str(json.loads(made.stdout)["destination"])


@contextmanager
def _page(stack: Stack) -> Iterator[Page]:
    """A browser in which the demo user is logged in."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(stack.url)
        page.get_by_label("Username").fill(stack.username)
        page.get_by_label("Password").fill(stack.password)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/flows/")
        yield page
        browser.close()


def _endpoint(page: Page, stack: Stack, endpoint: str) -> Iterator[Figure]:
    page.get_by_label("Endpoint", exact=True).select_option(label=endpoint)
    page.get_by_text(f"What {endpoint} does").wait_for()
    field = "name" if endpoint == "Create Event" else "display_name"
    page.locator(f"#mapping-{field}-source").select_option("constant")
    with page.expect_request("**/preview/") as made:
        page.locator(f"#mapping-{field}-text").fill("begun")
    page.locator("#preview", has_text="begun").wait_for()
    body = made.value.post_data_buffer or b""
    yield Figure(
        name=f"{endpoint}: the server's answer",
        unit="ms",
        values=_answers(page, made.value.url, body),
        below=SERVER_BELOW_MS,
    )
    changes = [[f"mapping-{field}-text", f"change {n}."] for n in range(CHANGES)]
    yield Figure(
        name=f"{endpoint}: from the keystroke to the redrawn panel",
        unit="ms",
        values=tuple(float(page.evaluate(CHANGE, change)) for change in changes),
        below=PERSON_BELOW_MS,
    )


def _answers(page: Page, url: str, body: bytes) -> tuple[float, ...]:
    """Return how many milliseconds each answer took, to its last byte."""
    session = requests.Session()
    for cookie in page.context.cookies():
        session.cookies.set(cookie["name"], cookie["value"])
    token = page.locator("[name=csrfmiddlewaretoken]").first.input_value()
    kind = "application/x-www-form-urlencoded"
    session.headers.update({"HX-Request": "true", "X-CSRFToken": token, "Content-Type": kind})
    taken = []
    for _ in range(REQUESTS):
        began = time.perf_counter()
        answer = session.post(url, data=body, timeout=30)
        taken.append((time.perf_counter() - began) * 1000)
        if answer.status_code != 200 or 'id="preview"' not in answer.text:
            raise SystemExit(f"{url} answered {answer.status_code}: {answer.text[:300]}")
    return tuple(taken)
