"""Parameters of the cut-off literature, against the published formulas of two segments.

Two geometric times with success probability p per step, q the success of the swap, D = |T1 - T2|:
E[T] = (3 - 2p)/(p (2 - p) q), and w = w0**2 E[exp(-D/t_coh)] with P(D = 0) = p/(2 - p) and
P(D = d) = 2p (1 - p)**d/(2 - p) (Brand, Coopmans, Elkouss, arXiv:1912.07688). With the cut-off
D <= m a failure takes min(T1, T2) + m (Li, Coopmans, Elkouss, arXiv:2005.04946).
"""

from __future__ import annotations

import math

import pytest

from protocols.interchange import import_configuration
from protocols.interchange.swap_parameters import read_swap_parameters
from qnet.errors import ParameterError

P, Q, W0, COHERENCE = 0.1, 0.5, 0.98, 400.0
GIVEN = {"protocol": (0,), "p_gen": P, "p_swap": Q, "w0": W0, "t_coh": COHERENCE, "t_trunc": 3000}


def figures(given, step_s=1.0):
    result = read_swap_parameters(given, step_s=step_s).scenario().play(engine="exact")
    return result.delivery_time_s.best, result.fidelity.best


def differences(most):
    """P(|T1 - T2| = d) for d up to the cut-off, or far out."""
    return [(0, P / (2 - P))] + [(d, 2 * P * (1 - P) ** d / (2 - P)) for d in range(1, most + 1)]


def test_two_segments_without_a_cut_off_have_the_published_time_and_state():
    """Oracle: the formulas above; a step scales the time alone."""
    y = (1 - P) * math.exp(-1 / COHERENCE)
    werner = W0**2 * P / (2 - P) * (1 + 2 * y / (1 - y))
    time = (3 - 2 * P) / (P * (2 - P) * Q)
    assert figures(GIVEN) == pytest.approx((time, (1 + 3 * werner) / 4), rel=1e-9)
    assert figures(GIVEN, 1e-3) == pytest.approx((1e-3 * time, (1 + 3 * werner) / 4), rel=1e-9)


@pytest.mark.parametrize("most", [0, 3, 20])
def test_two_segments_with_a_cut_off_have_the_published_time_and_state(most):
    """Oracle: the sum over the differences that are kept; renewal with what the others take."""
    kept = sum(chance for _, chance in differences(most))
    weighed = sum(chance * math.exp(-d / COHERENCE) for d, chance in differences(most))
    werner = W0**2 * weighed / kept
    least = 1 / (
        1 - (1 - P) ** 2
    )  # mean of the smaller time, of which the difference is independent
    spent = sum(chance * d for d, chance in differences(most)) + (1 - kept) * most
    time = (least + spent) / (kept * Q)
    assert figures({**GIVEN, "mt_cut": most}) == pytest.approx((time, (1 + 3 * werner) / 4))


def test_levels_are_the_chain_that_one_would_write():
    """Oracle: a chain written out by hand."""
    import qnet

    found = import_configuration(
        {"protocol": [0, 0], "p_gen": P, "p_swap": Q, "w0": W0, "t_coh": COHERENCE, "tau": [9, 30]},
        step_s=2.0,
    )
    oracle = qnet.loads(
        'kind = "chain"\n[chain]\nsegments = 4\n[link]\nscheme = "abstract"\n'
        "success_probability = 0.1\nattempt_time_s = 2.0\nstate = { werner = 0.98 }\n"
        "[memory]\npair_depolarizing_time_s = 800.0\n[swap]\nsuccess_probability = 0.5\n"
        '[cutoff]\nkind = "difference"\ntime_s = [18.0, 60.0]\n'
    )
    assert found.scenario().canonical() == oracle.canonical()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"protocol": [0, 1]},
            r"protocol must be one to 14 swaps .*distillation \(1\) is not taken",
        ),
        ({"p_gen": 1.5}, "p_gen must lie in"),
        ({"w_cut": 0.9}, "w_cut must be a key that is taken .*cut-off on the fidelity"),
        ({"mt_cut": [1, 2]}, "mt_cut must have 1 numbers, or be one"),
        ({"cut_type": "run_time"}, "cut_type must be memory_time"),
        ({"t_coh": "long"}, "t_coh must be a number"),
        ({"p_gne": 0.1}, "p_gne must be a key that is taken .*did you mean p_gen"),
    ],
)
def test_what_is_not_taken_is_refused_in_words(change, message):
    with pytest.raises(ParameterError, match=message):
        import_configuration({**GIVEN, **change})
