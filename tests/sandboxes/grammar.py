"""The subset of Python that every sandbox here can run, as rules for writing programs at random.

A rule's ``<kind>`` stands for any rule of that kind, ``<kind!>`` for a leaf of it. Whatever a program does is bounded:
loops run three times, numbers and texts grow slowly. Programs are not free of errors, which are part of what must be
the same everywhere; but nothing in them depends on an address, a hash or the time.
"""

LEAVES = {
    "number": ["n", "x", "len(xs)", "0", "1", "2", "-3", "7", "0.5", "-0.0", "1e308", "True", "10**30"],
    "text": ["s", "'abc'", "''", "'ä€😀'", "'Aß'", "'1_0'", "' -7 '", "'a\\nb'", "'a,b'", "r'\\d'", "user.username"],
    "list": ["xs", "[]", "[1, 2, 3]", "['b', 'a']", "[n, x, s]", "[[1], [2, [3]]]", "[None, True, 0.5]"],
    "dict": ["d", "{}", "{'a': 1}", "{'k': s, 'n': n}", "{1: 'one', None: 2, True: 3}"],
    "truth": ["n", "xs", "s", "d", "True", "False", "None"],
    "any": ["v", "n", "s", "xs", "d", "None", "widget_data['v']"],
    "name": ["a", "b", "v"],
    "index": ["0", "1", "-1", "2", "n % 3", "-5"],
    "slice": ["[1:]", "[:2]", "[::-1]", "[-3:-1]", "[::2]", "[n % 3:]", "[:]", "[5:1:-2]"],
    "sign": ["+", "-", "*", "//", "%", "|", "&", "^"],
    "error": ["ValueError", "KeyError", "TypeError", "RuntimeError", "ZeroDivisionError"],
    "caught": ["ValueError", "(TypeError, KeyError)", "ArithmeticError", "LookupError", "Exception"],
    "leave": ["break", "continue", "return n", "pass"],
    "target": ["n, x", "n, *xs", "*xs, v", "(n, v), s", "n, [x, *xs]", "a, b, *xs", "v, d['k']", "xs[0], v"],
    "head": ["k", "k, j=1", "k=2, *rest", "k, *, j=3", "k, **options", "k, /, j=n"],
    "call": ["<number>", "<any>", "<number>, 2", "<number>, j=3", "*<list!>", "<number>, **<dict!>", ""],
}

RULES = {
    "number": [
        "(<number> + <number>)", "(<number> - <number>)", "(<number> * <number>)", "(<number> / <number>)",
        "(<number> // <number>)", "(<number> % <number>)", "(-<number>)", "(~<number>)", "(<number> & <number>)",
        "(<number> | <number>)", "(<number> ^ <number>)", "(n >> <number> % 9)", "(1 << n % 9)", "(<number> ** 2)",
        "abs(<number>)", "round(<number>, 2)", "round(<number>)", "int(<number>)", "float(<number>)", "int(<text>)",
        "float(<text>)", "divmod(<number>, <number>)[0]", "min(<number>, <number>)", "max(<list>)", "sum(<list>)",
        "sum(len(str(k)) for k in <list>)", "(<number> if <truth> else <number>)", "<text>.count('a')", "len(<list>)",
        "len(<dict>)", "<text>.find('b')", "<list>.index(<any>)", "(lambda k, j=1: k - j)(<number>)", "f(<call>)",
        "ord(<text>)", "<list>.count(<any>)", "pow(<number>, 2, 7)", "max(<number>, <number>, key=str)",
    ],
    "text": [
        "(<text> + <text>)", "(<text> * 2)", "<text><slice>", "<text>.upper()", "<text>.lower()", "<text>.title()",
        "<text>.strip()", "<text>.replace(<text>, 'x')", "<text>.join([<text>, 'k'])", "str(<number>)", "repr(<any>)",
        "ascii(<text>)", "<text>.zfill(5)", "<text>.center(7, '*')", 'f"{<number!>}"', 'f"{<any!>!r:>8}|{x:.3}"',
        'f"{<number!>:{len(xs)}}"', 'f"{<number!>=}"', 'f"{n:,}{x:e}{x:08.2f}{n:x}"', "'{}-{k}'.format(<any>, k=<any>)",
        "'%s %5.1f' % (<any>, <number>)", "'%(k)s' % {'k': <any>}", "<text>[<index>]", "<text>.partition('b')[<index>]",
        "<text>.format(<any>)", "chr(<number>)", "(<text> if <truth> else <text>)", "str(<any>)", "max(<text>, <text>)",
        "<text>.encode('utf-8', 'replace').decode()", "<text>.removeprefix('a')", "<text>.casefold()", "hex(<number>)",
        "request.query_params.get(<text>, 'no')", "request.headers.get(<text>)", "bin(<number>)", "<text>.rstrip('c')",
    ],
    "list": [
        "(<list> + <list>)", "(<list> * 2)", "<list><slice>", "[<any>, *<list>]", "sorted(<list>, key=str)",
        "sorted(<list>)", "list(reversed(<list>))", "list(enumerate(<list>, 1))", "list(zip(<list>, <text>))",
        "list(map(str, <list>))", "[k for k in <list> if <truth>]", "list(<text>)", "[<any> for k in <list>]",
        "[(k, j) for k in <list>[:3] for j in <list>[:3]]", "list(filter(None, <list>))", "list(range(n % 7))",
        "list(<dict>)", "list(<dict>.items())", "<text>.split('a')", "list(<any>)", "sorted({str(k) for k in <list>})",
        "[*<list>, *<text>]", "[<any>] * 2", "[[j for j in [k, <any>]] for k in <list>]",
        "(<list> if <truth> else <list>)", "[j for k, j in <list>]", "list(range(3, -4, -2))", "list(f(<call>))",
        "list(map(lambda k, j: [k, j], <list>, <text>))", "<text>.splitlines()", "sorted(<list>, key=lambda k: -k)",
    ],
    "dict": [
        "{**<dict>, **<dict>}", "(<dict> | <dict>)", "{<text>: <any>}", "dict(<dict>, k=<any>)", "dict(<list>)",
        "{str(k): j for k, j in <dict>.items()}", "{k: j for k, j in enumerate(<list>)}", "dict(zip(<text>, <list>))",
        "dict.fromkeys(<text>, <any>)", "{<any>: 1, n: <any>}",
    ],
    "truth": [
        "<number> < <number>", "<number> <= <number> < 9", "<number> == <number>", "<number> != <number>",
        "not <truth>", "(<truth> and <truth>)", "(<truth> or <any>)", "<any> in <list>", "<text> not in s",
        "any(<list>)", "all(<list>)", "isinstance(<any>, int)", "<text>.startswith('a')", "<any> is None",
        "bool(<any>)", "<list> == <list>", "<text> < <text>", "<text>.isdigit()", "<list> < <list>", "<text> in <dict>",
    ],
    "any": [
        "<number>", "<text>", "<list>", "<dict>", "(<truth>)", "d[<text>]", "xs[<index>]", "d.get(<text>)",
        "<list>[<index>]", "(<any>, <any>)", "f(<call>)", "<any>[<index>]",
    ],
}  # fmt: skip

SIMPLE = [
    "n = <number>", "x = <number>", "s = <text>", "xs = <list>", "d = <dict>", "v = <any>", "v: object = <any>",
    "n = x = <number>", "d[<text>] = <any>", "xs[<index>] = <any>", "xs[1:2] = <list>", "n <sign>= <number>",
    "x <sign>= <number>", "s += <text>", "xs += <list>", "xs *= 2", "v += <any>", "v <sign>= <any>", "d |= <dict>",
    "d[<text>] += <any>", "xs[<index>] += <any>", "xs[<index>] <sign>= <number>", "<target> = <list>", "<target> = v",
    "<target> = <number>, <any>", "<name> = <any>", "out.append(<any>)", "out += [<name>]", "print(<any>)",
    "print(n, <text>, sep='|', end=<text>)", "del xs[<index>]", "del d[<text>]", "del xs[::2]", "del <name>",
    "xs.pop()", "d.popitem()", "xs.append(<any>)", "xs.extend(<list>)", "xs.insert(1, <any>)", "xs.remove(<any>)",
    "xs.reverse()", "xs.sort(key=str)", "xs.sort()", "d.update(<dict>)", "d.setdefault(<text>, []).append(<any>)",
    "v = d.pop(<text>, <any>)", "assert <truth>, <any>", "raise <error>(<any>)", "out.append(f(<call>))",
    "out += [a := <any>, a]", "if (b := <any>): out.append(b)",
]  # fmt: skip

COMPOUND = [
    "if <truth>:\n    <block>",
    "if <truth>:\n    <block>\nelif <truth>:\n    <block>\nelse:\n    <block>",
    "for <name> in <list>[:3]:\n    <block>",
    "for k, <name> in enumerate(<list>[:3]):\n    <block>\n    if <truth>: <leave>\nelse:\n    <block>",
    "for k, v in list(<dict>.items())[:3]:\n    <block>",
    "for k, *v in list(zip(<text>, <list>))[:3]:\n    <block>",
    "i = 0\nwhile i < 3 and <truth>:\n    i += 1\n    <block>\n    if <truth>: <leave>",
    "try:\n    <block>\nexcept <caught> as e:\n    out.append([type(e).__name__, str(e)])",
    "try:\n    <block>\nexcept <caught>:\n    <block>\nelse:\n    <block>\nfinally:\n    <block>",
    "try:\n    raise <error>(<any>) from <error>('x')\nexcept <caught> as e:\n    out.append([str(k) for k in e.args])",
    *(
        f"def make(f):\n    def g(<head>):\n        {body}\n    return g\nf = make(f)"  # f in g is the one before it
        for body in (
            "return <any>",
            "v = <any>\n        return [k, v]",
            "def inner():\n            yield k\n            yield from <list>[:3]\n        return list(inner())",
            "seen = [k]\n        def inner():\n            seen[0] += 1\n            return [seen[0], <any>]\n"
            "        return inner() + inner()",
        )
    ),
    "def f(k, j=1):\n    return j if k != k or k <= 0 else f(min(k, 4) - 1, <any!>)",
    "f = (lambda f: lambda <head>: <any>)(f)",
    "def keep(k):\n    global g\n    g = k\nkeep(<any>)\nout.append(g)",
    "class Box:\n    size = <number>\n    def __init__(self, value): self.value = value\n"
    "    def grow(self, by=1):\n        self.value += by\n        return self\n"
    "box = Box(<any>)\nbox.value <sign>= <any>\nout += [box.value, Box.size, box.grow(<number>).value]",
    "class Stop(ValueError):\n    pass\ntry:\n    raise Stop(<any>)\nexcept ValueError as e:\n    out.append(str(e))",
]
