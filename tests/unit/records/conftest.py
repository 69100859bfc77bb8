"""What the tests of reading share."""

import io

import pytest

from fsdest.records import readers


@pytest.fixture
def read():
    """Read bytes as a file: all its rows, in order."""

    def read(content):
        return list(readers.read(io.BytesIO(content)))

    return read


@pytest.fixture
def records(read):
    """Read bytes as a file in which no row may be rejected: its records."""

    def records(content):
        rows = read(content)
        assert all(isinstance(row, readers.Row) for row in rows), rows
        return [row.record for row in rows]

    return records


@pytest.fixture
def refusal():
    """Try to read bytes as a file: the sentence with which it is refused."""

    def refusal(content):
        with pytest.raises(readers.UnreadableFile) as refused:
            list(readers.read(io.BytesIO(content)))
        return str(refused.value)

    return refusal
