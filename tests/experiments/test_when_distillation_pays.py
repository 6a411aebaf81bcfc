"""Distillation that pays: closed forms without noise of gates and memories, and theorems."""

import math

import pytest

from experiments.studies import when_distillation_pays
from experiments.studies.when_distillation_pays import STUDY, chain, crossing, gates_of
from qnet.engines.exact import play_exact
from tests.oracles import binary_entropy

FIVE_SIGMA = 5.0 / 1.96

ATTEMPT_S = 62.5 / 2e5


@pytest.fixture(scope="module")
def rows():
    return STUDY.rows(quick=True)


@pytest.fixture
def lasting(monkeypatch):
    """Memories that forget nothing."""
    monkeypatch.setattr(when_distillation_pays, "MEMORY_S", math.inf)


def _key(plan):
    return play_exact(plan).secret_key_rate_hz.best


def _fraction(a, b, c, d):
    """Key fraction of a Bell-diagonal state (Phi+, Psi-, Psi+, Phi-)."""
    return 1.0 - binary_entropy(b + c) - binary_entropy(b + d)


def _swapped(fidelity):
    """Two Werner pairs swapped: the shares of white noise multiply."""
    w = ((4.0 * fidelity - 1.0) / 3.0) ** 2
    return [(1.0 + 3.0 * w) / 4.0, *[(1.0 - w) / 4.0] * 3]


def _slower_of_two():
    """Mean time until both links are there and the swap is known: E[max] = 280/19 at p = 0.1."""
    return 280.0 / 19.0 * ATTEMPT_S + ATTEMPT_S


@pytest.mark.parametrize("infidelity", [0.01, 0.05, 0.08])
def test_a_plain_chain_of_two(lasting, infidelity):
    """Closed form: mean of the larger of two geometric numbers, swap of Werner states."""
    expected = _fraction(*_swapped(1.0 - infidelity)) / _slower_of_two()
    assert _key(chain(2, infidelity, 0.0, "none")) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("infidelity", [0.01, 0.05, 0.1])
def test_a_round_at_the_ends(lasting, infidelity):
    """Deutsch et al. 1996: (a, b, c, d) -> (a^2 + b^2, 2cd, c^2 + d^2, 2ab)/N; the second pair is
    made after the first, and the outcomes cross both segments."""
    a, b, c, d = _swapped(1.0 - infidelity)
    n = (a + b) ** 2 + (c + d) ** 2
    better = (a * a + b * b) / n, 2 * c * d / n, (c * c + d * d) / n, 2 * a * b / n
    expected = n * _fraction(*better) / (2.0 * _slower_of_two() + 2.0 * ATTEMPT_S)
    assert _key(chain(2, infidelity, 0.0, "ends")) == pytest.approx(expected, rel=1e-6)


def test_where_the_plain_chain_ends(lasting):
    """Error rate 11.0028 % means a Werner share of 0.779944; each of two links has its root."""
    limit = 0.75 * (1.0 - math.sqrt(0.779944))
    assert _key(chain(2, limit - 1e-4, 0.0, "none")) > 0.0
    assert _key(chain(2, limit + 1e-4, 0.0, "none")) == 0.0


def test_gates_have_the_error_that_is_said():
    """Average infidelity of depolarising: lambda (1 - 1/d)."""
    gates = gates_of(0.01)
    assert gates.two_qubit_depolarizing * 0.75 == pytest.approx(0.01)
    assert gates.single_qubit_depolarizing * 0.5 == pytest.approx(0.001)


def test_worse_links_or_gates_never_help_a_plain_chain(rows):
    """The key rate falls with both errors, and with the number of segments."""
    plain = {(row["segments"], row["gate_error"], row["infidelity"]): row["none"] for row in rows}
    for (count, error, infidelity), key in plain.items():
        for (other, more, worse), less in plain.items():
            if other >= count and more >= error and worse >= infidelity:
                assert less <= key


def test_sampled_agrees_with_exact(rows):
    checked = 0
    for row in rows:
        for name in [name for name in row if name.endswith("_sampled")]:
            found, exact = row[name], row[name.removesuffix("_sampled")]
            half = FIVE_SIGMA * (found.high - found.low) / 2.0
            assert abs(found.best - exact) <= half + 1e-9 * exact
            checked += exact > 0.0
    assert checked > 30


def test_distillation_pays_for_poor_links_alone(rows):
    """At the target gates: with the best links a round costs pairs; where the plain chain has no
    key any key is a gain. The answer lies between."""
    line = [row for row in rows if row["segments"] == 8 and row["gate_error"] == 1e-3]
    assert line[0]["best"] == "none"
    rescued = [row for row in line if row["none"] == 0.0 and row["best"] != "no key"]
    assert rescued
    place = 1.0 - float(STUDY.answer(rows).split("8 segments: below a link fidelity of ")[1][:5])
    assert line[0]["infidelity"] < place < rescued[-1]["infidelity"]


def test_crossing_is_exact_for_a_line_over_the_logarithm():
    places = [1e-4, 1e-3, 1e-2, 1e-1]
    assert crossing(places, [math.log10(x / 3e-3) for x in places]) == pytest.approx(3e-3)
    assert crossing(places, [1.0] * 4) is None
    assert crossing(places, [-1.0] * 4) is None
