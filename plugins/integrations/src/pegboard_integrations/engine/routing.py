"""Rules, ready to run: which events they are for, and what they read of one."""

from collections.abc import Sequence
from typing import Any

import attrs

from pegboard import MISSING, Problem, Registries, Services
from pegboard_jsonpath import Path, compile_path, text_of

from .fields import compile_field
from .identity import LONGEST, Identifier
from .mapper import Mapper, compile_mapper
from .selection import NoRecords, Selector, compile_selector
from .versions import Version, version_of
from .webhooks import EventRouting

EXTERNAL_ID = "externalId"


@attrs.frozen
class Entry:
    """A record that an event has. `version` is None where its rule has no `versionPath`."""

    external_id: str
    data: dict[str, Any]
    version: Version | None = None


@attrs.frozen
class Rule:
    """One rule. `mapper` is None where no record is read."""

    routing: EventRouting
    kind: Path
    selector: Selector
    mapper: Mapper
    identifier: Path | None
    version: Path | None

    def matches(self, document: Any) -> bool:
        return kind_of(self.kind, document) == self.routing.eventTypeValue

    @property
    def event(self) -> tuple[str, str]:
        """What rules for one and the same event have in common."""
        return self.routing.eventTypePath, self.routing.eventTypeValue

    async def entries(self, document: Any, services: Services) -> Sequence[Entry]:
        """The records of an event. Raises Problem 422 with all that is wrong."""
        try:
            records = self.selector.select(document)
        except NoRecords as error:
            raise _unreadable(str(error)) from None
        if self.routing.action == "delete_shard":
            return [Entry(self._named(document, record, {}), {}, self._version(document, record)) for record in records]
        mapped, failed = await self.mapper.page(records, services)
        if failed:
            wrong = [f"{error.field}: {error.detail}" for one in failed for error in one.errors]
            raise _unreadable("; ".join(wrong[:10]))
        return [self._entry(document, record, dict(data)) for record, data in zip(records, mapped.data, strict=True)]

    def _entry(self, document: Any, record: Any, data: dict[str, Any]) -> Entry:
        named = self._named(document, record, data)
        data.pop(EXTERNAL_ID, None)
        return Entry(named, data, self._version(document, record))

    def _named(self, document: Any, record: Any, data: dict[str, Any]) -> str:
        value = data.get(EXTERNAL_ID, MISSING) if self.identifier is None else _found(self.identifier, document, record)
        text = "" if value is MISSING or value is None or isinstance(value, dict | list | bool) else text_of(value)
        if not text or len(text) > LONGEST:
            where = self.routing.identifierPath or EXTERNAL_ID
            raise _unreadable(f"{where} is no identifier: it must be a text or a number of up to {LONGEST} characters")
        return text

    def _version(self, document: Any, record: Any) -> Version | None:
        if self.version is None:
            return None
        try:
            return version_of(_found(self.version, document, record))
        except ValueError as error:
            raise _unreadable(f"versionPath {self.routing.versionPath}: {error}") from None


def kind_of(path: Path, document: Any) -> str:
    """What an event calls itself at a path, or ""."""
    value = path.get(document)
    return text_of(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _found(path: Path, document: Any, record: Any) -> Any:
    """A value of the event, or of the record where the event has none there."""
    value = path.get(document)
    return path.get(record) if value is MISSING else value


def _unreadable(detail: str) -> Problem:
    return Problem(422, "event-not-mapped", f"the event does not fit its rule: {detail}")


def compile_rule(routing: EventRouting, registries: Registries, tenant: str, pointer: str) -> Rule:
    """Raises PathError, MissingService, and what the config of a transform raises."""
    fields = [
        compile_field(mapping, registries, tenant, f"{pointer}/fieldMappings/{index}")
        for index, mapping in enumerate(routing.fieldMappings)
    ]
    paths = (routing.identifierPath, routing.versionPath)
    return Rule(
        routing,
        compile_path(routing.eventTypePath),
        compile_selector(routing.dataPath),
        compile_mapper(fields, Identifier()),
        *(compile_path(path) if path else None for path in paths),
    )
