"""What the server writes into a process's channel: what fits at once, the rest as the process reads."""

import asyncio
import os


class Sender:
    """Writes to a descriptor that does not block."""

    def __init__(self, descriptor: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._descriptor = descriptor
        self._rest = memoryview(b"")

    @property
    def busy(self) -> bool:
        """Something that was to be sent is still here."""
        return bool(self._rest)

    def send(self, data: bytes) -> bool:
        """Send `data` behind what is still to be sent; False when nobody reads any more."""
        if self._rest:
            self._rest = memoryview(b"".join((self._rest, data)))
            return True
        try:
            written = os.write(self._descriptor, data)
        except BlockingIOError:
            written = 0
        except OSError:
            return False
        if written < len(data):
            self._rest = memoryview(data)[written:]
            self._loop.add_writer(self._descriptor, self._go_on)
        return True

    def _go_on(self) -> None:
        try:
            self._rest = self._rest[os.write(self._descriptor, self._rest) :]
        except BlockingIOError:
            return
        except OSError:  # nobody reads any more, which its end will tell
            self.stop()
            return
        if not self._rest:
            self._loop.remove_writer(self._descriptor)

    def stop(self) -> None:
        """Forget what is still here, and let go of the descriptor."""
        if self._rest:
            self._rest = memoryview(b"")
            self._loop.remove_writer(self._descriptor)
