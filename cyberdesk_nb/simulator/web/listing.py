"""Filters, order and paging of every list, and the envelope that a page comes in."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, TypeVar

Record = Mapping[str, Any]
R = TypeVar("R", bound=Record)


def within(moment: datetime | None, earliest: datetime | None, latest: datetime | None) -> bool:
    """Tell whether `moment` lies in the closed range; a bound of None is open."""
    if earliest is None and latest is None:
        return True
    if moment is None:
        return False
    return (earliest is None or moment >= earliest) and (latest is None or moment <= latest)


def mentions(needle: str | None, *texts: str | None) -> bool:
    """Tell whether one of `texts` contains `needle`, whatever the case; no needle matches everything."""
    if not needle:
        return True
    folded = needle.casefold()
    return any(folded in text.casefold() for text in texts if text)


def newest_first(records: Iterable[R], key: str = "created_at") -> list[R]:
    """Order records by the time under `key`, newest first; the id decides between equal times."""
    return sorted(records, key=itemgetter(key, "id"), reverse=True)


def page(
    items: Sequence[Record], *, total: int, skip: int, limit: int, included: Sequence[Record] | None = None
) -> dict[str, Any]:
    """Return the envelope of resources that know `include`; `included` is null when nothing was asked for."""
    return {**plain_page(items, total=total, skip=skip, limit=limit), "included": included}


def plain_page(items: Sequence[Record], *, total: int, skip: int, limit: int) -> dict[str, Any]:
    """Return the envelope of resources without `include`."""
    return {"items": items, "total": total, "skip": skip, "limit": limit}
