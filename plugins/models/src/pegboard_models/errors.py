"""Problems that this plugin answers with."""

from collections.abc import Iterable, Sequence

from pegboard import FieldError, Problem
from pegboard.problems import nearest

SHOWN = 100


def cut(value: object) -> str:
    """Somebody's value, short enough for a message."""
    shown = str(value)
    return shown if len(shown) <= SHOWN else f"{shown[: SHOWN - 1]}…"


def invalid_row(errors: Sequence[FieldError], prefix: str = "") -> Problem:
    """Fields that are not as their model wants them; `prefix` leads to the row in the input."""
    placed = [FieldError(error.detail, prefix + error.pointer) for error in errors]
    detail = "; ".join(f"{error.pointer.lstrip('/').replace('/', '.')}: {error.detail}" for error in placed[:5])
    return Problem(422, "invalid-input", f"The input is not valid: {detail}", errors=placed)


def no_row(model: str, row_id: object) -> Problem:
    return Problem(404, "row-not-found", f"there is no {model} {cut(row_id)!r}")


def taken(model: str, fields: Iterable[str]) -> Problem:
    """Another row has these values already."""
    names = list(fields)
    detail = f"there is a {model} with this {' and '.join(names)} already: change it, or take another value"
    return Problem(409, "row-exists", detail, errors=[FieldError("is taken", f"/{name}") for name in names])


def in_use(model: str, row_id: object) -> Problem:
    detail = f"other rows refer to the {model} {cut(row_id)!r}: change or delete them first"
    return Problem(409, "row-in-use", detail)


def gone(model: str) -> Problem:
    """A row that was there when it was looked for."""
    detail = f"the {model} refers to a row that somebody has deleted meanwhile: take another"
    return Problem(409, "row-gone", detail)


def changed(model: str, version: int) -> Problem:
    detail = f'the {model} was changed: its ETag is "{version}" now; read it and try again'
    return Problem(412, "precondition-failed", detail, headers={"ETag": f'"{version}"'})


def match_wanted(model: str) -> Problem:
    detail = f"a {model} is changed only with If-Match: send the ETag that it had when you read it"
    return Problem(428, "precondition-required", detail)


def refused_filter(pointer: str, detail: str) -> Problem:
    error = FieldError(detail, f"/filter{pointer}")
    return Problem(422, "invalid-filter", f"The filter is not valid: filter{pointer}: {detail}", errors=[error])


def refused_sort(part: str, known: Iterable[str]) -> Problem:
    names = sorted(known)
    detail = f"{cut(part)!r} is not possible{nearest(part, names)}: sort by {', '.join(names)}, each with :asc or :desc"
    return Problem(422, "unknown-sort", detail, errors=[FieldError(detail, "/sort")])


def refused_cursor(reason: str) -> Problem:
    detail = f"the cursor {reason}: take the `next` of a page of this very list, or leave the cursor out"
    return Problem(422, "invalid-cursor", detail, errors=[FieldError(reason, "/cursor")])
