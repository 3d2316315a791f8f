"""Our models against the official SDK's classes, the independent witness of the contract."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import types
import typing
from enum import Enum
from functools import cache
from typing import Any

import attrs
import pytest

from cyberdesk_nb import models

SIX_RESOURCES = ("Machine", "Pool", "Connection", "Workflow", "Run", "Trajectory")


@cache
def sdk_classes() -> dict[str, Any]:
    """Give every class of the official SDK's generated models by name."""
    package = importlib.import_module("openapi_client.cyberdesk_cloud_client.models")
    modules = [importlib.import_module(m.name) for m in pkgutil.iter_modules(package.__path__, package.__name__ + ".")]
    return {
        name: value
        for module in modules
        for name, value in vars(module).items()
        if inspect.isclass(value) and value.__module__ == module.__name__
    }


def ours(kind: type) -> list[str]:
    """Name our public models of a kind that the SDK has too."""
    return sorted(
        name
        for name, value in vars(models).items()
        if inspect.isclass(value) and issubclass(value, kind) and name in sdk_classes()
    )


def sdk_fields(name: str) -> dict[str, tuple[bool, bool]]:
    """Give wire name -> (required, nullable) of an SDK class."""
    return {
        field.name.rstrip("_"): (field.default is attrs.NOTHING, "None" in str(field.type))
        for field in attrs.fields(sdk_classes()[name])
        if field.name != "additional_properties"
    }


def our_fields(name: str) -> dict[str, tuple[bool, bool]]:
    """Give wire name -> (required, nullable) of one of our models."""
    hints = getattr(models, name).model_fields
    return {field: (info.is_required(), _takes_none(info.annotation)) for field, info in hints.items()}


def _takes_none(annotation: Any) -> bool:
    if typing.get_origin(annotation) in {typing.Union, types.UnionType}:
        return type(None) in typing.get_args(annotation)
    return annotation is Any


@pytest.mark.parametrize("name", ours(models.ApiModel))
def test_model_has_every_field_of_the_contract_and_no_other(name: str) -> None:
    """A model has the SDK class's fields by name: none is missing and none was made up."""
    assert set(our_fields(name)) == set(sdk_fields(name))


@pytest.mark.parametrize("name", ours(models.ApiModel))
def test_field_optionality_is_the_contracts(name: str) -> None:
    """A key is required exactly where the SDK requires it, and may be null wherever the SDK lets it be."""
    sdk, mine = sdk_fields(name), our_fields(name)
    wrong = {field: (mine[field], sdk[field]) for field in sdk if mine[field][0] != sdk[field][0]}
    wrong |= {field: (mine[field], sdk[field]) for field in sdk if sdk[field][1] and not mine[field][1]}
    # A required key that the contract never nulls must not be declared nullable: a null there is a problem to report.
    wrong |= {field: (mine[field], sdk[field]) for field in sdk if sdk[field] == (True, False) and mine[field][1]}
    assert wrong == {}


@pytest.mark.parametrize("name", ours(models.OpenEnum))
def test_enum_has_every_value_of_the_contract_and_no_other(name: str) -> None:
    """An enum lists the SDK's values; other values survive as text but are not listed."""
    sdk: type[Enum] = sdk_classes()[name]
    assert {str(member) for member in getattr(models, name)} == {member.value for member in sdk}


def test_the_six_resources_are_among_those_compared() -> None:
    """The comparison above reaches the records, the requests and the includes of all six resources."""
    compared = set(ours(models.ApiModel))
    assert {f"{noun}Response" for noun in SIX_RESOURCES} <= compared
    assert {f"{noun}Create" for noun in SIX_RESOURCES} <= compared
    assert {f"{noun}Update" for noun in SIX_RESOURCES} <= compared
    assert {f"{noun}ResponseWithIncludes" for noun in SIX_RESOURCES if noun != "Connection"} <= compared


# The plumbing of the remote view's own log-in, which customers do not call.
LEFT_OUT = ("Oidc", "CyberdriverConnection", "Ab", "Heartbeat")
GENERATED = ("Paginated", "Body")


def test_no_object_of_the_sdk_is_missing() -> None:
    """Every object and enum that the SDK names has its model; pages and multipart bodies are the client's own."""
    missing = {
        name for name in sdk_classes() if not name.startswith(GENERATED + LEFT_OUT) and not hasattr(models, name)
    }
    free_form = {name for name in missing if attrs.has(sdk_classes()[name]) and not sdk_fields(name)}
    assert missing - free_form == set()
