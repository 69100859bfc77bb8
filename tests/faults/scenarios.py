"""The faults that a delivery has to survive, F1 to F26, and which of them are not played, and why.

`bin/faults` plays them; see there. To add one: write a test under tests/faults/ and mark it

    pytestmark = pytest.mark.fault("F8")          # a whole file
    @pytest.mark.fault("F8")                      # or one test
    @pytest.mark.fault("F1", each_time=False)     # one that takes too long for bin/test

and take the reason out of LEFT_OUT. The test opens its own product with `start_office`, starts
a `send_users` run, breaks something, waits for the end, and closes with `run.check_the_books()`,
which looks at the invariants I1 to I13 (invariants.py). What it does is its name. It draws what it
leaves to chance from the fixture `chance`, so that `--seed` repeats it. `start_office(proxied=
["valkey", "database", "sandbox"])` puts a proxy.Proxy before each of them, `office.proxies[name]`.
"""

FAULTS = {
    "F1": "the sending worker is killed in the middle of calls",
    "F2": "a child of the pool is killed, or runs out of memory",
    "F3": "a worker sleeps past its lease and wakes up",
    "F4": "rolling restart under load, by TERM and QUIT",
    "F5": "Valkey dies, with and without a file; FLUSHALL",
    "F6": "the network to Valkey is half-open, dead, late, cut, slow",
    "F7": "Valkey is full, read-only, or wants another password",
    "F8": "PostgreSQL stops, ends connections, is locked, is cut off",
    "F9": "SQLite is locked, or read for long; its log grows",
    "F10": "the disk is full",
    "F11": "the network to FullStory is cut, half-open, reset",
    "F12": "FullStory says 429, in all the ways there are",
    "F13": "FullStory fails in bursts, or refuses the key in the middle",
    "F14": "FullStory answers slowly, endlessly, or never",
    "F15": "FullStory answers nonsense",
    "F16": "FullStory's certificate is wrong",
    "F17": "hints are doubled, late, lost, forged",
    "F18": "the clock jumps",
    "F19": "Pause and Activate, again and again, at once",
    "F20": "a destination is edited, or deleted, while it sends",
    "F21": "a deployment with migrations in the middle of a run",
    "F22": "bad records: one, many in a row, all",
    "F23": "no beat, two beats",
    "F24": "workers on many hosts, one of them cut off",
    "F25": "eight sweepers beside live workers",
    "F26": "no file descriptors or database connections are left",
}

# What bin/test plays too, unless a mark says otherwise; the rest is for bin/faults.
EACH_TIME = {"F1", "F5", "F6", "F12", "F17", "F19", "F22"}

# Not played at all, and why.
LEFT_OUT: dict[str, str] = {}

# Played on one database only, and why.
ONLY_ON: dict[str, tuple[str, str]] = {
    "F8": ("postgres", "it is about PostgreSQL"),
    "F9": ("sqlite", "it is about SQLite"),
    "F18": ("postgres", "processes of one machine share its clock"),
    "F24": ("postgres", "hosts cannot share a SQLite file"),
}


def number(fault: str) -> int:
    """Return the number of a fault, to sort by."""
    return int(fault.removeprefix("F"))
