"""Webhook deliveries: signed, to those who want them, tried again."""

import hmac
import json
import threading
from base64 import b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from fsdest.sandbox.deliveries import signature

NOTE = [{"event_name": "note.created"}]


@pytest.fixture
def receiver():
    """A server that keeps what it is sent; `answers` are its statuses in turn, then 200."""

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.received.append((dict(self.headers), body))
            self.send_response(server.answers.pop(0) if server.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.received, server.answers = [], []
    server.url = f"http://127.0.0.1:{server.server_port}/hook?a=1"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def add(client, url, **more):
    body = {"url": url, "event_types": NOTE} | more
    return client("POST /webhooks/v1/endpoints", body).json()["id"]


def test_the_signature_is_the_documented_one():
    body = b'{"eventName":"note.created","version":1,"data":{"id":"1"}}'

    made = signature("s3cr3t", body, "o-TEST-na1", 1_700_000_000)
    assert made == "o:o-TEST-na1,t:1700000000,v:0KobItBZGVpFbQU4hVMYxZlJcj+6bqskJaqHg/WpkiU="


def test_an_event_reaches_an_endpoint_signed_over_its_raw_body(client, receiver, wait_until):
    add(client, receiver.url, secret="s3cr3t")
    told = {"event_name": "note.created", "data": {"text": "hi"}, "org": "o-TEST-na1"}

    assert client.control("POST emit", told) == {"deliveries": 1}
    wait_until(lambda: receiver.received)
    [(headers, body)] = receiver.received
    assert json.loads(body) == {"eventName": "note.created", "version": 1, "data": {"text": "hi"}}
    parts = dict(part.split(":", 1) for part in headers["Fullstory-Signature"].split(","))
    text = body + f":o-TEST-na1:{parts['t']}".encode()
    assert parts["v"] == b64encode(hmac.digest(b"s3cr3t", text, "sha256")).decode()


def test_without_a_secret_nothing_is_signed(client, receiver, wait_until):
    add(client, receiver.url)
    client.control("POST emit", {"event_name": "note.created"})

    wait_until(lambda: receiver.received)
    assert "Fullstory-Signature" not in receiver.received[0][0]


def test_a_disabled_endpoint_and_another_type_get_nothing(client, receiver):
    id = add(client, receiver.url)
    assert client.control("POST emit", {"event_name": "segment.created"}) == {"deliveries": 0}

    client(f"POST /webhooks/v1/endpoints/{id}", {"disabled": True})
    assert client.control("POST emit", {"event_name": "note.created"}) == {"deliveries": 0}


def test_a_delivery_that_fails_is_tried_again(client, receiver, wait_until):
    client.set(delivery_backoff_s=0.01)
    receiver.answers += [500, 503]
    add(client, receiver.url)
    client.control("POST emit", {"event_name": "note.created"})

    wait_until(lambda: client.control("GET deliveries")["deliveries"][0]["is_done"])
    [delivery] = client.control("GET deliveries")["deliveries"]
    assert (delivery["tries"], delivery["status"]) == (3, 200)


def test_a_dead_endpoint_is_given_up(client, wait_until):
    client.set(delivery_backoff_s=0.01, delivery_tries=2)
    add(client, "http://127.0.0.1:9/")
    client.control("POST emit", {"event_name": "note.created"})

    wait_until(lambda: client.control("GET deliveries")["deliveries"][0]["is_done"])
    [delivery] = client.control("GET deliveries")["deliveries"]
    assert (delivery["tries"], delivery["status"]) == (2, None)
    assert "refused" in delivery["problem"]
