"""Runs over the API: from what a caller sends to a job, and from the job to the script."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import anyio
import attrs
import orjson
from attrs.validators import ge, gt, le, optional
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import Artifact, Principal, Problem, ScriptRunners, Secret, setting
from pegboard.auth import grants
from pegboard_jobs import Job, JobFailed, JobKind, JobRun, Jobs, Submission
from pegboard_vault import MASK, Place, Vault

from .argv import invocation
from .inputs import Inputs, read_file
from .registry import Scripts
from .running import Artifacts, command_of, limits_of
from .settings import ScriptsSettings
from .specs import Script
from .values import Given, read_values

DAYS = 24 * 3600.0


@attrs.frozen
class Options:
    """How a run goes into the queue. `timeout` and `delay` are in seconds."""

    priority: int = setting(0, help="higher goes first; above 0 it takes jobs:admin", validator=[ge(-100), le(100)])
    delay: float = setting(0.0, help="seconds until it may begin", validator=[ge(0), le(30 * DAYS)])
    timeout: float | None = setting(None, help="seconds, less than the script's own", validator=optional(gt(0)))


@attrs.frozen
class Execution:
    """A script and its parameters, as a caller sends them."""

    script_name: str = setting(help="the name of the script")
    parameters: tuple[Given, ...] = setting((), help="its values")
    options: Options = setting(Options(), help="how it goes into the queue")


@attrs.frozen
class Prepared:
    """Checked, with its secrets sealed: what a job, or a schedule, keeps. `shown` is what people see of it."""

    script: Script
    given: Sequence[Mapping[str, Any]]
    sealed: str = attrs.field(repr=False)

    @property
    def shown(self) -> Sequence[Mapping[str, Any]]:
        secret = {one.name for one in self.script.parameters if one.type == "secret"}
        return [{"name": one["name"], "value": MASK if one["name"] in secret else one["value"]} for one in self.given]


@attrs.frozen
class Executions:
    """Submits runs of scripts, and carries them out."""

    scripts: Scripts
    inputs: Inputs
    vault: Vault
    jobs: Jobs
    settings: ScriptsSettings

    async def prepare(self, caller: Principal, name: str, given: Sequence[Given]) -> Prepared:
        """Raises Problem 404 ``script-not-found``, 403 ``insufficient-scope``, 400 ``invalid-parameters``."""
        script = self.scripts.get(name)
        lacking = [scope for scope in script.scopes if not grants(caller.scopes, scope)]
        if lacking:
            detail = f'script "{name}" needs the scope {", ".join(lacking)}'
            raise Problem(403, "insufficient-scope", detail, extra={"scopes": lacking})
        await self.inputs.check(caller, script, read_values(script, given))
        secret = {one.name for one in script.parameters if one.type == "secret"}
        secrets = {one.name: one.value for one in given if one.name in secret}
        kept = [{"name": one.name, "value": None if one.name in secret else one.value} for one in given]
        return Prepared(script, kept, self._sealed(caller.tenant, name, secrets))

    async def submit(
        self,
        owner: Principal,
        prepared: Prepared,
        options: Options | None = None,
        *,
        unique: str = "",
        session: AsyncSession | None = None,
    ) -> Job:
        """Raises Problem 429 ``queue-full``, 403 ``insufficient-scope`` for a priority above 0."""
        options, script = options or Options(), prepared.script
        if options.priority > 0 and not grants(owner.scopes, "jobs:admin"):
            raise Problem(403, "insufficient-scope", "a priority above 0 needs the scope jobs:admin")
        submission = Submission(
            "script",
            {"script": script.name, "given": prepared.given, "sealed": prepared.sealed, "timeout": options.timeout},
            prepared.shown,
            subject=script.name,
            title=script.title[:200],
            priority=options.priority,
            delay=options.delay,
            unique=unique,
        )
        return (await self.jobs.submit(owner, submission, session=session)).job

    async def carry_out(self, run: JobRun) -> Any:
        """One attempt. The script may have changed since it was submitted: its parameters are read anew."""
        payload = run.job.payload
        try:
            script = self.scripts.get(payload["script"])
            values = read_values(script, self._given(run.job.tenant, payload))
            folder = await anyio.to_thread.run_sync(_work_folder, run.folder, script.resumes)
            files = await self.inputs.place(run.owner, script, values, folder)
            made = invocation(script, values, files, self.settings.secrets)
            runner = await run.services.get(ScriptRunners).open(self.settings.runner)
        except Problem as problem:
            raise JobFailed(str(problem)) from None
        declared = Artifacts(folder)

        async def keep(event: Artifact) -> None:
            refused = declared.declare(event)
            if refused:
                await run.log(f"artifact refused: {refused}\n", "stderr")
            else:
                await run.artifact(declared.latest.text, read_file(declared.folder, declared.latest))

        limits = limits_of(script, self.settings)
        if payload["timeout"]:
            limits = attrs.evolve(limits, wall=min(limits.wall, payload["timeout"]))
        return await run.execute(runner, command_of(made, declared.folder), limits, keep)

    def _sealed(self, tenant: str, script: str, secrets: Mapping[str, Any]) -> str:
        if not secrets:
            return ""
        return self.vault.seal(Secret(orjson.dumps(secrets).decode()), place_of(tenant, script))

    def _given(self, tenant: str, payload: Mapping[str, Any]) -> list[Given]:
        secrets: Mapping[str, Any] = {}
        if payload["sealed"]:
            secrets = orjson.loads(self.vault.open(payload["sealed"], place_of(tenant, payload["script"])).reveal())
        return [Given(name=one["name"], value=secrets.get(one["name"], one["value"])) for one in payload["given"]]


def place_of(tenant: str, script: str) -> Place:
    """Where the secrets of a run belong: they open for no other script, and for no other tenant."""
    return Place(tenant, script, "parameters")


def _work_folder(folder: Path, resumes: bool) -> Path:
    """Where the script runs: as the attempt before left it, or empty."""
    work = folder / "work"
    if not resumes:
        shutil.rmtree(work, ignore_errors=True)
    work.mkdir(mode=0o700, parents=True, exist_ok=True)
    return work


async def _run(run: JobRun) -> Any:
    return await run.services.get(Executions).carry_out(run)


KIND = JobKind("script", "Runs of scripts", run=_run)
