"""The Celery app and the beat schedule. Messages are hints: the database is the truth.

Why each setting stands is told in DECISIONS.md, "Celery messages are hints".
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fsdest.settings")

app = Celery("fsdest")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["fsdest"])
