"""What happened, told within the transaction of the change: the library between those who change and those who tell."""

from .happened import EventSink, Happened, sink_of, tell

__version__ = "0.1.0"

__all__ = ["EventSink", "Happened", "sink_of", "tell"]
