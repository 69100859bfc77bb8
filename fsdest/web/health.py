"""Is it alive, and can it do its work: for load balancers and container health checks."""

from datetime import timedelta

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from fsdest import hints
from fsdest.delivery import heartbeats
from fsdest.web.permissions import anybody

ANSWERED_WITHIN = timedelta(seconds=60)  # a canary is put into each queue every ten


@anybody
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer that the process runs."""
    return HttpResponse("ok", content_type="text/plain")


@anybody
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 where database, broker and workers answer, else 503 and which of them does not.

    `answered_s` tells for each queue how many seconds ago a worker took a message from it; null if
    none ever did. Without broker and workers pages still work, and records wait.
    """
    database, broker = _database_answers(), hints.broker_answers()
    answered = _answered() if database and broker else {}
    workers = bool(answered) and all(
        age is not None and age <= ANSWERED_WITHIN for age in answered.values()
    )
    ready = database and broker and workers
    ages = {
        queue: None if age is None else round(age.total_seconds(), 1)
        for queue, age in answered.items()
    }
    found = {"database": database, "broker": broker, "workers": workers, "answered_s": ages}
    return JsonResponse({"ready": ready, **found}, status=200 if ready else 503)


def _answered() -> dict[str, timedelta | None]:
    found = heartbeats.answers_now(timezone.now())
    return {queue: found.get(queue) for queue in hints.queues()}


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True
