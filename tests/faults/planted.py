"""Traps in the processes of the product: at a named point, one of them kills its process.

The product knows nothing of it: a process that runs on planted_settings puts them around its own
functions when it starts. A trap is a file; the process that gets to unlink it dies, and no other.
"""

import importlib
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings

from tests.faults import shifted

Condition = Callable[[tuple[Any, ...], Any], bool]


def folder(data: Path) -> Path:
    """Return where the traps of a product with its data in `data` lie."""
    return data / "traps"


def fall(point: str) -> None:
    """Die here, if a trap is set for `point`."""
    here = folder(settings.DATA_DIR)
    if not here.exists():
        return
    for trap in sorted(here.glob(f"{point}.*")):
        try:
            trap.unlink()
        except FileNotFoundError:
            continue  # another process fell into it
        os.kill(os.getpid(), signal.SIGKILL)


def before(place: Any, name: str, point: str, *, where: Condition = lambda *_: True) -> None:
    """Set traps for `point` before each call of a function, `where` it is worth it."""
    original = getattr(place, name)

    def trapped(*args: Any, **options: Any) -> Any:
        if where(args, None):
            fall(point)
        return original(*args, **options)

    setattr(place, name, trapped)


def after(place: Any, name: str, point: str, *, where: Condition = lambda *_: True) -> None:
    """Set traps for `point` after each call of a function, `where` it is worth it."""
    original = getattr(place, name)

    def trapped(*args: Any, **options: Any) -> Any:
        answer = original(*args, **options)
        if where(args, answer):
            fall(point)
        return answer

    setattr(place, name, trapped)


def always_before(place: Any, name: str, *, where: Condition) -> None:
    """Kill whoever calls a function, `where` it is so: again and again, without a trap."""
    original = getattr(place, name)

    def deadly(*args: Any, **options: Any) -> Any:
        if where(args, None):
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*args, **options)

    setattr(place, name, deadly)


def between(place: Any, name: str, point: str) -> None:
    """Set traps for `point` between the things that a function returns one after another."""
    original = getattr(place, name)

    def trapped(*args: Any, **options: Any) -> Iterator[Any]:
        for thing in original(*args, **options):
            yield thing
            fall(point)

    setattr(place, name, trapped)


def has_entries(args: tuple[Any, ...], _answer: Any) -> bool:
    """Whether a checkpoint has something to write down."""
    return bool(args[1])


def is_true(_args: tuple[Any, ...], answer: Any) -> bool:
    """Whether the function brought something."""
    return bool(answer)


class Planted(AppConfig):
    """Puts the traps in place once all models are known."""

    name = "tests.faults.planted"
    label = "planted"
    path = str(Path(__file__).parent)

    def ready(self) -> None:
        importlib.import_module("tests.faults.planting")
        if shifted.SHIFT_S:
            shifted.shift_modules()
