"""What the environment may not change, and what it brings: the sandbox, and secrets from files."""

import json
import os
import subprocess
import sys

import pytest
from django.utils.timezone import now

from fsdest.delivery.key_check import try_key
from tests.running import ROOT

TOLD = """
import json
from django.conf import settings
database = settings.DATABASES["default"]
print(json.dumps([database["PASSWORD"], settings.REDIS_URL, settings.SECRET_KEY_FALLBACKS,
                  settings.SANDBOX_ALLOWED]))
"""


@pytest.mark.surface("S4")
def test_in_production_a_key_for_the_sandbox_goes_nowhere(stand_in, credential, settings):
    """Also where such a credential is left from development, or was written into the database."""
    settings.SANDBOX_ALLOWED = False

    try_key(credential, now=now())

    assert stand_in.received == []
    assert "not allowed" in credential.problem


@pytest.fixture
def told(tmp_path):
    """`told(NAME="value")` are the settings that an environment makes."""

    def told(**environment: str) -> list[object]:
        own = {"FSDEST_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "fsdest.settings"}
        done = subprocess.run(
            [sys.executable, "-c", TOLD],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"]} | own | environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(done.stdout)

    return told


def test_passwords_come_from_files_whatever_signs_they_have(told, tmp_path):
    (tmp_path / "database").write_text("p@ss/w:rd#1%\n")
    (tmp_path / "redis").write_text("r@d/s:?#%\n")

    password, url, fallbacks, _ = told(
        DATABASE_URL="postgres://fsdest:unused@postgres/fsdest",
        DATABASE_PASSWORD_FILE=str(tmp_path / "database"),
        REDIS_URL="redis://ann:unused@redis:6379/0",
        REDIS_PASSWORD_FILE=str(tmp_path / "redis"),
        SECRET_KEY_FALLBACKS="one,two",
    )

    assert password == "p@ss/w:rd#1%"
    assert url == "redis://ann:r%40d%2Fs%3A%3F%23%25@redis:6379/0"
    assert fallbacks == ["one", "two"]


def test_no_variable_lets_production_reach_a_sandbox(told):
    told_of = {"FSDEST_ENV": "production", "SECRET_KEY": "k", "SANDBOX_ALLOWED": "true"}
    assert told(**told_of, FULLSTORY_SANDBOX_URL="http://127.0.0.1:1", DEBUG="true")[-1] is False
