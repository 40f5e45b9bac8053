"""JavaScript in QuickJS. Runs inside the jail only: an engine written in C does not meet strangers' source elsewhere.

The extension module is imported, not the package around it: that one starts a thread, which a process that forks must
not have.
"""

from __future__ import annotations

import os
import re
import resource
import time

import _quickjs  # type: ignore[import-not-found]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

PREPARED = 32
"""Realms that are made before the zygote forks: one costs four milliseconds, and a process has as many pages."""

STACK = 2 * 1024 * 1024
LARGE_PAGE = 64 * 1024
LARGE_PROCESS = 64 * 1024
"""Of a page's characters; of a process's memory, in KiB. Below both, what a page used is given back with the process:
to take a realm apart costs more than a page of a hundred records."""

PARSED = "parsed"
PLACE = re.compile(r"<input>:(\d+):(\d+)")
INTERRUPTED = "InternalError: interrupted"
UNLIMITED, SHORTEST = -1.0, 0.001
"""Seconds of processor time."""

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "realm.js"), encoding="utf-8") as _file:
    REALM = _file.read()


class NotAnExpression(Exception):
    """`line` and `column` count from 1 in the user's text."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.message, self.line, self.column = message, line, column


class Realm:
    """A world of its own, closed to changes; for one page."""

    def __init__(self) -> None:
        self.context = _quickjs.Context()
        self.context.set_max_stack_size(STACK)
        self.load = self.context.eval(REALM)


class Realms:
    """Realms that were made beforehand, then others."""

    def __init__(self) -> None:
        self._ready = [Realm() for _ in range(PREPARED)]
        self._spent: list[Realm] = []

    def take(self) -> Realm:
        return self._ready.pop() if self._ready else Realm()

    def give(self, realm: Realm, page: int) -> None:
        """It has had its page, of so many characters, and is never used again."""
        if page < LARGE_PAGE and resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < LARGE_PROCESS:
            self._spent.append(realm)
        else:
            self._spent.clear()


def check(source: str) -> None:
    """Raise `NotAnExpression` unless `source` is exactly one expression.

    An engine parses scripts, not expressions. So it is parsed within brackets of two kinds, each on lines of their
    own: text that closes the one does not close the other, and what stands in round brackets is one expression. A
    script that parses then ends in its first statement, before any of `source` could run.
    """
    if not source.strip():
        raise NotAnExpression("The expression is empty", 1, 1)
    for opening, closing in ("()", "[]"):
        script = f'"use strict";throw "{PARSED}";{opening}\n{source}\n{closing}'
        try:
            _quickjs.Context().eval(script)
        except _quickjs.JSException as error:
            said = str(error)
        if said.partition("\n")[0] != PARSED:
            raise _refused(source, said)


def _refused(source: str, said: str) -> NotAnExpression:
    message = said.partition("\n")[0]
    lines = source.split("\n")
    found = PLACE.search(said)
    line, column = (int(found[1]) - 1, int(found[2])) if found else (1, 1)
    if line > len(lines):
        return NotAnExpression("SyntaxError: the expression ends too early", len(lines), len(lines[-1]) + 1)
    return NotAnExpression(message, max(line, 1), max(column, 1))


def run(realm: Realm, source: str, page: str, options: dict[str, Any]) -> str:
    """The answer of `realm.js` for a page, as JSON.

    `options`: ``exact``, ``result``, ``results`` and ``deepest`` as there; seconds of processor time that one record
    may use (``record``), and all of them (``page``); bytes of ``memory``.
    """
    realm.context.set_memory_limit(options["memory"])
    try:
        given = (options["exact"], options["result"], options["results"], options["deepest"])
        step = realm.load(source, page, *given)
        _walk(realm, step, options)
        answer: str = step("done")
    except _quickjs.JSException as error:
        raise MemoryError(str(error)) from None
    return answer


def _walk(realm: Realm, step: Callable[..., Any], options: dict[str, Any]) -> None:
    """To the end of the page. Who is interrupted although it had all the time to itself has failed."""
    rest = options["page"]
    while True:
        before, began = step("at"), time.thread_time()
        realm.context.set_time_limit(max(min(options["record"], rest), SHORTEST))
        try:
            step("go")
        except _quickjs.JSException as error:
            interrupted = str(error).startswith(INTERRUPTED)
        else:
            return
        finally:
            realm.context.set_time_limit(UNLIMITED)
        rest -= time.thread_time() - began
        if not interrupted:
            step("skip", "the memory is used up", "memory")
        elif rest <= 0:
            step("stop", f"the page took longer than {options['page']:g} seconds of processor time", "cpu")
        elif step("at") == before:
            step("skip", f"it took longer than {options['record'] * 1000:g} milliseconds of processor time", "cpu")
