"""What an operator sets."""

import attrs

from pegboard import setting


@attrs.frozen
class MetricsSettings:
    """``[plugins.metrics]``"""

    public: bool = setting(
        False, help="let anybody read /metrics, and not only callers with the scope metrics:read: for private networks"
    )
    process_label: bool = setting(
        False,
        help="add the label `process`, the number of the process that answers, to every sample: for several "
        "server processes behind one address",
    )
