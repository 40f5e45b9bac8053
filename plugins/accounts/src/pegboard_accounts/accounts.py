"""The service that other plugins ask about keys."""

from collections.abc import Awaitable, Iterable
from datetime import UTC, datetime

from sqlalchemy import select
from starlette.requests import Request

from pegboard import AuditEvent, FieldError, Principal, Problem, Services, record_event
from pegboard_store import Page, PageQuery, Store, paginate

from .keys import CreatedKey, Key, check_scopes, new_key
from .tables import KeyRow
from .usage import Usage
from .verifier import TOPIC, Recognised, Verifier

SORTABLE = {
    "name": KeyRow.name,
    "created_at": KeyRow.created_at,
    "expires_at": KeyRow.expires_at,
    "last_used_at": KeyRow.last_used_at,
}


class Accounts:
    """Makes, lists, revokes and recognises API keys. Everything but recognising is within one tenant."""

    def __init__(self, services: Services, store: Store, usage: Usage, verifier: Verifier) -> None:
        self._services = services
        self._store = store
        self._usage = usage
        self._verifier = verifier

    async def create_key(
        self,
        maker: Principal,
        name: str,
        scopes: Iterable[str],
        expires_at: datetime | None = None,
        *,
        by: Principal | None = None,
        request: Request | None = None,
    ) -> CreatedKey:
        """A key that acts as `maker`, with some of the scopes that he has. Its text is in the answer, and nowhere else.

        For an auditor `by` is who had it made, where that is not the maker himself, and `request` what asked for it.
        Raises `Problem` 403 for a scope beyond the maker's, 422 for what is no scope or no time in the future.
        """
        granted = check_scopes(scopes, maker)
        if expires_at is not None and expires_at <= datetime.now(UTC):
            raise Problem(422, "invalid-input", errors=[FieldError("must be in the future", "/expires_at")])
        row, text = new_key(maker, name, granted, expires_at)
        async with self._store.begin() as session:
            session.add(row)
            event = AuditEvent("keys.create", "key", row.id, after=Key.of(row))
            await record_event(self._services, event, principal=by or maker, request=request, transaction=session)
        return CreatedKey(Key.of(row), text)

    async def list_keys(self, tenant: str, query: PageQuery = PageQuery()) -> Page[Key]:  # noqa: B008  # frozen
        """The keys of a tenant, newest first, revoked ones included. Raises `Problem` 422 for an unknown sort."""
        keys = select(KeyRow).where(KeyRow.tenant == tenant)
        async with self._store.read() as session:
            return await paginate(
                session, keys, query, columns=SORTABLE, default="created_at:desc", unique=KeyRow.id, make=Key.of
            )

    async def revoke_key(
        self, tenant: str, key: str, *, by: Principal | None = None, request: Request | None = None
    ) -> Key:
        """Make a key useless at once, in every process. Twice is as good as once. Raises `Problem` 404.

        For an auditor `by` is who had it revoked (the app itself where it is None), and `request` what asked for it.
        """
        async with self._store.begin() as session:
            row = await session.scalar(
                select(KeyRow).where(KeyRow.tenant == tenant, KeyRow.id == key).with_for_update()
            )
            if row is None:
                raise Problem(404, "key-not-found", f'there is no key "{key}"')
            before = Key.of(row)
            row.revoked_at = row.revoked_at or datetime.now(UTC)
            await self._store.changes.publish(session, TOPIC, row.id)
            event = AuditEvent("keys.revoke", "key", row.id, before, Key.of(row))
            who = by or Principal("system", tenant)
            await record_event(self._services, event, principal=who, request=request, transaction=session)
        return Key.of(row)

    def recognise(self, text: str) -> Awaitable[Recognised]:
        """Whose key this is. Raises starlette's AuthenticationError, in the same words for whatever is wrong."""
        return self._verifier.recognise(text)

    async def write_usage(self) -> None:
        """Write now when keys were last used, instead of within ten seconds."""
        await self._usage.write()
