"""Queries that may choose several values, by jsonpath-ng: what of it is RFC 9535 and safe to run for anybody."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from jsonpath_ng import Child, Descendants, Fields, Index, JSONPath, Root, Slice, This, Wildcard
from jsonpath_ng.exceptions import JSONPathError
from jsonpath_ng.ext.filter import And, Expression, Filter, Or
from jsonpath_ng.ext.parser import parse

from .errors import PathError

# Exact types: the library's string functions are subclasses of This.
KINDS = (Root, This, Child, Descendants, Fields, Wildcard, Index, Slice, Filter, Expression, And, Or)
PLAIN = (Root, Child, Fields, Index)
COMPARISONS = (None, "!", "==", "!=", "<", "<=", ">", ">=")
LONGEST = 500
MOST_DESCENTS = 2
PLACE = re.compile(r"at 1:(\d+)|col (\d+)")


def general(text: str) -> Callable[[Any], list[Any]]:
    """The function from a document to the list of what the query chooses there. Raises PathError."""
    if len(text) > LONGEST:
        raise PathError(text, LONGEST + 1, f"the end: {LONGEST} characters are the most for *, slices and filters")
    if text != text.strip():
        raise PathError(text, len(text), "no white space at the end")
    query = _parsed(text)
    _check(text, query)
    find = query.find
    return lambda document: [found.value for found in find(document)]


def _parsed(text: str) -> JSONPath:
    try:
        return parse(text)
    except JSONPathError as error:
        raise PathError(text, _column(text, str(error)), "a query of RFC 9535 without functions") from None
    except (TypeError, ValueError, ArithmeticError, AttributeError, RecursionError):
        raise PathError(text, 1, "a query of RFC 9535 without functions") from None


def _column(text: str, message: str) -> int:
    found = PLACE.search(message)
    return int(found[1] or found[2]) + 1 if found else len(text) + 1


def _check(text: str, query: JSONPath) -> None:
    """Refuse the library's own language, in which somebody's regular expression or sorting would run here, and
    queries whose cost is not in proportion to the document."""
    nodes = list(_nodes(query))
    tests = [node for node in nodes if isinstance(node, Expression)]
    if any(type(node) not in KINDS for node in nodes) or any(test.op not in COMPARISONS for test in tests):
        raise PathError(text, 1, "a query of RFC 9535: names, indexes, slices, *, .. and comparisons")
    if sum(isinstance(node, Descendants) for node in nodes) > MOST_DESCENTS:
        raise PathError(text, text.rfind("..") + 1, f'".." {MOST_DESCENTS} times at most')
    for side in (side for test in tests for side in (test.target, test.value) if isinstance(side, JSONPath)):
        _check_side(text, list(_nodes(side)))


def _check_side(text: str, nodes: list[JSONPath]) -> None:
    """What a filter looks at for each element must be found at once, or lie within that element."""
    column = text.find("?") + 1
    if any(isinstance(node, Descendants) for node in nodes):
        raise PathError(text, column, 'a filter without ".."')
    if any(isinstance(node, Root) for node in nodes) and any(type(node) not in PLAIN for node in nodes):
        raise PathError(text, column, 'a filter that starts from "@", or from "$" by names and indexes')


def _nodes(node: JSONPath) -> Iterator[JSONPath]:
    """The query and all its parts."""
    yield node
    for value in vars(node).values():
        for part in value if isinstance(value, list | tuple) else (value,):
            if isinstance(part, JSONPath):
                yield from _nodes(part)
