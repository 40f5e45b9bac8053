"""Fetch files from an FTP server into the work folder, each whole or not at all.

What was fetched is kept in `download.state.json`; a file that is the same on the server is not fetched again.
"""

import ftplib
import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import attrs
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from .failures import InputError, Stopped
from .ftp import Dropped, Remote, connected, fetch, list_files
from .program import Job, Outcome, run_program
from .writing import digest, read_json, write_json

STATE = Path("download.state.json")
MEGABYTE = 1_000_000


def run(job: Job) -> Outcome:
    options = job.options
    job.report.stage("listing")
    files, refused = retried(job, lambda: _listed(job))
    for name in refused:
        job.report.log(f"refused the name {name!r}: it is not a plain file name")
    if not files:
        raise InputError(f"--pattern {options.pattern!r}: no file of {options.remote_folder!r} fits")
    if len(files) > options.max_files:
        raise InputError(f"{len(files)} files fit --pattern; at most --max-files {options.max_files} are fetched")
    if options.dry_run:
        for remote in files:
            job.report.log(f"would fetch {remote.name!r}, {remote.size} bytes")
        return {"files": [remote.name for remote in files], "fetched": 0, "refused": len(refused), "dry_run": True}
    return {**_fetch_all(job, files), "refused": len(refused), "dry_run": False}


def retried(job: Job, call: Any) -> Any:
    """`call` again, with growing pauses, while the connection breaks off. Raises Dropped in the end, or Stopped."""
    retrying = Retrying(
        retry=retry_if_exception_type(Dropped),
        wait=wait_random_exponential(multiplier=0.2, max=20.0),
        stop=stop_after_attempt(job.options.attempts),
        sleep=job.pause,
        before_sleep=lambda state: _tell(job, state),
        reraise=True,
    )
    return retrying(call)


def _listed(job: Job) -> tuple[list[Remote], list[str]]:
    with connected(job) as ftp:
        return list_files(ftp, job.options.pattern)


def _fetch_all(job: Job, files: list[Remote]) -> Mapping[str, Any]:
    state = {} if job.options.force else dict(read_json(STATE) or {})
    job.report.stage("fetching")
    with ExitStack() as stack:
        line = _Line(job, stack)
        fetched = 0
        for number, remote in enumerate(files):
            job.check()
            if not _is_there(remote, state):
                state[remote.name] = {**attrs.asdict(remote), "sha256": _fetch_one(job, line, remote)}
                write_json(STATE, state)
                fetched += 1
            job.report.progress((number + 1) / len(files))
            job.report.artifact(Path(remote.name))
    job.report.log(f"{fetched} files fetched, {len(files) - fetched} were there")
    return {"files": [remote.name for remote in files], "fetched": fetched}


@attrs.define
class _Line:
    """The one connection over which files are fetched; a new one after it broke."""

    job: Job
    stack: ExitStack
    ftp: ftplib.FTP | None = None

    def fetch(self, remote: Remote, part: Path) -> None:
        if self.ftp is None:
            self.ftp = self.stack.enter_context(connected(self.job))
        try:
            fetch(self.job, self.ftp, remote, part, self.job.options.max_megabytes * MEGABYTE)
        except Dropped:
            self.ftp = None
            self.stack.close()
            raise


def _fetch_one(job: Job, line: _Line, remote: Remote) -> str:
    """Fetch one file; its digest. What broke off in an earlier run goes on if the server's file is the same."""
    part, about = Path(f"{remote.name}.part"), Path(f"{remote.name}.part.json")
    if job.options.force or remote.size < 0 or read_json(about) != attrs.asdict(remote):
        part.unlink(missing_ok=True)
        write_json(about, attrs.asdict(remote))
    try:
        retried(job, lambda: line.fetch(remote, part))
    except Stopped:
        job.report.log(f"{remote.name!r} has {part.stat().st_size if part.exists() else 0} of {remote.size} bytes")
        raise
    found = digest(part)
    os.replace(part, remote.name)
    about.unlink()
    return found


def _is_there(remote: Remote, state: Mapping[str, Any]) -> bool:
    """Whether the file that the state tells of is the server's and still as it was fetched."""
    entry, path = state.get(remote.name), Path(remote.name)
    if entry is None or remote.size < 0 or not remote.modified or not path.is_file():
        return False
    return bool({**attrs.asdict(remote), "sha256": digest(path)} == entry)


def _tell(job: Job, state: RetryCallState) -> None:
    wait = state.next_action.sleep if state.next_action else 0.0
    error = state.outcome.exception() if state.outcome else None
    job.report.log(f"attempt {state.attempt_number} of {job.options.attempts} failed, again in {wait:.1f} s: {error}")


if __name__ == "__main__":
    sys.exit(run_program("ftp_download", run))
