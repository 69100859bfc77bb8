"""Secrets: sealed at rest, and redacted from anything that is shown or kept."""

import base64
import json
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from urllib.parse import quote, quote_plus

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

REDACTED = "[redacted]"
SHORTEST_SECRET = 6  # characters; a shorter one would black out ordinary words
SHORTEST_HINTED = 12  # characters; four of fewer would give too much of the secret away


class CannotUnseal(Exception):
    """None of the keys opens what was sealed. Its text is one sentence for a person."""


class Vault:
    """Seals with the newest key and opens with any of them, so that keys can be replaced."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Take Fernet keys (32 bytes in URL-safe base64), newest first.

        Raises ValueError, without repeating a key, when there is none or one is malformed.
        """
        if not keys:
            raise ValueError("At least one credential key is needed.")
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
            self._newest = Fernet(keys[0])
        except ValueError:
            raise ValueError("A credential key must be 32 bytes in URL-safe base64.") from None

    def seal(self, text: str) -> str:
        """Encrypt `text` with the newest key; the result is ASCII and differs each time."""
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def unseal(self, sealed: str) -> str:
        """Return the text that was sealed. Raises CannotUnseal, never returns what it was given."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise _cannot_unseal() from None

    def is_newest(self, sealed: str) -> bool:
        """Tell whether `sealed` was sealed with the newest key, so that it needs no other."""
        try:
            self._newest.decrypt(sealed.encode())
        except InvalidToken:
            return False
        return True

    def rotate(self, sealed: str) -> str:
        """Seal again with the newest key. Raises CannotUnseal."""
        try:
            return self._fernet.rotate(sealed.encode()).decode("ascii")
        except InvalidToken:
            raise _cannot_unseal() from None


def _cannot_unseal() -> CannotUnseal:
    return CannotUnseal(
        "The stored key cannot be opened with the credential keys of this installation."
    )


def hint(secret: str) -> str:
    """Return the last four characters of `secret`, or nothing if it is too short to tell any."""
    return secret[-4:] if len(secret) >= SHORTEST_HINTED else ""


def redact(text: str, secrets: Iterable[str]) -> str:
    """Black out each of `secrets` in `text`, also where it is in base64, percent- or JSON-encoded.

    Base64 is found inside a longer encoded text too, whatever the alignment. Secrets
    of fewer than SHORTEST_SECRET characters are left alone.
    """
    pattern = _pattern(frozenset(s for s in secrets if len(s) >= SHORTEST_SECRET))
    return pattern.sub(REDACTED, text) if pattern else text


@lru_cache(maxsize=64)
def _pattern(secrets: frozenset[str]) -> re.Pattern[str] | None:
    forms = {re.escape(form) for secret in secrets for form in _forms(secret)}
    forms |= {form for secret in secrets for form in _percent_forms(secret)}
    if not forms:
        return None
    return re.compile("|".join(sorted(forms, key=len, reverse=True)))  # the longest form wins


def _forms(secret: str) -> set[str]:
    return {
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        *_base64_forms(secret.encode()),
    }


def _percent_forms(secret: str) -> set[str]:
    """Return patterns of `secret` in a URL, with hexadecimal digits in either case."""
    encoded = {quote(secret), quote(secret, safe=""), quote_plus(secret)} - {secret}
    return {
        re.sub(r"%[0-9A-F]{2}", lambda found: f"(?i:{found.group()})", re.escape(form))
        for form in encoded
    }


def _base64_forms(secret: bytes) -> set[str]:
    """Return the whole base64 of `secret`, and the part of it that does not depend on neighbours.

    Six bits make a character, so what comes before shifts the secret by 0, 2 or 4 bits.
    """
    whole = base64.b64encode(secret).decode()
    standard = {whole, whole.rstrip("=")}
    for shift in range(3):  # bytes before the secret in its group of three
        shifted = base64.b64encode(b"\0" * shift + secret).decode()
        first = -(-shift * 8 // 6)
        last = (shift + len(secret)) * 8 // 6
        standard.add(shifted[first:last])
    return standard | {form.translate(str.maketrans("+/", "-_")) for form in standard}
