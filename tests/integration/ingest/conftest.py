"""An organization with uploads, a clock that goes when it is told to, hints that are caught."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fsdest import hints, ingest
from fsdest.models import Source


class Clock:
    def __init__(self) -> None:
        self.now = datetime.now(UTC)
        self.step = timedelta(0)  # how far each look at the clock moves it

    def __call__(self) -> datetime:
        self.now += self.step
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hinted(monkeypatch) -> list[str]:
    """The ids of sources whose reading was hinted at."""
    caught: list[str] = []
    monkeypatch.setattr(hints, "nudge_source", caught.append)
    return caught


@pytest.fixture
def uploads(settings, tmp_path) -> Path:
    settings.UPLOAD_DIR = tmp_path / "uploads"
    settings.UPLOAD_DIR.mkdir()
    return settings.UPLOAD_DIR


@pytest.fixture
def upload(organization, uploads, hinted) -> Callable[..., Source]:
    """Put a file among the uploads, and start its source."""

    def put(content: str | bytes, name: str = "users.csv") -> Source:
        raw = content.encode() if isinstance(content, str) else content
        (uploads / "stored").write_bytes(raw)
        return ingest.start(
            organization, name="Users", file_name=name, path="stored", size=len(raw)
        )

    return put
