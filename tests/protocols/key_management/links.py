"""Links for tests: both ends in this process, or each in a process that can be killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from protocols.key_management.certificates import CertificateSubject, make_certificates
from protocols.key_management.link import (
    FirstEnd,
    LinkPlan,
    SecondEnd,
    load_preshared,
    make_preshared,
)
from protocols.key_management.store import KeyStore

EDGE = "A--B"
ENDS = ("A", "B")


def wait_for(condition: Callable[[], Any], limit_s: float = 90.0) -> Any:
    """Wait until a condition holds, and return what it gave; a generous limit for busy machines."""
    until = time.monotonic() + limit_s
    while not (found := condition()):
        assert time.monotonic() < until, "the condition did not come to hold"
        time.sleep(0.02)
    return found


def certificates(folder: Path) -> Path:
    """Certificates of the nodes A, B and C, and of the link between the first two."""
    names = ("kme-A", "kme-B", "kme-C", f"link-{EDGE}")
    make_certificates(
        folder, [CertificateSubject(file=n, name=n, hosts=("localhost",)) for n in names]
    )
    return folder


def preshared(folder: Path, number: int = 16) -> list[Path]:
    """Files of pre-shared secrets of both ends, made if they are not there."""
    files = [folder / "nodes" / name / "preshared" / f"{EDGE}.bin" for name in ENDS]
    if not files[0].exists():
        make_preshared(files, number)
    return files


def spy_file(folder: Path) -> Path:
    """Where the spy stands."""
    return folder / "spies" / f"{EDGE}.json"


def intercept(folder: Path, fraction: float) -> None:
    """Put a spy on the fibre."""
    file = spy_file(folder)
    file.parent.mkdir(exist_ok=True)
    part = file.with_suffix(".part")
    part.write_text(json.dumps({"intercept": fraction}))
    part.replace(file)


class LinkRig:
    """Both ends of a link in this process, each with a store of its own.

    Args:
        folder: Where its files go.
        certs: Folder of the certificates.
        plan: Of the link.
        secrets: Whether they have pre-shared ones.
        more: Arguments of both ends.
    """

    def __init__(
        self, folder: Path, certs: Path, plan: LinkPlan, *, secrets: bool = True, **more: Any
    ) -> None:
        self.folder, self.plan = folder, plan
        self.alarms: list[tuple[str, str, float]] = []
        more = {"on_alarm": lambda *alarm: self.alarms.append(alarm), **more}
        nodes = [folder / "nodes" / name for name in ENDS]
        for node in nodes:
            node.mkdir(parents=True, exist_ok=True)
        self.stores = [KeyStore(node / "keys.sqlite") for node in nodes]
        if secrets:
            for file, store in zip(preshared(folder), self.stores, strict=True):
                load_preshared(file, EDGE, store)
        spy = spy_file(folder)
        self.first = self.make_first(plan, self.stores[0], certs, nodes[0], spy=spy, **more)
        self.second = SecondEnd(plan, self.stores[1], certs, nodes[1], ports=self.ports, **more)
        self.first.start()
        self.second.start()

    make_first: Callable[..., FirstEnd] = FirstEnd

    def ports(self) -> dict[str, int] | None:
        """Where the second end connects."""
        return self.first.ports

    def stop(self) -> None:
        """Stop both ends."""
        self.first.stop()
        self.second.stop()

    def levels(self) -> list[int]:
        """Confirmed bytes at both ends."""
        return [store.level(EDGE) for store in self.stores]

    def key(self, at_least: int = 1) -> bytes:
        """All key that there is, taken out at both ends; it is asserted to be the same.

        Args:
            at_least: Bytes to wait for.
        """
        size = wait_for(lambda: max(0, min(self.levels()) - at_least + 1)) + at_least - 1
        parts, mine = self.stores[0].allocate(EDGE, size)
        assert self.stores[1].take(EDGE, parts) == mine
        return mine


@contextmanager
def link_rig(*args: Any, kind: type[LinkRig] = LinkRig, **more: Any) -> Iterator[LinkRig]:
    """A rig that is stopped at the end; arguments as `LinkRig`."""
    rig = kind(*args, **more)
    try:
        yield rig
    finally:
        rig.stop()
        for store in rig.stores:
            store.close()


class NodeProcess:
    """An end of a link in a process of its own, `tests.protocols.key_management.link_node`.

    Args:
        node: A or B.
        folder: Of the run.
        certs: Folder of the certificates.
        plan: Of the link.
    """

    def __init__(self, node: str, folder: Path, certs: Path, plan: LinkPlan) -> None:
        self.node, self.folder = node, folder
        self._command = [
            sys.executable,
            "-m",
            "tests.protocols.key_management.link_node",
            node,
            str(folder),
        ]
        self._command += [str(certs), plan.to_json()]
        self.begin()

    def begin(self) -> None:
        """Start it, or start it again."""
        root = Path(__file__).parents[3]
        with (self.folder / f"{self.node}.txt").open("ab") as said:
            self.process = subprocess.Popen(
                self._command, cwd=root, stderr=said, env={**os.environ, "OMP_NUM_THREADS": "1"}
            )

    def kill(self) -> None:
        """End it at once."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def end(self) -> None:
        """End it in order."""
        self.process.terminate()
        try:
            self.process.wait(60)
        finally:
            self.process.kill()
            self.process.wait()

    def state(self) -> dict[str, Any]:
        """What it has said of itself last."""
        file = self.folder / f"{self.node}.json"
        return json.loads(file.read_text()) if file.exists() else {}

    def noted(self, what: str) -> list[list[str]]:
        """What the process has noted of its ``secrets`` or ``blocks``: names and digests."""
        file = self.folder / f"{self.node}-{what}.txt"
        lines = file.read_text().splitlines(keepends=True) if file.exists() else []
        return [line.split() for line in lines if line.endswith("\n")]
