"""What holds for every record that users name: it describes itself, and its config is read strictly."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import attrs
import pytest

from ...board import Board
from ...contracts import Services
from ...contracts.record import NAME
from ...json import converter
from ...problems import Problem

Document = Mapping[str, Any]


def undocumented(kind: type, path: str = "") -> Iterable[str]:
    """The fields of an attrs class, and of those inside it, that have no ``metadata["help"]``."""
    for field in attrs.fields(attrs.resolve_types(kind)):
        place = f"{path}{field.name}"
        if attrs.has(field.type or object):
            yield from undocumented(field.type, f"{place}.")
        elif field.init and not str(field.metadata.get("help", "")).strip():
            yield place


def refusal(make: Any, *arguments: Any) -> str:
    """The message with which something is refused as a user's mistake; "" if it is not refused."""
    try:
        make(*arguments)
    except (ValueError, Problem, ExceptionGroup) as refused:
        return str(refused) or type(refused).__name__
    return ""


class RecordSuite:
    """The base of the suites: `record` is what is tested.

    `config` is a document that configures it, `bad_configs` are documents that it must refuse. `plugins` and
    `settings` make the app whose services it gets; override `services` for others.
    """

    pytestmark = pytest.mark.anyio

    record: Any
    config: ClassVar[Document] = {}
    bad_configs: ClassVar[Sequence[Document]] = ()
    plugins: ClassVar[Mapping[str, Any]] = {}
    settings: ClassVar[Mapping[str, Any]] = {}

    @pytest.fixture(scope="class")
    @classmethod
    def anyio_backend(cls) -> str:
        return "asyncio"

    @asynccontextmanager
    async def services(self) -> AsyncIterator[Services]:
        """The open services of an app that has `plugins`."""
        with TemporaryDirectory() as folder:
            settings = {"data": folder, "strict": True, **self.settings}
            board = Board.build(settings=settings, plugins=self.plugins, environ={}, installed=False)
            async with board.running() as services:
                yield services

    def configured(self, document: Document | None = None) -> Any:
        """A config document (`config` unless given) as an instance of the record's config type."""
        return converter.structure(dict(self.config if document is None else document), self.record.config)

    def configure(self, document: Document) -> None:
        """Go as far as saving a config goes; raises ValueError or Problem for a bad one. Override to go further."""
        self.configured(document)

    def test_it_is_described(self) -> None:
        record = self.record
        assert NAME.fullmatch(record.name), f"{record.name!r} is no name that users could store"
        assert record.summary.strip(), f'"{record.name}" has no summary: forms and lists show it'
        assert "\n" not in record.summary, f'the summary of "{record.name}" is longer than a line'

    def test_its_config_is_documented(self) -> None:
        kind = self.record.config
        assert attrs.has(kind), f"config {kind!r} is no attrs class: forms and documents are made from its fields"
        missing = list(undocumented(kind))
        assert not missing, f'config of "{self.record.name}": no metadata["help"] on {", ".join(missing)}'

    def test_its_config_is_read_strictly(self) -> None:
        self.configured()
        message = refusal(self.configured, {**self.config, "no_such_setting": 1})
        assert message, f'config of "{self.record.name}" takes an unknown key: a misspelt one would be lost'

    def test_bad_configs_are_refused_in_words(self) -> None:
        for document in self.bad_configs:
            assert refusal(self.configure, document), f'"{self.record.name}" takes the bad config {document!r}'
