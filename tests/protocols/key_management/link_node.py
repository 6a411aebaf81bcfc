"""Process of one end of a link, for tests that kill it: says how it is, and notes what it used.

Digests of secrets and of blocks are appended to files beside the run; the test compares them.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
import threading
from pathlib import Path

from protocols.key_management.link import FirstEnd, LinkPlan, SecondEnd, load_preshared
from protocols.key_management.store import KeyStore
from tests.protocols.key_management.links import EDGE, spy_file


class NotingStore(KeyStore):
    """A store that notes digests of what goes in and out."""

    notes: Path

    def next_secret(self, edge: str, at_least: int = 0) -> tuple[int, bytes]:
        number, material = super().next_secret(edge, at_least)
        self._note("secrets", str(number), material)
        return number, material

    def add_block(self, edge: str, block_id: str, material: bytes) -> int:
        self._note("blocks", block_id, material)
        return super().add_block(edge, block_id, material)

    def _note(self, what: str, name: str, material: bytes) -> None:
        line = f"{name} {hashlib.sha256(material).hexdigest()}\n"
        path = self.notes.with_name(f"{self.notes.name}-{what}.txt")
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(handle, line.encode())
        os.close(handle)


def _write(path: Path, value: object) -> None:
    part = path.with_suffix(f".part-{os.getpid()}")
    part.write_text(json.dumps(value))
    part.replace(path)


def main(node: str, folder: Path, certs: Path, plan: LinkPlan) -> None:
    """Run an end until a signal."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    home, ports = folder / "nodes" / node, folder / "ports.json"
    store = NotingStore(home / "keys.sqlite")
    store.notes = folder / node
    load_preshared(home / "preshared" / f"{EDGE}.bin", EDGE, store)

    def known() -> dict[str, int] | None:
        return json.loads(ports.read_text()) if ports.exists() else None

    first = FirstEnd(plan, store, certs, home, spy=spy_file(folder)) if node == "A" else None
    end = first or SecondEnd(plan, store, certs, home, ports=known)
    end.start()
    while not stop.wait(0.05):
        if first is not None and first.ports is not None:
            _write(ports, first.ports)
        state = end.report().as_dict() | {"level": store.level(EDGE), "pid": os.getpid()}
        _write(folder / f"{node}.json", state)
    end.stop()
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), LinkPlan.from_json(sys.argv[4]))
