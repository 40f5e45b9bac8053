"""What the document says of itself, and what is served beside it."""

import attrs
from attrs.validators import ge

from pegboard import setting


@attrs.frozen
class OpenAPISettings:
    """``[plugins.openapi]``"""

    title: str = setting("Pegboard", help="the document's title")
    version: str = setting("", help="the version of your API; the kernel's own when empty")
    description: str = setting("", help="Markdown at the head of the document")
    limit: int = setting(1000, help="how many routes made at run time one document lists", validator=ge(0))
    viewer: bool = setting(True, help="serve the page /docs")
    home: bool = setting(True, help="send visitors of / to /docs, where nothing else serves /")
