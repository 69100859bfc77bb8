"""`manage.py check --deploy`: production settings are clean, and each danger is named."""

import base64
import hashlib
import os
import secrets
import subprocess
import sys

import pytest
from cryptography.fernet import Fernet
from django.core.checks import run_checks

from tests.running import ROOT

SECRET = secrets.token_urlsafe(50)
KEY = Fernet.generate_key().decode()


def ours(databases=None) -> set[str]:
    """Return the ids of our own messages."""
    found = run_checks(include_deployment_checks=True, databases=databases)
    return {message.id for message in found if message.id and message.id.startswith("fsdest.")}


@pytest.fixture
def production(settings, tmp_path):
    """Settings as docker-compose.yml makes them."""
    settings.FSDEST_ENV = "production"
    settings.IS_DEVELOPMENT = settings.SANDBOX_ALLOWED = False
    settings.DATA_DIR = tmp_path
    settings.SECRET_KEY, settings.CREDENTIAL_KEYS = SECRET, [KEY]
    settings.ALLOWED_HOSTS = ["fsdest.example.com"]
    settings.REDIS_URL = f"redis://:{secrets.token_hex(24)}@redis:6379/0"
    settings.DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": "postgres",
            "PASSWORD": secrets.token_hex(24),
        }
    }
    return settings


@pytest.mark.surface("S30")
def test_production_is_clean(production):
    assert ours() == set()


def test_development_is_no_deployment(production):
    production.IS_DEVELOPMENT = production.SANDBOX_ALLOWED = True
    assert ours() == {"fsdest.E001"}


@pytest.mark.surface("S4")
def test_a_sandbox_in_production_is_named(production):
    production.SANDBOX_ALLOWED = True
    assert ours() == {"fsdest.E001"}


def test_debugging_is_named(production):
    production.DEBUG = True
    assert ours() == {"fsdest.E002"}


def test_a_web_that_answers_to_any_name_is_named(production):
    production.ALLOWED_HOSTS = ["fsdest.example.com", "*"]
    assert ours() == {"fsdest.W003"}


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()


@pytest.mark.parametrize(
    "key",
    [
        "",
        "short",
        "é" * 44,
        encoded(b"\0" * 32),
        encoded(b"typed by hand, so nobody guesses"),
        KEY[:-4],
    ],
    ids=["none", "short", "not ascii", "zeros", "typed", "cut"],  # KEY differs in each process
)
def test_a_credential_key_that_is_not_random_is_named(production, key):
    production.CREDENTIAL_KEYS = [KEY, key]
    assert ours() == {"fsdest.E004"}


def test_a_key_that_is_there_twice_is_named(production):
    production.CREDENTIAL_KEYS = [KEY, KEY]
    assert ours() == {"fsdest.E004"}


@pytest.mark.parametrize("make", ["digest", "start"])
@pytest.mark.parametrize("is_former", [False, True])
def test_a_credential_key_made_of_the_secret_key_is_named(production, make, is_former):
    raw = hashlib.sha256(SECRET.encode()).digest() if make == "digest" else SECRET.encode()[:32]
    production.CREDENTIAL_KEYS = [encoded(raw)]
    if is_former:
        production.SECRET_KEY, production.SECRET_KEY_FALLBACKS = secrets.token_urlsafe(50), [SECRET]
    assert "fsdest.E005" in ours()


def test_the_same_key_for_both_purposes_is_named(production):
    production.SECRET_KEY = KEY
    assert ours() == {"fsdest.E005"}


def test_a_key_beside_what_it_opens_is_named(production, tmp_path):
    (tmp_path / "credential_key").write_text(KEY)
    assert ours() == {"fsdest.W006"}


def test_sqlite_in_production_is_a_warning(production, settings):
    production.DATABASES["default"] |= {
        "ENGINE": "django.db.backends.sqlite3",
        "OPTIONS": settings.SQLITE_OPTIONS,
    }
    assert ours() == {"fsdest.W007"}


@pytest.mark.parametrize("lacking", ["transaction_mode", "init_command"])
def test_sqlite_in_a_mode_that_fails_under_several_processes_is_an_error(
    production, settings, lacking
):
    options = {name: value for name, value in settings.SQLITE_OPTIONS.items() if name != lacking}
    production.DATABASES["default"] |= {"ENGINE": "django.db.backends.sqlite3", "OPTIONS": options}
    assert ours() == {"fsdest.W007", "fsdest.E009"}


@pytest.mark.parametrize(
    "password", ["", "postgres", "fsdest123!", "Change-Me", "changeme1234567", "k3W9"]
)
def test_a_guessed_password_is_named(production, password):
    production.DATABASES["default"]["PASSWORD"] = password
    production.REDIS_URL = f"redis://:{password}@redis:6379/0"
    assert ours() == {"fsdest.W008", "fsdest.W013"}


def test_a_database_on_a_socket_needs_no_password(production):
    production.DATABASES["default"] |= {"HOST": "/var/run/postgresql", "PASSWORD": ""}
    assert ours() == set()


@pytest.mark.parametrize(
    "url",
    [
        "redis-cluster://:{}@redis:6379/0",
        "redis://:{}@one:6379,two:6379/0",
        "redis://:{}@one:6379;redis://:{}@two:6379",
        "redis://:{}@redis:6379/0?cluster=true",
        "sentinel://:{}@redis:26379/0",
        "unix://:{}@/run/redis.sock",
    ],
)
def test_a_broker_that_celery_cannot_use_is_an_error(production, url):
    production.REDIS_URL = url.replace("{}", secrets.token_hex(24))
    assert "fsdest.E010" in ours()


@pytest.mark.parametrize("lacking", ["socket_timeout", "socket_connect_timeout"])
def test_a_broker_without_time_outs_is_an_error(production, lacking):
    options = production.CELERY_BROKER_TRANSPORT_OPTIONS
    production.CELERY_BROKER_TRANSPORT_OPTIONS = options | {lacking: None}
    assert ours() == {"fsdest.E011"}


@pytest.mark.parametrize(
    ("name", "value"),
    [("CELERY_TASK_SERIALIZER", "pickle"), ("CELERY_ACCEPT_CONTENT", ["json", "pickle"])],
)
@pytest.mark.surface("S24")
def test_messages_that_can_run_code_are_an_error(production, name, value):
    setattr(production, name, value)
    assert ours() == {"fsdest.E012"}


@pytest.mark.django_db
def test_the_demo_user_is_named_where_there_is_one(production, django_user_model):
    # The database of the tests, under the name of a served one.
    assert ours(["default"]) == set()
    demo = django_user_model.objects.create_superuser("demo", password=secrets.token_hex(9))
    assert ours(["default"]) == {"fsdest.W014"}
    demo.is_active = False
    demo.save()
    assert ours(["default"]) == set()


def checked(**environment: str) -> subprocess.CompletedProcess[str]:
    """Run `manage.py check --deploy` on the product's own settings."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


@pytest.mark.surface("S30")
def test_the_command_finds_nothing_in_an_environment_as_docker_compose_makes_it(tmp_path):
    for name in ("database_password", "redis_password"):
        (tmp_path / name).write_text(f"{secrets.token_hex(24)}\n")
    (tmp_path / "secret_key").write_text(SECRET)
    (tmp_path / "credential_keys").write_text(f"{KEY},{Fernet.generate_key().decode()}\n")

    done = checked(
        FSDEST_DATA=str(tmp_path / "data"),
        FSDEST_ENV="production",
        TRUST_PROXY="true",
        ALLOWED_HOSTS="fsdest.example.com",
        CSRF_TRUSTED_ORIGINS="https://fsdest.example.com",
        DATABASE_URL="postgres://fsdest@postgres/fsdest",
        REDIS_URL="redis://redis:6379/0",
        SECRET_KEY_FILE=str(tmp_path / "secret_key"),
        CREDENTIAL_KEYS_FILE=str(tmp_path / "credential_keys"),
        DATABASE_PASSWORD_FILE=str(tmp_path / "database_password"),
        REDIS_PASSWORD_FILE=str(tmp_path / "redis_password"),
        # It has no effect in production: the sandbox stays out.
        FULLSTORY_SANDBOX_URL="http://127.0.0.1:8010",
    )

    assert done.returncode == 0, done.stderr
    assert "no issues (0 silenced)" in done.stdout


def test_the_command_refuses_development_and_repeats_no_secret(tmp_path):
    done = checked(FSDEST_DATA=str(tmp_path), SECRET_KEY=KEY, CREDENTIAL_KEYS=KEY, DEBUG="true")

    assert done.returncode == 1
    assert all(f"fsdest.{number}" in done.stderr for number in ("E001", "E002", "E005", "W007"))
    assert KEY not in done.stdout + done.stderr
