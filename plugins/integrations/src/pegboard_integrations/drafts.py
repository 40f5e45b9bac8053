"""Definitions that are not saved yet: checked, tried out, mapped and imported, so that what runs stays as it is."""

from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import attrs

from pegboard import FieldError, Problem, Registries, Services
from pegboard_auth_oauth2 import OAuthTokens
from pegboard_records import Records
from pegboard_vault import Place, Vault, opened, sealed

from .actors import Actor
from .checking import Checker
from .drafting import alone, credential_pointers, mapping_plan, plan_of, throwaway_key
from .engine import Failed, Plan, RecordError, TestConfig, check, preview
from .integrations import Integrations
from .openapi import is_openapi, read_openapi
from .patches import definition_of
from .results import SHOWN, TestResult
from .stored import OWN, StoredIntegration
from .trying import Trying

Document = dict[str, Any]


@attrs.frozen
class Draft:
    """A definition that is not saved; with `id`, masks in it stand for what that integration has stored."""

    definition: Document = attrs.field(repr=False)
    id: str = ""


@attrs.frozen
class DraftTest(Draft):
    """One call of an endpoint, or without one a plain GET of the base URL. `after` is of the answer before this one."""

    endpointId: str = ""
    test: TestConfig = attrs.field(factory=TestConfig)
    after: str = ""


@attrs.frozen
class DraftResult:
    """How a test ended; `after` leads to the next page, where there is one."""

    result: TestResult
    after: str | None = None


@attrs.frozen
class DraftErrors:
    """All that is wrong, each with the JSON pointer to its place; nothing where it can be saved."""

    errors: Sequence[FieldError]


@attrs.frozen
class DraftMapping:
    """`sample` is the whole body of an answer."""

    responseMapping: Document
    sample: Any


@attrs.frozen
class MappedRecord:
    """What becomes of one record: its fields as far as they can be made, and why others cannot."""

    source: Any
    externalId: str | None
    data: Mapping[str, Any]
    errors: Sequence[RecordError]


@attrs.frozen
class DraftMapped:
    """The first records; `count` are all. `errors` are the mapping's own, with pointers into it."""

    records: Sequence[MappedRecord]
    count: int
    errors: Sequence[FieldError]


@attrs.frozen
class Imported:
    """What an import would make. `credentials` are pointers to values that must be given anew."""

    definition: Document
    source: str
    credentials: Sequence[str]
    errors: Sequence[FieldError]


class Drafts:
    """All that can be done with a definition before it is saved."""

    def __init__(self, services: Services, integrations: Integrations, checker: Checker, trying: Trying) -> None:
        self._services = services
        self._integrations = integrations
        self._checker = checker
        self._trying = trying
        self._vault = services.get(Vault)
        self._records = services.get(Records)
        self._registries = services.get(Registries)

    async def check(self, tenant: str, draft: Draft) -> DraftErrors:
        """What would keep it from being saved. Raises Problem 404."""
        document = definition_of(draft.definition)
        errors = await refusals(self._integrations.drafted(tenant, document, draft.id))
        return DraftErrors([*errors, *await refusals(self._checker.check(tenant, document))])

    async def test(self, actor: Actor, asked: DraftTest) -> DraftResult:
        """One call, nothing stored. Raises Problem 404, and 422 for what is wrong with this endpoint alone."""
        document, saved = await self._integrations.drafted(actor.tenant, definition_of(asked.definition), asked.id)
        if asked.endpointId:
            document = alone(document, asked.endpointId, self._registries)
        state = self._opened(actor.tenant, asked.after)
        same = saved is not None and saved.document == definition_of(asked.definition)
        async with self._key(actor.tenant, asked, saved) as key:
            plan = plan_of(document, asked.endpointId, self._registries, actor.tenant, key)
            result, page = await self._trying.once(plan, asked.test, mapping=bool(asked.endpointId), state=state)
        await self._trying.note_draft(actor, saved if same else None, asked.id, result, asked.endpointId)
        following = page.state if page is not None and not page.finished else None
        return DraftResult(result, self._shut(actor.tenant, following))

    @asynccontextmanager
    async def _key(self, tenant: str, asked: Draft, saved: StoredIntegration | None) -> AsyncIterator[str]:
        """Where tokens are kept: with the integration where its ``auth`` is as it is saved, else for this once."""
        if saved is not None and saved.document.get("auth") == asked.definition.get("auth"):
            yield saved.id
            return
        key = throwaway_key()
        try:
            yield key
        finally:
            if OAuthTokens in self._services:
                await self._services.get(OAuthTokens).forget(tenant, key)

    def _shut(self, tenant: str, state: Any) -> str | None:
        return None if state is None else sealed(self._vault, dict(state), _place(tenant))["sealed"]

    def _opened(self, tenant: str, after: str) -> Any:
        return opened(self._vault, {"sealed": after}, _place(tenant)) if after else None

    async def map(self, tenant: str, asked: DraftMapping) -> DraftMapped:
        """What a mapping makes of a sample; a field that cannot work is told and left out. Nothing is sent."""
        plan, errors = mapping_plan(asked.responseMapping, self._registries, tenant)
        if plan is None:
            return DraftMapped((), 0, errors)
        try:
            made = await preview(plan, asked.sample, self._services)
        except Problem as problem:
            return DraftMapped((), 0, [*errors, FieldError(problem.detail, "/dataPath")])
        records = _in_order(plan, asked.sample, made.mapped, made.failed)[:SHOWN]
        return DraftMapped(await self._typed(tenant, plan, records), made.count, errors)

    async def _typed(self, tenant: str, plan: Plan, records: Sequence[MappedRecord]) -> Sequence[MappedRecord]:
        """With what the shard type, where there is such a one, has against them."""
        try:
            kind = await self._records.type(tenant, plan.target or "")
        except Problem:
            return records
        check_one = self._records.checker(kind)
        return [attrs.evolve(one, errors=[*one.errors, *_refusals(check_one(one.data), one)]) for one in records]

    async def read(self, tenant: str, document: Document) -> Imported:
        """What an export, or an OpenAPI document, would make; nothing is saved. Raises Problem 422."""
        found = is_openapi(document)
        given = read_openapi(document) if found else document
        definition = definition_of({name: value for name, value in given.items() if name not in OWN})
        definition, needed = credential_pointers(definition, self._integrations.masks_of(definition))
        errors = check(definition, self._registries)
        return Imported(definition, "openapi" if found else "definition", needed, errors)


async def refusals(checked: Awaitable[Any]) -> Sequence[FieldError]:
    """The errors of what is refused; none where it is not."""
    try:
        await checked
    except Problem as problem:
        if problem.status != 422:
            raise
        return problem.errors
    return ()


def _place(tenant: str) -> Place:
    return Place(tenant, "draft", "page of a test")


def _in_order(plan: Plan, sample: Any, mapped: Sequence[Any], failed: Sequence[Failed]) -> list[MappedRecord]:
    """Both those that map and those that do not, as they came."""
    wrong, good = {one.index: one for one in failed}, iter(mapped)
    made = []
    for index, source in enumerate(plan.selector.select(sample)):
        if index in wrong:
            made.append(MappedRecord(source, None, wrong[index].data, wrong[index].errors))
        else:
            one = next(good)
            made.append(MappedRecord(source, one.external_id, one.data, ()))
    return made


def _refusals(errors: Sequence[FieldError], record: MappedRecord) -> list[RecordError]:
    """What a shard type says, but for fields that are missing because they could not be made."""
    told = {one.field for one in record.errors}
    found = [RecordError(error.pointer.lstrip("/").split("/")[0], error.detail) for error in errors]
    return [one for one in found if one.field not in told]
