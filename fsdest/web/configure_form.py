"""The Configure step: draft and nexset in, a configuration and sentences about it out."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from fsdest.fullstory import catalogue
from fsdest.fullstory.endpoints import Endpoint
from fsdest.models import Credential, Destination
from fsdest.payloads import configuration as configurations
from fsdest.payloads.configuration import Configuration
from fsdest.records.schema import Attribute, Schema
from fsdest.web import drafts, manual_form, template_form
from fsdest.web.template_form import Errors, Row
from fsdest.web.typed import Typed

LONGEST_NAME = 200  # characters of a destination's name
MANY_ATTRIBUTES = 100  # more are searched for while typing, not listed for each field


@dataclass(slots=True, kw_only=True)
class ConfigureForm:
    """What the page shows. `errors` has one sentence by field, named as in the problems."""

    name: str
    mode: str
    endpoint: Endpoint
    typed: Typed
    attributes: Sequence[Attribute]
    configuration: Configuration
    errors: Errors = field(default_factory=dict)

    @property
    def is_valid(self) -> bool:
        return not self.errors

    @property
    def is_advanced(self) -> bool:
        return self.mode == "advanced"

    @property
    def slot(self) -> str:
        """Where the draft keeps what is typed in it."""
        return drafts.BY_HAND if self.is_advanced else self.endpoint.key

    @property
    def rows(self) -> list[Row]:
        shown = template_form.rows(self.endpoint, self.typed, self.errors)
        for row in shown:
            row.is_unknown = bool(row.attribute) and row.attribute not in self.paths
        return shown

    @property
    def properties(self) -> list[tuple[str, str]]:
        """The properties that are sent, each with its declared type or none."""
        return template_form.properties(self.configuration, self.attributes, self.typed)

    @property
    def has_many_attributes(self) -> bool:
        return len(self.attributes) > MANY_ATTRIBUTES

    @property
    def paths(self) -> list[str]:
        return [attribute.path for attribute in self.attributes]


def form_of(destination: Destination, credential: Credential) -> ConfigureForm:
    """Return the form as it stands: what was typed, over what was saved, over what is guessed."""
    attributes = Schema.from_json(destination.nexset.attributes).attributes
    saved = destination.version.read() if destination.version else None
    endpoint = _endpoint(destination, saved)
    base = saved if saved and saved.endpoint.key == endpoint.key else None
    base = base or configurations.guess(endpoint, [each.path for each in attributes])
    typed = Typed(template_form.write(base), drafts.typed(destination, endpoint.key))
    configuration, errors = template_form.read(endpoint, typed)
    mode = _mode(destination, saved)
    if mode == "advanced":
        by_hand = saved if saved and saved.endpoint.is_manual else None
        by_hand = by_hand or manual_form.start(configuration, credential.base_url)
        typed = Typed(manual_form.write(by_hand), drafts.typed(destination, drafts.BY_HAND))
        configuration, errors = manual_form.read(typed)
    for problem in configurations.problems(configuration, attributes):
        errors.setdefault(problem.field, problem.sentence)
    name = str(destination.draft.get("name", destination.name)).strip()
    if sentence := _name_problem(name):
        errors["name"] = sentence
    return ConfigureForm(
        name=name,
        mode=mode,
        endpoint=configuration.endpoint,
        typed=typed,
        attributes=attributes,
        configuration=configuration,
        errors=errors,
    )


def _mode(destination: Destination, saved: Configuration | None) -> str:
    usual = "advanced" if saved and saved.endpoint.is_manual else "template"
    chosen = destination.draft.get("mode", usual)
    return "advanced" if chosen == "advanced" else "template"


def _endpoint(destination: Destination, saved: Configuration | None) -> Endpoint:
    chosen = destination.draft.get("endpoint") or (saved.endpoint.key if saved else "")
    found = next((each for each in catalogue.ENDPOINTS if each.key == chosen), None)
    return found or catalogue.ENDPOINTS[0]


def _name_problem(name: str) -> str:
    if not name:
        return "Give the destination a name to find it by."
    if len(name) > LONGEST_NAME:
        return f"A name has at most {LONGEST_NAME} characters."
    return ""
