"""What dispatchers of jobs are tested with: a suite for all of them, and servers and workers that are killed."""

from .processes import Desk, Stage, WorkerProcess, desk_at, origin
from .suite import JobDispatcherSuite, Places

__all__ = ["Desk", "JobDispatcherSuite", "Places", "Stage", "WorkerProcess", "desk_at", "origin"]
