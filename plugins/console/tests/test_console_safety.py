"""Whatever somebody typed, a server sent or a program wrote is text on the page, and nothing else."""

import re
from urllib.parse import quote

import pytest
from console_browser import Console, Watch
from playwright.sync_api import Page, expect

from pegboard.testing import answer

PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<form action=javascript:alert(1)><button>x</button></form>",
    "<object data=javascript:alert(1)></object>",
    "<embed src=javascript:alert(1)>",
    "<link rel=stylesheet href=http://evil.example/x.css>",
    "<style>@import 'http://evil.example/x.css'</style>",
    "<meta http-equiv=refresh content='0;url=http://evil.example'>",
    "<base href=http://evil.example/>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    '"><script>alert(1)</script>',
    "' onmouseover=alert(1) x='",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " \tjavascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "{{constructor.constructor('alert(1)')()}}",
    "${alert(1)}",
    "<template><script>alert(1)</script></template>",
    "<x style='background:url(http://evil.example/x)'>",
    "\u202egnp.<script>alert(1)</script>",
    "\x1b]8;;javascript:alert(1)\x07link\x1b]8;;\x07",
    "\x1b[31m<img src=x onerror=alert(1)>\x1b[0m",
    "__proto__",
)

NOTHING_RAN = """() => [
    document.querySelectorAll("main :is(script, iframe, object, embed, base, meta, link, form[action])").length,
    document.querySelectorAll("a[href^='javascript' i], a[href^='data' i]").length,
    [...document.querySelectorAll("main *")].filter(one => [...one.attributes].some(a => /^on/i.test(a.name))).length,
    document.querySelectorAll("[style*='evil.example']").length,
]"""


def visible(text: str) -> str:
    """A text as a page shows it: without what has no width."""
    return re.sub(r"\s+", " ", re.sub(r"\x1b\][^\x07]*\x07|\x1b\[[0-9;]*m|[\x00-\x1f\u202e]", " ", text)).strip()


def check(page: Page) -> None:
    page.wait_for_function("() => !document.querySelector('main')?.innerText.includes('Loading…')")
    assert page.evaluate(NOTHING_RAN) == [0, 0, 0, 0]


@pytest.fixture(scope="module")
def poisoned(console: Console) -> Console:
    """A server on which all of them were typed into everything that takes a text."""
    for text in PAYLOADS:
        console.call("POST", "/sample/pegs", {"colour": text, "note": text})
        console.call("POST", "/api/v1/keys", {"name": text, "scopes": ["things:read"]})
    console.call("POST", "/sample/pegs", {"colour": "all of them", "note": "\n".join(PAYLOADS)})
    return console


def test_names_in_a_list_are_text(page: Page, poisoned: Console) -> None:
    page.goto(f"{poisoned.url}/console/#/pegs?sort=colour%3Aasc&search=alert")
    expect(page.get_by_role("grid", name="Pegs").get_by_text("<img src=x onerror=alert(1)>").first).to_be_visible()
    check(page)
    page.goto(f"{poisoned.url}/console/#/keys")
    expect(page.get_by_role("grid", name="API keys").get_by_text("__proto__").first).to_be_visible()
    check(page)


@pytest.mark.parametrize("text", PAYLOADS[:8], ids=range(8))
def test_the_page_of_a_thing_is_text(page: Page, poisoned: Console, text: str) -> None:
    found = poisoned.call("GET", f"/sample/pegs?search={quote(text)}")["data"][0]
    page.goto(f"{poisoned.url}/console/#/pegs/{found['id']}")
    expect(page.get_by_role("heading", name=visible(text), level=1)).to_be_visible()
    check(page)


def test_search_results_and_what_one_looks_for_are_text(page: Page, poisoned: Console) -> None:
    page.keyboard.press("/")
    page.keyboard.insert_text("<img src=x onerror=alert(1)>")
    expect(page.get_by_role("option").first).to_be_visible()
    assert page.evaluate(NOTHING_RAN) == [0, 0, 0, 0]
    page.keyboard.insert_text("<nothing>")
    expect(page.get_by_text("Nothing is called")).to_be_visible()


def test_questions_messages_and_errors_are_text(page: Page, poisoned: Console, watch: Watch) -> None:
    watch.expected.append("404")
    page.goto(f"{poisoned.url}/console/#/pegs/{quote(PAYLOADS[1], safe='')}")
    expect(page.get_by_text(f"there is no peg {PAYLOADS[1]}")).to_be_visible()
    check(page)
    found = poisoned.call("GET", f"/sample/pegs?search={quote(PAYLOADS[2])}")["data"][0]
    page.goto(f"{poisoned.url}/console/#/pegs/{found['id']}")
    page.get_by_role("button", name="Remove").click()
    question = page.get_by_role("alertdialog")
    expect(question.get_by_role("heading", name=PAYLOADS[2])).to_be_visible()
    question.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("log", name="Messages").get_by_text(PAYLOADS[2])).to_be_visible()
    check(page)


def test_an_address_that_somebody_made_up_runs_nothing(page: Page, poisoned: Console, watch: Watch) -> None:
    watch.expected.append("422")
    for text in PAYLOADS:
        page.goto(f"{poisoned.url}/console/#/{quote(text, safe='')}")
        page.goto(f"{poisoned.url}/console/#/pegs?search={quote(text, safe='')}&sort={quote(text, safe='')}")
        page.goto(f"{poisoned.url}/console/#{text}")
    expect(page.locator("main h1")).to_be_visible()
    assert page.evaluate(NOTHING_RAN) == [0, 0, 0, 0]


def test_titles_of_a_hostile_plugin_are_text(page: Page, console: Console, watch: Watch) -> None:
    watch.expected += ["404", "Failed to fetch dynamically imported module"]
    hostile = PAYLOADS[1]
    page.get_by_role("navigation", name="Pages").get_by_role("link", name=hostile).click()
    expect(page.get_by_role("heading", name=hostile, level=1)).to_be_visible()
    assert page.title() == f"{hostile} · Pegboard"
    check(page)


def test_endpoints_and_what_their_upstreams_answer_are_text(page: Page, console: Console) -> None:
    console.upstream.on("/items", answer(json=[{"name": text, text: n} for n, text in enumerate(PAYLOADS)]))
    logic = "def process_data(data, request, user):\n    return data\n"
    more = {"project_id": "main", "endpoint": f"{console.upstream.url}/items", "endpoint_data": {"logic": logic}}
    made = [console.call("POST", "/public/widgets", {"name": text, **more}) for text in PAYLOADS[:6]]
    page.goto(f"{console.url}/console/#/endpoints")
    for text in PAYLOADS[:6]:
        expect(page.get_by_text(text, exact=True).first).to_be_visible()
    check(page)
    page.goto(f"{console.url}/console/#/endpoints/{made[1]['id']}")
    expect(page.get_by_role("heading", name=PAYLOADS[1], level=1)).to_be_visible()
    page.get_by_role("button", name="Fetch").click()
    expect(page.get_by_role("region", name="Data", exact=True).get_by_text(PAYLOADS[0]).first).to_be_visible()
    check(page)


def test_the_page_itself_refuses_what_is_put_into_it(page: Page, watch: Watch) -> None:
    """The policy is the second wall: it holds where the first would not."""
    watch.expected += ["Content Security Policy", "TrustedHTML", "TrustedScript"]
    refused = page.evaluate(
        """() => { try { document.body.innerHTML = "<img src=x onerror=window.ran=1>"; return "" }
                   catch (error) { return error.name } }"""
    )
    assert refused == "TypeError"
    page.evaluate(
        """() => { const made = document.createElement("script"); made.append("window.ran = 1");
                   try { document.body.append(made) } catch { return } }"""
    )
    assert page.evaluate("window.ran") is None
