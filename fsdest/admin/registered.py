"""All that registers with the site, which must exist first."""

from fsdest.admin import (
    audit,
    calls,
    credentials,
    destinations,
    dryruns,
    jobs,
    lanes,
    nexsets,
    people,
    set_aside,
    sources,
)

__all__ = [
    "audit",
    "calls",
    "credentials",
    "destinations",
    "dryruns",
    "jobs",
    "lanes",
    "nexsets",
    "people",
    "set_aside",
    "sources",
]
