"""What is tied together when Django starts: signals of ours and of Django's."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
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


class ConsoleConfig(AdminConfig):
    """Django's admin, with our site as the one that models are registered with."""

    default_site = "fsdest.admin.site.Console"

    def ready(self) -> None:
        """Register what Django's own apps show, then ours."""
        super().ready()
        from fsdest.admin import registered  # noqa: F401, PLC0415 - needs the site
