"""Malformed key networks: each is refused before any work, with field, rule, value and hint."""

from __future__ import annotations

import re
import tomllib

import pytest

import qnet
from experiments.cli.main import main
from qnet.schema import override, read_kind, to_toml
from tests.protocols.malformed import blocks

BASE = """
kind = "key-network"
seed = 1
[run]
duration_s = 10.0
replicas = 2
[topology]
edges = [["A", "B"], ["B", "C"], ["A", "C"]]
[link]
key_rate_hz = 2304.0
qber = 0.02
[[demand]]
ends = ["A", "C"]
rate_hz = 10.0
"""

READ = list(blocks("malformed_key_networks.txt"))
PLAYED = list(blocks("malformed_key_networks_played.txt"))


def test_there_are_enough_of_them():
    # Oracle: the number that was asked for, and more.
    assert len(READ) + len(PLAYED) >= 25


@pytest.mark.parametrize(("changes", "message"), READ)
def test_a_malformed_key_network_is_not_read(changes, message):
    """Oracle: the messages, written down and judged by eye."""
    with pytest.raises(qnet.QnetError) as caught:
        read_kind(override(tomllib.loads(BASE), changes))
    assert str(caught.value) == message
    # Field, rule, value, hint: one sentence, and what to do about it.
    assert re.fullmatch(r"\S.* must .+ \(got .+\); \S.+", message)


@pytest.mark.parametrize(("changes", "message"), PLAYED)
def test_what_cannot_be_played_is_not_played(changes, message):
    """Oracle: the messages, written down and judged by eye."""
    scenario = read_kind(override(tomllib.loads(BASE), changes))
    with pytest.raises(qnet.QnetError) as caught:
        scenario.play()
    assert str(caught.value) == message


def test_the_command_line_says_it_in_one_line(tmp_path, capsys):
    # Oracle: the message of the reader, and the exit code for wrong scenarios.
    path = tmp_path / "city.toml"
    path.write_text(to_toml(override(tomllib.loads(BASE), {"relay.routes": 3})))
    assert main(["run", str(path)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("qnet: error: relay.routes must be at most 2: so many routes")
    assert said.count("\n") == 1


def test_a_request_larger_than_the_store_is_a_warning():
    """Oracle: by hand; the store holds 200 bits, a key has 256."""
    scenario = read_kind(override(tomllib.loads(BASE), {"store.capacity_bits": 200}))
    report = scenario.report(scenario.play())
    assert report.result.demands[0].figures["refused_fraction"].best == 1.0
    assert any("demand[0], A - C, can never be served" in said for said in report.warnings)
    reserved = {"store": {"capacity_bits": 300, "reserve_bits": 100}}
    scenario = read_kind(override(tomllib.loads(BASE), reserved))
    assert any(
        "never holds more than 200" in said for said in scenario.report(scenario.play()).notes
    )
