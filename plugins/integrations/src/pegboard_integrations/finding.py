"""Who types a command, and the integration that it names."""

from typing import Any

import attrs

from pegboard import Principal, Problem, Services, Settings

from .actors import Actor
from .integrations import Integrations
from .rows import IntegrationQuery
from .stored import StoredIntegration


def tenant_of(services: Services, given: str) -> str:
    return given or services.get(Settings).kernel.tenant


def actor_of(services: Services, tenant: str) -> Actor:
    name = "command-line"
    everything: Any = frozenset({"*"})  # the field's type is its converter's, which mypy cannot tell
    return Actor(services, Principal(name, tenant_of(services, tenant), username=name, scopes=everything))


async def found_of(services: Services, tenant: str, named: str) -> tuple[Actor, StoredIntegration]:
    """Who acts, and the integration of an id or a name. Raises Problem 404."""
    actor, saved = actor_of(services, tenant), services.get(Integrations)
    for one in await all_of(saved, actor.tenant):
        if named in (one.id, one.name):
            return actor, one
    raise Problem(404, "integration-not-found", f"there is no integration {named!r} in tenant {actor.tenant!r}")


async def all_of(saved: Integrations, tenant: str) -> list[StoredIntegration]:
    found: list[StoredIntegration] = []
    query = IntegrationQuery(limit=1000)
    while some := await saved.some(tenant, query):
        found += some
        query = attrs.evolve(query, offset=query.offset + len(some))
    return found
