"""Logins, logouts and failures as the audit has them: receivers of Django's signals."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest

from fsdest.audit import Action, record, record_login


def record_logged_in(*, user: AbstractBaseUser, **_signal: Any) -> None:
    """Somebody logged in."""
    record_login(Action.LOGGED_IN, user, actor=user)


def record_logged_out(*, user: AbstractBaseUser | None, **_signal: Any) -> None:
    """Somebody logged out; None: the session had ended before."""
    if user is not None:
        record_login(Action.LOGGED_OUT, user, actor=user)


def record_failed(
    *, credentials: Mapping[str, Any], request: HttpRequest | None = None, **_signal: Any
) -> None:
    """Somebody failed to log in. A name that is none of ours is not kept: people type passwords
    into the wrong field. Once for each lock: what is refused while it holds could fill the disk.
    """
    is_locked = bool(getattr(request, "axes_locked_out", False))
    if is_locked and getattr(request, "axes_failures_since_start", None) is None:
        return
    action = Action.LOCKED_OUT if is_locked else Action.LOGIN_FAILED
    users = get_user_model()._default_manager
    name = str(credentials.get("username") or "").replace("\0", "")
    user = users.filter(username=name).first()
    if user is None:
        record(action, None, actor="Somebody unknown")
    else:
        record_login(action, user, actor="Somebody")
