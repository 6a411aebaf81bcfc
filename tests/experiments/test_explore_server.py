"""``qnet explore`` over HTTP: what is answered, what is refused, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlencode

import pytest

from experiments.cli.main import main
from experiments.explore import Controls, work_out
from experiments.explore.server import Server
from qnet.errors import ParameterError
from tests.terms import entries

#: Every file of the chain page.
FILES = ["/", "/page.css", "/chain.css", "/chain.js", "/charts.js", "/terms.js", "/ask.js"]


@pytest.fixture(scope="module")
def server():
    with Server(port=0) as running, running.in_thread(poll_s=0.02):
        yield running


def ask(server, path, method="GET", **headers):
    """Status, headers and body of one request."""
    with closing(HTTPConnection("127.0.0.1", server.server_port, timeout=120)) as connection:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


def query(**changes):
    return urlencode(Controls(segments=4, distance_km=200.0).as_query() | changes)


def test_point_is_what_the_library_works_out(server):
    status, headers, body = ask(server, f"/point?{query()}")
    assert (status, headers["Content-Type"]) == (200, "application/json; charset=utf-8")
    expected = work_out(Controls(segments=4, distance_km=200.0))
    assert json.loads(body)["figures"] == expected["figures"]
    assert json.loads(body)["security"]["notion"] == "asymptotic"


def test_longer_steps_claim_what_the_point_claims(server):
    """Oracle: the claim of the point itself, whose key differs by the grid alone."""
    _, _, body = ask(server, f"/coarser?{query()}")
    found = json.loads(body)
    assert found["key_rate_hz"] > 0.0
    own = work_out(Controls(segments=4, distance_km=200.0))["security"]
    assert found["security"] == {name: own[name] for name in found["security"]}
    assert set(found["security"]) == {"notion", "epsilon", "assumes", "reason"}


@pytest.mark.parametrize("path", FILES)
def test_page_takes_nothing_from_elsewhere(server, path):
    """Every file comes from here, names no other address, and the browser is told to load none."""
    status, headers, body = ask(server, path)
    assert status == 200
    assert headers["Content-Security-Policy"].startswith("default-src 'self';")
    addresses = body.decode().replace("http://www.w3.org/2000/svg", "")
    assert "http:" not in addresses
    assert "https:" not in addresses


def test_terms_are_the_glossarys(server):
    """Oracle: docs/glossary.md; after an edit of it, `python -m tests.terms`."""
    _, _, body = ask(server, "/terms")
    assert json.loads(body) == entries()
    assert "fidelity" in entries()


@pytest.mark.parametrize(
    ("path", "field"),
    [
        (f"/point?{query(distance_km='nan')}", "distance_km must be a finite number"),
        (f"/point?{query(distance_km='-inf')}", "distance_km must be a finite number"),
        (f"/point?{query(t2_s='-1')}", "t2_s must lie in"),
        (f"/point?{query(segments='1e99')}", "segments must lie in"),
        (f"/point?{query(colour='red')}", "query must be one of"),
        ("/point", "hardware must be given once"),
        ("/point?" + "&".join(f"a{k}=1" for k in range(100)), "the query has too many fields"),
        (f"/diagram?{query(seed='x')}", "seed must be a whole number"),
        (f"/diagram?{query(seed='9' * 30)}", "seed must be a whole number"),
        (f"/why?{query(latency='x')}", "latency must be one of"),
    ],
)
def test_bad_queries_are_one_line(server, capfd, path, field):
    """400 with the sentence of the ParameterError as JSON; nothing on the console."""
    status, _, body = ask(server, path)
    message = json.loads(body)["error"]
    assert status == 400
    assert message.startswith(field)
    assert "\n" not in message
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD", "OPTIONS", "BREW"])
def test_only_get(server, method):
    status, _, body = ask(server, "/", method)
    assert status == 405
    assert method == "HEAD" or json.loads(body) == {"error": "this page only answers GET"}


def test_unknown_paths(server):
    for path in (
        "/nothing",
        "/../pyproject.toml",
        "/page.html/..",
        "/%2e%2e/controls.py",
    ):
        assert ask(server, path)[0] == 404


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "", "127.0.0.1.evil.example"]
)
def test_foreign_names_are_refused(server, host):
    """A page elsewhere whose name is made to point here (DNS rebinding) reads nothing."""
    status, _, body = ask(server, f"/point?{query()}", Host=host)
    assert status == 403
    assert "local names" in json.loads(body)["error"]


@pytest.mark.parametrize("host", ["localhost", "localhost:80", "127.0.0.1:8000", "[::1]:8000"])
def test_local_names_are_answered(server, host):
    assert ask(server, "/choices", Host=host)[0] == 200


def test_malformed_addresses_and_long_names_get_a_short_answer(server, capfd):
    """Oracle: 400, one short sentence, nothing on the console."""
    status, _, body = ask(server, f"/point?{'a' * 60_000}=1")
    assert status == 400
    assert len(json.loads(body)["error"]) < 400
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=120) as raw:
        raw.sendall(b"GET http://[bad/point HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert raw.recv(1000).startswith(b"HTTP/1.1 400 ")
    assert capfd.readouterr() == ("", "")


def test_garbage_gets_an_answer_and_the_next_is_served(server, capfd):
    for garbage in (b"\x00\xff\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b""):
        with socket.create_connection(("127.0.0.1", server.server_port), timeout=120) as raw:
            raw.sendall(garbage)
            raw.shutdown(socket.SHUT_WR)
            raw.recv(1000)
    assert ask(server, "/choices")[0] == 200
    assert capfd.readouterr() == ("", "")


def test_work_for_a_browser_that_has_gone_is_skipped(server, monkeypatch):
    """While the turn is taken, a request hangs up: its point is never worked out."""
    played = []
    monkeypatch.setattr(
        "experiments.explore.chain.answers.work_out",
        lambda controls: played.append(controls.distance_km) or {},
    )
    with server.turn:
        gone = socket.create_connection(("127.0.0.1", server.server_port))
        gone.sendall(
            f"GET /point?{query(distance_km='111')} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        )
        time.sleep(0.2)
        gone.close()
    ask(server, f"/point?{query(distance_km='222')}")
    assert played == [222.0]


def test_an_answer_that_json_cannot_hold_is_an_error(server, monkeypatch):
    found = {"figures": float("inf")}
    monkeypatch.setattr("experiments.explore.chain.answers.work_out", lambda _: found)
    status, _, body = ask(server, f"/point?{query()}")
    assert (status, list(json.loads(body))) == (500, ["error"])


def test_what_nobody_foresaw_leaves_the_page_alive(server, monkeypatch, capfd):
    def broken(_):
        message = "a bug"
        raise RuntimeError(message)

    monkeypatch.setattr("experiments.explore.chain.answers.work_out", broken)
    status, _, body = ask(server, f"/point?{query()}")
    assert (status, json.loads(body)) == (500, {"error": "RuntimeError: a bug"})
    monkeypatch.undo()
    assert ask(server, f"/point?{query()}")[0] == 200
    assert "Traceback" not in capfd.readouterr().err


def test_port_in_use_says_what_to_do(server, capsys):
    port = str(server.server_port)
    assert main(["explore", "--no-browser", "--port", port]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"qnet: error: address must be free (got '127.0.0.1:{port}')")
    assert "--port" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "start"),
    [
        (["--port", "70000"], "qnet: error: argument --port: must be a whole number, from 0 to"),
        (["--host", "b\u00fc.example.."], "qnet: error: address must be free"),
        (["--host", "no such name"], "qnet: error: address must be free"),
        (["--hardware", "abacus"], "qnet: error: preset must be one of"),
        (["--port", "x"], "qnet: error: argument --port"),
    ],
)
def test_wrong_arguments(capsys, arguments, start):
    assert main(["explore", "--no-browser", *arguments]) == 2
    assert capsys.readouterr().err.startswith(start)


def test_hardware_to_start_with():
    with Server(port=0, hardware="trapped-ion") as other:
        assert other.start["start"]["t2_s"] == "0.062"
        assert other.is_local
    with pytest.raises(ParameterError, match="did you mean 'trapped-ion'"):
        Server(port=0, hardware="traped-ion")


def test_ctrl_c_ends_cleanly():
    """The command in a process of its own: it prints its address, answers, and ends with 0."""
    command = [sys.executable, "-m", "experiments.cli", "explore", "--port", "0", "--no-browser"]
    # A shell that runs the tests in the background has them ignore Ctrl-C, and children inherit it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
        )
    finally:
        signal.signal(signal.SIGINT, before)
    try:
        line = process.stdout.readline()
        assert line.startswith("qnet explore is at http://127.0.0.1:")
        port = int(line.split(":")[2].split("/")[0])
        with closing(HTTPConnection("127.0.0.1", port, timeout=120)) as connection:
            connection.request("GET", "/")
            assert connection.getresponse().status == 200
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=600)
    finally:
        process.kill()
        process.communicate()
    assert (process.returncode, err) == (0, "")
    assert out.strip() == "qnet explore has ended"
