"""What the interpreter of this installation has: it is asked, so that no list of ours can be wrong."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Protocol

ASK = """
def known(name):
    try:
        eval(name)
    except NameError:
        return False
    return True
def has(module, name):
    try:
        return hasattr(module, name)
    except TypeError:
        return True
[
    [name for name in names if not known(name)],
    [[name for name in wanted if not has(module, name)] for module, wanted in zip(modules, members)],
]
"""


class Session(Protocol):
    """A fresh one of pydantic-monty."""

    def feed_run(self, code: str, *, inputs: dict[str, Any], print_callback: Any) -> Any: ...


class Lacking:
    """`builtins` and, by module, members that are not there. A module that is not there has no entry in `members`."""

    def __init__(self, builtins: Collection[str], members: dict[str, frozenset[str]]) -> None:
        self.builtins = frozenset(builtins)
        self.members = members


def ask(session: Session, builtins: Collection[str], members: Sequence[tuple[str, str]]) -> Lacking:
    """`builtins` and members are identifiers; the modules are of `hints.MODULES`, so they may be code."""
    wanted: dict[str, list[str]] = {}
    for module, name in members:
        wanted.setdefault(module, []).append(name)
    names = ", ".join(f"m{number}" for number in range(len(wanted)))
    imports = "".join(f"import {module} as m{number}\n" for number, module in enumerate(wanted))
    missing, lacking = session.feed_run(
        f"{imports}modules = [{names}]\n{ASK}",
        inputs={"names": sorted(builtins), "members": list(wanted.values())},
        print_callback=lambda stream, text: None,
    )
    return Lacking(missing, {module: frozenset(found) for module, found in zip(wanted, lacking, strict=True)})
