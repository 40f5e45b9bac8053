"""Rows as they go over the wire, as attrs classes: what bodies are checked against, and documents are made from."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Literal

import attrs
from attrs.validators import and_, ge, le, max_len, min_len

from pegboard import MISSING, FieldError
from pegboard.invalid import escape
from pegboard.problems import nearest

from .declaring import Model, Routes
from .errors import invalid_row
from .fields import FieldSpec
from .reading import LARGEST_SKIP, LONGEST_SEARCH, Deleted

BULK = 1000
LONGEST_FILTER = 4_000
"""Characters: of four bytes each, encoded, they are 48 KB of the 64 KB that servers take of an address."""


@attrs.frozen
class Selection:
    """Which rows."""

    filter: str = attrs.field(
        default="",
        validator=max_len(LONGEST_FILTER),
        metadata={"help": 'JSON: {"status": "open", "price": {"$gte": 10}, "$or": [...]}'},
    )
    search: str = attrs.field(
        default="", validator=max_len(LONGEST_SEARCH), metadata={"help": "a text that a searchable field has in it"}
    )
    deleted: Deleted = attrs.field(
        default="exclude", metadata={"help": "rows that are marked as deleted; seen by those who may write"}
    )


@attrs.frozen
class Count:
    count: int


@attrs.frozen
class Removal:
    purge: bool = attrs.field(default=False, metadata={"help": "take it out for good, instead of marking it deleted"})


@attrs.frozen
class ItemOutcome:
    """What became of one item; `error` is a problem document (RFC 9457)."""

    index: int
    status: Literal["created", "updated", "unchanged", "deleted", "failed"]
    id: Any = None
    version: int | None = None
    error: dict[str, Any] | None = None


@attrs.frozen
class Outcome:
    """Results in the order of the items."""

    succeeded: int
    failed: int
    results: Sequence[ItemOutcome]


def writable(model: Model) -> dict[str, FieldSpec]:
    """The fields that callers may give: an owner is who calls, and no field of the body."""
    return {name: spec for name, spec in model.fields.items() if spec.writable and name != model.owner}


@cache
def draft_of(model: Model) -> type:
    """The body of a create."""
    members = {name: _member(spec, spec.attribute.default) for name, spec in writable(model).items()}
    return _made(model, "Draft", f"A {model.noun} to be made.", members)


@cache
def patch_of(model: Model) -> type:
    """The body of an update: what is not given is `MISSING`, and stays as it is."""
    members = {name: _member(spec, attrs.Factory(_missing), False) for name, spec in writable(model).items()}
    return _made(model, "Patch", f"Fields of a {model.noun} that change; others stay as they are.", members)


@cache
def put_of(model: Model) -> type:
    """The body of an upsert: the key must be there, and what else a new row needs."""
    members = {
        name: _member(spec, attrs.NOTHING if name in model.key else attrs.Factory(_missing), name in model.key)
        for name, spec in writable(model).items()
    }
    return _made(model, "Upsert", f"A {model.noun}, found by {' and '.join(model.key)}, or made.", members)


@cache
def row_of(model: Model) -> type:
    """What is answered."""
    members = {"id": attrs.field(type=model.id_type)}
    members |= {name: attrs.field(type=_optional(spec)) for name, spec in model.fields.items() if spec.readable}
    members |= {"version": attrs.field(type=int)}
    members |= {name: attrs.field(type=datetime) for name in ("created_at", "updated_at")}
    if model.soft_delete:
        members["deleted_at"] = _field(datetime | None)
    return _made(model, "", model.summary, members)


@cache
def page_of(model: Model) -> type:
    """The answer to a list."""
    members = {
        "items": _field(Sequence[row_of(model)]),  # type: ignore[misc]
        "next": attrs.field(type=str, metadata={"help": "the cursor of the page that follows; empty on the last"}),
        "total": _field(int | None, metadata={"help": "all rows, where `total=true` asked for them"}),
    }
    return _made(model, "Page", f"A part of a list of rows: {model.summary}", members)


@cache
def query_of(model: Model, routes: Routes) -> type:
    """The query of a list: a field that may be filtered by is a parameter that must be equal."""
    members: dict[str, Any] = {
        "sort": attrs.field(default="", type=str, validator=max_len(300), metadata={"help": _sorting(model)}),
        "limit": attrs.field(default=routes.page, type=int, validator=and_(ge(1), le(routes.limit))),
        "skip": attrs.field(default=0, type=int, validator=and_(ge(0), le(LARGEST_SKIP))),
        "cursor": attrs.field(default="", type=str, metadata={"help": "the `next` of the page before"}),
        "total": attrs.field(default=False, type=bool, metadata={"help": "count all rows, too"}),
    }
    return _made(model, "Query", f"Which rows of a list: {model.summary}", members | _equal(model), (Selection,))


@cache
def export_of(model: Model) -> type:
    """The query of an export: which rows, as for a list, and how they are written."""
    members = {"format": _field(Literal["jsonl", "csv"], default="jsonl")}
    return _made(model, "Export", f"Which rows of an export: {model.summary}", members | _equal(model), (Selection,))


def _equal(model: Model) -> dict[str, Any]:
    return {name: _field(spec.type | None, default=None) for name, spec in parameters(model).items()}


def parameters(model: Model) -> dict[str, FieldSpec]:
    """The fields that a query names by themselves."""
    taken = {"sort", "limit", "skip", "cursor", "total", *(one.name for one in attrs.fields(Selection))}
    return {
        name: spec
        for name, spec in model.fields.items()
        if spec.filterable and spec.kind != "json" and name not in taken
    }


@cache
def bulk_of(model: Model, operation: str) -> type:
    """The body of a bulk operation. Items are checked one by one, so that each has a result of its own."""
    item: Any = {"bulk_update": change_of(model), "bulk_delete": model.id_type}.get(operation, dict[str, Any])
    members = {
        "items": attrs.field(type=Sequence[item], validator=and_(min_len(1), max_len(BULK))),
        "atomic": attrs.field(default=False, type=bool, metadata={"help": "all of them, or none"}),
    }
    return _made(model, operation.title().replace("_", ""), f"1 to {BULK} items.", members)


@cache
def change_of(model: Model) -> type:
    """An item of a bulk update."""
    members = {
        "id": attrs.field(type=model.id_type),
        "changes": attrs.field(type=dict[str, Any]),
        "version": _field(int | None, default=None, metadata={"help": "that which was read"}),
    }
    return _made(model, "Change", f"Fields of one {model.noun} that change.", members)


def given(body: Any) -> dict[str, Any]:
    """What a caller gave of a draft, a patch or an upsert."""
    found = ((field.name, getattr(body, field.name)) for field in attrs.fields(type(body)))
    return {name: value for name, value in found if value is not MISSING}


def allowed(model: Model, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """An item of a bulk operation itself. Raises Problem 422 for what callers may not write."""
    known = writable(model)
    errors = [
        FieldError(f"unknown key{nearest(name, known)}", f"/{escape(name)}") for name in values if name not in known
    ]
    if errors:
        raise invalid_row(errors)
    return values


def _field(kind: Any, **options: Any) -> Any:
    """A field of a type that is no class, such as ``int | None``."""
    return attrs.field(type=kind, **options)


def _missing() -> Any:
    return MISSING


def _optional(spec: FieldSpec) -> Any:
    return spec.type | None if spec.nullable and spec.type is not Any else spec.type


def _member(spec: FieldSpec, default: Any, checked: bool = True) -> Any:
    """A validator cannot be asked about what is missing: a patch is checked when it is merged into its row."""
    validator = spec.attribute.validator if checked else None
    help_text = {name: value for name, value in spec.attribute.metadata.items() if name == "help"}
    return attrs.field(default=default, type=_optional(spec), validator=validator, metadata=help_text, kw_only=True)


def _sorting(model: Model) -> str:
    names = [name for name, spec in model.columns.items() if spec.sortable]
    return f"{', '.join(names)}; each with :asc or :desc"


def _made(model: Model, suffix: str, text: str, members: Mapping[str, Any], bases: tuple[type, ...] = ()) -> type:
    make: Callable[..., type] = attrs.make_class
    made = make(f"{model.type.__name__}{suffix}", dict(members), bases=bases or (object,), frozen=True, kw_only=True)
    made.__doc__, made.__module__ = text, model.type.__module__
    return made
