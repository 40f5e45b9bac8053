"""What every paginator keeps: it ends, it forgets nothing, it can be taken up again, it does no I/O."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import attrs

from ...contracts import PageRequest, PageResponse, Paginator, Stop
from .records import Document, RecordSuite

ENOUGH = 1000
STRANGE: tuple[Any, ...] = (None, [], {}, "nothing", 7, {"data": None})


@attrs.frozen
class Walked:
    """One walk from its start to its end."""

    requests: tuple[PageRequest, ...]
    records: tuple[Any, ...]
    stop: Any


class PaginatorSuite(RecordSuite):
    """Give `record`, `config` and `respond`, which plays the API that the config is written for."""

    record: Paginator
    sizes: ClassVar[Sequence[int]] = (0, 1, 2, 3, 5, 10, 23)

    def respond(self, request: PageRequest, records: Sequence[Any]) -> PageResponse:
        """Answer `request` as an API would that holds `records`, a few of them to a page."""
        raise AssertionError("the suite lacks respond(request, records) -> PageResponse, which plays the API")

    def configure(self, document: Document) -> None:
        walk = self.record.pages(self.configured(document), None)
        next(walk)
        walk.close()

    def walk(self, records: Sequence[Any], state: Mapping[str, Any] | None = None) -> Walked:
        """Walk all pages. Fails where it does not end."""
        walk = self.record.pages(self.configured(), state)
        requests: list[PageRequest] = []
        found: list[Any] = []
        try:
            request = next(walk)
            while len(requests) < ENOUGH:
                requests.append(request)
                response = self.respond(request, records)
                found += response.records
                request = walk.send(response)
        except StopIteration as stop:
            return Walked(tuple(requests), tuple(found), stop.value)
        raise AssertionError(f"{len(records)} records: the walk does not end; its last request is {requests[-1]}")

    def _walks(self) -> Iterable[tuple[list[dict[str, int]], Walked]]:
        for size in self.sizes:
            records = [{"id": number} for number in range(size)]
            yield records, self.walk(records)

    def test_every_record_comes_once_and_in_order(self) -> None:
        for records, walked in self._walks():
            assert list(walked.records) == records, f"of {len(records)} records came {list(walked.records)}"

    def test_its_end_names_the_rule(self) -> None:
        for records, walked in self._walks():
            stop = walked.stop
            assert isinstance(stop, Stop), f"{len(records)} records: the walk returned {stop!r}, not a Stop"
            assert stop.rule.strip(), f"{len(records)} records: the walk stopped without naming the rule"

    def test_its_state_is_json(self) -> None:
        for _, walked in self._walks():
            for request in walked.requests:
                try:
                    again = json.loads(json.dumps(request.state, allow_nan=False))
                except (TypeError, ValueError) as error:
                    raise AssertionError(f"the state {request.state!r} is no JSON: {error}") from None
                assert again == request.state, f"the state {request.state!r} comes back from JSON as {again!r}"

    def test_it_is_taken_up_where_it_was(self) -> None:
        for records, walked in self._walks():
            for index, request in enumerate(walked.requests):
                resumed = self.walk(records, json.loads(json.dumps(request.state)))
                assert resumed.requests == walked.requests[index:], (
                    f"resumed at request {index}, {request}, the walk began with {resumed.requests[0]}"
                )

    def test_two_walks_do_not_meet(self) -> None:
        config = self.configured()
        records = [{"id": number} for number in range(max(self.sizes))]
        alone = self.walk(records).requests
        one, other = self.record.pages(config, None), self.record.pages(config, None)
        turns = [(one, next(one)), (other, next(other))]
        seen: dict[int, list[PageRequest]] = {id(one): [], id(other): []}
        while turns and len(seen[id(one)]) < ENOUGH:
            walk, request = turns.pop(0)
            seen[id(walk)].append(request)
            try:
                turns.append((walk, walk.send(self.respond(request, records))))
            except StopIteration:
                continue
        for requests in seen.values():
            assert tuple(requests) == alone, "two walks in turns are not as one alone: something is shared"

    def test_it_can_be_left_at_any_page(self) -> None:
        for request_count in (0, 1):
            walk = self.record.pages(self.configured(), None)
            request = next(walk)
            if request_count:
                try:
                    walk.send(self.respond(request, [{"id": n} for n in range(max(self.sizes))]))
                except StopIteration:
                    continue
            try:
                walk.close()
            except RuntimeError as error:
                raise AssertionError(f"left after {request_count} pages, the generator goes on: {error}") from None

    def test_an_answer_of_another_shape_is_a_reason_and_no_crash(self) -> None:
        for body in STRANGE:
            walk = self.record.pages(self.configured(), None)
            url = next(walk).url or "https://api.test/"
            end: Any = Stop("goes on")
            try:
                walk.send(PageResponse(url, 200, {}, body, ()))
            except StopIteration as stop:
                end = stop.value
            except Exception as error:
                end = error
            reason = isinstance(end, Stop) or (isinstance(end, ValueError) and str(end))
            assert reason, f"to the body {body!r} the walk says {end!r}: a Stop, or a ValueError with words"
