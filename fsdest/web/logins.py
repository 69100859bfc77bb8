"""Logins, logouts and failures as the audit has them: receivers of Django's signals."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser

from fsdest.audit import Action, record, record_login


def record_logged_in(*, user: AbstractBaseUser, **_signal: Any) -> None:
    """Somebody logged in."""
    record_login(Action.LOGGED_IN, user, actor=user)


def record_logged_out(*, user: AbstractBaseUser | None, **_signal: Any) -> None:
    """Somebody logged out; None: the session had ended before."""
    if user is not None:
        record_login(Action.LOGGED_OUT, user, actor=user)


def record_failed(*, credentials: Mapping[str, Any], **_signal: Any) -> None:
    """Somebody failed to log in. A name that is none of ours is not kept: people type passwords
    into the wrong field."""
    users = get_user_model()._default_manager
    name = str(credentials.get("username") or "").replace("\0", "")
    user = users.filter(username=name).first()
    if user is None:
        record(Action.LOGIN_FAILED, None, actor="Somebody unknown")
    else:
        record_login(Action.LOGIN_FAILED, user, actor="Somebody")
