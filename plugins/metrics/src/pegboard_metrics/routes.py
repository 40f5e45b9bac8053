"""``/metrics``"""

from starlette.responses import Response

from pegboard import Call, Meters, RouteSpec

from .metrics import Metrics


async def _page(call: Call[None, None]) -> Response:
    told = await call.services.get(Meters).read()
    page = call.services.get(Metrics).page(call.request.headers.get("accept", ""), told)
    return Response(page.body, headers={"Content-Type": page.media_type, "Vary": "Accept"})


def page(public: bool) -> RouteSpec:
    return RouteSpec(
        "metrics.page",
        "/metrics",
        _page,
        summary="Metrics for Prometheus",
        description="The text format 0.0.4, or OpenMetrics 1.0 if `Accept` asks for it. They are those of the process "
        "that answers.",
        tags=("system",),
        anonymous=public,
        scopes=() if public else ("metrics:read",),
    )
