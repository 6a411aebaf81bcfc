"""Malformed scenarios: which field, which rule, which value, and what to do is said."""

from __future__ import annotations

import pytest

import qnet
from experiments.scenario import loads
from tests.experiments.scenario_text import TOP, WERNER, abstract, check_refused, scenario_text


def chain(text: str, **sections: str) -> str:
    return scenario_text(chain=text, **sections)


def rest(text: str, **sections: str) -> str:
    return scenario_text(rest=text, **sections)


def top(text: str) -> str:
    return scenario_text(top=text)


DEEP = "[" * 200 + "0" + ", 1]" * 200

# What is wrong: (scenario, field, part of the rule, part of the hint).
SCENARIOS = {
    "empty file": ("", "kind", "be given", 'add kind = "chain" at the top'),
    "no TOML": ("kind = = 3", "scenario file", "valid TOML at line 1, column 8", "invalid value"),
    "TOML broken in line 2": ("a = 1\nb = [1", "scenario file", "be valid TOML", "unclosed array"),
    "key twice": ("a = 1\na = 2", "scenario file", "last line", "overwrite"),
    "nesting without end": ("a = " + "[" * 9999, "scenario file", "be valid TOML", ""),
    "unknown kind": (top('kind = "ring"'), "kind", "be one of 'chain'", ""),
    "near-miss kind": (top('kind = "chian"'), "kind", "be one of 'chain'", "did you mean 'chain'"),
    "kind a number": (top("kind = 1"), "kind", "be one of", ""),
    "unknown top-level key": (top(TOP + "\nsead = 2"), "sead", "be a key of", "did you mean seed"),
    "key of a table at the top": (top(TOP + "\nsegments = 2"), "segments", "key of", "[chain]"),
    "zero shots": (top('kind = "chain"\nshots = 0'), "shots", "be at least 1", "whole number"),
    "negative shots": (top('kind = "chain"\nshots = -5'), "shots", "be at least 1", ""),
    "shots with exponent": (
        top('kind = "chain"\nshots = 1e5'),
        "shots",
        "be a whole number",
        "write shots = 100000",
    ),
    "shots a text": (top('kind = "chain"\nshots = "many"'), "shots", "be a whole number", ""),
    "shots true": (top('kind = "chain"\nshots = true'), "shots", "be a whole number", ""),
    "huge shots": (top('kind = "chain"\nshots = 1' + "0" * 400), "shots", "be at most", "smaller"),
    "negative seed": (top('kind = "chain"\nseed = -1'), "seed", "be at least 0", "0 or more"),
    "fractional seed": (top('kind = "chain"\nseed = 1.5'), "seed", "be a whole number", ""),
    "date as seed": (top('kind = "chain"\nseed = 2026-01-01'), "seed", "be a whole number", ""),
    "no chain": (f"{TOP}\n[link]\n{WERNER}", "chain.segments", "be given", "under [chain]"),
    "chain no table": (f"{TOP}\nchain = 3", "chain", "be a table", "[chain]"),
    "no segments": (chain("length_km = 10"), "chain.segments", "be given", "segments = 2"),
    "zero segments": (chain("segments = 0"), "chain.segments", "be at least 1", ""),
    "too many segments": (chain("segments = 1000000"), "chain.segments", "be at most", ""),
    "segments a text": (chain('segments = "4"'), "chain.segments", "be a whole number", ""),
    "length with unit": (
        chain('segments = 2\nlength_km = "200 km"'),
        "chain.length_km",
        "be a number",
        "give a number in km, without quotes and unit",
    ),
    "length in metres": (
        chain("segments = 2\nlength_m = 2e5"),
        "chain.length_m",
        "be a key of [chain]",
        "did you mean length_km",
    ),
    "negative length": (
        chain("segments = 2\nlength_km = -1"),
        "chain.length_km",
        "not be negative",
        "",
    ),
    "infinite length": (
        chain("segments = 2\nlength_km = inf"),
        "chain.length_km",
        "be a finite number",
        "km",
    ),
    "lengths twice": (
        chain("segments = 2\nlength_km = 2\nsegment_lengths_km = [1, 1]"),
        "chain.length_km",
        "not be given together with chain.segment_lengths_km",
        "keep one",
    ),
    "lengths mismatch": (
        chain("segments = 3\nsegment_lengths_km = [80, 120]"),
        "chain.segments",
        "equal chain.segment_lengths_km",
        "2 entries",
    ),
    "no lengths": (chain("segment_lengths_km = []"), "chain.segment_lengths_km", "lie in 1", ""),
    "lengths no list": (
        chain("segment_lengths_km = 80"),
        "chain.segment_lengths_km",
        "be a list of numbers",
        "[...]",
    ),
    "one bad length": (
        chain('segment_lengths_km = [80, "120"]'),
        "chain.segment_lengths_km[1]",
        "be a number",
        "km",
    ),
    "length nan": (
        chain("segment_lengths_km = [nan]"),
        "chain.segment_lengths_km[0]",
        "be a finite number",
        "",
    ),
    "unknown strategy": (
        chain('segments = 2\nstrategy = "swapasap"'),
        "chain.strategy",
        "be one of 'nested', 'sequential', 'swap-asap'",
        "did you mean 'swap-asap'",
    ),
    "strategy and tree": (
        chain('segments = 2\nstrategy = "nested"\ntree = [0, 1]'),
        "chain.strategy",
        "not be given together with chain.tree",
        "keep one",
    ),
    "tree misses a link": (
        chain("segments = 4\ntree = [[0, 1], 3]"),
        "chain.tree",
        "hold the links 0 to 3 in order",
        "link 2 is missing",
    ),
    "tree repeats a link": (
        chain("segments = 3\ntree = [[0, 1], [1, 2]]"),
        "chain.tree",
        "in order",
        "link 1 appears more than once",
    ),
    "tree beyond the last link": (
        chain("segments = 3\ntree = [[0, 1], 3]"),
        "chain.tree",
        "in order",
        "there is no link 3",
    ),
    "tree negative": (chain("segments = 2\ntree = [-1, 0]"), "chain.tree", "", "no link -1"),
    "tree in disorder": (chain("segments = 2\ntree = [1, 0]"), "chain.tree", "", "neighbours"),
    "tree of three": (chain("segments = 3\ntree = [0, 1, 2]"), "chain.tree", "pairs", "two parts"),
    "tree a text": (chain('segments = 2\ntree = "01"'), "chain.tree", "whole numbers", "[[0, 1]"),
    "tree of fractions": (chain("segments = 2\ntree = [0, 1.0]"), "chain.tree", "whole", ""),
    "tree too deep": (chain(f"segments = 201\ntree = {DEEP}"), "chain.tree", "deep", "balance"),
    "sequential too long": (
        chain('segments = 1000\nstrategy = "sequential"'),
        "chain.segments",
        "with sequential",
        "nested or swap-asap",
    ),
    "latency a text": (
        chain('segments = 2\nclassical_latency = "no"'),
        "chain.classical_latency",
        "be true or false",
        "without quotes",
    ),
    "fibre key in chain": (
        chain("segments = 2\nloss_db_per_km = 0.2"),
        "chain.loss_db_per_km",
        "be a key of [chain]",
        "[fibre]",
    ),
    "T2 above twice T1": (
        rest("[memory]\nt1_s = 1.0\nt2_s = 3.0"),
        "memory.t2_s",
        "not exceed 2 t1_s",
        "lower t2_s",
    ),
    "memory time zero": (
        rest("[memory]\ndepolarizing_time_s = 0"),
        "memory.depolarizing_time_s",
        "be positive",
        "",
    ),
    "memory time infinite": (
        rest("[memory]\ndephasing_time_s = inf"),
        "memory.dephasing_time_s",
        "be a finite number",
        "leave the key out",
    ),
    "British spelling": (
        rest("[memory]\ndepolarising_time_s = 1"),
        "memory.depolarising_time_s",
        "be a key of [memory]",
        "did you mean depolarizing_time_s",
    ),
    "memory in ms": (
        rest("[memory]\nt2_ms = 10"),
        "memory.t2_ms",
        "be a key of [memory]",
        "did you mean t2_s",
    ),
    "light too fast": (
        rest("[fibre]\nspeed_km_per_s = 3e8"),
        "fibre.speed_km_per_s",
        "speed of light in vacuum",
        "2e5",
    ),
    "negative loss": (
        rest("[fibre]\nloss_db_per_km = -0.2"),
        "fibre.loss_db_per_km",
        "not be negative",
        "",
    ),
    "loss with unit": (
        rest('[fibre]\nloss_db_per_km = "0.2 dB/km"'),
        "fibre.loss_db_per_km",
        "be a number",
        "dB/km",
    ),
    "American fiber": (rest("[fiber]"), "fiber", "be a key of the", "did you mean fibre"),
    "swap probability": (
        rest("[swap]\nsuccess_probability = 2"),
        "swap.success_probability",
        "lie in [0, 1]",
        "",
    ),
    "CNOT error": (
        rest("[swap]\ncnot_depolarizing = -1"),
        "swap.cnot_depolarizing",
        "lie in [0, 1]",
        "",
    ),
    "readout error a list": (
        rest("[swap]\nreadout_flip = [0.1, 0.2]"),
        "swap.readout_flip",
        "be a number",
        "",
    ),
    "cut-off without kind": (rest("[cutoff]\ntime_s = 1"), "cutoff.kind", "be given", "difference"),
    "cut-off without time": (rest('[cutoff]\nkind = "age"'), "cutoff.time_s", "be given", "time_s"),
    "cut-off of unknown kind": (
        rest('[cutoff]\nkind = "differnce"\ntime_s = 1'),
        "cutoff.kind",
        "be one of",
        "did you mean 'difference'",
    ),
    "cut-off negative": (
        rest('[cutoff]\nkind = "age"\ntime_s = -1'),
        "cutoff.time_s",
        "not be negative",
        "",
    ),
    "total cut-off zero": (
        rest('[cutoff]\nkind = "total"\ntime_s = 0'),
        "cutoff.time_s",
        "be positive",
        "",
    ),
    "cut-offs too few": (
        chain("segments = 8", rest='[cutoff]\nkind = "age"\ntime_s = [1, 2]'),
        "cutoff.time_s",
        "one entry per nesting level, 3 in all",
        "innermost level first",
    ),
    "cut-offs too many": (
        rest('[cutoff]\nkind = "age"\ntime_s = [1, 2]'),
        "cutoff.time_s",
        "1 in all",
        "",
    ),
    "cut-offs in swap-asap": (
        chain(
            'segments = 4\nstrategy = "swap-asap"', rest='[cutoff]\nkind = "age"\ntime_s = [1, 2]'
        ),
        "cutoff.time_s",
        "be one number with swap-asap",
        "no levels",
    ),
    "distillation scheme": (
        rest('[distill]\nscheme = "dejmp"'),
        "distill.scheme",
        "be one of",
        "did you mean 'dejmps'",
    ),
    "negative rounds": (rest("[distill]\nrounds = -1"), "distill.rounds", "be at least 0", ""),
    "rounds without end": (rest("[distill]\nrounds = 1000"), "distill.rounds", "be at most 32", ""),
    "level too high": (rest("[distill]\nlevel = 2"), "distill.level", "lie in 0 to 1", "level 0"),
    "level in swap-asap": (
        chain('segments = 4\nstrategy = "swap-asap"', rest="[distill]\nlevel = 2"),
        "distill.level",
        "be 0 or 1 with swap-asap",
        "",
    ),
    "key protocol": (
        rest('[key]\nprotocol = "bb48"'),
        "key.protocol",
        "be one of",
        "did you mean 'bb84'",
    ),
    "beyond Shannon": (
        rest("[key]\nerror_correction_efficiency = 0.9"),
        "key.error_correction_efficiency",
        "be at least 1",
        "Shannon limit",
    ),
}


@pytest.mark.parametrize(("text", "field", "rule", "hint"), SCENARIOS.values(), ids=list(SCENARIOS))
def test_scenario_is_refused(text, field, rule, hint):
    check_refused(text, field, rule, hint)


HOPELESS = {
    "never": (abstract(0.0), "", "no pair would ever come"),
    "rarely": (abstract(1e-12), "", "the expected time to one delivered pair is"),
    "cut-off": (abstract(1e-9), '[cutoff]\nkind = "total"\ntime_s = 1', "years"),
}


@pytest.mark.parametrize(("link", "rest", "hint"), HOPELESS.values(), ids=list(HOPELESS))
def test_hopeless_plans_are_refused_before_they_start(link, rest, hint):
    scenario = loads(scenario_text(link=link, rest=rest))
    with pytest.raises(qnet.InfeasiblePlanError) as caught:
        qnet.play(scenario.plan(), shots=scenario.shots, seed=scenario.seed)
    assert caught.value.field == "success_probability"
    assert hint in caught.value.hint


def test_too_much_work_is_refused_with_the_expected_run_time():
    plan = loads(scenario_text()).plan()
    with pytest.raises(
        qnet.InfeasiblePlanError, match=r"expected run time is .* (hours|days|years)"
    ):
        qnet.play(plan, shots=10**15, seed=1)
