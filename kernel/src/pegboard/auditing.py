"""Telling an auditor, in one line at the place where something is done."""

from typing import Any

from starlette.requests import HTTPConnection

from .contracts import AuditEvent, Auditor, Principal, Services


async def record_event(
    services: Services,
    event: AuditEvent,
    *,
    principal: Principal,
    request: HTTPConnection | None = None,
    transaction: Any = None,
) -> None:
    """Have an event kept where a plugin offers an `Auditor`; nothing where none does.

    Within the transaction of a change pass it on: what is rolled back was not done. Raises what the auditor raises,
    and the change must then not take place.
    """
    if Auditor in services:
        auditor = await services.aget(Auditor)  # type: ignore[type-abstract]
        await auditor.record(event, principal=principal, request=request, transaction=transaction)
