"""What was wrong with an input, field by field: cattrs' errors as messages with JSON pointers."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs
from cattrs import BaseValidationError, ClassValidationError, IterableValidationError
from cattrs.errors import ForbiddenExtraKeysError

from .problems import FieldError, Problem, nearest

LENGTH = re.compile(r"^Length must be ([<>]=) (\d+): (\d+)$")


class Refusal(ValueError):
    """A validator's refusal of one field, in words."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field


def escape(key: object) -> str:
    """One step of a JSON pointer (RFC 6901, section 3)."""
    return str(key).replace("~", "~0").replace("/", "~1")


def field_errors(error: BaseException, pointer: str = "") -> Iterator[FieldError]:
    """Each single mistake in what cattrs raised, with its place."""
    if isinstance(error, ClassValidationError):
        yield from _class_errors(error, pointer)
    elif isinstance(error, IterableValidationError):
        noted, others = error.group_exceptions()
        for inner, note in noted:
            yield from field_errors(inner, f"{pointer}/{escape(note.index)}")
        for inner in others:
            yield from field_errors(inner, pointer)
    elif isinstance(error, ForbiddenExtraKeysError):
        known = [field.name for field in attrs.fields(error.cl) if field.init]
        for key in sorted(error.extra_fields):
            yield FieldError(f"unknown key{nearest(key, known)}", f"{pointer}/{escape(key)}")
    elif isinstance(error, Refusal):
        yield FieldError(str(error), f"{pointer}/{escape(error.field)}")
    else:
        yield FieldError(_words(error), pointer)


def _class_errors(error: ClassValidationError, pointer: str) -> Iterator[FieldError]:
    noted, others = error.group_exceptions()
    for inner, note in noted:
        place = f"{pointer}/{escape(note.name)}"
        if isinstance(inner, KeyError) and inner.args == (note.name,):
            yield FieldError("is missing", place)
        else:
            yield from field_errors(inner, place)
    for inner in others:
        yield from field_errors(inner, pointer)


def _words(error: BaseException) -> str:
    if isinstance(error, KeyError | AttributeError):
        return "has the wrong shape"
    return str(error.args[0]) if error.args else type(error).__name__


def _unquoted(message: str, field: str) -> str:
    """attrs' validators name the field; the pointer does so already."""
    told = re.sub(rf"( of)? ?'{field}' ?", " ", message, count=1).strip()
    return LENGTH.sub(_length, told)


def _length(found: re.Match[str]) -> str:
    """attrs says ``Length must be >= 1: 0``."""
    relation, bound, length = found.groups()
    if (relation, bound) == (">=", "1"):
        return "must not be empty"
    return f"must have a length of at {'least' if relation == '>=' else 'most'} {bound}, but has {length}"


def refusals(kind: type, value: Mapping[str, Any], structure: Callable[[Any, Any], Any]) -> list[Refusal]:
    """What the validators of an attrs class refuse, all of it: attrs itself stops at the first."""
    found = []
    for field in attrs.fields(attrs.resolve_types(kind)):
        if field.validator is None or field.name not in value:
            continue
        try:
            field.validator(None, field, structure(value[field.name], field.type))
        except BaseValidationError:
            continue  # its parts are wrong, and reported at their own places
        except (ValueError, TypeError) as refused:
            found.append(Refusal(field.name, _unquoted(_words(refused), field.name)))
    return found


def invalid(error: BaseException, where: str = "body") -> Problem:
    """The 422 for an input that does not have its declared type; `where` it came from is named."""
    errors = list(field_errors(error))
    detail = "; ".join(f"{e.pointer.lstrip('/').replace('/', '.') or where}: {e.detail}" for e in errors[:5])
    return Problem(422, "invalid-input", f"The {where} is not valid: {detail}", errors=errors)
