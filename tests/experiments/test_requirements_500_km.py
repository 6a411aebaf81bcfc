"""Requirements of 500 km: closed forms of one link and of perfect ions, and the cost."""

import pytest

from experiments.studies.requirements_500_km import STUDY, factors, requirement, work
from protocols.planning.optimise import Problem
from protocols.repeaters.platforms import KEY, Platform
from qnet import play
from tests.oracles import bb84_fraction


@pytest.fixture(scope="module")
def one_link():
    point = {"hardware": "siv", "length_km": 20.0, "segments": 1, "itemised": True}
    return work(point, seed=1)


def test_the_single_factor_of_one_link(one_link):
    """Improved so much, p / tau pairs a second of its state give one bit; 1 % less do not."""

    def key_hz(factor):
        (link,) = Problem.of_platform(Platform(name="siv", improvement=factor), 20.0, KEY).links(
            1, None
        )
        e_x, e_z = ((1.0 - link.fano[k, k]) / 2.0 for k in (1, 3))
        return link.success_probability / link.attempt_time_s * bb84_fraction(e_x, e_z, 1.16)

    factor = one_link["common_factor"]
    assert 1.0 < factor < 2.0
    assert key_hz(0.99 * factor) < 1.0 <= key_hz(factor) * (1.0 + 1e-9)


def test_own_factors_cost_no_more_and_do(one_link):
    """They start from the single one; nothing falls below 1."""
    own = factors(one_link)
    assert len(own) == one_link["parameters"]
    assert sum(own.values()) == pytest.approx(one_link["cost"])
    assert one_link["cost"] < one_link["common_cost"]
    assert list(own.values()) == sorted(own.values(), reverse=True)
    assert min(own.values()) == 1.0
    assert one_link["key_hz"] >= 1.0


def test_four_segments_are_too_few_for_ions_however_good():
    """Perfect ions: p = t / 2, tau = L / c + 1.8 ms, and 25 / 12 attempts / p for the slowest."""
    found = requirement("trapped-ion", 500.0, 4)
    p = 10.0 ** (-0.02 * 125.0) / 2.0
    most_hz = p / (125.0 / 2e5 + 1.8e-3) / (25.0 / 12.0)
    assert not found.reached
    assert found.trial.secret_key_rate_hz == pytest.approx(most_hz, rel=0.02)
    assert found.reason.startswith("unreachable: 1 secret bits/s")


def test_the_improved_chain_does_on_the_sampled_engine():
    """Silicon vacancies, two segments over 60 km: one bit per second, 5 sigma and the grid."""
    found = requirement("siv", 60.0, 2)
    assert found.reached
    assert found.uniform_factor > 1.2
    hardware = Platform(name="siv", given=found.hardware)
    plan = Problem.of_platform(hardware, 60.0, KEY).plan(found.trial.candidate)
    played = play(plan, shots=20_000, seed=2, key=KEY).secret_key_rate_hz
    sigma = (played.high - played.low) / (2.0 * 1.96)
    assert abs(played.best - 1.0) < 5.0 * sigma + 0.02


def test_answer_by_hand():
    reached = {
        "hardware": "siv",
        "length_km": 500.0,
        "segments": 8,
        "common_factor": 10.0,
        "common_cost": 20.0,
        "cost": 12.0,
        "factor of memory.t2_s": 3.0,
        "factor of detector.efficiency": 9.0,
    }
    lost = {"hardware": "trapped-ion", "length_km": 500.0, "segments": 4, "common_factor": None}
    text = STUDY.answer([reached, lost])
    assert "silicon vacancy: 10 times with 8 segments" in text
    assert "detector.efficiency 9 and memory.t2_s 3 times at 8, at a cost 1.7 times lower" in text
    assert "trapped ion: out of reach" in text
