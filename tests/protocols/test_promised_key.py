"""Promised finite keys: thresholds against binomial sums, promises against runs."""

import re
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from protocols import nested
from protocols.qkd.entangled_key import key_in_time
from protocols.qkd.promised_key import promised_key
from qnet import Link, Memory, play
from qnet.errors import ParameterError
from qnet.states import werner

LINK = Link(success_probability=0.5, attempt_time_s=1e-3, state=werner(0.99))
RUNS = 200


def chain():
    memory = Memory(dephasing_time_s=0.5)
    link = Link(
        success_probability=0.3,
        attempt_time_s=1e-3,
        state=werner(0.995),
        left=memory,
        right=memory,
    )
    return nested([link] * 2)


@pytest.mark.parametrize("probability", [0.8, 0.99])
def test_s4_each_way_to_fail_has_its_share(probability):
    """Closed form: pairs of one link are a binomial of its attempts, and so is all that follows."""
    found = promised_key(play(LINK, engine="exact"), 30.0, probability)
    share = (1.0 - probability) / 5.0
    figures, bias = found.key.figures, found.key_basis_probability
    n, k = int(figures["key_bits"]), int(figures["test_bits"])
    error = (1.0 - 0.99) / 2.0  # of this Werner state, in any basis
    wrong_z, wrong_x = round(n * figures["qber_z"]), round(k * figures["qber_x"])
    fails = [
        # The exact engine's bounds on pairs are as wide as a few of them.
        binom.cdf(found.pairs - 1, 30_000, 0.5),
        binom.cdf(n - 1, found.pairs, bias**2),
        binom.cdf(k - 1, found.pairs, (1.0 - bias) ** 2),
        binom.sf(wrong_z, n, error),
        binom.sf(wrong_x, k, error),
    ]
    assert max(fails) <= share * (1.0 + 1e-6)
    # None is wasted: the next whole number would break its share.
    assert binom.cdf(found.pairs + 4, 30_000, 0.5) > share
    assert binom.cdf(n, found.pairs, bias**2) > share
    assert binom.sf(wrong_x - 1, k, error) > share


@pytest.mark.parametrize("plan", [LINK, chain()], ids=["link", "chain"])
def test_s4_runs_keep_the_promise(plan):
    """Oracle: 200 runs of the sampled engine; the promise of 0.9 may not be missed more often.

    Four standard errors below 180 are 163. The key that follows what was observed is as long.
    """
    found = promised_key(play(plan, engine="exact"), 30.0, 0.9)
    promised = found.key.value
    assert promised > 100.0
    accepted, longer, lengths = 0, 0, []
    for seed in range(RUNS):
        run = key_in_time(plan, 30.0, seed=seed, key_basis_probability=found.key_basis_probability)
        key = found.accept(run.rounds)
        assert key.value in (0.0, promised)
        accepted += key.value == promised
        longer += run.key.value >= promised
        lengths.append(run.key.value)
    assert accepted >= 163
    assert longer >= 163
    # Not an empty promise: no less than two thirds of what runs give.
    assert promised > 0.66 * np.median(lengths)


def test_s4_a_worse_chain_is_not_accepted():
    """Thresholds of good pairs, played with worse ones: the run is aborted, with the reason."""
    found = promised_key(play(LINK, engine="exact"), 30.0, 0.9)
    noisy = Link(success_probability=0.5, attempt_time_s=1e-3, state=werner(0.95))
    run = key_in_time(noisy, 30.0, seed=1, key_basis_probability=found.key_basis_probability)
    aborted = found.accept(run.rounds)
    assert aborted.value == 0.0
    assert "fixed beforehand" in aborted.reason
    slow = key_in_time(LINK, 20.0, seed=1, key_basis_probability=found.key_basis_probability)
    assert "key bits" in found.accept(slow.rounds).reason


def test_s4_promises_grow_with_time_and_shrink_with_certainty_and_epsilon():
    result = play(LINK, engine="exact")
    lengths = [promised_key(result, t, 0.99).key.value for t in (1.0, 30.0, 60.0, 600.0)]
    assert lengths[0] == 0.0
    assert lengths == sorted(lengths)
    assert promised_key(result, 60.0, 0.9).key.value > promised_key(result, 60.0, 0.999).key.value
    strict = promised_key(result, 60.0, 0.99, epsilon=1e-20)
    assert 0.0 < strict.key.value < lengths[2]
    assert strict.key.security.epsilon == pytest.approx(1e-20, rel=1e-12)
    # Less than the asymptotic fraction of the same pairs.
    assert lengths[-1] < result.secret_key_fraction.best * 300_000


def test_s4_no_promise_says_why():
    result = play(LINK, engine="exact")
    nothing = promised_key(result, 1e-3, 0.99)
    assert (nothing.pairs, nothing.key.value) == (0, 0.0)
    assert "0 pairs are too few" in nothing.key.reason
    short = promised_key(result, 2.0, 0.99)
    # As many pairs as the sentence says leave a key, a quarter of them does not.
    needed = float(re.search("too few for a finite key; (.*) leave one", short.key.reason)[1])
    assert promised_key(result, 1.05 * needed / 500.0, 0.99).key.value > 0.0
    assert promised_key(result, 0.25 * needed / 500.0, 0.99).key.value == 0.0
    noisy = play(replace(LINK, state=werner(0.7)), engine="exact")
    assert "15 % in X leave none, however many" in promised_key(noisy, 2.0, 0.99).key.reason
    assert promised_key(result, 2.0, 0.99).key.security.notion == "none"
    for probability, epsilon, field in (
        (1.0, 1e-10, "probability"),
        (1.0 - 1e-16, 1e-10, "probability"),
        (0.9, 0.0, "epsilon"),
    ):
        with pytest.raises(ParameterError) as refusal:
            promised_key(result, 2.0, probability, epsilon=epsilon)
        assert refusal.value.field == field
