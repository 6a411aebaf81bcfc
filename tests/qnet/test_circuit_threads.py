"""Circuits built in threads: Qiskit is loaded in a thread that outlives them."""

from __future__ import annotations

import subprocess
import sys

_PROGRAM = """
import threading
from qnet.circuits.threads import load_qiskit

load_qiskit()

def build():
    from qnet.circuits import swap_pauli_frame
    for _ in range(20):
        swap_pauli_frame()

for _ in range(20):
    thread = threading.Thread(target=build)
    thread.start()
    thread.join()
print("built")
"""


def test_threads_that_come_and_go_build_circuits():
    """Oracle: the process lives; without `load_qiskit` it ends by a segmentation fault."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout) == (0, "built\n"), done.stderr
