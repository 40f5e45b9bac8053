"""What callers store may be a credential: an error of the database repeats none of it."""

import secrets
import traceback
from typing import Any

import pytest
from sqlalchemy import text

pytestmark = pytest.mark.anyio


async def test_an_error_does_not_repeat_the_values_of_its_statement(store: Any) -> None:
    secret = secrets.token_hex(8)  # made here, because a trace also shows the lines of this file
    with pytest.raises(Exception, match="no_such_table") as caught:
        async with store.begin() as session:
            await session.execute(text("INSERT INTO no_such_table VALUES (:header)"), {"header": secret})
    assert secret not in "".join(traceback.format_exception(caught.value))
