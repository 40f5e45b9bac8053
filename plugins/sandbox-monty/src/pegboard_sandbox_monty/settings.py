"""What an operator sets."""

import os

import attrs

from pegboard import Limits, Problem, setting

MEGABYTE = 1024 * 1024
DEEPEST = 1000
"""Frames of a program that the interpreter can hold whatever the program does in them."""


@attrs.frozen
class MontySettings:
    """``[plugins.sandbox-monty]``"""

    allow_weak_isolation: bool = setting(
        False, help="run programs that nothing contains but their interpreter and a process of its own (level 1)"
    )
    workers: int = setting(
        os.cpu_count() or 1,
        help="programs that run at the same time; the others wait",
        validator=attrs.validators.ge(1),
    )
    queue: int = setting(
        1000,
        help="calls that may wait, half of them of one tenant; more are refused as busy",
        validator=attrs.validators.ge(1),
    )
    calls: int = setting(
        1000, help="calls after which an interpreter's process is replaced", validator=attrs.validators.ge(1)
    )
    binary: str = setting("", help="the monty program; the one that pydantic-monty brought along when empty")
    max_wall: float = setting(3600.0, help="the most seconds that a call may ask for")
    max_memory: int = setting(4096 * MEGABYTE, help="the most bytes of memory that a call may ask for")
    max_result: int = setting(64 * MEGABYTE, help="the most bytes of result that a call may ask for")
    max_output: int = setting(64 * MEGABYTE, help="the most bytes of stdout and of stderr that a call may ask for")


def refuse_unholdable(limits: Limits, settings: MontySettings) -> None:
    """Raise `pegboard.Problem` 422 for what the operator does not allow, or the interpreter cannot hold."""
    for name in ("wall", "memory", "result", "output"):
        _refuse_outside(name, getattr(limits, name), getattr(settings, f"max_{name}"), "the operator allows")
    if limits.cpu is not None:
        _refuse_outside("cpu", limits.cpu, settings.max_wall, "the operator allows")
    for name, most in (("recursion", DEEPEST), ("nesting", 100)):
        _refuse_outside(name, getattr(limits, name), most, "it must be")


def _refuse_outside(name: str, asked: float, most: float, who: str) -> None:
    if not 0 < asked <= most:
        detail = f"limits.{name} is {asked:g}: {who} more than 0 and up to {most:g}"
        raise Problem(422, "limit-not-held", detail)
