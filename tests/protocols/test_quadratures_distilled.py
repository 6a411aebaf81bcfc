"""A GG02 link distilled by two parties that share nothing but the channel."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

import qnet
from protocols.key_rates import GG02
from protocols.postprocessing import AbortReason, Eavesdropper, Randomness, channel_pair
from protocols.postprocessing.belief_propagation import decode
from protocols.postprocessing.codes import Code
from protocols.postprocessing.quadratures import (
    Quadratures,
    QuadratureSettings,
    distil_quadratures,
    draw_raw,
)
from protocols.postprocessing.quadratures.multi_edge import MULTI_EDGE, build_multi_edge
from protocols.postprocessing.quadratures.octonions import conjugate, multiply
from protocols.postprocessing.quadratures.reconciliation import (
    EFFICIENCIES,
    bits_of,
    checks_of,
    choose_words,
    least_ratio,
    rotations,
)
from qnet import ParameterError

#: Little loss: a key comes out of 2 x 10^5 symbols.
LINK = GG02(
    modulation_variance=2.25,
    transmission=0.9,
    excess_noise=0.002,
    efficiency=0.7,
    electronic_noise=0.01,
)
SYMBOLS = 200_000


def run(link=LINK, symbols=SYMBOLS, *, change=lambda sent, got: (sent, got), seed=1, **more):
    """Both outcomes of a run over this link; settings presume `LINK`'s devices."""
    sent, got = change(*draw_raw(link, symbols, np.random.default_rng(seed)))
    channels = more.pop("channels", channel_pair)
    settings = QuadratureSettings(**{"link": link, **more})
    randomness = Randomness.reproducible(seed)
    return distil_quadratures(
        sent, got, settings=settings, randomness=randomness, channels=channels
    )


@pytest.fixture(scope="module")
def ends():
    return run()


def entropy(eigenvalue):
    """Bits of a thermal state, ``g((l - 1)/2)``."""
    n = (eigenvalue - 1.0) / 2.0
    return 0.0 if n <= 0.0 else (n + 1.0) * math.log2(n + 1.0) - n * math.log2(n)


def holevo(link, transmission, excess):
    """Lodewyck et al. 2007, eqs. 6 to 10: symplectic eigenvalues, homodyne, trusted detector."""
    v, t = link.modulation_variance + 1.0, transmission
    line = 1.0 / t - 1.0 + excess
    hom = (1.0 - link.efficiency + link.electronic_noise) / link.efficiency
    total = line + hom / t
    a = v**2 * (1.0 - 2.0 * t) + 2.0 * t + t**2 * (v + line) ** 2
    b = t**2 * (v * line + 1.0) ** 2
    c = (v * math.sqrt(b) + t * (v + line) + a * hom) / (t * (v + total))
    d = math.sqrt(b) * (v + math.sqrt(b) * hom) / (t * (v + total))
    pairs = [(a, b), (c, d)]
    found = [
        [math.sqrt((p + s * math.sqrt(max(0.0, p * p - 4.0 * q))) / 2.0) for s in (1, -1)]
        for p, q in pairs
    ]
    return sum(map(entropy, found[0])) - sum(map(entropy, found[1]))


def test_both_ends_hold_the_key_that_the_closed_forms_leave(ends):
    """Oracle: l = n - leak - N [chi + 7 sqrt(log2(2/e^2)/N)] + 2 log2 e - tags, chi by Lodewyck."""
    near, far = ends
    assert np.array_equal(near.outcome.key, far.outcome.key)
    assert near.outcome.key is not far.outcome.key
    found = far.reconciled
    worst = found.region.worst
    rest = 0.75e-10 - 1e-12 - found.epsilon_authentication
    e = rest / 2.0 / (found.frames + 1)
    n = found.frames * found.frame_bits
    eve = n * holevo(LINK, worst.transmission, worst.excess_noise)
    eve += 7.0 * math.sqrt(n * math.log2(2.0 / e**2))
    length = n - found.leaked_bits - found.authentication_bits - eve + 2.0 * math.log2(e)
    assert found.failed == 0
    assert near.outcome.secret_bits == pytest.approx(length, abs=2.0)
    assert near.outcome.secret_bits > 1000
    # The region holds the true channel, and Eve knows more of the worst one than of it.
    assert found.region.transmission[0] < 0.9 < found.region.transmission[1]
    assert found.region.added_noise > 0.9 * 0.002
    assert eve / n > holevo(LINK, 0.9, 0.002)


def test_reconciliation_keeps_no_more_than_the_mutual_information(ends):
    """Oracle: I = 1/2 log2(1 + snr) of the described link; Shannon's limit."""
    near, _ = ends
    power = 0.7 * 0.9
    mutual = 0.5 * math.log2(1.0 + power * 2.25 / (1.01 + power * 0.002))
    found = near.reconciled
    share = 1.0 - near.outcome.transcript["correct"].leaked_bits / found.kept_bits
    assert near.efficiency == pytest.approx(share / mutual, rel=0.02)
    assert 0.75 < near.efficiency < 1.0
    assert near.frame_error_rate == 0.0


def test_what_leaks_is_counted_alike_at_both_ends(ends):
    """Oracle: half the bits of each frame, 32 of its check, 40 to 60 of the hash."""
    for end in ends:
        transcript = end.outcome.transcript
        assert transcript["correct"].leaked_bits == end.reconciled.kept_bits // 2 + 64
        assert 40 <= transcript["verify"].leaked_bits <= 60
        assert transcript.leaked_bits == end.reconciled.leaked_bits
    assert ends[0].outcome.transcript.leaked_bits == ends[1].outcome.transcript.leaked_bits


def test_the_claim_names_collective_attacks_and_epsilon(ends):
    """Oracle: the settings, and what the proof presumes."""
    claim = ends[0].outcome.security
    assert (claim.notion, claim.epsilon) == ("composable", 1e-10)
    assert "attacks are collective: every symbol meets the same channel" in claim.assumes
    assert "the noise of the channel that is estimated is Gaussian" in claim.assumes


def test_heterodyne_detection_gives_two_values_a_symbol():
    """Oracle: the ends, and the model: the share of a splitter, half of the light."""
    link = replace(LINK, detection="heterodyne", efficiency=0.95, modulation_variance=3.2)
    near, far = run(replace(link, transmission=0.98, excess_noise=0.0), 300_000)
    assert near.outcome.secret_bits > 0
    assert np.array_equal(near.outcome.key, far.outcome.key)
    assert near.outcome.sifted_bits == 2 * 150_000


def test_frames_that_fail_are_dropped_and_paid_for():
    """Oracle: a burst over the last of six frames, which fails; e' is shared by 7 x 6 sets."""

    def burst(sent, got):
        values = np.array(got.values)
        last = values[-len(values) // 6 :]
        last[::25] *= -1.0
        return sent, Quadratures(values=values, chosen=got.chosen)

    link = replace(LINK, transmission=1.0, excess_noise=0.0, efficiency=0.95)
    near, far = run(replace(link, modulation_variance=1.57), 800_000, change=burst)
    found = near.reconciled
    assert (found.frames, found.failed, near.frame_error_rate) == (6, 1, 1 / 6)
    assert np.array_equal(near.outcome.key, far.outcome.key)
    assert near.outcome.secret_bits > 1000
    assert near.outcome.transcript["correct"].leaked_bits == 5 * (found.frame_bits // 2 + 32)
    rest = 0.75e-10 - 1e-12 - found.epsilon_authentication
    assert found.epsilon_of_a_set == pytest.approx(rest / 2.0 / 42.0)


@pytest.mark.parametrize(
    ("excess", "limit", "reason"),
    [
        (0.3, 0.1, AbortReason.EXCESS_NOISE_TOO_HIGH),
        (0.3, 1.0, AbortReason.TOO_FEW_BITS),
        (2.0, 1.0, AbortReason.EXCESS_NOISE_TOO_HIGH),
    ],
)
def test_a_noisier_channel_than_presumed_gives_no_key(excess, limit, reason):
    """Oracle: intercept and resend adds two units, and chi exceeds I long before."""
    link = replace(LINK, excess_noise=excess, modulation_variance=4.0)
    near, far = run(link, 60_000, most_excess_noise=limit)
    assert near.outcome.aborted is far.outcome.aborted is reason
    assert near.outcome.security.notion == "none"
    assert near.outcome.key is None


def test_a_signal_below_all_codes_says_so():
    """Oracle: at 30 dB no code of rate 1/20 decodes."""
    near, far = run(replace(LINK, transmission=1e-3), 20_000)
    assert near.outcome.aborted is far.outcome.aborted is AbortReason.CORRECTION_FAILED
    assert "modulate more" in near.outcome.sentence


def test_ends_that_presume_other_devices_do_not_begin():
    """Oracle: an end that overstates its modulation would understate the transmission."""
    from protocols.postprocessing import KeyPool
    from protocols.postprocessing.in_process import at_once
    from protocols.postprocessing.quadratures import QuadratureReceiver, QuadratureSender

    sent, got = draw_raw(LINK, 1000, np.random.default_rng(1))
    secret, (near, far) = Randomness.reproducible(5).bits(9000), channel_pair()
    pools = KeyPool.for_one_run(secret), KeyPool.for_one_run(secret)
    other = QuadratureSettings(link=replace(LINK, modulation_variance=3.0))
    alice = QuadratureSender(sent, near, pools[0], QuadratureSettings(link=LINK))
    bob = QuadratureReceiver(got, far, pools[1], other)
    outcomes = at_once(alice.run, bob.run)
    assert {each.aborted for each in outcomes} == {AbortReason.NOT_AGREED}
    assert "modulation_variance" in outcomes[0].sentence


@pytest.mark.parametrize(("victim", "number"), [("alice", 1), ("alice", 2), ("bob", 1), ("bob", 3)])
def test_a_changed_message_ends_the_run(victim, number):
    """Oracle: Wegman-Carter: a forgery passes with probability 2^-47."""

    def attack(index, frame):
        return [frame[:-1] + bytes([frame[-1] ^ 1])] if index == number else [frame]

    def channels():
        near, far = channel_pair()
        ends = {"alice": near, "bob": far}
        ends[victim] = Eavesdropper(ends[victim], attack)
        return ends["alice"], ends["bob"]

    near, far = run(channels=channels)
    told = far if victim == "alice" else near
    assert told.outcome.aborted is AbortReason.AUTHENTICATION_FAILED
    assert near.outcome.key is None
    assert far.outcome.key is None


def test_a_scenario_distils_what_its_two_ends_hold():
    """Oracle: the key of `distil_quadratures` for the same draws, bit for bit as long."""
    text = """
        kind = "cv"
        symbols = 200000
        modulation_variance = 2.25
        transmission = 0.9
        excess_noise = 0.002
        distil = true
        detector = { efficiency = 0.7, electronic_noise = 0.01 }
    """
    scenario = qnet.loads(text)
    result = scenario.play(seed=1)
    near, _ = run()
    shown = {figure.name: value for figure, value in result.table().items()}
    assert shown["secret_bits"].best == near.outcome.secret_bits > 1000
    assert shown["efficiency"] == near.efficiency
    assert shown["leaked_bits"] == near.outcome.transcript.leaked_bits
    assert result.secret_key_rate_per_pulse.best == near.outcome.secret_bits / SYMBOLS
    assert result.security.notion == "composable"
    assert {"Leverrier2008", "Jouguet2011"} <= set(scenario.cited())
    none = qnet.loads(text.replace("excess_noise = 0.002", "excess_noise = 0.4")).play(seed=1)
    assert "too few" in none.reason
    assert none.security.notion == "none"
    with pytest.raises(ParameterError, match="symbols must be at most 20000000 where a key"):
        qnet.loads(text.replace("200000", "30000000"))


def test_octonions_turn_and_stretch():
    """Oracle: |a x| = |a| |x|, <a x, a y> = |a|^2 <x, y>, and e_i e_i = -1."""
    rng = np.random.default_rng(1)
    a, x, y = rng.normal(size=(3, 50, 8))
    ax, ay = multiply(a, x), multiply(a, y)
    squares = (a**2).sum(axis=1)
    np.testing.assert_allclose((ax * ay).sum(axis=1), squares * (x * y).sum(axis=1), atol=1e-12)
    units = np.eye(8)
    np.testing.assert_array_equal(multiply(units, units)[1:], -np.repeat(units[:1], 7, axis=0))
    turned = multiply(multiply(x, conjugate(y)), y)
    np.testing.assert_allclose(turned, x * (y**2).sum(axis=1)[:, None], atol=1e-12)


def test_beliefs_of_the_bits_are_as_certain_as_they_say():
    """Oracle: of bits with belief L, a share 1/(1 + e^L) is wrong: five standard errors."""
    rng = np.random.default_rng(2)
    x = rng.normal(0.0, 1.0, (40_000, 8))
    y = 0.8 * x + rng.normal(0.0, 1.2, x.shape)
    bits = rng.integers(0, 2, x.size).astype(np.uint8)
    turned = multiply(rotations(y, bits).astype(float).reshape(-1, 8), x).reshape(-1)
    beliefs = 2.0 * 0.8 * turned / (math.sqrt(8.0) * 1.2**2)
    wrong = np.signbit(beliefs) != bits
    for low, high in itertools.pairwise([0.0, 0.3, 0.7, 1.2, 2.0, 4.0]):
        inside = (np.abs(beliefs) >= low) & (np.abs(beliefs) < high)
        expected = 1.0 / (1.0 + np.exp(np.abs(beliefs[inside])))
        spread = 5.0 * math.sqrt(float((expected * (1.0 - expected)).sum()))
        assert abs(wrong[inside].sum() - expected.sum()) < spread


def test_what_bob_tells_is_independent_of_his_bits():
    """Oracle: the direction of Gaussian data is uniform: no component correlates with a bit."""
    rng = np.random.default_rng(3)
    y = rng.normal(0.0, 1.3, (50_000, 8))
    bits = rng.integers(0, 2, y.size).astype(np.uint8)
    told = rotations(y, bits).reshape(-1, 8) / 1.3
    signs = 1.0 - 2.0 * bits.reshape(-1, 8)
    assert np.abs(told.T @ signs / math.sqrt(len(y))).max() < 5.0


def test_the_sum_product_rule_is_exact_on_a_tree():
    """Oracle: marginals of seven bits under three checks without a cycle, by enumeration."""
    rows = (np.array([[0], [1], [2]]), np.array([[2], [3], [4]]), np.array([[4], [5], [6]]))
    code = Code(bits=7, checks=3, rows=rows)
    beliefs = np.random.default_rng(4).normal(0.5, 1.0, (7, 1)).astype(np.float32)
    syndrome = np.array([[1], [0], [1]], np.uint8)
    words = np.array(list(itertools.product([0, 1], repeat=7)), np.uint8).T
    words = words[:, (code.syndrome(words) == syndrome).all(axis=0)]
    weights = np.exp(-(words * beliefs).sum(axis=0))
    exact = [math.log(weights[row == 0].sum() / weights[row == 1].sum()) for row in words]
    # No word has the wrong syndrome of noise; beliefs are those of the last visit.
    _, after, _ = decode(code, beliefs, syndrome, iterations=10, rule="sum-product")
    np.testing.assert_allclose(after[:, 0], exact, atol=2e-3)


@pytest.mark.parametrize("rate", [0.25, 0.1, 0.05])
def test_multi_edge_codes_have_the_published_degrees(rate):
    """Oracle: the degree tables: edges seen from bits and from checks agree, and the rate."""
    degrees, code = MULTI_EDGE[rate], build_multi_edge(rate, 8)
    core = sum(count * own for count, own, _ in degrees.core)
    others = sum(count * entries for count, _, entries in degrees.core)
    assert core == sum(degrees.own)
    assert others == 2 * degrees.others[0] + 3 * degrees.others[1]
    assert 1.0 - code.checks / code.bits == pytest.approx(rate, abs=1e-12)
    assert sum(row.size for row in code.rows) == 8 * (core + others + sum(degrees.others))


@pytest.mark.parametrize("rate", EFFICIENCIES)
def test_codes_decode_at_the_ratio_that_they_are_used_from(rate):
    """Oracle: the words themselves, at the stated efficiency, below Shannon's limit."""
    ratio, rng = 1.03 * least_ratio(rate), np.random.default_rng(5)
    assert rate < EFFICIENCIES[rate] < 1.0
    words = choose_words(ratio, 4 * 64_000)
    assert words.rate == rate
    values = words.word_bits * words.count
    x = rng.normal(0.0, math.sqrt(ratio), (values // 8, 8))
    y = x + rng.normal(0.0, 1.0, x.shape)
    bits = rng.integers(0, 2, values).astype(np.uint8)
    columns = words.words(bits)
    syndrome = words.code.syndrome(columns).T.reshape(-1)
    told = rotations(y, bits)
    found, done = bits_of(words, x, told, syndrome, slope=1.0, noise=1.0, iterations=150)
    done &= checks_of(found) == checks_of(columns)
    assert done.sum() >= words.count - 1
    assert (found[:, done] == columns[:, done]).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Quadratures(values=[[1.0, 2.0, 3.0]]), "values must be finite numbers of shape"),
        (lambda: Quadratures(values=[[1.0]]), "chosen must come with one value a symbol"),
        (lambda: Quadratures(values=[[1.0]], chosen=[0, 1]), "chosen must hold 1 bits"),
        (lambda: QuadratureSettings(link=3), "link must be a GG02"),
        (lambda: QuadratureSettings(link=LINK, epsilon=1e-13), "epsilon must exceed"),
        (lambda: QuadratureSettings(link=LINK, disclosed_share=1.0), "disclosed_share must lie"),
        (lambda: build_multi_edge(0.3, 8), "rate must be one of 0.25, 0.1, 0.05"),
    ],
)
def test_malformed_input_is_refused_in_words(make, message):
    """Oracle: the rules that the docstrings state."""
    with pytest.raises(ParameterError, match=message):
        make()
