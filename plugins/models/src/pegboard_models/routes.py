"""The routes of models, for the hook of the plugin that declares them."""

from collections.abc import Callable, Iterator
from typing import Any

import attrs

from pegboard import RouteSpec

from .declaring import Model, Operation, Routes, model_of
from .exporting import MEDIA
from .handlers import Handlers
from .shapes import (
    Count,
    Outcome,
    Removal,
    Selection,
    bulk_of,
    draft_of,
    export_of,
    page_of,
    patch_of,
    put_of,
    query_of,
    row_of,
)

SIZE = 1024 * 1024
BULK_SIZE = 16 * 1024 * 1024

MATCHING = "With `If-Match` only if it still has that ETag."
CHANGED = {412: "It was changed: its ETag is another than that of `If-Match`"}
TAKEN = {409: "A unique value is taken", 422: "Not as its model wants it"}


def model_routes(*kinds: type) -> Iterator[RouteSpec]:
    """For the hook: ``return model_routes(Product, Category)``. A model without `routes` has none.

    Raises TypeError where a route could never work.
    """
    for kind in kinds:
        model = model_of(kind)
        if model.routes is not None:
            yield from _routes(model, model.routes)


def _routes(model: Model, routes: Routes) -> Iterator[RouteSpec]:
    handlers = Handlers(model, routes)
    for operation in routes.operations:
        spec = _SPECS[operation](model, routes)
        if spec is not None:
            yield _spec(model, routes, operation, getattr(handlers, operation), *spec)


Made = tuple[str, str, str, str, dict[str, Any]] | None
"""Method, path below the model's, level of the scope, summary, and the rest of the spec."""


def _spec(
    model: Model, routes: Routes, operation: Operation, handler: Any,
    method: str, path: str, level: str, summary: str, more: dict[str, Any],
) -> RouteSpec:  # fmt: skip
    resource = routes.scope("").rstrip(":")
    opened = operation in routes.anonymous
    guard: dict[str, Any] = {"anonymous": True} if opened else {"scopes": (routes.scope(level),)}
    name = f"{model.plugin}.{resource}.{operation.replace('_', '-')}"
    return RouteSpec(
        name, routes.path + path, handler, (method,), summary, tags=(resource,), **guard, **{"body_limit": SIZE} | more
    )


def _list(model: Model, routes: Routes) -> Made:
    more = {
        "query": query_of(model, routes),
        "result": page_of(model),
        "description": "A field's own parameter must be equal; `filter` takes `$eq $ne $gt $gte $lt $lte $in $nin "
        "$like $regex $exists $null $contains` and `$and $or $not`. In the order of the ids without `sort`.",
    }
    return "GET", "", "read", f"List: {model.summary}", more


def _count(model: Model, routes: Routes) -> Made:
    return "GET", "/count", "read", f"Count: {model.summary}", {"query": Selection, "result": Count}


def _export(model: Model, routes: Routes) -> Made:
    told = "Streamed, in the order of the ids. In CSV, what would be a formula begins with an apostrophe."
    more = {"query": export_of(model), "result": Any, "media": tuple(MEDIA.values()), "description": told}
    return "GET", "/export", "read", "All rows as JSON lines or CSV", more


def _read(model: Model, routes: Routes) -> Made:
    return "GET", "/{id}", "read", f"Read a {model.noun}", {"result": row_of(model), "answers": {404: "Not there"}}


def _create(model: Model, routes: Routes) -> Made:
    _check_draft(model)
    more = {"body": draft_of(model), "result": row_of(model), "status": 201, "answers": TAKEN, "idempotent": "optional"}
    return "POST", "", "write", f"Make a {model.noun}", more


def _update(model: Model, routes: Routes) -> Made:
    more = {
        "body": patch_of(model),
        "result": row_of(model),
        "answers": _changed(routes) | TAKEN,
        "description": MATCHING,
    }
    return "PATCH", "/{id}", "write", f"Change a {model.noun}", more


def _delete(model: Model, routes: Routes) -> Made:
    soft = {
        "query": Removal,
        "description": f"It is marked as deleted and can be restored, unless `purge` is true. {MATCHING}",
    }
    more = {"status": 204, "answers": _changed(routes) | {409: "Other rows refer to it"}, "description": MATCHING}
    return "DELETE", "/{id}", "delete", f"Delete a {model.noun}", more | (soft if model.soft_delete else {})


def _restore(model: Model, routes: Routes) -> Made:
    if not model.soft_delete:
        return None
    more = {"result": row_of(model), "answers": _changed(routes) | TAKEN, "description": MATCHING}
    return "POST", "/{id}/restore", "write", f"Restore a {model.noun} that is deleted", more


def _upsert(model: Model, routes: Routes) -> Made:
    if not model.key:
        return None
    more = {
        "body": put_of(model),
        "result": row_of(model),
        "answers": {201: "It was made"} | TAKEN,
        "description": "What is not given stays as it is.",
    }
    return "PUT", "", "write", f"Change or make a {model.noun}, by its {' and '.join(model.key)}", more


def _bulk(operation: Operation, level: str, summary: str, wants_key: bool = False) -> Callable[[Model, Routes], Made]:
    def made(model: Model, routes: Routes) -> Made:
        if wants_key and not model.key:
            return None
        more = {
            "body": bulk_of(model, operation),
            "result": Outcome,
            "body_limit": BULK_SIZE,
            "description": "Each item has a result of its own, unless `atomic` is true: then all are written, or none.",
            "answers": {422: "Not as the model wants it, or `atomic`, and an item is refused"},
        }
        return "POST", f"/bulk/{operation.removeprefix('bulk_')}", level, summary, more

    return made


_SPECS: dict[Operation, Callable[[Model, Routes], Made]] = {
    "list": _list,
    "count": _count,
    "export": _export,
    "read": _read,
    "create": _create,
    "update": _update,
    "delete": _delete,
    "restore": _restore,
    "upsert": _upsert,
    "bulk_create": _bulk("bulk_create", "write", "Make up to 1,000 rows"),
    "bulk_update": _bulk("bulk_update", "write", "Change up to 1,000 rows"),
    "bulk_delete": _bulk("bulk_delete", "delete", "Delete up to 1,000 rows"),
    "bulk_upsert": _bulk("bulk_upsert", "write", "Make or change up to 1,000 rows by their key", wants_key=True),
}


def _changed(routes: Routes) -> dict[int, str]:
    return CHANGED | ({428: "`If-Match` is needed"} if routes.match == "required" else {})


def _check_draft(model: Model) -> None:
    for name, spec in model.fields.items():
        if not spec.writable and name != model.owner and spec.attribute.default is attrs.NOTHING:
            raise TypeError(
                f"{model.type.__name__}.{name}: a caller cannot give it and it has no default: give it one, or take "
                "create out of the operations"
            )
