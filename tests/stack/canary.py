"""Looks for a secret, however it is spelled, in what a running product keeps and shows."""

import base64
import html
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus, urljoin

import redis
import requests
from django.urls import Resolver404, resolve

from tests.faults.visitor import Visitor
from tests.running import Stack

Texts = Iterable[tuple[str, str]]  # (where, what stands there)
LEADS_ON = re.compile(r'(?:href|hx-get|action)="(/[^"]*)"')
PAGES_OF_A_KIND = 2
NOT_FOLLOWED = ("/static/", "/logout/", "/admin/logout/")


def spellings(secret: str) -> set[str]:
    """Return `secret` as it is, and as JSON, HTML, URL, base64 and hex write it.

    JSON may be within JSON, HTML or base64, as payloads are in logs, pages and messages.
    """
    plain = {secret, _json(secret), json.dumps(secret, ensure_ascii=False)[1:-1]}
    percent = {quote(secret), quote(secret, safe=""), quote_plus(secret)}
    percent |= {re.sub("%..", lambda each: each[0].lower(), one) for one in percent}
    written = plain | {write(each) for each in plain for write in (_json, html.escape)}
    packed = {form for each in plain for form in _within_base64(each.encode())}
    return written | percent | packed | {secret.encode().hex()}


def _json(text: str) -> str:
    return json.dumps(text)[1:-1]


def _within_base64(secret: bytes) -> Iterator[str]:
    """Yield what `secret` becomes wherever it stands in the text that was encoded."""
    for before in range(3):
        encoded = base64.b64encode(b"." * before + secret).decode()
        # The first and the last four characters may share bits with the neighbours.
        inner = encoded[4 if before else 0 : -4]
        yield from (inner, inner.replace("+", "-").replace("/", "_"))


def places(texts: Texts, secret: str) -> set[str]:
    """Return where `secret` can be read."""
    forms = spellings(secret)
    return {where for where, text in texts if any(form in text for form in forms)}


def files(stack: Stack) -> Iterator[tuple[str, str]]:
    """Yield every log of a stack, and what it said on its console."""
    for path in [stack.console, *(stack.data / "logs").iterdir()]:
        yield path.name, path.read_text(errors="replace")


def broker(client: "redis.Redis[str]") -> Iterator[tuple[str, str]]:
    """Yield every key and value."""
    readers = {
        "string": client.get,
        "hash": client.hgetall,
        "list": lambda key: client.lrange(key, 0, -1),
        "set": client.smembers,
        "zset": lambda key: client.zrange(key, 0, -1),
        "stream": client.xrange,
    }
    for key in client.scan_iter(count=1000):
        kind = client.type(key)
        if kind != "none":  # it has run out since
            yield key, f"{key} {json.dumps(readers[kind](key), default=sorted)}"


def pages(visitor: Visitor, *seeds: str) -> list[tuple[str, str]]:
    """Return each page that links and fragments lead to from `seeds`, two of each kind."""
    found: dict[str, str] = {}
    kinds: Counter[str] = Counter()
    waiting = list(seeds)
    while waiting:
        address = waiting.pop(0)
        kind = kind_of(address)
        if address in found or not kind or kinds[kind] == PAGES_OF_A_KIND:
            continue
        kinds[kind] += 1
        answer = visitor.get(address.removeprefix("/"))
        found[address] = whole(answer)
        if target := answer.headers.get("Location"):
            waiting.append(urljoin(address, target))
        waiting += map(html.unescape, LEADS_ON.findall(answer.text))
    return list(found.items())


def whole(answer: requests.Response) -> str:
    """Return the headers and the body."""
    return "\n".join([*answer.headers.values(), answer.text])


def kind_of(address: str) -> str:
    """Return the name of the view that answers at `address`, "" for what is not to be asked."""
    path = address.partition("?")[0].partition("#")[0]
    if path in NOT_FOLLOWED or path.startswith(NOT_FOLLOWED[0]):
        return ""
    try:
        return resolve(path).view_name
    except Resolver404:
        return ""
