"""Saved widgets: reading and writing them, each for its tenant."""

import re
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import attrs
import orjson
from sqlalchemy import Select, Text, and_, cast, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from pegboard import AuditEvent, Principal, Problem, Services, record_event
from pegboard.json import converter
from pegboard_store import Page, Store, paginate

from .documents import Widget, WidgetDraft, WidgetQuery
from .errors import not_found
from .matching import check_match
from .prefixes import claim, taken
from .sealing import Sealing
from .stored import StoredWidget
from .tables import calls, minutes, widgets

PLANS = "endpoints.plans"
PATHS = "endpoints.paths"

ID = re.compile(r"widget_[0-9a-f]{20}")
STEP = 200
"""Widgets read at a time where all are walked."""

COLUMNS = {name: widgets.c[name] for name in ("name", "project_id", "size", "created_at", "updated_at")}


def pattern_of(path: str | None) -> str | None:
    """What makes two paths the same address: the names of parameters do not."""
    if path is None:
        return None
    return "/".join(_nameless(step) for step in path.split("/"))


def _nameless(step: str) -> str:
    return "{:path}" if step.endswith(":path}") else "{}" if step.startswith("{") else step


def path_change(widget_id: str, old: WidgetDraft | None, new: WidgetDraft | None) -> str:
    """The news of an address that every process needs, as the key of a change."""
    document = {"id": widget_id, "old": old and old.path, "new": new and new.path, "methods": new and new.methods}
    return orjson.dumps(document).decode()


def _values(stored: StoredWidget) -> dict[str, Any]:
    values = attrs.asdict(stored.draft, recurse=False)
    return values | {
        "endpoint_data": converter.unstructure(stored.draft.endpoint_data),
        "path_pattern": pattern_of(stored.draft.path),
        "credentials": stored.credentials,
    }


class Widgets:
    """The widgets of all tenants in the store. Who changes one is told to the auditor, if there is one."""

    def __init__(self, services: Services, sealing: Sealing) -> None:
        self._services = services
        self._store = services.get(Store)
        self._sealing = sealing

    async def create(self, caller: Principal, draft: WidgetDraft, request: Request | None = None) -> StoredWidget:
        """Raises Problem 409 if the path is taken."""
        now = datetime.now(UTC)
        given = StoredWidget(f"widget_{secrets.token_hex(10)}", caller.tenant, draft, 1, now, now)
        stored = self._sealing.sealed(given)
        row = _values(stored) | {
            "id": stored.id,
            "tenant": caller.tenant,
            "revision": 1,
            "created_by": caller.id,
            "created_at": now,
            "updated_at": now,
        }
        async with self._store.begin() as session:
            await self._claim(session, caller.tenant, draft)
            await _unless_taken(session, insert(widgets).values(row), draft.path)
            await self._publish(session, stored.id, None, draft)
            event = AuditEvent("widgets.create", "widget", stored.id, after=stored.told())
            await record_event(self._services, event, principal=caller, request=request, transaction=session)
        return stored

    async def get(self, widget_id: str, tenant: str | None) -> StoredWidget:
        """One widget of a tenant, or of any where `tenant` is None; credentials stay shut. Raises Problem 404."""
        async with self._store.read() as session:
            return await _one(session, widget_id, tenant)

    async def opened(self, widget_id: str) -> StoredWidget:
        """A widget of any tenant with its credentials. Raises Problem 404, 503 or 500."""
        return self._sealing.opened(await self.get(widget_id, None))

    async def page(self, tenant: str, query: WidgetQuery) -> Page[Widget]:
        # the listed columns make a row out of each result, where a lone entity would be an object
        statement = select(*widgets.c).where(widgets.c.tenant == tenant)
        if query.project_id:
            statement = statement.where(widgets.c.project_id == query.project_id)
        if query.search:
            places = (widgets.c.name, widgets.c.description, widgets.c.path)
            statement = statement.where(or_(*(place.icontains(query.search, autoescape=True) for place in places)))
        async with self._store.read() as session:
            return await paginate(
                session,
                statement,
                query,
                columns=COLUMNS,
                default="created_at:desc",
                unique=widgets.c.id,
                make=lambda row: StoredWidget.of(row).shown(),
            )

    async def described(self, tenant: str | None) -> AsyncIterator[StoredWidget]:
        """The public widgets and those of `tenant`, newest first, for documents about the API.

        Read in steps, each in a session of its own: whoever asks may stop early, or take its time.
        """
        order = (widgets.c.created_at.desc(), widgets.c.id.desc())
        visible = select(*widgets.c).where(widgets.c.public | (widgets.c.tenant == tenant)).order_by(*order).limit(STEP)
        found = await self._stored(visible)
        while found:
            for widget in found:
                yield widget
            last = found[-1]
            same_time = and_(widgets.c.created_at == last.created_at, widgets.c.id < last.id)
            older = or_(widgets.c.created_at < last.created_at, same_time)
            found = await self._stored(visible.where(older)) if len(found) == STEP else []

    async def _stored(self, statement: Select[Any]) -> list[StoredWidget]:
        async with self._store.read() as session:
            return [StoredWidget.of(row) for row in await session.execute(statement)]

    async def replace(
        self, before: StoredWidget, draft: WidgetDraft, caller: Principal, request: Request | None = None
    ) -> StoredWidget:
        """Write a new draft over the revision that was read. Raises Problem 409 if another writer was faster."""
        now = datetime.now(UTC)
        given = attrs.evolve(before, draft=draft, revision=before.revision + 1, updated_at=now)
        after = self._sealing.resealed(before, given)
        changed = _values(after) | {"revision": after.revision, "updated_at": now}
        where = (widgets.c.id == before.id, widgets.c.tenant == before.tenant, widgets.c.revision == before.revision)
        async with self._store.begin() as session:
            await self._claim(session, before.tenant, draft)
            result = await _unless_taken(session, update(widgets).where(*where).values(changed), draft.path)
            if result.rowcount != 1:
                await _one(session, before.id, before.tenant)
                raise Problem(409, "widget-changed", "the widget was changed meanwhile; read it and try again")
            await self._publish(session, before.id, before.draft, draft)
            event = AuditEvent("widgets.update", "widget", before.id, before.told(), after.told())
            await record_event(self._services, event, principal=caller, request=request, transaction=session)
        return after

    async def delete(self, widget_id: str, caller: Principal, request: Request | None = None) -> None:
        """With its history. Raises Problem 404, 412."""
        async with self._store.begin() as session:
            before = await _one(session, widget_id, caller.tenant)
            check_match(request, before)
            for table, column in ((widgets, "id"), (calls, "widget_id"), (minutes, "widget_id")):
                await session.execute(delete(table).where(table.c[column] == widget_id))
            await self._publish(session, widget_id, before.draft, None)
            event = AuditEvent("widgets.delete", "widget", widget_id, before=before.told())
            await record_event(self._services, event, principal=caller, request=request, transaction=session)

    async def addresses(self) -> Sequence[tuple[str, str, str]]:
        """(id, path, methods as JSON) of all widgets that have a path: many, and few of their methods differ."""
        statement = select(widgets.c.id, widgets.c.path, cast(widgets.c.methods, Text))
        async with self._store.read() as session:
            return (await session.execute(statement.where(widgets.c.path.is_not(None)))).all()

    async def _claim(self, session: AsyncSession, tenant: str, draft: WidgetDraft) -> None:
        if draft.path is not None:
            await claim(session, self._store.dialect, draft.path, tenant)

    async def _publish(
        self, session: AsyncSession, widget_id: str, old: WidgetDraft | None, new: WidgetDraft | None
    ) -> None:
        changes = self._store.changes
        await changes.publish(session, PLANS, widget_id)
        addresses = [(draft.path, draft.methods) for draft in (old, new) if draft]
        if any(path for path, _ in addresses) and (len(addresses) == 1 or addresses[0] != addresses[1]):
            await changes.publish(session, PATHS, path_change(widget_id, old, new))


async def _one(session: AsyncSession, widget_id: str, tenant: str | None) -> StoredWidget:
    if not ID.fullmatch(widget_id):
        raise not_found(widget_id)
    statement = select(*widgets.c).where(widgets.c.id == widget_id)
    if tenant is not None:
        statement = statement.where(widgets.c.tenant == tenant)
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise not_found(widget_id)
    return StoredWidget.of(row)


async def _unless_taken(session: AsyncSession, statement: Any, path: str | None) -> Any:
    try:
        return await session.execute(statement)
    except IntegrityError:
        if path is None:
            raise
        raise taken(path, "choose another") from None


def merged(document: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON merge patch (RFC 7396), except that `params` and `headers` are replaced whole."""
    result = {**document, **patch}
    if isinstance(patch.get("endpoint_data"), Mapping):
        result["endpoint_data"] = _present({**document["endpoint_data"], **patch["endpoint_data"]})
    return _present(result)


def _present(members: Mapping[str, Any]) -> dict[str, Any]:
    """Without those that a patch set to null: they have their defaults again."""
    return {name: value for name, value in members.items() if value is not None}
