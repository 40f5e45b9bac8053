"""What can go wrong, with the cause first. No message holds a token, a secret or a code."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from pegboard import Problem, Secret

CONTROL = re.compile(r"[^ -~]+")
LONGEST = 300


class TokenRefused(Problem):
    """502: the token endpoint answered an error (RFC 6749, section 5.2)."""

    def __init__(self, error: str, words: str, url: str) -> None:
        cause = f"{error}: {words}" if words else error
        detail = f"{cause} (the answer of the token URL {url}){HINTS.get(error, '')}"
        super().__init__(502, "oauth-token-refused", detail, extra={"oauth_error": error})
        self.error = error


class TokenAnswer(Problem):
    """502: the token endpoint answered something that is no token and no error of OAuth."""

    def __init__(self, what: str, url: str, status: int) -> None:
        detail = f"{what} (the answer of the token URL {url}): check tokenUrl"
        super().__init__(502, "oauth-token-answer", detail, extra={"upstream_status": status})


class TokenUnavailable(Problem):
    """502: the token endpoint is not working at present."""

    def __init__(self, status: int, url: str, retry_after: str | None) -> None:
        headers = {"Retry-After": retry_after} if retry_after and retry_after.isdigit() else {}
        detail = f"the token URL {url} answered {status}: try again later"
        super().__init__(502, "oauth-token-unavailable", detail, headers=headers, extra={"upstream_status": status})


class LoginNeeded(Problem):
    """409: there is no token, and none can be had without a user who logs in."""

    CODE: ClassVar[str] = "oauth-login-needed"

    def __init__(self, cause: str, **members: Any) -> None:
        super().__init__(409, self.CODE, f"{cause}: connect again", extra=members)


class RenewalBusy(Problem):
    """503: another process is renewing the token and does not come to an end."""

    def __init__(self, seconds: float) -> None:
        detail = f"another process is renewing this OAuth token; it was waited for {seconds:g} seconds: try again"
        super().__init__(503, "oauth-busy", detail, headers={"Retry-After": "5"})


class LoginFailed(Problem):
    """A login that came back and is not good. `code` tells why; `return_to` is where its user began."""

    def __init__(self, status: int, code: str, detail: str, return_to: str = "") -> None:
        super().__init__(status, code, detail)
        self.return_to = return_to


def config_problem(field: str, detail: str) -> Problem:
    """422 for a config that is well formed and cannot be used here."""
    return Problem(422, "oauth-config", "the OAuth config", errors=[{"detail": detail, "pointer": f"/{field}"}])


def restored(failure: Mapping[str, Any]) -> Problem:
    """What another request or process ran into, for whoever waited for it."""
    given = {"headers": failure["headers"], "extra": failure["extra"]}
    return Problem(failure["status"], failure["code"], failure["detail"], **given)


def told(text: object, secrets: Iterable[Secret]) -> str:
    """Words of somebody else's as they may be shown: one short line of ASCII without any of `secrets`."""
    words = text if isinstance(text, str) else ""
    for secret in sorted((s.reveal() for s in secrets if s), key=len, reverse=True):
        words = words.replace(secret, "***")
    words = " ".join(CONTROL.sub(" ", words).split())
    return words if len(words) <= LONGEST else f"{words[:LONGEST]}..."


HINTS = {
    "invalid_client": ": check clientId, clientSecret and tokenAuthMethod",
    "unauthorized_client": ": the server does not let this client use this grantType",
    "unsupported_grant_type": ": check grantType",
    "invalid_scope": ": check scope",
}
