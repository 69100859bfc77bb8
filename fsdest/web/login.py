"""Logging in, and how often one may fail: by person and address, by address, and by person."""

from collections.abc import Mapping
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from django.conf import settings
from django.db.models import Max, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import now

from fsdest.web import asking

TIMES_MORE = 10  # failures of an address with any name, and of a name from any address

Credentials = Mapping[str, Any] | None


class Throttle(AxesDatabaseHandler):  # type: ignore[misc]  # axes has no types
    """Counts failures of the last LOGIN_COOL_OFF; LOGIN_FAILURES of them are too many.

    A name is refused from the address that failed; from elsewhere the person can still log in,
    so that nobody locks out somebody else with a few requests. Beyond that an address may fail
    ten times as often whatever the names, and a name wherever from.
    """

    def get_failures(self, request: HttpRequest, credentials: Credentials = None) -> int:
        """Return the failures that weigh most, in terms of those of a name from an address."""
        return max(failures for failures, _ in self._weighed(request, credentials))

    def reset_user_attempts(self, request: HttpRequest, credentials: Credentials = None) -> int:
        """Forget the failures of who has logged in, from that address.

        Not those of others there: who has an account could try the next one's password for ever,
        by logging in now and then.
        """
        own = self.filter_user_attempts(request, credentials)[0]
        count, _ = own.delete()
        return int(count)

    def locked_until(self, request: HttpRequest, credentials: Credentials = None) -> datetime:
        """Return when the person may try again."""
        weighed = self._weighed(request, credentials)
        latest = [at for failures, at in weighed if failures >= settings.LOGIN_FAILURES and at]
        return max(latest, default=now()) + settings.LOGIN_COOL_OFF

    def _weighed(
        self, request: HttpRequest, credentials: Credentials
    ) -> list[tuple[int, datetime | None]]:
        """Return (failures, last one at): of name and address, of the address, of the name."""
        found = []
        for number, attempts in enumerate(self.get_user_attempts(request, credentials)):
            told = attempts.aggregate(times=Sum("failures_since_start"), at=Max("attempt_time"))
            times = told["times"] or 0
            found.append((times // TIMES_MORE if number else times, told["at"]))
        return found


def address(request: HttpRequest) -> str | None:
    """Return where a request comes from; None behind a socket, or a proxy that says nonsense."""
    try:
        return str(ip_address(asking.address(request)))
    except ValueError:
        return None


def locked(
    request: HttpRequest, response: HttpResponse | None = None, credentials: Credentials = None
) -> HttpResponse:
    """The page for who has failed too often, with the time when it is worth trying again."""
    until = Throttle().locked_until(request, credentials)
    seconds = max(1, int((until - now()).total_seconds()))
    context = {"until": until, "minutes": -(-seconds // 60)}
    told = render(request, "registration/locked.html", context, status=429)
    told["Retry-After"] = str(seconds)
    return told
