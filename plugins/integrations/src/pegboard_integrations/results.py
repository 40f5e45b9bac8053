"""What a test, a preview and a single call answer (document 002)."""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import orjson

from pegboard.json import dumps

from .engine import Expectation, Failed, Page, Plan, Received, SentRequest, WalkFailed
from .stored import TestOutcome

LARGEST = 256 * 1024
"""Bytes of a body that are shown; beyond it the first 2 KiB are."""
SHOWN = 10
"""Records that a test shows."""


@attrs.frozen
class ResponseView:
    """The answer, credentials masked; `body` is decoded, or its beginning as text."""

    statusCode: int
    headers: Mapping[str, str]
    body: Any
    latencyMs: float


@attrs.frozen
class MappingPreview:
    """The first records as they came and as they are mapped; `errors` say field and reason."""

    rawData: Any
    mappedData: Any
    errors: Sequence[str]


@attrs.frozen
class TestResult:
    """How a test ended, and why."""

    success: bool
    request: SentRequest | None
    response: ResponseView | None = None
    mappingPreview: MappingPreview | None = None
    error: str | None = None
    expectations: Sequence[Expectation] = ()
    trace: Mapping[str, Any] = attrs.field(factory=dict)

    @property
    def outcome(self) -> TestOutcome:
        return "success" if self.success else "failure"


@attrs.frozen
class PreviewResult:
    """What a mapping makes of a sample: each record, and what is wrong with those that do not map."""

    records: Sequence[Any]
    mapped: Sequence[Mapping[str, Any]]
    failed: Sequence[Failed]


@attrs.frozen
class Stored:
    """What storing records did."""

    created: int
    updated: int
    unchanged: int
    failed: Sequence[Any] = ()


@attrs.frozen
class CallResult:
    """One call with its mapped records."""

    request: SentRequest
    response: ResponseView
    records: Sequence[Mapping[str, Any]]
    failed: Sequence[Any]
    metadata: Mapping[str, Any]
    shards: Stored | None = None


def plain(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent and received as JSON, with the names of the wire.

    Names of headers come as a subclass of text, which is no key in JSON.
    """
    made: dict[str, Any] = orjson.loads(dumps(evidence))
    response = made.get("response")
    if isinstance(response, dict) and "content_type" in response:
        response["contentType"] = response.pop("content_type")
        response["bytes"] = response.pop("size")
    return made


def response_of(plan: Plan, page: Page) -> ResponseView:
    """The answer of a page that came."""
    body = plan.mask(_bounded(page.body, page.response.excerpt))
    return ResponseView(page.response.status, page.response.headers, body, _ms(page.response))


def _failed_response(received: Received | None) -> ResponseView | None:
    if received is None:
        return None
    return ResponseView(received.status, received.headers, _read(received.excerpt), _ms(received))


def _bounded(body: Any, excerpt: str) -> Any:
    if body is None:
        return excerpt
    return body if len(dumps(body)) <= LARGEST else excerpt


def _read(excerpt: str) -> Any:
    try:
        return orjson.loads(excerpt)
    except orjson.JSONDecodeError:
        return excerpt


def _ms(received: Received) -> float:
    return round(received.seconds * 1e3, 3)


def passed(plan: Plan, page: Page, expected: Sequence[Expectation], mapping: bool) -> TestResult:
    """The result of a call that came to a page. Records that do not map, and expectations that fail, are failures."""
    wrong = [one.name for one in expected if not one.ok]
    reasons = [f"not as expected: {', '.join(wrong)}"] if wrong else []
    if page.failed:
        reasons.append(f"{len(page.failed)} of {page.count} records do not map; the first: {_reasons(page)[0]}")
    return TestResult(
        success=not reasons,
        request=page.request,
        response=response_of(plan, page),
        mappingPreview=_mapping(plan, page) if mapping else None,
        error="; ".join(reasons) or None,
        expectations=expected,
        trace=_trace(page),
    )


def failed(failure: WalkFailed, expected: Sequence[Expectation]) -> TestResult:
    """The result of a call that failed; one that was expected to end with just this status is a success."""
    status = next((one for one in expected if one.name == "statusCode"), None)
    wanted = status is not None and failure.rule == "status" and all(one.ok for one in expected)
    return TestResult(
        success=wanted,
        request=failure.request,
        response=_failed_response(failure.response),
        error=None if wanted else str(failure),
        expectations=expected,
        trace={"rule": failure.rule, "tries": failure.tries},
    )


def _mapping(plan: Plan, page: Page) -> MappingPreview:
    raw = plan.mask(list(page.records[:SHOWN]))
    mapped = [one.data for one in page.mapped[:SHOWN]]
    return MappingPreview(raw, plan.mask(mapped), _reasons(page)[:SHOWN])


def _reasons(page: Page) -> list[str]:
    return [f"record {one.index}: {e.field}: {e.detail}" for one in page.failed for e in one.errors]


def _trace(page: Page) -> dict[str, Any]:
    counts = {"in": page.count, "mapped": len(page.mapped), "failed": len(page.failed), "dropped": page.dropped}
    response = {"status": page.response.status, "contentType": page.response.content_type, "bytes": page.response.size}
    return {
        "auth": page.request.auth,
        "tries": page.tries,
        "waited": page.waited,
        "response": response,
        "records": counts,
        "metadata": page.metadata,
        "stop": page.stop,
        "finished": page.finished,
    }
