"""Answers of the other side, as they are told: masked, and cut where they are long."""

from http import HTTPStatus
from typing import Any

import attrs
import orjson

from pegboard import MISSING
from pegboard_egress import EgressResponse
from pegboard_jsonpath import text_of

from .pages import Received, SentRequest, Try, WalkFailed
from .plan import Plan

EXCERPT = 2048
"""Characters."""
MESSAGES = ("error.message", "error_description", "message", "error", "detail", "title", "errors")


@attrs.frozen
class Fetched:
    """An answer below 400."""

    response: EgressResponse
    sent: SentRequest
    received: Received
    tries: tuple[Try, ...]
    waited: float

    def failed(self, detail: str, rule: str) -> WalkFailed:
        """The cause first, then where."""
        place = f"({self.sent.method} {self.sent.url} answered {self.received.status})"
        return WalkFailed(f"{detail} {place}", rule=rule, request=self.sent, response=self.received, tries=self.tries)


def refusal(plan: Plan, outcome: EgressResponse) -> str:
    """What an answer of 300 or more says, in words; a hint where there is one."""
    try:
        phrase = HTTPStatus(outcome.status).phrase
    except ValueError:
        phrase = "a status that HTTP does not know"
    message = plan.masks.text(_message(plan, outcome.body))
    hint = ""
    if outcome.status == 401:
        hint = f"; auth is of the type {plan.auth[0].name}: are its values right?"
    elif 300 <= outcome.status < 400:
        hint = "; a redirect that leads nowhere"
    return f"{outcome.status} {phrase}{f': {message}' if message else ''}{hint}"


def received_of(plan: Plan, response: EgressResponse) -> Received:
    """What is shown of an answer."""
    return Received(
        response.status,
        plan.masks.url(response.url),
        plan.masks.headers(response.headers),
        response.headers.get("Content-Type", ""),
        len(response.body),
        response.elapsed,
        excerpt(plan, response.body),
    )


def excerpt(plan: Plan, body: bytes) -> str:
    """The first 2 KiB as text. A secret that would be cut in two is masked first."""
    text = body[: EXCERPT + plan.masks.longest].decode(errors="replace")
    return plan.masks.text(text)[:EXCERPT]


def _message(plan: Plan, body: bytes) -> str:
    """What an answer itself says went wrong."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    found = MISSING if plan.error_path is None else plan.error_path.get(document)
    if not found:
        found = next((one for one in (_looked(document, name) for name in MESSAGES) if one), "")
    return text_of(found)[:300]


def _looked(document: Any, path: str) -> Any:
    for step in path.split("."):
        document = document.get(step) if isinstance(document, dict) else None
    return document
