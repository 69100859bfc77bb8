"""The page for a person: what it shows, what its buttons do, how it looks."""

import requests
from axe_playwright_python.sync_playwright import Axe


def shown(client, query=""):
    reply = client.session.get(f"{client.url}/_sandbox/{query}", timeout=10)
    assert reply.status_code == 200
    return reply.text


def press(client, what, **form):
    return client.session.post(f"{client.url}/_sandbox/do/{what}", data=form, timeout=10)


def test_it_shows_what_arrived_and_what_came_of_it(client):
    client("POST /v2/users", {"uid": "ann", "properties": {"plan": "paid"}}, key="k-ann")
    client("POST /v2/events", {"name": "Support Ticket"})
    job = client("POST /v2/users/batch", {"requests": [{"uid": ""}]}).json()["job"]
    client.finish(f"/v2/users/batch/{job['id'].replace('=', '%3D')}")

    text = shown(client)
    for word in ("ann", "k-ann", "Support Ticket", job["id"], "FAILED", "POST", "200"):
        assert word in text, word


def test_a_person_who_is_not_there_is_said_to_be_not_there(client):
    assert "No user has the uid nobody." in shown(client, "?uid=nobody")


def test_what_others_wrote_is_not_markup(client):
    client("POST /v2/users", {"uid": "<script>alert(1)</script>", "display_name": "<b>"})

    text = shown(client)
    assert "&lt;script&gt;" in text
    assert "<script" not in text
    assert "<b>" not in text


def test_no_script_runs_and_nothing_is_loaded_from_elsewhere(client):
    reply = client.session.get(f"{client.url}/_sandbox/", timeout=10)

    assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
    assert "style=" not in reply.text


def test_a_fault_is_added_and_removed_with_buttons(client):
    press(client, "fault", kind="status", route="* /v2/users*", status="429", times="2",
          retry_after="3", delay_s="", for_s="")  # fmt: skip
    reply = client("POST /v2/users", {"uid": "ann"})
    assert (reply.status_code, reply.headers["Retry-After"]) == (429, "3")
    assert "1 of 2" in shown(client)

    [fault] = client.control("GET faults")["faults"]
    press(client, "remove", id=fault["id"])
    assert "Nothing goes wrong." in shown(client)


def test_a_fault_that_can_not_be_played_is_explained(client):
    assert "refuse needs for_s" in press(client, "fault", kind="refuse").text
    assert "invalid literal" in press(client, "fault", kind="status", times="often").text


def test_settings_change_and_everything_is_forgotten_with_buttons(client):
    client("POST /v2/users", {"uid": "ann"})
    press(client, "settings", page_size="7", fast="false")
    press(client, "reset")

    assert client.control("GET settings")["page_size"] == 7
    assert client.control("GET state")["users"] == 0


def test_the_page_of_another_site_can_press_nothing(client):
    client("POST /v2/users", {"uid": "ann"})
    reply = requests.post(
        f"{client.url}/_sandbox/reset", headers={"Origin": "https://evil.example"}, timeout=10
    )

    assert reply.status_code == 403
    assert client.control("GET uids")["uids"] == ["ann"]


def test_it_fits_a_desk_and_a_phone_in_light_and_dark_and_everyone_can_use_it(client, browser):
    client("POST /v2/users", {"uid": "ann" * 60, "properties": {"plan": "x" * 500}}, key="k" * 90)
    client.play("barrier", route="GET /v2/users")
    client.play("status", times=2)
    hook = {"url": "http://127.0.0.1:9/" + "h" * 200}
    client("POST /webhooks/v1/endpoints", hook | {"event_types": [{"event_name": "note.created"}]})
    for width in (1440, 390):
        for scheme in ("light", "dark"):
            page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            said: list[str] = []
            page.on("console", lambda word, said=said: said.append(word.text))
            page.goto(f"{client.url}/_sandbox/")
            page.get_by_text("Settings").click()
            assert page.evaluate("document.documentElement.scrollWidth") == width
            found = Axe().run(page).response["violations"]
            assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
            assert said == []
            page.close()


def test_it_keeps_itself_up_to_date_when_asked(client, browser):
    page = browser.new_page()
    page.goto(f"{client.url}/_sandbox/")
    page.get_by_role("link", name="Keep up to date").click()
    client("POST /v2/users", {"uid": "latecomer"})

    page.get_by_text("latecomer").wait_for(timeout=10_000)
    page.get_by_role("link", name="Stop").click()
    assert "live" not in page.url
    page.close()
