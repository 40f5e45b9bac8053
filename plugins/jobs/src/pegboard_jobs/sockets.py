"""``/ws``: whoever subscribes to a job is told of it as it happens."""

import asyncio
from typing import Any

import attrs
import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from pegboard import Principal, Problem, SocketCall, SocketSpec
from pegboard.problems import nearest

from .jobs import Jobs
from .shown import message

LONGEST = 4096  # bytes of what a client says
MOST = 100  # jobs that are followed over one connection
EVENTS = ("subscribe_job", "unsubscribe_job")


class Wrong(Exception):
    """What a client sent is not what is understood here; the message says what is."""

    def __init__(self, code: str, text: str, job: str = "") -> None:
        super().__init__(text)
        self.data = {"code": code, "message": text} | ({"job_id": job} if job else {})


@attrs.frozen
class Asked:
    """What a client asked for."""

    event: str
    job: str
    line: int

    @classmethod
    def read(cls, text: str | None) -> "Asked":
        """Raises Wrong."""
        document = _document(text)
        event, data = document.get("event"), document.get("data")
        if event not in EVENTS:
            raise Wrong("unknown-event", f"event {str(event)[:50]!r} is unknown{nearest(str(event)[:50], EVENTS)}")
        if not isinstance(data, dict) or not isinstance(data.get("job_id"), str) or not data["job_id"]:
            raise Wrong("invalid-message", 'data.job_id is missing: say {"event": ..., "data": {"job_id": "job_..."}}')
        line = data.get("from", 0)
        if isinstance(line, bool) or not isinstance(line, int) or not 0 <= line < 2**53:
            raise Wrong("invalid-message", "data.from is the number of the first line that is wanted, 0 or more")
        return cls(event, data["job_id"][:100], line)


def _document(text: str | None) -> dict[str, Any]:
    if text is None:
        raise Wrong("invalid-message", "send text, not bytes")
    if len(text) > LONGEST:
        raise Wrong("invalid-message", f"a message may have at most {LONGEST} characters")
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Wrong("invalid-message", f"this is no JSON ({error})") from None
    if not isinstance(document, dict):
        raise Wrong("invalid-message", 'send an object: {"event": ..., "data": {...}}')
    return document


@attrs.define(eq=False)
class Session:
    """One connection. Each job has a task of its own, which waits where the client does not read."""

    socket: WebSocket
    jobs: Jobs
    caller: Principal
    _following: dict[str, "asyncio.Task[None]"] = attrs.field(factory=dict)
    _turn: asyncio.Lock = attrs.field(factory=asyncio.Lock)

    async def talk(self) -> None:
        """Until the client leaves."""
        await self.socket.accept()
        try:
            while True:
                received = await self.socket.receive()
                if received["type"] == "websocket.disconnect":
                    return
                await self._answer(received.get("text"))
        except WebSocketDisconnect:
            return
        finally:
            for task in self._following.values():
                task.cancel()
            if self._following:
                await asyncio.wait(self._following.values())

    async def _answer(self, text: str | None) -> None:
        try:
            asked = Asked.read(text)
            await (self._subscribe(asked) if asked.event == "subscribe_job" else self._unsubscribe(asked))
        except Wrong as wrong:
            await self._send("error", wrong.data)

    async def _subscribe(self, asked: Asked) -> None:
        if len(self._following) >= MOST and asked.job not in self._following:
            raise Wrong("too-many", f"at most {MOST} jobs are followed over one connection", asked.job)
        try:
            news = await self.jobs.follow(self.caller, asked.job, asked.line)
        except Problem as problem:
            raise Wrong(problem.code, str(problem), asked.job) from None
        await self._stop(asked.job)
        await self._send("subscribed", {"job_id": asked.job, "from": asked.line})
        self._following[asked.job] = asyncio.create_task(self._follow(asked.job, news))

    async def _unsubscribe(self, asked: Asked) -> None:
        if not await self._stop(asked.job):
            raise Wrong("not-subscribed", f"job {asked.job!r} is not followed here", asked.job)
        await self._send("unsubscribed", {"job_id": asked.job})

    async def _stop(self, job: str) -> bool:
        task = self._following.pop(job, None)
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        return task is not None

    async def _follow(self, job: str, news: Any) -> None:
        try:
            async for one in news:
                await self._send(*message(job, one))
        except (WebSocketDisconnect, RuntimeError):
            return  # the client left while something was on its way
        finally:
            if self._following.get(job) is asyncio.current_task():
                del self._following[job]

    async def _send(self, event: str, data: dict[str, Any]) -> None:
        async with self._turn:
            await self.socket.send_text(orjson.dumps({"event": event, "data": data}).decode())


async def serve_socket(call: SocketCall) -> None:
    if call.principal is None:
        raise LookupError("this route is not anonymous")
    await Session(call.socket, call.services.get(Jobs), call.principal).talk()


SOCKET = SocketSpec("jobs.socket", "/ws", serve_socket, "Follow jobs", scopes=("jobs:read",))
