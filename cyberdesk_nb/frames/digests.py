"""Pages read into columns as they come, so that their bytes need not be kept until the frame is built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from cyberdesk_nb.frames._choice import Columns, choose
from cyberdesk_nb.frames._pages import Digest, digest
from cyberdesk_nb.frames._records import PageBytes
from cyberdesk_nb.frames.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable


class RawPage(Protocol):
    """A page as a walk of the client gives it: its JSON bytes, and the positions of rows that came before."""

    @property
    def body(self) -> bytes | bytearray:
        """The page as it came."""
        ...

    @property
    def drop(self) -> frozenset[int]:
        """Positions in its items."""
        ...


def page_reader(table: str, columns: Columns = None) -> Callable[[RawPage], Digest]:
    """Make the function that reads the pages of a table.

    Parameters
    ----------
    table
        Name of a table whose rows are the records of a list: runs, machines, ...
    columns
        The columns and groups that the frame is to have.

    Returns
    -------
    callable
        Takes a page, gives its columns; the table's frame function takes them in place of the page. With another
        choice of columns they are of no use.

    Raises
    ------
    RequestError
        For a name in `columns` that the table does not have.
    """
    part = choose(TABLES[table], columns)
    return lambda page: digest(part, PageBytes(page.body, page.drop))
