"""The supervisors of a sandbox: as many as there are places, each started when it is needed."""

from .process import Lost, Supervisor, start
from .settings import MontySettings


class Staff:
    """Gives whoever holds a place a supervisor of its own, best the one whose interpreter is of the same tenant."""

    def __init__(self, settings: MontySettings) -> None:
        self._settings = settings
        self._idle: list[Supervisor] = []
        self._busy: set[Supervisor] = set()
        self._starting = 0
        self._closed = False

    @property
    def processes(self) -> int:
        return sum(supervisor.alive for supervisor in (*self._idle, *self._busy))

    async def take(self, tenant: str) -> Supervisor:
        """Raises `StartFailed`, and `Lost` when the sandbox is closed."""
        supervisor = self._chosen(tenant) or await self._started()
        supervisor.tenant = tenant
        self._busy.add(supervisor)
        return supervisor

    def give(self, supervisor: Supervisor) -> None:
        self._busy.discard(supervisor)
        if supervisor.alive:
            self._idle.append(supervisor)

    async def open(self) -> None:
        """Start the first one. Raises `StartFailed`."""
        self._idle.append(await self._started())

    async def aclose(self) -> None:
        """End all of them; returns when no process is left."""
        self._closed = True
        idle, self._idle = self._idle, []
        for supervisor in (*idle, *self._busy):
            await supervisor.close()

    def _chosen(self, tenant: str) -> Supervisor | None:
        """One that is idle: of this tenant, of none, or, if there are no more to come, the one longest idle."""
        self._idle = [supervisor for supervisor in self._idle if supervisor.alive]
        suitable = [
            *(supervisor for supervisor in reversed(self._idle) if supervisor.tenant == tenant),
            *(supervisor for supervisor in self._idle if supervisor.tenant is None),
        ]
        if not suitable and len(self._idle) + len(self._busy) + self._starting >= self._settings.workers:
            suitable = self._idle
        if not suitable:
            return None
        chosen = suitable[0]
        self._idle.remove(chosen)
        return chosen

    async def _started(self) -> Supervisor:
        if self._closed:
            raise Lost("the sandbox is closed")
        self._starting += 1
        try:
            supervisor = await start(self._settings)
        finally:
            self._starting -= 1
        if self._closed:
            await supervisor.close()
            raise Lost("the sandbox is closed")
        return supervisor
