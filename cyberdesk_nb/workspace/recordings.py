"""Trajectories and histories without their screenshots, which are dropped or stored while they stream in."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from os import PathLike

from cyberdesk_nb.client import Client, Memory, raw
from cyberdesk_nb.errors import ConfigurationError, NotFoundError
from cyberdesk_nb.frames.picture_store import PictureStore
from cyberdesk_nb.frames.sieve import PictureSieve


@contextmanager
def keeping(folder: str | PathLike[str] | None) -> Generator[Callable[[], Memory]]:
    """Give what answers are to gather in so that their pictures land in a folder, or nowhere for None.

    Raises `ConfigurationError` at the end when a picture could not be written.
    """
    if folder is None:
        yield PictureSieve
        return
    store = PictureStore(folder)
    yield partial(PictureSieve, store.keep)
    if store.failure is not None:
        raise ConfigurationError(
            f"Screenshots cannot be written to {str(store.folder)!r}: {store.failure.strerror}.",
            hint="Give images= a folder that is writable and has room.",
        )


async def fetch_recording(client: Client, row_id: str, memory: Callable[[], Memory]) -> bytes:
    """Fetch the trajectory or the run of this id as JSON, with what names its workflow and machine."""
    try:
        return await raw(client.trajectories.get, row_id, include=["workflow"], memory=memory)
    except NotFoundError:
        pass
    try:
        return await raw(client.runs.get, row_id, include=["workflow", "machine"], memory=memory)
    except NotFoundError as error:
        raise not_found(row_id, error) from None


def not_found(row_id: str, error: NotFoundError) -> NotFoundError:
    """Say of an id that nothing has it."""
    return NotFoundError(
        f"No trajectory and no run has the id {row_id!r}.",
        hint="Take one from ws.runs()['id'] or ws.trajectories()['id'].",
        status=error.status,
        request_id=error.request_id,
    )
