"""Submitting code, waiting for it, and looking at what became of it."""

import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from pegboard import Principal, Problem
from pegboard_egress import Egress, EgressError
from pegboard_jobs import Found, Jobs, Submission

from .asked import Asked
from .envelopes import Envelopes, Queue
from .executing import KIND_NAME, payload_of
from .settings import ExecuteSettings

FRESH = 0.25  # seconds


class QueueFull(Exception):
    """As many runs wait as may; the message is the answer."""

    def __init__(self, answer: Mapping[str, Any]) -> None:
        super().__init__(answer["message"])
        self.answer = answer


@attrs.define
class Executions:
    """Code goes into the queue like any other job."""

    jobs: Jobs
    egress: Egress
    envelopes: Envelopes
    settings: ExecuteSettings
    _length: int = 0
    _counted_at: float = float("-inf")

    async def run(self, caller: Principal, asked: Asked) -> tuple[int, Mapping[str, Any]]:
        """The status and the body of the answer. Raises Problem 422, QueueFull."""
        self._check(asked)
        submission = self._submission(asked)
        if asked.webhook_url is not None:
            submitted = await self._admitted(caller, asked, self.jobs.submit(caller, submission))
            found = await self.jobs.find(caller, submitted.job.id)
            return 202, self.envelopes.processing(found.job, found.seq, await self.queue())
        patience = asked.timeout + self.settings.patience
        found = await self._admitted(caller, asked, self.jobs.run(caller, submission, patience))
        return await self.answer(found)

    async def answer(self, found: Found) -> tuple[int, Mapping[str, Any]]:
        queue = await self.queue()
        if not found.job.final:
            return 202, self.envelopes.processing(found.job, found.seq, queue)
        envelope = self.envelopes.of(found.job, found.seq, queue)
        return envelope["code"], envelope

    async def queue(self, fresh: bool = False) -> Queue:
        """How the queue is, or was some tenths of a second ago: to count it for each answer would cost one in ten."""
        now = time.monotonic()
        if fresh or now - self._counted_at > FRESH:
            self._length, self._counted_at = await self.jobs.waiting(KIND_NAME), now
        return Queue(self._length, self.settings.max_queue_length)

    async def recent(self, caller: Principal, seconds: int) -> Sequence[Found]:
        """The caller's own of so many seconds, newest first, a thousand at the most."""
        return await self.jobs.recent(caller, KIND_NAME, seconds, 1000)

    def _check(self, asked: Asked) -> None:
        if "\0" in asked.code or (asked.id and "\0" in asked.id):
            raise Problem(422, "invalid-input", "The body is not valid: code: has a NUL character")
        if asked.webhook_url is not None:
            try:
                self.egress.check_url(asked.webhook_url)
            except EgressError as error:
                raise Problem(422, "invalid-input", f"The body is not valid: webhook_url: {error.detail}") from None

    def _submission(self, asked: Asked) -> Submission:
        shown = {"id": asked.id, "timeout": asked.timeout, "webhook_url": asked.webhook_url}
        title = asked.code.strip().split("\n", 1)[0][:80]
        most, unique = self.settings.max_queue_length, asked.id or ""
        return Submission(KIND_NAME, payload_of(asked), shown, title=title, unique=unique, most_waiting=most)

    async def _admitted(self, caller: Principal, asked: Asked, submitting: Any) -> Any:
        try:
            return await submitting
        except Problem as problem:
            if problem.code != "queue-full":
                raise
            answer = self.envelopes.full(asked.id, f"job_{secrets.token_hex(10)}", await self.queue(fresh=True))
            raise QueueFull(answer) from None
