"""What every page shows around its content."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.core.exceptions import PermissionDenied
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import reverse
from django.views import defaults

from fsdest.web import templatetags


def text(response) -> str:
    return unescape(response.content.decode())


def test_the_menu_leads_everywhere_and_marks_where_one_is(page):
    shown = text(page.get(reverse("flows")))

    for name in ("upload", "flows", "sources", "nexsets", "credentials"):
        assert f'href="{reverse(name)}"' in shown
    assert re.findall(r'href="([^"]+)" aria-current="page"', shown) == [reverse("flows")]


def test_a_destination_is_below_all_data_flows(page, destination):
    shown = text(page.get(reverse("destination", args=[destination.pk])))

    assert re.findall(r'href="([^"]+)" aria-current="page"', shown) == [reverse("flows")]


def test_the_sandbox_is_offered_in_development_alone(page, settings):
    sandbox = f'href="{settings.FULLSTORY_SANDBOX_URL}/_sandbox/"'
    assert sandbox in text(page.get(reverse("flows")))

    settings.SANDBOX_ALLOWED = False

    assert sandbox not in text(page.get(reverse("flows")))


def test_the_console_is_offered_to_the_operators_of_the_installation_alone(page, ann):
    console = f'href="{reverse("admin:index")}"'
    assert console not in text(page.get(reverse("flows")))

    ann.is_staff = ann.is_superuser = True
    ann.save()

    assert console in text(page.get(reverse("flows")))


def test_logging_out_is_a_form_and_ends_the_session(page):
    assert page.get(reverse("logout")).status_code == 405

    page.post(reverse("logout"))

    assert page.get(reverse("flows")).status_code == 302


@pytest.mark.parametrize("name", ["flows", "login"])
@pytest.mark.surface("S10")
def test_a_page_has_no_script_and_no_style_within_itself(client, page, name):
    if name == "login":
        client.logout()

    response = client.get(reverse(name))

    shown = text(response)
    assert "script-src 'self'" in response["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]* src=)|<style| style=| on\w+=", shown)


def test_what_is_not_there_is_told_in_our_own_page(page):
    response = page.get("/nowhere/")

    assert response.status_code == 404
    assert "This page does not exist" in text(response)
    assert "Integrate" in text(response)


def test_what_is_not_allowed_is_told_in_our_own_page(ann):
    request = RequestFactory().get("/")
    request.user = ann

    response = defaults.permission_denied(request, PermissionDenied())

    assert "You may not do this." in text(response)


def test_the_page_for_our_own_mistakes_needs_nothing_that_may_be_broken():
    shown = render_to_string("500.html")

    assert "The mistake is ours" in shown


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.04, "40 ms"), (3.2, "3 s"), (95, "2 min"), (3 * 3600 + 300, "3 h 5 min")],
)
def test_a_duration_is_told_in_its_largest_unit(seconds, words):
    assert templatetags.duration(timedelta(seconds=seconds)) == words


def test_a_hundred_percent_is_said_only_when_nothing_is_left():
    assert templatetags.percent(0.99999) == "99 %"
    assert templatetags.percent(1.0) == "100 %"


@pytest.mark.parametrize(("number", "words"), [(0, "0"), (0.35, "0.3"), (1234.5, "1,234")])
def test_a_rate_has_as_many_digits_as_mean_something(number, words):
    assert templatetags.rate(number) == words
