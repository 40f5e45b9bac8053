"""What every sandbox keeps. The checks are in six groups, each a module of its own."""

from .sandbox_containment import Containment
from .sandbox_files import SandboxFiles
from .sandbox_leaks import Leaks
from .sandbox_limits import SandboxLimits
from .sandbox_load import SandboxLoad
from .sandbox_results import SandboxResults


class SandboxSuite(SandboxResults, SandboxFiles, SandboxLimits, SandboxLoad, Containment, Leaks):
    """Give `record`, and the `plugins` and `settings` that it needs.

    Programs are plain Python that any subset of it should have. What the record does not declare as a
    capability is skipped with that reason, and checked to be refused.
    """
