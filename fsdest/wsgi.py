"""The web application, for gunicorn."""

import atexit
import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fsdest.settings")

atexit.register(gc.freeze)  # it ends at once instead of looking through all it has imported
application = get_wsgi_application()
