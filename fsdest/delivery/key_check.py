"""Whose key is it? Asked with `GET /me`, which changes nothing and works for every level."""

from datetime import datetime

import orjson

from fsdest.audit import Action, record
from fsdest.delivery import advice, wire
from fsdest.exchange import NoReply, Reply, Request
from fsdest.models import Credential
from fsdest.vault import CannotUnseal

LONGEST_ANSWER = 64 * 1024  # bytes


def try_key(credential: Credential, *, now: datetime) -> Credential:
    """Ask FullStory who the key of `credential` is, and save what it says.

    A definite no makes the credential failed. No answer, or one that says nothing about the
    key, leaves its status as it was. `problem` then tells a person what to do.

    Source: https://developer.fullstory.com/server/authentication, and GET /me.
    """
    request = Request(
        method="GET", url=f"{credential.base_url}/me", headers=(("Accept", "application/json"),)
    )
    try:
        line = wire.line(credential)
    except CannotUnseal as error:
        _refuse(credential, f"{error} Replace the key.")
    else:
        reply = line.send(request, deadline=wire.deadline(), max_bytes=LONGEST_ANSWER)
        line.close()
        _learn(credential, reply)
    credential.checked_at = now
    credential.save(
        update_fields=["status", "problem", "role", "org_id", "email", "checked_at"],
    )
    found = {"status": credential.status, "role": credential.role, "problem": credential.problem}
    record(Action.TESTED, credential, after={name: text for name, text in found.items() if text})
    return credential


def _learn(credential: Credential, reply: Reply | NoReply) -> None:
    next_step = advice.advice(reply, advice.Tested(is_sandbox=credential.is_sandbox, writes=False))
    match reply:
        case NoReply():
            credential.problem = f"{reply.sentence} {next_step}"
        case Reply(status=200) if (owner := _owner(reply)) is not None:
            credential.status, credential.problem = Credential.Status.VERIFIED, ""
            credential.role, credential.org_id, credential.email = owner
        case Reply(status=200) if not advice.is_web_page(reply):
            credential.problem = "The answer does not look like FullStory's: it names no role."
        case Reply(status=401):
            _refuse(credential, next_step)
        case Reply(status=403):
            _refuse(credential, f"FullStory refuses this key altogether. {next_step}")
        case Reply():
            credential.problem = f"FullStory answered {reply.status}. {next_step}"


def _refuse(credential: Credential, problem: str) -> None:
    credential.status, credential.problem = Credential.Status.FAILED, problem
    credential.role = credential.org_id = credential.email = ""


def _owner(reply: Reply) -> tuple[str, str, str] | None:
    """Return role, organization and e-mail, or None where the body is not that of /me."""
    try:
        body = orjson.loads(reply.body)
    except ValueError:
        return None
    if not isinstance(body, dict) or not isinstance(body.get("role"), str):
        return None
    return body["role"][:30], str(body.get("orgId") or "")[:60], str(body.get("email") or "")[:254]
