"""Trust in plans: value P-Q9, small plans by hand, detection against binomial laws and samples."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from protocols.certification import attack_of, detection_power
from protocols.key_networks.attacks import attacked_error_rate
from protocols.planning.trust.detection import (
    chance_in_words,
    share_in_words,
    watched_sentences,
    watched_spans,
)
from protocols.planning.trust.detection_table import DetectionTable
from protocols.planning.trust.learners import key_secrecy, network_claim
from qnet.estimate import Estimate
from tests.protocols.plan_toys import plan_of, ring, span


def two_lines(relays=5):
    """A and B joined by two disjoint lines of relays, as sites of the plan."""
    names = ["A", *(f"u{k}" for k in range(relays)), "B", *(f"v{k}" for k in range(relays))]
    up = (*range(relays + 1), relays + 1)
    down = (0, *range(relays + 2, 2 * relays + 2), relays + 1)
    steps = [*itertools.pairwise(up), *itertools.pairwise(down)]
    options = [span(*step, k) for k, step in enumerate(steps)]
    used = [tuple(range(relays + 1)), tuple(range(relays + 1, 2 * relays + 2))]
    return plan_of(
        names,
        options,
        [((0, relays + 1), [(1e3, [up, down], used)])],
        relays=(*up[1:-1], *down[1:-1]),
    )


def shared(secrecy, ways, needed):
    """The key in shares over so many ways."""
    (found,) = [s for s in secrecy.shared if (len(s.ways), s.needed) == (ways, needed)]
    return found


def test_a_key_over_two_lines_of_five_relays():
    """P-Q9: over one, and as an exclusive or over both; by sites, and by nodes on the way."""
    inline = plan_of("AB", [span(0, 1, 0, hops=6)], [((0, 1), [(1e3, [(0, 1)], [(0,)])])])
    for plan in (two_lines(), inline):
        (secrecy,) = key_secrecy(plan, 0.01)
        assert shared(secrecy, 1, 1).known == pytest.approx(0.0490099501, rel=1e-8)
    (secrecy,) = key_secrecy(two_lines(), 0.01)
    assert shared(secrecy, 2, 2).known == pytest.approx(0.00240197521, rel=1e-8)
    # The plan may send a key over either of them: no corrupt node on ten.
    assert secrecy.known == pytest.approx(1.0 - 0.99**10, rel=1e-12)


def test_shares_arrive_with_the_ways_that_they_need():
    """Oracle: the law of two independent ways, by hand."""
    (secrecy,) = key_secrecy(two_lines(), 0.01)
    way = (8760.0 / 8772.0) ** 6 * (43_800.0 / 43_804.0) ** 5
    assert shared(secrecy, 2, 2).arrives == pytest.approx(way**2, rel=1e-12)
    assert shared(secrecy, 2, 1).arrives == pytest.approx(1.0 - (1.0 - way) ** 2, rel=1e-12)


def test_who_learns_what_in_a_ring():
    """Oracle: by hand."""
    first, second, third = key_secrecy(ring(), 0.1)
    assert first.alone == {"B": 1.0, "D - A (trusted-fibre)": 1.0, "D": 1.0}
    assert first.nodes == {"B": 1, "D": 1, "D - A (trusted-fibre)": 1}
    assert first.known == pytest.approx(1.0 - 0.9**3)
    assert shared(first, 2, 2).known == pytest.approx(0.1 * (1.0 - 0.9**2))
    assert second.alone == {"C": 1.0}
    assert third.alone == {}
    assert third.known == 0.0
    assert third.security.sentence == "composable, epsilon 1e-10"
    assert second.security.sentence == (
        "composable, epsilon 2e-10, if the trusted nodes are honest: C"
    )
    assert third.sentence == "Nobody but A and B learns the keys between them."
    assert second.sentence == "The only trusted node, C, can learn all keys of B and D."
    assert first.sentence == (
        "Each of the 3 trusted nodes can learn all keys of A and C: B, D - A (trusted-fibre), D. "
        "Sent as a sum over 2 disjoint ways, no node alone could learn one."
    )


def test_keys_of_a_network_claim_what_all_its_spans_do():
    """Oracle: by hand; epsilons of four spans add up, and a single span trusts nobody."""
    four = network_claim(ring()).sentence
    assert four == "composable, epsilon 4e-10, if the trusted nodes are honest"
    alone = plan_of("AB", [span(0, 1, 0)], [((0, 1), [(1.0, [(0, 1)], [(0,)])])])
    assert network_claim(alone).sentence == "composable, epsilon 1e-10"


def test_two_nodes_learn_more_of_a_split_key():
    """Oracle: by hand, three quarters over B, one over C, with C needed by neither alone."""
    options = [span(0, 1, 0), span(1, 3, 1), span(0, 2, 2), span(2, 3, 3)]
    parts = [(3.0, [(0, 1, 3)], [(0, 1)]), (1.0, [(0, 2, 3)], [(2, 3)])]
    plan = plan_of("ABCD", options, [((0, 3), parts)], relays=(1, 2))
    (secrecy,) = key_secrecy(plan, 0.2)
    assert secrecy.alone == {"B": 0.75, "C": 0.25}
    assert secrecy.pairs == {("B", "C"): 1.0}
    assert secrecy.known == pytest.approx(0.2)
    assert secrecy.sentence == (
        "No node alone can learn all keys of A and D; the most that one of 2 trusted nodes "
        "learns is 75 % of them. Sent as a sum over 2 disjoint ways, no node alone could learn one."
    )


def only(rate=10e3, **changes):
    """Detection on the only span of a plan."""
    plan = plan_of("AB", [span(0, 1, 0, rate=rate)], [])
    (found,) = watched_spans(plan, DetectionTable(**changes))
    return found


@pytest.mark.parametrize("share", [0.01, 0.3, 1.0])
def test_the_error_rate_is_that_of_the_attacked_device(share):
    """Oracle: the emulated device under attack, as in qnet power, with its exact table."""
    device = attack_of("intercept-resend").example(0.02)
    found = detection_power("intercept-resend", share, device=device)
    assert attacked_error_rate(found.honest, share) == pytest.approx(found.attacked, rel=1e-9)


def test_blocks_that_an_attack_covers():
    """Oracle: binomial laws of SciPy for the block that was chosen, and for every other length."""
    for share in (0.003, 0.01, 0.03):
        found = only(1e3, intercept=share)
        attacked = 0.02 + share * (1.0 - 0.04) / 4.0
        best = 1.0
        for whole in range(1, 81):
            block = math.floor(3600 * 100.0 / (whole + 1))
            blocks = math.floor(86_400 * 100.0 / block)
            level = -math.expm1(math.log1p(-1e-6) / blocks)
            above = int(binom(block, 0.02).isf(level))
            best = min(best, float(binom(block, attacked).cdf(above)) ** whole)
            if math.isclose(found.block_s, block / 100.0):
                assert found.unseen == pytest.approx(
                    float(binom(block, attacked).cdf(above)) ** whole, rel=1e-9, abs=1e-14
                )
        # Ten lengths are tried: hardly worse than all of them.
        assert best <= found.unseen * (1.0 + 1e-9) + 1e-14
        assert found.unseen <= best + 0.02


def test_an_attack_that_begins_at_any_time_in_samples():
    """Oracle: 4000 attacks from random times, alarms of whole blocks counted: 5 errors."""
    found = only(1e3, intercept=0.0095)
    rng = np.random.default_rng(6)
    block = round(found.block_s * 100.0)
    blocks = math.floor(86_400 * 100.0 / block)
    above = int(binom(block, 0.02).isf(-math.expm1(math.log1p(-1e-6) / blocks)))
    attacked = 0.02 + 0.0095 * 0.96 / 4.0
    seen, runs = 0, 4000
    for start in rng.random(runs) * block:
        first = math.ceil(start)
        share = [block - first] + [block] * 300
        left = 360_000
        for bits in share:
            bits = min(bits, left)
            left -= bits
            honest = block - bits
            if rng.binomial(bits, attacked) + rng.binomial(honest, 0.02) > above:
                seen += 1
                break
            if not left:
                break
    error = math.sqrt(found.unseen * (1.0 - found.unseen) / runs)
    assert 0.01 < found.unseen < 0.99
    assert seen / runs >= 1.0 - found.unseen - 5.0 * error


def test_false_alarms_keep_their_level():
    """Oracle: all blocks of an honest day, by the binomial law."""
    found = only(1e3)
    block = round(found.block_s * 100.0)
    blocks = math.floor(86_400 * 100.0 / block)
    above = int(binom(block, 0.02).isf(-math.expm1(math.log1p(-1e-6) / blocks)))
    assert -math.expm1(blocks * math.log1p(-float(binom(block, 0.02).sf(above)))) <= 1e-6


def test_the_smallest_share_is_noticed():
    """Oracle: the figures of the same spans at that share, and at a tenth less."""
    least = only(1e3).least_share
    assert only(1e3, intercept=least).unseen <= 1e-3
    assert only(1e3, intercept=0.9 * least).unseen > 1e-3
    assert only(1e-3).least_share is None


def test_sentences_round_to_the_safe_side():
    """Oracle: by eye."""
    assert only(10e3).sentence == (
        "If somebody measures one pulse in a hundred on the link A - B, it is noticed within an "
        "hour with probability at least 0.999999; it stays unseen with probability at most "
        "0.000001."
    )
    assert "may stay unseen for an hour" in only(1.0).sentence
    for unseen in (0.5, 0.0321, 3.2e-4, 9.99e-5, 1e-4):
        noticed, left = (float(text) for text in chance_in_words(1.0 - unseen, unseen))
        assert noticed <= 1.0 - unseen
        assert left >= unseen
    assert share_in_words(0.1) == "one pulse in ten"
    assert only(0.0).sentence.endswith("may stay unseen for an hour.")
    assert "at most 1e-06 false alarms a day" in only().assumptions


def test_the_low_end_of_a_rate_counts():
    """Oracle: by hand; a tenth of the lower end is compared."""
    plan = plan_of("AB", [replace(span(0, 1, 0), rate_hz=Estimate(50.0, 100.0, 200.0, 9))], [])
    assert watched_spans(plan)[0].compared_hz == 5.0


def test_links_of_which_the_same_holds_share_a_sentence():
    """Oracle: by hand; one of three makes too little key to notice anything, two are alike."""
    rates = (10e3, 10e3, 1.0)
    plan = plan_of("ABCD", [span(k, k + 1, k, rate=rate) for k, rate in enumerate(rates)], [])
    watched = watched_spans(plan)
    alike, alone = watched_sentences(watched)
    assert alike.startswith("If somebody measures one pulse in a hundred on any one of the links ")
    assert "links A - B, B - C, it is noticed" in alike
    assert alone == watched[2].sentence
    (every,) = watched_sentences(watched[:2])
    assert "on any one of the 2 links, it is noticed" in every
    assert watched_sentences(()) == []
