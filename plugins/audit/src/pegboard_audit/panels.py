"""What a web console shows of the audit log."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

import attrs

from pegboard import Collection, Column, Detail, Download, Panel, Related, Section

PATH = "/api/v1/audit"


@attrs.frozen
class Filters:
    """Those of the list, as one would choose them."""

    outcome: Literal["success", "failure", "refused"] | None = None
    action: str = attrs.field(default="", metadata={"help": "such as keys.create; keys.* is all of keys"})
    actor: str = attrs.field(default="", metadata={"help": "the id of who did it"})
    objectType: str = attrs.field(default="", metadata={"help": "such as key"})
    objectId: str = attrs.field(default="", metadata={"help": "the id of what it was done to"})
    requestId: str = attrs.field(default="", metadata={"help": "the X-Request-ID of the answer"})
    since: datetime | None = None
    until: datetime | None = None


def panels() -> Iterator[Panel]:
    """One, in the group `access`."""
    yield Panel(
        "audit", "Who did what, and what it changed", title="Audit", content=ENTRIES, group="access", icon="audit",
        order=30, scopes=("audit:read",),
    )  # fmt: skip


ENTRIES = Collection(
    PATH,
    (
        Column("When", "/at", "time"),
        Column("Who", "/actor/username"),
        Column("Action", "/action", "code"),
        Column("What", "/object/type"),
        Column("Id", "/object/id", "code"),
        Column("Outcome", "/outcome", "state"),
    ),
    items="/entries",
    total="/total",
    name="/action",
    filters=Filters,
    chips="outcome",
    downloads=(Download("JSON lines", f"{PATH}/export"),),
    detail=Detail(
        f"{PATH}/{{id}}",
        columns=(
            Column("Detail", "/detail"),
            Column("Who, by id", "/actor/id", "code"),
            Column("Credential", "/actor/credential", "code"),
            Column("Address", "/address"),
            Column("Request", "/requestId", "code"),
        ),
        sections=(Section("What it changed", "/changes", "changes"),),
        related=(
            Related("All that happened to it", "audit", {"objectType": "{object/type}", "objectId": "{object/id}"}),
            Related("All of the same request", "audit", {"requestId": "{requestId}"}),
        ),
    ),
    empty="Nothing happened yet. What somebody changes is here, with how it was before and after.",
)
