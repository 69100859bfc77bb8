"""The Advanced tab: a request described by hand, and what a configuration it makes."""

from typing import get_args

from fsdest.fullstory import by_hand
from fsdest.fullstory.endpoints import Method
from fsdest.payloads import headers
from fsdest.payloads.configuration import Algorithm, Batch, Configuration, Format, Value
from fsdest.web.template_form import Errors, sized
from fsdest.web.typed import Typed, Values

METHODS = by_hand.METHODS
FORMATS = (("json", "JSON"), ("xml", "XML"), ("form", "Form (URL-encoded)"))
ALGORITHMS = (
    ("array", "JSON array of records"),
    ("object", "Object with the records in an attribute"),
    ("object_constant", "Object with the records, each with a constant attribute added"),
    ("by_value", "One call per value of an attribute"),
    ("template", "Custom JSON template"),
)
# The settings of each algorithm, as `Batch.settings` names them.
SETTINGS = {
    "array": (),
    "object": ("name",),
    "object_constant": ("name", "attribute", "value"),
    "by_value": ("attribute", "name"),
    "template": ("template",),
}


def read(typed: Typed) -> tuple[Configuration, Errors]:
    """Return the configuration that `typed` describes, and what could not be understood."""
    errors: Errors = {}
    method: Method = next((each for each in METHODS if each == typed.get("method")), "POST")
    endpoint = by_hand.endpoint(method, typed.get("url"))
    parsed = headers.parse(typed.get("headers"))
    if parsed.problems:
        errors["headers"] = parsed.problems[0]
    return Configuration(
        endpoint=endpoint,
        rest="record",
        exclude=tuple(typed.all("exclude")),
        headers=parsed.headers,
        content_format=_format(typed),
        batch=_batch(endpoint.envelope, typed, errors) if typed.get("batched") else None,
        echo=bool(typed.get("echo")),
    ), errors


def write(configuration: Configuration) -> Values:
    """Return what would have to be typed to get `configuration`: the inverse of `read`."""
    values: Values = {
        "method": [configuration.endpoint.method],
        "url": [configuration.endpoint.url],
        "headers": [headers.write(configuration.headers)],
        "format": [configuration.content_format],
        "exclude": list(configuration.exclude),
        "echo": ["on"] if configuration.echo else [],
        "batched": ["on"] if configuration.batch else [],
    }
    if configuration.batch:
        batch = configuration.batch
        values |= {
            "batch.records": [str(batch.records)],
            "batch.max_bytes": [str(batch.max_bytes)],
            "batch.max_age_s": [str(batch.max_age_s)],
            "batch.algorithm": [batch.algorithm],
        }
        values |= {f"batch.{name}": [value] for name, value in batch.settings}
    return values


def start(template: Configuration, base_url: str) -> Configuration:
    """Return the call of `template` as one by hand, to begin from."""
    endpoint, filled = template.endpoint, dict(template.parameters)
    url, query = f"{base_url}{endpoint.path}", []
    for each in endpoint.parameters:
        text = _macro(filled.get(each.name))
        if each.place == "path":
            url = url.replace(f"{{{each.name}}}", text)
        else:
            query.append(f"{each.name}={text}")
    made = by_hand.endpoint(endpoint.method, f"{url}?{'&'.join(query)}" if query else url)
    return Configuration(endpoint=made, rest="record", batch=template.batch)


def _macro(value: Value | None) -> str:
    if value is None:
        return ""
    return f"{{record.{value.text}}}" if value.source == "attribute" else value.text


def _format(typed: Typed) -> Format:
    return next((each for each in get_args(Format) if each == typed.get("format")), "json")


def _batch(envelope: str, typed: Typed, errors: Errors) -> Batch:
    usual: Algorithm = "object" if envelope else "array"
    chosen = typed.get("batch.algorithm")
    algorithm = next((each for each in get_args(Algorithm) if each == chosen), usual)
    settings = tuple(
        (name, typed.get(f"batch.{name}", envelope if name == "name" else ""))
        for name in SETTINGS[algorithm]
    )
    batch = Batch(records=by_hand.DEFAULT_BATCH, algorithm=algorithm, settings=settings)
    return sized(batch, typed, errors)
