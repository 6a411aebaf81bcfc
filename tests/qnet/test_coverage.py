"""Coverage of the sampled engine's 95 % intervals, by the truth that the exact engine knows.

The number of 200 independent intervals that cover is binomial(200, 0.95): 190 with standard
deviation 3.1. It is required to lie within 9 of 190.
"""

import pytest

from protocols import nested, recurrence
from qnet import Cutoff, Memory, play
from tests.catalog import link, perfect

FIGURES = ("rate_hz", "fidelity", "qber_x", "secret_key_rate_hz")


def chain(memory, count=2, q=0.5, **options):
    return nested([link(0.1, 0.98, memory)] * count, stations=perfect(q), **options)


PLANS = {
    "depolarising": lambda: chain(Memory(depolarizing_time_s=400.0)),
    "dephasing": lambda: chain(Memory(dephasing_time_s=400.0)),
    "relaxing": lambda: chain(Memory(t1_s=400.0)),
    "cut off": lambda: chain(
        Memory(depolarizing_time_s=300.0), 4, cutoffs=Cutoff(kind="difference", time_s=10.0)
    ),
    "distilled": lambda: recurrence(chain(Memory(depolarizing_time_s=400.0))),
}


@pytest.mark.parametrize("name", PLANS)
def test_intervals_cover_the_truth_as_often_as_they_say(name):
    plan = PLANS[name]()
    truth = play(plan, engine="exact")
    covered = dict.fromkeys(FIGURES, 0)
    for seed in range(200):
        found = play(plan, shots=1000, seed=seed)
        for figure in FIGURES:
            interval, value = getattr(found, figure), getattr(truth, figure).best
            covered[figure] += interval.low <= value <= interval.high
    assert all(abs(count - 190) <= 9 for count in covered.values()), covered
