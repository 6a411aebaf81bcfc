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
import time
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
max_saes = 2
"""

#: The program, as another process.
QNET = (sys.executable, "-m", "experiments.cli")

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
    """A network that `qnet kme up` starts; a context manager.

    Args:
        folder: Where its scenario and its run are.
        scenario: Its text, with ``{port}``; SAEs are added to it.
        nodes: Names of its nodes.
        saes: Node of each SAE.
    """

    def __init__(self, folder, scenario=SCENARIO, nodes=NODES, saes=None):
        super().__init__()
        self.folder, self.run, self.certs = folder, folder / "run", folder / "run" / "certs"
        self.scenario = folder / "city.toml"
        self.saes = dict(SAES if saes is None else saes)
        tables = "".join(f'\n[[sae]]\nname = "{n}"\nnode = "{at}"\n' for n, at in self.saes.items())
        self.scenario.write_text(scenario.format(port=free_ports(len(nodes))) + tables)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.end()

    def start(self):
        """Start all of it, and wait until it is ready."""
        self.log = (self.folder / "up.log").open("a")
        self.process = subprocess.Popen(
            [*QNET, "kme", "up", str(self.scenario), "--dir", str(self.run)],
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        end = threading.Timer(LIMIT_S, self.process.kill)
        end.start()
        self.said = self.process.stdout.readline()
        end.cancel()
        assert self.said, (self.folder / "up.log").read_text()
        kmes = json.loads(self.said)["kmes"]
        self.ports = {node: int(url.rpartition(":")[2]) for node, url in kmes.items()}
        make_certificates(self.certs, [CertificateSubject(file="sae-mallory", name="mallory")])

    def end(self):
        """End it, if it still runs."""
        if self.process.poll() is None:
            self.stop()
        self.process.stdout.close()
        self.log.close()

    def stop(self, how=signal.SIGTERM, status=0):
        """End it by a signal; nothing that it started is left, and it says no more."""
        started = descendants(self.process.pid)
        self.process.send_signal(how)
        try:
            self.process.wait(LIMIT_S)
            deadline = time.monotonic() + LIMIT_S
            while (left := [pid for pid in started if alive(pid)]) and time.monotonic() < deadline:
                time.sleep(0.02)
            more = self.process.stdout.read()
        finally:
            self.process.kill()
            self.process.stdout.close()
            self.log.close()
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        assert (self.process.returncode, left, more) == (status, [], "")
