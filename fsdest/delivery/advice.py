"""What a person should do next, after a test. Pure."""

from dataclasses import dataclass

import orjson

from fsdest.exchange import NoReply, Reply, Silence

KEYS_PAGE = "FullStory → Settings → Integrations → API Keys"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What the test was about, as far as the advice depends on it."""

    is_sandbox: bool
    level: str = ""  # of the key: Standard, Architect, Admin; empty: not known
    writes: bool = True  # the request changes something at FullStory
    is_job: bool = False  # success means that an import job was taken


def advice(reply: Reply | NoReply, tested: Tested) -> str:
    """Return the next step after `reply`, in one or two sentences."""
    if isinstance(reply, NoReply):
        return _after_silence(reply, tested)
    if is_web_page(reply):
        return (
            "A web page came back, not an answer of the FullStory API. A proxy or a sign-in page "
            "in between has probably answered: ask whoever runs this network, then test again."
        )
    if 200 <= reply.status < 300:
        return _after_success(tested)
    return _after_refusal(reply, tested)


def is_web_page(reply: Reply) -> bool:
    """Whether the body is HTML, which FullStory's API never sends."""
    is_html = "html" in reply.header("content-type").lower()
    start = reply.body.lstrip()[:5]
    return is_html or (start[:1] == b"<" and start != b"<?xml")


def message_of(reply: Reply) -> str:
    """Return FullStory's own words for an error, or nothing.

    Source: https://developer.fullstory.com/server/getting-started/ ({"message", "code"}).
    """
    try:
        body = orjson.loads(reply.body)
    except ValueError:
        return ""
    message = body.get("message") if isinstance(body, dict) else None
    return message if isinstance(message, str) else ""


def _after_success(tested: Tested) -> str:
    if tested.is_job:
        return (
            "FullStory took the records as an import job and works it off in its own time. "
            "The destination follows each job to its end. Press Done to save it."
        )
    return "The configuration works. Press Done to save the destination."


def _after_silence(reply: NoReply, tested: Tested) -> str:
    match reply.silence:
        case Silence.REFUSED if tested.is_sandbox:
            return "The sandbox does not run. Start it (bin/run does), then test again."
        case Silence.REFUSED:
            return "Check that this machine can reach the internet, then test again."
        case Silence.BLOCKED:
            return "Nothing was sent. Correct the address: a key only goes to its own service."
        case Silence.TLS:
            return (
                "Nothing was sent, because the other side could not prove who it is. "
                "Ask whoever runs this network whether it opens secure connections."
            )
        case _ if tested.writes:
            return (
                "The request may have been carried out all the same: look in FullStory before "
                "you test again. If it happens every time, check its status page."
            )
        case _:
            return (
                "Test again in a minute. If it happens every time, check FullStory's status page."
            )


def _after_refusal(reply: Reply, tested: Tested) -> str:
    match reply.status:
        case 401:
            return (
                f"FullStory does not know this key. Copy it again from {KEYS_PAGE} and replace it."
            )
        case 403:
            return _after_forbidden(tested)
        case 404:
            return (
                "What the address names does not exist there. Check the id or the URL, "
                "and that the key belongs to the right organization."
            )
        case 405 | 415:
            return "This address does not take that method or format. Check both."
        case 413:
            return "The request is too large. Choose a smaller batch size."
        case 429:
            seconds = reply.header("retry-after")
            pause = f"{seconds} seconds" if seconds.isdigit() else "a minute"
            return f"FullStory asks for a pause. Wait {pause}, then test again."
        case status if 300 <= status < 400:
            return "The address has moved, and a key never follows. Enter the new address itself."
        case status if status >= 500:
            return "FullStory has trouble of its own. Test again in a minute."
        case _:
            return "Read its message, correct the mapping or the record, then test again."


def _after_forbidden(tested: Tested) -> str:
    has = f"This key has the level {tested.level}" if tested.level else "This key may not do that"
    return f"{has}. Create one with the level Architect or Admin in {KEYS_PAGE}."
