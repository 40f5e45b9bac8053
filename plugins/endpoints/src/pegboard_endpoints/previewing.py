"""What a preview is called with: data that was given or is fetched, a request and a user that it pretends to have."""

import time

import attrs
import orjson

from pegboard import Argument, Principal
from pegboard_egress import Egress

from .arguments import described, user_argument
from .credentials import PLACES, check_masks, found, masks_of, revealed
from .documents import EndpointData, PreviewRequest, WidgetDraft
from .upstream import fetch, upstream_request
from .widgets import Widgets


async def body_of(wanted: PreviewRequest, tenant: str, widgets: Widgets, egress: Egress) -> tuple[Argument, float]:
    """The data, and the seconds that fetching it took. Raises Problem."""
    if wanted.widget_data is not None or wanted.endpoint is None:
        return Argument(orjson.dumps(wanted.widget_data)), 0.0
    data = await _with_stored(wanted, wanted.endpoint, tenant, widgets)
    started = time.perf_counter()
    body = await fetch(egress, upstream_request(wanted.endpoint, data))
    return body, time.perf_counter() - started


async def _with_stored(wanted: PreviewRequest, endpoint: str, tenant: str, widgets: Widgets) -> EndpointData:
    """What is sent upstream, with stored credentials in the place of masks. Raises Problem 404, 422."""
    data = EndpointData(wanted.logic, wanted.params, wanted.headers)
    masks = masks_of(data)
    if not any(masks.values()):
        return data
    stored = (await widgets.get(wanted.widget_id, tenant)).draft if wanted.widget_id else None
    sent = {"endpoint_data": {"headers": wanted.headers, "params": wanted.params}}
    check_masks(WidgetDraft("preview", "preview", endpoint, data), stored, sent, "")
    # from here on there is a widget, it is the caller's, and the credentials are for this origin
    opened = (await widgets.opened(str(wanted.widget_id))).draft.endpoint_data
    known = {place: {name: found(getattr(opened, place), name) for name in masks[place]} for place in PLACES}
    return revealed(data, known)


def request_of(wanted: PreviewRequest) -> Argument:
    asked = wanted.request
    pairs = (asked.headers.items(), asked.query_params.items())
    return described(asked.method, "/preview", *pairs, asked.path_params, asked.body)


def user_of(wanted: PreviewRequest, caller: Principal) -> Argument:
    if wanted.user is None:
        return user_argument(caller)
    return Argument(orjson.dumps(attrs.asdict(wanted.user)), "object")
