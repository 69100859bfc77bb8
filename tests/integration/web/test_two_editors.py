"""Two people edit one destination: the second is told, and overwrites only when they say so."""

import pytest
from django.urls import reverse
from django.utils import timezone

from fsdest.delivery import control

pytestmark = pytest.mark.django_db


@pytest.fixture
def done(as_ann, destination):
    """`done(version, name)`: press Done on a page that was drawn from that version."""

    def done(version, name="Mine"):
        address = reverse("wizard-configure", args=[destination.pk])
        return as_ann.post(address, {"version": version, "name": name, "slot": "none"})

    return done


@pytest.fixture
def saved_by_bob(destination, django_user_model):
    bob = django_user_model.objects.create_user("bob")
    control.save_version(destination, destination.version.read(), user=bob, now=timezone.now())


def test_the_page_says_which_version_it_was_drawn_from(as_ann, destination):
    page = as_ann.get(reverse("wizard-configure", args=[destination.pk])).content.decode()

    assert '<input type="hidden" name="version" value="1">' in page


def test_who_was_overtaken_is_told_and_nothing_is_saved(done, saved_by_bob, destination):
    answer = done(1)

    assert answer.status_code == 409
    page = answer.content.decode()
    assert "bob saved version 2 while this page was open." in page
    assert 'name="name" id="name" value="Mine"' in page
    assert '<input type="hidden" name="version" value="2">' in page
    destination.refresh_from_db()
    assert destination.name != "Mine"
    assert destination.version.number == 2


def test_pressing_done_again_saves_over_it(done, saved_by_bob, destination):
    done(1)

    assert done(2).status_code == 302

    destination.refresh_from_db()
    assert destination.name == "Mine"
