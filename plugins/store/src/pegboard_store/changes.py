"""Who changed what, told to the caches of every process of an app."""

import abc
from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncSession

Callback = Callable[[str | None], None]

LONGEST = 4000  # bytes; PostgreSQL's limit for a notification is 8,000


class Changes(abc.ABC):
    """News of committed changes by topic and key, such as ``endpoints.widgets`` and a widget's id.

    Whoever caches something published here calls `poll` before trusting the cache, and forgets what the callback
    names. Callbacks run only within `poll`, on its thread, at least once per change.
    """

    def __init__(self) -> None:
        self._callbacks: dict[str, list[Callback]] = {}

    def subscribe(self, topic: str, callback: Callback) -> None:
        """Call `callback(key)` for each change of `topic`; None means that anything may have changed."""
        self._callbacks.setdefault(topic, []).append(callback)

    @abc.abstractmethod
    async def publish(self, session: AsyncSession, topic: str, key: str) -> None:
        """Tell all processes if, and only if, the transaction of `session` commits.

        Raises ValueError for a topic with white space, or when both together exceed 4,000 bytes.
        """

    @abc.abstractmethod
    def poll(self) -> None:
        """Deliver what was changed before this turn of the event loop; some microseconds when nothing was.

        Where news may have been missed every callback gets None: a cache is never trusted by mistake.
        """

    def version(self) -> int | None:
        """Another number after each commit of any process, to whatever table; None where nobody can tell."""
        return None

    @abc.abstractmethod
    def committed(self, session: AsyncSession) -> None:
        """The store tells that `session` has committed: its own changes count in this process from now on."""

    @abc.abstractmethod
    async def close(self) -> None:
        """Hear no more."""

    def _tell(self, topic: str, key: str) -> None:
        for callback in self._callbacks.get(topic, ()):
            callback(key)

    def _distrust(self) -> None:
        for callbacks in self._callbacks.values():
            for callback in callbacks:
                callback(None)


def check_change(topic: str, key: str) -> None:
    """Raises ValueError for what PostgreSQL's NOTIFY could not carry."""
    if not topic or any(character.isspace() for character in topic):
        raise ValueError(f"topic {topic!r}: use a name without white space, such as plugin.things")
    if len(topic.encode()) + len(key.encode()) > LONGEST or "\0" in key:
        raise ValueError(f'topic "{topic}": topic and key may have {LONGEST} bytes together, and no NUL')
