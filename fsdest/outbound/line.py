"""A line to another machine, for one thread."""

import os
import re
import ssl
from datetime import timedelta
from functools import lru_cache
from http.client import HTTPException
from time import monotonic

from requests import PreparedRequest, RequestException, Session
from urllib3.exceptions import HTTPError

from fsdest.exchange import NoReply, Reply, Request, Silence
from fsdest.outbound.addresses import Resolver, look_up
from fsdest.outbound.guard import GuardedAdapter
from fsdest.outbound.lean import LeanAdapter
from fsdest.outbound.route import Blocked, Place, Route
from fsdest.outbound.wire import Wire

USER_AGENT = "fsdest/0.1.0"  # the version in pyproject.toml; a test compares them
MAX_BYTES = 1024 * 1024  # of an answer, decompressed
# Load balancers forget a connection after 60 s without a word, and some then swallow what is
# sent on it: the outcome would be unknown for no good reason.
LONGEST_SILENCE_S = 50
MOST_CHECKED = 100  # headers

METHOD = re.compile(r"[A-Z]{3,10}")
HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,64}")
HEADER_VALUE = re.compile(r"[\t -~]{0,1024}")
OURS = frozenset(
    {
        "accept-encoding",
        "authorization",
        "connection",
        "content-length",
        "cookie",
        "expect",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    }
)

# All that comes of the network, of the other side, and of our own refusals.
FAILURES = (RequestException, HTTPError, HTTPException, OSError, ValueError)


class Line:
    """Sends requests along one Route, over connections that it keeps open.

    For one thread: the deadline of the call under way is the deadline of all its sockets.
    It may be made before a fork; each process opens its own connections.
    """

    def __init__(
        self,
        route: Route,
        authorization: str = "",
        *,
        ca_file: str = "",
        resolve: Resolver = look_up,
        is_lean: bool = False,
    ) -> None:
        """Take the value of the Authorization header, which only `route.hosts` will see.

        `ca_file` replaces the list of trusted certificates that comes with requests. A lean
        line does the same in a third of the time; see `lean`.
        """
        self._adapter_class = LeanAdapter if is_lean else GuardedAdapter
        self._route, self._authorization = route, authorization
        self._is_key_fit = bool(HEADER_VALUE.fullmatch(authorization))
        self._ca_file, self._resolve = ca_file, resolve
        self._wire = Wire()
        self._url = ""  # of the last call, and where that led: most calls go to one place
        self._place: Place | None = None
        self._session: Session | None = None
        self._owner = 0  # the process that made the session
        self._used_at = 0.0
        self._checked: set[tuple[str, str]] = set()  # headers that may be sent: most are the same
        self._prepared = PreparedRequest()  # changed in place: preparing one costs half a call

    def send(
        self, request: Request, *, deadline: timedelta, max_bytes: int = MAX_BYTES
    ) -> Reply | NoReply:
        """Send `request` once and return what comes of it.

        `deadline` covers everything from looking up the name to the last byte. An answer
        longer than `max_bytes`, decompressed, is cut there. A redirect is an answer like any
        other. Never raises: what may have been carried out is told from what was not sent.
        """
        self.begin(request, deadline=deadline)
        return self.end(max_bytes=max_bytes)

    def begin(self, request: Request, *, deadline: timedelta) -> bool:
        """Send `request`; `end` returns what comes of it. False where it is `end` that does it all,
        as with what the lean way is not made for."""
        self._started, self._deadline = monotonic(), deadline
        self._failure: NoReply | None = None
        try:
            self._wire.begin(self._find(request.url), deadline.total_seconds())
            self._prepare(request)
            return self._adapter().begin(self._prepared)
        except FAILURES as error:
            self._failure = self._no_reply(error)
            return True

    def end(self, *, max_bytes: int = MAX_BYTES) -> Reply | NoReply:
        """Wait for what comes of the request that was begun, and return it."""
        if self._failure is not None:
            return self._failure
        try:
            status, headers, body = self._exchange(max_bytes)
        except FAILURES as error:
            return self._no_reply(error)
        return Reply(
            status=status,
            headers=headers,
            body=body[:max_bytes],
            elapsed=timedelta(seconds=monotonic() - self._started),
            is_cut=len(body) > max_bytes,
        )

    def close(self) -> None:
        """Close the connections; the next call would open new ones."""
        if self._session and self._owner == os.getpid():
            self._session.close()
        self._session = None

    def _find(self, url: str) -> Place:
        if self._place is None or url != self._url:
            self._place = self._route.find(url)
            self._url = url
        return self._place

    def _prepare(self, request: Request) -> None:
        headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"}
        for pair in request.headers:
            if pair not in self._checked:
                self._check(*pair)
            headers[pair[0]] = pair[1]
        if not _is_method(request.method):
            raise Blocked("The method of the request is not an HTTP method.")
        if self._authorization and self._wire.place.is_known:
            if not self._is_key_fit:
                raise Blocked("The API key has characters that a header cannot carry.")
            headers["Authorization"] = self._authorization
        if request.body:
            headers["Content-Length"] = str(len(request.body))
        self._prepared.method, self._prepared.url = request.method, request.url
        self._prepared.body = request.body or None
        self._prepared.headers = headers  # type: ignore[assignment]  # any mapping will do

    def _check(self, name: str, value: str) -> None:
        """Raise Blocked unless the header may be sent; remember it, if it may come again."""
        if not _may_be_set(name):
            raise Blocked(f"A request may not set the header {name[:64]!r}.")
        if not HEADER_VALUE.fullmatch(value):
            raise Blocked(f"The value of the header {name} cannot be sent.")
        if name != "Idempotency-Key" and len(self._checked) < MOST_CHECKED:
            self._checked.add((name, value))

    def _exchange(self, max_bytes: int) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
        self._wire.max_bytes = max_bytes
        try:
            raw = self._opened.send(self._prepared, True, self._wire.seconds).raw
        finally:
            self._prepared.body = None  # of megabytes, it may be, until the next call
        try:
            if raw.status < 200:  # the answer proper would be taken for that of the next request
                raise HTTPException("an informational status in place of an answer")
            body: bytes = raw.read(max_bytes + 1, decode_content=True)
            is_whole = len(body) <= max_bytes
        except BaseException:
            raw.close()
            raise
        if is_whole:
            raw.release_conn()
        else:
            raw.close()
        self._used_at = monotonic()
        return raw.status, tuple(raw.headers.items()), body

    def _adapter(self) -> GuardedAdapter:
        if self._session is None or self._owner != os.getpid():
            self._session, self._owner = Session(), os.getpid()
            self._session.trust_env = False
            adapter = self._adapter_class(self._wire, self._resolve, self._ca_file)
            for scheme in ("http://", "https://"):
                self._session.mount(scheme, adapter)
            self._opened = adapter
        if self._started - self._used_at > LONGEST_SILENCE_S:
            self._opened.forget_connections()
        return self._opened

    def _no_reply(self, error: Exception) -> NoReply:
        elapsed = timedelta(seconds=monotonic() - self._started)
        if isinstance(error, Blocked):
            return NoReply(silence=Silence.BLOCKED, sentence=str(error), elapsed=elapsed)
        wire, name = self._wire, self._wire.place.name
        if wire.is_sent and wire.is_over:
            seconds = f"{self._deadline.total_seconds():g}"
            unit = "second" if seconds == "1" else "seconds"
            silence, sentence = Silence.TIMEOUT, f"No answer within {seconds} {unit}."
        elif wire.is_sent:
            silence = Silence.CUT
            sentence = f"The connection to {name} broke, or its answer was not HTTP."
        elif wire.is_opened and _is_distrust(error):
            silence, sentence = Silence.TLS, f"No secure connection to {name}{_reason(error)}."
        else:
            silence, sentence = Silence.REFUSED, wire.trouble or f"No connection to {name}."
        return NoReply(silence=silence, sentence=sentence, elapsed=elapsed)


@lru_cache(maxsize=MOST_CHECKED)
def _may_be_set(name: str) -> bool:
    return bool(HEADER_NAME.fullmatch(name)) and name.lower() not in OURS


@lru_cache(maxsize=MOST_CHECKED)
def _is_method(text: str) -> bool:
    return bool(METHOD.fullmatch(text))


def _is_distrust(error: BaseException | None) -> bool:
    """Whether the other end proved wrong, rather than that a handshake broke off or took too long:
    that is the network, and passes."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return not isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError))
        error = error.__cause__ or error.__context__
    return False


def _reason(error: BaseException | None) -> str:
    """Return why a certificate was not trusted, or nothing."""
    while error is not None:
        message = getattr(error, "verify_message", "")
        if message:
            return f": {message}"
        error = error.__cause__ or error.__context__
    return ""
