"""Where a payload goes: path and query of an endpoint, or a URL entered by hand."""

from collections.abc import Callable
from urllib.parse import urlsplit

from fsdest.payloads import fill, macros
from fsdest.payloads.configuration import Configuration
from fsdest.payloads.fill import Record, UnfitError


def compile_target(configuration: Configuration) -> Callable[[Record], str]:
    """Return a function of a record that gives its target; it raises UnfitError.

    Every value put in is percent-encoded, so that it cannot reach beyond its place. A value that
    makes a part of the path `.` or `..` is refused: no encoding keeps those from moving the path.
    """
    if configuration.endpoint.is_manual:
        return _by_hand(configuration)
    return _by_parameters(configuration)


def fixed_target(configuration: Configuration) -> str | None:
    """Return the target that all records have; None: it depends on the record."""
    endpoint = configuration.endpoint
    is_fixed = not (macros.paths(endpoint.url) if endpoint.is_manual else endpoint.parameters)
    return compile_target(configuration)({}) if is_fixed else None


def _by_hand(configuration: Configuration) -> Callable[[Record], str]:
    url = configuration.endpoint.url
    moment = macros.moment_of(configuration.moment)
    make = macros.compiled(url, moment, encode=macros.in_url)
    if not macros.paths(url):
        fixed = make({})[0]
        return lambda record: fixed

    def target(record: Record) -> str:
        made, missing = make(record)
        if missing:
            sentence = f"The record has no {missing}, which the URL needs."
            raise UnfitError("missing", sentence, "url")
        return _safe(made, "url")

    return target


def _by_parameters(configuration: Configuration) -> Callable[[Record], str]:
    endpoint = configuration.endpoint
    path, filled = endpoint.path, dict(configuration.parameters)
    moment = macros.moment_of(configuration.moment)
    fills = [
        (each, fill.parameter(each, filled.get(each.name), moment)) for each in endpoint.parameters
    ]
    if not fills:
        return lambda record: path

    def target(record: Record) -> str:
        made, query = path, []
        for each, text in fills:
            encoded = macros.in_url(text(record))
            if each.place == "path":
                made = made.replace(f"{{{each.name}}}", encoded)
                _safe(made, each.name)
            else:
                query.append(f"{each.name}={encoded}")
        return f"{made}?{'&'.join(query)}" if query else made

    return target


def _safe(url: str, place: str) -> str:
    if "/." in url and {".", ".."} & set(urlsplit(url).path.split("/")):
        sentence = f"A value of {place} is only dots, which would change the address."
        raise UnfitError("unsafe_url", sentence, place)
    return url
