"""The live page of a key network over HTTP: what is shown of recorded states, and to whom.

Oracles: the recorded states themselves; that nothing but what is named leaves the server (a value
that stands for a secret is in every state); the care that is taken of ``qnet explore``.
"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from subprocess import PIPE

import pytest

pytest.importorskip("aiohttp")

from experiments.cli.main import main
from experiments.kme_page.overview import NetworkHistory, overview
from experiments.kme_page.server import KmePage
from qnet.errors import ParameterError
from tests.experiments.kme_states import ALARM, ENDS, SECRET, ToldStates, calm, spied
from tests.protocols.key_management.links import wait_for
from tests.protocols.key_management.started_kmes import free_ports

PAIR = """
kind = "key-network"

[topology]
edges = [["A", "B"]]

[link]
key_rate_hz = 1000.0

[kme]
port = {port}
"""


def shown(states, history=None, time_s=0.0):
    return overview(states, ENDS, history or NetworkHistory(), name="city", time_s=time_s)


def by_name(rows, name):
    return next(row for row in rows if row["name"] == name)


def test_a_calm_network():
    """Levels, error rates, pairs and users as the nodes tell them; nothing has stopped."""
    found = shown(calm())
    assert (found["summary"], found["alarms"]) == ("All nodes are ready.", [])
    edge = by_name(found["edges"], "A--B")
    assert (edge["level_bits"], edge["state"], edge["stopped"]) == (90_912, "running", "")
    assert edge["qber"] == {"low": 0.0144, "best": 0.0183, "high": 0.0229, "n": 3990}
    assert edge["used_bits"] == 2 * 35_008
    assert [(user["sae"], user["node"], user["keys"]) for user in found["users"]] == [
        ("alice", "A", 12),
        ("bob", "C", 7),
    ]
    assert [(pair["from"], pair["to"], pair["ready_keys"]) for pair in found["pairs"]] == [
        ("A", "C", 48),
        ("C", "A", 48),
    ]
    assert by_name(found["nodes"], "B")["counters"]["delivered"] == 12


def test_a_spy_on_an_edge():
    """One end's alarm stops the edge on the page, though the other has yet to hear of it."""
    for order in ("ABC", "CBA"):
        states = spied()
        found = shown({node: states[node] for node in order})
        assert found["summary"] == "Edge A--B has stopped."
        assert found["alarms"] == [ALARM]
        edge = by_name(found["edges"], "A--B")
        assert (edge["stopped"], edge["alarm"]["errors"], edge["level_bits"]) == (ALARM, 1096, 0)
        assert not by_name(found["edges"], "A--C")["stopped"]


def test_nodes_that_do_not_answer():
    """An edge is told by its other end; of one without ends that answer nothing is known."""
    states = calm() | {"A": None}
    found = shown(states)
    assert found["summary"] == "Node A does not answer."
    assert by_name(found["edges"], "A--B")["level_bits"] == 90_912
    gone = shown(dict.fromkeys("ABC"))
    assert gone["summary"] == "Nodes A, B, C do not answer."
    assert {edge["state"] for edge in gone["edges"]} == {"unknown"}
    states["B"]["ready"] = False
    assert shown(states)["summary"] == "Node A does not answer. Node B is not ready yet."


def test_levels_and_rates_over_time():
    """A point each two seconds and the newest, for five minutes; rates over the last minute."""
    history, states = NetworkHistory(), calm()
    for second in range(400):
        for state in states.values():
            for edge in state["edges"]:
                edge["level_bits"] = 10 * second
                edge["link"]["key_bits"] = 100 * second + max(0, second - 300) * 900
        states["A"]["users"][0]["bits"] = 64 * second
        found = shown(states, history, float(second))
    edge = by_name(found["edges"], "B--C")
    assert edge["levels"][-1] == [399.0, 3990]
    assert len(edge["levels"]) == 150
    assert edge["levels"][0][0] >= 99.0
    assert edge["made_bit_per_s"] == pytest.approx(1000.0)
    assert found["users"][0]["bit_per_s"] == pytest.approx(64.0)


@contextmanager
def serving(folder):
    with KmePage(folder, period_s=0.05) as page, page.in_thread(poll_s=0.02):
        yield page


def ask(page, path, method="GET", **headers):
    with closing(HTTPConnection("127.0.0.1", page.server_port, timeout=60)) as connection:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


def test_the_server_asks_and_the_browser_does_not(tmp_path):
    """Nodes are asked with the manager's certificate, what is told is passed on, no secret is."""
    with ToldStates(tmp_path) as told, serving(tmp_path) as page:
        status, _, body = ask(page, "/network")
        found = json.loads(body)
        assert status == 200
        assert found["name"] == tmp_path.name
        assert found["summary"] == "All nodes are ready."
        assert SECRET in json.dumps(told.states)
        assert SECRET not in body.decode()
        told.states = spied()
        wait_for(lambda: json.loads(ask(page, "/network")[2])["alarms"] == [ALARM])
        told.states = calm() | {"B": None}
        wait_for(lambda: "B does not" in json.loads(ask(page, "/network")[2])["summary"])
        assert set(told.asked) == {"manager"}


def test_what_the_page_may_load_and_who_may_ask(tmp_path):
    """Files from here alone, a strict policy, GET alone, local names alone, no path beside."""
    with ToldStates(tmp_path), serving(tmp_path) as page:
        for path in ("/", "/page.css", "/page.js", "/charts.js"):
            status, headers, body = ask(page, path)
            assert status == 200
            policy = headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'self'; img-src data:;")
            assert "unsafe" not in policy
            text = body.decode().replace("http://www.w3.org/2000/svg", "")
            assert "http:" not in text
            assert "https:" not in text
            assert "style=" not in text
        for host in ("evil.example", "127.0.0.1.evil.example", ""):
            assert ask(page, "/network", Host=host)[0] == 403
        for method in ("POST", "PUT", "DELETE"):
            assert ask(page, "/network", method)[0] == 405
        for path in ("/overview.py", "/../up.json", "/certs/manager.key", "/page.html/.."):
            assert ask(page, path)[0] == 404


def test_what_is_refused(tmp_path):
    """No folder of a network, no certificate, an address that others reach."""
    with pytest.raises(ParameterError, match="--dir must be of a network that was started"):
        KmePage(tmp_path)
    urls = {"A": "https://127.0.0.1:1"}
    (tmp_path / "up.json").write_text(json.dumps({"kmes": urls, "edges": {}}))
    with pytest.raises(ParameterError, match=r"ca\.crt must be there"):
        KmePage(tmp_path)
    for host in ("0.0.0.0", "::", "example.org", "192.0.2.1"):
        with pytest.raises(ParameterError, match="--host must be a loopback address"):
            KmePage(tmp_path, host)


def test_the_page_as_a_command(tmp_path):
    """``qnet kme page`` says where it is, answers, and ends on an interrupt with 0."""
    command = [sys.executable, "-m", "experiments.cli", "kme", "page", "--port", "0", "--dir"]
    with (
        ToldStates(tmp_path),
        subprocess.Popen([*command, tmp_path], stdout=PIPE, text=True) as run,
    ):
        line = run.stdout.readline()
        address = line.removeprefix("the page of the network is at ").split()[0]
        with urllib.request.urlopen(f"{address}network", timeout=60) as answer:
            assert json.load(answer)["summary"] == "All nodes are ready."
        run.send_signal(signal.SIGINT)
        assert run.stdout.read() == "\nthe page has ended\n"
        assert run.wait(60) == 0


def test_a_page_that_cannot_be_served(tmp_path, capsys):
    """One line, exit code 2."""
    assert main(["kme", "page", "--dir", str(tmp_path)]) == 2
    assert "--dir must be of a network that was started" in capsys.readouterr().err


def test_a_page_beside_the_network_whose_port_is_taken(tmp_path, capsys):
    """``qnet kme up --page`` with a port in use ends before a node begins: one line, code 2."""
    scenario = tmp_path / "pair.toml"
    scenario.write_text(PAIR.format(port=free_ports(2)))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        run = str(tmp_path / "run")
        assert main(["kme", "up", str(scenario), "--dir", run, "--page", port]) == 2
    assert f"address must be free (got '127.0.0.1:{port}')" in capsys.readouterr().err
    assert not list((tmp_path / "run" / "nodes").rglob("keys.sqlite"))
