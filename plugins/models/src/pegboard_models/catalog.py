"""The models of one app with their tables, found by their classes."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import attrs
from sqlalchemy import MetaData, Row, Table

from .declaring import Model, model_of
from .tables import build_tables
from .values import Saved, Values, maker_of


@attrs.frozen
class Entry:
    """A model, its table, and how a row of that becomes an instance."""

    model: Model
    table: Table
    make: Callable[[Values], Saved[Any]] = attrs.field(repr=False)

    def read(self, row: Row[Any]) -> Saved[Any]:
        columns: Any = row._mapping
        return self.make(columns)


@attrs.frozen
class Catalog:
    """`entries` by the names of models, `schemas` by the plugins that have them."""

    dialect: str
    entries: Mapping[str, Entry]
    schemas: Mapping[str, MetaData]

    @classmethod
    def of_models(cls, models: Iterable[Model], dialect: str) -> "Catalog":
        """Raises StartupError where a model refers to one that its plugin does not have."""
        by_plugin: dict[str, list[Model]] = defaultdict(list)
        for model in models:
            by_plugin[model.plugin].append(model)
        entries: dict[str, Entry] = {}
        schemas: dict[str, MetaData] = {}
        for plugin, own in by_plugin.items():
            schemas[plugin], tables = build_tables(plugin, own)
            entries |= {model.name: Entry(model, tables[model.name], maker_of(model)) for model in own}
        return cls(dialect, entries, schemas)

    def of(self, kind: type) -> Entry:
        """Raises LookupError where no plugin gave the model to the hook."""
        return self.named(model_of(kind).name)

    def named(self, name: str) -> Entry:
        try:
            return self.entries[name]
        except KeyError:
            raise LookupError(f'model "{name}" is in no plugin\'s pegboard_models: give it there') from None
