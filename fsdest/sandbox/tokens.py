"""Page tokens: opaque to a client, a position to us."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error

from fsdest.sandbox.calls import Refusal
from fsdest.sandbox.replies import invalid


def token(position: int) -> str:
    """Return the token of the page that begins at `position`."""
    return urlsafe_b64encode(f"p{position}".encode()).decode()


def position(text: str | None) -> int:
    """Return where the page of a token begins; 0 without one. Refuses a token that is not ours."""
    if not text:
        return 0
    try:
        plain = urlsafe_b64decode(text).decode()
        if plain[:1] != "p":
            raise ValueError
        return int(plain[1:])
    except (Error, ValueError):
        raise Refusal(invalid("page_token is invalid")) from None
