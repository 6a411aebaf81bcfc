"""Intervals that cover, CHSH within what is physical, and keys that are refused with a reason."""

import math
import re

import numpy as np
import pytest
from matplotlib.figure import Figure

from protocols.qkd import (
    BB84,
    BBM92,
    E91,
    DecoyBB84,
    Detectors,
    InterceptResend,
    Line,
    SixState,
    WeakPulses,
)
from protocols.qkd.result import TSIRELSON, chsh_estimate, entangled_fraction, tagged_fraction
from qnet.errors import ParameterError
from qnet.states import werner

REPEATS = 200
#: 190 +- 9: three standard errors of 200 intervals of 95 %.
FEWEST, MOST = 181, 199


def covered(estimates, truth: float) -> int:
    return sum(each.low <= truth <= each.high for each in estimates)


def test_intervals_cover():
    """Clopper and Pearson may cover more often; CHSH covers as it says."""
    w, n = 0.9, 3000
    table = E91(pair=werner(w)).table()
    protocol = E91(pair=werner(w))
    results = [
        protocol.estimate(table.count(n, np.random.default_rng([7, k]))) for k in range(REPEATS)
    ]
    assert covered([r.qber for r in results], (1 - w) / 2) >= FEWEST
    assert covered([r.sifted_bits for r in results], n * 2 / 9) >= FEWEST
    assert FEWEST <= covered([r.chsh for r in results], w * TSIRELSON) <= MOST
    truth = entangled_fraction("device-independent", [(1 - w) / 2], 1.0, w * TSIRELSON)
    assert covered([r.secret_key_fraction for r in results], max(truth, 0.0)) >= FEWEST


def test_intervals_of_a_perfect_chsh_cover_and_reach_the_physical():
    table, protocol = E91().table(), E91()
    estimates = [
        protocol.chsh(table.count(2000, np.random.default_rng([3, k]))) for k in range(REPEATS)
    ]
    assert covered(estimates, TSIRELSON) >= FEWEST
    above = [each for each in estimates if each.best > TSIRELSON]
    assert len(above) > 60
    assert all(each.low <= TSIRELSON for each in above)


def test_no_chsh_above_the_quantum_limit_without_an_interval_that_holds_it():
    for products in (
        [(1, 100, 0), (-1, 0, 100), (1, 100, 0), (1, 100, 0)],
        [(1, 10**6, 0), (-1, 0, 10**6), (1, 10**6, 0), (1, 10**6, 0)],
        [(1, 1, 0), (-1, 0, 1), (1, 1, 0), (1, 1, 0)],
    ):
        estimate = chsh_estimate(products)
        assert estimate.best == pytest.approx(4.0)
        assert estimate.low <= TSIRELSON <= estimate.high
    nothing = chsh_estimate([(1, 0, 0)] * 4)
    assert (nothing.low, nothing.high, nothing.n) == (-4.0, 4.0, 0)


def test_gains_and_key_of_decoy_pulses_cover():
    source = WeakPulses(intensities=(0.5, 0.1, 0.0), probabilities=(0.6, 0.3, 0.1))
    line = Line(transmission=0.1, detectors=Detectors(efficiency=0.3, dark_count_probability=1e-5))
    protocol = DecoyBB84(source=source, line=line)
    table = protocol.table()
    results = [
        protocol.estimate(table.count(10**6, np.random.default_rng([1, k]))) for k in range(REPEATS)
    ]
    for k, share in enumerate(source.probabilities):
        gain = table.probability(intensity=k, click_bob=1) / share
        assert covered([r.yields[k] for r in results], gain) >= FEWEST
    # The key of infinitely many pulses.
    many = protocol.estimate(table.count(10**15, np.random.default_rng(1)))
    truth = many.secret_key_fraction.best
    assert covered([r.secret_key_fraction for r in results], truth) >= FEWEST


@pytest.mark.parametrize(
    ("kind", "threshold"),
    [("bb84", 0.110027864), ("six-state", 0.126193083), ("device-independent", 0.0714917588)],
)
def test_fractions_vanish_at_their_thresholds_p_e1(kind, threshold):
    rates = [threshold] * 2

    def fraction(q: float) -> float:
        chsh = TSIRELSON * (1 - 2 * q)
        return entangled_fraction(kind, [q] * len(rates), 1.0, chsh)

    assert fraction(threshold) == pytest.approx(0.0, abs=1e-7)
    assert fraction(threshold - 1e-3) > 0.0 > fraction(threshold + 1e-3)


def test_fractions_of_the_reference():
    for q, expected in ((0.01, 0.838413728), (0.03, 0.611216284), (0.05, 0.427206086)):
        assert entangled_fraction("bb84", [q, q]) == pytest.approx(expected, abs=1e-9)
    assert tagged_fraction(0.03, 0.03, 1.0) < 0.0


@pytest.mark.parametrize(
    ("protocol", "text"),
    [
        (BB84(eve=InterceptResend()), "too high .24.7 % in Z.* bb84 tolerates 11.0 %"),
        (SixState(eve=InterceptResend(bases=("X", "Y", "Z"))), "six-state tolerates 12.6 %"),
        (BBM92(pair=werner(0.5)), "bb84 tolerates 11.0 %"),
        (E91(pair=werner(0.7)), "CHSH value is too low"),
        (
            BB84(source=WeakPulses(intensities=(0.5,)), line=Line(transmission=0.01)),
            "several photons may explain",
        ),
    ],
)
def test_without_key_it_says_why(protocol, text):
    result = protocol.run(100_000, seed=1)
    assert result.secret_bits.best == result.secret_key_rate_per_pulse.best == 0.0
    assert result.reason.startswith("no key: ")
    assert re.search(text, result.reason)


def test_too_few_rounds_are_not_taken_for_certain():
    result = BB84(line=Line(transmission=1e-9)).run(10, seed=1)
    assert result.qber is None
    assert (result.secret_key_fraction.low, result.secret_key_fraction.best) == (0.0, 0.0)
    assert "play more rounds" in result.reason


def test_a_good_key_grows_with_the_bias():
    even = BB84().run(10**6, seed=2)
    biased = BB84(key_basis_probability=0.9).run(10**6, seed=2)
    assert even.secret_key_rate_per_pulse.best == pytest.approx(0.5, abs=0.01)
    assert biased.secret_key_rate_per_pulse.best == pytest.approx(0.82, abs=0.01)
    with pytest.raises(ParameterError, match="strictly between"):
        BB84(key_basis_probability=1.0)


def test_the_same_seed_gives_the_same_run():
    first, second, other = (
        BB84(line=Line(transmission=0.1)).play(10**5, seed=s) for s in (4, 4, 5)
    )
    assert np.array_equal(first["bit_alice"], second["bit_alice"])
    assert np.array_equal(first.number, second.number)
    assert not np.array_equal(first.number[:100], other.number[:100])


def test_e91_at_the_werner_threshold_of_chsh():
    """S = 2 at w = 1/sqrt 2."""
    result = E91(pair=werner(1 / math.sqrt(2))).run(10**8, seed=6)
    assert abs(result.chsh.best - 2.0) < 0.003


def test_a_run_is_told_in_a_line_drawn_and_tabulated():
    """Oracle: the figures of the run."""
    result = BB84(eve=InterceptResend(fraction=0.3)).run(20_000, seed=1)
    told = f"<QkdResult: bb84, 20000 pulses, seed 1; 95 % intervals; QBER {result.qber}, "
    assert repr(result).startswith(told)
    axes = result.plot(Figure().subplots())
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names[0] == f"QBER: {result.qber}"
    bar = axes.containers[0].lines[2][0].get_segments()[0]
    ends = [100.0 * (end / result.qber.best - 1.0) for end in (result.qber.low, result.qber.high)]
    assert list(bar[:, 0]) == pytest.approx(ends)
    assert axes.get_title() == result.provenance
    frame = result.to_dataframe()
    assert frame.loc["secret_bits", "best"] == result.secret_bits.best
