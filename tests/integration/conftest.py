"""What integration tests share: people in two organizations, a server that says what it is told."""

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import connection

from fsdest.models import Credential, Membership, Organization, Role, append_only


@dataclass(kw_only=True)
class Answer:
    status: int = 200
    body: bytes = b"{}"
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)
    hangs: bool = False  # never answers
    cuts: bool = False  # takes the request, then closes the connection
    takes_s: float = 0.0


@dataclass
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class StandIn:
    """A server on loopback. It gives `answers` in turn, the last one for ever."""

    url: str = ""
    answers: list[Answer] = field(default_factory=lambda: [Answer()])
    received: list[Received] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def says(self, status: int = 200, body: bytes = b"{}", **more: object) -> None:
        self.answers = [Answer(status=status, body=body, **more)]

    def says_in_turn(self, *bodies: object) -> None:
        """Answer 200 with each of `bodies` as JSON, one after the other."""
        self.answers = [Answer(body=json.dumps(body).encode()) for body in bodies]

    def next(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def stand_in(settings) -> Iterator[StandIn]:
    """The other end of every sandbox credential, for the length of one test."""
    place = StandIn()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            place.received.append(Received(self.command, self.path, dict(self.headers), body))
            answer = place.next()
            time.sleep(answer.takes_s)
            if answer.hangs:
                place.ended.wait(20)
            if answer.hangs or answer.cuts:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    place.url = settings.FULLSTORY_SANDBOX_URL = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield place
    place.ended.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def organization(db) -> Organization:
    return Organization.objects.create(name="Ours")


@pytest.fixture
def ann(organization, django_user_model):
    """An admin of `organization`."""
    user = django_user_model.objects.create_user("ann")
    Membership.objects.create(
        organization=organization, user=user, role=Role.ADMIN, may_delete_people=True
    )
    return user


@pytest.fixture
def charlie(db, django_user_model):
    """An admin of another organization, who may see nothing of ours."""
    user = django_user_model.objects.create_user("charlie")
    theirs = Organization.objects.create(name="Theirs")
    Membership.objects.create(
        organization=theirs, user=user, role=Role.ADMIN, may_delete_people=True
    )
    return user


@pytest.fixture
def page(as_ann):
    """The same, as the tests of the other pages call it."""
    return as_ann


@pytest.fixture
def as_ann(client, ann):
    """A browser without JavaScript, with Ann logged in."""
    client.force_login(ann)
    return client


@pytest.fixture
def credential(organization) -> Credential:
    """A credential for the sandbox, not tested yet."""
    made = Credential(organization=organization, name="Key", target=Credential.Target.SANDBOX)
    made.seal("na1.SECRETSECRET/ORG1")
    made.save()
    return made


@pytest.fixture(autouse=True)
def _audit_gives_way(request: pytest.FixtureRequest) -> Iterator[None]:
    """Lift the triggers of the audit where a test ends by emptying all tables.

    Django's flush lays them again: it sends post_migrate.
    """
    mark = request.node.get_closest_marker("django_db")
    empties = mark is not None and (mark.kwargs.get("transaction") or (mark.args and mark.args[0]))
    if not empties and "transactional_db" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("transactional_db")  # so that it ends after us
    yield
    table = append_only.TABLE
    on_table = f" ON {table}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for name in append_only.NAMES[connection.vendor]:
            cursor.execute(f"DROP TRIGGER {name}{on_table}")


@pytest.fixture
def on_disk(transactional_db, tmp_path) -> Iterator[None]:
    """Put SQLite's database into a file, which several threads may write to; in memory they cannot.

    What is there is copied; what the test writes goes with the file.
    """
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    in_memory, name = connection.connection, connection.settings_dict["NAME"]
    file = sqlite3.connect(tmp_path / "shared.sqlite3")
    in_memory.backup(file)
    file.close()
    connection.connection = None
    connection.settings_dict["NAME"] = str(tmp_path / "shared.sqlite3")
    yield
    connection.close()
    connection.connection, connection.settings_dict["NAME"] = in_memory, name
