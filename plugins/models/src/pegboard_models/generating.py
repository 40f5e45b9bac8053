"""Writing a migration: what the models have and the migrations so far do not make."""

import ast
import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.autogenerate.render import renderers
from alembic.migration import MigrationContext
from alembic.operations import ops
from sqlalchemy import Connection, MetaData, create_engine

from pegboard import Secret, StartupError
from pegboard_store import Json, Migrations, StoreSettings, UtcDateTime, migrate, table_prefix

from .columns import Exact, PlainText
from .declaring import Model
from .fields import FieldSpec

HEAD = '''"""{message}"""

{imports}

revision = "{revision}"
down_revision = {previous}


def upgrade() -> None:
{upgrade}


def downgrade() -> None:
{downgrade}
'''


def generate(line: Migrations, metadata: MetaData, models: Sequence[Model], message: str) -> Path | None:
    """Write the next file of `line` and answer with its path; None where there is nothing to do.

    The migrations that are there are run on an empty database of their own, so no other is touched, and what is
    missing from it is what is written. Raises StartupError for what cannot be done without a person.
    """
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/models.db"
        asyncio.run(migrate(StoreSettings(url=Secret(url), migrate="start"), Path(folder), [line]))
        engine = create_engine(url)
        with engine.connect() as connection:
            script = _compared(connection, line, metadata)
        engine.dispose()
    assert script.upgrade_ops is not None
    if script.upgrade_ops.is_empty():
        return None
    _fill_new_columns(script.upgrade_ops, {model.table: model for model in models})
    return _write(line, script, message)


def _compared(connection: Connection, line: Migrations, metadata: MetaData) -> ops.MigrationScript:
    prefix = table_prefix(line.name)

    def is_own(name: str | None, kind: str, _: Any) -> bool:
        return kind != "table" or (name or "").startswith(prefix)

    options = {"version_table": line.version_table, "compare_type": True, "include_name": is_own}
    return produce_migrations(MigrationContext.configure(connection, opts=options), metadata)


class FillOp(ops.MigrateOperation):
    """Give the rows that are there a value in a column that is new."""

    def __init__(self, table: str, spec: FieldSpec) -> None:
        self.table, self.spec = table, spec

    def reverse(self) -> ops.MigrateOperation:
        return self


def _fill_new_columns(upgrade: ops.UpgradeOps, models: Mapping[str, Model]) -> None:
    """A column that may not be null is added, filled with its field's default, and then closed."""
    upgrade.ops = [step for one in upgrade.ops for step in _filled(one, models)]


def _filled(step: Any, models: Mapping[str, Model]) -> Iterator[ops.MigrateOperation]:
    model = models.get(step.table_name) if isinstance(step, ops.ModifyTableOps) else None
    added = [one for one in step.ops if isinstance(one, ops.AddColumnOp) and not one.column.nullable] if model else []
    if model is None or not added:
        yield step
        return
    others = [one for one in step.ops if one not in added]
    specs = [_with_default(model, one.column.name) for one in added]
    for one in added:
        one.column.nullable = True
    yield ops.ModifyTableOps(step.table_name, added)
    yield from (FillOp(step.table_name, spec) for spec in specs)
    closing = [
        ops.AlterColumnOp(step.table_name, spec.name, existing_type=spec.column, modify_nullable=False)
        for spec in specs
    ]
    yield ops.ModifyTableOps(step.table_name, [*closing, *others])


def _with_default(model: Model, name: str) -> FieldSpec:
    spec = model.fields.get(name)
    if spec is None or isinstance(_default(spec), type(attrs.NOTHING)):
        raise StartupError(
            f'models: "{model.name}" has the new field {name}, and rows that are there would have no value: give it a '
            "default, or let it be None"
        )
    return spec


def _default(spec: FieldSpec) -> Any:
    default = spec.attribute.default
    return default.factory() if isinstance(default, attrs.Factory) else default  # type: ignore[arg-type]


@renderers.dispatch_for(FillOp)
def _render_fill(context: Any, step: FillOp) -> str:
    kind, value = _type_name(step.spec.column), step.spec.stored(_default(step.spec))
    table = f"sa.table({step.table!r}, sa.column({step.spec.name!r}, {kind or f'sa.{step.spec.column!r}'}))"
    return f"op.execute({table}.update().values({step.spec.name}={_literal(value)}))"


def _literal(value: Any) -> str:
    """Source of a value: plain ones are their own, others are read from a text."""
    if value is None or isinstance(value, bool | int | float | str | list | dict):
        written = repr(value)
        ast.literal_eval(written)
        return written
    if isinstance(value, date):  # a time is one, too
        return f"datetime.{type(value).__name__}.fromisoformat({value.isoformat()!r})"
    return f"{type(value).__module__}.{type(value).__name__}({str(value)!r})"


def _type_name(kind: Any) -> str:
    if kind is Json:
        return "Json"
    return (
        f"{kind!r}" if isinstance(kind, Exact | PlainText) else "UtcDateTime" if isinstance(kind, UtcDateTime) else ""
    )


def _render_item(kind: str, item: Any, _: Any) -> Any:
    if kind != "type":
        return False
    return ("Json" if _is_json(item) else _type_name(item)) or False


def _is_json(item: Any) -> bool:
    return type(item) is type(Json) and item.__visit_name__ == "JSON"


def _write(line: Migrations, script: ops.MigrationScript, message: str) -> Path:
    known = line.revisions()
    revision = f"{int(known[-1]) + 1 if known else 1:04d}"
    body = {"upgrade": _rendered(script.upgrade_ops), "downgrade": _rendered(script.downgrade_ops)}
    source = HEAD.format(
        message=message.replace('"', "'").strip().rstrip(".") + ".",
        revision=revision,
        previous=f'"{known[-1]}"' if known else "None",
        imports=_imports("\n".join(body.values())),
        **body,
    )
    path = line.folder / f"{revision}_{_slug(message)}.py"
    path.write_text(source)
    return path


def _rendered(steps: Any) -> str:
    code = render_python_code(steps, render_as_batch=True, render_item=_render_item)
    lines = [line.rstrip() for line in code.splitlines() if not line.strip().startswith("#")]
    return "    " + "\n".join(lines).strip()


def _imports(body: str) -> str:
    plain = [f"import {name}" for name in ("datetime", "decimal", "uuid") if f"{name}." in body]
    parts = ["\n".join(plain)] if plain else []
    parts.append("import sqlalchemy as sa\nfrom alembic import op" if "sa." in body else "from alembic import op")
    own = [name for name in ("Exact", "PlainText") if f"{name}(" in body]
    stores = [name for name in ("Json", "UtcDateTime") if name in body]
    froms = [
        f"from {package} import {', '.join(names)}"
        for package, names in (("pegboard_models", own), ("pegboard_store", stores))
        if names
    ]
    return "\n\n".join([*parts, *(["\n".join(froms)] if froms else [])])


def _slug(message: str) -> str:
    words = "".join(char if char.isascii() and char.isalnum() else " " for char in message.lower()).split()
    return "_".join(words)[:40].strip("_") or "change"
