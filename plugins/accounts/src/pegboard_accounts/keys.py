"""What an API key is: the text that its holder sends, and the record that we keep."""

import hashlib
import re
import secrets
import string
from collections.abc import Iterable
from datetime import UTC, datetime

import attrs

from pegboard import FieldError, Principal, Problem
from pegboard.auth import grants

from .tables import KeyRow

LETTERS = string.ascii_letters + string.digits
FORM = re.compile(r"pk_([a-z0-9]{10})_[A-Za-z0-9]{43}")
SCOPE = re.compile(r"\*|[a-z][a-z0-9._-]*(:([a-z][a-z0-9_-]*|\*))?")


@attrs.frozen
class User:
    """Whose key it is."""

    id: str
    username: str
    email: str


@attrs.frozen
class Key:
    """A key as one may look at it: everything but the secret."""

    id: str
    tenant: str
    name: str
    prefix: str
    user: User
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    @classmethod
    def of(cls, row: KeyRow) -> "Key":
        user = User(row.user_id, row.username, row.email)
        scopes = tuple(row.scopes)
        times = (row.created_at, row.expires_at, row.revoked_at, row.last_used_at)
        return cls(row.id, row.tenant, row.name, row.prefix, user, scopes, *times)


@attrs.frozen
class CreatedKey:
    """A key with its secret text, which nobody can ever see again."""

    record: Key
    key: str = attrs.field(repr=False)


def new_key(
    owner: Principal, name: str, scopes: Iterable[str], expires_at: datetime | None = None
) -> tuple[KeyRow, str]:
    """A row to be stored, and the text to be shown: ten letters to find it by, and 256 bits that nobody guesses."""
    prefix = _random(string.ascii_lowercase + string.digits, 10)
    text = f"pk_{prefix}_{_random(LETTERS, 43)}"
    row = KeyRow(
        id=f"key_{_random(LETTERS, 20)}",
        tenant=owner.tenant,
        name=name,
        prefix=prefix,
        digest=digest_of(text),
        user_id=owner.id,
        username=owner.username,
        email=owner.email,
        scopes=list(scopes),
        created_at=datetime.now(UTC),
        expires_at=expires_at,
    )
    return row, text


def prefix_of(text: str) -> str | None:
    """The prefix of a text that has the form of a key, else None."""
    match = FORM.fullmatch(text)
    return match[1] if match else None


def digest_of(text: str) -> bytes:
    """SHA-256. A slow hash protects what people choose; 256 random bits need none, and each request pays for this."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()


def check_scopes(asked: Iterable[str], maker: Principal) -> tuple[str, ...]:
    """The scopes of a new key, sorted; one without any does what every caller may do.

    Raises `Problem` 422 for a malformed one, 403 for more than the maker has.
    """
    scopes = tuple(sorted(set(asked)))
    wrong = [f"{scope!r} is no scope such as widgets:read" for scope in scopes if not SCOPE.fullmatch(scope)]
    if wrong:
        errors = [FieldError(detail, "/scopes") for detail in wrong]
        raise Problem(422, "invalid-input", "The scopes are not valid", errors=errors)
    beyond = [scope for scope in scopes if not grants(maker.scopes, scope)]
    if beyond:
        detail = f"a key grants no more than its maker has; you lack {', '.join(beyond)}"
        raise Problem(403, "insufficient-scope", detail, extra={"scopes": beyond})
    return scopes


def _random(letters: str, size: int) -> str:
    return "".join(secrets.choice(letters) for _ in range(size))
