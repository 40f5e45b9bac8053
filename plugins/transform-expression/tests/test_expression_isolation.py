"""A record finds the world as the one before did; so do pages, and tenants above all."""

from typing import Any

import pytest

pytestmark = pytest.mark.anyio

LEAVES = {
    "a global": "(() => { try { globalThis.left = 1 } catch {} return typeof left })()",
    "an undeclared name": "(() => { try { left = 1 } catch {} return typeof left })()",
    "a prototype": "(() => { try { Object.prototype.left = 1 } catch {} return typeof ({}).left })()",
    "a list's prototype": "(() => { try { Array.prototype.left = 1 } catch {} return typeof [].left })()",
    "by __proto__": "(() => { try { ({}).__proto__.left = 1 } catch {} return typeof ({}).left })()",
    "a method": "(() => { try { String.prototype.trim = () => 1 } catch {} return typeof ' a'.trim() === 'string' })()",
    "a property of a method": "(() => { const f = [].map; try { f.left = 1 } catch {} return typeof f.left })()",
    "the name of a method": "(() => { const f = [].map, was = f.name; try { delete f.name } catch {} return was })()",
    "a hook for stacks": "(() => { const was = typeof Error.prepareStackTrace; try { Error.prepareStackTrace = "
    "f => f } "
    "catch {} return was })()",
    "an error's prototype": "(() => { try { Error.prototype.message = 'left' } catch {} return new "
    "Error().message })()",
    "a tagged template": "(() => { const t = x => x; const s = t`a`; try { s.left = 1 } catch {} return typeof "
    "s.left })()",
    "a regular expression": "(() => { const r = /a/g; r.test('aa'); return r.lastIndex })()",
    "an iterator's prototype": "(() => { const p = Object.getPrototypeOf([][Symbol.iterator]()); const was = p.left; "
    "try { p.left = 1 } catch {} return was ?? null })()",
    "a generator's prototype": "(() => { const p = Object.getPrototypeOf(function* () {}); const was = p.left; "
    "try { p.left = 1 } catch {} return was ?? null })()",
    "its own arguments": "(() => { try { return arguments.callee.left } catch { return 1 } })()",
    "indirect eval": "(() => { try { (0, eval)('let left = 1') } catch {} return typeof left })()",
    "code of text": "(() => { try { (() => 1).constructor('}); let left = 1; (() => {')() } catch {} "
    "return typeof left })()",
    "the record": "(() => { const was = record.left; record.left = 1; return was ?? null })()",
}

FROZEN = """(() => {
  const seen = new Set([globalThis, function () {}, function* () {}, async function () {}, async function* () {},
    [][Symbol.iterator](), ''[Symbol.iterator](), new Map().keys(), new Set().keys(), /a/[Symbol.matchAll](''),
    [].values().map(a => a), Iterator.from({next() {}}), new Map(), new Set(), new WeakMap(), new Date(), /a/, [], {},
    new Error(), new Uint8Array(1), new DataView(new ArrayBuffer(1)), (async () => 1)(), new Proxy({}, {}), Symbol(),
    1n, '', 1, true].map(Object).flatMap(made => made === globalThis ? [made] : [Object.getPrototypeOf(made)]));
  const open = [];
  for (const one of seen) {
    if (!Object.isFrozen(one)) open.push(String(one.name ?? Object.prototype.toString.call(one)));
    const parent = Object.getPrototypeOf(one);
    if (parent) seen.add(parent);
    for (const key of Reflect.ownKeys(one)) {
      const {value, get, set} = Reflect.getOwnPropertyDescriptor(one, key);
      for (const inner of [value, get, set])
        if (inner && /object|function/.test(typeof inner)) seen.add(inner);
    }
  }
  return [open, seen.size > 400];
})()"""

SETTERS = """(() => {
  const seen = new Set([globalThis]), found = [];
  for (const one of seen) {
    for (const key of Reflect.ownKeys(one)) {
      const {value, set} = Reflect.getOwnPropertyDescriptor(one, key);
      if (set && one !== Object.prototype && !(one instanceof Error) && one !== Error.prototype)
        found.push(String(key));
      if (value && /object|function/.test(typeof value)) seen.add(value);
    }
  }
  return found;
})()"""


@pytest.mark.parametrize("expression", LEAVES.values(), ids=LEAVES.keys())
async def test_a_record_finds_nothing_of_the_one_before(expressed: Any, expression: str) -> None:
    first, second, third = await expressed.page(expression, [1, 1, 1])
    assert not isinstance(first, Exception), first
    assert first == second == third
    assert await expressed.page(expression, [1]) == [first], "a page left something for the next"
    assert await expressed.page(expression, [1], tenant="other") == [first]


async def test_all_that_records_share_is_frozen(expressed: Any) -> None:
    result = await expressed.one(FROZEN, timeoutMs=2000)
    assert result == [[], True]


async def test_no_setter_changes_what_is_behind_the_objects(expressed: Any) -> None:
    """Those that are there are of the language, and write to the object that they are called on."""
    assert set(await expressed.one(SETTERS, timeoutMs=2000)) <= {"Symbol(Symbol.toStringTag)", "constructor"}


async def test_ordinary_objects_can_be_written_to(expressed: Any) -> None:
    written = "(() => { const o = {}; o.toString = 1; o.constructor = 2; o.x = 3; return o })()"
    assert await expressed.one(written) == {"toString": 1, "constructor": 2, "x": 3}
    renamed = "(() => { const e = new Error('a'); e.message = 'b'; e.name = 'C'; return `${e}` })()"
    assert await expressed.one(renamed) == "C: b"
    sub = "(() => { class E extends Error { constructor(m) { super(m); this.name = 'E' } } return `${new E('m')}` })()"
    assert await expressed.one(sub) == "E: m"


@pytest.mark.parametrize(
    "name", ["eval", "Function", "Atomics", "SharedArrayBuffer", "WeakRef", "performance", "require", "process", "std"]
)
async def test_there_is_no(expressed: Any, name: str) -> None:
    assert await expressed.one(f"typeof {name}") == "undefined"


async def test_code_is_not_made_of_text(expressed: Any) -> None:
    for made in ("(() => 1)", "(function* () {})", "(async () => 1)", "(async function* () {})", "[].map"):
        failure = await expressed.one(f"{made}.constructor('return 1')()")
        assert "EvalError: code cannot be made of text" in str(failure)


async def test_the_same_record_gives_the_same_value_on_all_machines(expressed: Any) -> None:
    assert "not a function" in str(await expressed.one("Math.random()"))
    assert await expressed.one("new Date(2024, 6, 1).toISOString()") == "2024-07-01T00:00:00.000Z"


async def test_more_pages_than_there_are_realms(expressed: Any) -> None:
    for count in range(70):
        assert await expressed.one("value + 1", count) == count + 1


async def test_python_finds_nothing_of_the_one_before(expressed: Any) -> None:
    leaving = "[getattr(MISSING, 'left', 0), setattr(MISSING, 'left', 1)]"
    results = await expressed.page(leaving, [1, 1], language="python")
    assert all("read-only here" in str(result) for result in results)
    walrus = "[(left := (left if index else 0) + 1)]"
    first, second = await expressed.page(walrus, [1, 1], language="python")
    assert first == [1]
    assert "UnboundLocalError" in str(second)


async def test_index_is_the_place_in_the_page(expressed: Any) -> None:
    for language in ("javascript", "python"):
        results = await expressed.page("index", [1, {2}, 3], language=language)
        assert (results[0], results[2]) == (0, 2)
        assert "value cannot be given to an expression" in str(results[1])
