"""Where the console is, whether it is, and from where it can be opened."""

import os
import subprocess
import sys
from ipaddress import ip_network
from types import ModuleType

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from fsdest.urls import addresses
from tests.running import ROOT

NETWORKS = [ip_network("10.8.0.0/16"), ip_network("203.0.113.7"), ip_network("2001:db8:1::/48")]
OUTSIDE = "198.51.100.9"


@pytest.fixture
def console_at(settings):
    """`console_at("path")`: as FSDEST_ADMIN_PATH puts it; "" for nowhere."""

    def put(path: str) -> None:
        urls = ModuleType("urls")
        urls.urlpatterns = addresses(path)
        settings.ADMIN_PATH, settings.ROOT_URLCONF = path, urls

    return put


@pytest.fixture
def fenced(settings) -> None:
    settings.ADMIN_NETWORKS = NETWORKS


@pytest.mark.surface("S23")
def test_it_can_be_moved(console_at, operator: Client, ann):
    console_at("back/office")

    assert reverse("admin:index") == "/back/office/"
    assert operator.get("/back/office/").status_code == 200
    assert operator.get("/admin/").status_code == 404
    asked = Client().get("/back/office/", follow=True).redirect_chain
    assert asked[-1][0] == "/login/?next=/back/office/"
    assert 'href="/back/office/"' in operator.get("/account/").content.decode()


@pytest.mark.surface("S23")
def test_it_can_be_taken_away(console_at, operator: Client):
    console_at("")

    for where in ("/admin/", "/admin/login/", "/off/", "/admin/fsdest/destination/"):
        assert operator.get(where).status_code == 404
    shown = operator.get("/account/")
    assert shown.status_code == 200
    assert "Operator" not in shown.content.decode()


@pytest.mark.surface("S23")
@pytest.mark.parametrize(
    ("address", "is_let_in"),
    [
        ("10.8.0.1", True),
        ("10.8.255.255", True),
        ("10.9.0.1", False),
        ("203.0.113.7", True),
        ("203.0.113.8", False),
        ("::ffff:10.8.0.1", True),
        ("::ffff:10.9.0.1", False),
        ("2001:db8:1::7", True),
        ("2001:db8:2::7", False),
        ("127.0.0.1", False),
        ("", False),
        ("nonsense", False),
    ],
)
def test_it_is_opened_from_its_networks_alone(operator: Client, fenced, address, is_let_in):
    assert operator.get("/admin/", REMOTE_ADDR=address).status_code == (200 if is_let_in else 404)


@pytest.mark.surface("S23")
def test_outside_nothing_tells_that_it_is_there(operator: Client, as_ann: Client, fenced):
    User.objects.create_user("staff", is_staff=True)
    staff = Client()
    staff.force_login(User.objects.get(username="staff"))
    strict = Client(enforce_csrf_checks=True)
    console = ("/admin", "/admin/", "/admin/login/", "/admin/fsdest/destination/", "/admin/nowhere")

    for browser in (Client(), strict, as_ann, staff, operator):
        nowhere = browser.get("/nowhere", REMOTE_ADDR=OUTSIDE)
        assert nowhere.status_code == 404
        for where in console:
            for ask in (browser.get, browser.post):
                assert ask(where, REMOTE_ADDR=OUTSIDE).status_code == 404
    shown = operator.get("/account/", REMOTE_ADDR=OUTSIDE).content.decode()
    assert 'href="/admin/"' not in shown
    assert operator.get("/flows/", REMOTE_ADDR=OUTSIDE).status_code != 404  # the rest is open


@pytest.mark.surface("S23")
def test_inside_it_asks_who_one_is_as_ever(operator: Client, as_ann: Client, fenced, ann):
    inside = {"REMOTE_ADDR": "10.8.0.1"}
    User.objects.filter(pk=ann.pk).update(is_staff=True)

    asked = Client().get("/admin/", follow=True, **inside).redirect_chain
    assert asked[-1][0] == "/login/?next=/admin/"
    assert as_ann.get("/admin/login/", **inside).status_code == 403
    assert as_ann.get("/admin/fsdest/destination/", follow=True, **inside).status_code == 403
    assert operator.get("/admin/", **inside).status_code == 200


@pytest.mark.surface("S23")
def test_the_address_is_the_proxys_word_only_where_a_proxy_is_trusted(
    operator: Client, fenced, settings
):
    said = {"HTTP_X_FORWARDED_FOR": "10.8.0.1"}
    assert operator.get("/admin/", REMOTE_ADDR=OUTSIDE, **said).status_code == 404

    settings.TRUST_PROXY = True

    assert operator.get("/admin/", REMOTE_ADDR="172.18.0.5", **said).status_code == 200
    said["HTTP_X_FORWARDED_FOR"] = f"10.8.0.1, {OUTSIDE}"  # the first is anybody's word
    assert operator.get("/admin/", REMOTE_ADDR="172.18.0.5", **said).status_code == 404


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({}, "admin []"),
        ({"FSDEST_ADMIN_PATH": ""}, "admin []"),
        ({"FSDEST_ADMIN_PATH": "/back/office/"}, "back/office []"),
        ({"FSDEST_ADMIN_PATH": "off"}, " []"),
        ({"FSDEST_ADMIN_NETWORKS": "10.8.0.0/16,203.0.113.7"}, "admin ['10.8.0.0/16',"),
        ({"FSDEST_ADMIN_PATH": "<id>"}, "FSDEST_ADMIN_PATH may have letters, digits, - and _"),
        ({"FSDEST_ADMIN_NETWORKS": "10.8.0.1/16"}, "FSDEST_ADMIN_NETWORKS: 10.8.0.1/16 has host"),
        ({"FSDEST_ADMIN_NETWORKS": "the office"}, "FSDEST_ADMIN_NETWORKS: 'the office' does not"),
    ],
)
def test_the_environment_says_it_and_what_is_wrong_stops_the_start(tmp_path, environment, told):
    code = (
        "from django.conf import settings as s; "
        "print(s.ADMIN_PATH, list(map(str, s.ADMIN_NETWORKS)))"
    )
    own = {"FSDEST_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "fsdest.settings"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **own, **environment},
        capture_output=True,
        text=True,
        check=False,
    )

    lines = (done.stdout or done.stderr).rstrip("\n").splitlines()
    assert told in lines[-1]
