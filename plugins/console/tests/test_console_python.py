"""Trying Python: what it returns and prints, what it raises, and what somebody typed stays."""

import re
from collections.abc import Callable

import pytest
from console_browser import Console, Watch, check_no_sideways
from playwright.sync_api import Locator, Page, expect

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def python(page: Page, console: Console) -> Page:
    page.goto(f"{console.url}/console/#/python")
    expect(page.get_by_role("heading", name="Python", level=1)).to_be_visible()
    return page


def code(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Code").and_(page.locator(".cm-content"))


def write(page: Page, text: str) -> None:
    code(page).click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)


def part(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


def test_code_is_run_and_its_result_output_and_job_are_shown(python: Page, axe: Callable[[Page], None]) -> None:
    write(python, f"print({HOSTILE!r})\nreturn {{'answer': 6 * 7}}")
    python.keyboard.press("Control+Enter")
    expect(part(python, "Result").get_by_text("42", exact=True)).to_be_visible()
    expect(part(python, "Output")).to_have_text(HOSTILE + "\n")
    expect(part(python, "Result").get_by_role("link", name="The job")).to_have_attribute(
        "href", re.compile("/jobs/job_")
    )
    axe(python)
    python.set_viewport_size({"width": 360, "height": 740})
    check_no_sideways(python)


def test_an_error_is_told_at_its_line(python: Page, watch: Watch) -> None:
    watch.expected.append("400")
    write(python, "a = 1\nraise ValueError('too much')")
    python.get_by_role("button", name="Run").click()
    expect(python.get_by_role("alert")).to_contain_text("ValueError: too much")
    python.get_by_role("button", name="Line 2").click()
    expect(python.locator(".cm-activeLine").first).to_have_text("raise ValueError('too much')")


def test_a_wrong_time_is_told_at_its_field_and_what_was_typed_outlives_a_reload(python: Page) -> None:
    write(python, "return 'kept'")
    python.get_by_label("Longest time in seconds").fill("301")
    expect(python.get_by_text("a whole number from 1 to 300")).to_be_visible()
    expect(python.get_by_role("button", name="Run")).to_be_disabled()
    python.reload()
    expect(code(python)).to_contain_text("return 'kept'")
    expect(python.get_by_label("Longest time in seconds")).to_have_value("301")
