"""A network that really runs: keys through it, state, a start on what is stored, spies, no residue.

Oracles: the two ends of each key against each other, files and processes of the system, and the
edges that a spy was put on.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from experiments.cli.main import main
from tests.processes import alive, descendants
from tests.protocols.key_management.started_kmes import LIMIT_S, QNET, StartedKmes, free_ports

#: One worker runs them all, where workers can be told so: a network costs more than its tests.
pytestmark = pytest.mark.xdist_group("served network")

SCENARIO = """
kind = "key-network"

[topology]
edges = [["A", "B"], ["B", "C"], ["A", "C"]]

[link]
key_rate_hz = 100000.0

[relay]
scheme = "announced-xor"

[kme]
port = {port}
ready_keys = 8
max_saes = 1
"""
SAES = {"alice": "A", "bob": "C", "erin": "B"}


@pytest.fixture(scope="module")
def kmes(tmp_path_factory):
    running = StartedKmes(tmp_path_factory.mktemp("served"), SCENARIO, saes=SAES)
    running.start()
    yield running
    running.end()


def wait(what, found=bool):
    """What something gives once it is as it should be; an error after a generous time."""
    deadline = time.monotonic() + LIMIT_S
    while not found(value := what()):
        assert time.monotonic() < deadline, value
        time.sleep(0.05)
    return value


def state(kmes, node):
    return kmes.ask("manager", "/manage/v1/state", node=node).json


def states(kmes):
    return {node: state(kmes, node) for node in kmes.ports}


def ask(kmes, name, slave, **body):
    return kmes.ask(name, f"/api/v1/keys/{slave}/enc_keys", node=kmes.saes[name], body=body)


def collect(kmes, name, master, keys):
    listed = {"key_IDs": [{"key_ID": each["key_ID"]} for each in keys]}
    return kmes.ask(name, f"/api/v1/keys/{master}/dec_keys", node=kmes.saes[name], body=listed)


def qnet(*arguments):
    """Exit code, stdout and stderr of a command in a process of its own."""
    done = subprocess.run(
        [*QNET, *map(str, arguments)], capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_it_says_in_one_line_where_it_is(kmes):
    said = json.loads(kmes.said)
    assert said["ready"] is True
    assert list(said["kmes"]) == ["A", "B", "C"]
    ports = [int(url.rpartition(":")[2]) for url in said["kmes"].values()]
    assert ports == [ports[0], ports[0] + 1, ports[0] + 2]


@pytest.mark.parametrize("master", SAES)
@pytest.mark.parametrize("slave", SAES)
def test_both_ends_get_the_same_key_once(kmes, master, slave):
    if master == slave:
        assert ask(kmes, master, slave).status == 400
        return
    keys = wait(lambda: ask(kmes, master, slave, number=2), lambda a: a.status == 200).json["keys"]
    assert len({key["key"] for key in keys}) == 2
    assert all(len(base64.b64decode(key["key"])) == 32 for key in keys)
    assert collect(kmes, slave, master, keys).json["keys"] == keys
    assert collect(kmes, slave, master, keys).status == 400


def test_other_lengths_and_many_keys_are_made_on_demand(kmes):
    asked = lambda: ask(kmes, "alice", "bob", number=40, size=1024)  # noqa: E731
    keys = wait(asked, lambda answer: answer.status == 200).json["keys"]
    assert len({key["key"] for key in keys}) == 40
    assert {len(base64.b64decode(key["key"])) for key in keys} == {128}
    assert collect(kmes, "bob", "alice", keys).json["keys"] == keys


def test_a_key_of_three_is_collected_once_by_each(kmes):
    more = {"additional_slave_SAE_IDs": ["erin"], "number": 2}
    asked = lambda: ask(kmes, "alice", "bob", **more)  # noqa: E731
    keys = wait(asked, lambda answer: answer.status == 200).json["keys"]
    for slave in ("bob", "erin"):
        assert collect(kmes, slave, "alice", keys).json["keys"] == keys
        assert collect(kmes, slave, "alice", keys).status == 400


def test_the_state_says_who_used_what_and_nothing_secret(kmes):
    before = {user["sae"]: user for user in state(kmes, "A")["users"]}
    keys = wait(lambda: ask(kmes, "alice", "erin"), lambda a: a.status == 200).json["keys"]
    collect(kmes, "erin", "alice", keys)
    seen = states(kmes)
    after = {user["sae"]: user for user in seen["A"]["users"]}
    assert after["alice"]["keys"] == before["alice"]["keys"] + 1
    assert after["alice"]["bits"] == before["alice"]["bits"] + 256
    assert [edge["name"] for edge in seen["B"]["edges"]] == ["A--B", "B--C"]
    assert all(edge["level_bits"] > 0 for edge in seen["B"]["edges"])
    assert {pair["to"]: pair["routes"] for pair in seen["A"]["pairs"]} == {
        "B": [["A", "B"]],
        "C": [["A", "C"]],
    }
    log = "".join(path.read_text() for path in kmes.run.glob("nodes/*/log.jsonl"))
    fields = {tuple(json.loads(line)) for line in log.splitlines()}
    assert fields == {("time_s", "level", "part", "message")}
    everything = json.dumps(seen) + log
    for key in keys:
        material = base64.b64decode(key["key"])
        assert key["key"] not in everything
        assert material.hex() not in everything


def test_only_the_manager_sees_the_state_and_only_kmes_call_peers(kmes):
    for name in ("alice", "mallory", "kme-B", "link-A--B"):
        answer = kmes.ask(name, "/manage/v1/state", node="A")
        assert (answer.status, answer.body) == (401, b"")
    for name in ("alice", "mallory", "manager", "link-A--B"):
        answer = kmes.ask(name, "/peer/v1/holdings", node="A", body={})
        assert (answer.status, answer.body) == (401, b"")
    assert kmes.ask("kme-B", "/peer/v1/nothing", node="A", body={}).status == 404
    assert kmes.ask("kme-B", "/peer/v1/allocate", node="A", body={"edge": "B--C"}).status == 400
    assert kmes.ask("kme-B", "/peer/v1/hello", node="A", body=[]).status == 400


def test_a_node_gives_out_no_keys_as_those_of_another_nodes_master(kmes):
    # Oracle: who is an SAE of which node; the keys themselves are the lying node's own.
    held = kmes.ask("kme-B", "/peer/v1/holdings", node="A", body={}).json["waiting"]
    cases = (("bob", "alice", 400), ("erin", "bob", 400), ("erin", "alice", 200))
    for master, slave, status in cases:
        one = {"key_id": held[0], "master": master, "slaves": [slave]}
        answer = kmes.ask("kme-B", "/peer/v1/assign", node="A", body={"assignments": [one]})
        assert answer.status == status
        taken = collect(kmes, "alice", master, [{"key_ID": held[0]}])
        assert taken.status == status


def test_nobody_else_can_read_the_folder(kmes):
    # Oracle: the file system.
    assert kmes.run.stat().st_mode & 0o777 == 0o700
    for path in kmes.run.rglob("*"):
        if path.suffix != ".crt":
            assert path.stat().st_mode & 0o077 == 0, path


def test_no_secret_is_an_argument_or_in_a_dump_of_a_process(kmes):
    # Oracle: /proc: names of files and nodes alone; no core is dumped.
    for pid in descendants(kmes.process.pid):
        with suppress(OSError):
            words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
            assert "Max core file size        0                    0" in (
                Path(f"/proc/{pid}/limits").read_text()
            )
            assert not any(len(word) > 30 and "/" not in word and "." not in word for word in words)


def test_the_state_as_text_and_as_json(kmes):
    code, text, errors = qnet("kme", "state", "--dir", kmes.run)
    assert (code, errors) == (0, "")
    assert "node A is ready" in text
    assert "alice" in text
    code, text, errors = qnet("kme", "state", "--dir", kmes.run, "--json")
    assert (code, list(json.loads(text)["nodes"])) == (0, ["A", "B", "C"])


def test_a_second_start_is_refused(kmes):
    code, out, errors = qnet("kme", "up", kmes.scenario, "--dir", kmes.run)
    assert (code, out, errors.count("\n")) == (2, "", 1)
    assert "--dir must not be in use" in errors
    other = kmes.folder / "other"
    code, out, errors = qnet("kme", "up", kmes.scenario, "--dir", other)
    assert (code, out, errors.count("\n")) == (2, "", 1)
    assert "kme.port must be free" in errors
    code, out, errors = qnet("kme", "serve", kmes.scenario, "--dir", kmes.run, "--node", "A")
    assert (code, out, errors.count("\n")) == (2, "", 1)
    assert "is open in another process" in errors


def test_a_start_goes_on_with_what_is_stored(kmes):
    # Oracle: a key that was handed out before is collected after, once; not even a store that is
    # put back from a copy gives it out again, and it is as good as a new one then.
    home, copy = kmes.run / "nodes" / "C", kmes.folder / "copy"
    keys = wait(lambda: ask(kmes, "alice", "bob"), lambda a: a.status == 200).json["keys"]
    before = state(kmes, "A")["counters"]["delivered"]
    kmes.stop(signal.SIGINT)
    shutil.copytree(home, copy)
    kmes.start()
    assert state(kmes, "A")["counters"]["delivered"] == before
    assert collect(kmes, "bob", "alice", keys).json["keys"] == keys
    assert collect(kmes, "bob", "alice", keys).status == 400
    mark = state(kmes, "C")["peers"]["A"]["mark"]
    wait(lambda: state(kmes, "A")["peers"]["C"]["heard"] >= mark)
    kmes.stop()
    shutil.rmtree(home)
    copy.rename(home)
    kmes.start()
    assert state(kmes, "C")["counters"]["restored"] > 0
    assert collect(kmes, "bob", "alice", keys).status == 400
    keys = wait(lambda: ask(kmes, "alice", "bob"), lambda a: a.status == 200).json["keys"]
    assert collect(kmes, "bob", "alice", keys).json["keys"] == keys


def spy(kmes, one, two, fraction):
    code, _, errors = qnet(
        *("kme", "spy", kmes.scenario, "--dir", kmes.run),
        *("--edge", one, two, "--intercept", fraction),
    )
    assert (code, errors) == (0, "")


def go_round(kmes):
    """Put a spy on A--C: found by both ends, told to B; keys go round, none over that edge."""
    # 30 % intercepted gives about 9 % of errors.
    spy(kmes, "A", "C", 0.3)
    alarm = wait(lambda: state(kmes, "B")["stopped"])
    assert list(alarm) == ["A--C"]
    assert "alarm on edge A--C" in alarm["A--C"]
    wait(lambda: [state(kmes, node)["stopped"] for node in "AC"], all)
    used = used_bits(kmes)
    keys = wait(lambda: ask(kmes, "alice", "bob", number=3), lambda a: a.status == 200)
    keys = keys.json["keys"]
    assert collect(kmes, "bob", "alice", keys).json["keys"] == keys
    pairs = {pair["to"]: pair["routes"] for pair in state(kmes, "A")["pairs"]}
    assert pairs["C"] == [["A", "B", "C"]]
    assert used_bits(kmes) == used


def used_bits(kmes):
    """Key of edge A--C that was used."""
    return [e["used_bits"] for e in state(kmes, "A")["edges"] if e["name"] == "A--C"]


def refuse(kmes):
    """Put a spy on A--B too: A has no way out, and says why."""
    spy(kmes, "B", "A", 1.0)
    wait(lambda: [len(state(kmes, node)["stopped"]) for node in "ABC"], lambda n: set(n) == {2})
    for slave in ("bob", "erin"):
        answer = ask(kmes, "alice", slave)
        assert answer.status == 503
        assert "alarm on edge A--B" in answer.json["message"]
        status = kmes.ask("alice", f"/api/v1/keys/{slave}/status", node="A").json
        assert status["stored_key_count"] == 0
    wait(lambda: ask(kmes, "bob", "erin"), lambda answer: answer.status == 200)


def kill_all_nodes(kmes):
    """Kill every node and channel: the alarms stay."""
    for pid in descendants(kmes.process.pid):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def refused():
        with suppress(OSError):
            answer = ask(kmes, "alice", "bob")
            assert answer.status == 503
            return "alarm on edge A--B" in answer.json["message"]

    wait(refused)


def test_spies_are_found_and_keys_go_round_them_or_are_refused(kmes):
    # Oracle: who was attacked; and in the end, that edges without a spy serve again.
    go_round(kmes)
    refuse(kmes)
    kill_all_nodes(kmes)
    for ends in (("A", "B"), ("A", "C")):
        spy(kmes, *ends, 0)
        wait(lambda ends=ends: qnet("kme", "restart", "--dir", kmes.run, "--edge", *ends)[0] == 0)
    wait(lambda: [state(kmes, node)["stopped"] for node in "ABC"], lambda s: not any(s))
    answer = wait(lambda: ask(kmes, "alice", "bob"), lambda a: a.status == 200)
    assert collect(kmes, "bob", "alice", answer.json["keys"]).json == answer.json


def test_a_kill_of_the_supervisor_ends_every_process(kmes):
    # Oracle: the processes of the system, and a port that can be had again.
    started = descendants(kmes.process.pid)
    assert len(started) >= 6
    kmes.process.kill()
    kmes.process.wait()
    wait(lambda: [pid for pid in started if alive(pid)], lambda left: not left)
    with socket.create_server(("127.0.0.1", kmes.ports["A"])):
        pass
    code, out, errors = qnet("kme", "state", "--dir", kmes.run)
    assert (code, errors) == (1, "")
    assert "node A does not answer" in out


@pytest.mark.parametrize("name", ["aiohttp", "cryptography"])
def test_what_is_not_installed_is_named(kmes, monkeypatch, capsys, name):
    # Oracle: the extra of pyproject.toml that brings it.
    monkeypatch.setattr(
        "experiments.cli.kme_network.find_spec", lambda found: None if found == name else True
    )
    code = main(["kme", "up", str(kmes.scenario), "--dir", str(kmes.run)])
    said = capsys.readouterr().err
    assert (code, said.count("\n")) == (2, 1)
    assert f"{name} must be installed" in said
    assert 'pip install "qnet-emulator[keys]"' in said


REFUSED = {
    "other network": (
        ["up", "{other}", "--dir", "{run}"],
        "--dir must be of the same network",
    ),
    "no network": (["up", "nothing.toml", "--dir", "x"], "scenario file must exist"),
    "no such node": (["serve", "{file}", "--dir", "{run}", "--node", "Z"], "--node must be one of"),
    "no such edge": (
        ["spy", "{other}", "--dir", "{run}", "--edge", "A", "D", "--intercept", "1"],
        "--edge must name two nodes that an edge joins",
    ),
    "too much spy": (
        ["spy", "{file}", "--dir", "{run}", "--edge", "A", "B", "--intercept", "2"],
        "--intercept must lie in [0, 1]",
    ),
    "never started": (["state", "--dir", "{folder}"], "--dir must be of a network that was"),
    "spy of nothing": (
        ["spy", "{file}", "--dir", "{folder}", "--edge", "A", "B", "--intercept", "1"],
        "--dir must be of a network that was",
    ),
    "restart of nothing": (
        ["restart", "--dir", "{run}", "--edge", "A", "Z"],
        "--edge must name two nodes that an edge joins",
    ),
    "too small stores": (
        ["up", "{file}", "--dir", "{run}", "--set", "store.capacity_bits=800"],
        "store.capacity_bits must be at least 896 on edge A--B",
    ),
    "a folder of everybody": (
        ["up", "{file}", "--dir", "{open}"],
        "--dir must be a folder in which nobody else writes",
    ),
    "no action": ([], "ACTION must be given (got 'nothing'); one of certificates, up, serve"),
    "a folder of something else": (
        ["up", "{file}", "--dir", "{alien}"],
        "--dir must be the folder",
    ),
    "a file": (["up", "{file}", "--dir", "{file}"], "--dir must be a folder that can be made"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_meant_is_refused_in_one_line(kmes, tmp_path, capsys, case):
    arguments, sentence = REFUSED[case]
    other = tmp_path / "other.toml"
    text = kmes.scenario.read_text().replace('["B", "C"]', '["B", "C"], ["C", "D"]')
    port = free_ports(4)
    other.write_text(text.replace(f"port = {kmes.ports['A']}", f"port = {port}"))
    (tmp_path / "alien").mkdir()
    (tmp_path / "alien" / "package.json").write_text("{}")
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    places = {
        "run": kmes.run,
        "file": kmes.scenario,
        "other": other,
        "folder": tmp_path,
        "alien": tmp_path / "alien",
        "open": tmp_path / "open",
    }
    code = main(["kme", *(each.format(**places) for each in arguments)])
    captured = capsys.readouterr()
    assert (code, captured.out, captured.err.count("\n")) == (2, "", 1)
    assert sentence in captured.err
