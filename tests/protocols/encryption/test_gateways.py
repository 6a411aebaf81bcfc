"""Pairs of gateways between KMEs that run: data whole, keys rolled over, shortage, hybrids."""

from __future__ import annotations

import os
import select
import socket
import threading

import pytest

from protocols.encryption import connection
from protocols.encryption.addresses import address_of, address_text, listener_at, listening_address
from protocols.encryption.aes_gcm import AesGcmSealer
from protocols.encryption.gateway import GatewaySettings
from protocols.encryption.outgoing import WINDOW_BYTES, Outgoing
from protocols.encryption.rekeying import RekeyPolicy
from protocols.encryption.supply import DeliveredKey
from qnet.errors import ParameterError
from tests.protocols.encryption.pairs import (
    Service,
    exchange,
    gateways,
    refill,
    until,
)
from tests.protocols.key_management.kmes import RunningKmes


def test_data_arrive_whole_while_keys_roll_over_each_fraction_of_a_second(kmes, service):
    # Oracle: what comes back is what was sent; a key of 50 ms cannot last for the whole of it.
    policy = RekeyPolicy(seconds=0.05, data_bytes=1 << 20)
    data = os.urandom(12_000_000)
    with gateways(kmes, service.address, policy=policy) as (plain, sealed, said, _):
        assert exchange(plain.address, data) == data
        until(lambda: plain.state()["open"] == sealed.state()["open"] == 0)
        for side in (plain, sealed):
            assert side.state()["keys_used"] >= 12
            assert side.state()["sent_bytes"] == side.state()["received_bytes"] == len(data)
            assert side.state()["broken"] == 0
    assert said == {"plain": [], "sealed": []}


@pytest.mark.parametrize("policy", [RekeyPolicy(messages=1), RekeyPolicy(data_bytes=100)])
def test_a_key_for_each_record_is_enough(kmes, service, policy):
    # Oracle: 3000 bytes need 30 keys of 100 bytes each way, or as many as there are records.
    data = os.urandom(3000)
    with gateways(kmes, service.address, policy=policy) as (plain, sealed, said, _):
        assert exchange(plain.address, data) == data
        until(lambda: plain.state()["open"] == 0)
    least = 30 if policy.data_bytes == 100 else 1
    assert sealed.state()["keys_used"] >= least
    assert plain.state()["keys_used"] >= least
    assert said == {"plain": [], "sealed": []}


def test_a_service_that_does_not_listen_while_it_speaks_is_not_stuck(kmes):
    # Oracle: without windows its keys would be behind data that it does not take.
    amount = 8_000_000

    def deaf(came):
        came.sendall(bytes(amount))
        while came.recv(1 << 16):
            pass
        came.shutdown(socket.SHUT_WR)

    policy = RekeyPolicy(data_bytes=1 << 18)
    running = Service(deaf)
    with gateways(kmes, running.address, policy=policy) as (plain, _, said, _):
        assert len(exchange(plain.address, os.urandom(16_000_000))) == amount
        until(lambda: plain.state()["open"] == 0)
    running.close()
    assert said == {"plain": [], "sealed": []}


def test_both_directions_at_once_do_not_wait_for_each_other(kmes, service, monkeypatch):
    # Oracle: with small buffers, an end that did not take records while it sends one
    # would wait for the other for ever.
    real = connection._keep_alive

    def with_small_buffers(sealed, timeout_s):
        real(sealed, timeout_s)
        for name in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            sealed.setsockopt(socket.SOL_SOCKET, name, 1 << 15)

    monkeypatch.setattr(connection, "_keep_alive", with_small_buffers)
    data = os.urandom(6_000_000)
    policy = RekeyPolicy(data_bytes=1 << 17)
    with gateways(kmes, service.address, policy=policy) as (plain, _, said, _):
        assert exchange(plain.address, data) == data
        until(lambda: plain.state()["open"] == 0)
    assert said == {"plain": [], "sealed": []}


def test_who_hears_does_not_wait_for_who_sends():
    # Oracle: credit and keys are taken while a record is being sent that nobody reads.
    near, far = socket.socketpair()
    near.settimeout(60.0)
    sealer = AesGcmSealer(1, lambda key_id, material, quantum: bytearray(material))
    out = Outgoing(near, sealer, lambda: None, threading.Event())
    out.add([DeliveredKey(key=bytes(16), material=bytearray(32))])
    ended = []

    def send():
        try:
            out.send_data(memoryview(bytes(WINDOW_BYTES)))
        except OSError:
            ended.append("broken")

    sender = threading.Thread(target=send)
    sender.start()
    until(lambda: not select.select([], [near], [], 0.0)[1])
    other = DeliveredKey(key=bytes(16), material=bytearray(32))
    listener = threading.Thread(target=lambda: (out.credited(0), out.add([other])))
    listener.start()
    listener.join(30.0)
    assert not listener.is_alive()
    assert sender.is_alive()
    far.close()
    sender.join(30.0)
    near.close()
    assert ended == ["broken"]


def test_an_end_of_one_direction_leaves_the_other_open(kmes):
    # Oracle: TCP's half-close: the answer is made from all that was asked, after its end.
    def count(came):
        total = 0
        while piece := came.recv(1 << 16):
            total += len(piece)
        came.sendall(str(total).encode())

    running = Service(count)
    with gateways(kmes, running.address) as (plain, _, said, _):
        assert exchange(plain.address, bytes(123_456)) == b"123456"
        assert exchange(plain.address, b"") == b"0"
        until(lambda: plain.state()["open"] == 0)
    running.close()
    assert said == {"plain": [], "sealed": []}


@pytest.mark.parametrize("mode", ["aes-256-gcm", "one-time-pad"])
def test_many_connections_at_once_each_have_their_own(kmes, service, mode):
    # Oracle: each client gets its own bytes back.
    size, count = (100_000, 40) if mode == "aes-256-gcm" else (2000, 8)
    sent = [os.urandom(size) for _ in range(count)]
    got = [b""] * count
    with gateways(kmes, service.address, mode=mode) as (plain, _, said, _):

        def one(k):
            got[k] = exchange(plain.address, sent[k])

        threads = [threading.Thread(target=one, args=(k,)) for k in range(count)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        until(lambda: plain.state()["open"] == 0)
    assert got == sent
    assert said == {"plain": [], "sealed": []}


def test_a_connection_above_the_most_is_refused(kmes, service):
    with (
        gateways(kmes, service.address, max_connections=1) as (plain, _, said, _),
        socket.create_connection(plain.address, timeout=30) as first,
    ):
        first.sendall(b"held")
        assert first.recv(4) == b"held"
        assert exchange(plain.address, b"more") == b""
        assert any("refused: 1 are open" in each for each in said["plain"])
    assert plain.state()["refused"] == 1


# --- one-time pad


def test_a_dry_one_time_pad_blocks_and_goes_on_when_key_comes(tmp_path, service):
    # Oracle: data + 12 bytes a record + 32 for the hash, in each direction, is what must be there;
    # the KMEs deliver no bit more than their budget.
    budget, data = 16_000, os.urandom(4000)
    with (
        RunningKmes(tmp_path, left_bits=budget) as kmes,
        gateways(kmes, service.address, mode="one-time-pad") as (plain, sealed, said, _),
    ):
        got = []
        asker = threading.Thread(target=lambda: got.append(exchange(plain.address, data)))
        asker.start()
        until(lambda: plain.state()["keys"] == "blocked")
        assert 256 * plain.state()["delivered_keys"] <= budget
        assert not got
        used = plain.state()["sent_bytes"] + sealed.state()["sent_bytes"]
        assert used <= budget / 8
        refill(kmes, 1e6)
        asker.join(60)
        assert got == [data]
        until(lambda: plain.state()["open"] == 0)
        assert plain.state()["keys"] == "ok"
    assert said["plain"][0].startswith("blocked: no key (the KME at")
    assert said["plain"][-1] == "there is key again: data goes on under quantum keys"
    assert said["sealed"] == []


# --- hybrid


def test_a_hybrid_carries_data_and_says_what_it_is(kmes, service):
    data = os.urandom(100_000)
    with gateways(kmes, service.address, hybrid=True) as (plain, _, said, _):
        assert exchange(plain.address, data) == data
        assert plain.state()["exchange"].startswith("x25519")
        until(lambda: plain.state()["open"] == 0)
    assert said == {"plain": [], "sealed": []}


def test_without_quantum_key_a_hybrid_goes_on_when_it_may_and_says_so_loudly(tmp_path, service):
    data = os.urandom(100_000)
    policy = RekeyPolicy(data_bytes=20_000)
    how = {"hybrid": True, "on_shortage": "hybrid-only", "policy": policy}
    with (
        RunningKmes(tmp_path, left_bits=0) as kmes,
        gateways(kmes, service.address, **how) as (plain, sealed, said, _),
    ):
        assert exchange(plain.address, data) == data
        for side, name in ((plain, "plain"), (sealed, "sealed")):
            assert side.state()["keys"] == "hybrid-only"
            assert side.state()["hybrid_only_keys"] > 2
            assert side.state()["delivered_keys"] == 0
            assert "WARNING: no quantum key" in said[name][0]
        refill(kmes, 1e6)
        assert exchange(plain.address, data) == data
        until(lambda: plain.state()["keys"] == sealed.state()["keys"] == "ok")
        assert "data goes on under quantum keys" in said["plain"][1]


def test_a_gateway_that_may_not_go_on_without_quantum_key_refuses(tmp_path, service):
    how = {"hybrid": True, "on_shortage": "hybrid-only", "sealed": {"on_shortage": "block"}}
    with (
        RunningKmes(tmp_path, left_bits=0) as kmes,
        gateways(kmes, service.address, **how) as (plain, _, said, _),
    ):
        assert exchange(plain.address, b"data") == b""
        until(lambda: said["sealed"])
    assert "this one does not go on without" in said["sealed"][0]


# --- settings


GOOD = {
    "kme": "https://127.0.0.1:1",
    "certs": ".",
    "sae": "alice",
    "peer": "bob",
    "side": "plain",
    "listen": ("127.0.0.1", 0),
    "to": ("127.0.0.1", 1),
}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"side": "open"}, "--side must be one of"),
        ({"mode": "aes-128"}, "--mode must be one of"),
        ({"peer": "alice"}, "--peer must be another SAE"),
        ({"mode": "one-time-pad", "hybrid": True}, "--hybrid must be left out"),
        ({"on_shortage": "hybrid-only"}, "--on-shortage must be block without --hybrid"),
        ({"timeout_s": 0.0}, "--timeout-s must be positive"),
        ({"max_connections": 0}, "--max-connections must be at least 1"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(change, words):
    with pytest.raises(ParameterError) as found:
        GatewaySettings(**{**GOOD, **change})
    assert words in str(found.value)


@pytest.mark.parametrize("text", ["", "8443", "host:", ":1", "host:x", "host:70000", "host:-1"])
def test_what_is_no_address_is_refused(text):
    with pytest.raises(ParameterError, match="--to must be a host, a colon and a port"):
        address_of("--to", text)


@pytest.mark.parametrize("text", ["127.0.0.1:8443", "[::1]:8443"])
def test_an_address_is_written_as_it_is_read(text):
    assert address_text(address_of("--to", text)) == text


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_devices_listen_at_addresses_of_ipv6_too():
    # Oracle: a client of IPv6 gets through.
    try:
        listener = listener_at(("::1", 0))
    except ParameterError:
        pytest.skip("no IPv6 loopback address here")
    with listener, socket.create_connection(listening_address(listener), timeout=30):
        assert listening_address(listener)[0] == "::1"
