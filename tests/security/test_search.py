"""The search for secrets finds them, however they are written."""

import base64
import html
import json
import re
from collections.abc import Callable
from urllib.parse import quote_plus

import pytest

from tests.stack import canary
from tests.stack.mishaps import PLANTED, SECRET


@pytest.mark.parametrize(
    "write",
    [
        lambda text: f"'{text}'",
        lambda text: json.dumps({"message": json.dumps({"key": text})}),
        lambda text: html.escape(json.dumps({"key": text})),
        lambda text: base64.b64encode(json.dumps(["a", {"key": text}]).encode()).decode(),
        lambda text: base64.b64encode(f"Basic {text}:".encode()).decode(),
        lambda text: base64.urlsafe_b64encode(f"{text}x".encode()).decode(),
        lambda text: f"?key={quote_plus(text)}&",
        lambda text: re.sub("%..", lambda found: found[0].lower(), quote_plus(text)),
    ],
)
@pytest.mark.parametrize("secret", [SECRET, PLANTED, "lower case + slash/"])
def test_the_search_knows_how_a_secret_can_be_written(write: Callable[[str], str], secret: str):
    assert canary.places([("here", f"… {write(secret)} …"), ("there", "nothing")], secret) == {
        "here"
    }
