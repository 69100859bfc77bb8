"""The README tells what there is: every setting, every command, and nothing that is not there."""

import re

from tests.running import ROOT

README = (ROOT / "README.md").read_text()
IN_SETTINGS = re.compile(r'\benv(?:\.\w+|_secret)\(\s*"([A-Z][A-Z_]+)"')
IN_BIN = re.compile(r'(?:environ(?:\.get\(|\[)|port_from\()\s*"([A-Z][A-Z_]+)"')
NOT_FOR_PEOPLE = {"CELERY_SKIP_CHECKS"}


def variables() -> set[str]:
    """Return every environment variable that the product or its start command reads."""
    found = set(IN_SETTINGS.findall((ROOT / "fsdest" / "settings.py").read_text()))
    for path in [*(ROOT / "bin").glob("*.py"), *(ROOT / "fsdest").rglob("*.py")]:
        found |= set(IN_BIN.findall(path.read_text()))
    return found - NOT_FOR_PEOPLE


def commands() -> set[str]:
    """Return the names of our management commands."""
    folder = ROOT / "fsdest" / "management" / "commands"
    return {path.stem for path in folder.glob("[!_]*.py")}


def test_every_setting_is_in_the_readme():
    assert {name for name in variables() if f"`{name}`" not in README} == set()


def test_every_setting_in_the_readme_is_read_somewhere():
    rows = re.findall(r"^\| `([A-Z_]+)`", README, re.MULTILINE)
    assert set(rows) - variables() == set()


def test_every_command_is_in_the_readme():
    assert {name for name in commands() if f"manage.py {name}" not in README} == set()


def test_every_command_in_the_readme_exists():
    told = set(re.findall(r"manage\.py ([a-z_]+)", README))
    assert told - commands() - {"migrate", "createsuperuser", "shell"} == set()


def test_every_file_that_the_readme_points_to_exists():
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert [link for link in links if not (ROOT / link).exists()] == []
