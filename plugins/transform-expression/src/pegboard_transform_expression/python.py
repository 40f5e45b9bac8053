"""Python: a program of ours around the user's expression, for the sandbox ``restricted``.

The expression is put in only after it was compiled alone, as exactly one expression (`language.check_python`): its own
brackets are then closed, and it stands in brackets on lines of its own. So its lines are counted from `FIRST_LINE`.
"""

from collections.abc import Sequence

import attrs

from pegboard import Program, Violation

SANDBOX, ENTRY = "restricted", "process_page"

BEFORE = """import collections, datetime, itertools, json, math, re, statistics

MISSING = collections.namedtuple("Missing", ())()

def expression(value, record, index):
    return (
"""
FIRST_LINE = BEFORE.count("\n") + 1

AFTER = """
    )

def written(result, most):
    kind = type(result)
    if kind is str:
        if len(result) > most:
            raise OverflowError(most)
        result.encode()
        return json.dumps(result)
    if result is None or kind is bool or kind is int:
        return json.dumps(result)
    text = json.dumps(result, allow_nan=False, ensure_ascii=False)
    if len(text) > most:
        raise OverflowError(most)
    text.encode()
    return text

def why(error):
    kind = type(error).__name__
    if kind == "UnicodeEncodeError":
        return "the result has half a character in it (a lone surrogate)"
    return (kind + ": " + str(error))[:300].encode("utf-8", "replace").decode()

def process_page(page):
    values, records, places = page["values"], page.get("records"), page["places"]
    most, room = page["result"], page["results"]
    for at in page["missing"]:
        values[at] = MISSING
    texts, missing, failed = [], [], []
    for at in range(len(values)):
        text = "null"
        try:
            result = expression(values[at], records[at], places[at])
        except MemoryError:
            failed.append([at, "the memory is used up", "memory", 0, 0])
        except Exception as error:
            failed.append([at, why(error), "", 0, 0])
        else:
            if result is MISSING:
                missing.append(at)
            else:
                try:
                    text = written(result, most)
                except OverflowError:
                    failed.append([at, f"the result is larger than {most} characters", "result", 0, 0])
                except Exception as error:
                    failed.append([at, f"the result is not JSON: {why(error)}", "", 0, 0])
        room -= len(text)
        if room < 0:
            text = "null"
            failed.append([at, "the results of a page are larger than all together may be", "result", 0, 0])
        texts.append(text)
    parts = ('{"values":[', ",".join(texts), '],"missing":', json.dumps(missing), ',"failed":', json.dumps(failed), "}")
    return "".join(parts)
"""


def program(expression: str) -> Program:
    """`expression` must have been found to be exactly one."""
    return Program(f"{BEFORE}{expression}{AFTER}", ENTRY)


def in_expression(violations: Sequence[Violation], expression: str) -> list[Violation]:
    """Violations of the program with the places that they have in the expression."""
    last = expression.count("\n") + 1
    return [attrs.evolve(found, line=min(max(found.line - FIRST_LINE + 1, 1), last)) for found in violations]
