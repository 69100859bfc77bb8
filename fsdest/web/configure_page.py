"""What the Configure page shows, from the form and the samples that it makes."""

from collections.abc import Container
from dataclasses import dataclass
from typing import cast

from django.utils.timezone import now

from fsdest.delivery import rehearsal
from fsdest.delivery.rehearsal import Sample, Trial
from fsdest.fullstory import catalogue, limits
from fsdest.models import Credential, Destination
from fsdest.payloads import checks, macros, show
from fsdest.web import drafts, manual_form
from fsdest.web.configure_form import ConfigureForm
from fsdest.web.template_form import Row
from fsdest.web.versions import Review, review

TIME_MACROS = (*macros.PARTS, "now", "now-1d", "now+1h")
SIZES = ("records", "max_bytes", "max_age_s")  # of a batch
MOST_LINES = 24  # of the editor of a sample
SETTING_WORDS = {
    "name": ("Attribute that holds the records", "FullStory's batches want requests."),
    "attribute": ("Attribute to add", "Its name in every record."),
    "value": ("Its value", "JSON, or any text."),
    "template": ("Template", 'JSON with {messages} where the records go: {"requests": {messages}}'),
}
BY_VALUE_WORDS = {
    "attribute": ("Attribute to group by", "Neighbouring records of one value share a call."),
    "name": ("Attribute that holds the records", "Empty: the body is the list itself."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A sample as the panel shows it."""

    number: int  # 1, 2, ...
    sample: Sample
    records: int
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    lines: int = 0
    is_json: bool = False


def samples(found: Destination, form: ConfigureForm, credential: Credential) -> list[Sample]:
    """Return the sample requests of the settings; none while settings by hand are wrong."""
    if form.is_advanced and not form.is_valid:
        return []
    configuration = form.configuration.saved_at(now().isoformat(timespec="seconds"))
    offsets = drafts.sample_offsets(found)
    return rehearsal.samples(
        configuration,
        found.nexset,
        base_url=credential.base_url,
        offsets=offsets or rehearsal.first_offsets(configuration, found.nexset),
    )


def context(found: Destination, credential: Credential, form: ConfigureForm) -> dict[str, object]:
    """Return the context of the page and of each of its parts."""
    made, rows = samples(found, form, credential), form.rows
    deep = [row for row in rows if row.is_deep]
    return {
        "destination": found,
        "credential": credential,
        "form": form,
        "endpoints": catalogue.ENDPOINTS,
        "samples": [_shown(number, each, form) for number, each in enumerate(made, 1)],
        "no_samples": _no_samples(found, form),
        "first_key": next((confirmation(each) for each in made if each.request), ""),
        "checks": checks.find(form.configuration, form.attributes, base_url=credential.base_url),
        "review": _review(found, form),
        "searched": drafts.search_of(found),
        "lacks_level": form.endpoint.needs == "architect" and credential.level == "Standard",
        "test_word": _test_word(credential),
        "rows": rows,
        "deep_rows": deep,
        "has_deep_value": any(row.is_filled for row in deep),
        "time_macros": TIME_MACROS,
        "property_types": limits.PROPERTY_TYPES,
        "batch": _batch(form),
        "manual": _manual(form),
    }


def rows_of(context: dict[str, object]) -> list[Row]:
    """Return the lines of the mapping that `context` shows."""
    return cast(list[Row], context["rows"])


def sentences(form: ConfigureForm, posted: Container[str]) -> list[tuple[str, str]]:
    """Return, for each posted field, the id of its place in the page and what is wrong there.

    A field that was not posted is not on the page: another endpoint has just been chosen.
    """
    names = ["name", "url", "headers", "format", *(row.name for row in form.rows)]
    if batch := form.configuration.batch:
        own = manual_form.SETTINGS[batch.algorithm] if form.is_advanced else ()
        names += [f"batch.{name}" for name in (*SIZES, *own)]
    return [
        (name.replace(".", "-"), form.errors.get(name, ""))
        for name in names
        if name in posted or f"{name}.source" in posted
    ]


def told(trial: Trial | None, problem: str) -> dict[str, object]:
    """Return the context of the panel Endpoint Test Result."""
    panel: dict[str, object] = {"trial": trial, "trial_problem": problem}
    if trial:
        panel |= {
            "trial_headers": show.headers(trial.request),
            "trial_body": show.body(trial.request) if trial.request.body else "",
            "trial_curl": show.curl(trial.request),
        }
    return panel


def confirmation(sample: Sample) -> str:
    """Return what a person types to allow a test of `sample` that cannot be undone."""
    url = sample.request.url if sample.request else ""
    return sample.order_key or "/" + url.split("/", 3)[-1]


def _shown(number: int, sample: Sample, form: ConfigureForm) -> Shown:
    shown = Shown(number=number, sample=sample, records=len(sample.offsets))
    if sample.request is None:
        return shown
    body = show.body(sample.request) if sample.request.body else ""
    return Shown(
        number=number,
        sample=sample,
        records=len(sample.offsets),
        headers=show.headers(sample.request),
        body=body,
        lines=min(body.count("\n") + 2, MOST_LINES),
        is_json=form.configuration.content_format == "json",
    )


def _review(found: Destination, form: ConfigureForm) -> Review | None:
    """Return what *Done* would change in a destination that was saved before."""
    if found.version is None:
        return None
    saved = found.version.read()
    shown = review(found, form.configuration.saved_at(saved.moment))
    return shown if shown.changes else None


def _no_samples(found: Destination, form: ConfigureForm) -> str:
    if found.nexset.record_count and not form.is_valid:
        return "Correct the marked settings to see what would be sent."
    return "This nexset has no records yet, so there is nothing to show."


def _test_word(credential: Credential) -> str:
    return "Test" if credential.is_sandbox else f"Test: writes to {_whose(credential)}"


def _whose(credential: Credential) -> str:
    return credential.org_id or credential.name


def _batch(form: ConfigureForm) -> dict[str, str]:
    batch = form.configuration.batch
    if batch is None:
        return {}
    shown = {name: form.typed.get(f"batch.{name}", str(getattr(batch, name))) for name in SIZES}
    return shown | {f"{name}_error": form.errors.get(f"batch.{name}", "") for name in SIZES}


def _manual(form: ConfigureForm) -> dict[str, object]:
    if not form.is_advanced:
        return {}
    return {
        "methods": manual_form.METHODS,
        "formats": manual_form.FORMATS,
        "algorithms": manual_form.ALGORITHMS,
        "url": form.typed.get("url"),
        "headers": form.typed.get("headers"),
        "settings": _settings(form),
    }


def _settings(form: ConfigureForm) -> list[dict[str, object]]:
    batch = form.configuration.batch
    if batch is None:
        return []
    is_by_value = batch.algorithm == "by_value"
    words = SETTING_WORDS | (BY_VALUE_WORDS if is_by_value else {})
    return [
        {
            "name": name,
            "label": words[name][0],
            "help": words[name][1],
            "text": batch.setting(name),
            "error": form.errors.get(f"batch.{name}", ""),
            "is_path": is_by_value and name == "attribute",
            "is_optional": is_by_value and name == "name",
        }
        for name in manual_form.SETTINGS[batch.algorithm]
    ]
