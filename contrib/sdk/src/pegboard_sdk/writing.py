"""Writing one widget: stage what it is to be, then save it."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self, TypedDict, Unpack

import attrs
import httpx

from .connection import TIMEOUT, Connection
from .records import EndpointData, Preview, Validation, Widget
from .widgets import Widgets

Size = Literal["small", "medium", "large", "extra_large"]


class Options(TypedDict, total=False):
    """What else a widget may be told. `path` is a template under ``/e/`` for an address of its own."""

    description: str
    size: Size
    public: bool
    path: str | None
    methods: Sequence[str]


class Changes(Options, total=False):
    """Everything of a widget that can be changed."""

    name: str
    project_id: str
    endpoint: str
    endpoint_data: "Mapping[str, Any] | EndpointData"


class WriteWidget:
    """Writes one widget at a time.

    `create_new` and `post` stage, `save` writes. The token decides whose widget it is; `user_id` is the user that
    previews are shown to. Every call that asks the server raises `ApiError` and `UnreachableError`.
    """

    def __init__(
        self,
        token: str,
        user_id: str = "",
        base_url: str | None = None,
        *,
        header: str = "Authorization",
        timeout: float = TIMEOUT,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """See `Connection` for `base_url`, `header` and `timeout`."""
        self.user_id = user_id
        self.saved: Widget | None = None
        self._staged: dict[str, Any] = {}
        self._connection = Connection(token, base_url, header=header, timeout=timeout, transport=transport)
        self._widgets = Widgets(self._connection)

    def __repr__(self) -> str:
        known = f"id={self.saved.id!r}" if self.saved else "not saved"
        return f"{type(self).__name__}({known}, user_id={self.user_id!r}, base_url={self._connection.base_url!r})"

    async def __aenter__(self) -> Self:
        await self._connection.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._connection.__aexit__(*error)

    @property
    def id(self) -> str:
        """Raises ValueError for a widget that is not saved."""
        return self._known.id

    @property
    def execute_url(self) -> str:
        """The whole address of the endpoint. Raises ValueError for a widget that is not saved."""
        return f"{self._connection.base_url}{self._known.execute_url}"

    @property
    def _known(self) -> Widget:
        if self.saved is None:
            raise ValueError("the widget is not saved: await save(), or open(widget_id)")
        return self.saved

    async def create_new(self, name: str, project_id: str, **options: Unpack[Options]) -> Self:
        """Begin a new widget. Nothing is sent before `save`."""
        self.saved = None
        self._staged = {"name": name, "project_id": project_id, **options}
        return self

    async def open(self, widget_id: str) -> Self:
        """Take up a widget that exists. Raises NotFoundError."""
        self.saved = await self._widgets.get(widget_id)
        self._staged = {}
        return self

    async def post(self, endpoint: str, endpoint_data: Mapping[str, Any] | EndpointData) -> Self:
        """Say where its data comes from and what is made of it. Nothing is sent before `save`."""
        self._staged |= {"endpoint": endpoint, "endpoint_data": _plain(endpoint_data)}
        return self

    async def save(self) -> Widget:
        """Write what is staged: a new widget, or the changes to a saved one.

        Raises CodeRefusedError for logic that is refused, InvalidError for anything else that is wrong, and
        ConflictError for a path that is taken.
        """
        if self.saved is None:
            if not self._staged:
                raise ValueError("there is nothing to save: await create_new(name, project_id) first")
            self.saved = await self._widgets.create(self._staged)
        elif self._staged:
            self.saved = await self._widgets.change(self.saved.id, self._staged)
        self._staged = {}
        return self.saved

    async def update(self, **changes: Unpack[Changes]) -> Widget:
        """Change any part, and save that with whatever is staged. Raises what `save` raises."""
        if "endpoint_data" in changes:
            changes["endpoint_data"] = _plain(changes["endpoint_data"])
        self._staged |= changes
        return await self.save()

    async def delete(self) -> None:
        """Delete the widget; its endpoint is gone at once. Raises NotFoundError if somebody else was faster."""
        await self._widgets.delete(self.id)
        self.saved = None
        self._staged = {}

    async def validate(self, logic: str | None = None, *, sandbox: str | None = None) -> Validation:
        """Say what is wrong with the logic, the staged one if none is given, without running it."""
        return await self._widgets.validate(_known_only(logic=logic or self._data("logic"), sandbox=sandbox))

    async def preview(
        self,
        widget_data: Any = None,
        *,
        logic: str | None = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        request: Mapping[str, Any] | None = None,
        user: Mapping[str, str] | None = None,
    ) -> Preview:
        """Run the logic without saving anything: over `widget_data`, or over what the upstream answers if it is None.

        Logic, endpoint, `params` and `headers` of the upstream's request are the staged ones if none are given;
        `request` is the request that the logic is shown (``{"headers": {}, "query_params": {}}``), `user` the user.
        Credentials in the headers of a saved widget are masked and cannot be used again: give `headers` then.
        Raises ExecutionError and LimitError as executing does.
        """
        upstream = {} if widget_data is not None else self._upstream(params, headers)
        return await self._widgets.preview(
            _known_only(
                logic=logic or self._data("logic"),
                sandbox=self._data("sandbox"),
                widget_data=widget_data,
                request=request,
                user=user or ({"id": self.user_id} if self.user_id else None),
                **upstream,
            )
        )

    async def execute(self, params: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None) -> Any:
        """Call the saved widget's endpoint. Returns what the logic returned."""
        return await self._widgets.execute(self.id, params, headers)

    def _upstream(self, params: Mapping[str, Any] | None, headers: Mapping[str, str] | None) -> dict[str, Any]:
        endpoint = self._staged.get("endpoint") or (self.saved.endpoint if self.saved else None)
        return {
            "endpoint": endpoint,
            "params": self._data("params") if params is None else params,
            "headers": self._data("headers") if headers is None else headers,
        }

    def _data(self, name: str) -> Any:
        """One value of the endpoint's data, as staged or else as saved."""
        saved = _plain(self.saved.endpoint_data) if self.saved else {}
        return self._staged.get("endpoint_data", {}).get(name, saved.get(name))


def _plain(data: Mapping[str, Any] | EndpointData) -> dict[str, Any]:
    return attrs.asdict(data) if isinstance(data, EndpointData) else dict(data)


def _known_only(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
