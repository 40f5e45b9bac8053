// Makes the realm of one page fit for strangers, before any of their source is there. Returns `load`, by which the
// page's expression and records come in; nothing else of this file can be reached by an expression.
//
// Everything that a realm holds is frozen, so that a record finds it as the one before did. What an engine lets
// scripts change without touching an object goes: global declarations (`eval`), code made of text (`Function`, whose
// brackets a text could close), the hooks for stack traces.
(() => {
  "use strict";
  const { defineProperty, freeze, getOwnPropertyDescriptor, getPrototypeOf, keys, prototype: plain } = Object;
  const { ownKeys } = Reflect;
  const { parse, stringify } = JSON;
  const { isArray } = Array;
  const { isFinite, isSafeInteger } = Number;
  const make = Function;
  const text = String;
  const Missing = undefined;
  const LINES_BEFORE = 3;

  // What makes code of text, what only threads and clocks need, and chance: the same record is to give the same value.
  const GONE = [
    "eval",
    "Function",
    "Atomics",
    "SharedArrayBuffer",
    "WeakRef",
    "FinalizationRegistry",
    "queueMicrotask",
    "performance",
  ];

  function close() {
    const makers = [function () {}, function* () {}, async function () {}, async function* () {}];
    const refuse = function () {
      throw new EvalError("code cannot be made of text here: write it into the expression");
    };
    for (const maker of makers) defineProperty(getPrototypeOf(maker), "constructor", { value: refuse });
    for (const name of GONE) delete globalThis[name];
    delete Math.random;
    for (const name of ["stackTraceLimit", "prepareStackTrace", "captureStackTrace"]) delete Error[name];
    for (const shared of [plain, ...errors()]) forgive(shared);
    freezeAll([globalThis, ...makers, ...hidden()]);
  }

  function errors() {
    return ownKeys(globalThis)
      .filter((name) => typeof name === "string" && name.endsWith("Error"))
      .map((name) => globalThis[name].prototype);
  }

  // In JavaScript a frozen prototype forbids `made.message = …` on what inherits from it as well. Here it does not.
  function forgive(shared) {
    for (const key of ownKeys(shared)) {
      const { value, configurable, writable } = getOwnPropertyDescriptor(shared, key);
      if (!configurable || !writable) continue;
      defineProperty(shared, key, {
        get() {
          return value;
        },
        set(own) {
          if (this === shared) throw new TypeError(`${text(key)} of what all records share is read-only`);
          defineProperty(this, key, { value: own, writable: true, enumerable: true, configurable: true });
        },
      });
    }
  }

  // Prototypes that no name leads to.
  function hidden() {
    const each = [
      [][Symbol.iterator](),
      ""[Symbol.iterator](),
      new Map().entries(),
      new Set().values(),
      /a/[Symbol.matchAll]("a"),
      (function* () {})(),
      (async function* () {})(),
      [].values().map((value) => value),
      Iterator.from({ next() {} }),
    ];
    if (Iterator.concat) each.push(Iterator.concat());
    return each.map(getPrototypeOf);
  }

  function freezeAll(found) {
    const seen = new Set(found);
    for (const one of seen) {
      freeze(one);
      const parent = getPrototypeOf(one);
      if (parent !== null) seen.add(parent);
      for (const key of ownKeys(one)) {
        const { value, get, set } = getOwnPropertyDescriptor(one, key);
        for (const inner of [value, get, set])
          if ((typeof inner === "object" && inner !== null) || typeof inner === "function") seen.add(inner);
      }
    }
  }

  close();

  class Refusal {
    constructor(message, limit = "") {
      this.message = message;
      this.limit = limit;
    }
  }

  // JSON written here, not by JSON.stringify, which makes null of NaN, text of a Date, and nothing of a function, and
  // asks the value itself how it wants to be written. `room` is how many characters are left.
  class Writer {
    constructor(record, deepest) {
      this.record = this.room = record;
      this.deepest = deepest;
    }

    write(value) {
      this.room = this.record;
      return this.any(value, 0);
    }

    take(written) {
      this.room -= written.length;
      if (this.room < 0) throw new Refusal(`the result is larger than ${this.record} characters`, "result");
      return written;
    }

    any(value, depth) {
      switch (typeof value) {
        case "string":
          if (value.length > this.room) this.take(value);
          if (!value.isWellFormed()) throw new Refusal("the result has half a character in it (a lone surrogate)");
          return this.take(stringify(value));
        case "number":
          if (!isFinite(value)) throw new Refusal(`the result is ${value}, which is no number in JSON`);
          return this.take(text(value === 0 ? 0 : value));
        case "boolean":
          return this.take(value ? "true" : "false");
        case "object":
          return value === null ? this.take("null") : this.inside(value, depth + 1);
        case "undefined":
          throw new Refusal("the result has undefined inside a list: write null, or leave it out");
        case "bigint":
          throw new Refusal("the result is a BigInt: write String(…) to keep its digits, or Number(…)");
        case "function":
          throw new Refusal("the result is a function: write what it gives, without (value) =>");
        default:
          throw new Refusal("the result is a Symbol, which is no value in JSON: write String(…)");
      }
    }

    inside(value, depth) {
      if (depth > this.deepest) throw new Refusal(`the result is nested more than ${this.deepest} deep, or in itself`);
      if (isArray(value)) return this.list(value, depth);
      const parent = getPrototypeOf(value);
      if (parent === plain || parent === null) return this.object(value, depth);
      throw new Refusal(odd(value));
    }

    list(value, depth) {
      this.take("[]");
      let written = "";
      for (let at = 0, size = value.length; at < size; at++)
        written += this.take(at ? "," : "") + this.any(value[at], depth);
      return `[${written}]`;
    }

    object(value, depth) {
      this.take("{}");
      let written = "";
      for (const key of keys(value)) {
        const member = value[key];
        if (member === Missing) continue;
        written += this.take(written ? "," : "") + this.any(key, depth) + this.take(":") + this.any(member, depth);
      }
      return `{${written}}`;
    }
  }

  function odd(value) {
    if (value instanceof Date) return "the result is a Date: write .toISOString() or .getTime()";
    if (value instanceof Promise) return "the result is a Promise: an expression cannot wait";
    if (value instanceof Map || value instanceof Set) return "the result is a Map or Set: write [...it], or Object.fromEntries(it)";
    if (value instanceof RegExp) return "the result is a RegExp: write .test(…) or .exec(…)";
    if (value instanceof Error) return "the result is an Error: throw it, or write .message";
    return "the result is neither a plain object nor a list: write { ...it } or [...it]";
  }

  // What was thrown may be anything, and may run code when it is looked at.
  function described(thrown) {
    if (thrown === null) return told("the memory is used up, or null was thrown", "memory");
    try {
      if (thrown instanceof Refusal) return told(thrown.message, thrown.limit);
      if (!(thrown instanceof Error)) return told(`${cut(thrown)} was thrown, which is no Error`);
      const [name, message] = [cut(thrown.name), cut(thrown.message)];
      return told(`${name}: ${message}`, limitOf(name, message), ...placeOf(cut(thrown.stack, 2000)));
    } catch {
      return told("something was thrown that cannot be described");
    }
  }

  function told(message, limit = "", line = 0, column = 0) {
    return [message, limit, line, column];
  }

  // The place in the expression, which stands below LINES_BEFORE lines; `lines` is how many it has.
  let lines = 0;
  function placeOf(stack) {
    for (const [, line, column] of stack.matchAll(/<input>:(\d{1,6}):(\d{1,6})/g)) {
      const own = line - LINES_BEFORE;
      if (own >= 1 && own <= lines) return [own, +column];
    }
    return [];
  }

  function cut(value, most = 300) {
    const whole = text(value).slice(0, most);
    return whole.isWellFormed() ? whole : whole.toWellFormed();
  }

  function limitOf(name, message) {
    if (name === "RangeError" && message === "Maximum call stack size exceeded") return "recursion";
    return name === "InternalError" && message === "out of memory" ? "memory" : "";
  }

  // An integer that a number cannot hold comes in as a BigInt: its digits are not lost unseen.
  function exactly(key, value, { source }) {
    return typeof value === "number" && !isSafeInteger(value) && !/[.eE]/.test(source) ? BigInt(source) : value;
  }

  // `source` is known to be one expression. `page` is JSON: {values, missing, records, places}. `most` and `all` are the
  // characters of one result, and of all. Gives what steps through the page: "go" from where it stands, "skip" one,
  // "done" for the answer, "at" for where it stands.
  return (source, page, exact, most, all, deepest) => {
    const evaluate = make("value", "record", "index", `"use strict";return (\n${source}\n);`);
    lines = source.split("\n").length;
    const writer = new Writer(most, deepest);
    const [results, missing, failed] = [[], [], []];
    let given = read();
    const size = given.values.length;
    let room = all;
    let at = 0;

    function read() {
      return exact ? parse(page, exactly) : parse(page);
    }

    function note(thrown) {
      results[at] = "null";
      failed.push([at, ...described(thrown)]);
    }

    function one(value, record, index) {
      try {
        const result = evaluate(value, record, index);
        if (result === Missing) {
          missing.push(at);
          results[at] = "null";
          return;
        }
        const written = writer.write(result);
        room -= written.length;
        if (room < 0) throw new Refusal(`the results of a page are larger than ${all} characters together`, "result");
        results[at] = written;
      } catch (thrown) {
        note(thrown);
      }
    }

    // The records are read again where it was interrupted: that one may have changed what it was given.
    function go() {
      const { values, missing: gone, records, places } = given ?? read();
      given = null;
      for (const index of gone) values[index] = Missing;
      for (; at < size; at++) one(values[at], records?.[at], places[at]);
    }

    const steps = {
      go,
      at: () => at,
      skip(message, limit) {
        if (at < size) note(new Refusal(message, limit));
        at++;
      },
      stop(message, limit) {
        for (; at < size; at++) note(new Refusal(message, limit));
      },
      done: () => `{"values":[${results.join(",")}],"missing":${stringify(missing)},"failed":${stringify(failed)}}`,
    };
    return (step, message, limit) => steps[step](message, limit);
  };
})();
