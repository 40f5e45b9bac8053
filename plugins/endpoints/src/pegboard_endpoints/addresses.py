"""Addresses of endpoints' own, in the run-time route table of every process."""

import asyncio
import gc

import orjson
import structlog

from pegboard import Handler, Problem, RouteSpec, RouteTable
from pegboard_store import Store

from .errors import widget_problem
from .widgets import PATHS, Widgets

log = structlog.get_logger(__name__)

OWNER = "endpoints"


class Addresses:
    """Keeps the route table as the widgets' paths are, whichever process changed them.

    The news of a change holds all that it takes, so it is applied between two requests without reading a row.
    """

    def __init__(self, table: RouteTable, store: Store, widgets: Widgets, handler: Handler) -> None:
        self._table = table
        self._widgets = widgets
        self._handler = handler
        self._specs: dict[str, RouteSpec] = {}
        self._served: dict[str, str] = {}
        self._newer: set[str] = set()
        self._missed = False
        self._reloading: asyncio.Task[None] | None = None
        store.changes.subscribe(PATHS, self._changed)
        table.watch(store.changes.poll)

    async def load(self) -> None:
        """Serve all that is saved, and nothing else."""
        # a hundred thousand small objects in one go: the collector would walk all of them again and again
        gc.disable()
        try:
            await self._load()
        finally:
            gc.enable()

    async def _load(self) -> None:
        while True:
            self._newer.clear()
            self._missed = False
            rows = await self._widgets.addresses()
            for widget_id in self._served.keys() - self._newer:
                self._withdraw(widget_id)
            for widget_id, path, methods in rows:
                # what was heard of while the rows were on their way is newer than they are
                if widget_id not in self._newer:
                    self._serve(widget_id, path, methods)
            if not self._missed:
                return

    def _serve(self, widget_id: str, path: str, methods: str) -> None:
        try:
            self._table.add(self._spec(methods), OWNER, path=path, bound={"widget_id": widget_id})
        except Problem as problem:
            log.error("an endpoint's path cannot be served", widget=widget_id, path=path, reason=str(problem))
            return
        self._served[widget_id] = path

    def _withdraw(self, widget_id: str) -> None:
        path = self._served.pop(widget_id, None)
        if path is not None:
            self._table.remove(path)

    def _spec(self, methods: str) -> RouteSpec:
        """One spec for all endpoints of the same methods, given as JSON."""
        spec = self._specs.get(methods)
        if spec is None:
            names = tuple(orjson.loads(methods))
            spec = self._specs[methods] = RouteSpec(
                "widgets.address", "/e/", self._handler, names, anonymous=True, render=widget_problem
            )
        return spec

    def _changed(self, news: str | None) -> None:
        if news is None:
            self._reload()
            return
        change = orjson.loads(news)
        self._newer.add(change["id"])
        self._withdraw(change["id"])
        if change["new"]:
            self._serve(change["id"], change["new"], orjson.dumps(change["methods"]).decode())

    def _reload(self) -> None:
        """News were missed. Until all is read again an old address still checks its widget's own row."""
        self._missed = True
        if self._reloading is None or self._reloading.done():
            self._reloading = asyncio.get_running_loop().create_task(self.load())
            self._reloading.add_done_callback(_report)

    async def aclose(self) -> None:
        if self._reloading is not None:
            self._reloading.cancel()
            await asyncio.gather(self._reloading, return_exceptions=True)


def _report(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("the endpoints' paths could not be read again", exc_info=task.exception())
