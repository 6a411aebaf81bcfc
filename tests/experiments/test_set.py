"""``--set PATH=VALUE``: keys of a scenario file, set on the command line."""

from __future__ import annotations

import json

import pytest

from experiments.cli.main import main
from tests.experiments.scenario_text import abstract, scenario_text

CHAIN = scenario_text(top='kind = "chain"\nseed = 3\nshots = 500')


@pytest.fixture
def chain(tmp_path):
    """A scenario of two segments, as a path."""
    path = tmp_path / "chain.toml"
    path.write_text(CHAIN, encoding="utf-8")
    return str(path)


def _report(capsys, *arguments):
    assert main(["run", *arguments, "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return json.loads(out)


def test_a_key_that_is_set_is_as_if_it_stood_in_the_file(chain, tmp_path, capsys):
    """Oracle: a file that says so; the same seed gives the same digits."""
    changed = tmp_path / "changed" / "chain.toml"
    changed.parent.mkdir()
    text = scenario_text(top='kind = "chain"\nseed = 4\nshots = 500', link=abstract(0.25))
    changed.write_text(text, encoding="utf-8")
    given = ["--set", "seed=4", "--set", "link.success_probability = 0.25"]
    assert _report(capsys, chain, *given) == _report(capsys, str(changed))


def test_a_bare_word_is_a_text_and_a_table_may_be_new(chain, capsys):
    """Oracle: the title, which says the strategy; a cut-off lowers the rate."""
    assert main(["run", chain, "--set", "chain.strategy=swap-asap"]) == 0
    assert "2 segments, swap-asap" in capsys.readouterr().out
    cut = ["--set", "cutoff.kind=difference", "--set", "cutoff.time_s=0.0"]
    rates = [_report(capsys, chain, *given)["rate_hz"]["best"] for given in ([], cut)]
    assert rates[1] < rates[0]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("chain.lenght_km=200", "chain.lenght_km must be a key of [chain] (got 200); did you mean"),
        ("chian.length_km=200", "did you mean chain?"),
        ("length_km=200", "it belongs in [chain]"),
        ("link.success_probability=2", "link.success_probability must lie in [0, 1] (got 2)"),
        ("link.success_probability", "--set must be PATH=VALUE"),
        ("shots=1 2", "--set must give a value as in TOML (got 'shots=1 2')"),
        ("link[0].modes=2", "link[0].modes must "),
        ("chain.segments.more=1", "chain.segments.more must be the path of a key in a table"),
    ],
)
@pytest.mark.parametrize("command", ["run", "cite", "timeline"])
def test_a_wrong_path_or_value_is_refused_before_any_work(command, given, said, chain, capsys):
    """Oracle: one sentence, as for the file."""
    assert main([command, chain, "--set", given]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("qnet: error: ")
    assert said in err


def test_a_sweep_with_a_key_set_is_another_sweep(tmp_path, capsys):
    """Oracle: the store, which keeps both apart and shares the points that they share."""
    file, store = tmp_path / "some.toml", str(tmp_path / "some.db")
    file.write_text(CHAIN + '[sweep]\n"link.success_probability" = [0.1, 0.2]\n')
    sweep = ["sweep", str(file), "--store", store, "--workers", "1"]
    assert main(sweep) == 0
    assert main([*sweep, "--set", "memory.t2_s=1e3"]) == 0
    assert " 0 fresh samples" not in capsys.readouterr().out
    assert main([*sweep, "--set", "memory.t2_s=1e3"]) == 0
    assert " 0 fresh samples" in capsys.readouterr().out


def test_an_axis_of_a_sweep_is_not_set(tmp_path, capsys):
    """Oracle: every point would set it anew."""
    file, store = tmp_path / "some.toml", tmp_path / "some.db"
    file.write_text(CHAIN + '[sweep]\n"link.success_probability" = [0.1, 0.2]\n')
    given = ["--set", "link.success_probability=0.3"]
    assert main(["sweep", str(file), "--store", str(store), "--workers", "1", *given]) == 2
    assert "must set no axis of the sweep" in capsys.readouterr().err
    assert not store.exists()


@pytest.mark.parametrize(
    ("command", "text", "given", "same"),
    [
        ("run", 'kind = "bb84"\npulses = 1000', "seed=7", 'kind = "bb84"\npulses = 1000\nseed = 7'),
        (
            "run",
            'kind = "cv"\nsymbols = 4000\nmodulation_variance = 4.0\ntransmission = 0.5',
            "transmission=0.25",
            'kind = "cv"\nsymbols = 4000\nmodulation_variance = 4.0\ntransmission = 0.25',
        ),
        (
            "keyrate",
            'kind = "entangled"\nmodel = "bb84"\nqber = 0.05',
            "model=six-state",
            'kind = "entangled"\nmodel = "six-state"\nqber = 0.05',
        ),
    ],
)
def test_a_key_is_set_in_files_of_every_kind(command, text, given, same, tmp_path, capsys):
    """Oracle: a file that says so."""
    path = tmp_path / "some.toml"
    found = []
    for content, arguments in ((text, ["--set", given]), (same, []), (text, [])):
        path.write_text(content, encoding="utf-8")
        assert main([command, str(path), "--json", *arguments]) == 0
        found.append(capsys.readouterr().out)
    assert found[0] == found[1] != found[2]
