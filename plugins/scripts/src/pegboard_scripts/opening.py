"""The services of this plugin, from its settings."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import anyio

from pegboard import Services, Settings, StartupError
from pegboard_jobs import Jobs, background
from pegboard_store import Store
from pegboard_vault import Vault

from .clockwork import Clockwork
from .executions import Executions
from .inputs import Inputs
from .manifests import ManifestError
from .registry import Scripts, registered
from .schedules import Schedules
from .settings import ScriptsSettings
from .uploads import UploadLimits, Uploads


async def open_scripts(settings: Settings) -> Scripts:
    """Raises StartupError for a manifest that cannot be read: a script that is not there would be missed too late."""
    own = settings.of(ScriptsSettings)
    try:
        return await anyio.to_thread.run_sync(registered, own.folders, own.manifests)
    except ManifestError as error:
        raise StartupError(f"[plugins.scripts] {error}") from None


async def open_executions(services: Services, settings: Settings) -> Executions:
    own, inputs = settings.of(ScriptsSettings), await services.aget(Uploads)
    scripts, vault, jobs = await services.aget(Scripts), await services.aget(Vault), await services.aget(Jobs)
    return Executions(scripts, Inputs(inputs, own.files), vault, jobs, own)


async def open_schedules(services: Services) -> Schedules:
    return Schedules(await services.aget(Store), await services.aget(Executions), await services.aget(Jobs))


async def open_clockwork(services: Services) -> AsyncIterator[Clockwork]:
    clockwork = Clockwork(await services.aget(Schedules), await services.aget(Uploads))
    async with background(clockwork.run):
        yield clockwork


async def open_uploads(services: Services, settings: Settings) -> Uploads:
    own = settings.of(ScriptsSettings)
    folder = Path(settings.kernel.data) / "files"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    limits = UploadLimits(own.upload_size, own.upload_quota, timedelta(days=own.upload_days))
    return Uploads(await services.aget(Store), folder, limits)
