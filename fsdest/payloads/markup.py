"""A record as XML. Any JSON makes a well-formed document.

An object's attributes become elements; a list holds `item` elements; null is an empty element. A
name that XML does not allow is written with underscores and kept whole in the attribute `name`.
"""

import re
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from fsdest.payloads import macros

DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_.-]")
# XML 1.0 has no way to write these, not even as references.
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_KEPT = {"\r": "&#13;"}  # a parser would turn it into a newline
_KEPT_IN_ATTRIBUTES = {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}


def element(name: str, value: Any) -> str:
    """Return `value`, of JSON, as an element called `name`."""
    tag, start = _tag(name)
    if isinstance(value, dict):
        inside = "".join(element(key, inner) for key, inner in value.items())
    elif isinstance(value, list):
        inside = "".join(element("item", inner) for inner in value)
    elif value is None:
        return f"<{start}/>"
    else:
        inside = _escaped(macros.as_text(value))
    return f"<{start}>{inside}</{tag}>"


def around(name: str, items: bytes) -> bytes:
    """Return elements that are written already as the content of one called `name`."""
    tag, start = _tag(name)
    return f"<{start}>".encode() + items + f"</{tag}>".encode()


def _tag(name: str) -> tuple[str, str]:
    """Return the name of an element, and the inside of its start tag."""
    if _NAME.fullmatch(name) and not name.lower().startswith("xml"):
        return name, name
    tag = "_" + _NOT_IN_NAMES.sub("_", name)
    return tag, f"{tag} name={quoteattr(_clean(name), _KEPT_IN_ATTRIBUTES)}"


def _escaped(text: str) -> str:
    return escape(_clean(text), _KEPT)


def _clean(text: str) -> str:
    return _NOT_IN_XML.sub("\ufffd", text)
