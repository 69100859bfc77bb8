"""`manage.py load` and `manage.py first_start`, as a person runs them."""

import json
import re
from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

from fsdest.models import Credential, Nexset, Organization, Role, Source

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "users.csv"
    path.write_text("uid,plan\nann,free\nbob\ncarol,team\n")
    return path


def run(*args: object, **options: object) -> str:
    out = StringIO()
    call_command(*map(str, args), stdout=out, **options)
    return out.getvalue()


def test_loading_prints_the_count_and_the_rejected_rows(organization, file):
    said = run("load", file, nexset="Users")

    assert "2 records in the nexset 'Users'." in said
    assert "1 row was rejected:" in said
    assert re.search(r"3  the row has 1 cell, the header 2: bob", said)
    nexset = Nexset.objects.ready().get()
    assert (nexset.organization, nexset.name) == (organization, "Users")
    assert file.exists()


def test_loading_as_json_tells_the_same(organization, file):
    told = json.loads(run("load", file, as_json=True))

    nexset = Nexset.objects.get()
    assert told["nexset"] == str(nexset.pk)
    assert (told["name"], told["records"], told["rejected"]) == ("users", 2, 1)
    assert told["rejected_rows"] == [
        {"line_number": 3, "reason": "the row has 1 cell, the header 2", "excerpt": "bob"}
    ]


def test_an_unreadable_file_ends_in_its_sentence(organization, file):
    file.write_bytes(b"")

    with pytest.raises(CommandError, match=re.escape("The file is empty.")):
        run("load", file)


def test_a_missing_file_ends_in_a_sentence(organization, tmp_path):
    with pytest.raises(CommandError, match="cannot be opened: No such file"):
        run("load", tmp_path / "nothing.csv")

    assert not Source.objects.exists()


def test_an_organization_is_named_where_there_are_several(organization, file):
    Organization.objects.create(name="Another")

    with pytest.raises(CommandError, match="choose one with --organization"):
        run("load", file)
    with pytest.raises(CommandError, match="no organization called 'Third'"):
        run("load", file, organization="Third")
    run("load", file, organization="Another")

    assert Nexset.objects.get().organization.name == "Another"


def test_a_first_start_makes_what_a_newcomer_needs_and_says_the_password_once():
    first, second = run("first_start"), run("first_start")

    password = re.fullmatch(r"demo login: user demo, password (\S+)\n", first)[1]
    demo = get_user_model().objects.get(username="demo")
    member = demo.memberships.get()
    assert demo.check_password(password)
    assert demo.is_superuser
    assert (member.role, member.may_delete_people) == (Role.ADMIN, True)
    assert password not in second
    assert "set FSDEST_DEMO_PASSWORD to change it" in second
    credential = Credential.objects.for_member(member).get()
    assert (credential.name, credential.is_sandbox) == ("FullStory sandbox", True)
    nexset = Nexset.objects.for_member(member).ready().get()
    assert (nexset.name, nexset.record_count) == ("Sample users", 1000)
    assert nexset.source.kind == Source.Kind.SAMPLE


def test_sample_users_are_a_thousand_different_people_with_varied_attributes():
    run("first_start")

    nexset = Nexset.objects.get()
    users = [json.loads(line) for _, line in nexset.lines(0, 1000)]
    assert len({user["uid"] for user in users}) == 1000
    assert len({user["email"] for user in users}) == 1000
    assert all(re.fullmatch(r"[a-z0-9.]+@example\.(com|org)", user["email"]) for user in users)
    kinds = {one["path"]: set(one["kinds"]) for one in nexset.attributes["attributes"]}
    assert kinds == {
        "uid": {"text"},
        "display_name": {"text"},
        "email": {"text"},
        "plan": {"text"},
        "seats": {"number"},
        "is_trial": {"boolean"},
        "signed_up_at": {"moment"},
        "country": {"text"},
        "company": {"object"},
        "company.name": {"text"},
        "company.size": {"number"},
    }


def test_the_password_of_the_environment_is_applied_at_every_start(monkeypatch):
    run("first_start")
    monkeypatch.setenv("FSDEST_DEMO_PASSWORD", "chosen by hand")

    assert "password chosen by hand" in run("first_start")
    demo = get_user_model().objects.get(username="demo")
    assert demo.check_password("chosen by hand")


def test_what_a_person_deleted_does_not_come_back_with_the_next_start():
    run("first_start")
    Source.objects.all().delete()
    Credential.objects.all().delete()
    get_user_model().objects.all().delete()

    assert run("first_start") == ""
    assert not Nexset.objects.exists()
    assert not Credential.objects.exists()


def test_production_gets_no_demo_data(settings):
    settings.IS_DEVELOPMENT = False

    assert "demo" not in run("first_start")
    assert not Organization.objects.exists()
    assert not get_user_model().objects.exists()
