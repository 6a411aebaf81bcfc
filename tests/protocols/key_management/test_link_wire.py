"""Wire of a link: what a tap sees of it, who is let in, and what becomes of it when it is cut."""

from __future__ import annotations

import random
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest

from protocols.key_management.link import FirstEnd, LinkPlan
from protocols.key_management.link.quantum import QuantumEnd
from protocols.key_management.store import KeyStore
from tests.protocols.key_management.links import (
    EDGE,
    LinkRig,
    link_rig,
    preshared,
    wait_for,
)
from tests.protocols.key_management.wiretap import Wiretap, shared_words, tls_records

pytest.importorskip("cryptography")


class CrowdedRig(LinkRig):
    """A link at whose ports others have come first, who say nothing."""

    #: One after the other they would take longer than a test waits.
    silent = 12

    def __init__(self, *args: Any, **more: Any) -> None:
        self.crowd: list[socket.socket] = []
        super().__init__(*args, **more)

    def ports(self) -> dict[str, int] | None:
        """The ports, once they are crowded."""
        found = super().ports()
        if found is not None and not self.crowd:
            for port in found.values():
                for _ in range(self.silent):
                    self.crowd.append(socket.create_connection(("127.0.0.1", port)))
        return found


def test_who_connects_and_says_nothing_keeps_nobody_waiting(tmp_path: Path, certs: Path) -> None:
    """Oracle: the handshakes of so many, 10 s each in a row, are longer than a test waits."""
    plan = LinkPlan(ends=("A", "B"), most_bits=40_000)
    with link_rig(tmp_path, certs, plan, kind=CrowdedRig) as rig:
        rig.key()
        assert len(rig.crowd) == 2 * CrowdedRig.silent
        for wire in rig.crowd:
            wire.close()


class TappedEnd(FirstEnd):
    """A first end whose own wire to the channel process is tapped."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.tap = Wiretap(0)

    def _quantum(self, address: tuple[str, int]) -> QuantumEnd:
        self.tap.target = address[1]
        return super()._quantum((address[0], self.tap.port))


class TappedRig(LinkRig):
    """A link of which all wires are tapped."""

    make_first = TappedEnd
    lasts = None

    def __init__(self, *args: Any, **more: Any) -> None:
        self.taps = {name: Wiretap(0, self.lasts) for name in ("classical_port", "quantum_port")}
        super().__init__(*args, **more)

    def ports(self) -> dict[str, int] | None:
        """The taps, in place of the ports."""
        found = super().ports()
        if found is None:
            return None
        for name, tap in self.taps.items():
            tap.target = found[name]
        return {name: tap.port for name, tap in self.taps.items()}


def test_no_key_and_no_plain_record_is_on_the_wire(tmp_path: Path, certs: Path) -> None:
    """Oracle: RFC 8446, section 5.1; a word of 64 bits of the key is on a wire by chance never."""
    plan = LinkPlan(ends=("A", "B"), first_bits=20_000, most_bits=20_000)
    secrets = preshared(tmp_path)[0].read_bytes()
    with link_rig(tmp_path, certs, plan, kind=TappedRig) as rig:
        key = rig.key(1000)
    taps = [*rig.taps.values(), rig.first.tap]
    wire = [bytes(stream) for tap in taps for stream in tap.streams]
    assert len(wire) == 6
    assert all(shared_words(stream, key + secrets) == 0 for stream in wire)
    for stream in wire:
        kinds = tls_records(stream)
        # Nothing but records of application data once the handshake is over.
        assert set(kinds[kinds.index(23) :]) == {23}
        assert b"bases" not in stream
        assert b"record" not in stream
    assert shared_words(b"..." + key[40:60] + b"...", key) == 2, "what the test looks for is found"
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and "sqlite" not in path.name]
    assert all(shared_words(path.read_bytes(), key) == 0 for path in kept)


def test_a_wire_that_is_cut_at_any_byte_costs_no_more_than_the_run(
    tmp_path: Path, certs: Path
) -> None:
    """Oracle: the rules that key is equal at both ends and that no secret is used twice."""
    choose = random.Random(14)

    class CutRig(TappedRig):
        lasts = staticmethod(lambda: choose.randrange(2_000, 400_000))

    used: list[list[tuple[int, bytes]]] = [[], []]
    plan = LinkPlan(ends=("A", "B"), first_bits=20_000, most_bits=20_000)
    with pytest.MonkeyPatch.context() as patch:
        note_secrets(patch, tmp_path, used)
        with link_rig(tmp_path, certs, plan, kind=CutRig) as rig:
            wait_for(lambda: sum(tap.cuts for tap in rig.taps.values()) >= 12)
            wait_for(lambda: rig.first.report().blocks >= 3)
            for end in (rig.first, rig.second):
                end.stop()
            for store in rig.stores:
                store.void_blocks(EDGE, store.pending_blocks(EDGE))
            parts, mine = rig.stores[0].allocate(EDGE, rig.stores[0].level(EDGE))
            assert rig.stores[1].take(EDGE, parts) == mine
    for taken in used:
        assert len({number for number, _ in taken}) == len(taken)
        assert len({secret for _, secret in taken}) == len(taken) >= 6
    mine, theirs = map(dict, used)
    assert all(mine[number] == theirs[number] for number in mine.keys() & theirs.keys())


def note_secrets(
    patch: pytest.MonkeyPatch, folder: Path, used: list[list[tuple[int, bytes]]]
) -> None:
    """Note the secrets that the stores of both ends give out."""
    take = KeyStore.next_secret
    stores: list[KeyStore] = []

    def taken(store: KeyStore, edge: str, at_least: int = 0) -> tuple[int, bytes]:
        found = take(store, edge, at_least)
        if store not in stores:
            stores.append(store)
        used[stores.index(store)].append(found)
        return found

    patch.setattr(KeyStore, "next_secret", taken)


def test_who_has_no_certificate_of_the_other_end_is_not_let_in(tmp_path: Path, certs: Path) -> None:
    """Oracle: mutual TLS and the common name; node C's certificate is of the right authority."""
    with link_rig(tmp_path, certs, LinkPlan(ends=("A", "B"), most_bits=40_000)) as rig:
        ports = wait_for(rig.ports)
        for port in ports.values():
            stranger = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            stranger.check_hostname, stranger.verify_mode = False, ssl.CERT_NONE
            assert _answer(stranger, port) == b""
            stranger.load_cert_chain(certs / "kme-C.crt", certs / "kme-C.key")
            assert _answer(stranger, port) == b""
        rig.key()


def _answer(context: ssl.SSLContext, port: int) -> bytes:
    """What comes back from a port, nothing where the connection is refused."""
    with socket.create_connection(("127.0.0.1", port), timeout=30.0) as plain:
        try:
            with context.wrap_socket(plain) as secured:
                secured.sendall(b'\x00\x00\x00\x1a{"run": "x", "rounds": 10}')
                return secured.recv(100)
        except OSError:
            return b""
