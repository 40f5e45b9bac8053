"""Which rates a call has."""

from collections.abc import Iterator, Mapping, Sequence

import attrs

from pegboard import Principal, Rate, RouteSpec

from .rates import Policy, parse_rates
from .settings import RateLimitSettings

KERNEL = "pegboard."
"""Routes of the kernel, such as health checks, have no rate unless somebody names them."""

REMEMBERED = 10_000
"""Routes are made at run time as well."""

Table = Mapping[str, Policy]


@attrs.frozen
class Policies:
    """The rates of an app's routes, found once for each route and plan."""

    routes: Table
    scopes: Sequence[tuple[str, Table]]
    _found: dict[tuple[str, Rate | None, str], Policy | None] = attrs.field(factory=dict)

    @classmethod
    def of(cls, settings: RateLimitSettings) -> "Policies":
        everybody = dict(settings.routes)
        if settings.default:
            everybody.setdefault("*", settings.default)
        scopes = [(scope, _table(texts, f"{scope}/")) for scope, texts in settings.scopes.items()]
        return cls(_table(everybody), scopes)

    def find(self, spec: RouteSpec, principal: Principal | None) -> Policy | None:
        """The rates of one call, or None where there is no limit."""
        plan, table = self._plan(principal)
        key = spec.name, spec.rate, plan
        if key not in self._found:
            if len(self._found) >= REMEMBERED:
                self._found.clear()
            self._found[key] = self._policy(spec, table)
        return self._found[key]

    def public(self, spec: RouteSpec) -> Policy | None:
        """The rates of a call of somebody of whom nothing is known."""
        return self._policy(spec, {})

    def _plan(self, principal: Principal | None) -> tuple[str, Table]:
        """The table of the first scope that the caller holds by name: ``*`` holds no plan."""
        if principal is not None:
            for scope, table in self.scopes:
                if scope in principal.scopes:
                    return scope, table
        return "", {}

    def _policy(self, spec: RouteSpec, plan: Table) -> Policy | None:
        """The nearest one: named for the plan, for everybody, declared by the route, then the default ones."""
        found = _named(plan, spec.name) or _named(self.routes, spec.name)
        if found is None and spec.rate is not None:
            found = Policy(spec.name, (spec.rate,))
        if found is None and not spec.name.startswith(KERNEL):
            found = plan.get("*") or self.routes.get("*")
        return found if found and found.rates else None

    def unknown(self, names: frozenset[str]) -> Iterator[str]:
        """What the tables name and no route has."""
        for table in (self.routes, *(table for _, table in self.scopes)):
            for key in table:
                group = key.removesuffix("*")
                if key not in names and not (key != group and any(name.startswith(group) for name in names)):
                    yield key


def _table(texts: Mapping[str, str], prefix: str = "") -> Table:
    return {
        key: Policy(f"{prefix}{'default' if key == '*' else key}", parse_rates(text)) for key, text in texts.items()
    }


def _named(table: Table, name: str) -> Policy | None:
    """By the whole name, or by the longest group that it is in."""
    if name in table:
        return table[name]
    steps = name.split(".")
    groups = (".".join([*steps[:count], "*"]) for count in range(len(steps) - 1, 0, -1))
    return next((table[group] for group in groups if group in table), None)
