"""``qnet run --engine exact``: figures with certain bounds, and the distribution itself."""

from __future__ import annotations

import json
import re

import pytest

from experiments.cli.main import main
from experiments.scenario import loads
from protocols.repeaters.tables import Exact
from qnet.metrics.figures import figures_in
from tests.experiments.scenario_text import abstract, check_refused, links, scenario_text

TWO = scenario_text(
    link=abstract(0.1, "{ werner = 0.98 }"),
    rest="[memory]\npair_depolarizing_time_s = 400.0\n[swap]\nsuccess_probability = 0.5",
)


def with_exact(*lines: str) -> str:
    return TWO + "[exact]\n" + "\n".join(lines) + "\n"


def test_nothing_is_drawn(qnet_run):
    report = qnet_run(TWO, "--engine", "exact")
    assert (report["engine"], report["seed"], report["shots"]) == ("exact", None, None)
    assert report == qnet_run(TWO, "--engine", "exact", "--shots", "7", "--seed", "5")
    assert report == qnet_run(TWO, "--engine", "exact", "--workers", "2")
    time = report["delivery_time_s"]
    assert time["n"] == 0
    assert time["low"] * (1 - 1e-12) <= 560 / 19 <= time["high"] * (1 + 1e-12)  # P-A5
    assert 0.0 <= report["truncated_mass"] <= 1e-9
    assert report["warnings"] == []
    sampled = qnet_run(TWO)
    assert sorted([*sampled, "truncated_mass", "width"]) == sorted(report)
    assert 0.0 <= report["width"] < 1e-6


def test_distribution(qnet_run):
    """P-A10."""
    report = qnet_run(TWO, "--engine", "exact", "--distribution")
    time, probability, cumulative = (
        report[name] for name in ("time_s", "probability", "cumulative")
    )
    assert len(time) == len(probability) == len(cumulative)
    assert time[:51] == [float(t) for t in range(51)]
    assert probability[1] == pytest.approx(0.005, rel=1e-12)
    assert cumulative[10] == pytest.approx(0.225651211, rel=1e-8)
    assert cumulative[50] == pytest.approx(0.837306377, rel=1e-8)
    assert sum(probability) == pytest.approx(1.0 - report["truncated_mass"], abs=1e-12)


def test_end_of_the_grid(qnet_run):
    report = qnet_run(with_exact("t_max_s = 10.0"), "--engine", "exact", "--distribution")
    assert report["time_s"] == [float(t) for t in range(11)]
    assert report["truncated_mass"] == pytest.approx(1.0 - 0.225651211, rel=1e-8)
    time = report["delivery_time_s"]
    assert time["low"] < 560 / 19 < time["high"]
    whole = qnet_run(TWO, "--engine", "exact")
    for figure in ("fidelity", "qber_x", "secret_key_rate_hz", "rate_hz"):
        cut, true = report[figure], whole[figure]["best"]
        assert cut["low"] < true < cut["high"]


def test_tolerance(qnet_run):
    masses, sizes = [], []
    for tolerance in (0.3, 1e-3, 1e-9):
        text = with_exact(f"tolerance = {tolerance}")
        report = qnet_run(text, "--engine", "exact", "--distribution")
        assert report["truncated_mass"] <= tolerance
        masses.append(report["truncated_mass"])
        sizes.append(len(report["time_s"]))
    assert masses == sorted(masses, reverse=True)
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[2]


def test_bounds_that_are_infinite_are_null(qnet_run):
    # Three attempts one after the other: none of the deliveries is on a grid of two steps.
    chain = 'segments = 3\nstrategy = "sequential"'
    text = scenario_text(chain, abstract(0.5), rest="[exact]\nt_max_s = 2")
    report = qnet_run(text, "--engine", "exact")
    assert report["truncated_mass"] == 1.0
    assert report["delivery_time_s"] == {"low": 2.0, "best": None, "high": None, "n": 0}
    assert "delivery_time_s.high is infinite, shown as null" in report["warnings"]
    assert (report["fidelity"]["low"], report["fidelity"]["high"]) == (0.0, 1.0)


def test_table_for_people(scenario, capsys):
    assert main(["run", scenario(TWO), "--engine", "exact"]) == 0
    lines = capsys.readouterr().out.splitlines()
    expected = r"engine exact, \d+ steps of 1 s, \S+ beyond, which the intervals bound"
    assert re.fullmatch(expected, lines[1])
    assert re.fullmatch(r"delivery time +29\.4737 +s", lines[3])
    assert not any("come by" in line for line in lines)


def test_distribution_for_people(scenario, capsys):
    text = with_exact("t_max_s = 50.0")
    assert main(["run", scenario(text), "--engine", "exact", "--distribution"]) == 0
    out = capsys.readouterr().out
    # P-A10: 83.7 % by the end of this grid.
    assert re.search(r"^50 % come by +22 +s$", out, re.MULTILINE)
    assert re.search(r"^90 % come by +after 50 +s$", out, re.MULTILINE)
    assert out.splitlines()[-1] == "the whole distribution, step by step: --distribution --json"


@pytest.mark.parametrize("engine", [[], ["--engine", "sampled"], ["--engine", "circuit"]])
def test_draws_have_no_distribution(scenario, capsys, engine):
    assert main(["run", scenario(TWO), "--distribution", *engine]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    name = engine[1] if engine else "sampled"
    assert err == (
        f"qnet: error: --distribution must come with --engine exact (got '{name}'); "
        "draws have no distribution: add --engine exact\n"
    )


def test_refusals_name_the_engine_that_can(scenario, capsys):
    chain = 'segments = 3\nstrategy = "swap-asap"'
    text = scenario_text(chain, abstract(0.5), rest='[cutoff]\nkind = "age"\ntime_s = 5')
    assert main(["run", scenario(text), "--engine", "exact"]) == 2
    err = capsys.readouterr().err
    assert "engine='sampled'" in err
    assert err.count("\n") == 1


def test_agreement_of_three_engines(scenario, capsys):
    assert main(["agree", scenario(TWO), "--shots", "20000", "--circuit-shots", "3"]) == 0
    out = capsys.readouterr().out
    found = re.findall(r"^\w+ +exact .* ([+-]\d+\.\d\d) standard errors$", out, re.MULTILINE)
    assert len(found) == len(figures_in("agree")) >= 6
    assert all(abs(float(each)) < 4.5 for each in found)
    assert out.splitlines()[-1] == "the engines agree"


def test_agreement_where_the_exact_engine_cannot(scenario, capsys):
    chain = 'segments = 3\nstrategy = "swap-asap"'
    text = scenario_text(chain, abstract(0.5), rest='[cutoff]\nkind = "age"\ntime_s = 5')
    assert main(["agree", scenario(text), "--circuit-shots", "2"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^exact: the exact engine cannot play ", out, re.MULTILINE)


def test_what_the_file_says_about_the_engine():
    assert loads(TWO).exact == Exact(tolerance=1e-9, t_max_s=None)
    given = loads(with_exact("tolerance = 1e-6", "t_max_s = 100"))
    assert given.exact == Exact(tolerance=1e-6, t_max_s=100.0)
    assert given.notes == (
        "exact.tolerance has no effect: exact.t_max_s sets the end of the time grid",
    )
    assert loads(with_exact("t_max_s = 100")).notes == ()


PROBABILITY = "give the probability that may lie beyond the time grid"
REFUSED = {
    "tolerance zero": ("tolerance = 0", "exact.tolerance", "lie in (0, 1)", PROBABILITY),
    "tolerance one": ("tolerance = 1.0", "exact.tolerance", "lie in (0, 1)", PROBABILITY),
    "tolerance negative": ("tolerance = -1e-9", "exact.tolerance", "lie in (0, 1)", PROBABILITY),
    "tolerance a text": ('tolerance = "1e-9"', "exact.tolerance", "be a number", "without quotes"),
    "tolerance nan": ("tolerance = nan", "exact.tolerance", "be a finite number", "give a finite"),
    "time zero": ("t_max_s = 0.0", "exact.t_max_s", "be positive", "above zero"),
    "time infinite": ("t_max_s = inf", "exact.t_max_s", "be a finite number", "number in s"),
    "time a flag": ("t_max_s = true", "exact.t_max_s", "be a number", "give a number in s"),
    "width zero": ("width = 0.0", "exact.width", "lie in (0, 1)", "how wide a figure may be"),
    "width a text": ('width = "1e-3"', "exact.width", "be a number", "without quotes"),
    "a typo": ("tolerence = 1e-9", "exact.tolerence", "be a key of [exact]", "mean tolerance?"),
    "without unit": ("t_max = 10.0", "exact.t_max", "be a key of [exact]", "mean t_max_s?"),
}


@pytest.mark.parametrize(("line", "field", "rule", "hint"), REFUSED.values(), ids=list(REFUSED))
def test_refused(line, field, rule, hint):
    check_refused(with_exact(line), field, rule, hint)


def test_keys_in_the_wrong_place():
    text = scenario_text(top='kind = "chain"\nt_max_s = 5.0')
    check_refused(text, "t_max_s", "be a key of the scenario file", "it belongs in [exact]")
    check_refused(TWO + "[exakt]\n", "exakt", "be a key of the scenario file", "mean exact?")


def test_a_grid_shorter_than_a_step(scenario, capsys):
    assert main(["run", scenario(with_exact("t_max_s = 0.5")), "--engine", "exact"]) == 2
    assert capsys.readouterr().err == (
        "qnet: error: exact.t_max_s must be at least 1 (got 0.5); "
        "give at least one step of the grid, 1 s\n"
    )


def test_json_of_the_distribution_is_plain(scenario, capsys):
    path = scenario(with_exact("t_max_s = 3.0"))
    assert main(["run", path, "--engine", "exact", "--distribution", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["time_s"] == [0.0, 1.0, 2.0, 3.0]
    assert report["probability"][0] == 0.0


ION = """
kind = "chain"
shots = 20000
[chain]
segments = 2
length_km = 20
classical_latency = true
[link]
preset = "trapped-ion"
"""


def test_durations_that_fit_no_grid_are_played_outright(qnet_run):
    """Against the sampled engine: four standard errors."""
    exact, sampled = qnet_run(ION, "--engine", "exact"), qnet_run(ION, "--seed", "4")
    assert exact["width"] < 1e-6
    assert not any("grid" in warning for warning in exact["warnings"])
    for name in ("rate_hz", "fidelity"):
        drawn, found = sampled[name], exact[name]
        reach = 4.0 * (drawn["high"] - drawn["low"]) / 3.92
        assert found["low"] - reach < drawn["best"] < found["high"] + reach


def test_a_grid_that_was_asked_for_is_not_replaced(scenario, capsys):
    text = ION + "[exact]\nt_max_s = 1.0\n"
    assert main(["run", scenario(text), "--engine", "exact"]) == 2
    assert "common time grid" in capsys.readouterr().err


def unequal(rest: str, success: float = 1.0, taus=(1.0, 1.0077)) -> str:
    """Two links of unequal attempts."""
    parts = [abstract(success, "{ werner = 0.98 }", tau) for tau in taus]
    return links("".join(f"[[links]]\n{part}\n" for part in parts) + rest)


def test_x1_sure_links_of_unequal_attempts(qnet_run):
    """Closed form: one pair waits .0077 s, its coherence time is .05 s."""
    text = unequal("[memory]\nt2_s = 0.1")
    report = qnet_run(text, "--engine", "exact", "--distribution")
    assert report["fidelity"]["best"] == pytest.approx(0.901762, abs=5e-7)
    assert report["delivery_time_s"]["best"] == pytest.approx(1.0077, rel=1e-12)
    assert report["time_s"] == pytest.approx([1.0077])
    assert report["probability"] == pytest.approx([1.0])
    assert report["width"] < 1e-12


def test_h1_attempts_that_never_meet(scenario, capsys):
    """Number theory: no multiple of 1 is one of the square root of two."""
    text = unequal('[cutoff]\nkind = "difference"\ntime_s = 0', 0.1, (1.0, 2.0**0.5))
    assert main(["run", scenario(text), "--engine", "exact"]) == 2
    err = capsys.readouterr().err
    assert "no pair would ever come" in err
    assert err.count("\n") == 1


#: Rounds that fail below a parent, of too many sums to be listed.
DEEP = links(
    "".join(
        f"[[links]]\n{abstract(0.004, '{ werner = 0.98 }', tau)}\n"
        for tau in (1.0, 1.4142136, 1.7320508, 2.2360680)
    )
    + "[swap]\nsuccess_probability = 0.5\n[memory]\npair_depolarizing_time_s = 4000.0\n",
    "segments = 4",
)


def test_brackets_are_as_narrow_as_asked_for(qnet_run):
    """Four standard errors of the sampled engine, and each within the wider one."""
    found = {
        width: qnet_run(DEEP, "--engine", "exact", "--width", str(width)) for width in (0.1, 1e-3)
    }
    for width, report in found.items():
        assert report["width"] <= width
        assert any(
            text.startswith("every figure lies within its interval for certain: bracket")
            for text in report["warnings"]
        )
    drawn = qnet_run(DEEP, "--shots", "4000")
    for name in ("delivery_time_s", "rate_hz", "fidelity", "qber_x", "qber_z"):
        wide, narrow, sampled = (each[name] for each in (*found.values(), drawn))
        assert wide["low"] <= narrow["high"]
        assert narrow["low"] <= wide["high"]
        reach = 4.0 * (sampled["high"] - sampled["low"]) / 3.92
        assert narrow["low"] - reach < sampled["best"] < narrow["high"] + reach
    text = DEEP + "[exact]\nwidth = 0.1\n"
    assert qnet_run(text, "--engine", "exact")["width"] == found[0.1]["width"]


def test_a_width_that_is_not_reached_is_said(scenario, capsys):
    assert main(["run", scenario(DEEP), "--engine", "exact", "--width", "1e-12"]) == 2
    err = capsys.readouterr().err
    assert re.search(r"reached a width of \S+, not the width of 1e-12 that was asked for", err)
    assert "engine='sampled'" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("width", ["0", "1", "-0.1", "nan", "inf"])
def test_widths_that_are_none(scenario, capsys, width):
    assert main(["run", scenario(TWO), "--engine", "exact", f"--width={width}"]) == 2
    assert "exact.width must" in capsys.readouterr().err


def test_samples_have_no_width_to_ask_for(scenario, capsys):
    assert main(["run", scenario(TWO), "--width", "0.1"]) == 2
    assert "--width must come with --engine exact" in capsys.readouterr().err
