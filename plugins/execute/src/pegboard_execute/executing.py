"""The kind of job: code in a fresh process of the jail, without network and without anything of the server's."""

from typing import Any

import attrs

from pegboard import Limits, Program, Run, Sandboxes, Settings
from pegboard.json import converter
from pegboard_jobs import JobFailed, JobKind, JobRun

from .asked import Asked
from .outcomes import Told, told_of
from .settings import ExecuteSettings

KIND_NAME = "execute-python"


async def execute(run: JobRun) -> Any:
    """One attempt; the result is what the caller is told. Raises JobFailed, with the same."""
    settings = run.services.get(Settings).of(ExecuteSettings)
    asked = converter.structure(run.job.payload, Asked)
    sandbox = await run.services.get(Sandboxes).open(settings.sandbox)
    limits = Limits(
        wall=float(asked.timeout),
        queue=settings.patience,
        memory=settings.memory,
        source=settings.source,
        output=settings.output,
        recursion=1000,
        nesting=100,
    )
    made = Run(run.job.tenant, Program(asked.code), limits=limits, sink=run.write)
    return ended(told_of(await sandbox.run(made), asked))


def ended(told: Told) -> dict[str, Any]:
    """Raises JobFailed unless it ended well."""
    if told.status == 200:
        return told.document()
    state = "timed_out" if told.status == 408 else "failed"
    raise JobFailed(str(told.message["error"])[:1000], state=state, result=told.document())


def payload_of(asked: Asked) -> dict[str, Any]:
    return attrs.asdict(asked)


KIND = JobKind(KIND_NAME, "Python of strangers", run=execute)
