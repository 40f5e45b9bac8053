"""Entries as they go over the wire, and what one may ask for."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import attrs
from attrs.validators import and_, ge, le, max_len
from sqlalchemy import ColumnElement, Row

from .tables import entries


@attrs.frozen
class Actor:
    """Who did it. `credential` names the key that was used, never its secret."""

    id: str
    username: str
    credential: str


@attrs.frozen
class Target:
    """What it was done to."""

    type: str
    id: str


@attrs.frozen
class Entry:
    """One operation. `changes` are the places that differ, each with a JSON pointer, ``before`` and ``after``.

    `address` and `requestId` are empty where no request caused it: on the command line, or at a start of the app.
    """

    id: str
    at: datetime
    tenant: str
    actor: Actor
    address: str
    requestId: str
    action: str
    object: Target
    outcome: str
    detail: str
    changes: Sequence[Mapping[str, Any]]

    @classmethod
    def of(cls, row: Row[Any]) -> "Entry":
        return cls(
            id=row.id,
            at=row.at,
            tenant=row.tenant,
            actor=Actor(row.actor, row.username, row.credential),
            address=row.address,
            requestId=row.request_id,
            action=row.action,
            object=Target(row.kind, row.object),
            outcome=row.outcome,
            detail=row.detail,
            changes=row.changes,
        )


@attrs.frozen
class EntryPage:
    """Some of the entries that fit, newest first; `total` is how many fit."""

    entries: Sequence[Entry]
    total: int
    limit: int
    offset: int


def _no_nul(instance: object, attribute: Any, value: str) -> None:
    # PostgreSQL can compare every character but this one
    if "\0" in value:
        raise ValueError("must not hold the character U+0000")


def _word(help: str) -> Any:
    return attrs.field(default="", validator=and_(max_len(300), _no_nul), metadata={"help": help})


@attrs.frozen
class EntryFilter:
    """Which entries: all that fit everything that is given."""

    actor: str = _word("the id of who did it")
    action: str = _word("such as widgets.update; widgets.* is all of widgets")
    objectType: str = _word("such as widget")
    objectId: str = _word("the id of what it was done to")
    outcome: str = _word("success, failure or refused")
    requestId: str = _word("the X-Request-ID of the answer")
    since: datetime | None = attrs.field(default=None, metadata={"help": "the earliest time"})
    until: datetime | None = attrs.field(default=None, metadata={"help": "the time before which they are"})

    def conditions(self) -> list[ColumnElement[bool]]:
        """The same as SQL."""
        c = entries.c
        columns = {c.actor: self.actor, c.kind: self.objectType, c.object: self.objectId, c.outcome: self.outcome}
        found = [column == value for column, value in {**columns, c.request_id: self.requestId}.items() if value]
        if self.action.endswith(".*"):
            found.append(c.action.startswith(self.action[:-1], autoescape=True))
        elif self.action:
            found.append(c.action == self.action)
        found += [c.at >= self.since] if self.since else []
        return found + ([c.at < self.until] if self.until else [])


@attrs.frozen
class EntryQuery(EntryFilter):
    limit: int = attrs.field(default=50, validator=and_(ge(1), le(500)))
    offset: int = attrs.field(default=0, validator=and_(ge(0), le(10_000_000)))
