"""What a user is: what he says of himself, and what others may see of him."""

import re
import secrets
from datetime import UTC, datetime

import attrs
from email_validator import EmailNotValidError, validate_email

from .errors import invalid
from .passwords import check_password
from .tables import MemberRow, UserRow

USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{2,63}")
LONGEST_NAME = 100


@attrs.frozen
class Account:
    """A user as a member of one tenant. `number` is a short name for him; `id` is what other tables refer to."""

    id: str
    number: int
    tenant: str
    email: str
    username: str
    first_name: str
    last_name: str
    role: str
    is_active: bool
    is_verified: bool
    created_at: datetime
    updated_at: datetime | None
    last_login: datetime | None

    @classmethod
    def of(cls, user: UserRow, member: MemberRow) -> "Account":
        return cls(
            id=user.id,
            number=user.number,
            tenant=member.tenant,
            email=user.email,
            username=user.username or "",
            first_name=user.first_name,
            last_name=user.last_name,
            role=member.role,
            is_active=member.is_active,
            is_verified=user.is_verified,
            created_at=user.created_at,
            updated_at=user.updated_at,
            last_login=user.last_login,
        )


@attrs.frozen
class NewUser:
    """Who registers. It has no role: nobody gives himself one."""

    email: str
    password: str = attrs.field(repr=False)
    username: str = ""
    first_name: str = ""
    last_name: str = ""

    def checked(self) -> "NewUser":
        """With e-mail and username as they are stored. Raises `Problem` 422 with the place."""
        email, username = read_email(self.email), read_username(self.username)
        names = (read_name(self.first_name, "/first_name"), read_name(self.last_name, "/last_name"))
        check_password(self.password, (email, username))
        return NewUser(email, self.password, username, *names)

    def row(self, password_hash: str, *, is_verified: bool) -> UserRow:
        now = datetime.now(UTC)
        return UserRow(
            id=f"usr_{secrets.token_hex(12)}",
            email=self.email,
            username=self.username or None,
            password_hash=password_hash,
            password_at=now,
            first_name=self.first_name,
            last_name=self.last_name,
            is_verified=is_verified,
            created_at=now,
        )


@attrs.frozen
class UserChange:
    """What is to change of a user; None leaves it as it is."""

    email: str | None = None
    username: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    password: str | None = attrs.field(default=None, repr=False)
    role: str | None = None
    is_active: bool | None = None


def read_email(text: str, pointer: str = "/email") -> str:
    """An address as it is stored and compared: in lower case. Raises `Problem` 422."""
    try:
        found = validate_email(text, check_deliverability=False)
    except EmailNotValidError as error:
        raise invalid(pointer, f"is no e-mail address: {error}") from None
    return found.normalized.lower()


def fold_email(text: str) -> str:
    """The same for whoever signs in, where a wrong address is just nobody's."""
    try:
        return validate_email(text, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        return text.strip().lower().replace("\0", "")[:320]


def read_username(text: str, pointer: str = "/username") -> str:
    """A username in lower case, or none. Raises `Problem` 422."""
    folded = text.lower()
    if folded and not USERNAME.fullmatch(folded):
        raise invalid(pointer, "must be 3 to 64 letters of a to z, digits, '.', '_' or '-', and start with no mark")
    return folded


def read_name(text: str, pointer: str) -> str:
    """Raises `Problem` 422."""
    if len(text) > LONGEST_NAME or not all(letter.isprintable() for letter in text):
        raise invalid(pointer, f"must be a name of at most {LONGEST_NAME} characters, without control characters")
    return text.strip()
