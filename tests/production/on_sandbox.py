"""Production as it is, but for one thing: the sandbox in the place of FullStory.

No environment variable can do that (see SANDBOX_ALLOWED), and no image holds the tests.
"""

from fsdest.settings import *  # noqa: F403

SANDBOX_ALLOWED = True
SILENCED_SYSTEM_CHECKS = ["fsdest.E001"]  # which names exactly that
