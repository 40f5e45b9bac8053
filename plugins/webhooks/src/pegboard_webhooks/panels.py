"""What a web console shows of events: who is told of them, what became of each, and what came in."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

import attrs

from pegboard import Action, Collection, Column, Detail, Form, Panel, Related, Section

from .receiving.routes import PREFIX as RECEIVED
from .sending.requests import Format
from .sending.routes import DELIVERIES, ONE
from .sending.routes import PREFIX as SUBSCRIPTIONS
from .sending.subscriptions import SubscriptionDraft

OFTEN = 5.0
"""Seconds: what is sent again ends in a moment, and whoever did it waits for that."""


@attrs.frozen
class DeliveryFilters:
    """Dead letters are what every attempt failed for."""

    state: Literal["waiting", "delivered", "dead"] | None = None
    type: str = attrs.field(default="", metadata={"help": "such as record.created"})
    subscription: str = attrs.field(default="", metadata={"panel": "subscriptions"})


@attrs.frozen
class EventFilters:
    """Unmatched is what no hook took, refused what was not signed as it should be."""

    state: Literal["waiting", "handled", "unmatched", "dead", "refused"] | None = None
    type: str = ""
    source: str = ""
    hook: str = ""
    since: datetime | None = None


@attrs.frozen
class SubscriptionChange:
    """What a subscription is changed to; its secret stays."""

    url: str
    events: tuple[str, ...] = attrs.field(metadata={"help": "such as record.created, record.* or *"})
    format: Format = "standard"
    ordered: bool = False
    description: str = ""


def panels() -> Iterator[Panel]:
    """The group `events`."""
    more: dict[str, Any] = {"group": "events", "scopes": ("webhooks:read",)}
    yield Panel(
        "subscriptions", "Who is told of what happens here", title="Subscriptions", content=_subscriptions(),
        icon="subscriptions", order=10, **more,
    )  # fmt: skip
    yield Panel(
        "deliveries", "Each event on its way to each receiver", title="Deliveries", content=_deliveries(),
        icon="deliveries", order=20, **more,
    )  # fmt: skip
    yield Panel(
        "received", "What others sent here", title="Received", content=_received(), icon="received", order=30, **more
    )  # fmt: skip


def _subscriptions() -> Collection:
    active, disabled = {"/status": ("active",)}, {"/status": ("disabled",)}
    return Collection(
        SUBSCRIPTIONS,
        (
            Column("Address", "/url"),
            Column("Events", "/events", "list"),
            Column("Status", "/status", "state"),
            Column("Failing since", "/failingSince", "time"),
            Column("Description", "/description"),
            Column("Made", "/createdAt", "time"),
        ),
        items="/subscriptions",
        total="/total",
        name="/url",
        create=Form("New subscription", SUBSCRIPTIONS, SubscriptionDraft, reveal=("/secret",)),
        edit=Form("Change subscription", ONE, SubscriptionChange, "PATCH"),
        detail=Detail(
            ONE,
            columns=(
                Column("Disabled because", "/reason"),
                Column("Format", "/format"),
                Column("One at a time", "/ordered", "state"),
                Column("Made by", "/createdBy"),
                Column("Id", "/id", "code"),
            ),
            related=(
                Related("Its deliveries", "deliveries", {"subscription": "{id}"}),
                Related("Its dead letters", "deliveries", {"subscription": "{id}", "state": "dead"}),
            ),
        ),
        actions=(
            Action("Send a test", f"{ONE}/test", when=active),
            Action(
                "New secret", f"{ONE}/regenerate-secret", reveal=("/secret", "/previousValidUntil"),
                confirm="Make a new secret? The old one signs beside it for a while, so that the receiver can change.",
            ),
            Action(
                "Disable", ONE, "PATCH", body={"status": "disabled"}, when=active, bulk=True,
                confirm="Disable this subscription? What waits for it becomes dead letters.",
            ),
            Action("Enable", ONE, "PATCH", body={"status": "active"}, when=disabled, bulk=True),
            Action(
                "Delete", ONE, "DELETE", bulk=True,
                confirm="Delete this subscription? Its deliveries stay to be looked at; what waits is sent no more.",
            ),
        ),
        empty="Nobody is told of anything yet. Subscribe an address, and what happens here is sent to it, signed.",
    )  # fmt: skip


def _deliveries() -> Collection:
    one = f"{DELIVERIES}/{{id}}"
    return Collection(
        DELIVERIES,
        (
            Column("Event", "/type", "code"),
            Column("About", "/subject"),
            Column("To", "/subscription", panel="subscriptions"),
            Column("State", "/state", "state"),
            Column("Attempts", "/attempts", "number"),
            Column("Answer", "/status", "number"),
            Column("Error", "/error"),
            Column("Made", "/createdAt", "time"),
        ),
        items="/deliveries",
        total="/total",
        name="/type",
        filters=DeliveryFilters,
        chips="state",
        detail=Detail(
            one,
            at="/delivery",
            columns=(
                Column("Address", "/url"),
                Column("Next attempt", "/dueAt", "time"),
                Column("Ended", "/endedAt", "time"),
                Column("Message", "/message", "code"),
            ),
            sections=(
                Section(
                    "Attempts", "/attempts", "table",
                    (
                        Column("Number", "/number", "number"),
                        Column("At", "/at", "time"),
                        Column("Answer", "/status", "number"),
                        Column("Took", "/seconds", "seconds"),
                        Column("Error", "/error"),
                        Column("It said", "/answer", "code"),
                    ),
                ),
                Section("What was sent", "/data"),
            ),
        ),
        actions=(
            Action("Send again", f"{one}/resend", unless={"/state": ("waiting",)}, bulk=True),
            Action(
                "Send all dead letters again", f"{DELIVERIES}/resend", body={"state": "dead"}, on="list",
                confirm="Send all dead letters again? Those of subscriptions that are disabled stay.",
            ),
        ),
        empty="Nothing was sent yet. What happens here is sent to subscriptions that want to hear of it.",
        refresh=OFTEN,
    )  # fmt: skip


def _received() -> Collection:
    one = f"{RECEIVED}/{{id}}"
    return Collection(
        RECEIVED,
        (
            Column("Event", "/type", "code"),
            Column("From", "/source"),
            Column("Hook", "/hook"),
            Column("State", "/state", "state"),
            Column("Error", "/error"),
            Column("Size", "/size", "bytes"),
            Column("Received", "/receivedAt", "time"),
        ),
        items="/events",
        total="/total",
        name="/type",
        filters=EventFilters,
        chips="state",
        detail=Detail(
            one,
            at="/event",
            columns=(
                Column("Attempts", "/attempts", "number"),
                Column("Sent", "/sentAt", "time"),
                Column("Next attempt", "/dueAt", "time"),
                Column("Handled", "/handledAt", "time"),
                Column("Content type", "/contentType", "code"),
                Column("Id", "/id", "code"),
            ),
            sections=(
                Section("Body", "/body"),
                Section("Headers", "/headers"),
                Section("What handling it gave", "/result"),
            ),
        ),
        actions=(
            Action("Handle again", f"{one}/resend", unless={"/state": ("waiting", "refused")}, bulk=True),
            Action(
                "Handle all dead ones again", f"{RECEIVED}/resend", body={"state": "dead"}, on="list",
                confirm="Handle all dead events again?",
            ),
        ),
        empty="Nothing came in yet. An integration with a webhook tells the address that others send events to.",
        refresh=OFTEN,
    )  # fmt: skip
