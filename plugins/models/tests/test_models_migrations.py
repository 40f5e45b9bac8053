"""From a class to a table, and from one version of it to the next: the files are written, the rows are kept."""

import sys
from collections.abc import Iterator
from importlib import import_module, invalidate_caches
from pathlib import Path
from typing import Any

import attrs
import pytest
from anyio import to_thread
from click.testing import CliRunner, Result

import pegboard_models
import pegboard_store
from pegboard import Principal, StartupError, create_app
from pegboard.board import Board
from pegboard.cli import Session
from pegboard.testing import running
from pegboard_models import Models
from pegboard_models.testing import metadata_of
from pegboard_store.testing import check_migrations, store_section

pytestmark = pytest.mark.anyio

PACKAGE = "models_notes"
FIRST = '''
"""Notes."""

import attrs
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any
from pegboard import hookimpl
from pegboard_models import field, model, models_of
from pegboard_store import Migrations


class Mood(Enum):
    GOOD = "good"


@model("notes", "note", soft_delete=True)
@attrs.frozen
class Note:
    title: str = field(max_length=100)
    old: int = 0


KINDS = (Note,)


@hookimpl
def pegboard_models() -> Any:
    return models_of(*KINDS)


@hookimpl
def pegboard_migrations() -> Migrations:
    return Migrations("notes", "Notes", package="models_notes.migrations")
'''
MORE = """
    title: str = field(max_length=200, index=True)
    price: Decimal = field(default=Decimal("1.50"))
    flag: bool = True
    mood: Mood = Mood.GOOD
    due: date = date(2026, 1, 2)
    quote: str = "it's \\\\ \\"so\\""
    tags: list[str] = field(factory=lambda: ["a"])
    data: dict[str, Any] = field(factory=dict)
    hint: str | None = field(default=None, unique=True)
"""
SECOND = FIRST.replace("    title: str = field(max_length=100)\n    old: int = 0\n", MORE.lstrip("\n"))


@attrs.define
class Plugin:
    """A plugin as its author has it: a folder of sources, of which a new version is written now and then."""

    folder: Path
    url: str

    def write(self, source: str) -> Any:
        package = self.folder / PACKAGE
        (package / "migrations").mkdir(parents=True, exist_ok=True)
        (package / "migrations/__init__.py").touch()
        (package / "__init__.py").write_text(source)
        for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
            del sys.modules[name]
        for cached in package.rglob("__pycache__/*"):
            cached.unlink()
        invalidate_caches()
        return import_module(PACKAGE)

    @property
    def options(self) -> dict[str, Any]:
        plugins = {"models": pegboard_models, "notes": import_module(PACKAGE), "store": pegboard_store}
        settings = {"data": str(self.folder), "strict": True, "plugins": {"store": store_section(self.url)}}
        return {"plugins": plugins, "settings": settings, "environ": {}, "installed": False}

    async def run(self, *arguments: str) -> Result:
        """A command, in a thread: it has an event loop of its own."""
        session = Session()
        session._board = Board.build(**self.options)
        return await to_thread.run_sync(lambda: CliRunner().invoke(pegboard_models.models, arguments, obj=session))

    async def migrate(self, message: str) -> str:
        done = await self.run("migrate", "notes", "-m", message)
        assert done.exit_code == 0, (done.output, done.exception)
        return done.output

    def app(self) -> Any:
        return create_app(**self.options)


@pytest.fixture
def plugin(tmp_path: Path, database_url: str) -> Iterator[Plugin]:
    sys.path.insert(0, str(tmp_path))
    made = Plugin(tmp_path, database_url)
    yield made
    sys.path.remove(str(tmp_path))
    for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
        del sys.modules[name]


async def rows(app: Any, work: Any) -> Any:
    async with running(app):
        models = app.state.board.services.get(Models)
        async with models.begin(Principal("ada", "acme")) as tx:
            return await work(tx)


async def test_a_second_version_keeps_the_rows_of_the_first(plugin: Plugin) -> None:
    first = plugin.write(FIRST)
    assert "0001_the_notes.py" in await plugin.migrate("The notes")
    made = await rows(plugin.app(), lambda tx: tx.create(first.Note, {"title": "Tea", "old": 3}))
    second = plugin.write(SECOND)
    with pytest.raises(StartupError) as caught:
        await rows(plugin.app(), lambda tx: tx.count(second.Note))
    assert "notes_note lacks the column price" in str(caught.value)
    assert '`pegboard models migrate notes -m "what changed"`' in str(caught.value)
    assert "0002_prices_and_more.py" in await plugin.migrate("Prices, and more")
    after = await rows(plugin.app(), lambda tx: tx.read(second.Note, made.id))
    assert after.data == second.Note("Tea")
    assert (after.version, after.created_at, after.tenant) == (1, made.created_at, "acme")
    await check_migrations(plugin.url, second.pegboard_migrations(), metadata_of(*second.KINDS))


async def test_what_is_there_already_needs_no_migration(plugin: Plugin) -> None:
    plugin.write(FIRST)
    await plugin.migrate("The notes")
    assert await plugin.migrate("Again") == "nothing to do: the migrations make what the models have\n"
    assert len(list((plugin.folder / PACKAGE / "migrations").glob("0*.py"))) == 1


async def test_a_new_field_without_a_value_for_old_rows_is_refused(plugin: Plugin) -> None:
    plugin.write(FIRST)
    await plugin.migrate("The notes")
    plugin.write(FIRST.replace("    old: int = 0", "    new: int"))
    refused = await plugin.run("migrate", "notes", "-m", "More")
    assert isinstance(refused.exception, StartupError)
    assert "new field new" in str(refused.exception)
    assert len(list((plugin.folder / PACKAGE / "migrations").glob("0*.py"))) == 1


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("max_length=100", "max_length=50", "notes_note.title is VARCHAR(100), and should be VARCHAR(50)"),
        ("old: int = 0", "old: int | None = None", "notes_note.old may not be null"),
        ("old: int = 0", "old: int = field(default=0, index=True)", "lacks the index ix_notes_note_tenant_old_id"),
        ("    old: int = 0\n", "", "notes_note has the column old, which no field is"),
        ('"note", soft', '"note", table="other", soft', "there is no table notes_other"),
    ],
)
async def test_a_table_that_is_not_what_its_model_says_stops_the_start(
    plugin: Plugin, before: str, after: str, told: str
) -> None:
    plugin.write(FIRST)
    await plugin.migrate("The notes")
    await rows(plugin.app(), lambda tx: tx.count(import_module(PACKAGE).Note))
    plugin.write(FIRST.replace(before, after))
    with pytest.raises(StartupError) as caught:
        await rows(plugin.app(), lambda tx: tx.count(import_module(PACKAGE).Note))
    assert told in str(caught.value)


async def test_a_plugin_cannot_bring_models_of_another(plugin: Plugin) -> None:
    plugin.write(FIRST.replace('@model("notes"', '@model("garden"'))
    with pytest.raises(StartupError, match=r'plugin "notes" brings the model "garden.note"'):
        await rows(plugin.app(), lambda tx: tx.count(import_module(PACKAGE).Note))


async def test_the_models_are_listed_with_their_tables(plugin: Plugin) -> None:
    plugin.write(FIRST)
    assert (await plugin.run("list")).output == "notes.note notes_note -: Note\n"


async def test_a_plugin_without_models_or_migrations_is_told_so(plugin: Plugin) -> None:
    plugin.write(FIRST)
    assert 'did you mean "notes"?' in str((await plugin.run("migrate", "note", "-m", "x")).exception)
    plugin.write(FIRST.replace("@hookimpl\ndef pegboard_migrations", "def migrations"))
    assert "return Migrations(" in str((await plugin.run("migrate", "notes", "-m", "x")).exception)
