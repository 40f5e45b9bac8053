"""Compiled endpoints, kept for as long as their definition stays the same."""

from collections import OrderedDict
from collections.abc import Callable

from pegboard import Registries

from .engine import Definition, Plan, base_plan, compile_endpoint, read_definition
from .integrations import Integrations
from .stored import StoredIntegration

KEPT = 256

Key = tuple[str, int, str]


class Plans:
    """The plans used last, by integration, revision and endpoint: a plan knows its rate limit and its credentials."""

    def __init__(self, integrations: Integrations, registries: Registries) -> None:
        self._integrations = integrations
        self._registries = registries
        self._kept: OrderedDict[Key, Plan] = OrderedDict()

    def endpoint(self, integration: StoredIntegration, endpoint_id: str) -> Plan:
        """The plan of an endpoint. Raises Problem 404 for an unknown one, 503 or 500 where the vault cannot help."""
        tenant, key = integration.tenant, integration.id

        def compiled(definition: Definition) -> Plan:
            return compile_endpoint(definition, endpoint_id, self._registries, tenant, key=key)

        return self._plan(integration, endpoint_id, compiled)

    def base(self, integration: StoredIntegration) -> Plan:
        """The plan of a plain GET of the base URL."""
        tenant, key = integration.tenant, integration.id
        return self._plan(integration, "", lambda definition: base_plan(definition, self._registries, tenant, key=key))

    def changed(
        self, integration: StoredIntegration, change: Callable[[Definition], Definition], endpoint: str
    ) -> Plan:
        """The plan of a definition that is changed for this once, and not kept."""
        definition = change(self.definition(integration))
        return compile_endpoint(definition, endpoint, self._registries, integration.tenant, key=integration.id)

    def definition(self, integration: StoredIntegration) -> Definition:
        """The definition, its credentials in clear."""
        return read_definition(self._integrations.opened(integration))

    def _plan(self, integration: StoredIntegration, part: str, make: Callable[[Definition], Plan]) -> Plan:
        key = (integration.id, integration.revision, part)
        if key not in self._kept:
            self._kept[key] = make(self.definition(integration))
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]
