"""Running a stranger's program: what goes in, what comes out, and how well it is contained."""

import enum
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Literal, Protocol

import attrs

from .record import NoConfig, Services, check_name


class Isolation(enum.IntEnum):
    """How user code is contained; a higher level holds all that the lower ones do.

    L5 adds cgroup v2 to L4 (namespaces, seccomp, rlimits); L3 has seccomp, Landlock and rlimits; L2 has
    rlimits and a process group, L1 an interpreter's own limits in a separate process. L2 and below are
    refused unless the operator allows them.
    """

    NONE = 0
    L1 = 1
    L2 = 2
    L3 = 3
    L4 = 4
    L5 = 5


class Capability(enum.StrEnum):
    """What a sandbox may lack. A caller that needs one asks for it by name before it saves a program."""

    FUNCTION = "function"
    """calls a function that the program defines (`Program.entry`)"""
    BODY = "body"
    """runs a program as the body of a function: a top-level `return` gives the result"""
    FULL_PYTHON = "full-python"
    """runs the whole language and standard library, as far as the jail lets it"""
    STREAMING = "streaming"
    """hands output over while the program runs"""
    STDIN = "stdin"
    """gives a program its standard input"""
    FILES = "files"
    """files in memory, in and out"""


@attrs.frozen
class Program:
    """A user's source. `entry` is the function to call; None runs the source as a function's body."""

    source: str
    entry: str | None = None


@attrs.frozen(slots=False)  # made for each call: with slots it takes twice the time
class Argument:
    """One positional argument, as JSON bytes that the server has not parsed.

    `view` is how the program sees it: ``value`` the plain value; ``object`` a read-only object whose
    members are attributes; ``request`` a read-only HTTP request made from
    ``{method, path, headers, query_params, path_params, body}`` (`headers` and `query_params` are lists of
    pairs, `body` is text or null): `.headers` ignores case, `.json()` reads the body.
    """

    json: bytes
    view: Literal["value", "object", "request"] = "value"


@attrs.frozen
class Limits:
    """What one run may use; seconds and bytes. A sandbox refuses a limit that it cannot hold.

    `cpu` defaults to `wall`. `queue` is how long a call may wait for a worker before it is `BUSY`.
    `recursion` counts the user's own frames, `nesting` loops within loops. `files` is for the contents of all files
    that go in, and of all that come out.
    """

    wall: float = 5.0
    cpu: float | None = None
    queue: float = 10.0
    memory: int = 1024 * 1024 * 1024
    source: int = 64 * 1024
    result: int = 1024 * 1024
    output: int = 256 * 1024
    recursion: int = 100
    nesting: int = 10
    files: int = 16 * 1024 * 1024


@attrs.frozen
class Violation:
    """Why a program is refused before it runs.

    `code` is stable (``FORBIDDEN_MODULE``, ``FORBIDDEN_CALL``, ``FORBIDDEN_NAME``, ``UNSUPPORTED``,
    ``SYNTAX``, ``NESTING``, ``SIZE``, ``MISSING_ENTRY``); `name` is the module, call or construct; lines
    and columns count from 1 in the user's source; `hint` says what to write instead.
    """

    code: str
    name: str
    line: int
    column: int
    message: str
    hint: str = ""


class Ending(enum.StrEnum):
    """How a run ended."""

    RESULT = "result"
    VIOLATION = "violation"
    EXCEPTION = "exception"
    LIMIT = "limit"
    CRASHED = "crashed"
    LOST = "lost"
    BUSY = "busy"


@attrs.frozen
class Failure:
    """What ended a run that has no result, in words for the author of the program.

    For an exception `type` is its class, `line` the line in the user's source; for a limit `limit` is
    ``wall``, ``cpu``, ``memory``, ``output``, ``recursion``, ``result``, ``files`` or ``not-serializable`` and
    `allowed` the number that was set; for a crash `signal` is its number; for an exit `exit_code` its status. An
    argument that the sandbox cannot read as JSON is the type ``InvalidArgument`` without a line.
    """

    message: str
    type: str = ""
    line: int | None = None
    limit: str = ""
    allowed: float | None = None
    signal: int | None = None
    exit_code: int | None = None


@attrs.frozen
class Output:
    """What a program wrote to one stream: the head and the tail where it wrote more than its limit."""

    data: bytes = b""
    truncated: bool = False
    total: int = 0


@attrs.frozen(slots=False)  # made for each call: with slots it takes twice the time
class Outcome:
    """The end of one run, whatever it was; `run` raises only for mistakes of the caller's own.

    `result` is JSON bytes as the program's process wrote them, checked to be JSON within the limit.
    Times are seconds: `queue` waiting for a worker, `start` until the program ran, `wall` and `cpu`
    while it ran. `memory` is the peak in bytes. Waiting is never part of `wall`. `files` are those that the program
    made or wrote to, whatever its end, as long as its process lived to tell them: a limit that kills takes them along.
    """

    ending: Ending
    isolation: Isolation
    result: bytes = b""
    violations: tuple[Violation, ...] = ()
    failure: Failure | None = None
    stdout: Output = Output()
    stderr: Output = Output()
    files: Mapping[str, bytes] = attrs.field(factory=dict)
    queue: float = 0.0
    start: float = 0.0
    wall: float = 0.0
    cpu: float = 0.0
    memory: int = 0


OutputSink = Callable[[Literal["stdout", "stderr"], bytes], None]


@attrs.frozen(slots=False)  # made for each call: with slots it takes twice the time
class Run:
    """One call. `tenant` is whose code it is: nothing is ever shared between tenants.

    `sink` is called on the event loop with output as it arrives; it must not block. `stdin` is all that there is to
    read, then comes its end. `files` are names to contents: the program finds them in its working directory. A name has
    no folder in it and at most 255 bytes of UTF-8; `run` raises `pegboard.Problem` 422 for others, and for contents of
    more than `Limits.files`.
    """

    tenant: str
    program: Program
    arguments: tuple[Argument, ...] = ()
    limits: Limits = Limits()
    stdin: bytes = b""
    files: Mapping[str, bytes] = attrs.field(factory=dict)
    sink: OutputSink | None = None


@attrs.frozen
class Load:
    """What an open sandbox is doing, and what it has done since it was opened; seconds.

    `places` is how many programs may run at once; `running` and `waiting` count calls, `processes` those that are there
    to run programs, idle ones included. `ended` counts calls by their ending (a check is a call), `waited` adds up how
    long they waited for a place.
    """

    places: int
    running: int
    waiting: int
    processes: int
    ended: Mapping[Ending, int]
    waited: float


class Sandbox(Protocol):
    """An open sandbox."""

    @property
    def isolation(self) -> Isolation: ...

    @property
    def load(self) -> Load: ...

    async def check(self, tenant: str, program: Program, limits: Limits) -> Sequence[Violation]:
        """All that is wrong with `program`, without running any of it."""
        ...

    async def run(self, run: Run) -> Outcome:
        """Run a program once. A cancelled caller leaves no process behind."""
        ...


@attrs.frozen
class Probe:
    """One step of isolation as tried on this machine: does it work, why not, and the command that mends it."""

    step: str
    works: bool
    why: str = ""
    fix: str = ""


@attrs.frozen
class SandboxProvider:
    """A sandbox that can be opened once per app.

    `open(services)` is entered at its first use and left when the app stops; it raises
    `pegboard.Problem` where the machine is too weak. `probe()` tries each step of isolation, for
    ``pegboard doctor``. `lacks` says in words what users must do without. `repeats(program)` is true where equal
    arguments will always do for an equal result, since nothing in the program's reach knows the time or chance: who
    calls it may keep what came out. It is called on the event loop: it looks, and runs nothing.
    """

    name: str = attrs.field(validator=check_name)
    summary: str
    config: type = NoConfig
    open: Callable[[Services], AbstractAsyncContextManager[Sandbox]] = attrs.field(kw_only=True)
    capabilities: frozenset[Capability] = frozenset()
    probe: Callable[[], Sequence[Probe]] = lambda: ()
    lacks: tuple[str, ...] = ()
    repeats: Callable[[Program], bool] = lambda program: False
