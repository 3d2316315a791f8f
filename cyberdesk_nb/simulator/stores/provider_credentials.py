"""The organisation's own keys for model providers: four slots, of which only hints are ever kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cyberdesk_nb.simulator.refusals import Refusal
from cyberdesk_nb.simulator.world.world import Record, World

REGIONS = ("us-east-1", "us-east-2", "us-west-2")
_NAMES = {
    "anthropic": ("Anthropic", ["anthropic"]),
    "aws_bedrock": ("AWS Bedrock", ["aws_bedrock"]),
    "google": ("Google", ["google", "google_vertex"]),
    "openai": ("OpenAI", ["openai"]),
}
SHORTEST_HINTED = 8
_HINTS = dict.fromkeys(("key_last4", "project_id", "client_email", "aws_region", "access_key_id_last4"))
_BAD_KEY = "invalid"


@dataclass(slots=True)
class ProviderCredentials:
    """The four slots of one organisation.

    A key that contains the word "invalid" is taken as one that the provider refuses, so that both outcomes of a
    validation can be tried out.
    """

    _slots: dict[str, Record] = field(default_factory=dict[str, Record])
    _refused: set[str] = field(default_factory=set[str])

    def listed(self) -> list[Record]:
        """Return all four slots, filled or not."""
        return [self.slot(name) for name in _NAMES]

    def slot(self, name: str) -> Record:
        """Return one slot; an empty one uses the platform's own key."""
        return self._slots.get(name) or _slot(name, source="cyberdesk", status=None)

    def upsert(self, world: World, name: str, body: Record) -> Record:
        """Fill a slot; its key is taken as good until it is tried. 400 when the secrets that it needs are missing."""
        auth_type, hints, secret = _read(name, body)
        now = world.clock.now()
        created_at = self.slot(name)["created_at"] or now
        self._refused.discard(name)
        if _BAD_KEY in secret:
            self._refused.add(name)
        self._slots[name] = _slot(
            name,
            source="organization",
            status="active",
            auth_type=auth_type,
            display_metadata={**_HINTS, **hints},
            activated_at=now,
            created_at=created_at,
            updated_at=now,
        )
        return self._noted(world, name)

    def delete(self, world: World, name: str) -> Record:
        """Empty a slot; it stays the organisation's, so runs that need it fail until it is filled again."""
        self._slots[name] = _slot(name, source="organization", status="missing", updated_at=world.clock.now())
        return self._noted(world, name)

    def validate(self, world: World, name: str) -> Record:
        """Try the key of a slot, as one live call would."""
        slot = self.slot(name)
        error = self._problem(name, slot)
        if slot["source"] == "organization":
            checked = {"last_validated_at": world.clock.now(), "last_error": error}
            status = "missing" if slot["status"] == "missing" else ("invalid" if error else "active")
            self._slots[name] = {**slot, **checked, "status": status}
            slot = self._noted(world, name)
        check = {
            "check": "completion",
            "label": f"{slot['display_name']} answers a short prompt",
            "ok": error is None,
            "model": None,
            "location": None,
            "error": error,
            "is_auth_error": error is not None,
        }
        return {"slot": name, "ok": error is None, "checks": [check], "credential": slot}

    def _noted(self, world: World, name: str) -> Record:
        """Let the world know whether runs find a key, and return the slot."""
        slot = self._slots[name]
        change = (
            world.keyless_providers.difference_update if slot["status"] == "active" else world.keyless_providers.update
        )
        change(slot["covered_providers"])
        return slot

    def _problem(self, name: str, slot: Record) -> str | None:
        if slot["status"] == "missing":
            return "No key is stored"
        return "The provider refused the key" if name in self._refused else None


def _slot(name: str, **values: Any) -> Record:
    display_name, providers = _NAMES[name]
    empty = ("auth_type", "last_error", "activated_at", "last_validated_at", "created_at", "updated_at")
    return {
        "slot": name,
        "display_name": display_name,
        "covered_providers": providers,
        "display_metadata": dict(_HINTS),
        **dict.fromkeys(empty),
        **values,
    }


def last4(secret: str) -> str | None:
    """Return the end by which a person knows a key again; of a short one it would be too much to show."""
    return secret[-4:] if len(secret) >= SHORTEST_HINTED else None


def _read(name: str, body: Record) -> tuple[str, Record, str]:
    """Return the kind of secret, the hints by which a person knows it, and the secret."""
    if name == "google" and body.get("service_account_json"):
        # Its project and address stand in the secret, of which nothing is kept: better no hint than a made-up one.
        return "service_account_json", {}, body["service_account_json"]
    if name == "aws_bedrock":
        return _read_bedrock(body)
    return "api_key", {"key_last4": last4(_needed(body, "api_key"))}, body["api_key"]


def _read_bedrock(body: Record) -> tuple[str, Record, str]:
    region = _needed(body, "aws_region")
    if region not in REGIONS:
        raise Refusal(400, f"aws_region must be one of {', '.join(REGIONS)}", code="invalid_credential")
    if body.get("bedrock_auth_mode") == "iam":
        key_id = _needed(body, "aws_access_key_id")
        secret = _needed(body, "aws_secret_access_key")
        return "aws_iam", {"aws_region": region, "access_key_id_last4": last4(key_id)}, key_id + secret
    key = _needed(body, "api_key")
    return "aws_bedrock_api_key", {"aws_region": region, "key_last4": last4(key)}, key


def _needed(body: Record, key: str) -> str:
    value = body.get(key)
    if not value:
        raise Refusal(400, f"{key} is needed for this slot", code="invalid_credential")
    return value
