"""Traffic on the stores of two nodes that journals what it tries and what it got, until killed."""

from __future__ import annotations

import json
import os
import threading
import uuid
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from protocols.key_management.keys import Assignment, ManagedKey
from protocols.key_management.refusals import KeyShortageError, KeyUnknownError
from protocols.key_management.store import KeyStore

EDGE = "A--C"
#: Bytes; a line of the journal stays below the 4096 that a pipe takes in one piece.
BLOCK, PART, KEY = 1500, 200, 32


class Traffic:
    """What the process of a run does, in threads, with a line in the journal before and after.

    One thread puts blocks in at both ends, two allocate at A and take at C; one relays keys, two
    hand them out at A and collect them at C.
    """

    def __init__(self, folder: Path, journal: int) -> None:
        self.first, self.second = KeyStore(folder / "A"), KeyStore(folder / "C")
        self.journal = journal

    def note(self, **line: Any) -> None:
        os.write(self.journal, (json.dumps(line) + "\n").encode())

    def act(self, kind: str, call: Callable[[], Any], **said: Any) -> Any:
        """Say what is tried, try it, and say what came of it."""
        number = uuid.uuid4().hex
        self.note(number=number, tried=kind, **said)
        try:
            value = call()
        except (KeyShortageError, KeyUnknownError):
            self.note(number=number, got=kind, refused=True)
            return None
        if kind == "allocate":
            shown = [[[part.block, part.start, part.length] for part in value[0]], value[1].hex()]
        elif kind == "take":
            shown = value.hex()
        elif kind in ("hand_out", "collect"):
            shown = [[key.key_id, key.material.hex()] for key in value]
        else:
            shown = value
        self.note(number=number, got=kind, value=shown)
        return value

    def distil(self) -> None:
        name, material = uuid.uuid4().hex, os.urandom(BLOCK)
        for at, store in (("A", self.first), ("C", self.second)):
            add = lambda store=store: store.add_block(EDGE, name, material)  # noqa: E731
            self.act("add_block", add, at=at, block=name, material=material.hex())
        self.first.confirm_blocks(EDGE, [name])
        self.second.confirm_blocks(EDGE, [name])

    def use(self) -> None:
        found = self.act("allocate", lambda: self.first.allocate(EDGE, PART))
        if found is not None:
            shown = [[part.block, part.start, part.length] for part in found[0]]
            self.act("take", lambda: self.second.take(EDGE, found[0]), parts=shown)

    def relay(self) -> None:
        made = [ManagedKey(key_id=str(uuid.uuid4()), material=os.urandom(KEY)) for _ in range(4)]
        shown = [[key.key_id, key.material.hex()] for key in made]
        self.act("add_in", lambda: self.second.add_in("A", made), keys=shown)
        self.act("add_out", lambda: self.first.add_out("C", made), keys=shown)

    def serve(self) -> None:
        try:
            ids = self.first.reserve("C", 8 * KEY, 2)
        except KeyShortageError:
            return
        told = [Assignment(key_id=name, master="alice", slaves=("bob",)) for name in ids]
        assert self.second.assign_in("A", told) == []
        give = lambda: self.first.hand_out("C", ids, master="alice", slaves=["bob"])  # noqa: E731
        self.act("hand_out", give, ids=ids)
        self.act("collect", lambda: self.second.collect("bob", "alice", ids), ids=ids)

    def play(self) -> None:
        """Work until killed; an error ends the process and is seen in the journal."""
        jobs = (self.distil, self.use, self.use, self.relay, self.serve, self.serve)
        threads = [threading.Thread(target=self.repeat, args=(job,)) for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def repeat(self, job: Callable[[], None]) -> None:
        try:
            for _ in count():
                job()
        except BaseException as error:
            self.note(failed=repr(error))
            os._exit(1)
