"""Limits of a key management server: no client keeps others from their keys, and nothing leaks."""

from __future__ import annotations

import asyncio
import base64
import logging
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from aiohttp import web

from protocols.key_management.server.face import Face, identified, json_answer
from protocols.key_management.server.faces import FACES, faces_of
from protocols.key_management.server.limits import RateLimiter, ServerLimits
from protocols.key_networks import KmeTable
from qnet.errors import ParameterError, UnknownNameError
from tests.protocols.key_management.kmes import RunningKmes, read_all

STATUS = "/api/v1/keys/bob/status"
ENC = "/api/v1/keys/bob/enc_keys"
GET = b"GET " + STATUS.encode() + b" HTTP/1.1\r\nHost: kme\r\n\r\n"
POST = (
    b"POST " + ENC.encode() + b" HTTP/1.1\r\nHost: kme\r\n"
    b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n"
)


def running(folder, **limits):
    return RunningKmes(folder, limits=ServerLimits(**limits))


def until(condition, limit_s=60.0):
    """Wait for a condition; a generous limit ends a hang."""
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)


def served(wire):
    """Whether a connection answers a request."""
    try:
        wire.sendall(GET)
        return wire.recv(65536).startswith(b"HTTP/1.1 200")
    except (ConnectionError, ssl.SSLError):
        return False


def answered(kmes):
    """Whether a client gets a connection and an answer, in a handshake that may take long."""
    try:
        return kmes.ask("alice", STATUS).status == 200
    except (ConnectionError, ssl.SSLError):
        return False


def test_connections_of_a_client_are_limited(tmp_path):
    """Oracle: the limit; another client is served meanwhile, and the same when one has ended."""
    with running(tmp_path, connections_of_client=2) as kmes, ExitStack() as stack:
        first, second, third = (stack.enter_context(kmes.wire("alice", "A")) for _ in range(3))
        assert served(first)
        assert served(second)
        assert not served(third)
        assert kmes.ask("carol", STATUS).status == 200
        first.close()
        until(lambda: len(kmes.servers["A"].connections.open) == 1)
        assert kmes.ask("alice", STATUS).status == 200


def test_connections_of_all_are_limited(tmp_path):
    """Oracle: the limit; a connection above it is closed before any TLS."""
    with running(tmp_path, connections=2) as kmes, ExitStack() as stack:
        for who in ("alice", "carol"):
            assert served(stack.enter_context(kmes.wire(who, "A")))
        with pytest.raises((ConnectionError, ssl.SSLError)):
            kmes.wire("alice", "A")


def test_a_handshake_ends_in_time(tmp_path):
    """Oracle: who says nothing is hung up on, and gives way to who does."""
    with running(tmp_path, handshakes=2, handshake_s=0.3) as kmes, ExitStack() as stack:
        where = ("127.0.0.1", kmes.ports["A"])
        mute = [stack.enter_context(socket.create_connection(where, 60)) for _ in range(2)]
        assert [wire.recv(100) for wire in mute] == [b"", b""]
        until(lambda: answered(kmes))


def test_slow_headers_end_the_connection(tmp_path):
    """Oracle: the limit from the first byte on, however often one comes."""
    with running(tmp_path, headers_s=0.3) as kmes, kmes.wire("alice", "A") as wire:
        wire.sendall(GET[:20])
        wire.sendall(GET[20:30])
        assert read_all(wire) == b""


def test_a_slow_body_is_refused(tmp_path):
    """Oracle: the limit; the connection ends."""
    with running(tmp_path, body_s=0.3) as kmes, kmes.wire("alice", "A") as wire:
        wire.sendall(POST + b"{")
        answer = read_all(wire)
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert b"did not come in time" in answer


def test_a_quiet_connection_ends(tmp_path):
    """Oracle: the limit, before a first request and after one."""
    with running(tmp_path, idle_s=0.3) as kmes:
        with kmes.wire("alice", "A") as wire:
            assert read_all(wire) == b""
        until(lambda: kmes.raw("alice", GET).startswith(b"HTTP/1.1 200"))


def test_who_does_not_take_its_answers_is_hung_up_on(tmp_path):
    """Oracle: the limit; answers that nobody reads fill every buffer, and none is kept for ever."""
    with running(tmp_path, idle_s=0.5) as kmes, kmes.wire("alice", "A", 4096) as wire:
        connections = kmes.servers["A"].connections
        until(lambda: connections.open)
        with ThreadPoolExecutor(1) as pool:
            sending = pool.submit(send_all, wire, GET * 3_000, 1_000_000)
            until(lambda: not connections.open)
            assert sending.result(60) is False


def send_all(wire, data, times):
    """Send so many times, more than any machine takes in, and say whether all went out."""
    try:
        for _ in range(times):
            wire.sendall(data)
    except OSError:
        return False
    return True


def test_a_connection_has_so_many_requests(tmp_path):
    """Oracle: the limit; the last answer says that it is the last."""
    with running(tmp_path, requests_of_connection=3) as kmes, kmes.wire("alice", "A") as wire:
        wire.sendall(3 * GET)
        answers = read_all(wire)
        assert answers.count(b"HTTP/1.1 200 OK") == 3
        assert answers.lower().count(b"connection: close") == 1


def test_too_many_requests_get_503(tmp_path):
    """Oracle: the standard has no 429: 503 with a message; others are served."""
    with running(tmp_path, rate_hz=1e-6, burst=3) as kmes:
        answers = [kmes.ask("alice", STATUS) for _ in range(4)]
        assert [answer.status for answer in answers] == [200, 200, 200, 503]
        assert answers[3].message.startswith("too many requests")
        assert kmes.ask("carol", STATUS).status == 200


def test_the_rate_is_that_of_a_token_bucket():
    """Oracle: burst + rate t requests by the time t, counted by hand."""
    now = [0.0]
    limiter = RateLimiter(2.0, 4, clock=lambda: now[0])
    assert [limiter.allows("a") for _ in range(6)] == 4 * [True] + 2 * [False]
    now[0] = 1.0
    assert [limiter.allows("a") for _ in range(3)] == 2 * [True] + [False]
    now[0] = 100.0
    assert [limiter.allows("a") for _ in range(5)] == 4 * [True] + [False]


@pytest.mark.parametrize("name", ["body_bytes", "rate_hz", "idle_s"])
def test_a_limit_is_above_zero(name):
    """Oracle: with 0 nothing would be served."""
    with pytest.raises(ParameterError, match=name):
        ServerLimits(**{name: 0})


def slow_face(service):
    """A face from outside: it answers when it is let, never, or fails."""

    async def wait(request):
        await service.opened.wait()
        return json_answer({"caller": identified(request).name})

    async def fail(request):
        secret = "not to be seen"
        raise RuntimeError(secret)

    return Face(
        prefix="/slow",
        roles={"sae", "kme"},
        routes=[web.get("/slow/wait", wait), web.get("/slow/fail", fail)],
    )


@pytest.fixture
def slow(monkeypatch):
    monkeypatch.setitem(FACES, "slow", slow_face)


def test_a_face_is_one_file_and_one_line(tmp_path, slow, caplog):
    """Oracle: the face's own roles and answers; what it raises is not told to anybody."""
    caplog.set_level(logging.DEBUG)
    with running(tmp_path) as kmes:
        kmes.services["A"].opened = asyncio.Event()
        kmes.loop.call_soon_threadsafe(kmes.services["A"].opened.set)
        assert kmes.ask("alice", "/slow/wait").json == {"caller": "alice"}
        assert kmes.ask("kme-B", "/slow/wait").json == {"caller": "kme-B"}
        manager = kmes.ask("manager", "/slow/wait")
        assert (manager.status, manager.body) == (401, b"")
        failed = kmes.ask("alice", "/slow/fail")
        assert (failed.status, failed.json) == (500, {"message": "internal error"})
    assert "RuntimeError in " in caplog.text
    assert "not to be seen" not in caplog.text


def test_only_known_faces_are_made():
    """Oracle: the table of faces."""
    with pytest.raises(UnknownNameError, match="etsi014"):
        faces_of(None, ["etsi-014"])


def test_an_answer_comes_in_time_or_503(tmp_path, slow):
    """Oracle: the limit."""
    with running(tmp_path, answer_s=0.3) as kmes:
        kmes.services["A"].opened = asyncio.Event()
        answer = kmes.ask("alice", "/slow/wait")
        assert (answer.status, answer.message) == (503, "the request took too long")


def test_requests_in_progress_are_answered_when_the_server_stops(tmp_path, slow):
    """Oracle: stopping waits for them, takes no more, and is then over."""
    with running(tmp_path, shutdown_s=60.0) as kmes, ThreadPoolExecutor(1) as pool:
        service, server = kmes.services["A"], kmes.servers["A"]
        service.opened = asyncio.Event()
        with kmes.wire("carol", "A") as idle:
            assert served(idle)
            asked = pool.submit(kmes.ask, "alice", "/slow/wait")
            until(lambda: any(each.busy for each in server.connections.open))
            stopping = asyncio.run_coroutine_threadsafe(server.stop(), kmes.loop)
            assert read_all(idle) == b""
            with pytest.raises((ConnectionError, ssl.SSLError)):
                kmes.ask("carol", STATUS)
            kmes.loop.call_soon_threadsafe(service.opened.set)
            assert asked.result(60).json == {"caller": "alice"}
            stopping.result(60)
        assert not server.connections.open


def test_nothing_secret_is_logged_or_said(tmp_path, caplog):
    """Oracle: every key of many requests, in each writing, against all logs, errors and headers."""
    caplog.set_level(logging.DEBUG)
    keys, said = [], []
    with RunningKmes(tmp_path, rules=KmeTable(max_saes=1), left_bits=40 * 256) as kmes:
        kmes.loop.call_soon_threadsafe(kmes.loop.set_debug, True)
        for number in range(1, 6):
            answer = kmes.enc("alice", "bob", number=number)
            said.append(str(answer.headers))
            got = answer.json["keys"]
            keys += [base64.b64decode(each["key"]) for each in got]
            ids = [each["key_ID"] for each in got]
            for who, master, listed in (
                ("dave", "alice", ids),
                ("bob", "carol", ids),
                ("bob", "alice", [*ids, ids[0]]),
                ("bob", "alice", [*ids, "0" * 36]),
                ("bob", "alice", ids),
                ("bob", "alice", ids),
            ):
                answer = kmes.dec(who, master, *listed)
                said.append(f"{answer.headers} {answer.body if answer.status != 200 else ''}")
        said.append(str(kmes.enc("alice", "bob", number=128).body))
        key = base64.b64encode(keys[0]).decode()  # one that a client sends where it should not
        said.append(str(kmes.ask("alice", f"{ENC}?number={key}").body))
        said.append(str(kmes.enc("alice", "bob", number=key, size=key).body))
        said.append(str(kmes.ask("alice", f"/api/v1/keys/{keys[0].hex()}/status").body))
        said.append(str(kmes.raw("alice", b"GET /" + keys[0].hex().encode() + b"\r\n\r\n")))
        said.append(repr(vars(kmes.services["A"])) + repr(kmes.stores["A"].counters()))
    assert len(keys) == 15
    assert "qnet.key_management.server" in caplog.text
    text = caplog.text + "".join(said)
    for key in keys:
        writings = base64.b64encode(key).decode(), key.hex(), key.hex().upper(), repr(key)[2:-1]
        assert not any(each in text for each in writings)
        assert base64.urlsafe_b64encode(key).decode().rstrip("=") not in text
