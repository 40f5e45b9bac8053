"""Telling the `RequestObserver` of each answer. An app whose plugins offer none does not have this in its way."""

import attrs
from starlette.types import Scope

from .contracts import RequestObserver, Services
from .dispatch import RouteApp
from .problems import MissingService


@attrs.frozen
class Observation:
    """Passes on what `RequestIds` tells at a request's end, with the route and its plugin."""

    services: Services

    def __call__(self, scope: Scope, status: int, seconds: float) -> None:
        if not status:  # the caller left before there was an answer
            return
        try:
            observer = self.services.get(RequestObserver)  # type: ignore[type-abstract]
        except MissingService:  # not open yet, or its plugin is quarantined, which health tells
            return
        served = scope.get("endpoint")  # left there when the route was found
        if isinstance(served, RouteApp):
            observer.answered(served.spec.name, served.owner, scope["method"], status, seconds)
        else:
            observer.answered("", "", scope["method"], status, seconds)
