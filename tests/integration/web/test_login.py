"""Logging in: how often it may fail, how long it lasts, and how a password is changed."""

from datetime import timedelta

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from fsdest.models import AuditEntry
from fsdest.web import login, sessions

RIGHT, WRONG = "right horse battery", "wrong horse battery"


@pytest.fixture
def ann(ann):
    ann.set_password(RIGHT)
    ann.save()
    return ann


def log_in(password: str, *, name: str = "ann", address: str = "198.51.100.7", **headers: str):
    browser = Client(REMOTE_ADDR=address, headers=headers)
    response = browser.post(reverse("login"), {"username": name, "password": password})
    return response.status_code


def fail(times: int, **who: str) -> None:
    for _ in range(times):
        log_in(WRONG, **who)


@pytest.fixture
def clock(monkeypatch):
    """`clock(timedelta)` moves on the time that sessions and logins see."""
    passed = [timedelta()]
    real = timezone.now

    def now():
        return real() + passed[0]

    for module in (login, sessions):
        monkeypatch.setattr(module, "now", now)

    def forward(span: timedelta) -> None:
        passed[0] += span

    return forward


@pytest.mark.surface("S21")
def test_after_five_failures_the_right_password_is_refused_too_with_a_time(ann, as_ann):
    fail(5)

    response = Client(REMOTE_ADDR="198.51.100.7").post(
        reverse("login"), {"username": "ann", "password": RIGHT}
    )

    assert response.status_code == 429
    assert "Too many attempts" in response.content.decode()
    assert 14 * 60 < int(response["Retry-After"]) <= 15 * 60
    assert not response.wsgi_request.user.is_authenticated


def test_after_four_failures_the_right_password_is_taken(ann):
    fail(4)

    assert log_in(RIGHT) == 302


def test_who_fails_elsewhere_does_not_lock_the_person_out(ann):
    fail(20, address="203.0.113.9")

    assert log_in(RIGHT, address="203.0.113.9") == 429
    assert log_in(RIGHT) == 302


def test_a_lock_ends_by_itself_and_trying_meanwhile_does_not_make_it_longer(ann, settings):
    settings.LOGIN_COOL_OFF = settings.AXES_COOLOFF_TIME = timedelta(seconds=0.3)
    fail(6)
    ends = timezone.now() + settings.LOGIN_COOL_OFF
    while timezone.now() < ends:
        log_in(RIGHT)

    assert log_in(RIGHT) == 302


@pytest.fixture
def two_failures(settings):
    """Two failures of a name from an address are too many, and twenty of either alone."""
    settings.LOGIN_FAILURES = settings.AXES_FAILURE_LIMIT = 2


def test_an_address_that_tries_many_names_is_locked_for_all_of_them(ann, two_failures):
    for n in range(20):
        log_in(WRONG, name=f"somebody-{n}")

    assert log_in(RIGHT) == 429
    assert log_in(RIGHT, address="203.0.113.9") == 302


def test_a_name_that_is_tried_from_many_addresses_is_locked_everywhere(ann, two_failures):
    for n in range(20):
        log_in(WRONG, address=f"203.0.113.{n}")

    assert log_in(RIGHT) == 429


def test_logging_in_oneself_does_not_forget_what_failed_for_others(ann, django_user_model):
    django_user_model.objects.create_user("insider", password=RIGHT)
    for _ in range(2):
        fail(4)
        log_in(RIGHT, name="insider")

    assert log_in(RIGHT) == 429


@pytest.mark.surface("S21")
def test_without_a_trusted_proxy_what_a_client_says_of_its_address_is_nothing(ann):
    for n in range(5):
        log_in(WRONG, **{"X-Forwarded-For": f"203.0.113.{n}"})

    assert log_in(RIGHT, **{"X-Forwarded-For": "203.0.113.77"}) == 429


def test_behind_a_trusted_proxy_its_own_word_counts_and_not_the_clients(settings):
    settings.TRUST_PROXY = True
    told = {"X-Forwarded-For": "10.0.0.1, 203.0.113.5"}

    assert login.address(RequestFactory(headers=told).get("/")) == "203.0.113.5"
    assert login.address(RequestFactory(headers={"X-Forwarded-For": "rubbish"}).get("/")) is None


def test_the_audit_tells_of_each_failure_and_once_of_the_lock(ann):
    fail(9)

    told = [each.action for each in AuditEntry.objects.order_by("id")]
    assert told == ["login_failed"] * 4 + ["locked_out"]


@pytest.mark.surface("S21")
def test_a_session_gets_another_key_at_the_login(ann):
    browser = Client()
    browser.get(reverse("login"))
    session = browser.session
    session["planted"] = True
    session.save()
    browser.cookies["sessionid"] = planted = session.session_key

    browser.post(reverse("login"), {"username": "ann", "password": RIGHT})

    assert browser.cookies["sessionid"].value not in {"", planted}
    assert not Client(headers={"Cookie": f"sessionid={planted}"}).session.get("_auth_user_id")


def test_who_was_away_too_long_logs_in_again_and_is_told_why(as_ann, clock, settings):
    as_ann.get(reverse("flows"))
    clock(settings.SESSION_IDLE - timedelta(minutes=1))
    assert as_ann.get(reverse("flows")).status_code == 200
    clock(settings.SESSION_IDLE)

    response = as_ann.get(reverse("flows"), follow=True)

    assert response.redirect_chain == [(f"{reverse('login')}?next=/flows/", 302)]
    assert "You were away for 2 h" in response.content.decode()


def test_a_page_that_renews_itself_is_not_a_person(as_ann, clock, settings):
    as_ann.get(reverse("flows"))
    for _ in range(4):
        clock(settings.SESSION_IDLE / 4)
        as_ann.get(reverse("flow-rows"), headers={"HX-Request": "true"})

    assert as_ann.get(reverse("flows")).status_code == 302


@pytest.mark.surface("S21")
def test_a_session_ends_in_any_case_in_the_end(as_ann, clock, settings):
    as_ann.get(reverse("flows"))
    for _ in range(11):
        clock(timedelta(hours=1))
        assert as_ann.get(reverse("flows")).status_code == 200
    clock(timedelta(hours=1))

    assert as_ann.get(reverse("flows")).status_code == 302


def change(browser: Client, new: str, *, old: str = RIGHT):
    fields = {"old_password": old, "new_password1": new, "new_password2": new}
    return browser.post(reverse("account"), fields)


def test_a_changed_password_ends_the_other_sessions_and_keeps_this_one(ann):
    here, there = Client(), Client()
    for browser in (here, there):
        browser.post(reverse("login"), {"username": "ann", "password": RIGHT})

    assert change(here, "another horse battery").status_code == 302

    assert here.get(reverse("flows")).status_code == 200
    assert there.get(reverse("flows")).status_code == 302
    assert AuditEntry.objects.filter(action="password_changed", actor_name="ann").exists()


@pytest.mark.parametrize("new", ["short horse", "q1w2e3r4t5y6", "123456789012", "ann"])
def test_a_password_that_is_short_or_common_is_refused(ann, new):
    browser = Client()
    browser.force_login(ann)

    assert change(browser, new).status_code == 422
    assert change(browser, "another horse battery", old=WRONG).status_code == 422
    ann.refresh_from_db()
    assert ann.check_password(RIGHT)


def test_one_can_log_out_everywhere_else_with_the_password_as_it_is(ann):
    here, there = Client(), Client()
    for browser in (here, there):
        browser.force_login(ann)

    refused = here.post(reverse("end-sessions"), {"sessions-password": WRONG})
    assert refused.status_code == 422
    assert there.get(reverse("flows")).status_code == 200

    here.post(reverse("end-sessions"), {"sessions-password": RIGHT})

    assert here.get(reverse("flows")).status_code == 200
    assert there.get(reverse("flows")).status_code == 302
    ann.refresh_from_db()
    assert ann.check_password(RIGHT)
