"""The versions of a destination: listed with what changed, and restored."""

from dataclasses import replace

import pytest
from django.urls import reverse
from django.utils import timezone

from fsdest.delivery import control
from fsdest.models import Lane
from fsdest.payloads.configuration import Value
from fsdest.web.versions import review


@pytest.fixture
def edited(destination, ann):
    """A destination whose second version no longer sends the email."""
    first = destination.version.read()
    mapping = tuple((path, value) for path, value in first.mapping if path != "email")
    control.save_version(destination, replace(first, mapping=mapping), user=ann, now=timezone.now())
    destination.refresh_from_db()
    return destination


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def test_versions_tell_who_saved_them_and_what_changed(page, edited):
    response = page.get(reverse("versions", args=[edited.pk]))

    text = text_of(response)
    assert text.index("Version 2") < text.index("Version 1")
    assert "ann" in text
    before = '<td class="says was" data-label="before">Attribute email</td>'
    assert f'<th scope="row" class="says">Email</th>{before}' in text
    assert "The first one." in text


def test_a_page_of_versions_knows_the_one_before_its_last(page, edited, monkeypatch):
    monkeypatch.setattr("fsdest.web.versions.VERSIONS_ON_A_PAGE", 1)

    text = text_of(page.get(reverse("versions", args=[edited.pk])))

    assert "Attribute email" in text
    assert "The first one." not in text


def test_a_version_is_restored_as_the_next_one(page, edited, ann):
    address = reverse("version-restore", args=[edited.pk, 1])
    assert "Attribute email" in text_of(page.get(address))

    response = page.post(address)

    assert response.url == reverse("versions", args=[edited.pk])
    edited.refresh_from_db()
    assert edited.version.number == 3
    assert edited.version.created_by == ann
    first, third = (edited.versions.get(number=n).read() for n in (1, 3))
    assert third == first.saved_at(third.moment)


def test_the_version_in_force_is_not_saved_again(page, edited):
    response = page.post(reverse("version-restore", args=[edited.pk, 2]))

    assert response.status_code == 409
    assert "nothing to restore" in text_of(response)
    assert edited.versions.count() == 2


def test_restoring_says_that_what_stands_in_the_wizard_is_lost(page, edited):
    edited.draft = {"name": "Other"}
    edited.save(update_fields=["draft"])

    assert "They are lost." in text_of(page.get(reverse("version-restore", args=[edited.pk, 1])))


@pytest.mark.parametrize(
    ("ends", "sentence"),
    [
        ([0, 0, 0, 0], "applies to all 30 records"),
        ([10, 10, 10, 10], "applies from record 10 on"),
        ([5, 10, 10, 20], "From record 5 to there it depends"),
        ([30, 30, 30, 30], "All 30 records are on their way or settled"),
    ],
)
def test_it_says_from_which_record_on_a_version_applies(page, edited, ends, sentence):
    for number, end in enumerate(ends):
        Lane.objects.filter(destination=edited, number=number).update(slice_end=end)

    assert sentence in text_of(page.get(reverse("version-restore", args=[edited.pk, 1])))


def test_the_border_is_where_the_next_slices_begin(edited):
    lanes = Lane.objects.filter(destination=edited)
    lanes.update(cursor=7, slice_end=4)
    lanes.filter(number=3).update(slice_end=12)

    border = control.applies_from(edited)

    assert (border.first, border.surely) == (7, 12)


def test_a_review_of_what_was_only_typed_compares_with_what_is_in_force(edited):
    after = edited.version.read()
    mapping = (*after.mapping, ("email", Value("constant", "a@b.c")))

    shown = review(edited, replace(after, mapping=mapping))

    assert [change.after for change in shown.changes] == ["Constant a@b.c"]


def test_a_draft_has_no_versions_yet(page, make_destination):
    draft = make_destination(status="draft")

    assert page.get(reverse("versions", args=[draft.pk])).url.endswith("/configure/")


def test_strangers_see_nothing_of_it(stranger, edited):
    addresses = [
        reverse("versions", args=[edited.pk]),
        reverse("version-restore", args=[edited.pk, 1]),
    ]
    assert [stranger.get(address).status_code for address in addresses] == [404, 404]
    assert stranger.post(addresses[1]).status_code == 404
    assert edited.versions.count() == 2
