"""Process of an edge's quantum channel: reads its plan, says its port, ends with its parent.

``python -m protocols.key_management.link.emulator`` is started by the node of the first end.
The first line on stdin is JSON: ``plan``, ``certificates``, ``spy``, ``host``. On stdout it answers
``{"port": ...}``, or ``{"error": ...}``. It ends when stdin does: the kernel closes that when the
parent dies, however it dies.
"""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import TextIO

from protocols.key_management.link.plan import LinkPlan
from protocols.key_management.link.quantum import ChannelServer, SpyWatch
from qnet.circuits.threads import load_qiskit
from qnet.errors import QnetError

__all__ = ["emulate"]


def emulate(commands: TextIO, answers: TextIO) -> int:
    """Serve an edge's channel until the commands end.

    Args:
        commands: Where the plan comes from.
        answers: Where the port goes to.

    Returns:
        Exit status.
    """
    load_qiskit()
    try:
        given = json.loads(commands.readline())
        plan = LinkPlan.from_json(given["plan"])
        spy = SpyWatch(plan, None if given["spy"] is None else Path(given["spy"]))
        server = ChannelServer(plan, Path(given["certificates"]), spy, given["host"])
    except (QnetError, OSError, ValueError, LookupError, TypeError) as error:
        answers.write(json.dumps({"error": str(error)}) + "\n")
        answers.flush()
        return 2
    answers.write(json.dumps({"port": server.port}) + "\n")
    answers.flush()
    threading.Thread(target=server.serve, daemon=True).start()
    while commands.readline():
        pass
    server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(emulate(sys.stdin, sys.stdout))
