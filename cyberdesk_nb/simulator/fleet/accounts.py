"""What the organisation has beside machines and workflows: model configurations and request logs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from cyberdesk_nb.simulator.chance import mix, named_id, rng

Record = dict[str, Any]

_MODELS = (
    ("Standard agent", "anthropic", "claude-sonnet-4-6", True),
    ("Fast agent", "openai", "gpt-5.4", True),
    ("Screen comparison", "openai", "gpt-5-mini", False),
    ("Extraction", "google", "gemini-3-flash", False),
)
_CALLS = (
    ("GET", "/computer/display/screenshot", 200, 214_000),
    ("POST", "/computer/input/mouse/click", 204, 0),
    ("POST", "/computer/input/keyboard/type", 204, 0),
    ("GET", "/computer/display/dimensions", 200, 31),
)


def model_configurations(seed: int, since: datetime) -> list[Record]:
    """Return the platform's default models as ModelConfigurationResponse."""
    made = since - timedelta(days=200)
    return [
        {
            "id": named_id(seed, "model", name),
            "name": name,
            "description": None,
            "provider": provider,
            "model": model,
            "temperature": 0.0,
            "max_tokens": 8192,
            "timeout_seconds": 120.0,
            "max_retries": 2,
            "additional_params": None,
            "agent_harness_version_string": None,
            "is_computer_use_model": computer_use,
            "is_archived": False,
            "is_system_default": True,
            "organization_id": None,
            "api_key_alias": None,
            "created_at": made,
            "updated_at": made,
        }
        for name, provider, model, computer_use in _MODELS
    ]


def request_logs(seed: int, machines: Sequence[Record], org_id: str, anchor: datetime) -> list[Record]:
    """Return RequestLogResponse for some calls of the last hours, newest last."""
    connected = [machine for machine in machines if machine["status"] == "connected"]
    return [_request_log(seed, number, connected, org_id, anchor) for number in range(120 if connected else 0)]


def _request_log(seed: int, number: int, machines: Sequence[Record], org_id: str, anchor: datetime) -> Record:
    dice = rng(seed, 70, number)
    method, path, status, size = dice.choice(_CALLS)
    duration_ms = int(dice.lognormvariate(4.6, 0.6))
    failed = dice.random() < 0.03
    created = anchor - timedelta(seconds=(120 - number) * 95.0 + dice.uniform(0, 60))
    return {
        "id": named_id(seed, "request-log", number),
        "request_id": f"req_{mix(seed, 71, number):016x}",
        "method": method,
        "path": path,
        "machine_id": dice.choice(machines)["id"],
        "created_at": created,
        "completed_at": created + timedelta(milliseconds=duration_ms),
        "status_code": 504 if failed else status,
        "request_size_bytes": 0 if method == "GET" else dice.randint(24, 220),
        "response_size_bytes": 0 if failed else size and int(size * dice.uniform(0.8, 1.2)),
        "duration_ms": 30_000 if failed else duration_ms,
        "error_message": "The machine did not answer in time" if failed else None,
        "organization_id": org_id,
    }
