"""A request as a person reads it: nothing in it tells the key."""

import shlex

import orjson

from fsdest.exchange import Headers, Request

KEY_SHOWN = "Basic ••••"
KEY_VARIABLE = "FULLSTORY_API_KEY"
LONGEST_SHOWN = 256 * 1024  # bytes of a body


def headers(request: Request) -> Headers:
    """Return the headers as they are sent, with the key redacted."""
    own = tuple(pair for pair in request.headers if pair[0].lower() != "authorization")
    return (("Authorization", KEY_SHOWN), *own)


def body(request: Request) -> str:
    """Return the body, JSON of it indented; one longer than LONGEST_SHOWN is cut, as it is."""
    raw = request.body
    if len(raw) > LONGEST_SHOWN:
        shown = raw[:LONGEST_SHOWN].decode(errors="ignore")
        return f"{shown}\n… {len(raw) - LONGEST_SHOWN:,} more bytes"
    try:
        return orjson.dumps(orjson.loads(raw), option=orjson.OPT_INDENT_2).decode()
    except (ValueError, TypeError):  # no JSON, or nested too deeply to be written
        return raw.decode(errors="replace")


def curl(request: Request) -> str:
    """Return a shell command that sends the same request, with the key from a variable."""
    parts = [f"curl --globoff -X {shlex.quote(request.method)} {shlex.quote(request.url)}"]
    parts.append(f'-H "Authorization: Basic ${KEY_VARIABLE}"')
    for name, value in request.headers:
        if name.lower() != "authorization":
            parts.append(f"-H {shlex.quote(f'{name}: {value}')}")
    if request.body:
        parts.append(f"--data-raw {shlex.quote(request.body.decode(errors='replace'))}")
    return " \\\n  ".join(parts)
