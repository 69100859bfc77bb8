"""Request headers as a person types them: `name:value` pairs with commas between them.

A value that holds a comma, a quotation mark or blanks at an end is quoted, and a quotation mark in
it is doubled: `Accept:text/plain,X-List:"a, b"`. A colon needs no quotes.
"""

import re
from dataclasses import dataclass

from fsdest.exchange import Headers

LONGEST_VALUE = 1_024  # characters
MOST_HEADERS = 50

_NAME = re.compile(r"[A-Za-z0-9-]{1,64}")
_VALUE = re.compile(r"[\t\x20-\x7e]*")
_PAIR = re.compile(
    r'\s*(?P<name>[^:,"]*?)\s*:[ \t]*(?:"(?P<quoted>(?:[^"]|"")*)"|(?P<bare>[^,"]*))'
)
_REFUSED = {
    "authorization": "it comes from the credential",
    "proxy-authorization": "a key only goes to its own service",
    "idempotency-key": "it is made for each call, so that a retry writes nothing twice",
    "host": "it comes from the URL",
    "content-length": "it comes from the body",
    "transfer-encoding": "it comes from the body",
    "content-encoding": "the body is sent as it is shown",
    "cookie": "sessions do not belong in a delivery",
    "connection": "the connection is looked after already",
    "keep-alive": "the connection is looked after already",
    "expect": "the connection is looked after already",
    "upgrade": "the connection is looked after already",
    "te": "the connection is looked after already",
    "trailer": "the connection is looked after already",
}
_REFUSED_FAMILIES = {
    "proxy-": "the connection is looked after already",
    "x-forwarded-": "it would say that somebody else is asking",
}


@dataclass(frozen=True, slots=True)
class Parsed:
    """What was typed, understood; `problems` are sentences, none if all is well."""

    headers: Headers
    problems: tuple[str, ...]


def parse(text: str) -> Parsed:
    """Read headers from `text`. Never raises; what is refused is left out of `headers`."""
    found: list[tuple[str, str]] = []
    position = 0
    while position < len(text) and text[position:].strip():
        pair = _PAIR.match(text, position)
        end = pair.end() if pair else position
        rest = text[end:].lstrip()
        if pair is None or (rest and not rest.startswith(",")):
            sentence = f"This is not a list of name:value pairs: {text[position : position + 40]}"
            before = check(tuple(found))
            return Parsed(before.headers, (*before.problems, sentence))
        quoted = pair["quoted"]
        value = pair["bare"].strip() if quoted is None else quoted.replace('""', '"')
        found.append((pair["name"], value))
        position = len(text) - len(rest) + 1 if rest else len(text)
    return check(tuple(found))


def check(headers: Headers) -> Parsed:
    """Return those of `headers` that may be sent, and why the others may not."""
    allowed: list[tuple[str, str]] = []
    problems = []
    for name, value in headers:
        if sentence := _refusal(name, value, {other.lower() for other, _ in allowed}):
            problems.append(sentence)
        else:
            allowed.append((name, value))
    if len(allowed) > MOST_HEADERS:
        problems.append(f"At most {MOST_HEADERS} headers can be sent.")
    return Parsed(tuple(allowed[:MOST_HEADERS]), tuple(problems))


def write(headers: Headers) -> str:
    """Return `headers` as `parse` reads them."""
    return ",".join(f"{name}:{_quoted(value)}" for name, value in headers)


def _refusal(name: str, value: str, taken: set[str]) -> str:
    """Return why a header cannot be sent, or an empty text."""
    lower = name.lower()
    families = (why for start, why in _REFUSED_FAMILIES.items() if lower.startswith(start))
    if not _NAME.fullmatch(name):
        return f"{name[:64]!r} is not the name of a header: letters, digits and hyphens are."
    if reason := _REFUSED.get(lower) or next(families, ""):
        return f"{name} cannot be set here: {reason}."
    if lower in taken:
        return f"{name} is given twice."
    if len(value) > LONGEST_VALUE:
        return f"The value of {name} is longer than {LONGEST_VALUE:,} characters."
    if not _VALUE.fullmatch(value):
        return f"The value of {name} holds characters that a header cannot carry."
    return ""


def _quoted(value: str) -> str:
    if value == value.strip() and not {",", '"'} & set(value):
        return value
    return '"' + value.replace('"', '""') + '"'
