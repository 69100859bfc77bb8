"""Production starts as its page says, is clean and ready, and delivers."""

from tests.running import until

USERS = 10_000


def test_production_is_up_and_ready(deployment, chapter):
    for block in chapter("Look"):
        said = deployment.sh(block)

    assert "All books balance." in said
    until(lambda: deployment.asks_web("/readyz") == 200, what="readiness")
    assert deployment.asks_web("/login/") == 200


def test_it_is_clean_and_the_check_names_the_sandbox_that_stands_in(deployment):
    check = "docker compose exec -T {} web python manage.py check --deploy --fail-level WARNING"

    own = deployment.sh(check.format("-e DJANGO_SETTINGS_MODULE=fsdest.settings"))
    with_sandbox = deployment.sh(check.format("-e DJANGO_SETTINGS_MODULE=on_sandbox"))

    assert "no issues (0 silenced)" in own
    assert "no issues (1 silenced)" in with_sandbox


def test_ten_thousand_users_are_delivered_by_two_workers(deployment):
    before = deployment.users()
    deployment.write_users("smoke", USERS)
    deployment.manage(
        *("send", "smoke.csv", "--endpoint", "create-or-update-user"),
        *("--credential", "Fast", "--wait", "--json"),
    )

    (account,) = (each for each in deployment.books() if str(each["name"]).startswith("smoke"))
    assert (account["accepted"], account["delivered"]) == (USERS, USERS)
    assert deployment.users() == before + USERS
    for number in (1, 2):
        assert "reached offset" in deployment.log(f"worker-{number}"), "a worker had nothing to do"


def test_no_secret_is_in_a_log(deployment):
    files = sorted((deployment.folder / "secrets").iterdir())
    secrets = [part for file in files for part in file.read_text().strip().split(",")]
    logs = "".join(log.read_text() for log in (deployment.folder / ".compose" / "logs").iterdir())
    assert [each[:4] for each in (*secrets, "na1.admin.smoke/SMOKE") if each in logs] == []
