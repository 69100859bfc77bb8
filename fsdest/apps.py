"""What is tied together when Django starts: signals of ours and of Django's."""

from django.apps import AppConfig
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
