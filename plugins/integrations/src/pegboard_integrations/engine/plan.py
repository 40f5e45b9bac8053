"""An endpoint, compiled: everything that a walk needs, found out once."""

from collections.abc import Mapping
from typing import Any

import attrs
import httpx

from pegboard import AuthContext, AuthProvider, Services
from pegboard_egress import Retry
from pegboard_jsonpath import Path

from .decoding import Decode
from .documents import Definition
from .endpoints import Endpoint, ParamConfig
from .incremental import Advance
from .mapper import Mapper
from .masks import Mask
from .paging import Paging
from .params import declared
from .ratelimits import Limiter
from .requests import RequestPlan
from .selection import Selector

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
"""Idempotent methods (RFC 9110, section 9.2.2)."""


@attrs.frozen
class Plan:
    """One endpoint of one definition. Besides the limiter and what the mask learns nothing in it changes."""

    definition: Definition = attrs.field(repr=False)
    endpoint: Endpoint
    tenant: str
    key: str
    request: RequestPlan = attrs.field(repr=False)
    selector: Selector
    mapper: Mapper = attrs.field(repr=False)
    paging: Paging
    decode: Decode = attrs.field(repr=False)
    retry: Retry
    auth: tuple[AuthProvider, Any] = attrs.field(repr=False)
    masks: Mask = attrs.field(repr=False)
    limiter: Limiter
    error_path: Path | None = None
    metadata: Mapping[str, Path] = attrs.field(factory=dict)
    advance: Advance | None = None
    parent: "Plan | None" = None
    plain: bool = False

    @property
    def target(self) -> str | None:
        """The shard type that its records are stored as."""
        return self.endpoint.responseMapping.targetShardTypeId

    @property
    def params(self) -> tuple[ParamConfig, ...]:
        """The parameters that it takes."""
        return tuple(declared(self.endpoint))

    @property
    def graphql(self) -> bool:
        return self.endpoint.graphql is not None or self.definition.integrationType == "graphql"

    @property
    def repeatable(self) -> bool:
        """Whether a request may be sent again, besides those that carry an idempotency key."""
        reads = self.request.operation is not None and self.request.operation.reads
        return self.endpoint.method in SAFE or reads

    def mask(self, value: Any) -> Any:
        """A text or a JSON value, with "***" in place of each secret of the definition."""
        return self.masks.value(value)

    def outbound(self, services: Services) -> httpx.Auth | None:
        """The flow that authenticates its requests; None where there is nothing to do."""
        provider, config = self.auth
        if provider.name == "none":
            return None
        assert provider.outbound is not None
        return provider.outbound(config, AuthContext(services, self.tenant, self.key))
