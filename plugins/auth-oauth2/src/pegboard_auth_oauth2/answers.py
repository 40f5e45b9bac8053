"""What a token endpoint answers (RFC 6749, sections 5.1 and 5.2), taken by its word and no further."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import attrs
import orjson
from oauthlib.oauth2 import OAuth2Error  # type: ignore[import-untyped]
from oauthlib.oauth2.rfc6749.parameters import parse_token_response  # type: ignore[import-untyped]

from pegboard import Problem, Secret
from pegboard_egress import EgressResponse

from .configs import TOKEN
from .errors import TokenAnswer, TokenRefused, TokenUnavailable, told
from .tokens import Token

LONGEST = 30 * 365 * 86400
"""Seconds. What is longer is a date or in another unit, and the token's end would never be seen."""

PROVEN = frozenset({"dpop", "hmac", "mac", "pop"})
"""Types of tokens that are no use without a proof of one's own. Others are sent as Bearer, whatever they are called."""


@attrs.frozen
class Reading:
    """One answer, where it came from, and what no message about it may repeat."""

    response: EgressResponse
    url: str
    secrets: Sequence[Secret]
    now: datetime

    def token(self) -> Token:
        """The token in it. Raises TokenRefused, TokenAnswer and TokenUnavailable."""
        document = self._document()
        if not isinstance(document, dict):
            raise self._no_object(document)
        lifetime = self._lifetime(document.pop("expires_in", None))
        document.pop("expires_at", None)
        self._check(document)
        access, refresh = document["access_token"], document.get("refresh_token") or ""
        scope = document.get("scope")
        ends = None if lifetime is None else self.now + timedelta(seconds=lifetime)
        return Token(Secret(access), Secret(refresh), scope if isinstance(scope, str) else "", ends, self.now)

    def _document(self) -> Any:
        try:
            return orjson.loads(self.response.body)
        except orjson.JSONDecodeError:
            return None

    def _no_object(self, document: Any) -> Problem:
        status = self.response.status
        if status >= 500 or status == 429:
            return TokenUnavailable(status, self.url, self.response.headers.get("Retry-After"))
        if 300 <= status < 400:
            return self._strange(f"a redirect ({status}), which is not followed: a secret would go along")
        kind = told(self.response.headers.get("Content-Type", "").partition(";")[0], ()) or "no type"
        what = "JSON that is no object" if document is not None else f"no JSON but {kind}"
        return self._strange(f"{what}, with status {status}")

    def _check(self, document: dict[str, Any]) -> None:
        try:
            parse_token_response(orjson.dumps(document))
        except OAuth2Error:
            raise self._refusal(document) from None
        if not 200 <= self.response.status < 300:
            raise self._refusal(document)
        for name, needed in (("access_token", True), ("refresh_token", False)):
            value = document.get(name)
            if not (value is None and not needed) and not (isinstance(value, str) and TOKEN.fullmatch(value)):
                raise self._strange(f"{name} is not one word of visible ASCII")
        kind = document.get("token_type")
        if isinstance(kind, str) and kind.lower() in PROVEN:
            raise self._strange(f"token_type is {kind}, which cannot be sent here: ask the server for Bearer")

    def _refusal(self, document: dict[str, Any]) -> Problem:
        error, status = document.get("error"), self.response.status
        if isinstance(error, dict):
            # not OAuth's, but some large ones answer {"error": {"message": ...}}
            document = {"error": error.get("type") or "error", "error_description": error.get("message")}
        if error:
            error, words = document["error"], told(document.get("error_description"), self.secrets)
            return TokenRefused(told(error, self.secrets) or "error", words, self.url)
        if status >= 500 or status == 429:
            return TokenUnavailable(status, self.url, self.response.headers.get("Retry-After"))
        return self._strange(f"no access_token and no error, with status {status}")

    def _lifetime(self, value: Any) -> float | None:
        """Seconds; None where nothing is told, and for the 0 with which some say "for ever"."""
        number = float(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
        if number is None or number == "":
            return None
        if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number <= LONGEST:
            raise self._strange(f"expires_in is {told(str(value), self.secrets)}: it must be seconds, up to 30 years")
        return float(number) or None

    def _strange(self, what: str) -> TokenAnswer:
        return TokenAnswer(what, self.url, self.response.status)
