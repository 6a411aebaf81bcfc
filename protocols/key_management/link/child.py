"""Channel process as its parent sees it: started with a plan, ended with its stdin."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

from protocols.key_management.link.plan import LinkPlan

__all__ = ["ChannelProcess"]

#: Longest wait in s for the process to compile its circuits, and to end.
_START_S, _END_S = 120.0, 5.0


class ChannelProcess:
    """The process that plays an edge's rounds, a child of this one.

    Args:
        plan: Of the link.
        certificates: Folder of the certificates.
        spy: File of a spy, which the process alone reads.
        host: Address to listen at.

    Attributes:
        port: Where it listens.

    Raises:
        ChildProcessError: If it cannot begin.
    """

    def __init__(self, plan: LinkPlan, certificates: Path, spy: Path | None, host: str) -> None:
        given = {
            "plan": plan.to_json(),
            "certificates": str(certificates.resolve()),
            "spy": None if spy is None else str(spy.resolve()),
            "host": host,
        }
        root = str(Path(__file__).resolve().parents[3])
        search = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "protocols.key_management.link.emulator"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": search},
        )
        try:
            self.port = self._begin(json.dumps(given))
        except BaseException:
            self.close()
            raise

    def _begin(self, given: str) -> int:
        """Tell it its plan, and hear its port."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        late = threading.Timer(_START_S, process.kill)
        late.start()
        try:
            process.stdin.write(given + "\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline() or "{}")
        except (OSError, ValueError):
            answer = {}
        finally:
            late.cancel()
        if "port" not in answer:
            message = f"the channel process did not begin: {answer.get('error', 'it ended')}"
            raise ChildProcessError(message)
        return int(answer["port"])

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """End it."""
        process = self._process
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
