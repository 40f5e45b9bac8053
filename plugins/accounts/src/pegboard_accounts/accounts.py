"""The service that other plugins ask about callers: users, their sessions and tenants, and keys."""

from collections.abc import Awaitable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from starlette.requests import Request

from pegboard import AuditEvent, FieldError, Principal, Problem, record_event
from pegboard_store import Page, PageQuery, paginate

from .keys import CreatedKey, Key, check_scopes, digest_of, new_key
from .logins import Logins
from .members import Members
from .memory import KEYS, Memory, Recognised
from .oauth import OAuth
from .parts import Parts
from .recovery import Recovery
from .registration import Registration
from .sessions import Sessions
from .tables import KeyRow
from .tenants import Tenants
from .tokens import TokenVerifier, looks_like_token
from .usage import Usage
from .verifier import Verifier

SORTABLE = {
    "name": KeyRow.name,
    "created_at": KeyRow.created_at,
    "expires_at": KeyRow.expires_at,
    "last_used_at": KeyRow.last_used_at,
}


class Accounts:
    """Recognises callers, signs users in, and keeps users, tenants and keys.

    Whatever belongs to a tenant is found within that one only. What cannot be done is raised as one of the types of
    `pegboard_accounts.errors`, each a `Problem`, which another plugin may put in words of its own.
    """

    def __init__(self, parts: Parts, usage: Usage, verifier: Verifier, memory: Memory) -> None:
        self._services = parts.services
        self._store = parts.store
        self._usage = usage
        self._verifier = verifier
        self._memory = memory
        self._signing = parts.signing
        self._tokens = TokenVerifier(parts.store, parts.signing, memory, verifier, parts.config.roles)
        sessions = Sessions(parts)
        logins = Logins(parts, sessions)
        self.login = logins.login
        self.refresh = sessions.refresh
        self.logout = sessions.logout
        self.logout_all = sessions.logout_all

        registration = Registration(parts, sessions)
        self.register = registration.register
        self.create_user = registration.create
        self.send_verification = registration.send_verification

        recovery = Recovery(parts, sessions, logins)
        self.verify_email = recovery.verify_email
        self.forgot_password = recovery.forgot_password
        self.reset_password = recovery.reset_password
        self.change_password = recovery.change_password
        self.set_password = recovery.set_password

        members = Members(parts, sessions, logins)
        self.me = members.me
        self.get_user = members.get_user
        self.find_user = members.find
        self.find_user_by_email = members.by_email
        self.list_users = members.list_users
        self.page_users = members.page_users
        self.update_user = members.update_user
        self.set_role = members.set_role
        self.set_active = members.set_active

        tenants = Tenants(parts, sessions)
        self.create_tenant = tenants.create_tenant
        self.list_tenants = tenants.list_tenants
        self.switch_tenant = tenants.switch
        self.invite = tenants.invite
        self.accept_invitation = tenants.accept
        self.add_member = tenants.add_member

        self.oauth = OAuth(sessions, logins, verifier, self._tokens)
        self.settle_mail = parts.post.settle

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

    async def list_keys(
        self,
        tenant: str,
        query: PageQuery = PageQuery(),  # noqa: B008  # frozen
        *,
        user: str | None = None,
    ) -> Page[Key]:
        """The keys of a tenant (of one user's), newest first, revoked ones included.

        Raises `Problem` 422 for an unknown sort.
        """
        keys = select(KeyRow).where(KeyRow.tenant == tenant)
        keys = keys if user is None else keys.where(KeyRow.user_id == user)
        async with self._store.read() as session:
            return await paginate(
                session, keys, query, columns=SORTABLE, default="created_at:desc", unique=KeyRow.id, make=Key.of
            )

    async def revoke_key(
        self,
        tenant: str,
        key: str,
        *,
        user: str | None = None,
        by: Principal | None = None,
        request: Request | None = None,
    ) -> Key:
        """Make a key (of one user's) useless at once, in every process. Twice is as good as once. Raises `Problem` 404.

        For an auditor `by` is who had it revoked (the app itself where it is None), and `request` what asked for it.
        """
        async with self._store.begin() as session:
            row = await session.scalar(
                select(KeyRow).where(KeyRow.tenant == tenant, KeyRow.id == key).with_for_update()
            )
            if row is None or user not in (None, row.user_id):
                raise Problem(404, "key-not-found", f'there is no key "{key}"')
            before = Key.of(row)
            row.revoked_at = row.revoked_at or datetime.now(UTC)
            await self._store.changes.publish(session, KEYS, row.id)
            event = AuditEvent("keys.revoke", "key", row.id, before, Key.of(row))
            who = by or Principal("system", tenant)
            await record_event(self._services, event, principal=who, request=request, transaction=session)
        return Key.of(row)

    def recognise_key(self, text: str) -> Awaitable[Recognised]:
        """Whose key this is. Raises starlette's AuthenticationError, in the same words for whatever is wrong."""
        return self._verifier.recognise(text)

    def recognise(self, text: str) -> Awaitable[Recognised]:
        """Whose key or access token this is. Raises AuthenticationError, as `recognise_key` does."""
        if looks_like_token(text) and self._verifier.fixed(digest_of(text)) is None:
            return self._tokens.recognise(text)
        return self._verifier.recognise(text)

    def public_keys(self) -> Mapping[str, Any]:
        """The JSON Web Key Set (RFC 7517) by which others verify access tokens; empty where a secret signs them."""
        return {"keys": list(self._signing.for_signing().keys if self._signing.is_asymmetric else ())}

    async def write_usage(self) -> None:
        """Write now when keys were last used, instead of within ten seconds."""
        await self._usage.write()
