"""Merge patches (RFC 7396) of definitions."""

from collections.abc import Mapping
from typing import Any

from .engine import normalised
from .stored import OWN

Document = dict[str, Any]


def definition_of(document: Mapping[str, Any]) -> Document:
    """What a client sent as a definition: one spelling, and without what the server says of it."""
    made = normalised({name: value for name, value in document.items() if name not in OWN})
    made.setdefault("integrationType", "rest_api")
    webhook = made.get("webhookConfig")
    if isinstance(webhook, dict):
        made["webhookConfig"] = {name: value for name, value in webhook.items() if name != "webhookUrl"}
    return made


def patched(stored: Mapping[str, Any], patch: Mapping[str, Any]) -> Document:
    """`stored` with a merge patch in it. Another type of ``auth`` replaces the whole of it: no field of one is the
    other's.
    """
    change = _one_spelling(patch)
    before = dict(stored)
    auth = change.get("auth")
    if isinstance(auth, dict) and auth.get("type", _kind(before)) != _kind(before):
        before.pop("auth", None)
    return definition_of(_merged(before, change))


def _one_spelling(patch: Mapping[str, Any]) -> Document:
    change = dict(patch)
    if "auth" not in change and ("authType" in change or "authConfig" in change):
        kind, config = change.pop("authType", None), change.pop("authConfig", None)
        change["auth"] = {**(config or {}), **({} if kind is None else {"type": kind})}
    return change


def _kind(document: Mapping[str, Any]) -> Any:
    auth = document.get("auth")
    return auth.get("type") if isinstance(auth, dict) else None


def _merged(target: Any, patch: Any) -> Any:
    if not isinstance(patch, Mapping):
        return patch
    made = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            made.pop(name, None)
        else:
            made[name] = _merged(made.get(name), value)
    return made
