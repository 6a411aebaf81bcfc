"""Scenario files: what is written is what the plan does."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

import experiments
from experiments.scenario import load, loads
from protocols import from_tree, nested, recurrence, sequential, swap_asap
from qnet import Cutoff, Gates, Link, Memory, Station, play, preset
from qnet.errors import ParameterError
from qnet.links import DoubleClick, HeraldedAttempt, MidpointSource, SingleClick, scheme_of
from qnet.states import fano_from_weights, werner
from tests.experiments.scenario_text import TOP, abstract, links, scenario_text

#: Ready scenarios of one run; those for ``qnet sweep`` hold many.
READY = [
    path
    for path in sorted((Path(experiments.__file__).parent / "scenarios").glob("*.toml"))
    if "[sweep" not in path.read_text(encoding="utf-8")
]


def plan_of(chain: str, rest: str = "", link: str = abstract(0.1)):
    return loads(scenario_text(chain=chain, link=link, rest=rest)).plan()


def simple_link(**changes) -> Link:
    values = {"success_probability": 0.1, "attempt_time_s": 1.0, "state": werner(1.0), **changes}
    return Link(**values)


def test_defaults():
    scenario = loads(scenario_text(top='kind = "chain"'))
    assert (scenario.seed, scenario.shots) == (1, 100_000)
    assert scenario.plan() == nested([simple_link()] * 2)
    assert scenario.plob_bits_per_use is None
    assert scenario.length_km is None
    assert scenario.notes == ("[swap] is missing: swaps are taken as perfect",)
    assert (scenario.key.protocol, scenario.key.error_correction_efficiency) == ("bb84", 1.0)


STRATEGIES = {
    "nested": ('strategy = "nested"', nested),
    "swap-asap": ('strategy = "swap-asap"', swap_asap),
    "sequential": ('strategy = "sequential"', sequential),
    "tree": (
        "tree = [[0, [1, 2]], 3]",
        lambda links, **options: from_tree(links, [[0, [1, 2]], 3], **options),
    ),
}


@pytest.mark.parametrize(("key", "builder"), STRATEGIES.values(), ids=list(STRATEGIES))
def test_strategies(key, builder):
    rest = "[swap]\nsuccess_probability = 0.5\ncnot_depolarizing = 0.02\nreadout_flip = 0.01"
    gates = Gates(two_qubit_depolarizing=0.02, readout_flip_0=0.01, readout_flip_1=0.01)
    station = Station(success_probability=0.5, gates=gates)
    chain = f"segments = 4\nlength_km = 200\nclassical_latency = true\n{key}"
    expected = builder([simple_link(length_km=50.0)] * 4, stations=station, classical_latency=True)
    assert plan_of(chain, rest) == expected


def test_cutoffs():
    link = simple_link()
    one = '[cutoff]\nkind = "age"\ntime_s = 7'
    rule = Cutoff(kind="age", time_s=7.0)
    assert plan_of("segments = 4", one) == nested([link] * 4, cutoffs=rule)
    asap = 'segments = 4\nstrategy = "swap-asap"'
    assert plan_of(asap, one) == swap_asap([link] * 4, cutoff=rule)
    two = '[cutoff]\nkind = "difference"\ntime_s = [16.0, 31]'
    rules = [Cutoff(kind="difference", time_s=time) for time in (16.0, 31.0)]
    assert plan_of("segments = 4", two) == nested([link] * 4, cutoffs=rules)


@pytest.mark.parametrize("level", [0, 1, 2])
def test_distillation_on_a_level(level):
    rest = f'[distill]\nscheme = "bbpssw"\nrounds = 2\nlevel = {level}'
    better = {level: lambda pair: recurrence(pair, scheme="bbpssw", rounds=2)}
    assert plan_of("segments = 4", rest) == nested([simple_link()] * 4, improve=better)


def test_distillation_of_swap_asap():
    link, asap = simple_link(), 'segments = 3\nstrategy = "swap-asap"'
    on_links = swap_asap([recurrence(link)] * 3)
    assert plan_of(asap, '[distill]\nscheme = "dejmps"') == on_links
    at_the_end = recurrence(swap_asap([link] * 3))
    assert plan_of(asap, "[distill]\nlevel = 1") == at_the_end


def test_gates_of_distillation_are_its_own():
    rest = "[swap]\ncnot_depolarizing = 0.1\n[distill]\nreadout_flip = 0.01"
    plan = plan_of("segments = 2", rest)
    assert plan.station.gates == Gates(two_qubit_depolarizing=0.1)
    assert plan.left.gates == Gates(readout_flip_0=0.01, readout_flip_1=0.01)


def test_memory_times_of_a_pair_are_shared_by_its_qubits():
    """Oracle: both qubits decay, so the pair's rate is twice that of a qubit."""
    times = "pair_depolarizing_time_s = 10\npair_dephasing_time_s = 3\nt1_s = 5\nt2_s = 4"
    scenario = loads(scenario_text(rest=f"[memory]\n{times}"))
    memory = scenario.plan().left.left
    assert memory == Memory(depolarizing_time_s=20.0, dephasing_time_s=6.0, t1_s=5.0, t2_s=4.0)
    assert memory == Memory(
        pair_depolarizing_time_s=10.0, pair_dephasing_time_s=3.0, t1_s=5.0, t2_s=4.0
    )
    assert not any("version 0.1" in note for note in scenario.notes)


def test_memory_times_of_a_qubit_are_those_of_a_memory_and_say_so():
    """Oracle: Memory of Python; version 0.1 read the same key as a stored pair's."""
    scenario = loads(scenario_text(rest="[memory]\ndepolarizing_time_s = 10\ndephasing_time_s = 3"))
    memory = scenario.plan().left.left
    assert memory == Memory(depolarizing_time_s=10.0, dephasing_time_s=3.0)
    assert scenario.notes[-2:] == tuple(
        f"memory.{key} is one qubit's time; version 0.1 read it as a stored pair's: write "
        f"pair_{key} for that"
        for key in ("depolarizing_time_s", "dephasing_time_s")
    )


@pytest.mark.parametrize("key", ["depolarizing_time_s", "dephasing_time_s"])
def test_a_time_of_qubit_and_pair_at_once_is_refused(key):
    """Oracle: the issue's rule, in a file and in Python."""
    both = f"pair_{key} = 2\n{key} = 1"
    rule = f"memory.pair_{key} must not be given together with memory.{key} (got 2); keep one"
    with pytest.raises(ParameterError, match=re.escape(rule)):
        loads(scenario_text(rest=f"[memory]\n{both}"))
    with pytest.raises(ParameterError, match=f"pair_{key} must not be given together with {key}"):
        Memory(**{key: 1.0, f"pair_{key}": 2.0})


STATES = {
    "{ werner = 0.9 }": werner(0.9),
    "{ fidelity = 0.925 }": werner(0.9),
    "{ fidelity = 1 }": werner(1.0),
    "{ bell_diagonal = [0.7, 0.15, 0.1, 0.05] }": fano_from_weights([0.7, 0.15, 0.1, 0.05]),
}


@pytest.mark.parametrize(("text", "fano"), STATES.items())
def test_states(text, fano):
    scenario = loads(scenario_text(link=abstract(0.1, text)))
    assert scenario.plan().left.fano == pytest.approx(fano, abs=1e-15)


def test_bell_weights_come_back_in_the_order_of_the_file():
    weights = [0.7, 0.15, 0.1, 0.05]
    link = abstract(0.1, f"{{ bell_diagonal = {weights} }}")
    result = play(loads(scenario_text(chain="segments = 1", link=link)).plan(), shots=10, seed=1)
    assert [figure.best for figure in result.bell_diagonal] == pytest.approx(weights, abs=1e-12)


def test_unequal_links():
    text = links(
        f"[[links]]\n{abstract(0.1)}\n[[links]]\n{abstract(0.3)}\nmodes = 4\n",
        "segment_lengths_km = [80, 20]",
    )
    scenario = loads(text)
    first, second = scenario.plan().links()
    assert (first.success_probability, first.modes, first.length_km) == (0.1, 1, 80.0)
    assert (second.success_probability, second.modes, second.length_km) == (0.3, 4, 20.0)


def test_plob_bound():
    """-log2(1 - eta) at 100 km and 0.2 dB/km is 0.0144995697 (P-F1)."""
    for chain in ("segments = 4\nlength_km = 100", "segment_lengths_km = [80, 20]"):
        scenario = loads(scenario_text(chain=chain))
        assert scenario.plob_bits_per_use == pytest.approx(0.0144995697, abs=1e-9)
    lossy = "[fibre]\nloss_db_per_km = 0.4"
    scenario = loads(scenario_text(chain="segments = 1\nlength_km = 50", rest=lossy))
    assert scenario.plob_bits_per_use == pytest.approx(0.0144995697, abs=1e-9)
    assert loads(scenario_text(chain="segments = 1\nlength_km = 0")).plob_bits_per_use == math.inf


def test_single_click_numbers_given_outright():
    """P-D3: alpha 0.1, eta 1e-3, V 0.9, dark count 1e-6."""
    link = """
    scheme = "single-click"
    transmission = 1e-3
    attempt_time_s = 5.5e-6
    bright_state_population = 0.1
    visibility = 0.9
    dark_count_probability = 1e-6
    """
    built = plan_of("segments = 1", link=link)
    assert built.success_probability == pytest.approx(0.000201988898, rel=1e-6)
    result = play(built, shots=10, seed=1)
    assert result.fidelity.best == pytest.approx(0.86916233, abs=1e-6)
    assert built.attempt_time_s == 5.5e-6


@pytest.mark.parametrize("kind", ["", 'phase_noise_kind = "drift"'])
def test_single_click_with_phase_noise(kind):
    """P-J3: 43.8152891 pairs per second of fidelity 0.668984344; both kinds agree to 1e-3."""
    link = f"""
    scheme = "single-click"
    transmission = 4e-4
    attempt_time_s = 5.5e-6
    bright_state_population = 0.3
    visibility = 0.9
    phase_noise_deg = 15.0
    dark_count_probability = {-math.expm1(-20.0 * 25e-9)!r}
    {kind}
    """
    built = plan_of("segments = 1", link=link)
    rate = built.success_probability / built.attempt_time_s
    tolerance = 1e-3 if kind else 1e-7
    assert rate == pytest.approx(43.8152891, rel=tolerance)
    fidelity = play(built, shots=10, seed=1).fidelity.best
    assert fidelity == pytest.approx(0.668984344, rel=tolerance)


def test_numbers_given_outright_include_the_wait_for_the_herald():
    """A length then only delays messages."""
    link = 'scheme = "double-click"\ntransmission = [0.1, 0.2]\nattempt_time_s = 1e-3\nmodes = 3'
    rest = "[memory]\nt2_s = 1e-3"
    near, far = (
        plan_of(f"segments = 1\nlength_km = {km}", rest, link).links() for km in (0.0, 100.0)
    )
    (near,), (far,) = near, far
    attempt = HeraldedAttempt(transmission=(0.1, 0.2), attempt_time_s=1e-3)
    expected = DoubleClick(attempt, memory=Memory(t2_s=1e-3), modes=3).link()
    assert near == expected
    assert far.state == near.state
    assert far.signal_time_s == 100.0 / 2e5
    assert expected.success_probability == pytest.approx(0.1 * 0.2 / 2, rel=1e-9)


def test_midpoint_source_given_outright():
    link = (
        'scheme = "midpoint-source"\ntransmission = 0.5\nattempt_time_s = 1e-6\n'
        "pair_probability = 0.1\npair_fidelity = 0.95"
    )
    attempt = HeraldedAttempt(
        transmission=0.5, attempt_time_s=1e-6, pair_probability=0.1, pair_fidelity=0.95
    )
    assert plan_of("segments = 1", link=link) == MidpointSource(attempt).link()


def test_preset():
    """P-J4: 0.0290165236 pairs per second over 50 km."""
    link = plan_of("segments = 1\nlength_km = 50", link='preset = "trapped-ion"')
    assert link.success_probability / link.attempt_time_s == pytest.approx(0.0290165236, rel=1e-8)
    assert link == scheme_of(preset("trapped-ion"), 50.0).link()


def test_preset_overridden():
    link = """
    preset = "nv-2019"
    modes = 2
    [link.emitter]
    bright_state_population = 0.2
    [link.detector]
    efficiency = 0.9
    """
    rest = "[fibre]\nloss_db_per_km = 0.5\n[memory]\nt2_s = 3.0"
    built = plan_of("segments = 1\nlength_km = 10", rest, link)
    # The efficiency of the arm: what the preset has, with the other detector, and half the fibre.
    eta = 3.5e-4 / 0.8 * 0.9 * 10 ** (-0.5 * 5.0 / 10)
    attempt = HeraldedAttempt(
        transmission=eta,
        attempt_time_s=5.5e-6 + 10.0 / 206753.41931034482,
        bright_state_population=0.2,
        visibility=0.9,
        dark_count_probability=-math.expm1(-20.0 * 25e-9),
        phase_noise_deg=15.0,
        double_excitation_probability=0.04,
    )
    expected = SingleClick(attempt, memory=Memory(t2_s=3.0), modes=2).link()
    assert built.success_probability == pytest.approx(expected.success_probability, rel=1e-12)
    assert built.attempt_time_s == pytest.approx(expected.attempt_time_s, rel=1e-12)
    assert (built.modes, built.left) == (2, Memory(t2_s=3.0))


def test_memory_of_a_preset_keeps_its_storage_efficiency():
    text = 'preset = "rare-earth-multimode"'
    chain = "segments = 1\nlength_km = 10"
    own = plan_of(chain, link=text)
    better = plan_of(chain, "[memory]\nt2_s = 1.0", text)
    assert better.left == Memory(t2_s=1.0, efficiency=0.51, modes=62)
    assert better.success_probability == pytest.approx(own.success_probability, rel=1e-12)
    assert (own.modes, better.modes) == (62, 62)
    replaced = plan_of(chain, link=text + "\n[link.memory]\nefficiency = 1.0")
    assert replaced.success_probability > 3.0 * own.success_probability


def test_swaps_between_presets_have_their_gates_unless_given():
    chain, link = "segments = 2\nlength_km = 20", 'preset = "nv-2019"'
    scenario = loads(scenario_text(chain=chain, link=link))
    assert scenario.plan().station.gates == preset("nv-2019").node.gates
    (note,) = scenario.notes
    assert note.startswith("[swap] has the gates of the links' preset; cnot_depolarizing or ")
    given = loads(scenario_text(chain=chain, link=link, rest="[swap]\nreadout_flip = 0.0"))
    assert given.plan().station.gates == Gates()
    assert given.notes == ()
    distilled = loads(scenario_text(chain=chain, link=link, rest="[distill]\nrounds = 1"))
    assert distilled.plan().left.gates == preset("nv-2019").node.gates
    assert [note.split()[0] for note in distilled.notes] == ["[swap]", "[distill]"]


def test_notes_say_what_has_no_effect():
    alone = loads(scenario_text(chain="segments = 1", rest="[swap]\nreadout_flip = 0.1"))
    assert alone.notes == ("[swap] has no effect: a chain of one segment has no swap",)
    assert alone.plan() == simple_link()
    nowhere = loads(scenario_text(chain="segments = 2\nclassical_latency = true"))
    assert nowhere.notes[0] == "classical_latency has no effect: the chain has no length"


def test_key_table():
    rest = '[key]\nprotocol = "six-state"\nerror_correction_efficiency = 1.2'
    key = loads(scenario_text(rest=rest)).key
    assert (key.protocol, key.error_correction_efficiency) == ("six-state", 1.2)


@pytest.mark.parametrize("path", READY, ids=lambda path: path.stem)
def test_ready_scenarios_run(path):
    scenario = load(path)
    assert scenario.name == path.stem
    result = play(scenario.plan(), shots=200, seed=scenario.seed, key=scenario.key)
    assert 0.25 < result.fidelity.best < 1.0
    has_key = path.stem not in ("single-click", "trapped-ion")
    assert (result.secret_key_fraction.best > 0.0) is has_key


def test_there_are_ready_scenarios():
    assert len(READY) >= 6


def test_the_file_of_the_documentation(tmp_path):
    """Every key of the format, in one file."""
    path = tmp_path / "all.toml"
    path.write_text(
        TOP
        + """
[chain]
segments = 4                       # with length_km
length_km = 200
strategy = "nested"
classical_latency = false
[link]
scheme = "abstract"
success_probability = 0.1
attempt_time_s = 1.0
state = { werner = 0.98 }
modes = 1
[fibre]
loss_db_per_km = 0.2
speed_km_per_s = 2e5
[memory]
pair_depolarizing_time_s = 400.0
[swap]
success_probability = 0.5
cnot_depolarizing = 0.0
readout_flip = 0.0
[cutoff]
kind = "difference"
time_s = 10.0
[distill]
scheme = "dejmps"
rounds = 1
level = 0
""",
        encoding="utf-8",
    )
    link = simple_link(
        state=werner(0.98),
        left=Memory(depolarizing_time_s=800.0),
        right=Memory(depolarizing_time_s=800.0),
        length_km=50.0,
    )
    expected = nested(
        [link] * 4,
        stations=Station(success_probability=0.5, perfect=True),
        cutoffs=Cutoff(kind="difference", time_s=10.0),
        improve={0: recurrence},
    )
    assert load(path).plan() == expected
