"""``--sample``: an upstream that the app serves itself, and endpoints over it to play with."""

from typing import Any

from pegboard import Call, Principal, RouteSpec

from .documents import EndpointData, WidgetDraft, WidgetQuery
from .endpoints import Endpoints

UPSTREAM = "/sample/sales"
PROJECT = "sample"

MONTHLY = '''\
def process_data(widget_data, request, user):
    """Sales by month, from a date that the caller may choose."""
    from collections import defaultdict

    since = request.query_params.get('since', '')
    monthly = defaultdict(float)
    for sale in widget_data.get('sales', []):
        if sale['date'] >= since:
            monthly[sale['date'][:7]] += sale['amount']
    return {
        'labels': list(monthly.keys()),
        'data': list(monthly.values()),
        'total': sum(monthly.values()),
    }
'''

STATISTICS = '''\
def process_data(widget_data, request, user):
    """Figures about single sales."""
    import statistics

    values = [sale['amount'] for sale in widget_data.get('sales', [])]
    if not values:
        return {'error': 'No data available'}
    return {
        'mean': round(statistics.mean(values), 2),
        'median': statistics.median(values),
        'stdev': round(statistics.stdev(values), 2) if len(values) > 1 else 0,
        'count': len(values),
    }
'''

REGION = '''\
def process_data(widget_data, request, user):
    """The best sales of the region in the address."""
    region = request.path_params['region']
    sales = [sale for sale in widget_data['sales'] if sale['region'] == region]
    sales.sort(key=lambda sale: sale['amount'], reverse=True)
    return {'region': region, 'best': sales[:3], 'for': user.username or 'everyone'}
'''

REGIONS = ("north", "south", "east", "west")
SALES = [
    {"date": f"2026-{month:02d}-{day:02d}", "amount": 100.0 + month * 7 + day, "region": REGIONS[(month + day) % 4]}
    for month in range(1, 13)
    for day in (3, 11, 24)
]


async def sales(call: Call[None, None]) -> dict[str, Any]:
    return {"sales": SALES}


def routes() -> list[RouteSpec]:
    """The sample upstream."""
    return [RouteSpec("sample.sales", UPSTREAM, sales, anonymous=True, summary="A sample upstream", tags=("sample",))]


def drafts(url: str) -> list[WidgetDraft]:
    """The sample endpoints over the app at `url`."""

    def draft(name: str, description: str, logic: str, **options: Any) -> WidgetDraft:
        data = EndpointData(logic, refresh_interval=30)
        return WidgetDraft(name, PROJECT, url + UPSTREAM, data, description, **options)

    return [
        draft("Monthly sales", "try ?since=2026-06", MONTHLY),
        draft("Statistics of sales", "open to everyone", STATISTICS, public=True),
        draft("Best sales of a region", "north, south, east, west", REGION, path="/e/sample/regions/{region}"),
    ]


async def create(endpoints: Endpoints, tenant: str, url: str) -> list[tuple[str, str]]:
    """Save the samples for a tenant unless it has them; their names and addresses."""
    owner = Principal("sample", tenant, "sample")
    there = await endpoints.widgets.page(tenant, WidgetQuery(project_id=PROJECT, per_page=100))
    known = {widget.name: widget for widget in there.data}
    addresses = []
    for draft in drafts(url):
        widget = known.get(draft.name)
        if widget is None:
            widget = (await endpoints.create(owner, draft)).shown()
        elif widget.endpoint != draft.endpoint:
            await endpoints.update(owner, widget.id, {"endpoint": draft.endpoint})
        addresses.append((draft.name, (widget.path or widget.execute_url).replace("{region}", "north")))
    return addresses
