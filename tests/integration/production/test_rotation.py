"""Keys are replaced while everything runs: nothing is lost, nothing stays under the old key."""

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db.models import QuerySet

from fsdest import rotation
from fsdest.models import Credential, Organization, credentials
from fsdest.vault import CannotUnseal, Vault

OLD, NEW, FOREIGN = (Fernet.generate_key().decode() for _ in range(3))

pytestmark = pytest.mark.django_db


@pytest.fixture
def keys(settings):
    """`keys(NEW, OLD)` is a restart of every process with these credential keys."""

    def use(*newest_first: str) -> None:
        settings.CREDENTIAL_KEYS = list(newest_first)
        credentials.the_vault.cache_clear()

    yield use
    credentials.the_vault.cache_clear()


@pytest.fixture
def sealed(keys):
    """Seven credentials under the old key, one of them verified."""
    keys(OLD)
    organization = Organization.objects.create(name="Acme")
    made = []
    for number in range(7):
        credential = Credential(organization=organization, name=f"Key {number}")
        credential.seal(f"na1.secret-{number}")
        credential.status = Credential.Status.VERIFIED
        credential.save()
        made.append(credential)
    keys(NEW, OLD)
    return made


def opened() -> list[str]:
    return [credential.unseal() for credential in Credential.objects.order_by("name")]


@pytest.mark.surface("S7")
def test_afterwards_the_newest_key_alone_opens_everything(sealed, keys):
    rotated = rotation.reseal(at_once=3)

    keys(NEW)
    assert opened() == [f"na1.secret-{number}" for number in range(7)]
    assert (rotated.resealed, rotated.already, rotated.is_complete) == (7, 0, True)
    assert set(Credential.objects.values_list("status", flat=True)) == {"verified"}
    keys(OLD)
    with pytest.raises(CannotUnseal):
        opened()


def test_a_second_run_finds_nothing_to_do_and_changes_no_byte(sealed):
    rotation.reseal()
    before = list(Credential.objects.order_by("pk").values())

    rotated = rotation.reseal()

    assert (rotated.resealed, rotated.already) == (0, 7)
    assert list(Credential.objects.order_by("pk").values()) == before


class Died(BaseException):
    """Stands in for SIGKILL: nothing in the product may catch it."""


def test_a_run_that_was_killed_is_finished_by_the_next(sealed, monkeypatch, keys):
    update, done = QuerySet.update, []

    def dies_at_the_fourth(self, **values):
        done.append(values)
        if len(done) == 4:
            raise Died
        return update(self, **values)

    with monkeypatch.context() as patched:
        patched.setattr(QuerySet, "update", dies_at_the_fourth)
        with pytest.raises(Died):
            rotation.reseal(at_once=2)
    assert opened() == [f"na1.secret-{number}" for number in range(7)]

    rotated = rotation.reseal()

    assert (rotated.resealed, rotated.already) == (4, 3)
    keys(NEW)
    assert opened() == [f"na1.secret-{number}" for number in range(7)]


def test_a_key_that_is_replaced_meanwhile_is_not_overwritten(sealed, monkeypatch):
    """A process that still has the old keys seals a new API key between our read and our write."""
    rotate, replaced = Vault.rotate, []

    def replaced_meanwhile(self, text):
        if not replaced:
            replaced.append(Vault([OLD]).seal("na1.typed-just-now"))
            Credential.objects.filter(sealed_key=text).update(sealed_key=replaced[0])
        return rotate(self, text)

    monkeypatch.setattr(Vault, "rotate", replaced_meanwhile)
    rotated = rotation.reseal()

    assert sorted(opened()).count("na1.typed-just-now") == 1
    assert rotated.resealed == 7, "the later round sealed what was replaced, too"
    newest = Vault([NEW])
    assert all(newest.is_newest(each.sealed_key) for each in Credential.objects.all())


def test_the_command_tells_how_many_and_that_the_old_key_may_go(sealed, capsys):
    call_command("rotate_keys")

    said = capsys.readouterr().out
    assert "Sealed 7 credentials with the newest key; 0 had it already." in said
    assert "not needed any more" in said


def test_what_no_key_opens_is_named_left_alone_and_fails_the_command(sealed, capsys):
    foreign = Vault([FOREIGN]).seal("na1.lost")
    Credential.objects.filter(pk=sealed[2].pk).update(sealed_key=foreign)

    with pytest.raises(SystemExit) as stopped:
        call_command("rotate_keys")

    assert stopped.value.code == 1
    said = capsys.readouterr().out
    assert "Sealed 6 credentials" in said
    assert "Key 2" in said
    assert Credential.objects.get(pk=sealed[2].pk).sealed_key == foreign
    assert "na1." not in said
