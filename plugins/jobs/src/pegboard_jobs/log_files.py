"""The log of each job as a file, for whoever has the machine; the log itself is in the database."""

from collections.abc import Iterable
from pathlib import Path

import anyio
import attrs
import structlog

logger = structlog.get_logger(__name__)


@attrs.frozen
class LogFiles:
    """``jobs/{id}.log`` in the app's folder of logs, where it has one."""

    folder: Path | None

    @classmethod
    def within(cls, logs: Path | None) -> "LogFiles":
        return cls(logs / "jobs" if logs else None)

    async def append(self, written: Iterable[tuple[str, bytes]]) -> None:
        """What has just been written of some jobs. A file that cannot be written is a warning, and no more."""
        some = [(job, data) for job, data in written if data] if self.folder else []
        if some:
            await anyio.to_thread.run_sync(self._append, some)

    async def forget(self, jobs: Iterable[str]) -> None:
        if self.folder:
            await anyio.to_thread.run_sync(self._forget, list(jobs))

    def _append(self, some: list[tuple[str, bytes]]) -> None:
        assert self.folder is not None, "it was just looked at"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for job, data in some:
                with (self.folder / f"{job}.log").open("ab") as file:
                    file.write(data)
        except OSError as error:
            logger.warning("jobs.log-file-failed", folder=str(self.folder), reason=error.strerror)

    def _forget(self, jobs: list[str]) -> None:
        assert self.folder is not None, "it was just looked at"
        for job in jobs:
            (self.folder / f"{job}.log").unlink(missing_ok=True)
