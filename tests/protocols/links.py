"""Links for tests: a store in memory, and both ends of a link in this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
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
from protocols.key_management.refusals import KeyShortageError

EDGE = "A--B"


class MemoryStore:
    """What a link needs of a key store: the rules of the durable one, in memory."""

    def __init__(self) -> None:
        self.blocks: dict[str, tuple[str, bytes]] = {}
        self.secrets: dict[int, bytes] = {}
        self.used: list[int] = []
        self._lock = threading.Lock()

    def add_block(self, edge: str, block_id: str, material: bytes) -> int:
        with self._lock:
            self.blocks.setdefault(block_id, ("pending", material))
            return len(material)

    def pending_blocks(self, edge: str) -> list[str]:
        with self._lock:
            return [name for name, (state, _) in self.blocks.items() if state == "pending"]

    def block_sizes(self, edge: str, ids: Sequence[str]) -> dict[str, int]:
        with self._lock:
            found = {name: self.blocks[name] for name in ids if name in self.blocks}
            return {n: len(m) for n, (state, m) in found.items() if state != "void"}

    def confirm_blocks(self, edge: str, ids: Mapping[str, int]) -> None:
        with self._lock:
            for name, size in ids.items():
                state, material = self.blocks[name]
                if state != "void":
                    self.blocks[name] = "confirmed", material[:size]

    def void_blocks(self, edge: str, ids: Sequence[str]) -> int:
        with self._lock:
            lost = sum(len(self.blocks[name][1]) for name in ids)
            self.blocks |= {name: ("void", b"") for name in ids}
            return lost

    def void_edge(self, edge: str) -> int:
        return self.void_blocks(edge, list(self.blocks))

    def level(self, edge: str) -> int:
        return sum(len(material) for material in self.confirmed().values())

    def add_secret(self, edge: str, number: int, material: bytes) -> None:
        with self._lock:
            if number > max(self.used, default=0):
                self.secrets.setdefault(number, material)

    def next_secret(self, edge: str, at_least: int = 0) -> tuple[int, bytes]:
        with self._lock:
            numbers = [number for number in sorted(self.secrets) if number >= at_least]
            if not numbers:
                message = f"edge {edge} has no secret left for authentication"
                raise KeyShortageError(message)
            material = self.secrets[numbers[0]]
            self.secrets = {n: m for n, m in self.secrets.items() if n > numbers[0]}
            self.used.append(numbers[0])
            return numbers[0], material

    def secrets_left(self, edge: str) -> int:
        return len(self.secrets)

    def confirmed(self) -> dict[str, bytes]:
        """Confirmed blocks by name."""
        with self._lock:
            return {n: m for n, (state, m) in self.blocks.items() if state == "confirmed"}


def wait_for(condition: Callable[[], Any], limit_s: float = 90.0) -> Any:
    """Wait until a condition holds, and return what it gave; a generous limit for busy machines."""
    until = time.monotonic() + limit_s
    while not (found := condition()):
        assert time.monotonic() < until, "the condition did not come to hold"
        time.sleep(0.02)
    return found


def certificates(folder: Path) -> Path:
    """Certificates of two nodes and the link between them."""
    names = ("kme-A", "kme-B", "kme-C", f"link-{EDGE}")
    make_certificates(
        folder, [CertificateSubject(file=n, name=n, hosts=("localhost",)) for n in names]
    )
    return folder


class LinkRig:
    """Both ends of a link in this process, each with a store of its own.

    Args:
        folder: Where its files go.
        certs: Folder of the certificates.
        plan: Of the link.
        secrets: How many pre-shared ones there are.
    """

    def __init__(
        self, folder: Path, certs: Path, plan: LinkPlan, *, secrets: int = 16, **more: Any
    ) -> None:
        self.folder, self.certs, self.plan, self.more = folder, certs, plan, more
        self.stores = MemoryStore(), MemoryStore()
        self.spy = folder / "spies" / f"{EDGE}.json"
        self.alarms: list[tuple[str, str, float]] = []
        files = [folder / "nodes" / n / "preshared" / f"{EDGE}.bin" for n in plan.ends]
        if not files[0].exists():
            make_preshared(files, secrets)
        for file, store in zip(files, self.stores, strict=True):
            load_preshared(file, EDGE, store)
        self.begin()

    def begin(self) -> None:
        """Start both ends, new ones."""
        more = {"on_alarm": lambda *alarm: self.alarms.append(alarm), **self.more}
        nodes = [self.folder / "nodes" / name for name in self.plan.ends]
        self.first = FirstEnd(self.plan, self.stores[0], self.certs, nodes[0], spy=self.spy, **more)
        self.second = SecondEnd(
            self.plan, self.stores[1], self.certs, nodes[1], ports=lambda: self.first.ports, **more
        )
        self.first.start()
        self.second.start()

    def stop(self) -> None:
        """Stop both ends."""
        self.first.stop()
        self.second.stop()

    def intercept(self, fraction: float) -> None:
        """Put a spy on the fibre."""
        self.spy.parent.mkdir(exist_ok=True)
        part = self.spy.with_suffix(".part")
        part.write_text(f'{{"intercept": {fraction}}}')
        part.replace(self.spy)

    def blocks(self, at_least: int) -> dict[str, bytes]:
        """Blocks that are confirmed at both ends, once there are so many."""
        wait_for(lambda: len(self._both()) >= at_least)
        return self._both()

    def _both(self) -> dict[str, bytes]:
        mine, theirs = (store.confirmed() for store in self.stores)
        return {name: mine[name] for name in mine.keys() & theirs.keys()}


@contextmanager
def link_rig(*args: Any, **more: Any) -> Iterator[LinkRig]:
    """A rig that is stopped at the end; arguments as `LinkRig`."""
    rig = LinkRig(*args, **more)
    try:
        yield rig
    finally:
        rig.stop()
