"""Who does something: for the rows that name them, and for whoever keeps a record of it."""

from typing import Any

import attrs
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from pegboard import AuditEvent, Call, Principal, Services, record_event


@attrs.frozen
class Actor:
    """A caller, with the request that he made if it came over the network."""

    services: Services
    principal: Principal
    request: HTTPConnection | None = attrs.field(default=None, repr=False)

    @classmethod
    def of(cls, call: Call[Any, Any]) -> "Actor":
        return cls(call.services, call.caller, call.request)

    @property
    def tenant(self) -> str:
        return self.principal.tenant

    async def did(self, event: AuditEvent, transaction: AsyncSession | None = None) -> None:
        """Have it kept where a plugin offers an `Auditor`, together with the change that `transaction` makes."""
        await record_event(
            self.services, event, principal=self.principal, request=self.request, transaction=transaction
        )
