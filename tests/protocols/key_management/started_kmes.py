"""Key management entities of ``qnet kme up``: a process for each node and each link."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack
from itertools import count

from protocols.key_management.certificates import CertificateSubject, make_certificates
from tests.processes import alive, descendants
from tests.protocols.key_management.kmes import NODES, SAES, KmeClients

SCENARIO = """
kind = "key-network"

[topology]
edges = [["A", "B"], ["B", "C"]]

[link]
key_rate_hz = 50000.0

[kme]
port = {port}
ready_keys = 32
"""

#: Longest wait in s for a network to be ready, or to end: ends a hang.
LIMIT_S = 120.0


def free_ports(number: int) -> int:
    """The first of ports in a row that are free."""
    for _ in count():
        first = random.randrange(20_000, 30_000)
        try:
            with ExitStack() as stack:
                for port in range(first, first + number):
                    wire = stack.enter_context(socket.socket())
                    wire.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    wire.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    raise AssertionError


class StartedKmes(KmeClients):
    """A network of three nodes that `qnet kme up` starts; a context manager."""

    def __init__(self, folder):
        super().__init__()
        self.folder, self.certs = folder, folder / "run" / "certs"

    def __enter__(self):
        saes = "".join(f'\n[[sae]]\nname = "{n}"\nnode = "{at}"\n' for n, at in SAES.items())
        scenario = self.folder / "city.toml"
        scenario.write_text(SCENARIO.format(port=free_ports(len(NODES))) + saes)
        command = [sys.executable, "-m", "experiments.cli", "kme", "up", str(scenario)]
        self.log = (self.folder / "up.log").open("w")
        self.process = subprocess.Popen(
            [*command, "--dir", str(self.folder / "run")],
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        end = threading.Timer(LIMIT_S, self.process.kill)
        end.start()
        ready = self.process.stdout.readline()
        end.cancel()
        assert ready, (self.folder / "up.log").read_text()
        kmes = json.loads(ready)["kmes"]
        self.ports = {node: int(url.rpartition(":")[2]) for node, url in kmes.items()}
        make_certificates(self.certs, [CertificateSubject(file="sae-mallory", name="mallory")])
        return self

    def __exit__(self, *_):
        started = descendants(self.process.pid)
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(LIMIT_S)
        finally:
            self.process.kill()
            self.process.stdout.close()
            self.log.close()
        left = [pid for pid in started if alive(pid)]
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        assert (self.process.returncode, left) == (0, [])
