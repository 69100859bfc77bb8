"""What is tied together when Django starts: signals of ours and of Django's."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.core import checks as system_checks
from django.db.models.signals import post_migrate


class FsdestConfig(AppConfig):
    name = "fsdest"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect the receivers."""
        from fsdest import checks  # noqa: F401, PLC0415 - importing registers them
        from fsdest.models import append_only  # noqa: PLC0415 - no model before this moment
        from fsdest.web import logins  # noqa: PLC0415

        post_migrate.connect(append_only.protect, sender=self)
        user_logged_in.connect(logins.record_logged_in)
        user_logged_out.connect(logins.record_logged_out)
        user_login_failed.connect(logins.record_failed)


class ConsoleConfig(SimpleAdminConfig):
    """Django's admin, with our site as the one that models are registered with.

    They are registered where the addresses are read (fsdest.urls): workers, beat and most commands
    need nothing of it, and it is a fifth of what they import.
    """

    default_site = "fsdest.admin.site.Console"

    def ready(self) -> None:
        """Have it checked as Django does."""
        system_checks.register(check_dependencies, system_checks.Tags.admin)
        system_checks.register(check_console, system_checks.Tags.admin)


def check_console(
    app_configs: Sequence[AppConfig] | None, **options: Any
) -> list[system_checks.CheckMessage]:
    """Check all that is registered, after it was."""
    import fsdest.urls  # noqa: F401, PLC0415 - no model before this moment

    found: list[system_checks.CheckMessage] = check_admin_app(app_configs, **options)
    return found
