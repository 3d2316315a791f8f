"""Walks over whole lists."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Generic, TypeVar

from cyberdesk_nb.client._page import Page

T = TypeVar("T")


class Walk(Generic[T]):
    """All rows of a list, as an async iterator."""

    def __init__(
        self,
        fetch: Callable[..., Awaitable[Page[T]]],
        filters: Mapping[str, Any],
        *,
        by: str | None = None,
        is_newest_first: bool = False,
        bounds: tuple[str, str] = ("created_at_from", "created_at_to"),
        key: str = "id",
        page_size: int = 100,
    ) -> None:
        self._fetch = fetch
        self._filters = filters
        self._page_size = page_size
        self._key = key

    async def __aiter__(self) -> AsyncIterator[T]:
        skip, seen = 0, set[Any]()
        while page := await self._fetch(**self._filters, skip=skip, limit=self._page_size):
            for item in page.items:
                key = getattr(item, self._key)
                if key not in seen:
                    seen.add(key)
                    yield item
            skip += len(page.items)
