"""What keeps a definition from being saved, and what keeps it from being activated."""

from collections.abc import Iterator, Mapping
from typing import Any

from pegboard import FieldError, Problem, Registries, Services, Settings
from pegboard_egress import Egress, EgressBlocked
from pegboard_records import Records

from .engine import ShardTypeInfo, check, check_code, check_webhook_code, read_definition
from .settings import IntegrationsSettings

Document = Mapping[str, Any]
URLS = ("tokenUrl", "authorizationUrl")


class Checker:
    """Checks definitions as a whole; nothing is sent."""

    def __init__(self, services: Services, egress: Egress, records: Records) -> None:
        self._services = services
        self._registries = services.get(Registries)
        self._egress = egress
        self._records = records
        self._sandbox = services.get(Settings).of(IntegrationsSettings).sandbox

    async def check(self, tenant: str, document: Document, *, active: bool = False) -> None:
        """Raises Problem 422 with each error and the JSON pointer to its place.

        While a definition is being written it may name shard types that are not there yet. Active, it may not, and
        has something to do.
        """
        types = await self._shard_types(tenant, document) if active else None
        errors = check(document, self._registries, types)
        if not errors:
            errors = await check_code(document, self._registries, self._services, tenant)
            errors += await self._webhook_code(tenant, document)
        errors = [*errors, *self._addresses(document), *(_idle(document) if active else ())]
        if errors:
            detail = "; ".join(f"{error.pointer or '/'}: {error.detail}" for error in errors[:5])
            raise Problem(422, "invalid-integration", f"the definition is not valid: {detail}", errors=errors)

    async def _webhook_code(self, tenant: str, document: Document) -> list[FieldError]:
        config, sandbox = read_definition(document).webhookConfig, self._sandbox
        if config is None:
            return []
        return await check_webhook_code(config, self._registries, self._services, tenant, sandbox)

    async def _shard_types(self, tenant: str, document: Document) -> dict[str, ShardTypeInfo]:
        found = {}
        for name in set(_targets(document)):
            try:
                kind = await self._records.type(tenant, name)
            except Problem as problem:
                if problem.status not in (404, 422):
                    raise
                continue
            fields: Any = frozenset(field.name for field in kind.fields)
            found[name] = ShardTypeInfo(fields, kind.strict)
        return found

    def _addresses(self, document: Document) -> Iterator[FieldError]:
        auth = document.get("auth")
        places = [("/baseUrl", document.get("baseUrl"))]
        if isinstance(auth, Mapping):
            places += [(f"/auth/{name}", auth.get(name)) for name in URLS]
        for pointer, url in places:
            if isinstance(url, str) and url:
                try:
                    self._egress.check_url(url)
                except EgressBlocked as blocked:
                    yield FieldError(f"no request may go there: {blocked.detail} (rule {blocked.rule})", pointer)


def _targets(document: Document) -> Iterator[str]:
    webhook = document.get("webhookConfig") or {}
    mappings = [endpoint.get("responseMapping") or {} for endpoint in document.get("endpoints") or ()]
    for holder in (*mappings, *(webhook.get("eventRouting") or ())):
        if holder.get("targetShardTypeId"):
            yield holder["targetShardTypeId"]


def _idle(document: Document) -> Iterator[FieldError]:
    if not document.get("endpoints") and not document.get("webhookConfig"):
        yield FieldError("has neither endpoints nor a webhookConfig: there is nothing to activate", "/endpoints")
