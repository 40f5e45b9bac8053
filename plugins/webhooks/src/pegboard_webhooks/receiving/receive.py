"""``POST /api/v1/webhooks/{source}/{id}/{token}``: verified as it came, stored, and answered at once."""

import time

import anyio
from starlette.requests import Request
from starlette.responses import Response

from pegboard import Call, Problem, RouteSpec, Settings
from pegboard.dispatch import read_body

from ..schemes.contract import Answer, Delivery, Refused
from ..settings import WebhooksSettings
from .content import document_of
from .contract import Arrival, Hook, WebhookSources
from .intake import Intake
from .keys import key_of

PATH = "/api/v1/webhooks/{source}/{id}/{token}"


async def receive(call: Call[None, None]) -> Response:
    address = hidden(call.request, call.path["token"], call.services.get(Settings).kernel.public_url)
    hook = await _found(call)
    source, settings = call.path["source"], call.services.get(Settings).of(WebhooksSettings)
    intake = call.services.get(Intake)
    delivery = await read(call.request, settings, address)
    try:
        taken = take(source, hook, delivery, settings.body_limit)
    except Problem as problem:
        await intake.refuse(source, hook, delivery, problem)
        raise
    if isinstance(taken, Answer):
        return Response(taken.body, taken.status, media_type=taken.content_type)
    await intake.keep(taken)
    return hook.answer()


async def _found(call: Call[None, None]) -> Hook:
    source = call.services.get(WebhookSources).find(call.path["source"])
    hook = await source.find(call.services, call.path["id"], call.path["token"]) if source else None
    if hook is None:
        raise Problem(404, "webhook-not-found", "nothing receives events at this address: ask for it again")
    return hook


def hidden(request: Request, token: str, public_url: str) -> str:
    """The address as the sender has it. From now on the request's own is without its secret, also in the access log."""
    address = _address(request, public_url)
    for name, mask in (("path", "***"), ("raw_path", b"***")):
        if request.scope.get(name):
            secret = token if isinstance(mask, str) else token.encode()
            request.scope[name] = request.scope[name].replace(secret, mask)
    return address


async def read(request: Request, settings: WebhooksSettings, address: str) -> Delivery:
    """The delivery as it came. Raises Problem 413, and 408 for a sender that takes too long."""
    try:
        with anyio.fail_after(settings.read_seconds):
            body = await read_body(request, settings.body_limit)
    except TimeoutError:
        detail = f"The body was not there after {settings.read_seconds:g} seconds"
        raise Problem(408, "request-timeout", detail, headers={"Connection": "close"}) from None
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
    return Delivery(request.method, address, headers, body, time.time())


def _address(request: Request, public_url: str) -> str:
    """The address as the sender has it, for the schemes that sign it."""
    if not public_url:
        return str(request.url)
    query = request.url.query
    return f"{public_url.rstrip('/')}{request.url.path}{f'?{query}' if query else ''}"


def take(source: str, hook: Hook, delivery: Delivery, limit: int) -> Arrival | Answer:
    """What is to be stored, once it is proven whose it is; or the answer to a handshake.

    Nothing reads the body before that. Raises Problem 401; 400, 413 and 415 for what cannot be understood.
    """
    try:
        verified = hook.scheme.verify(hook.config, hook.secrets, delivery)
        handshake = hook.scheme.handshake(hook.config, delivery)
        if handshake is not None:
            return handshake
        document = document_of(delivery.headers, delivery.body, limit)
        return Arrival(source, hook, delivery, key_of(hook, delivery, verified, document), verified.timestamp)
    except Refused as refused:
        detail = f"the event is not proven to be its sender's: {refused.detail}"
        raise Problem(401, "webhook-refused", detail, extra={"reason": refused.code}) from None


RECEIVE = RouteSpec(
    "webhooks.receive", PATH, receive, ("POST",), "Receive an event",
    description="The body is verified as it came, stored, answered as the receiver says, and handled after that. An "
    "event that was here before is answered the same, and changes nothing.",
    tags=("webhooks",), anonymous=True,
    answers={
        400: "The body is no JSON", 401: "The signature is missing or wrong", 404: "Nothing receives here",
        408: "The body took too long", 409: "The receiver is not active", 413: "The body is too large",
        415: "The body is of a type that is not understood",
    },
)  # fmt: skip
