"""Direct control of one machine: screen, mouse, keyboard, files and shell."""

from cyberdesk_nb.models._base import ApiModel


class DisplayDimensions(ApiModel):
    """A machine's real display, in pixels."""

    width: int
    height: int


class MousePosition(ApiModel):
    """Where the pointer is, in display pixels."""

    x: int
    y: int


class MouseMoveRequest(ApiModel):
    """Where to move the pointer, in display pixels."""

    x: int
    y: int


class MouseClickRequest(ApiModel):
    """A click, or a press (`down` true) or release (false); without x and y where the pointer is."""

    x: int | None = None
    y: int | None = None
    button: str = "left"
    down: bool | None = None
    clicks: int = 1


class MouseDragRequest(ApiModel):
    """A drag between two points; `duration` in seconds."""

    to_x: int
    to_y: int
    start_x: int
    start_y: int
    duration: float | None = None
    button: str | None = "left"


class MouseScrollRequest(ApiModel):
    """A scroll: up, down, left or right by `amount`."""

    direction: str
    amount: int
    x: int | None = None
    y: int | None = None


class KeyboardKeyRequest(ApiModel):
    """A key or chord to press (`down` null), hold (true) or release (false)."""

    text: str
    down: bool | None = None


class KeyboardTypeRequest(ApiModel):
    """Text to type as it is."""

    text: str


class CopyToClipboardRequest(ApiModel):
    """The key under which the copied text comes back."""

    text: str


class FileWriteRequest(ApiModel):
    """A file to write or to append to; `content` is base64."""

    path: str
    content: str
    mode: str = "write"


class PowerShellExecRequest(ApiModel):
    """A PowerShell command; `timeout` in seconds."""

    command: str
    same_session: bool = True
    working_directory: str | None = None
    session_id: str | None = None
    timeout: float | None = 30.0


class PowerShellSessionRequest(ApiModel):
    """A PowerShell session to create or to destroy."""

    action: str
    session_id: str | None = None


class CyberdriverUpdateRequest(ApiModel):
    """The version to which the desktop driver updates itself."""

    version: str = "latest"
    restart: bool = True


class CyberdriverShutdownRequest(ApiModel):
    """Who stops the desktop driver, and why."""

    source: str = "cloud-api"
    reason: str | None = "user_disabled_machine"
