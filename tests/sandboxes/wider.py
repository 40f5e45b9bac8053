"""Rules for what goes beyond the common subset: the modules of `sandbox-restricted`, and more of classes."""

RULES = {
    "number": [
        "math.floor(<number>)", "math.sqrt(<number>)", "math.gcd(<number>, 6)", "int(math.isclose(<number>, n))",
        "statistics.mean(<list>)", "statistics.median(<list>)", "statistics.pstdev(<list>)", "math.hypot(n % 9, x)",
        "sum(itertools.repeat(<number>, 3))", "collections.Counter(<text>)['a']", "len(re.findall('[ab]', <text>))",
        "datetime.date(2024, 1, 1 + n % 31).toordinal()", "getattr(<any>, 'real', -1)", "float.fromhex(hex(n % 99))",
    ],
    "text": [
        "json.dumps(<any>)", "json.dumps(<dict>, sort_keys=True, indent=1)", "re.sub('[a-c]', <text>, <text>)",
        "re.sub(r'(b)', r'<\\1>', <text>)", "re.escape(<text>)", "str(datetime.timedelta(seconds=<number>))",
        "datetime.datetime(2024, 2, n % 29 + 1).strftime('%d.%m.%y')", "re.sub('.', lambda k: k.group() * 2, <text>)",
        "str(collections.Counter(<list>))", "str(collections.OrderedDict(<dict>))", "str(collections.deque(<list>, 2))",
        "str(datetime.datetime.strptime(<text>, '%Y-%m'))", "re.compile(<text>).pattern",
    ],
    "list": [
        "re.findall('[a-z]', <text>)", "re.split('a', <text>)", "list(itertools.chain(<list>, <text>))",
        "collections.Counter(<text>).most_common(2)", "list(itertools.accumulate(<list>))", "json.loads(<text>)",
        "[list(k) for k in itertools.pairwise(<list>)]", "list(itertools.islice(itertools.cycle(<list>), 5))",
        "list(re.match('(a)?(b)?', <text>).groups())", "list(collections.deque(<list>, maxlen=2))",
        "[[k, list(j)] for k, j in itertools.groupby(<text>)]", "statistics.multimode(<list>)",
        "list(itertools.starmap(pow, [(n, 2)]))", "list(itertools.zip_longest(<list>, <text>))",
    ],
    "dict": [
        "dict(collections.Counter(<list>))", "collections.defaultdict(list, <dict>)", "collections.Counter(<text>)",
        "dict(collections.ChainMap(<dict>, <dict>))", "json.loads(json.dumps(<dict>))",
        "re.match('(?P<p>a)?', <text>).groupdict()", "collections.OrderedDict(<dict>)",
    ],
    "any": ["json.loads(json.dumps(<any>))", "json.loads(<text>)", "hasattr(<any>, 'items')", "type(<any>).__name__"],
}  # fmt: skip

SIMPLE = [
    "x = math.pi * <number>", "xs[0:3:2] = <list>", "(n, s) = (s, n)", "xs = xs + [v := <any>]", "a = b = [<any>]",
    "assert isinstance(<any>, (int, str)), <any>", "out.append([*map(type(v), [<any>])])", "print(*<list>)",
]  # fmt: skip

COMPOUND = [
    "groups = collections.defaultdict(list)\nfor k in <list>: groups[str(k)[:1]].append(k)\nout.append(groups)",
    "counts = collections.Counter()\nfor k in <text>: counts[k] += <number>\nout.append(counts)",
    "Point = collections.namedtuple('Point', 'x y')\nv = Point(<any>, <any>)\n"
    "out += [v.x, v._replace(y=<any>), v._asdict(), Point._fields]",
    "class Hold:\n    def __enter__(self): return <any>\n    def __exit__(self, kind, e, trace):\n"
    "        out.append(kind is None)\n        return <truth>\nwith Hold() as v:\n    <block>",
    "class Value:\n    def __init__(self, k): self.k = k\n    def __add__(self, other): return Value([self.k, other])\n"
    "    def __radd__(self, other): return [other, self.k]\n    def __eq__(self, other): return <truth>\n"
    "    def __getitem__(self, k): return [self.k, k]\n    def __len__(self): return <number>\n"
    "    def __contains__(self, k): return <truth>\n    def __call__(self, *k, **j): return [k, j]\n"
    "    def __iter__(self): yield from <list>\n    def __str__(self): return <text>\n"
    "v = Value(<any>)\nout += [(v + <any>).k, <any> + v, v == <any>, v[<any>], <any> in v, v(<call>), list(v)]\n"
    "out.append(f'{v}')\nout.append(len(v))",
    "class Base:\n    kind = 'base'\n    def __init__(self, k): self.k = k\n    @property\n"
    "    def twice(self): return self.k * 2\n    @classmethod\n    def of(cls, k): return cls(k)\n    @staticmethod\n"
    "    def plain(k): return [k]\nclass Sub(Base):\n    def __init__(self, k):\n        super().__init__([k])\n"
    "        self.more = <any>\nv = Sub.of(<any>)\nv.more <sign>= <any>\n"
    "out += [v.twice, v.more, v.plain(<any>), Sub.kind, isinstance(v, Base), hasattr(v, 'less'), getattr(v, 'k')]",
    "class Rest(dict):\n    def __missing__(self, k): return [k]\nv = Rest(<dict>)\nout += [v[<text>], v, '%(q)s' % v]",
    "def gen():\n    got = yield <any>\n    yield [got, <any>]\nh = gen()\nout += [next(h), h.send(<any>)]\nnext(h)",
    "def gen():\n    try:\n        yield <any>\n    except <caught> as e:\n        yield str(e)\n    finally:\n"
    "        out.append('end')\nh = gen()\nnext(h)\nout.append(h.throw(<error>(<any>)))\nh.close()",
    "def again(k, *rest, **options):\n    return [k, rest, options]\nout += [again(*<list>, **<dict>), again(k=<any>)]",
    "def logged(g):\n    def call(*k): return [k, g(*k)]\n    return call\n@logged\ndef f(<head>): return <any!>",
]
