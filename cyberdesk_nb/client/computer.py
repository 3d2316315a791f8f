"""Direct control of one machine. Coordinates are pixels of its real display."""

from __future__ import annotations

from typing import Any, Unpack

from cyberdesk_nb.client import _operation as api
from cyberdesk_nb.client._call import Options, WriteOptions
from cyberdesk_nb.client._operation import Resource
from cyberdesk_nb.client._values import Id
from cyberdesk_nb.models import (
    CopyToClipboardRequest,
    CyberdriverUpdateRequest,
    DisplayDimensions,
    FileWriteRequest,
    KeyboardKeyRequest,
    KeyboardTypeRequest,
    MouseClickRequest,
    MouseDragRequest,
    MouseMoveRequest,
    MousePosition,
    MouseScrollRequest,
    PowerShellExecRequest,
    PowerShellSessionRequest,
)


class Computer(Resource):
    """Direct control of one machine."""

    @api.get("/v1/computer/{machine_id}/display/screenshot")
    async def screenshot(self, machine_id: Id, **call: Unpack[Options]) -> bytes:
        """Take a picture of what the machine shows now: a PNG of 1024 x 768."""
        ...

    @api.get("/v1/computer/{machine_id}/display/dimensions")
    async def dimensions(self, machine_id: Id, **call: Unpack[Options]) -> DisplayDimensions:
        """Give the size of the real display."""
        ...

    @api.get("/v1/computer/{machine_id}/input/mouse/position")
    async def mouse_position(self, machine_id: Id, **call: Unpack[Options]) -> MousePosition:
        """Give where the pointer is."""
        ...

    @api.post("/v1/computer/{machine_id}/input/mouse/move", body=MouseMoveRequest)
    async def mouse_move(self, machine_id: Id, body: MouseMoveRequest | None = None, **fields: Any) -> None:
        """Move the pointer to x, y."""
        ...

    @api.post("/v1/computer/{machine_id}/input/mouse/click", body=MouseClickRequest)
    async def mouse_click(self, machine_id: Id, body: MouseClickRequest | None = None, **fields: Any) -> None:
        """Click at x, y, or where the pointer is."""
        ...

    @api.post("/v1/computer/{machine_id}/input/mouse/drag", body=MouseDragRequest)
    async def mouse_drag(self, machine_id: Id, body: MouseDragRequest | None = None, **fields: Any) -> None:
        """Drag from start_x, start_y to to_x, to_y."""
        ...

    @api.post("/v1/computer/{machine_id}/input/mouse/scroll", body=MouseScrollRequest)
    async def mouse_scroll(self, machine_id: Id, body: MouseScrollRequest | None = None, **fields: Any) -> None:
        """Scroll up, down, left or right."""
        ...

    @api.post("/v1/computer/{machine_id}/input/keyboard/key", body=KeyboardKeyRequest)
    async def keyboard_key(self, machine_id: Id, body: KeyboardKeyRequest | None = None, **fields: Any) -> None:
        """Press keys: `+` joins a chord, a space separates presses."""
        ...

    @api.post("/v1/computer/{machine_id}/input/keyboard/type", body=KeyboardTypeRequest)
    async def keyboard_type(self, machine_id: Id, body: KeyboardTypeRequest | None = None, **fields: Any) -> None:
        """Type a text as it stands."""
        ...

    @api.post("/v1/computer/{machine_id}/copy_to_clipboard", body=CopyToClipboardRequest)
    async def copy_to_clipboard(
        self, machine_id: Id, body: CopyToClipboardRequest | None = None, **fields: Any
    ) -> dict[str, Any]:
        """Copy what is selected, and give it under the key named by `text`."""
        ...

    @api.get("/v1/computer/{machine_id}/fs/list")
    async def list_files(self, machine_id: Id, path: str | None = None, **call: Unpack[Options]) -> dict[str, Any]:
        """List the entries of a folder."""
        ...

    @api.get("/v1/computer/{machine_id}/fs/read")
    async def read_file(self, machine_id: Id, path: str, **call: Unpack[Options]) -> dict[str, Any]:
        """Read a file; its content comes in base64."""
        ...

    @api.post("/v1/computer/{machine_id}/fs/write", body=FileWriteRequest)
    async def write_file(self, machine_id: Id, body: FileWriteRequest | None = None, **fields: Any) -> dict[str, Any]:
        """Write or append to a file; `content` is base64."""
        ...

    @api.post("/v1/computer/{machine_id}/shell/powershell/exec", body=PowerShellExecRequest)
    async def powershell_exec(
        self, machine_id: Id, body: PowerShellExecRequest | None = None, **fields: Any
    ) -> dict[str, Any]:
        """Run a PowerShell command; `timeout` in seconds, 30 when left out."""
        ...

    @api.post("/v1/computer/{machine_id}/shell/powershell/session", body=PowerShellSessionRequest)
    async def powershell_session(
        self, machine_id: Id, body: PowerShellSessionRequest | None = None, **fields: Any
    ) -> dict[str, Any]:
        """Make or destroy a PowerShell session: `action` create or destroy."""
        ...

    @api.post("/v1/computer/{machine_id}/shell/powershell/simple")
    async def powershell_simple(self, machine_id: Id, **call: Unpack[WriteOptions]) -> dict[str, Any]:
        """Run the driver's own smallest PowerShell check."""
        ...

    @api.post("/v1/computer/{machine_id}/shell/powershell/test")
    async def powershell_test(self, machine_id: Id, **call: Unpack[WriteOptions]) -> dict[str, Any]:
        """Run the driver's own PowerShell test."""
        ...

    @api.get("/v1/computer/{machine_id}/internal/diagnostics")
    async def diagnostics(self, machine_id: Id, **call: Unpack[Options]) -> dict[str, Any]:
        """Give the driver's version, uptime and resources."""
        ...

    @api.post("/v1/computer/{machine_id}/internal/update", body=CyberdriverUpdateRequest)
    async def update(
        self, machine_id: Id, body: CyberdriverUpdateRequest | None = None, **fields: Any
    ) -> dict[str, Any]:
        """Update the driver; the machine is offline for some seconds."""
        ...

    @api.post("/v1/computer/{machine_id}/internal/keepalive/remote/activity")
    async def keepalive_activity(self, machine_id: Id, **call: Unpack[WriteOptions]) -> None:
        """Tell the keepalive that the machine is in use."""
        ...

    @api.post("/v1/computer/{machine_id}/internal/keepalive/remote/disable")
    async def keepalive_disable(self, machine_id: Id, **call: Unpack[WriteOptions]) -> None:
        """Let the machine's screen lock when idle."""
        ...

    @api.post("/v1/computer/{machine_id}/internal/keepalive/remote/enable")
    async def keepalive_enable(self, machine_id: Id, **call: Unpack[WriteOptions]) -> None:
        """Keep the machine's screen from locking."""
        ...
