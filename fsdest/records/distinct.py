"""How many different texts there are among millions, in little memory."""

from array import array

MOST = 5_000_000  # texts: 64 MiB

_ALL_BITS = 2**64 - 1
_FIRST_PLACES = 1024  # a power of two


class Distinct:
    """A set of 8-byte hashes in one array, at most two thirds full.

    Two texts of a million are taken for one with a chance of three in a hundred million. Hashes
    are those of this process: one set is not to be read by another.
    """

    def __init__(self, most: int = MOST) -> None:
        self.count = 0
        self.is_full = False  # texts came that there was no room for
        self._most = most
        self._table = array("Q", [0]) * _FIRST_PLACES  # 0: free

    def is_known(self, text: str) -> bool:
        """Whether `text` was asked about before; it is known from now on, if there is room."""
        mark = hash(text) & _ALL_BITS or 1
        table = self._table
        last = len(table) - 1
        place = mark & last
        while found := table[place]:
            if found == mark:
                return True
            place = (place + 1) & last
        if self.count >= self._most:
            self.is_full = True
            return False
        table[place] = mark
        self.count += 1
        if self.count * 3 > len(table) * 2:
            self._grow()
        return False

    def _grow(self) -> None:
        wide = array("Q", [0]) * (2 * len(self._table))
        last = len(wide) - 1
        for mark in self._table:
            if mark:
                place = mark & last
                while wide[place]:
                    place = (place + 1) & last
                wide[place] = mark
        self._table = wide
