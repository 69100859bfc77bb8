"""What every page shows around its content."""

from django.conf import settings
from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, object]:
    """Context of every template: the address of the sandbox, in development alone."""
    sandbox = f"{settings.FULLSTORY_SANDBOX_URL}/_sandbox/" if settings.SANDBOX_ALLOWED else ""
    return {"sandbox_page": sandbox}
