"""What stands around the items of a call: the grouping algorithms, interpreted in one place."""

from dataclasses import dataclass

from fsdest.payloads import macros, markup
from fsdest.payloads.configuration import Batch, Configuration


@dataclass(frozen=True, slots=True)
class Envelope:
    """A body is `before`, the items with `between` between them, `after`."""

    before: bytes = b""
    between: bytes = b""
    after: bytes = b""

    def body(self, items: list[bytes]) -> bytes:
        if not items:
            return self.before + self.after
        whole = [self.before + items[0], *items[1:]]  # one copy of a large body, not three
        whole[-1] += self.after
        return self.between.join(whole)

    @property
    def size(self) -> int:
        """Return the bytes of an empty body."""
        return len(self.before) + len(self.after)


def envelope(configuration: Configuration) -> Envelope:
    """Return what stands around the items of each call of `configuration`."""
    batch = configuration.batch
    match configuration.content_format:
        case "xml":
            return _xml(batch)
        case "json" if batch is not None:
            return _json(batch, configuration.moment)
        case _:
            return Envelope()


def _json(batch: Batch, moment: str) -> Envelope:
    name = batch.setting("name")
    match batch.algorithm:
        case "template":
            return _template(batch.setting("template"), moment)
        case "array":
            return Envelope(b"[", b",", b"]")
        case "by_value" if not name:
            return Envelope(b"[", b",", b"]")
        case _:
            return Envelope(b"{" + macros.as_json(name) + b":[", b",", b"]}")


def _template(template: str, moment: str) -> Envelope:
    """Put the records where the first {messages} is; what else stands there is kept as typed."""
    parts = macros.pieces(template, macros.moment_of(moment))
    first = next((i for i, p in enumerate(parts) if isinstance(p, macros.Messages)), len(parts))
    before, after = (
        "".join(part for part in some if isinstance(part, str))
        for some in (parts[:first], parts[first + 1 :])
    )
    return Envelope(f"{before}[".encode(), b",", f"]{after}".encode())


def _xml(batch: Batch | None) -> Envelope:
    if batch is None:
        return Envelope(markup.DECLARATION)
    whole = markup.around(batch.setting("name") or "records", b"\0")
    before, _, after = whole.partition(b"\0")
    return Envelope(markup.DECLARATION + before, b"", after)
