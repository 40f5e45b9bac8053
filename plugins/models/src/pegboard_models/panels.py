"""The pages of models in a web console, for the hook of the plugin that declares them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from pegboard import Action, Collection, Detail, Download, Form, Panel, Related, Section

from .declaring import Model, Operation, Routes, model_of
from .fields import FieldSpec
from .panel_columns import column, is_list, is_long
from .reading import Deleted
from .shapes import draft_of, parameters, patch_of

SHOWN = 8
"""Columns of a list; the others are on the page of a row."""
CHOSEN = frozenset({"choice", "boolean"})


@attrs.frozen
class Shown:
    """A model with the panel that shows it, and those of the models that stand beside it, by the models' names."""

    model: Model
    routes: Routes
    panels: Mapping[str, str]

    @property
    def offered(self) -> frozenset[Operation]:
        return frozenset(self.routes.operations)

    @property
    def one(self) -> str:
        return f"{self.routes.path}/{{id}}"

    def panel(self, spec: FieldSpec) -> str:
        """The panel of the model that a field refers to; empty where it refers to none, or that one has no panel."""
        return self.panels.get(self.model.referred(spec), "") if spec.rules.references else ""


def model_panels(*kinds: type) -> Iterator[Panel]:
    """For the hook: ``return model_panels(Product, Category)``. A model whose routes do not list has none."""
    listed = [model for model in map(model_of, kinds) if model.routes and "list" in model.routes.operations]
    panels = {model.name: f"{model.plugin}.{_resource(model.routes)}" for model in listed if model.routes}
    shown = [Shown(model, model.routes, panels) for model in listed if model.routes]
    return (_panel(one, shown) for one in shown)


def _panel(shown: Shown, beside: Sequence[Shown]) -> Panel:
    model, routes = shown.model, shown.routes
    return Panel(
        shown.panels[model.name],
        model.summary.partition(". ")[0].removesuffix("."),
        title=_resource(routes).replace("-", " ").replace("_", " ").capitalize(),
        content=_collection(shown, beside),
        group=model.plugin,
        icon="table",
        scopes=() if "list" in routes.anonymous else (routes.scope("read"),),
    )


def _collection(shown: Shown, beside: Sequence[Shown]) -> Collection:
    model, path = shown.model, shown.routes.path
    fields = [spec for spec in model.fields.values() if spec.readable and (spec.kind != "json" or is_list(spec))]
    fields.sort(key=lambda spec: is_list(spec) or is_long(spec))  # what is long is on the page of a row
    noun, searchable = model.noun, any(spec.rules.searchable for spec in model.fields.values())
    return Collection(
        f"{path}?total=true",
        tuple(column(spec, shown.panel(spec)) for spec in [*fields[:SHOWN], model.system["updated_at"]]),
        items="/items",
        total="/total",
        name=next((f"/{spec.name}" for spec in fields if spec.kind == "text"), "/id"),
        filters=_filters(shown),
        search="search" if searchable else "",
        chips=next((name for name, spec in parameters(model).items() if spec.kind == "choice"), ""),
        create=Form(f"New {noun}", path, _choosing(shown, draft_of(model))) if "create" in shown.offered else None,
        edit=Form(f"Change {noun}", shown.one, _choosing(shown, patch_of(model)), "PATCH")
        if "update" in shown.offered
        else None,
        actions=tuple(_actions(shown)),
        detail=_detail(shown, fields[SHOWN:], beside) if "read" in shown.offered else None,
        downloads=tuple(_downloads(path)) if "export" in shown.offered else (),
    )


def _detail(shown: Shown, others: Sequence[FieldSpec], beside: Sequence[Shown]) -> Detail:
    """All that is not in the list: further fields, JSON, and the rows of other models that refer to this one."""
    model = shown.model
    system = [model.system[name] for name in ("id", "version", "created_at")]
    return Detail(
        shown.one,
        columns=tuple(column(spec, shown.panel(spec)) for spec in [*others, *system]),
        sections=tuple(
            Section(column(spec).title, f"/{spec.name}")
            for spec in model.fields.values()
            if spec.readable and spec.kind == "json" and not is_list(spec)
        ),
        related=tuple(
            Related(_resource(other.routes).capitalize(), other.panels[other.model.name], {spec.name: "{id}"})
            for other in beside
            for spec in parameters(other.model).values()
            if spec.rules.references and other.model.referred(spec) == model.name
        ),
    )


def _filters(shown: Shown) -> type:
    """What people choose from: choices, yes or no, and other rows. The rest is for words that are looked for."""
    found = {
        name: attrs.field(type=spec.type | None, default=None, metadata=_metadata(shown, spec))
        for name, spec in parameters(shown.model).items()
        if spec.kind in CHOSEN or shown.panel(spec)
    }
    if shown.model.soft_delete:
        words = "rows that are marked as deleted, which can be restored"
        found["deleted"] = _member(type=Deleted, default="exclude", metadata={"help": words})
    return _made("Filters", found)


def _choosing(shown: Shown, body: type) -> type:
    """A body whose references say what one chooses from."""
    specs = shown.model.fields
    return _made(
        body.__name__,
        {
            field.name: attrs.field(
                type=field.type,
                default=field.default,
                validator=field.validator,
                metadata={**field.metadata, **_metadata(shown, specs[field.name])},
                kw_only=True,
            )
            for field in attrs.fields(body)
        },
    )


def _metadata(shown: Shown, spec: FieldSpec) -> dict[str, str]:
    panel = shown.panel(spec)
    return {"panel": panel} if panel else {}


def _actions(shown: Shown) -> Iterator[Action]:
    model, routes = shown.model, shown.routes
    there: dict[str, tuple[Any, ...]] = {"/deleted_at": (None,)} if model.soft_delete else {}
    if "delete" in shown.offered:
        confirm = f"Delete this {model.noun}?{' It can be restored.' if model.soft_delete else ''}"
        yield Action(
            "Delete", shown.one, "DELETE", confirm=confirm, scopes=(routes.scope("delete"),), bulk=True, when=there
        )
    if "restore" in shown.offered and model.soft_delete:
        yield Action("Restore", f"{shown.one}/restore", scopes=(routes.scope("write"),), bulk=True, unless=there)


def _downloads(path: str) -> Iterator[Download]:
    yield Download("CSV", f"{path}/export?format=csv")
    yield Download("JSON lines", f"{path}/export?format=jsonl")


def _resource(routes: Routes | None) -> str:
    return routes.scope("").rstrip(":") if routes else ""


def _member(**options: Any) -> Any:
    """A field of a type that is no class, such as a Literal."""
    return attrs.field(**options)


def _made(name: str, members: Mapping[str, Any]) -> type:
    return attrs.make_class(name, dict(members), frozen=True)
