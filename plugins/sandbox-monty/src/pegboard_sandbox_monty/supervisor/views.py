"""How a program sees its arguments. Fed to the interpreter before the program, so written in what that has of Python.

No class can refuse to be written to, say how long it is, or whether it is true. So parameters are plain dicts, which
can, and only headers, whose case does not matter, are a class. Built-ins are defaults of parameters: a program may
give their names to something else. Each call compiles it, so there is no annotation in it.
"""

from json import loads as _pegboard_loads


class Headers:
    """Names whose case does not matter; of one that is repeated `get` and ``[]`` give the first value."""

    def __init__(self, pairs):
        values = {}
        for name, value in pairs:
            values.setdefault(name.lower(), []).append(value)
        self._values = values

    def get(self, name, default=None):
        found = self._values.get(name.lower())
        return found[0] if found else default

    def getlist(self, name):
        return [*self._values.get(name.lower(), [])]

    def keys(self):
        return [*self._values]

    def values(self):
        return [found[0] for found in self._values.values()]

    def items(self):
        return [(name, found[0]) for name, found in self._values.items()]

    def __getitem__(self, name):
        return self._values[name.lower()][0]

    def __contains__(self, name, isinstance=isinstance, str=str):
        return isinstance(name, str) and name.lower() in self._values

    def __iter__(self, iter=iter):
        return iter([*self._values])

    def __repr__(self, dict=dict):
        return f"Headers({dict(self.items())!r})"


class Request:
    """An HTTP request. Of a repeated parameter there is the last value."""

    def __init__(self, parts):
        self.method = parts.get("method", "GET")
        self.path = parts.get("path", "")
        self.headers = Headers(parts.get("headers") or [])
        self.query_params = {name: value for name, value in parts.get("query_params") or []}
        self.path_params = parts.get("path_params") or {}
        self._body = parts.get("body")

    def json(self, loads=_pegboard_loads, ValueError=ValueError):
        if self._body is None:
            raise ValueError("the request has no body")
        return loads(self._body)

    def __repr__(self):
        return f"Request({self.method} {self.path})"


class Object:
    """The members of a JSON object as attributes."""

    def __init__(self, members, setattr=setattr):
        self._members = members
        for name, value in members.items():
            if not name.startswith("_"):
                setattr(self, name, value)

    def __eq__(self, other, type=type):
        return type(other) is type(self) and self._members == other._members

    def __repr__(self):
        return f"Object({self._members!r})"


def _pegboard_value(text):
    return _pegboard_loads(text)


def _pegboard_object(text):
    value = _pegboard_loads(text)
    return Object(value) if isinstance(value, dict) else value


def _pegboard_request(text):
    value = _pegboard_loads(text)
    if not isinstance(value, dict):
        raise ValueError("a request is an object")
    return Request(value)
