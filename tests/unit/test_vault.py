"""Secrets are sealed, rotated, hinted at and redacted."""

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from fsdest.vault import REDACTED, CannotUnseal, Vault, hint, redact

OLD, NEW, FOREIGN = (Fernet.generate_key().decode() for _ in range(3))
KEY = "na1.Qk9/+x=z&Y7uV$w2"
secrets = st.text(st.characters(codec="utf-8"), min_size=6, max_size=60)


@given(st.text(st.characters(codec="utf-8")))
@pytest.mark.surface("S7")
def test_what_is_sealed_comes_back_and_is_not_readable(text):
    vault = Vault([NEW])
    sealed = vault.seal(text)
    assert vault.unseal(sealed) == text
    assert len(text) < 6 or text not in sealed


def test_an_older_key_still_opens_until_it_is_removed():
    sealed = Vault([OLD]).seal(KEY)
    both = Vault([NEW, OLD])
    assert both.unseal(sealed) == KEY
    with pytest.raises(CannotUnseal):
        Vault([NEW]).unseal(sealed)
    assert Vault([NEW]).unseal(both.rotate(sealed)) == KEY


def test_it_tells_what_was_sealed_with_the_newest_key():
    both = Vault([NEW, OLD])
    assert both.is_newest(both.seal(KEY))
    assert both.is_newest(both.rotate(Vault([OLD]).seal(KEY)))
    assert not any(map(both.is_newest, ["", "é", Vault([OLD]).seal(KEY)]))


@pytest.mark.parametrize("sealed", ["", "not sealed", "gAAAA", "é", Vault([FOREIGN]).seal(KEY)])
def test_what_cannot_be_opened_is_never_returned(sealed):
    for attempt in (Vault([NEW]).unseal, Vault([NEW]).rotate):
        with pytest.raises(CannotUnseal, match=r"^The stored key cannot be opened.*\.$") as caught:
            attempt(sealed)
        assert not sealed or sealed not in str(caught.value)


@pytest.mark.parametrize("keys", [[], ["short"], [NEW, "é"]])
def test_a_malformed_key_is_refused_without_repeating_it(keys):
    with pytest.raises(ValueError, match="redential key") as caught:
        Vault(keys)
    assert all(key not in str(caught.value) for key in keys)


@pytest.mark.parametrize(
    "form",
    [
        KEY,
        f"Authorization: Basic {KEY}\r\n",
        base64.b64encode(KEY.encode()).decode(),
        base64.urlsafe_b64encode(KEY.encode()).decode().rstrip("="),
        quote(KEY),
        quote(KEY, safe="").replace("%2F", "%2f").replace("%3D", "%3d"),
        quote_plus(KEY),
        json.dumps({"error": f"bad key {KEY}"}),
    ],
)
def test_a_secret_is_redacted_in_every_form(form):
    shown = redact(f"before {form} after", [KEY])
    assert REDACTED in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    assert KEY[4:12] not in shown


@given(secrets, st.text(max_size=20), st.text(max_size=20))
@pytest.mark.surface("S8")
def test_no_redacted_text_holds_the_secret(secret, before, after):
    assert secret not in redact(before + secret + after, [secret]) or secret in REDACTED


@given(st.binary(max_size=8), secrets, st.binary(max_size=8))
def test_base64_is_found_at_any_alignment(before, secret, after):
    encoded = base64.b64encode(before + secret.encode() + after).decode()
    shown = redact(encoded, [secret])
    assert REDACTED in shown
    assert len(shown) - len(REDACTED) <= 4 * ((len(before) + 2) // 3 + (len(after) + 2) // 3) + 4


@pytest.mark.parametrize("given", [[], [""], ["short"], ["absent-secret"]])
def test_other_text_is_left_alone(given):
    assert redact("A short answer.", given) == "A short answer."


def test_the_longer_of_two_secrets_is_redacted_whole():
    assert redact("secret-and-more", ["secret", "secret-and-more"]) == REDACTED


def test_only_a_long_secret_gives_a_hint():
    assert hint(KEY) == KEY[-4:]
    assert hint("elevenchars") == ""
