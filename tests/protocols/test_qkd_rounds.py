"""Rounds grouped by setting are equal in law to one circuit per round."""

import numpy as np
import pytest
from qiskit.primitives import StatevectorSampler
from qiskit_aer import AerSimulator
from qiskit_aer.primitives import SamplerV2
from scipy.stats import binom, chi2, chi2_contingency

from protocols.qkd import BB84, E91, EntanglingProbe, InterceptResend, Line, sample_settings
from protocols.qkd.alias_sampler import Alias
from protocols.qkd.detections import arrival_count, arrival_numbers
from protocols.qkd.outcome_table import OutcomeTable
from qnet.errors import ParameterError, UnknownNameError
from qnet.hardware.gates import Gates
from qnet.noise import from_gates

#: One test in a hundred thousand may fail by chance.
RARE = 1e-5

NOISE = from_gates(Gates(single_qubit_depolarizing=0.05, readout_flip_0=0.03, readout_flip_1=0.06))
NAMES = ("bit_alice", "basis_alice", "basis_bob", "eve", "bit_bob")


def histogram(values: dict, names=NAMES) -> np.ndarray:
    """How often each combination of the named columns comes, by a code in base 4."""
    code = sum(values[name].astype(int) * 4**k for k, name in enumerate(names))
    return np.bincount(code, minlength=4 ** len(names))


def same_law(first: np.ndarray, second: np.ndarray) -> bool:
    """Chi-square test of two histograms."""
    seen = first + second > 0
    return chi2_contingency(np.stack([first[seen], second[seen]])).pvalue > RARE


def test_grouped_rounds_equal_one_aer_circuit_per_round():
    protocol = BB84(eve=InterceptResend(fraction=0.5), noise=NOISE)
    settings = protocol.settings()
    rng = np.random.default_rng(11)
    chances = [setting.probability for setting in settings]
    drawn = rng.choice(len(settings), p=chances, size=3000)
    simulator = AerSimulator(noise_model=NOISE.model, method="density_matrix", seed_simulator=5)
    # One shot per round, each with its own seed.
    results = simulator.run([settings[k].circuit for k in drawn], shots=1).result()
    rows = {name: [] for name in NAMES}
    for place, k in enumerate(drawn):
        for name, value in settings[k].labels.items():
            rows[name].append(value)
        words = next(iter(results.get_counts(place))).split()
        registers = [register.name for register in settings[k].circuit.cregs]
        rows["bit_bob"].append(int(words[::-1][registers.index("bit_bob")]))
    one_by_one = {name: np.array(values) for name, values in rows.items()}
    grouped = protocol.play(100_000, seed=3).columns
    assert same_law(histogram(one_by_one), histogram(grouped))
    noiseless = BB84(eve=InterceptResend(fraction=0.5)).play(100_000, seed=3).columns
    assert not same_law(histogram(one_by_one), histogram(noiseless))


@pytest.mark.parametrize(
    "protocol",
    [BB84(eve=InterceptResend(fraction=0.5)), BB84(eve=EntanglingProbe(strength=0.2)), E91()],
)
def test_any_sampler_gives_the_same_law(protocol):
    names = [name for name in (*NAMES, "bit_alice") if name in protocol.table().columns]
    expected = histogram(protocol.play(100_000, seed=4).columns, names)
    samplers = [SamplerV2(seed=3)]
    if not isinstance(protocol.eve, InterceptResend):
        # This one has no measurement in the middle of a circuit.
        samplers.append(StatevectorSampler(seed=3))
    for sampler in samplers:
        rounds = sample_settings(protocol.settings(), 40_000, sampler, np.random.default_rng(8))
        assert len(rounds) == rounds.total == 40_000
        assert same_law(histogram(rounds.columns, names), expected)


def test_rounds_keep_no_memory_of_the_round_before():
    """Pairs of neighbours are independent: no order is left of the grouping."""
    for rounds in (
        BB84().play(60_000, seed=6),
        sample_settings(BB84().settings(), 60_000, SamplerV2(seed=4), np.random.default_rng(9)),
    ):
        code = rounds["bit_bob"] + 2 * rounds["basis_bob"] + 4 * rounds["basis_alice"]
        table = np.zeros((8, 8), dtype=int)
        np.add.at(table, (code[:-1:2], code[1::2]), 1)
        assert chi2_contingency(table).pvalue > RARE
        early, late = code[:30_000], code[30_000:]
        assert same_law(np.bincount(early, minlength=8), np.bincount(late, minlength=8))


def test_alias_draws_its_distribution():
    weights = np.array([0.5, 0.0, 1e-3, 3.0, 0.7, 0.7])
    found = np.bincount(Alias(weights).draw(10**6, np.random.default_rng(2)), minlength=6)
    expected = 10**6 * weights / weights.sum()
    assert found[1] == 0
    seen = expected > 0
    statistic = ((found - expected)[seen] ** 2 / expected[seen]).sum()
    assert statistic < chi2.isf(RARE, seen.sum() - 1)


@pytest.mark.parametrize("weights", [[], [0.0, 0.0], [0.5, -0.1], [np.nan]])
def test_alias_refuses_what_is_no_distribution(weights):
    with pytest.raises(ParameterError, match="be a distribution"):
        Alias(weights)


def test_arrivals_are_a_bernoulli_process():
    rng = np.random.default_rng(5)
    numbers = arrival_numbers(0.2, 200_000, rng)
    assert numbers[0] >= 0
    assert numbers[-1] < 200_000
    assert (np.diff(numbers) > 0).all()
    assert abs(len(numbers) - 40_000) < 5 * np.sqrt(200_000 * 0.16)
    halves = np.histogram(numbers, 10, (0, 200_000))[0]
    assert ((halves - 4000.0) ** 2 / 3200).sum() < chi2.isf(RARE, 10)
    assert len(arrival_numbers(0.0, 100, rng)) == 0
    assert arrival_numbers(1.0, 5, rng).tolist() == [0, 1, 2, 3, 4]


def test_dead_time_both_ways():
    """Drawn one by one or counted at once; both against the chance of k in few rounds."""
    rng = np.random.default_rng(7)
    one_by_one = [len(arrival_numbers(0.3, 12, rng, 3)) for _ in range(4000)]
    at_once = [arrival_count(0.3, 12, rng, 3) for _ in range(4000)]
    # P(at least k) = P(k successes or more in 12 - 3 (k - 1) trials).
    at_least = [1.0] + [binom.sf(k - 1, 12 - 3 * (k - 1), 0.3) for k in (1, 2, 3)] + [0.0]
    expected = 4000 * -np.diff(at_least)
    for found in (one_by_one, at_once):
        counts = np.bincount(found, minlength=4)
        assert ((counts - expected) ** 2 / expected).sum() < chi2.isf(RARE, 3)
    gaps = np.diff(arrival_numbers(0.5, 10_000, rng, 7))
    assert gaps.min() == 8


def test_a_table_says_what_is_wrong():
    column = {"bit": np.array([0, 1], np.uint8)}
    with pytest.raises(ParameterError, match="sum to one"):
        OutcomeTable(columns=column, probabilities=[0.5, 0.4])
    with pytest.raises(ParameterError, match="fit"):
        OutcomeTable(columns=column, probabilities=[0.5, 0.25, 0.25])
    table = OutcomeTable(columns=column, probabilities=[0.5, 0.5])
    with pytest.raises(UnknownNameError, match="bit"):
        table.probability(bitt=1)
    with pytest.raises(UnknownNameError):
        _ = table.draw(10, np.random.default_rng(1))["basis"]


def test_counts_are_those_of_the_rounds():
    """Registered and silent rounds of each setting add up to what was sent."""
    protocol = BB84(line=Line(transmission=0.3))
    rounds = protocol.play(100_000, seed=8)
    counts = rounds.counts()
    assert counts.counts.sum() == counts.total == 100_000
    assert counts.of(click_bob=1) == len(rounds)
    assert (np.diff(rounds.number) > 0).all()
    for basis in (0, 1):
        sent = counts.of(basis_alice=basis)
        assert abs(sent - 50_000) < 5 * np.sqrt(25_000)
        assert abs(counts.of(basis_alice=basis, click_bob=1) - 0.3 * sent) < 5 * np.sqrt(
            sent * 0.21
        )
