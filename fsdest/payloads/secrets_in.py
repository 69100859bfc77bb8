"""What in a configuration looks like a secret, and the configuration without it."""

import re
from dataclasses import replace

from fsdest.payloads import macros
from fsdest.payloads.configuration import Configuration, Value

_LOOKS_SECRET = re.compile(
    r"secret|token|passw|passphrase|authori[sz]ation|signature|api[-_]?key"
    r"|(?:^|[-_.])(?:key|auth|sig|pwd)(?:$|[-_.])",
    re.IGNORECASE,
)
_PARAMETER = re.compile(r"(?<=[?&])(?P<name>[^=&#]+)=(?P<value>[^&#]+)")

Pairs = tuple[tuple[str, str], ...]


def looks_secret(name: str) -> bool:
    """Whether what is called `name` is likely to hold a secret."""
    return _LOOKS_SECRET.search(name) is not None


def without(configuration: Configuration) -> tuple[Configuration, tuple[str, ...]]:
    """Return `configuration` without what looks like a secret, and the places it was taken from.

    Looks like one: a text that does not come from the record, in a place whose name says so. Only
    the name can tell; a key in a place called "note" stays.
    """
    mapping, from_mapping = _values(configuration.mapping, "mapping")
    parameters, from_parameters = _values(configuration.parameters, "parameters")
    kept = tuple(pair for pair in configuration.headers if not _LOOKS_SECRET.search(pair[0]))
    from_headers = [f"headers.{name}" for name, _ in configuration.headers if (name, _) not in kept]
    url = _PARAMETER.sub(_blank, configuration.endpoint.url)
    from_url = ["url"] if url != configuration.endpoint.url else []
    safe = replace(
        configuration,
        endpoint=replace(configuration.endpoint, url=url),
        mapping=mapping,
        parameters=parameters,
        headers=kept,
    )
    safe, from_batch = _batch(safe)
    places = (*from_mapping, *from_parameters, *from_headers, *from_url, *from_batch)
    return safe, places


def _values(
    pairs: tuple[tuple[str, Value], ...], place: str
) -> tuple[tuple[tuple[str, Value], ...], list[str]]:
    secret = {
        name
        for name, value in pairs
        if _LOOKS_SECRET.search(name) and value.source != "attribute" and _is_fixed(value.text)
    }
    kept = tuple((name, value) for name, value in pairs if name not in secret)
    return kept, [f"{place}.{name}" for name, _ in pairs if name in secret]


def _is_fixed(text: str) -> bool:
    return bool(text) and not macros.paths(text)


def _blank(found: re.Match[str]) -> str:
    is_secret = _LOOKS_SECRET.search(found["name"]) and _is_fixed(found["value"])
    return f"{found['name']}=" if is_secret else found[0]


def _batch(configuration: Configuration) -> tuple[Configuration, list[str]]:
    batch = configuration.batch
    if batch is None or not batch.setting("value"):
        return configuration, []
    if not _LOOKS_SECRET.search(batch.setting("attribute")):
        return configuration, []
    settings = tuple((name, "" if name == "value" else text) for name, text in batch.settings)
    return replace(configuration, batch=replace(batch, settings=settings)), ["batch.value"]
