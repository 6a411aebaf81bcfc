"""Passes of a satellite whose slots are links: pairs of both engines, keys, edges of networks."""

from __future__ import annotations

import dataclasses
from math import sqrt

import numpy as np
import pytest

import qnet
from protocols.satellite.heralded import HeraldedPairs
from protocols.satellite.link_passes import play_slots
from protocols.satellite.slots import Flight, SlotTable
from qnet.errors import EngineError, ParameterError
from qnet.metrics.key_rate import binary_entropy
from qnet.schema import loads, override, parse, read_kind, read_text
from qnet.schema.shipped import find

SOURCE = read_text(find("satellite/source-passes"))
MEMORY = read_text(find("satellite/memory-passes"))


def satellite(text=SOURCE, **changes):
    """A shipped satellite with keys set otherwise."""
    paths = {name.replace("__", "."): value for name, value in changes.items()}
    return read_kind(override(parse(text), paths))


def table(widths, gap=0.0):
    """Slots of one pass of these lengths, a pause between the first half and the rest."""
    widths = np.array(widths, dtype=float)
    begins = np.concatenate([[0.0], np.cumsum(widths)[:-1]])
    begins[len(widths) // 2 :] += gap
    flight = Flight(
        stations=(0, 1),
        satellite=0,
        start=None,
        end=None,
        middle_s=0.0,
        end_s=float(begins[-1] + widths[-1]),
        duration_s=float(widths.sum()),
        maximum_elevation_deg=90.0,
    )
    ones = np.ones((len(widths), 2))
    return SlotTable(
        passes=(flight,),
        offsets=np.array([0, len(widths)]),
        time_s=begins + 0.5 * widths,
        width_s=widths,
        elevation_deg=90.0 * ones,
        range_km=500.0 * ones,
        transmission=ones,
        clear=ones,
    )


def link(p, attempt_s=1e-3, werner=0.9):
    """An abstract link."""
    return qnet.Link(
        success_probability=p, attempt_time_s=attempt_s, state=qnet.states.werner(werner)
    )


def test_a_slot_of_a_link_makes_its_length_times_its_rate():
    """Oracle: n p successes of n Bernoulli trials; drawn counts within 5 standard errors, and the
    errors of Werner pairs, (1 - w)/2 in each basis."""
    plans, slots = [link(0.01), link(0.05, werner=0.6), link(0.2)], table([10.0, 20.0, 5.0])
    means = np.array([10.0 * 10.0, 20.0 * 50.0, 5.0 * 200.0])
    exact = play_slots(plans, slots)
    assert exact.number == pytest.approx(means)
    wrong = exact.counts[:, 1] / exact.counts[:, 0]
    assert wrong == pytest.approx(np.repeat([[0.05], [0.2], [0.05]], 3, axis=1))
    drawn = play_slots(plans, slots, engine="sampled", seed=5)
    assert np.all(np.abs(drawn.number - means) <= 5.0 * np.sqrt(means))
    # One pair of the slot before may end in this one.
    assert drawn.fano[1] == pytest.approx(np.diag([1.0, 0.6, -0.6, 0.6]), rel=1e-3)


def test_the_cut_into_slots_changes_nothing_where_nothing_changes():
    """Oracle: one long slot; the same seed gives the same pairs, and another one others."""
    plan = link(0.05)
    one = play_slots([plan], table([60.0]))
    many = play_slots([plan] * 12, table([5.0] * 12))
    assert many.number.sum() == pytest.approx(one.number.sum())
    slots = table([5.0] * 12)
    draws = [play_slots([plan] * 12, slots, engine="sampled", seed=s).number for s in (1, 1, 2)]
    assert np.array_equal(draws[0], draws[1])
    assert not np.array_equal(draws[0], draws[2])
    assert abs(draws[0].sum() - 3000.0) <= 5.0 * sqrt(3000.0)


def test_a_delivery_that_takes_longer_than_the_pass_never_comes():
    """Oracle: by hand: attempts of 7 s that always succeed give one pair in a pass of 10 s, two in
    15 s, and one on each side of a pause in two halves of 10 s."""
    sure = link(1.0, attempt_s=7.0)
    drawn = [
        play_slots([sure, sure], table(widths, gap), engine="sampled").number.tolist()
        for widths, gap in (([5.0, 5.0], 0.0), ([7.5, 7.5], 0.0), ([10.0, 10.0], 100.0))
    ]
    assert drawn == [[0.0, 1.0], [1.0, 1.0], [1.0, 1.0]]


def test_a_memory_on_board_is_followed_by_both_engines():
    """Oracle: the exact engine's means, slot by slot the law of a repeater; drawn pairs of a pass
    within 5 standard errors, of a spread no wider than that of single photons."""
    changes = {"slot_s": 60.0, "period__days": 0.5, "link__modes": 20}
    scenario = satellite(MEMORY, **changes)
    exact, drawn = scenario.play(engine="exact"), scenario.play(engine="sampled", seed=4)
    assert len(exact.slots.passes) >= 1
    means, counts = exact.counts[:, 0, 0], drawn.counts[:, 0, 0]
    assert np.all(means > 100.0)
    assert np.all(np.abs(counts - means) <= 5.0 * np.sqrt(means) + 1.0)
    rates = [e.counts[:, 1, 1] / e.counts[:, 0, 1] for e in (exact, drawn)]
    assert rates[1] == pytest.approx(rates[0], rel=0.1)


def test_the_key_of_a_pass_follows_its_error_rates():
    """Oracle: q N [1 - h(e_x) - f h(e_z)] by hand; fidelity 1 - (e_x + e_y + e_z)/2."""
    scenario = satellite(security__model="asymptotic", security__basis_bias=None)
    rule = dataclasses.replace(scenario.rule, sifting=0.5)
    assert isinstance(rule, HeraldedPairs)
    counts = np.array([[1e6, 1e6, 1e6], [1e4, 3e4, 3e4]])
    h = [float(binary_entropy(rate)) for rate in (0.01, 0.03)]
    efficiency = scenario.security.security.error_correction_efficiency
    assert rule.key(counts).value == pytest.approx(5e5 * (1.0 - h[1] - efficiency * h[0]))
    assert rule.pass_figures(counts)["fidelity"] == pytest.approx(1.0 - 0.07 / 2.0)
    assert rule.key(0.0 * counts).value == 0.0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"protocol": "decoy-bb84"}, "be left out of decoy-bb84"),
        ({"link": None}, "link.preset must be given"),
        ({"source__clock_hz": 1e8}, "left out of heralded pairs"),
        ({"link__satellite__altitude_km": 500.0}, "elevation_deg must be given"),
        ({"slot_s": 0.0}, "slot_s must be positive"),
        ({"engine": "circuit"}, "engine must be one of"),
        ({"security__model": "lim2014"}, "be one of pairs"),
    ],
)
def test_passes_that_cannot_be_meant_are_refused(changes, words):
    """Oracle: the wording of errors: field, rule, value and cure."""
    with pytest.raises(ParameterError, match=words):
        satellite(**changes).check()


NETWORK = """
kind = "network"
[run]
duration_s = 43200.0
replicas = 4
[topology]
edges = [["A", "B"]]
[[edge]]
ends = ["A", "B"]
satellite = "leo.toml"
[[demand]]
ends = ["A", "B"]
arrivals = "backlog"
"""


@pytest.fixture
def folder(tmp_path):
    """A folder with a source of pairs over stations A and B."""
    text = SOURCE.replace("Berlin OGS", "A").replace("Vienna OGS", "B")
    text = text.replace("slot_s = 30.0", "slot_s = 150.0").replace("days = 1", "days = 0.5")
    (tmp_path / "leo.toml").write_text(text, encoding="utf-8")
    return tmp_path


def test_an_edge_over_a_satellite_makes_pairs_while_it_passes(folder):
    """Oracle: conservation: its mean link times the time it is up is what all slots make, and a
    backlog takes just that, within 5 standard errors."""
    source = qnet.load(folder / "leo.toml")
    made = float(source.play().counts[:, 0, 0].sum())
    link, up, period = source.pass_edge(("A", "B"))
    seconds = sum(end - begin for begin, end in up)
    assert period == 43_200.0
    mean = link.round_success_probability / link.attempt_time_s
    assert mean * seconds == pytest.approx(made, rel=1e-3)
    network = loads(NETWORK, folder=str(folder))
    (fault,) = network.case.faults
    down = np.array(fault.down_s)
    assert down[0, 0] == 0.0
    assert [down[0, 1], down[1, 0]] == pytest.approx(up[0])
    played = network.play()
    pairs = 43_200.0 * played.demands[0].figures["pair_rate_hz"].best
    assert abs(pairs - made) <= 5.0 * sqrt(made / 4.0) + 2.0
    notes = " ".join(network.report(played).notes)
    assert "that pairs come more often high in the sky is averaged away" in notes


def test_networks_over_satellites_refuse_what_they_cannot_play(folder):
    """Oracle: the wording of errors; the exact engine names the one that plays passes."""
    with pytest.raises(EngineError, match="sampled"):
        loads(NETWORK, folder=str(folder)).play(engine="exact")
    warm = NETWORK.replace("replicas = 4", "replicas = 4\nwarm_up_s = 10.0")
    with pytest.raises(ParameterError, match=r"run\.warm_up_s must be 0"):
        loads(warm, folder=str(folder)).play()
    wrong = NETWORK.replace('"B"', '"C"')
    with pytest.raises(ParameterError, match="two of the stations A, B"):
        loads(wrong, folder=str(folder))
    both = NETWORK.replace('satellite = "leo.toml"', 'satellite = "leo.toml"\nlength_km = 3.0')
    with pytest.raises(ParameterError, match="be left out beside satellite"):
        loads(both, folder=str(folder))
