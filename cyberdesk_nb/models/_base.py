"""What every wire shape shares: open objects, open enums, UTC times, masked secrets."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    PrivateAttr,
    SecretStr,
    SerializationInfo,
)
from pydantic import Secret as MaskedSecret

_MASK = "***"
_WIRE = {"reveal": True}


def _as_utc(time: datetime) -> datetime:
    if time.tzinfo is None:
        return time.replace(tzinfo=UTC)
    try:
        return time.astimezone(UTC)
    except OverflowError:
        # 9999-12-31T23:59-05:00 has no UTC form in Python; the offset it came with is still the same instant.
        return time


def _wire_only(secret: MaskedSecret[Any], info: SerializationInfo) -> Any:
    revealed = bool(info.context and info.context.get("reveal"))
    return secret.get_secret_value() if revealed else _MASK


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, UUID) else value


Id = Annotated[str, BeforeValidator(_as_text)]
"""An id as the API spells it (a uuid in text, seldom another string); a `uuid.UUID` is taken too."""

Time = Annotated[datetime, AfterValidator(_as_utc)]
"""An aware UTC time; a naive one from the server is taken as UTC."""

SecretText = Annotated[SecretStr, PlainSerializer(_wire_only)]
"""Text that shows as `***` everywhere; `.get_secret_value()` reads it."""

SecretValues = Annotated[MaskedSecret[dict[str, Any]], PlainSerializer(_wire_only)]
"""A mapping of secrets that shows as `***` everywhere; `.get_secret_value()` reads it."""


class OpenEnum(StrEnum):
    """A string enum that keeps a value the API did not have when this was written.

    ``RunStatus("paused") == "paused"`` holds and `is_known` is False; nothing is raised and nothing is lost.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        unknown = str.__new__(cls, value)
        unknown._name_ = value
        unknown._value_ = value
        return unknown

    def __reduce_ex__(self, _protocol: object) -> tuple[type[Self], tuple[str]]:
        # Some versions of enum pickle by name, and an unknown value has none.
        return type(self), (str(self),)

    @property
    def is_known(self) -> bool:
        """Whether the value is one of those listed here."""
        return self._name_ in type(self).__members__


class ApiModel(BaseModel):
    """One object of the API: frozen, with the fields that this version does not know kept as attributes.

    Errors of validation never repeat the input, since it may hold a secret.
    """

    model_config = ConfigDict(frozen=True, extra="allow", protected_namespaces=(), hide_input_in_errors=True)

    # No private attribute: those are compared, pickled and copied, and a changed copy must not keep it.
    __slots__ = ("_wire",)

    _related: dict[str, ApiModel] = PrivateAttr(default_factory=dict[str, "ApiModel"])

    def to_wire(self) -> dict[str, Any]:
        """Give the JSON body to send: only the keys that were set, secrets in plain.

        An explicit None is sent as null, which differs from absence. Do not log or print what comes back.
        """
        return self.model_dump(mode="json", exclude_unset=True, context=_WIRE)


def relate(record: ApiModel, kind: str, target: ApiModel) -> None:
    """Make `target` reachable from `record` under the name of its kind."""
    record._related[kind] = target  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - the one place that fills it


def keep_wire(record: ApiModel, wire: Mapping[str, Any]) -> None:
    """Let a record remember the object that it was read from."""
    object.__setattr__(record, "_wire", wire)


def wire_of(record: ApiModel) -> Mapping[str, Any] | None:
    """Give the object that a record was read from, each value as the server spelled it.

    None for a record that was made or copied here, and for kinds of records that hold secrets.
    """
    return getattr(record, "_wire", None)


class IncludedResource(ApiModel):
    """A related record beside a page or record: its `type`, its `id`, and the record's own fields."""

    type: str
    id: Id
