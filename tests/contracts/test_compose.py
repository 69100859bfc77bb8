"""docker-compose.yml says what production runs; it may not drift from the product."""

import re
import shutil
import subprocess
from itertools import chain

import pytest
import yaml
from django.conf import settings

from tests.contracts.test_docs import IN_SETTINGS
from tests.running import ROOT

PRODUCT = ("migrate", "web", "worker", "ingest", "beat")
SERVED = ("postgres", "redis", "proxy")


@pytest.fixture(scope="module")
def compose() -> dict:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


@pytest.fixture(scope="module")
def services(compose) -> dict[str, dict]:
    return compose["services"]


def test_every_process_of_the_product_is_a_service(services):
    assert set(services) == {*PRODUCT, *SERVED}


def test_every_queue_has_a_worker(services):
    commands = [str(service.get("command", "")) for service in services.values()]
    served = chain.from_iterable(
        found.group(1).split(",") for text in commands if (found := re.search(r"-Q (\S+)", text))
    )
    assert set(served) == {queue.name for queue in settings.CELERY_TASK_QUEUES}


@pytest.mark.parametrize("name", PRODUCT)
def test_the_product_runs_read_only_without_rights_and_for_production(services, name):
    service = services[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["environment"]["FSDEST_ENV"] == "production"
    assert re.search(r"^USER fsdest$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("name", PRODUCT)
def test_what_the_product_writes_to_is_shared_or_thrown_away(services, name):
    """Uploads that the web takes are read by ingest: one volume; everything else is in /tmp."""
    service = services[name]
    assert service["volumes"] == ["data:/data"]
    assert service["environment"]["FSDEST_DATA"] == "/data"
    assert any(mount.startswith("/tmp") for mount in service["tmpfs"])
    written = re.findall(r"(?:-s|--worker-tmp-dir) (\S+)", str(service.get("command", "")))
    assert all(path.startswith("/tmp") for path in written)


@pytest.mark.parametrize("name", ["web", "worker", "ingest", "beat"])
def test_nothing_runs_before_the_database_is_up_to_date(services, name):
    assert services[name]["depends_on"] == {
        "migrate": {"condition": "service_completed_successfully"},
        "postgres": {"condition": "service_healthy"},
        "redis": {"condition": "service_healthy"},
    }


@pytest.mark.parametrize("name", [*PRODUCT, *SERVED])
def test_every_service_comes_back_has_limits_and_keeps_its_log_short(services, name):
    service = services[name]
    assert service["restart"] == ("no" if name == "migrate" else "unless-stopped")
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert {"max-size", "max-file"} == set(service["logging"]["options"])


def test_any_number_of_workers_can_run(services):
    for name in ("worker", "ingest"):
        assert {"container_name", "ports"}.isdisjoint(services[name])


def test_no_secret_is_in_the_environment_or_on_a_command_line(compose, services):
    for name, service in services.items():
        told = {**service.get("environment", {})}
        secret = {key for key in told if re.search("PASSWORD|SECRET|KEYS", key)}
        assert all(told[key] == f"/run/secrets/{key_file(key)}" for key in secret), name
        assert all(key.endswith("_FILE") for key in secret), name
        assert set(map(key_file, secret)) <= set(service.get("secrets", []))
    assert all(each["file"] == f"./secrets/{name}" for name, each in compose["secrets"].items())


def key_file(variable: str) -> str:
    """Return the file of `variable`, whose server's name goes before the product's."""
    return variable.removesuffix("_FILE").lower().replace("database_", "postgres_")


def test_only_the_proxy_can_be_reached_from_outside(compose, services):
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert compose["networks"]["inside"] == {"internal": True}
    for name in ("postgres", "redis"):
        assert services[name]["networks"] == ["inside"]


def test_the_broker_keeps_what_it_was_told_and_never_evicts_a_queue(services):
    command = services["redis"]["command"][-1]
    assert "--maxmemory-policy noeviction" in command
    assert "--appendonly yes" in command
    assert "requirepass" in command


def test_a_worker_may_finish_what_it_has_begun(services):
    for name in ("worker", "ingest"):
        grace = int(services[name]["stop_grace_period"].removesuffix("s"))
        assert grace > settings.CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT


def test_every_volume_secret_and_network_that_is_used_is_there(compose, services):
    used = {
        mount.partition(":")[0] for each in services.values() for mount in each.get("volumes", [])
    }
    assert used == set(compose["volumes"])
    assert {s for each in services.values() for s in each.get("secrets", [])} == set(
        compose["secrets"]
    )
    assert {n for each in services.values() for n in each["networks"]} == set(compose["networks"])


def test_every_setting_is_explained_in_the_example_of_an_environment():
    example = (ROOT / ".env.example").read_text()
    told = set(re.findall(r"^#?([A-Z][A-Z_]+)=", example, re.MULTILINE))
    told |= {name.removesuffix("_FILE") for name in told}
    assert set(IN_SETTINGS.findall((ROOT / "fsdest" / "settings.py").read_text())) - told == set()


def test_every_line_of_the_example_stands_below_its_explanation():
    lines = (ROOT / ".env.example").read_text().splitlines()
    variables = [n for n, line in enumerate(lines) if re.match(r"#?[A-Z][A-Z_]+=", line)]
    assert all(lines[n - 1].startswith("#") for n in variables)


def test_every_variable_that_compose_asks_for_is_in_the_example():
    asked = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    told = set(re.findall(r"^#?([A-Z][A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert asked - told == set()


def test_docker_itself_accepts_the_file(tmp_path):
    docker = shutil.which("docker")
    version = [docker or "docker", "compose", "version", "--short"]
    if not docker or subprocess.run(version, capture_output=True, check=False).returncode:
        pytest.skip("there is no docker compose here")
    for name in ("docker-compose.yml", "Dockerfile"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copy(ROOT / ".env.example", tmp_path / ".env")
    (tmp_path / "secrets").mkdir()
    for name in ("postgres_password", "redis_password", "secret_key", "credential_keys"):
        (tmp_path / "secrets" / name).write_text("x")

    done = subprocess.run(
        [docker, "compose", "config", "--quiet"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
