"""The only room that speaks HTTP: a Line sends one Request and brings a Reply or a NoReply.

It never raises, never retries and never follows a redirect. Read `line` first, then
`guard` (what may be connected to) and `wire` (how one deadline covers everything).
"""

from fsdest.outbound.line import MAX_BYTES, Line
from fsdest.outbound.route import Route

__all__ = ["MAX_BYTES", "Line", "Route"]
