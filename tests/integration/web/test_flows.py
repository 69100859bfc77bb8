"""All Data Flows and the canvas."""

from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from fsdest.models import Destination, QuarantinedRecord, Source


def text(response) -> str:
    return unescape(response.content.decode())


def test_the_root_leads_to_all_data_flows(page):
    assert page.get("/").url == reverse("flows")


def test_without_a_login_every_page_asks_for_one(client, db):
    response = client.get(reverse("flows"))

    assert response.url.startswith(reverse("login"))
    assert "Every record delivered" in text(client.get(response.url))


def test_a_wrong_password_is_said_in_the_form(client, db):
    response = client.post(reverse("login"), {"username": "ann", "password": "wrong"})

    assert 'role="alert"' in text(response)
    assert "correct username and password" in text(response)


def test_an_organization_without_flows_is_told_how_to_begin(page):
    shown = text(page.get(reverse("flows")))

    assert "No data flows yet" in shown
    assert f'href="{reverse("upload")}"' in shown


def test_the_list_shows_each_flow_with_its_count_and_the_states_of_its_destinations(
    page, make_destination
):
    make_destination("Everybody", status="active")
    make_destination("Halted", status="error")

    shown = text(page.get(reverse("flows")))

    assert "users.csv" in shown
    assert "30 records" in shown
    assert "Everybody" in shown
    assert 'class="chip is-active"' in shown
    assert 'class="chip is-error"' in shown


@pytest.mark.parametrize("wanted", ["USERS", "to full", "Users"])
def test_search_finds_a_flow_by_any_name_in_it(page, destination, wanted):
    response = page.get(reverse("flow-rows"), {"q": wanted})

    assert "users.csv" in text(response)
    assert response["HX-Replace-Url"] == f"/flows/?q={wanted.replace(' ', '+')}"


def test_the_list_renews_itself_only_while_something_moves(page, destination):
    assert "every 3s" not in text(page.get(reverse("flows"), {"q": "users"}))

    Destination.objects.update(status="active")

    shown = text(page.get(reverse("flows"), {"q": "users"}))
    assert f'hx-get="{reverse("flow-rows")}?q=users" hx-trigger="every 3s"' in shown


def test_search_without_a_find_says_so(page, destination):
    assert "No flow has this name" in text(page.get(reverse("flows"), {"q": "orders"}))


def test_searching_for_two_names_of_one_flow_shows_it_once(page, make_destination):
    make_destination("Users one")
    make_destination("Users two")

    shown = text(page.get(reverse("flow-rows"), {"q": "users"}))

    assert shown.count("<summary") == 1


def test_the_canvas_shows_source_nexset_and_destination_with_their_menus(
    page, source, nexset, destination
):
    shown = text(page.get(reverse("flow", args=[source.pk])))

    for name in ("source users.csv", "nexset Users", "destination To FullStory"):
        assert f'aria-label="Menu of {name}"' in shown
    assert 'aria-label="Add to nexset Users"' in shown
    assert f'action="{reverse("send", args=[nexset.pk])}"' in shown
    assert f'action="{reverse("destination-activate", args=[destination.pk])}"' in shown
    assert "0 of 30 delivered" in shown


def test_a_nexset_that_goes_nowhere_offers_to_send_it(page, source, nexset):
    assert "These records go nowhere yet." in text(page.get(reverse("flow", args=[source.pk])))


def test_a_draft_leads_back_into_the_wizard(page, source, make_destination):
    draft = make_destination(status="draft")

    shown = text(page.get(reverse("flow", args=[source.pk])))

    assert reverse("wizard-configure", args=[draft.pk]) in shown
    assert reverse("destination-activate", args=[draft.pk]) not in shown


def test_the_canvas_renews_counts_alone_and_is_drawn_again_when_a_status_turns(
    page, source, destination
):
    canvas = page.get(reverse("flow", args=[source.pk]))
    seen = {"seen": canvas.context["seen"]}
    url = reverse("flow-live", args=[source.pk])
    destination.lanes.filter(number=0).update(delivered=12, taken=12)

    counts = page.get(url, seen)

    assert "12 of 30 delivered" in text(counts)
    assert 'hx-swap-oob="true"' in text(counts)
    assert "menu-item" not in text(counts)

    Destination.objects.update(status="active")
    drawn = page.get(url, seen)

    assert drawn["HX-Retarget"] == "#flow"
    assert reverse("destination-pause", args=[destination.pk]) in text(drawn)


@pytest.mark.parametrize(("quarantined", "bar"), [(0, "done"), (2, "aside")])
def test_a_full_bar_is_green_only_where_nothing_is_set_aside(
    page, source, destination, quarantined, bar
):
    Destination.objects.update(status="active")
    destination.lanes.filter(number=0).update(delivered=30 - quarantined, taken=30)
    for offset in range(quarantined):
        QuarantinedRecord.objects.create(
            destination=destination,
            lane=destination.lanes.get(number=0),
            version=destination.version,
            offset=offset,
            code="bad_email",
            reason="The email is not one.",
            quarantined_at=timezone.now(),
        )

    shown = text(page.get(reverse("flow", args=[source.pk])))

    assert f'<progress value="30" max="30" aria-label="Settled so far" class="{bar}">' in shown


def test_the_canvas_looks_often_only_while_something_moves(page, source, destination):
    url = reverse("flow", args=[source.pk])
    assert 'hx-trigger="every 5s"' in text(page.get(url))

    Destination.objects.update(status="active")

    assert 'hx-trigger="every 1s"' in text(page.get(url))


def test_a_file_that_is_being_read_says_how_far(page, source):
    Source.objects.update(status="reading", share_read=0.43)

    assert 'value="43"' in text(page.get(reverse("flow", args=[source.pk])))


def test_a_file_that_is_half_read_shows_no_nexset_yet(page, source, nexset):
    Source.objects.update(status="reading", share_read=0.43)
    type(nexset).objects.update(is_ready=False)

    shown = text(page.get(reverse("flow", args=[source.pk])))

    assert "Its nexset appears once the file is read to its end." in shown
    assert "Menu of nexset" not in shown


def test_a_flow_that_nothing_uses_is_deleted_after_asking(page, source, nexset):
    url = reverse("flow-delete", args=[source.pk])

    assert "with its 30 records" in text(page.get(url))
    assert page.post(url).url == reverse("flows")
    assert not Source.objects.exists()


def test_a_flow_with_a_destination_is_not_deleted(page, source, destination):
    response = page.post(reverse("flow-delete", args=[source.pk]))

    assert response.status_code == 409
    assert "To FullStory" in text(response)
    assert Source.objects.exists()


@pytest.mark.parametrize("name", ["flow", "flow-live", "flow-delete"])
def test_a_stranger_finds_no_flow_of_ours(stranger, source, destination, name):
    assert stranger.get(reverse(name, args=[source.pk])).status_code == 404
    assert "users.csv" not in text(stranger.get(reverse("flows")))


def test_a_stranger_deletes_nothing(stranger, source):
    assert stranger.post(reverse("flow-delete", args=[source.pk])).status_code == 404
    assert Source.objects.exists()
