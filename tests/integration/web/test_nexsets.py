"""Nexsets in the browser: how many records, which attributes, and each record."""

import io
import json
import re

import pytest
from django.urls import reverse
from django.utils.timezone import now

from fsdest import ingest
from fsdest.models import Nexset

HTMX = {"HX-Request": "true"}


@pytest.fixture
def load(organization):
    """Read records into a nexset of our organization."""

    def read(*records: dict[str, object]) -> Nexset:
        lines = "\n".join(map(json.dumps, records)).encode()
        source = ingest.load(organization, io.BytesIO(lines), name="Users", clock=now)
        return source.nexsets.get()

    return read


def shown(page, nexset, number=1) -> str:
    return page.get(reverse("nexset", args=[nexset.pk]), {"page": number}).content.decode()


def cells(content: str) -> list[str]:
    body = content[content.index('id="records"') :]
    return re.findall(r'<td class="(is-[^<]*)</td>', body)


def test_nexsets_are_listed_and_unready_ones_are_not(page, load):
    assert "No nexsets yet" in page.get(reverse("nexsets")).content.decode()
    nexset = load({"uid": "ann"}, {"uid": "bob"})
    Nexset.objects.create(organization=nexset.organization, source=nexset.source, name="Half read")

    content = page.get(reverse("nexsets")).content.decode()

    assert reverse("nexset", args=[nexset.pk]) in content
    assert "Half read" not in content


def test_attributes_are_shown_with_their_kinds_and_how_often_they_are_present(page, load):
    often = [{"uid": f"user-{n}", "company": {"size": n}} for n in range(150)]
    nexset = load({"uid": "ann", "plan": None, "rare": 1}, {"uid": "bob", "plan": "free"}, *often)

    content = shown(page, nexset)

    rows = re.findall(
        r"<code>([^<]*)</code></td>.*?chip\">([^<]*)<.*?figures\">([^<]*)<", content, re.S
    )
    assert rows == [
        ("uid", "text", "100 %"),
        ("plan", "null", "1 %"),
        ("rare", "number", "<1 %".replace("<", "&lt;")),
        ("company", "object", "98 %"),
        ("company.size", "number", "98 %"),
    ]
    assert "152 records" in content


def test_of_very_many_attributes_the_first_stand_open_and_the_rest_unfold(page, load):
    nexset = load({f"attribute_{n}": n for n in range(40)})

    content = shown(page, nexset)

    assert "25 more attributes" in content
    assert "10 more attributes of these records can be seen as JSON" in content
    assert content.count('<th scope="col" class="is-number">attribute_') == 30


def test_records_are_shown_each_value_after_its_kind(page, load):
    nexset = load(
        {"uid": "<b>ann</b>", "seats": 3, "share": 0.5, "is_trial": True, "note": None},
        {"uid": "bob", "tags": ["x", "y"], "company": {"name": "Æther"}, "long": "x" * 500},
    )

    assert cells(shown(page, nexset)) == [
        'is-text">&lt;b&gt;ann&lt;/b&gt;',
        'is-number">3',
        'is-number">0.5',
        'is-boolean">true',
        'is-null">null',
        'is-missing">',
        'is-missing">',
        'is-missing">',
        'is-text">bob',
        'is-missing">',
        'is-missing">',
        'is-missing">',
        'is-missing">',
        'is-list">[&quot;x&quot;,&quot;y&quot;]',
        'is-object">{&quot;name&quot;:&quot;Æther&quot;}',
        f'is-text">{"x" * 120}…',
    ]


def test_records_are_paged_by_their_offset(page, load):
    nexset = load(*({"uid": f"user-{n}"} for n in range(1234)))
    address = reverse("nexset", args=[nexset.pk])

    assert cells(shown(page, nexset))[::49] == ['is-text">user-0', 'is-text">user-49']
    assert cells(shown(page, nexset, number=25))[0] == 'is-text">user-1200'
    assert len(cells(shown(page, nexset, number=25))) == 34
    assert "1,201 to 1,234 of 1,234" in shown(page, nexset, number=25)
    assert page.get(address, {"offset": "1007"}).url == f"{address}?page=21#records"
    assert page.get(address, {"offset": "99999999999999999999"}).url == f"{address}?page=25#records"
    assert page.get(address, {"offset": "-1"}).status_code == 200
    assert page.get(address, {"page": "none"}).status_code == 200


def test_one_record_is_shown_as_json_above_the_page_or_as_a_page(page, load):
    nexset = load({"uid": "ann"}, {"uid": "</pre>", "company": {"size": 3}})
    address = reverse("record", args=[nexset.pk, 1])

    whole, part = page.get(address).content.decode(), page.get(address, headers=HTMX)

    for content in (whole, part.content.decode()):
        assert "&lt;/pre&gt;" in content
        assert "&quot;size&quot;: 3" in content
    assert "<html" in whole
    assert "<html" not in part.content.decode()
    assert "<dialog" in part.content.decode()
    assert page.get(reverse("record", args=[nexset.pk, 2])).status_code == 404
    beyond = reverse("record", args=[nexset.pk, 10**30])
    assert page.get(beyond).status_code == 404


def test_a_nexset_that_is_not_ready_leads_to_its_source(page, load):
    nexset = load({"uid": "ann"})
    Nexset.objects.update(is_ready=False)

    response = page.get(reverse("nexset", args=[nexset.pk]))

    assert response.url == reverse("source", args=[nexset.source_id])
    assert page.get(reverse("record", args=[nexset.pk, 0])).status_code == 404


def test_nexsets_of_another_organization_are_not_found(page, load, client, charlie):
    nexset = load({"uid": "ann"})
    client.force_login(charlie)

    assert client.get(reverse("nexset", args=[nexset.pk])).status_code == 404
    assert client.get(reverse("record", args=[nexset.pk, 0])).status_code == 404
    record = client.get(reverse("record", args=[nexset.pk, 0]), headers=HTMX)
    assert record.status_code == 404
    assert "Users" not in client.get(reverse("nexsets")).content.decode()
