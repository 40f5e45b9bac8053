"""How much is kept, and how long."""

import attrs
from attrs.validators import ge

from pegboard import setting


@attrs.frozen
class AuditSettings:
    """``[plugins.audit]``"""

    retention_days: int = setting(
        0, help="age in days from which `pegboard audit prune` takes entries away; 0 keeps all", validator=ge(0)
    )
    longest_text: int = setting(2000, help="characters of a text that an entry shows; the rest is cut", validator=ge(1))
    largest_entry: int = setting(
        65_536, help="bytes of differences that an entry shows; of the rest it names the places", validator=ge(1)
    )
