"""Trial of a key store: keys of two nodes, asked for too often and by others, then looked for."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from protocols.key_management.keys import Assignment, ManagedKey
from protocols.key_management.refusals import KeyRefusedError
from protocols.key_management.store.key_store import KeyStore

__all__ = ["DeliveryFaults", "try_deliveries"]

#: Threads that ask for the same keys at the same time.
_CALLERS = 4

_MASTER, _SLAVE, _OTHER = "alice", "bob", "eve"

Delivered = list[ManagedKey]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFaults:
    """What went wrong in a trial, in numbers of keys.

    Args:
        twice: Delivered again at an end.
        lost: Never delivered at an end, though asked for by whom they are for.
        unequal: Other bytes at an end than those that were relayed.
        to_others: Delivered to somebody whom they are not for.
        left: Still in a file of a store after both ends had them.
    """

    twice: int
    lost: int
    unequal: int
    to_others: int
    left: int

    @property
    def total(self) -> int:
        """All of them."""
        return sum(astuple(self))

    def __str__(self) -> str:
        names = [item.name.replace("_", " ") for item in fields(self)]
        return ", ".join(f"{n} {name}" for n, name in zip(astuple(self), names, strict=True))


def try_deliveries(
    keys: int = 32, *, open_store: Callable[[Path], KeyStore] = KeyStore
) -> DeliveryFaults:
    """Deliver keys of two nodes' stores under provocation, and count what goes wrong.

    Each key is asked for by its master and its slave, by several threads at once and again after
    the stores were opened anew; before, by an SAE and with a master that it is not for. Then the
    files of the closed stores are searched for the keys.

    Args:
        keys: How many.
        open_store: Opens the store at a path.

    Examples:
        >>> try_deliveries(4).total
        0
    """
    relayed = [ManagedKey(key_id=str(uuid.uuid4()), material=os.urandom(32)) for _ in range(keys)]
    ids = [key.key_id for key in relayed]
    with TemporaryDirectory() as folder:
        paths = (Path(folder) / "master.sqlite", Path(folder) / "slave.sqlite")
        with _opened(open_store, paths) as (first, second):
            second.add_in("A", relayed)
            first.add_out("C", relayed)
            told = [Assignment(key_id=each, master=_MASTER, slaves=(_SLAVE,)) for each in ids]
            second.assign_in("A", told)
            others = _asked(partial(second.collect, _OTHER, _MASTER), ids)
            others += _asked(partial(second.collect, _SLAVE, _OTHER), ids)
            ends = [_at_once(_giving(first), ids), _at_once(_collecting(second), ids)]
        with _opened(open_store, paths) as (first, second):
            ends[0] += _asked(_giving(first), ids)
            ends[1] += _asked(_collecting(second), ids)
        files = b"".join(path.read_bytes() for path in Path(folder).iterdir())
    return DeliveryFaults(
        twice=sum(len(end) - len({key.key_id for key in end}) for end in ends),
        lost=sum(keys - len({key.key_id for key in end}) for end in ends),
        unequal=sum(key not in relayed for end in ends for key in end),
        to_others=len(others),
        left=sum(key.material in files for key in relayed),
    )


@contextmanager
def _opened(
    open_store: Callable[[Path], KeyStore], paths: tuple[Path, Path]
) -> Iterator[tuple[KeyStore, KeyStore]]:
    with open_store(paths[0]) as first, open_store(paths[1]) as second:
        yield first, second


def _giving(store: KeyStore) -> Callable[[Sequence[str]], Delivered]:
    return partial(store.hand_out, "C", master=_MASTER, slaves=[_SLAVE])


def _collecting(store: KeyStore) -> Callable[[Sequence[str]], Delivered]:
    return partial(store.collect, _SLAVE, _MASTER)


def _asked(ask: Callable[[Sequence[str]], Delivered], ids: Sequence[str]) -> Delivered:
    """What comes of asking for keys one by one."""
    found: Delivered = []
    for each in ids:
        try:
            found += ask([each])
        except KeyRefusedError:
            continue
    return found


def _at_once(ask: Callable[[Sequence[str]], Delivered], ids: Sequence[str]) -> Delivered:
    """What comes of several threads asking for the same keys."""
    found: list[Delivered] = []
    threads = [
        threading.Thread(target=lambda: found.append(_asked(ask, ids))) for _ in range(_CALLERS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [key for each in found for key in each]
