"""Pairs of gateways whose wire is attacked, or whose other end is none: both sides say so."""

from __future__ import annotations

import os
import socket
import struct
import time

import pytest

from tests.protocols.encryption.pairs import (
    Service,
    exchange,
    gateways,
    records_attacked,
    until,
)


def flip(at, bit=0):
    """Change one bit of the byte of this number."""

    def attack(before, piece):
        if before <= at < before + len(piece):
            piece = bytearray(piece)
            piece[at - before] ^= 1 << bit
        return bytes(piece)

    return attack


def broken_by(kmes, service, wire, *, size=200_000, **how):
    """What both gateways say of a connection with an attacked wire, and what came back."""
    data = os.urandom(size)
    with gateways(kmes, service.address, wire=wire, timeout_s=4.0, **how) as (p, s, said, _):
        got = exchange(p.address, data)
        until(lambda: said["plain"] and said["sealed"])
        until(lambda: p.state()["open"] == s.state()["open"] == 0)
        assert p.state()["broken"] == s.state()["broken"] == 1
    assert data.startswith(got)  # nothing that was changed is passed on
    assert len(got) < len(data)
    return said["plain"][0], said["sealed"][0]


@pytest.fixture(scope="module")
def hello_bytes(kmes, service):
    """Length of the plain side's first message: 12 bytes, the last four of which say it."""
    lengths = {}
    for mode in ("aes-256-gcm", "one-time-pad"):
        with gateways(kmes, service.address, mode=mode, wire={}) as (plain, _, _, wire):
            exchange(plain.address, b"x")
            lengths[mode] = 12 + struct.unpack(">I", bytes(wire.seen[8:12]))[0]
    return lengths


@pytest.mark.parametrize("mode", ["aes-256-gcm", "one-time-pad"])
@pytest.mark.parametrize(
    ("place", "byte", "bit"),
    [
        ("kind", 0, 1),
        ("length", 6, 3),
        ("key", 10, 0),
        ("sequence", 31, 2),
        ("body", 40, 7),
        ("tag", None, 0),
    ],
)
def test_one_flipped_bit_ends_the_connection_with_a_reason_on_both_sides(
    kmes, service, hello_bytes, mode, place, byte, bit
):
    # Oracle: the reason names a record that is not authentic, not due or no record.
    size = 2000
    tag = 16 if mode == "aes-256-gcm" else 12

    def work(count, record):
        record = bytearray(record)
        if count == 0:
            record[len(record) - tag if byte is None else byte] ^= 1 << bit
        return [bytes(record)]

    plain, sealed = broken_by(
        kmes, service, {"attack": records_attacked(work, tag)}, size=size, mode=mode
    )
    assert "ended: " in sealed
    assert "ended: " in plain
    reasons = ("not authentic", "not due", "no record", "no place", "cut", "used up", "nothing for")
    assert any(each in sealed for each in (*reasons, "lost or moved", "replayed")), sealed
    assert "the other gateway" in plain


@pytest.mark.parametrize(("byte", "sealed_says"), [(0, "does not speak"), (40, "")])
def test_a_flipped_bit_in_the_first_message_ends_it(kmes, service, byte, sealed_says):
    # Oracle: the digest of both messages is in every key.
    plain, sealed = broken_by(kmes, service, {"attack": flip(byte)})
    assert sealed_says in sealed
    assert "ended: " in plain


def test_a_flipped_bit_in_the_answer_ends_it(kmes, service):
    plain, sealed = broken_by(kmes, service, {"back": flip(40)})
    assert "not authentic" in sealed + plain


def attacked(kmes, service, work, **how):
    return broken_by(kmes, service, {"attack": records_attacked(work)}, **how)


@pytest.mark.parametrize(
    ("name", "work", "words"),
    [
        ("replayed", lambda count, record: [record, record] if count == 1 else [record], "replay"),
        ("dropped", lambda count, record: [] if count == 1 else [record], "lost or moved"),
        ("stretched", lambda count, record: [record + b"x"] if count == 1 else [record], ""),
    ],
)
def test_records_out_of_their_place_end_the_connection(kmes, service, name, work, words):
    plain, sealed = attacked(kmes, service, work)
    assert words in sealed
    assert words in plain
    assert "the other gateway ended it" in plain


def test_records_in_another_order_end_the_connection(kmes, service):
    held = []

    def swap(count, record):
        if count == 1:
            held.append(record)
            return []
        return [record, *held] if count == 2 else [record]

    plain, sealed = attacked(kmes, service, swap)
    assert "lost or moved" in sealed
    assert "lost or moved" in plain


def test_records_of_another_connection_end_this_one(kmes, service):
    # Oracle: a recorded record of another connection, with the sequence number that is due.
    recorded = []
    with gateways(
        kmes,
        service.address,
        wire={
            "attack": records_attacked(lambda count, record: recorded.append(record) or [record])
        },
    ) as (plain, _, _, _):
        assert exchange(plain.address, b"data") == b"data"
    plain, sealed = attacked(
        kmes, service, lambda count, record: recorded[:1] if count == 0 else [record]
    )
    assert "under a key that is not due" in sealed
    assert "under a key that is not due" in plain


def noted_ends():
    """How connections to a service end, clean or by a reset, and the service that notes it."""
    ends = []

    def note(came):
        try:
            while came.recv(1 << 16):
                pass
            ends.append("clean")
        except OSError:
            ends.append("reset")

    return ends, note


@pytest.mark.parametrize("mode", ["aes-256-gcm", "one-time-pad"])
def test_a_cut_connection_is_no_clean_end(kmes, mode):
    # Oracle: the service sees a reset, not an end of the data; both gateways say that it was cut.
    ends, note = noted_ends()
    cut = {"attack": lambda before, piece: piece if before < 1000 else None}
    running = Service(note)
    with gateways(kmes, running.address, wire=cut, mode=mode, timeout_s=5.0) as (p, _, said, _):
        with socket.create_connection(p.address, timeout=30) as client:
            for _ in range(2000):
                try:
                    client.sendall(bytes(500))
                except OSError:
                    break
                if said["sealed"]:
                    break
                time.sleep(0.002)
        until(lambda: ends and said["sealed"] and said["plain"])
    running.close()
    assert ends == ["reset"]
    assert "was cut before its end" in said["sealed"][0]


def test_a_hello_that_is_sent_again_gets_no_key(kmes, service):
    # Oracle: a KME delivers a key once; whoever repeats a hello gets no connection.
    with gateways(kmes, service.address, wire={}) as (plain, sealed, said, wire):
        assert exchange(plain.address, b"data") == b"data"
        size = 12 + struct.unpack(">I", bytes(wire.seen[8:12]))[0]
        hello = bytes(wire.seen[:size])
        answer = exchange(sealed.address, hello)
        assert b"refused" in answer
        until(lambda: any("refused dec_keys with 400" in each for each in said["sealed"]))


def test_the_wire_holds_neither_data_nor_keys(kmes, service):
    # Oracle: what the KMEs delivered, seen at the client, and the data, looked for on the wire.
    from protocols.encryption import client

    delivered = []
    real = client.KmeClient._keys

    def noted(self, answer, what):
        keys = real(self, answer, what)
        delivered.extend(key.material for key in keys)
        return keys

    data = b"a sentence that is easy to find" * 30
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client.KmeClient, "_keys", noted)
        for mode in ("aes-256-gcm", "one-time-pad"):
            with gateways(kmes, service.address, mode=mode, wire={}) as (plain, _, _, wire):
                assert exchange(plain.address, data) == data
            assert b"easy to find" not in wire.seen
            assert all(key not in wire.seen and key[:8] not in wire.seen for key in delivered)
    assert len(delivered) > 4


# --- other ends that are none


@pytest.mark.parametrize(
    ("start", "limit_s", "words"),
    [
        (b"", 0.5, "did not answer within"),
        (b"GET / HTTP/1.1\r\n\r\n", 30.0, "does not speak as a gateway"),
    ],
)
def test_another_end_that_is_dead_or_no_gateway_is_given_up(kmes, start, limit_s, words):
    # Oracle: the reason, within the limit of time.
    def odd(came):
        came.sendall(start)
        time.sleep(60)

    running = Service(odd)
    with gateways(kmes, running.address, wire={}, timeout_s=limit_s) as (plain, _, said, wire):
        wire._to = running.address
        assert exchange(plain.address, b"data") == b""
        until(lambda: said["plain"])
    running.close()
    assert words in said["plain"][0]


def test_a_peer_that_stops_inside_a_record_is_given_up(kmes, service):
    def stall(count, record):
        return [record] if count == 0 else [record[:20]] if count == 1 else []

    data = os.urandom(300_000)
    with gateways(
        kmes, service.address, wire={"attack": records_attacked(stall)}, timeout_s=3.0
    ) as (plain, _, said, _):
        assert data.startswith(exchange(plain.address, data))
        until(lambda: said["sealed"] and said["plain"])
    assert "took or sent nothing for 3 s" in said["sealed"][0]


def test_gateways_that_do_not_go_together_say_so(kmes, service):
    for sealed, words in (
        ({"mode": "one-time-pad"}, "give both the same mode"),
        ({"hybrid": True}, "give --hybrid to both"),
        ({"sae": "dave"}, "check --sae and --peer of both"),
    ):
        with gateways(kmes, service.address, sealed=sealed) as (plain, _, said, _):
            assert exchange(plain.address, b"data") == b""
            until(lambda said=said: said["plain"] and said["sealed"])
        assert "the other gateway refuses" in said["plain"][0]
        assert words in said["plain"][0]
        assert words in said["sealed"][0]


def test_a_service_that_is_not_there_is_said_on_both_sides(kmes):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        address = gone.getsockname()
    with gateways(kmes, address) as (plain, _, said, _):
        assert exchange(plain.address, b"data") == b""
        until(lambda: said["plain"] and said["sealed"])
    assert "the service behind the sealed side cannot be reached" in said["plain"][0]


def test_keys_for_a_gateway_that_is_not_there_are_kept_for_the_next_connection(kmes, service):
    # Oracle: the KME's count: three connections that are not made take the two keys of one.
    with gateways(kmes, service.address) as (plain, sealed, said, _):
        sealed.stop()
        for count in range(3):
            assert exchange(plain.address, b"data") == b""
            until(lambda count=count: len(said["plain"]) > count)
        assert plain.state()["delivered_keys"] == 2
        assert plain.state()["broken"] == 3
    assert all("no connection: Connection refused" in each for each in said["plain"])


def test_a_client_that_breaks_off_resets_the_service(kmes):
    # Oracle: SO_LINGER of 0 resets; the service must not take it for an end of the data.
    ends, note = noted_ends()
    running = Service(note)
    with gateways(kmes, running.address) as (plain, _, said, _):
        client = socket.create_connection(plain.address, timeout=30)
        client.sendall(b"half of a sen")
        until(lambda: plain.state()["sent_bytes"] == 13)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        until(lambda: ends)
    running.close()
    assert ends == ["reset"]
    assert "broke its connection off" in said["plain"][0]
    assert "the other gateway ended it" in said["sealed"][0]


def test_stopping_ends_what_runs_with_that_reason(kmes, service):
    with gateways(kmes, service.address) as (plain, _, said, _):
        with socket.create_connection(plain.address, timeout=30) as client:
            client.sendall(b"data")
            assert client.recv(4) == b"data"
            plain.stop()
            with pytest.raises(ConnectionResetError):
                client.recv(4)
        until(lambda: said["sealed"])
        assert plain.state()["open"] == 0
    assert "the gateway was stopped" in said["plain"][0]
    assert "the gateway was stopped" in said["sealed"][0]
