"""Who owns what: a process signs what it claims, and the sign begins with that of its worker.

A worker has several processes, made by forks. So that one can tell which worker a lane, a job or a
file is with, the first 16 of the 32 characters are common to all of them.
"""

import secrets

WORKER = 16  # characters, in hexadecimal
_worker = ""


def begin_worker() -> str:
    """Let this process, and all forks of it, sign as one worker; return the common sign."""
    global _worker
    _worker = secrets.token_hex(WORKER // 2)
    return _worker


def fresh() -> str:
    """Return a sign that nobody has had, 32 characters."""
    return (_worker or secrets.token_hex(WORKER // 2)) + secrets.token_hex(WORKER // 2)
