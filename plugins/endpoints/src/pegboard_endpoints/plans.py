"""What executing a saved endpoint needs, kept ready so that a request reads no row."""

from collections import OrderedDict
from collections.abc import Iterable

import attrs

from pegboard import Program, SandboxProvider
from pegboard_egress import EgressRequest
from pegboard_store import Store

from .documents import ENTRY
from .stored import StoredWidget
from .upstream import upstream_request
from .widgets import PLANS, Widgets


@attrs.frozen
class Plan:
    """A saved endpoint, ready to be executed."""

    id: str
    tenant: str
    public: bool
    path: str | None
    cache_key: str
    request: EgressRequest
    max_age: float
    program: Program
    sandbox: str
    repeats: bool = False
    """Whether the program gives the same for the same, and somebody keeps that."""

    @classmethod
    def of(cls, stored: StoredWidget, default_sandbox: str, sandboxes: Iterable[SandboxProvider]) -> "Plan":
        data = stored.draft.endpoint_data
        program, sandbox = Program(data.logic, ENTRY), data.sandbox or default_sandbox
        return cls(
            id=stored.id,
            tenant=stored.tenant,
            public=stored.draft.public,
            path=stored.draft.path,
            cache_key=f"{stored.id}/{stored.revision}",
            request=upstream_request(stored.draft.endpoint, data),
            max_age=data.refresh_interval,
            program=program,
            sandbox=sandbox,
            repeats=any(provider.name == sandbox and provider.repeats(program) for provider in sandboxes),
        )


class Plans:
    """The plans of the endpoints used last. A change in any process takes effect with the next request."""

    def __init__(
        self,
        store: Store,
        widgets: Widgets,
        capacity: int,
        default_sandbox: str,
        sandboxes: Iterable[SandboxProvider],
    ) -> None:
        """`sandboxes` say which programs repeat; none where results are not kept."""
        self._changes = store.changes
        self._widgets = widgets
        self._capacity = capacity
        self._default_sandbox = default_sandbox
        self._sandboxes = sandboxes
        self._plans: OrderedDict[str, Plan] = OrderedDict()
        self._generation = 0
        self._changes.subscribe(PLANS, self._forget)

    def kept(self, widget_id: str) -> Plan | None:
        """The plan, if it is here and still good."""
        self._changes.poll()
        plan = self._plans.get(widget_id)
        if plan is not None:
            self._plans.move_to_end(widget_id)
        return plan

    async def get(self, widget_id: str) -> Plan:
        """Raises Problem 404."""
        return self.kept(widget_id) or await self._load(widget_id)

    async def _load(self, widget_id: str) -> Plan:
        generation = self._generation
        plan = Plan.of(await self._widgets.opened(widget_id), self._default_sandbox, self._sandboxes)
        self._changes.poll()
        # what was read before a change must not be kept after it
        if generation == self._generation:
            self._plans[widget_id] = plan
            if len(self._plans) > self._capacity:
                self._plans.popitem(last=False)
        return plan

    def _forget(self, widget_id: str | None) -> None:
        self._generation += 1
        if widget_id is None:
            self._plans.clear()
        else:
            self._plans.pop(widget_id, None)
