"""The users, as FullStory keeps them: by its own id, by uid, and in the order they came.

A million of them must fit beside everything else, so properties rest as JSON bytes.
"""

import random
import time
from collections import deque
from collections.abc import Callable, Iterator

import orjson

from fsdest.sandbox.at_rest import pack
from fsdest.sandbox.rules import Broken, Item


class User:
    """One user. `properties` and `schema` are JSON, empty when there is none."""

    __slots__ = ("display_name", "email", "gone_at", "id", "properties", "schema", "uid")

    def __init__(self, id: str, uid: str | None) -> None:
        self.id = id
        self.uid = uid
        self.display_name: str | None = None
        self.email: str | None = None
        self.properties = b""
        self.schema = b""
        self.gone_at = 0.0  # unix seconds; 0: it is not being deleted

    def take(self, item: Item) -> None:
        """Merge what `item` says into the user; the newest value wins."""
        if item.get("display_name") is not None:
            self.display_name = item["display_name"]
        if item.get("email") is not None:
            self.email = item["email"]
        if properties := item.get("properties"):
            self.properties = _merge(self.properties, properties)
        schema = item.get("schema")
        if schema and schema.get("properties"):
            self.schema = _merge(self.schema, schema["properties"])


def is_storable(item: Item) -> bool:
    """Tell whether an item that nobody has checked can be put at all."""
    uid, properties, schema = item.get("uid"), item.get("properties"), item.get("schema")
    return (
        (uid is None or isinstance(uid, str))
        and (properties is None or isinstance(properties, dict))
        and schema is None
    )


def _merge(old: bytes, new: Item) -> bytes:
    """Lay `new` over the stored object, level by level."""
    if not old:
        return pack(new)
    merged = orjson.loads(old)
    _lay_over(merged, new)
    return pack(merged)


def _lay_over(under: Item, over: Item) -> None:
    for name, value in over.items():
        below = under.get(name)
        if isinstance(value, dict) and isinstance(below, dict):
            _lay_over(below, value)
        else:
            under[name] = value


class People:
    """All users. A deleted one stays for a while (`is_being_deleted`), then is forgotten."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.by_id: dict[str, User] = {}  # an id of old may lead to the user it became
        self.by_uid: dict[str, User] = {}
        self.order: list[str] = []
        self.size = 0
        self._leaving: deque[User] = deque()
        self._unread: deque[tuple[bytes, list[User]]] = deque()
        self._clock = clock
        self._random = random.Random()  # noqa: S311 - an id, not a secret

    def put(self, item: Item) -> tuple[User, bool]:
        """Create or update by uid; without one, create an anonymous user. True: created."""
        uid = item.get("uid")
        user = self.by_uid.get(uid) if uid is not None else None
        if user is not None:
            user.take(item)
            return user, False
        user = self.add(str(self._random.getrandbits(63)), uid)
        user.take(item)
        return user, True

    def add(self, id: str, uid: str | None) -> User:
        """Make a bare user under an id that is free."""
        user = User(id, uid)
        self.by_id[id] = user
        if uid is not None:
            self.by_uid[uid] = user
        self.order.append(id)
        self.size += 1
        return user

    def update(self, user: User, item: Item) -> User:
        """Update the user an id leads to; a uid identifies one who had none.

        Returns the user as it now is: an anonymous one whose new uid is taken becomes that user,
        and its old id keeps leading there. Raises Broken for a change of uid.
        """
        uid = item.get("uid")
        if uid is None or uid == user.uid:
            user.take(item)
            return user
        if user.uid is not None:
            raise Broken("uid can not be changed once it is set")
        known = self.by_uid.get(uid)
        if known is None:
            user.uid = uid
            self.by_uid[uid] = user
            user.take(item)
            return user
        self.lead(user.id, known)
        known.take(item)
        return known

    def lead(self, id: str, user: User) -> None:
        """Let the id of an anonymous user lead to another user, who it turned out to be."""
        self.by_id[id] = user
        self.size -= 1

    def find(self, id: str) -> User | None:
        """Return the user of a FullStory id."""
        self.settle()
        return self.by_id.get(id)

    def find_uid(self, uid: str) -> User | None:
        """Return the user of a uid."""
        self.settle()
        return self.by_uid.get(uid)

    def delete(self, user: User, *, after_s: float = 0.0, at: float = 0.0) -> None:
        """Begin a deletion that is done in `after_s` seconds, or at a time."""
        if not user.gone_at:
            user.gone_at = at or self._clock() + after_s
            self._leaving.append(user)

    def take(self, batch: bytes, imports: list[User]) -> None:
        """Put the users of a batch's body when they are first asked for, and into `imports`.

        For measuring: what the sandbox does meanwhile is what the measured would have to share.
        """
        self._unread.append((batch, imports))

    def settle(self) -> None:
        """Read what was only taken, and forget every user whose deletion is done.

        All that reads users begins with this.
        """
        while self._unread:
            batch, imports = self._unread.popleft()
            items = orjson.loads(batch)["requests"]
            imports += [self.put(item)[0] for item in items if is_storable(item)]
        self._forget_the_gone()

    def _forget_the_gone(self) -> None:
        while self._leaving and self._leaving[0].gone_at <= self._clock():
            user = self._leaving.popleft()
            if self.by_id.get(user.id) is user:
                del self.by_id[user.id]
                self.size -= 1
            if user.uid is not None and self.by_uid.get(user.uid) is user:
                del self.by_uid[user.uid]

    def walk(self, start: int = 0) -> Iterator[tuple[int, User]]:
        """Yield (position, user) in order of creation, from a position on."""
        for position in range(start, len(self.order)):
            id = self.order[position]
            user = self.by_id.get(id)
            if user is not None and user.id == id:
                yield position, user
