"""What the routes of a model do: from a request to an operation, as whoever calls."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import attrs
import orjson
from starlette.responses import Response, StreamingResponse

from pegboard import Call, Principal, Problem
from pegboard.auth import grants

from .declaring import Model, Routes
from .errors import no_row, refused_filter
from .exporting import MEDIA, exported
from .kinds import read_value
from .matching import match_of, tagged
from .reading import Query
from .results import BulkResult, Change
from .service import Models
from .shapes import Count, ItemOutcome, Outcome, allowed, given, parameters
from .values import document

Asked = Call[Any, Any]


@attrs.frozen
class Handlers:
    """The handlers of one model's routes."""

    model: Model
    routes: Routes

    def caller(self, call: Asked) -> Principal:
        """Who calls; of a route that is open to everybody perhaps nobody, who sees what is public."""
        return call.principal or Principal("anonymous", self.routes.public_tenant)

    def everyone(self, call: Asked) -> bool:
        return grants(self.caller(call).scopes, self.routes.scope("admin"))

    def reader(self, call: Asked) -> Any:
        return _models(call).read(self.caller(call), everyone=self.everyone(call), public=True)

    def transaction(self, call: Asked) -> Any:
        request, everyone = call.request, self.everyone(call)
        return _models(call).begin(self.caller(call), everyone=everyone, public=True, request=request)

    def row_id(self, call: Asked) -> Any:
        """The id in the address. Raises Problem 404: what is no id is the id of no row."""
        text = call.path["id"]
        try:
            return _number(text) if self.model.id == "integer" else read_value(self.model.id_type, "uuid", text)
        except ValueError:
            raise no_row(self.model.noun, text) from None

    def query(self, call: Asked) -> Query:
        """Which rows are asked for. Raises Problem 403 for deleted ones that the caller may not see."""
        asked = call.query
        if asked.deleted != "exclude" and not grants(self.caller(call).scopes, self.routes.scope("write")):
            detail = f"deleted rows are seen with the scope {self.routes.scope('write')}"
            raise Problem(403, "insufficient-scope", detail, extra={"scopes": [self.routes.scope("write")]})
        equal = {name: getattr(asked, name, None) for name in parameters(self.model)}
        filters = _joined(asked.filter, {name: value for name, value in equal.items() if value is not None})
        more = {
            name: getattr(asked, name) for name in ("sort", "limit", "skip", "cursor", "total") if hasattr(asked, name)
        }
        return Query(filters, asked.search, deleted=asked.deleted, **more)

    async def list(self, call: Asked) -> dict[str, Any]:
        async with self.reader(call) as reader:
            found = await reader.list(self.model.type, self.query(call))
        items = [document(self.model, row) for row in found.items]
        return {"items": items, "next": found.next, "total": found.total}

    async def count(self, call: Asked) -> Count:
        query = self.query(call)
        async with self.reader(call) as reader:
            found = await reader.count(self.model.type, query.filter, search=query.search, deleted=query.deleted)
        return Count(found)

    async def export(self, call: Asked) -> Response:
        form, query = call.query.format, self.query(call)
        parts = exported(_models(call), self.model, self.caller(call), query, form, self.everyone(call))
        first = await anext(parts, b"")  # what is wrong from the start is a problem, and no broken stream
        if form == "csv":
            first += await anext(parts, b"")  # the names of the columns know nothing of the filter
        headers = {"Content-Disposition": f'attachment; filename="{self.model.table}.{form}"'}
        return StreamingResponse(_all(first, parts), media_type=MEDIA[form], headers=headers)

    async def read(self, call: Asked) -> Response:
        async with self.reader(call) as reader:
            return tagged(self.model, await reader.read(self.model.type, self.row_id(call)))

    async def create(self, call: Asked) -> Response:
        async with self.transaction(call) as tx:
            row = await tx.create(self.model.type, given(call.body))
        return tagged(self.model, row, 201, f"{self.routes.path}/{row.id}")

    async def upsert(self, call: Asked) -> Response:
        async with self.transaction(call) as tx:
            row, made = await tx.upsert(self.model.type, given(call.body))
        return tagged(self.model, row, *((201, f"{self.routes.path}/{row.id}") if made else ()))

    async def update(self, call: Asked) -> Response:
        match = match_of(call.request, self.model, self.routes)
        async with self.transaction(call) as tx:
            row = await tx.update(self.model.type, self.row_id(call), given(call.body), match=match)
        return tagged(self.model, row)

    async def delete(self, call: Asked) -> None:
        match, purge = match_of(call.request, self.model, self.routes), bool(call.query and call.query.purge)
        async with self.transaction(call) as tx:
            await tx.delete(self.model.type, self.row_id(call), match=match, purge=purge)

    async def restore(self, call: Asked) -> Response:
        match = match_of(call.request, self.model, self.routes)
        async with self.transaction(call) as tx:
            return tagged(self.model, await tx.restore(self.model.type, self.row_id(call), match=match))

    async def bulk_create(self, call: Asked) -> Outcome:
        async with self.transaction(call) as tx:
            found = await tx.create_many(self.model.type, call.body.items, atomic=call.body.atomic, check=self.allowed)
        return outcome(found)

    async def bulk_upsert(self, call: Asked) -> Outcome:
        async with self.transaction(call) as tx:
            found = await tx.upsert_many(self.model.type, call.body.items, atomic=call.body.atomic, check=self.allowed)
        return outcome(found)

    async def bulk_update(self, call: Asked) -> Outcome:
        items = [Change(item.id, item.changes, item.version) for item in call.body.items]
        async with self.transaction(call) as tx:
            found = await tx.update_many(self.model.type, items, atomic=call.body.atomic, check=self.allowed)
        return outcome(found)

    async def bulk_delete(self, call: Asked) -> Outcome:
        async with self.transaction(call) as tx:
            return outcome(await tx.delete_many(self.model.type, call.body.items, atomic=call.body.atomic))

    def allowed(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        return allowed(self.model, values)


def _models(call: Asked) -> Models:
    return call.services.get(Models)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        raise ValueError(text)
    return int(text)


def _joined(text: str, equal: Mapping[str, Any]) -> Mapping[str, Any]:
    """The filter of a query, and its parameters that must be equal."""
    if not text:
        return equal
    try:
        asked: Any = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise refused_filter("", f"is not valid JSON: {error}") from None
    if not isinstance(asked, dict):
        raise refused_filter("", 'write an object, such as {"status": "open", "price": {"$gte": 10}}')
    twice = sorted(equal.keys() & asked.keys())
    if twice:
        raise refused_filter(f"/{twice[0]}", "is a parameter of the query already: take one of them")
    return {**asked, **equal}


async def _all(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for part in rest:
        yield part


def outcome(result: BulkResult) -> Outcome:
    """A bulk result as it goes over the wire."""
    told = [
        ItemOutcome(one.index, one.status, one.id, one.version, one.problem.body() if one.problem else None)
        for one in result.results
    ]
    return Outcome(len(told) - len(result.failed), len(result.failed), told)
