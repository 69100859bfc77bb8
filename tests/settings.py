"""The product's settings for tests: a folder of their own, and nobody's Redis."""

import atexit
import os
import shutil
import tempfile

folder = tempfile.mkdtemp(prefix="fsdest-tests-")
atexit.register(shutil.rmtree, folder, ignore_errors=True)
os.environ |= {
    "FSDEST_DATA": folder,
    "FSDEST_ENV": "development",
    "FSDEST_HASHED_STATIC": "false",  # no collectstatic before a page can be rendered
    "CREDENTIAL_KEYS": "Y2hlY2tzLW9ubHktY2hlY2tzLW9ubHktY2hlY2tzLW8=",
    "SECRET_KEY": "for the checks only",
    "REDIS_URL": "redis://127.0.0.1:1/0",  # a hint that is sent by accident goes nowhere, at once
    "LOG_LEVEL": "WARNING",
}
for name in ("FULLSTORY_SANDBOX_URL", "DEBUG"):
    os.environ.pop(name, None)

from fsdest.settings import *  # noqa: E402, F403

STATIC_ROOT.mkdir()  # noqa: F405 - or every test client warns that it is not there
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # a login in no time

# Programs that a test starts run on the product's own settings.
os.environ["DJANGO_SETTINGS_MODULE"] = "fsdest.settings"
