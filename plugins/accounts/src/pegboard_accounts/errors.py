"""What can go wrong with users and their sessions: a type for each, so that a plugin may put it in words of its own."""

from pegboard import FieldError, Problem


class InvalidCredentials(Problem):
    """E-mail and password do not open a session; which of both is wrong, or why, is not told."""

    def __init__(self) -> None:
        super().__init__(401, "invalid-credentials", "e-mail or password is wrong, or the account may not sign in")


class TooManyAttempts(Problem):
    """Locked for a while, whether there is such an account or not."""

    def __init__(self, seconds: int) -> None:
        detail = f"too many failed attempts; try again in {seconds} seconds, or reset the password"
        super().__init__(429, "too-many-attempts", detail, headers={"Retry-After": str(seconds)})


class HashingBusy(Problem):
    """More passwords wait to be checked than this process should hold."""

    def __init__(self) -> None:
        detail = "too many sign-ins are waiting; try again"
        super().__init__(503, "sign-in-busy", detail, headers={"Retry-After": "1"})


class InvalidToken(Problem):
    """A refresh token that opens nothing: unknown, expired, revoked, or used before."""

    def __init__(self) -> None:
        super().__init__(401, "refresh-token-invalid", "the refresh token is not valid; sign in again")


class InvalidCode(Problem):
    """A code from a mail that is unknown, used, expired or meant for something else."""

    def __init__(self) -> None:
        super().__init__(400, "code-invalid", "the code is not valid any more; ask for a new one")


class AccountExists(Problem):
    """The e-mail address or the username is somebody's."""

    def __init__(self, *fields: str) -> None:
        errors = [FieldError("is taken; choose another, or sign in", f"/{field}") for field in fields]
        super().__init__(409, "account-exists", "e-mail or username already exists", errors=errors)


class RegistrationClosed(Problem):
    """Nobody may register, or only who was invited."""

    def __init__(self) -> None:
        super().__init__(403, "registration-closed", "registration needs an invitation; ask an administrator for one")


class EmailUnverified(Problem):
    """The password is right, but the address was not verified yet, and the app wants that."""

    def __init__(self) -> None:
        super().__init__(403, "email-unverified", "verify the e-mail address first: the code is in the mail to it")


class AccessDenied(Problem):
    """The object is not the caller's, or the change not his to make."""

    def __init__(self, detail: str) -> None:
        super().__init__(403, "access-denied", detail)


class UserNotFound(Problem):
    """There is no such user in the caller's tenant."""

    def __init__(self, detail: str = "there is no such user in this tenant") -> None:
        super().__init__(404, "user-not-found", detail)


class TenantNotFound(Problem):
    """There is no such tenant, as far as the caller may know."""

    def __init__(self) -> None:
        super().__init__(404, "tenant-not-found", "there is no such tenant, or you are no member of it")


class LastAdmin(Problem):
    """Somebody must be able to administrate a tenant."""

    def __init__(self) -> None:
        super().__init__(409, "last-admin", "this is the tenant's last active admin; make another one first")


class NoSession(Problem):
    """The credential is none of a session, such as an API key."""

    def __init__(self) -> None:
        super().__init__(409, "no-session", "this needs the access token of a session; a key is revoked instead")


class SigningKeyMissing(Problem):
    """The app has no key to sign tokens with."""

    def __init__(self) -> None:
        super().__init__(503, "signing-key-missing", "the operator must give the app a key for tokens: SECRET_KEY")


def invalid(pointer: str, detail: str) -> Problem:
    """One field that cannot be taken."""
    return Problem(422, "invalid-input", f"{pointer[1:]} {detail}", errors=[FieldError(detail, pointer)])
