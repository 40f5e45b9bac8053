"""What is refused, as errors with a place."""

from collections.abc import Callable, Iterator
from typing import Any

from pegboard import FieldError, MissingService
from pegboard.invalid import field_errors

Errors = Iterator[FieldError]


def tried(pointer: str, make: Callable[[], Any]) -> Errors:
    """What `make` refuses, at its place."""
    try:
        make()
    except MissingService as error:
        yield FieldError(error.detail, pointer)
    except (ValueError, ExceptionGroup) as error:
        yield from field_errors(error, pointer)


def twice(values: Iterator[str], pointer: str, field: str) -> Errors:
    seen: dict[str, int] = {}
    for index, value in enumerate(values):
        if value in seen:
            yield FieldError(f'is "{value}", as that of number {seen[value]} is', f"{pointer}/{index}/{field}")
        seen.setdefault(value, index)
