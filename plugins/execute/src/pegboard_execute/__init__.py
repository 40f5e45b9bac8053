"""Code of strangers, run in a jail, answered at once or sent on."""

from collections.abc import Iterable

from pegboard import RouteSpec, ServiceRegistry, Services, Settings, hookimpl
from pegboard_egress import Egress
from pegboard_jobs import JobKind, JobListener, Jobs
from pegboard_store import Migrations, Store
from pegboard_vault import Sealed, Vault

from .envelopes import Envelopes
from .executing import KIND
from .executions import Executions
from .routes import ROUTES
from .sending import LISTENER
from .settings import ExecuteSettings
from .signing import SEALED, Signing

__version__ = "0.1.0"

__all__ = ["ExecuteSettings", "Executions"]


@hookimpl
def pegboard_settings() -> type:
    return ExecuteSettings


@hookimpl
def pegboard_job_kinds() -> JobKind:
    return KIND


@hookimpl
def pegboard_job_listeners() -> JobListener:
    return LISTENER


@hookimpl
def pegboard_migrations() -> Migrations:
    return Migrations("execute", "Secrets for signing answers", package="pegboard_execute.migrations")


@hookimpl
def pegboard_sealed() -> Sealed:
    return SEALED


@hookimpl
def pegboard_services(registry: ServiceRegistry, settings: Settings) -> None:
    section = settings.of(ExecuteSettings)

    async def executions(services: Services) -> Executions:
        jobs, egress = await services.aget(Jobs), await services.aget(Egress)
        return Executions(jobs, egress, Envelopes(section.build_number or __version__), section)

    async def signing(services: Services) -> Signing:
        return Signing(await services.aget(Store), await services.aget(Vault))

    registry.offer(Executions, executions, eager=True)
    registry.offer(Signing, signing, eager=True)


@hookimpl
def pegboard_routes() -> Iterable[RouteSpec]:
    return ROUTES
