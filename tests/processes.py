"""Processes of the system, as the tests see them: who lives, and who was started by whom."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path


def descendants(pid: int) -> set[int]:
    """All living processes that a process has started, and theirs."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            if state != "Z":
                parents[int(stat.parent.name)] = int(parent)
    found = {pid}
    while fresh := {child for child, parent in parents.items() if parent in found} - found:
        found |= fresh
    return found - {pid}


def alive(pid: int) -> bool:
    """Whether a process runs."""
    with contextlib.suppress(OSError):
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return False


def parent(pid: int) -> int:
    """The process that started one; 0 where it is gone."""
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return 0


def workers() -> set[int]:
    """Workers of this process: what its fork server has started, or what was started afresh."""
    found = descendants(os.getpid())
    afresh = {pid for pid in found if "spawn_main" in _command(pid)}
    return afresh | {pid for pid in found if parent(pid) in _fork_servers(found)}


def fork_servers() -> set[int]:
    """The fork server of this process, if it has one."""
    return _fork_servers(descendants(os.getpid()))


def _fork_servers(pids: set[int]) -> set[int]:
    return {pid for pid in pids if parent(pid) == os.getpid() and "forkserver" in _command(pid)}


def _command(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text()
    return ""


class Killer:
    """Kills a worker of this process with SIGKILL, each time that it is called, so many times.

    Args:
        times: How many workers to kill.
    """

    def __init__(self, times: int) -> None:
        self.times, self.killed = times, []

    def __call__(self, *progress: int) -> None:
        """Kill one that was not killed before."""
        left = sorted(workers() - set(self.killed))
        if len(self.killed) < self.times and left:
            self.killed.append(left[0])
            os.kill(left[0], signal.SIGKILL)
