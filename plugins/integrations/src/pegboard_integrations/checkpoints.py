"""Where a run goes on, as it is stored: sealed where it holds a credential, as a next link may."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, update

from pegboard import Services
from pegboard.json import converter
from pegboard_store import Store
from pegboard_vault import MASK, Entry, Place, Sealed, Vault, envelopes, exchanged, is_sealed, opened, sealed

from .engine import Plan
from .runs import Run
from .tables import runs


def place_of_checkpoint(tenant: str, run_id: str) -> Place:
    return Place(tenant, run_id, "checkpoint")


class Checkpoints:
    """Writes and reads the checkpoints of runs: ``{"state": ...}`` or ``{"sealed": ...}``."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def shut(self, run: Run, plan: Plan, state: Any) -> dict[str, Any]:
        """The state as its row has it: in the clear, unless there is something in it that must not be seen."""
        plain = converter.unstructure(state)
        if plan.mask(plain) == plain:
            return {"state": plain}
        return dict(sealed(self._vault, plain, place_of_checkpoint(run.tenant, run.id)))

    def opened(self, run: Run) -> Any:
        """The state. Raises Problem 503 or 500 where the vault cannot open it."""
        if is_sealed(run.checkpoint):
            return opened(self._vault, run.checkpoint, place_of_checkpoint(run.tenant, run.id))
        return run.checkpoint["state"]


def shown(checkpoint: Any) -> Any:
    """What answers show of a checkpoint."""
    return checkpoint.get("state", MASK) if isinstance(checkpoint, dict) else None


async def _walk(services: Services, after: str, limit: int) -> Sequence[Entry]:
    some = select(runs.c.id, runs.c.tenant, runs.c.checkpoint).where(runs.c.id > after, runs.c.checkpoint.is_not(None))
    async with services.get(Store).read() as session:
        rows = await session.execute(some.order_by(runs.c.id).limit(limit))
        return [Entry(row.id, place_of_checkpoint(row.tenant, row.id), _envelopes(row.checkpoint)) for row in rows]


def _envelopes(checkpoint: Any) -> tuple[str, ...]:
    # an API may answer with what looks like an envelope: only the outermost is one of ours
    return tuple(envelopes(checkpoint)) if is_sealed(checkpoint) else ()


async def _replace(services: Services, entry: Entry, new: Mapping[str, str]) -> bool:
    """A run that goes on meanwhile writes another checkpoint: then there is nothing to replace."""
    async with services.get(Store).begin() as session:
        row = select(runs.c.checkpoint, runs.c.pages).where(runs.c.id == entry.key).with_for_update()
        found = (await session.execute(row)).one_or_none()
        document = exchanged(found.checkpoint, new) if found is not None and is_sealed(found.checkpoint) else None
        if document is None:
            return False
        await session.execute(update(runs).where(runs.c.id == entry.key).values(checkpoint=document))
    return True


SEALED_CHECKPOINTS = Sealed(
    "integration-runs", "Next pages of runs whose addresses hold a credential", walk=_walk, replace=_replace
)
