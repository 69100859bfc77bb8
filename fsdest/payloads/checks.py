"""What FullStory would refuse in a configuration: advice with a reason, never a wall.

Problems keep a configuration from working at all (`problems`); checks are about what the other
side is known to do with it.
"""

from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from fsdest.fullstory import limits
from fsdest.fullstory.endpoints import Endpoint
from fsdest.payloads.configuration import Attribute, Configuration

_NAMED = 3  # attributes named in one sentence
_NO_ARRAY = {"array", "by_value"}


def find(
    configuration: Configuration, attributes: Iterable[Attribute], *, base_url: str
) -> list[str]:
    """Return a sentence for each thing that FullStory is known to refuse."""
    known = list(attributes)
    if configuration.endpoint.is_manual:
        return [*_host(configuration.endpoint, base_url), *_by_hand(configuration, known)]
    return [*_same(configuration), *_identity(configuration), *_properties(configuration, known)]


def _host(endpoint: Endpoint, base_url: str) -> Iterator[str]:
    ours, theirs = urlsplit(base_url), _split(endpoint.url)
    if theirs and theirs != (ours.scheme, ours.netloc):
        yield f"The key of this credential only goes to {base_url}: other addresses are not called."


def _split(url: str) -> tuple[str, str] | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts.scheme, parts.netloc


def _path(url: str) -> str:
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError:
        return ""


def _by_hand(configuration: Configuration, known: list[Attribute]) -> Iterator[str]:
    endpoint, path = configuration.endpoint, _path(configuration.endpoint.url)
    if not path.startswith(("/v2/", "/webhooks/")):
        return
    if endpoint.method in {"PUT", "PATCH"}:
        yield f"FullStory has no {endpoint.method}: it creates and updates with POST."
    if configuration.content_format != "json" and endpoint.has_body:
        yield "FullStory takes JSON only."
    if path in {"/v2/users/batch", "/v2/events/batch"}:
        yield from _batch_address(configuration)
    elif configuration.batch:
        yield "This address takes one record a call; batches go to an address that ends in /batch."
    if endpoint.has_body:
        yield from _own_names(configuration, path, known)


def _batch_address(configuration: Configuration) -> Iterator[str]:
    batch = configuration.batch
    if batch is None:
        yield 'This address wants {"requests": [...]}: batch the records together.'
    elif batch.algorithm != "template" and batch.setting("name") != "requests":
        yield 'This address wants the records in an attribute called "requests".'
    elif batch.algorithm in _NO_ARRAY and not batch.setting("name"):
        yield "This address refuses a list as the body."


def _own_names(configuration: Configuration, path: str, known: list[Attribute]) -> Iterator[str]:
    """Say which names of the record itself FullStory would not know."""
    top = {attribute.path.split(".")[0] for attribute in known} - set(configuration.exclude)
    if not top:
        return
    users, events = path.startswith("/v2/users"), path.startswith("/v2/events")
    needed = "uid" if users else "name" if events else ""
    if needed and needed not in top:
        yield f"FullStory looks for {needed} in each record, and these records have none."
    fields = _USER_NAMES if users else _EVENT_NAMES if events else top
    if unknown := sorted(top - fields):
        yield f"FullStory does not know {_some(unknown)} beside properties: put them into it."


_USER_NAMES = {"id", "uid", "display_name", "email", "properties", "schema"}
_EVENT_NAMES = {"name", "timestamp", "user", "session", "context", "properties", "schema"}


def _same(configuration: Configuration) -> Iterator[str]:
    values = [value for _, value in (*configuration.mapping, *configuration.parameters)]
    if values and not configuration.rest and all(each.source == "constant" for each in values):
        yield "Nothing in this request comes from the record: each record makes the same call."


def _identity(configuration: Configuration) -> Iterator[str]:
    """An event belongs to one user or one session, never to both."""
    mapped = {place for place, _ in configuration.mapping}
    if not any(field.path == "session.use_most_recent" for field in configuration.endpoint.fields):
        return
    users = mapped & {"user.uid", "user.id"}
    sessions = mapped & {"session.id", "session.uid"}
    if len(users) > 1 or len(sessions) > 1:
        yield "An event names its user or session in one way: map a single one of these fields."
    if users and sessions:
        yield "An event with a user and a session's id is refused: map one of them."
    if "session.use_most_recent" in mapped:
        if sessions:
            yield "The most recent session cannot be asked for beside a session's id."
        elif not users:
            yield "The most recent session is that of a user: map the User UID."


def _properties(configuration: Configuration, known: list[Attribute]) -> Iterator[str]:
    if configuration.rest != "properties":
        return
    taken = {value.text for _, value in configuration.mapping if value.source == "attribute"}
    out = taken | set(configuration.exclude)
    going = [each for each in known if not _is_below(each.path, out)]
    wrong = [each.path for each in going if not _is_name(each.path)]
    if wrong:
        yield (
            f"FullStory refuses properties named like {_some(wrong)}: letters, digits and _ only, "
            "a letter first. Exclude them or rename them."
        )
    leaves = [each for each in going if set(each.kinds) - {"object", "null"}]
    if len(leaves) > limits.PROPERTIES:
        yield f"These are {len(leaves):,} properties; FullStory keeps {limits.PROPERTIES}."


def _is_below(path: str, others: set[str]) -> bool:
    return any(path == other or path.startswith(f"{other}.") for other in others)


def _is_name(path: str) -> bool:
    is_short = len(path) <= limits.PROPERTY_PATH_LENGTH
    return is_short and all(limits.PROPERTY_NAME.fullmatch(part) for part in path.split("."))


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    return f"{shown} and {len(names) - _NAMED} more" if len(names) > _NAMED else shown
