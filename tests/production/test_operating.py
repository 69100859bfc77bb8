"""Backup, restore, new keys and an upgrade, as the page says, while records are sent."""

from tests.running import until


def test_a_backup_of_a_running_delivery_is_restored_and_delivers_the_rest(deployment, chapter):
    before, restore = deployment.users(), chapter("Restore")[0]
    sending = deployment.begin("backup", 8_000)
    until(lambda: deployment.users() > before + 500, what="the first calls")

    for block in chapter("Back up"):
        deployment.sh(block)
    assert sending.wait(60) == 0
    first, rest = restore.split("docker compose up", 1)
    deployment.sh(first)
    deployment.sh(f"docker compose up{rest}")

    def sent() -> dict[str, object]:
        return next(each for each in deployment.books() if str(each["name"]).startswith("backup"))

    assert 0 < int(str(sent()["delivered"])) <= 8_000
    until(lambda: sent()["delivered"] == 8_000, within_s=150, what="the rest")
    assert deployment.users() == before + 8_000


def test_keys_are_replaced_while_records_are_sent(deployment, chapter):
    before, (rotate,) = deployment.users(), chapter("Replace the keys")
    old = (deployment.folder / "secrets" / "credential_keys").read_text().strip()
    sending = deployment.begin("rotation", 12_000)
    until(lambda: deployment.users() > before + 500, what="the first calls")

    said = deployment.sh(rotate)

    assert "Sealed 2 credentials with the newest key" in said
    assert "All books balance." in said
    assert sending.wait(120) == 0, deployment.tails()
    assert deployment.users() == before + 12_000
    assert all(each["is_balanced"] for each in deployment.books())
    assert old not in (deployment.folder / "secrets" / "credential_keys").read_text()
    opened = "from fsdest.models import Credential; [c.unseal() for c in Credential.objects.all()]"
    deployment.manage("shell", "-c", opened)


def test_an_upgrade_migrates_while_workers_run(deployment, chapter):
    for block in chapter("Upgrade"):
        deployment.sh(block)

    assert deployment.asks_web("/healthz") == 200
    assert all(each["is_balanced"] for each in deployment.books())
