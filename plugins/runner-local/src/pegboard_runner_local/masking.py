"""Masking secrets in a stream of bytes, also where one is written in two pieces."""

from collections.abc import Sequence

MASK = b"***"


class Masked:
    """Takes pieces as they come and gives them on without secrets.

    What may be the beginning of a secret is held back until more is known, at the longest until the end.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        # the longest first: a secret may be a part of another
        self._secrets = sorted({text.encode() for text in secrets if text}, key=len, reverse=True)
        self._held = b""

    def take(self, data: bytes, last: bool = False) -> bytes:
        if not self._secrets:
            return data
        text = self._held + data
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        keep = 0 if last else self._unsure(text)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]

    def _unsure(self, text: bytes) -> int:
        """How many bytes at the end may begin a secret."""
        return max(
            (size for secret in self._secrets for size in range(1, len(secret)) if text.endswith(secret[:size])),
            default=0,
        )
