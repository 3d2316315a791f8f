"""The bench's server: prebuilt bytes over plain sockets, in a process of its own so that it is never what is measured.

``python -m tests.bench.server --runs 100000 --latency 0.05`` prints its address and serves until its input is closed.
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from socketserver import StreamRequestHandler, ThreadingTCPServer
from subprocess import PIPE, Popen
from typing import cast
from urllib.parse import parse_qsl, urlsplit

from tests.bench.records import Listing, runs, trajectories


class Server(ThreadingTCPServer):
    """Listings by path, and how long each request waits first."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, listings: dict[str, Listing], latency_s: float) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.listings = listings
        self.latency_s = latency_s


class _Conversation(StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self) -> None:
        while line := self.rfile.readline():
            while self.rfile.readline().strip():
                pass
            url = urlsplit(line.split()[1].decode())
            self._answer(url.path, dict(parse_qsl(url.query)))

    def _answer(self, path: str, query: dict[str, str]) -> None:
        noun, _, row_id = path.removeprefix("/v1/").partition("/")
        server = cast("Server", self.server)
        listing = server.listings.get(noun)
        parts = None if listing is None else listing.one(row_id) if row_id else listing.page(query)
        time.sleep(server.latency_s)
        status, body = ("200 OK", parts) if parts is not None else ("404 Not Found", [b'{"detail":"Not found"}'])
        size = sum(len(part) for part in body)
        head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {size}\r\n\r\n"
        for part in [head.encode(), *body]:
            self.connection.sendall(part)


@contextmanager
def serving(*, runs: int = 0, trajectories: int = 0, latency_s: float = 0.0) -> Generator[str]:
    """Run a server in a process of its own; gives its address."""
    command = [sys.executable, "-m", "tests.bench.server"]
    options = ["--runs", str(runs), "--trajectories", str(trajectories), "--latency", str(latency_s)]
    with Popen([*command, *options], stdin=PIPE, stdout=PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()


def main() -> None:
    """Serve until the input is closed."""
    options = argparse.ArgumentParser()
    options.add_argument("--runs", type=int, default=0)
    options.add_argument("--trajectories", type=int, default=0)
    options.add_argument("--latency", type=float, default=0.0)
    given = options.parse_args()
    listings = {"runs": runs(given.runs), "trajectories": trajectories(given.trajectories)}
    with Server(listings, given.latency) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
        sys.stdin.read()
        server.shutdown()


if __name__ == "__main__":
    main()
