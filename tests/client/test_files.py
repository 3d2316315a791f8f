"""Attachments and screenshots: whatever they are called and whatever is in them, nothing outside is touched."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cyberdesk_nb import errors
from cyberdesk_nb.client import Client, ImageLimits
from cyberdesk_nb.client._storage import safe_name
from tests.client.server import KEY, FakeClock, Request, Wire, on_clock, reply, serving

pytestmark = pytest.mark.anyio

CONTENT = b"report\x00\xff" * 1000


def attachment(filename: str = "report.pdf", size: int = len(CONTENT)) -> dict[str, Any]:
    """Give what the API knows of a file."""
    return {
        "id": "a1",
        "run_id": "r1",
        "filename": filename,
        "content_type": "application/pdf",
        "attachment_type": "output",
        "size_bytes": size,
        "storage_path": "x",
        "created_at": "2026-11-01T00:00:00Z",
    }


def storing(*, filename: str = "report.pdf", size: int = len(CONTENT), content: Any = CONTENT) -> Any:
    """Make a server that has one file."""

    async def answer(request: Request, wire: Wire) -> None:
        if not request.path.endswith("/download"):
            await wire.reply(200, attachment(filename, size))
        elif callable(content):
            await cast("Any", content)(request, wire)
        else:
            await wire.send(reply(200, content, {"content-type": "application/octet-stream"}))

    return answer


def names_in(folder: Path) -> list[str]:
    """List everything in and below a folder."""
    return sorted(entry.name for entry in folder.rglob("*"))


async def download(answer: Any, directory: Path, **call: Any) -> Path:
    """Download the one file."""
    async with serving(answer) as server, Client(KEY, server.url) as client:
        on_clock(client, FakeClock())
        return await client.run_attachments.download_to("a1", directory, **call)


async def test_a_file_is_written_under_its_name(tmp_path: Path) -> None:
    """A download is in the directory, made where it is missing, under its own name and with its content."""
    path = await download(storing(), tmp_path / "new" / "folder")
    assert path == tmp_path / "new" / "folder" / "report.pdf"
    assert path.read_bytes() == CONTENT
    assert [entry.name for entry in path.parent.iterdir()] == ["report.pdf"]


async def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """A second file of the same name gets a number."""
    names = [(await download(storing(), tmp_path)).name for _ in range(3)]
    assert names == ["report.pdf", "report (2).pdf", "report (3).pdf"]


async def test_nothing_is_followed_through_a_link(tmp_path: Path) -> None:
    """A link under the file's name, also a dangling one, is left alone, and so is what it points to."""
    (tmp_path / "report.pdf").symlink_to(tmp_path / "elsewhere.txt")
    path = await download(storing(), tmp_path)
    assert path.name == "report (2).pdf"
    assert not (tmp_path / "elsewhere.txt").exists()


@pytest.mark.parametrize(
    ("size", "message"), [(len(CONTENT) - 1, "larger than"), (0, "larger than"), (len(CONTENT) + 1, "were announced")]
)
async def test_a_file_of_the_wrong_size_leaves_nothing(tmp_path: Path, size: int, message: str) -> None:
    """A file that is shorter or longer than announced is an error, a longer one as soon as it is, and nothing stays."""
    with pytest.raises(errors.PayloadError, match=message):
        await download(storing(size=size), tmp_path)
    assert names_in(tmp_path) == []


async def test_a_download_that_breaks_off_is_begun_anew(tmp_path: Path) -> None:
    """A connection lost in the middle of a file starts it over; the result is whole."""
    tries = 0

    async def content(_request: Request, wire: Wire) -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            await wire.send(reply(200, CONTENT)[:-500])
            wire.cut()
        else:
            await wire.send(reply(200, CONTENT))

    path = await download(storing(content=content), tmp_path)
    assert path.read_bytes() == CONTENT
    assert tries == 3


async def test_a_download_that_is_cancelled_leaves_nothing(tmp_path: Path) -> None:
    """Cancelling a download removes what came of it."""
    began = asyncio.Event()

    async def content(_request: Request, wire: Wire) -> None:
        await wire.send(reply(200, CONTENT)[:-500])
        began.set()
        await wire.hang()

    task = asyncio.ensure_future(download(storing(content=content), tmp_path))
    await began.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert names_in(tmp_path) == []


HOSTILE = {
    "../../etc/passwd": "passwd",
    "/etc/passwd": "passwd",
    "C:\\Windows\\system.ini": "system.ini",
    "C:evil.txt": "C_evil.txt",
    "..": "attachment",
    ".": "attachment",
    "": "attachment",
    "   ": "attachment",
    "...": "attachment",
    ".bashrc": "_bashrc",
    "..hidden": "_hidden",
    "CON": "_CON",
    "con.txt": "_con.txt",
    "LPT1.log": "_LPT1.log",
    "COM¹": "_COM¹",
    "nul\x00.txt": "_nul.txt",
    "report\x00.pdf": "report.pdf",
    "a\nb\r\x1b.txt": "ab.txt",
    "invoice\u202efdp.exe": "invoicefdp.exe",
    "trailing. . ": "trailing",
    'a<b>c:"d|e?f*.txt': "a_b_c__d_e_f_.txt",
    "a/": "attachment",
    "\\\\server\\share\\x.doc": "x.doc",
    "résumé.pdf": "résumé.pdf",
    "日本.txt": "日本.txt",
    "a//..//b": "b",
}


@pytest.mark.parametrize(("name", "safe"), HOSTILE.items())
async def test_hostile_names_become_plain_ones(tmp_path: Path, name: str, safe: str) -> None:
    """A name that climbs, hides, is reserved or plays tricks becomes a plain name inside the directory."""
    path = await download(storing(filename=name), tmp_path / "in")
    assert path == tmp_path / "in" / safe
    assert path.read_bytes() == CONTENT
    assert names_in(tmp_path) == sorted(["in", safe])


async def test_a_name_of_300_characters_is_cut(tmp_path: Path) -> None:
    """A name that no file system takes is shortened, and keeps its ending."""
    path = await download(storing(filename="é" * 300 + ".pdf"), tmp_path)
    assert path.suffix == ".pdf"
    assert len(path.name.encode()) <= 204


@given(st.text())
def test_any_text_becomes_a_name_that_stays_in_its_directory(text: str) -> None:
    """Whatever the server calls a file, the name has no path in it, is printable, and is safe once made safe."""
    name = safe_name(text)
    assert name
    assert not set(name) & set('/\\<>:"|?*\x00')
    assert not name.startswith(".")
    assert name == name.strip() == name.rstrip(".")
    assert len(name.encode()) <= 255
    assert safe_name(name) == name


_LARGE = """
    import asyncio, gc, sys, tempfile, threading
    from cyberdesk_nb.client import Client
    from tests.client.server import KEY, serving
    from tests.client.test_files import attachment

    SIZE = 300 * 2**20

    def now_kb():
        return int(open("/proc/self/statm").read().split()[1]) * 4

    async def answer(request, wire):
        if not request.path.endswith("/download"):
            await wire.reply(200, attachment(size=SIZE))
            return
        await wire.send(b"HTTP/1.1 200 OK\\r\\ncontent-length: %d\\r\\n\\r\\n" % SIZE)
        block = bytes(2**20)
        for _ in range(SIZE // len(block)):
            await wire.send(block)

    async def main():
        async with serving(answer) as server, Client(KEY, server.url) as client:
            await client.run_attachments.get("a1")
            gc.collect()
            before = peak = now_kb()
            stop = threading.Event()
            def sample():
                nonlocal peak
                while not stop.wait(0.005):
                    peak = max(peak, now_kb())
            sampler = threading.Thread(target=sample)
            sampler.start()
            with tempfile.TemporaryDirectory(dir=sys.argv[1]) as folder:
                path = await client.run_attachments.download_to("a1", folder)
                assert path.stat().st_size == SIZE
            stop.set()
            sampler.join()
            print((peak - before) // 1024)

    asyncio.run(main())
"""


def test_a_large_file_costs_little_memory(tmp_path: Path) -> None:
    """A file of 300 MB goes to disk in pieces: under 32 MB of memory, that of the test's own server included."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(_LARGE), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    print(f"300 MB file: peak {done.stdout.strip()} MiB above the start")
    assert int(done.stdout) < 32


def png(width: int = 4, height: int = 3) -> bytes:
    """Draw a small picture."""
    out = BytesIO()
    Image.new("RGB", (width, height)).save(out, "PNG")
    return out.getvalue()


def bomb() -> bytes:
    """Make a picture whose header claims 60,000 x 60,000 pixels."""
    whole = bytearray(png())
    whole[16:24] = (60_000).to_bytes(4, "big") * 2
    whole[29:33] = zlib.crc32(whole[12:29]).to_bytes(4, "big")
    return bytes(whole)


class Storage:
    """Signs links, and serves what they point to until they are over."""

    def __init__(
        self, content: bytes, *, expired: int = 0, address: str = "http://{host}/storage/1.png?token={n}"
    ) -> None:
        self.content, self.expired, self.address, self.signed = content, expired, address, 0

    async def answer(self, request: Request, wire: Wire) -> None:
        """Answer one request."""
        if request.path.endswith("/image/signed-url"):
            self.signed += 1
            url = self.address.format(host=request.headers["host"], n=self.signed)
            await wire.reply(200, {"supabase_url": "supabase://run-images/1.png", "signed_url": url, "expires_in": 10})
        elif int(request.one("token") or 0) <= self.expired:
            await wire.reply(403, {"message": "signature expired"})
        else:
            await wire.send(reply(200, self.content, {"content-type": "image/png"}))


async def image(storage: Storage, **call: Any) -> tuple[bytes, list[Request]]:
    """Fetch the one screenshot."""
    async with serving(storage.answer) as server, Client(KEY, server.url) as client:
        on_clock(client, FakeClock())
        return await client.runs.image("r1", "supabase://run-images/1.png", **call), server.requests


async def test_a_screenshot_is_fetched_without_the_key() -> None:
    """A screenshot is signed with the key and fetched without it."""
    got, (signing, fetching) = await image(Storage(png()))
    assert got == png()
    assert signing.query["image_url"] == ["supabase://run-images/1.png"]
    assert "authorization" in signing.headers
    assert "authorization" not in fetching.headers


async def test_a_link_that_is_over_is_renewed_once() -> None:
    """An expired signature is renewed; one that is over again is an error."""
    got, requests = await image(Storage(png(), expired=1))
    assert got == png()
    assert len(requests) == 4
    with pytest.raises(errors.PermissionDeniedError):
        await image(Storage(png(), expired=9))


@pytest.mark.parametrize(
    ("content", "limits", "message"),
    [
        (b"<html>", ImageLimits(), "no image"),
        (b"", ImageLimits(), "no image"),
        (png()[:20], ImageLimits(), "no image"),
        (bomb(), ImageLimits(), "60000 x 60000|no image"),
        (png(300, 300), ImageLimits(max_pixels=1000), "300 x 300 pixels"),
        (png() + b"x" * 5000, ImageLimits(max_bytes=1000), "larger than"),
    ],
)
async def test_what_is_no_decent_image_is_refused(content: bytes, limits: ImageLimits, message: str) -> None:
    """No image, too many bytes, or a header that claims too many pixels: an error, not a crash of who draws it."""
    with pytest.raises(errors.PayloadError, match=message):
        await image(Storage(content), limits=limits)


@pytest.mark.parametrize(
    "address", ["http://storage.example.com/1.png", "ftp://127.0.0.1/1.png", "file:///etc/passwd", "/1.png"]
)
async def test_only_https_is_fetched(address: str) -> None:
    """A signed address that is neither https nor on this computer is not asked for."""
    with pytest.raises(errors.PayloadError, match="not https"):
        await image(Storage(png(), address=address))
