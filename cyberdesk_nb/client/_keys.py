"""The ids of all rows that a walk has given, packed tightly: a walk over a million rows keeps every one of them."""

from __future__ import annotations

_BUCKETS = 1 << 18
"""Few keys a bucket even of a million, since each new one copies its bucket."""
_END = "\0"


class Keys:
    """A set of texts that only grows. A million ids take 50 MB; a `set` of them takes three times as much."""

    def __init__(self) -> None:
        self._buckets = [""] * _BUCKETS
        self._odd = set[str]()

    def add(self, key: str) -> bool:
        """Take a key in; tells whether it is new."""
        if _END in key:
            is_new = key not in self._odd
            self._odd.add(key)
            return is_new
        number = hash(key) % _BUCKETS
        bucket = self._buckets[number]
        # The end of the key before it, or the start of the bucket, stands in front of each key.
        if f"{_END}{key}{_END}" in bucket:
            return False
        self._buckets[number] = f"{bucket or _END}{key}{_END}"
        return True
