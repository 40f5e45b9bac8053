"""Runs user code in pydantic-monty's interpreter, in processes of its own, for a Pegboard app on any system."""

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager

from pegboard import Capability, Sandbox, SandboxProvider, Services, Settings, hookimpl

from .probe import probe
from .sandbox import Monty, open_monty
from .settings import MontySettings

__version__ = "0.1.0"

__all__ = ["Monty", "MontySettings", "open_monty", "probe"]


@hookimpl
def pegboard_settings() -> type:
    return MontySettings


@hookimpl
def pegboard_sandboxes(settings: Settings) -> Iterator[SandboxProvider]:
    config = settings.of(MontySettings)

    def open_sandbox(services: Services) -> AbstractAsyncContextManager[Sandbox]:
        return open_monty(config)

    yield SandboxProvider(
        "monty",
        "A subset of Python in pydantic-monty's interpreter, for machines without isolation by the operating system",
        open=open_sandbox,
        capabilities=frozenset({Capability.FUNCTION, Capability.BODY, Capability.STREAMING}),
        probe=lambda: probe(config),
        lacks=(
            "isolation by the operating system",
            "modules other than asyncio, base64, binascii, bisect, collections, copy, csv, dataclasses, datetime, "
            "decimal, functools, hashlib, itertools, json, math, random, re, sys, time, tomllib, typing, unicodedata",
            "classes with bases, decorators of methods, exceptions of your own",
            "yield, del, except*, async with, async for, import *",
            "read-only arguments, len(request.headers), request.query_params.getlist",
            "files, network and standard input",
        ),
    )
