"""What only a service can find in the rules of a webhook: mistakes in code, which is looked at where it runs."""

from collections.abc import AsyncIterator

from pegboard import FieldError, Limits, PageValues, Program, Registries, Sandboxes, Services

from .fields import compile_field
from .webhooks import EventRouting, WebhookConfig

ENTRY = "handle"
NOTHING = PageValues([], [])


async def check_webhook_code(
    config: WebhookConfig, registries: Registries, services: Services, tenant: str, sandbox: str
) -> list[FieldError]:
    """For a webhook in which nothing else is wrong. None of the code runs."""
    found = []
    for index, route in enumerate(config.eventRouting):
        pointer = f"/webhookConfig/eventRouting/{index}"
        found += [error async for error in _mappings(route, registries, services, tenant, pointer)]
        if route.action == "custom":
            found += await _violations(route.code, services, tenant, sandbox, f"{pointer}/code")
    return found


async def _mappings(
    route: EventRouting, registries: Registries, services: Services, tenant: str, pointer: str
) -> AsyncIterator[FieldError]:
    for place, mapping in enumerate(route.fieldMappings):
        where = f"{pointer}/fieldMappings/{place}"
        field = compile_field(mapping, registries, tenant, where)
        if field.prepare is not None:
            try:
                await field.prepare(NOTHING, services)
            except ValueError as error:
                yield FieldError(str(error), f"{where}/transform/config")


async def _violations(code: str, services: Services, tenant: str, sandbox: str, pointer: str) -> list[FieldError]:
    opened = await services.get(Sandboxes).open(sandbox)
    found = await opened.check(tenant, Program(code, ENTRY), Limits())
    return [
        FieldError(f"line {one.line}: {one.message}{f' ({one.hint})' if one.hint else ''}", pointer) for one in found
    ]
