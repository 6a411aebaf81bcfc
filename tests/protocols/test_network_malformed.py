"""Malformed networks: each is refused before any work, with field, rule, value and hint."""

from __future__ import annotations

import re
import tomllib

import pytest

import qnet
from experiments.cli.main import main
from qnet.schema import override, read_kind, to_toml
from tests.experiments.scenario_text import network_file
from tests.protocols.malformed import blocks

BASE = network_file(
    '[[demand]]\nends = ["A", "B"]\nrate_hz = 0.05\n', run="duration_s = 10.0\nreplicas = 2"
)


READ = list(blocks("malformed_networks.txt"))
PLAYED = list(blocks("malformed_network_routes.txt"))


def test_there_are_enough_of_them():
    # Oracle: the number that was asked for, and more.
    assert len(READ) + len(PLAYED) >= 110


@pytest.mark.parametrize(("changes", "message"), READ)
def test_a_malformed_network_is_not_read(changes, message):
    """Oracle: the messages, written down and judged by eye."""
    with pytest.raises(qnet.QnetError) as caught:
        read_kind(override(tomllib.loads(BASE), changes))
    assert str(caught.value) == message
    # Field, rule, value, hint: one sentence, and what to do about it.
    assert re.fullmatch(r"\S.* must .+ \(got .+\); \S.+", message)


@pytest.mark.parametrize(("changes", "message"), PLAYED)
def test_a_network_without_a_good_route_is_not_played(changes, message):
    """Oracle: the messages, written down and judged by eye; the fidelities by hand."""
    scenario = read_kind(override(tomllib.loads(BASE), changes))
    with pytest.raises(qnet.QnetError) as caught:
        scenario.play()
    assert str(caught.value) == message


def test_the_command_line_says_it_in_one_line(tmp_path, capsys):
    # Oracle: the message of the reader, and the exit code for wrong scenarios.
    path = tmp_path / "network.toml"
    path.write_text(to_toml(override(tomllib.loads(BASE), {"run.replicas": 0})))
    assert main(["run", str(path)]) == 2
    message = "run.replicas must be at least 1 (got 0); give a whole number, 1 or more"
    assert capsys.readouterr().err == f"qnet: error: {message}\n"


def test_a_number_of_shots_is_refused_with_what_a_network_has(tmp_path, capsys):
    # Oracle: a network is played for a time.
    path = tmp_path / "network.toml"
    path.write_text(BASE)
    assert main(["run", str(path), "--shots", "10"]) == 2
    said = capsys.readouterr().err
    assert "--shots must be left out with a network (got 10)" in said
    assert "run.duration_s and run.replicas" in said
