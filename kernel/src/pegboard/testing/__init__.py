"""What plugins are tested with: apps in process and on sockets, an upstream stand-in, processes, conformance suites.

Nothing here needs pytest but `pegboard.testing.suites` and `pegboard.testing.fixtures`.
"""

from .app import Client, SocketRefused, WebSocketSession, client, running, serve
from .processes import ServerProcess, run_pegboard, served
from .upstream import Answer, Received, Upstream, answer, upstream

__all__ = [
    "Answer",
    "Client",
    "Received",
    "ServerProcess",
    "SocketRefused",
    "Upstream",
    "WebSocketSession",
    "answer",
    "client",
    "run_pegboard",
    "running",
    "serve",
    "served",
    "upstream",
]
