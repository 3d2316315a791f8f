"""The async client of the API."""

from cyberdesk_nb.client._call import Memory, Options, PlainMemory, WriteOptions
from cyberdesk_nb.client._completeness import Completeness
from cyberdesk_nb.client._http import Limits
from cyberdesk_nb.client._paging import Page
from cyberdesk_nb.client._raw import raw
from cyberdesk_nb.client._rows import RawPage
from cyberdesk_nb.client._storage import ImageLimits
from cyberdesk_nb.client._walk import Walk
from cyberdesk_nb.client.client import Client

__all__ = [
    "Client",
    "Completeness",
    "ImageLimits",
    "Limits",
    "Memory",
    "Options",
    "Page",
    "PlainMemory",
    "RawPage",
    "Walk",
    "WriteOptions",
    "raw",
]
