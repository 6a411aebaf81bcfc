"""Chains of every generation: rates, errors, resources and the one cost.

Oracles: the reference values P-B3, P-B4 and P-B5 (each a formula of its own evaluated elsewhere);
closed forms and a Monte Carlo of the scheme in this file; the sampled engine.
"""

import math
import tomllib
from dataclasses import replace

import numpy as np
import pytest

from protocols.repeaters import Chain
from protocols.repeaters.all_photonic_table import AllPhotonicTable
from protocols.repeaters.cost import cost_of, resources
from protocols.repeaters.encode_table import EncodeTable
from protocols.repeaters.one_way_table import OneWayTable
from protocols.repeaters.tables import Distillation, Swapping
from qnet import Estimate, Link, preset
from qnet.engines.agree import agree
from qnet.links.all_photonic import AllPhotonic
from qnet.links.relayed import flipped_pair
from qnet.schema import read
from qnet.states import werner
from tests.protocols.generation_chains import chain_of

EXACT = {"rel": 1e-6}


def first_generation(segments=16, **others):
    """P-B5.1: 1000 km without purification."""
    table = EncodeTable(code="none", coupling=0.9, attempts=100, fidelity=0.995)
    return Chain(segments=segments, length_km=1000.0, encode=table, **others)


def second_generation(code="steane", flip=0.004, segments=32, attempts=10):
    """P-B5.2: 1000 km, Steane's code."""
    table = EncodeTable(code=code, coupling=0.9, attempts=attempts, physical_flip=flip)
    return Chain(segments=segments, length_km=1000.0, encode=table)


def third_generation(**changes):
    """P-B5.3: 1000 km, QPC(7, 4) every km."""
    own = {"code": "qpc", "n": 7, "m": 4, "spacing_km": 1.0, "coupling": 0.98}
    own |= {"logical_error": 1e-5, "station_time_s": 1e-6}
    return Chain(length_km=1000.0, one_way=OneWayTable(**{**own, **changes}))


def found(chain):
    """Cost, key rate and error rate by the exact engine."""
    result = chain.play(engine="exact")
    cost, _ = cost_of(result.plan, result.secret_key_rate_hz, chain.length_km)
    return [float(each) for each in (cost, result.secret_key_rate_hz, result.qber_z)]


@pytest.mark.parametrize(
    ("chain", "wanted"),
    [
        (first_generation(), [0.00456969145, 700.266098, 0.0507478605]),
        (second_generation(), [0.00531238084, 843.313034, 0.0104458305]),
        (third_generation(), [7.74197815e-05, 723329.347, 0.00990076137]),
    ],
    ids=["P-B5.1", "P-B5.2", "P-B5.3"],
)
def test_cost_rate_and_error_of_each_generation(chain, wanted):
    """Oracle: P-B5.1 to P-B5.3."""
    assert found(chain) == pytest.approx(wanted, **EXACT)
    # The file says the same.
    values = tomllib.loads(chain.to_toml())
    assert read(Chain, {key: each for key, each in values.items() if key != "kind"}, name="") == (
        replace(chain, name="")
    )


def test_the_least_cost_of_the_first_generation():
    """Oracle: P-B5.4, 0.00385463015 with 20 links; its neighbours cost more."""
    costs = {n: found(first_generation(n))[0] for n in (19, 20, 21)}
    assert costs[20] == pytest.approx(0.00385463015, **EXACT)
    assert min(costs, key=costs.get) == 20


def test_errors_of_encoded_swaps_and_how_many_leave_a_key():
    """Oracles: P-B3.2 (pairs and gates as described), P-B3.3 (61 swaps with Steane, 12 without)."""
    own = {"fidelity": 0.97, "gate_error": 0.01, "readout_flip": 0.005}
    for code, wanted in (("steane", 0.138559649), ("none", 0.228114387)):
        chain = Chain(segments=10, length_km=100.0, encode=EncodeTable(code=code, **own))
        result = chain.play(engine="exact")
        assert float(result.qber_x) == pytest.approx(wanted, **EXACT)
        assert result.secret_key_rate_hz.best == 0.0
        assert "error rates are too high" in result.reason
    for code, most in (("steane", 61), ("none", 12)):
        for segments, has_key in ((most, True), (most + 1, False)):
            chain = second_generation(code, 0.01, segments, 10_000)
            chain = Chain(segments=segments, length_km=10.0, encode=chain.encode)
            assert (float(chain.play(engine="exact").secret_key_rate_hz) > 0.0) is has_key


def test_arrival_over_a_thousand_stations():
    """Oracle: P-B4.4, a tree of 284 photons and QPC(23, 5), and 2n qubits a station."""
    tree = third_generation(
        code="tree", n=None, m=None, branching=(4, 14, 4), coupling=0.95, logical_error=0.0
    )
    parity = third_generation(n=23, m=5, coupling=0.95, logical_error=0.0)
    for chain, wanted, qubits in ((tree, 0.846860781, 568), (parity, 0.857812213, 230)):
        plan = chain.plan()
        assert plan.success_probability == pytest.approx(wanted, **EXACT)
        assert resources(plan).qubits_per_station == qubits
        assert resources(plan).stations == 1000


def test_the_all_photonic_chain():
    """Oracles: P-B4.6; the photons of a source: 28 bare ones, 28 trees of 10 + 50."""
    table = AllPhotonicTable(n=9, m=14, branching=(10, 5), outer_transmission=0.63, inner_loss=0.1)
    plan = Chain(length_km=100.0, all_photonic=table).plan()
    assert plan.success_probability == pytest.approx(0.622545799, **EXACT)
    assert table.photons == 28 + 28 * 60
    assert resources(plan).qubits == 9 * table.photons + 28


def test_a_round_of_sources_and_stations_photon_by_photon():
    """Oracle: the scheme played in this file, 4 standard errors.

    Arms are tried at each station; at each source the tree of the arm that succeeded is measured in
    X on either side, and all others in Z.
    """
    sources, arms, bell, in_x, in_z, rounds = 2, 3, 0.45, 0.97, 0.93, 200_000
    rng = np.random.default_rng(20150415)
    stations = (rng.random((rounds, sources + 1, arms)) < bell).any(axis=2).all(axis=1)
    chances = np.full(2 * arms, in_z)
    chances[[0, arms]] = in_x  # the one that is kept on either side, whichever it is
    trees = (rng.random((rounds, sources, 2 * arms)) < chances).all(axis=(1, 2))
    share = float((stations & trees).mean())
    link = AllPhotonic(sources=sources, arms=arms, bell=bell, measured_x=in_x, measured_z=in_z)
    chance = link.success
    assert abs(share - chance) < 4.0 * math.sqrt(chance * (1.0 - chance) / rounds)


def test_gkp_stations_flip_as_their_noise_says():
    """Oracle: P-B4.8 (t = 0.9, 12 dB for state and ancilla): flip 0.0282038189 a station."""
    spacing_km = -22.0 * math.log(0.9)
    table = OneWayTable(code="gkp", squeezing_db=12.0, spacing_km=spacing_km)
    station = table.station(spacing_km)
    assert station.recovery == 1.0
    assert station.flip_x == pytest.approx(0.0282038189, **EXACT)
    chain = Chain(length_km=3.0 * spacing_km, one_way=table)
    qber = (1.0 - (1.0 - 2.0 * 0.0282038189) ** 3) / 2.0
    assert float(chain.play(engine="exact").qber_z) == pytest.approx(qber, **EXACT)


@pytest.mark.parametrize("name", ["513", "steane", "shor", "qpc-10-4", "surface-3", "tree-4-14-4"])
def test_no_code_sends_a_qubit_past_a_loss_of_one_half(name):
    """Oracle: no cloning. At half loss a station recovers at most half of what comes."""
    table = OneWayTable(code=name, coupling=0.5)
    assert table.station(1e-9).recovery <= 0.5 + 1e-9
    chain = Chain(length_km=200.0, one_way=OneWayTable(code=name, coupling=0.5, spacing_km=1.0))
    # 200 stations leave 2^-200: no engine waits that long.
    assert chain.plan().success_probability < 1e-59


@pytest.mark.parametrize(
    ("table", "changes"),
    [
        ("encode", {"encode.physical_flip": 0.01, "chain.segments": 4}),
        ("encode", {"encode.fidelity": 0.97, "encode.gate_error": 0.01, "chain.segments": 2}),
        ("encode", {"encode.logical_error": 0.01, "chain.strategy": "swap-asap"}),
        ("encode", {"encode.code": "422", "encode.physical_flip": 0.02, "chain.segments": 3}),
        ("one_way", {"one_way.logical_error": 1e-4}),
        ("one_way", {"chain.segments": 2, "one_way.logical_error": 1e-4}),
        ("all_photonic", {"all_photonic.logical_error": 1e-3, "all_photonic.inner_loss": 0.05}),
    ],
)
def test_engines_agree(table, changes):
    """Oracle: the exact engine against the sampled one, in standard errors."""
    plan = chain_of(table, changes).plan()
    agreement = agree(plan, shots=4000, seed=7, engines=["sampled", "exact"], timelines=0)
    assert agreement.comparisons
    assert agreement.holds


def test_purified_pairs_are_encoded():
    """Oracle: the plan by hand; distillation takes twice the pairs of every block."""
    table = EncodeTable(code="513", coupling=0.9, attempts=4, fidelity=0.95)
    chain = Chain(segments=2, length_km=40.0, encode=table, distill=Distillation(rounds=1))
    plan = chain.plan()
    assert [step.step_name for step in plan.nodes()][:3] == ["link", "distill", "encode"]
    assert resources(plan).qubits_per_station == 2 * 5 * 2 * 4
    bare = Chain(segments=2, length_km=40.0, encode=table)
    better, worse = (float(each.play(engine="exact").qber_z) for each in (chain, bare))
    assert better < worse


def test_a_code_in_the_memories_of_a_preset():
    """Oracle: the preset's own gates are what [encode] reads blocks with: the same by hand."""
    own = {"segments": 2, "length_km": 20.0, "link": preset("trapped-ion")}
    by_preset = Chain(**own, encode=EncodeTable(code="repetition-3"))
    gates = preset("trapped-ion").node.gates
    by_hand = Chain(**own, encode=EncodeTable(code="repetition-3"), swap=Swapping(gates=gates))
    assert by_preset.plan() == by_hand.plan()
    assert resources(by_preset.plan()).qubits_per_station == 6


def test_mixed_chains():
    """Oracle: errors and probabilities of the parts; a one-way link beside one with memories."""
    way = OneWayTable(code="qpc", n=7, m=4, coupling=0.98, logical_error=1e-4)
    sent = Chain(length_km=50.0, one_way=way).plan()
    stored = Chain(
        segments=1,
        length_km=10.0,
        encode=EncodeTable(code="steane", attempts=50, physical_flip=0.01),
    ).plan()
    chain = Chain(links=(sent, stored), swap=Swapping())
    result = chain.play(engine="exact")
    flips = (1.0 - 1e-4 * 2.0) ** 50 * (1.0 - 2.0 * 0.00200407497)
    assert float(result.qber_x) == pytest.approx((1.0 - flips) / 2.0, **EXACT)
    counted = resources(result.plan)
    assert (counted.stations, counted.qubits) == (51, 50 * 56 + 14 * 50)


def test_the_cost_has_the_interval_of_the_key_rate_or_a_reason():
    """Oracle: its definition, stations x qubits per station / (R L)."""
    link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.98), modes=3)
    rate = Estimate(1.0, 2.0, 4.0, 100)
    cost, reason = cost_of(link, rate, 10.0)
    assert (cost.low, cost.best, cost.high, reason) == (0.15, 0.3, 0.6, "")
    assert cost_of(link, Estimate.exact(0.0), 10.0) == (
        None,
        "no cost: there is no secret key to share it",
    )
    assert cost_of(link, rate, None) == (None, "no cost: the chain has no length")


def test_flips_of_a_pair_add_up_as_said():
    """Oracle: (1 - (1 - 2P)^N)/2 for either type."""
    pair = np.array(flipped_pair(0.01, 0.03, 5)).diagonal()
    assert (1.0 - pair[3]) / 2.0 == pytest.approx((1.0 - 0.98**5) / 2.0)
    assert (1.0 - pair[1]) / 2.0 == pytest.approx((1.0 - 0.94**5) / 2.0)
