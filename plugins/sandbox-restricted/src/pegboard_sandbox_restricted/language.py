"""The language of the jail: compiles a source under the policy and runs it with fresh globals.

Runs inside the jail; needs the standard library, RestrictedPython and the child side of pegboard-sandbox-process.
"""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from pegboard_sandbox_process.child import Job, LimitHit, Refused

from .depth import DEEPEST, Depth
from .facades import FACADES, clocks
from .guards import BUILTINS, Ownership, guarded_exit, guarded_getattr, import_for_the_interpreter, method_of_base
from .library import mend
from .nodes import module_variable
from .program import Compiled, compile_program
from .violations import Violation
from .warming import warm_up

KEPT = 16
"""Compiled programs that a worker keeps; it serves one program, in a version or two."""

LIBRARY_FRAMES = 10
"""Frames of the library's own that each frame of the program may bring along before Python itself gives up."""

SHARED: dict[str, Any] = {
    "__name__": "program",
    "_base_": method_of_base,
    "_getattr_": guarded_getattr,
    "_exit_": guarded_exit,
    **{module_variable(name): facade for name, facade in FACADES.items()},
}
GUARDED_BUILTINS = {**BUILTINS, "__import__": import_for_the_interpreter}


class RestrictedPython:
    """See `pegboard_sandbox_process.child.Language`. Compiling and running are apart: a worker compiles once."""

    def __init__(self) -> None:
        self.abandons = False
        self._programs: dict[tuple[object, ...], Compiled] = {}

    def check(self, job: Job) -> list[Violation]:
        """All violations of the job's source."""
        made = self._made(job)
        return made if isinstance(made, list) else []

    def execute(self, job: Job) -> object:
        """What the entry returns. Raises `Refused`, `LimitHit` for ``recursion``, and what the program raises."""
        return self.run(self.compile(job), job.arguments, job.limits)

    def compile(self, job: Job) -> Compiled:
        """The program of a job, once per source. Raises `Refused`."""
        made = self._made(job)
        if isinstance(made, list):
            raise Refused(made)
        return made

    def _made(self, job: Job) -> Compiled | list[Violation]:
        arguments = len(job.arguments) if job.kind == "run" else None
        key = (job.source, job.entry, arguments, job.limits["nesting"], job.limits["source"])
        known = self._programs.get(key)
        if known is not None:
            return known
        nesting, size = job.limits["nesting"], job.limits["source"]
        made = compile_program(job.source, job.entry, arguments=arguments, nesting=nesting, size=size)
        if isinstance(made, Compiled):
            self._keep(key, made)
        return made

    def _keep(self, key: tuple[object, ...], program: Compiled) -> None:
        if len(self._programs) >= KEPT:
            del self._programs[next(iter(self._programs))]
        self._programs[key] = program

    def run(self, program: Compiled, arguments: Sequence[Any], limits: Mapping[str, Any]) -> object:
        """Run a compiled program once, with globals of its own. Raises as `execute` does."""
        self.abandons = program.yields  # a generator's ``finally``; there is no ``__del__`` in this language
        namespace = fresh_globals(program, limits)
        depth = Depth(limits["recursion"], namespace, exact=program.yields)
        usual = sys.getrecursionlimit()
        # Python's own, as the last resort behind `Depth`: out of the way of the library that a program calls.
        sys.setrecursionlimit(1000 + LIBRARY_FRAMES * min(limits["recursion"], DEEPEST))
        try:
            exec(program.code, namespace)
            return entry_of(namespace, program.entry)(*arguments)
        except RecursionError:
            raise LimitHit("recursion", limits["recursion"]) from None
        finally:
            sys.setrecursionlimit(usual)
            # A program that caught the error and returned, or raised another, ends by the limit too.
            if depth.exceeded:
                raise LimitHit("recursion", limits["recursion"]) from None


def fresh_globals(program: Compiled, limits: Mapping[str, Any]) -> dict[str, Any]:
    """What a program finds around it; the guards' names cannot be said in source."""
    own = Ownership()
    namespace = dict(SHARED)
    namespace["_write_"] = own.writable
    namespace["__builtins__"] = {
        **GUARDED_BUILTINS,
        "__build_class__": own.build_class,
        "setattr": own.guarded_setattr,
        "delattr": own.guarded_delattr,
    }
    if "time" in program.modules:
        namespace[module_variable("time")] = clocks(limits["wall"])
    return namespace


def entry_of(namespace: dict[str, Any], name: str) -> Any:
    """The entry, unless the program deleted it (NameError)."""
    try:
        return namespace[name]
    except KeyError:
        raise NameError(f"name {name!r} is not defined") from None


mend()
language = RestrictedPython()
warm_up(lambda: RestrictedPython().execute)
