"""A conformance suite for each contract. Inherit one, say what is to be tested, and pytest does the rest.

    from pegboard.testing.suites import Example, TransformSuite

    class TestUpper(TransformSuite):
        record = UPPER
        examples = (Example("a", "A"), Example(None, None))

What an implementation cannot do it declares in its record; a check of that is then skipped with the
declaration as its reason, and another one holds the implementation to it.
"""

from .auth import InboundSuite, OutboundSuite
from .paginators import PaginatorSuite
from .panels import PanelSuite
from .plugins import PluginSuite
from .records import RecordSuite
from .runners import ScriptRunnerSuite
from .sandboxes import SandboxSuite
from .transforms import Example, Failing, TransformSuite

__all__ = [
    "Example",
    "Failing",
    "InboundSuite",
    "OutboundSuite",
    "PaginatorSuite",
    "PanelSuite",
    "PluginSuite",
    "RecordSuite",
    "SandboxSuite",
    "ScriptRunnerSuite",
    "TransformSuite",
]
