"""What the server writes into a process's channel: what fits at once, the rest as the process reads."""

import asyncio
import os


class Sender:
    """Writes to a descriptor that does not block."""

    def __init__(self, descriptor: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._descriptor = descriptor
        self._rest = memoryview(b"")
        self._writing = False

    @property
    def busy(self) -> bool:
        """Something that was to be sent is still here."""
        return bool(self._rest)

    def send(self, data: bytes) -> bool:
        """Send `data` behind what is still to be sent; False when nobody reads any more."""
        if self._rest:
            self._rest = memoryview(b"".join((self._rest, data)))
            return True
        self._rest = memoryview(data)
        return self._write()

    def _write(self) -> bool:
        try:
            self._rest = self._rest[os.write(self._descriptor, self._rest) :]
        except BlockingIOError:
            pass
        except OSError:
            self.stop()
            return False
        if self._rest and not self._writing:
            self._writing = True
            self._loop.add_writer(self._descriptor, self._write)
        elif not self._rest:
            self.stop()
        return True

    def stop(self) -> None:
        """Forget what is still here, and let go of the descriptor."""
        self._rest = memoryview(b"")
        if self._writing:
            self._writing = False
            self._loop.remove_writer(self._descriptor)
