"""The action `custom`: a function of the user's, in a sandbox, is given an event and says what is to be done."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import attrs
import orjson

from pegboard import Argument, Ending, Failure, Limits, Outcome, Problem, Program, Run, Sandboxes
from pegboard.invalid import invalid
from pegboard.json import converter
from pegboard_webhooks import Event

from .engine import ENTRY
from .stored import StoredIntegration

MOST = 1000


@attrs.frozen
class Wanted:
    """One thing that a function wants done: of `type`, `externalId` and `data`, or `endpointId`, what it needs."""

    action: Literal["create_shard", "update_shard", "delete_shard", "trigger_sync"]
    type: str = ""
    externalId: str = ""
    data: Mapping[str, Any] = attrs.field(factory=dict)
    endpointId: str = ""

    def __attrs_post_init__(self) -> None:
        needed = ("endpointId",) if self.action == "trigger_sync" else ("type", "externalId")
        for name in needed:
            if not getattr(self, name):
                raise ValueError(f"{name} is missing: {self.action} needs it")


@attrs.frozen
class CustomActions:
    """Runs ``handle(event, context)``."""

    sandboxes: Sandboxes
    sandbox: str
    seconds: float

    async def run(
        self, integration: StoredIntegration, event: Event, document: Any, code: str
    ) -> tuple[Sequence[Wanted], Any]:
        """What is to be done, and all that the function returned. Raises Problem 422, 503, 504."""
        opened = await self.sandboxes.open(self.sandbox)
        context = {
            "id": event.id,
            "integrationId": integration.id,
            "receivedAt": event.received_at.isoformat(),
            "headers": {name: value for name, value in event.headers},
        }
        arguments = (Argument(orjson.dumps(document)), Argument(orjson.dumps(context)))
        limits = Limits(wall=self.seconds)
        outcome = await opened.run(Run(integration.tenant, Program(code, ENTRY), arguments, limits))
        result = orjson.loads(_result(outcome))
        return _wanted(result), result


def _result(outcome: Outcome) -> bytes:
    if outcome.ending is Ending.RESULT:
        return outcome.result
    if outcome.ending is Ending.VIOLATION:
        raise Problem(422, "custom-action-failed", f"the code is refused: {outcome.violations[0].message}")
    failure = outcome.failure or Failure(outcome.ending.value)
    where = f"line {failure.line}: " if failure.line else ""
    limit = f" (limit: {failure.limit})" if failure.limit else ""
    raise Problem(422, "custom-action-failed", f"handle failed: {where}{failure.message}{limit}")


def _wanted(result: Any) -> Sequence[Wanted]:
    """Those of ``{"actions": [...]}``. Any other result is only kept. Raises Problem 422."""
    actions = result.get("actions", []) if isinstance(result, dict) else []
    try:
        found: list[Wanted] = converter.structure(actions, list[Wanted])
    except Exception as error:
        raise invalid(error, "result of handle") from None
    if len(found) > MOST:
        raise Problem(422, "custom-action-failed", f"handle wants {len(found)} things done; at most {MOST} are")
    return found
