"""A call as the supervisor is told it."""

from __future__ import annotations

from typing import Any, NamedTuple


class Job(NamedTuple):
    """`arguments` are JSON texts; `limits` are numbers of `pegboard.Limits`."""

    kind: str
    number: int
    tenant: str
    source: str
    entry: str | None
    views: tuple[str, ...]
    arguments: tuple[bytes, ...]
    limits: dict[str, Any]
    stream: bool

    @classmethod
    def of(cls, members: dict[str, Any], blobs: list[bytes]) -> Job:
        source, *arguments = blobs
        views = tuple(members.pop("views"))
        text = source.decode("utf-8", "surrogatepass")
        return cls(source=text, arguments=tuple(arguments), views=views, **members)

    @property
    def seconds(self) -> float:
        """How long the interpreter may compute: `cpu` where that is less than `wall`."""
        wall: float = self.limits["wall"]
        return min(wall, self.limits["cpu"] or wall)
