"""What is needed for a while only: how often who asked, what was sent, who failed to log in."""

from datetime import datetime, timedelta

from axes.models import AccessAttempt
from django.conf import settings

from fsdest.models import Burst, TakenForm

KEPT = timedelta(days=1)  # far longer than a burst, or a form that is sent twice


def forget(*, now: datetime) -> None:
    """Delete what no longer counts."""
    Burst.objects.forget(now - KEPT)
    TakenForm.objects.forget(now - KEPT)
    AccessAttempt.objects.filter(attempt_time__lt=now - settings.LOGIN_COOL_OFF).delete()
