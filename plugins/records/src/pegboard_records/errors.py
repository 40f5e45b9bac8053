"""Problems that this plugin answers with."""

from collections.abc import Iterable, Sequence

from pegboard import FieldError, Problem
from pegboard.problems import nearest

SHOWN = 100


def cut(text: object) -> str:
    """Somebody's value, short enough for a message."""
    shown = str(text)
    return shown if len(shown) <= SHOWN else f"{shown[: SHOWN - 1]}…"


def no_type(type_id: str, known: Iterable[str]) -> Problem:
    return Problem(404, "shard-type-not-found", f"there is no shard type {cut(type_id)!r}{nearest(type_id, known)}")


def no_shard(shard_id: str) -> Problem:
    return Problem(404, "shard-not-found", f"there is no shard {cut(shard_id)!r}")


def invalid_data(errors: Sequence[FieldError], prefix: str = "/data") -> Problem:
    """A record that is not as its type wants it; `prefix` leads to it in the body."""
    placed = [FieldError(error.detail, prefix + error.pointer) for error in errors]
    detail = "; ".join(f"{error.pointer.lstrip('/')}: {error.detail}" for error in errors[:5])
    return Problem(422, "invalid-shard", f"The record is not as its shard type wants it: {detail}", errors=placed)


def not_storable(external_id: object, reason: str) -> Problem:
    return Problem(422, "shard-not-storable", f"The record {cut(external_id)!r} cannot be stored: {reason}")


def changed(what: str, current: int) -> Problem:
    detail = f'the {what} was changed: its ETag is "{current}" now; read it and try again'
    return Problem(412, "precondition-failed", detail, headers={"ETag": f'"{current}"'})
