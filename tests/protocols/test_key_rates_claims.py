"""Claims of the key-rate formulas: forms of finite keys, flipped bits, dark links."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import hypergeom

from protocols.key_rates import (
    GG02,
    AfterpulsingChannel,
    BackgroundChannel,
    BasisCounts,
    DecoySettings,
    Security,
    bb84,
    bbm92_spdc,
    device_independent,
    endless_block,
    expected_counts,
    finite_gg02,
    fixed_decoy_key,
    fixed_tomamichel2012,
    gg02,
    infinite_decoy,
    lim2014,
    lim2014_length,
    mdi,
    no_decoy,
    one_decoy,
    rusca2018,
    rusca2018_length,
    six_state,
    tomamichel2012,
    twin_field,
    vacuum_weak,
)
from protocols.qkd import BBM92, DecoyBB84, WeakPulses
from protocols.qkd.entangled_key import finite_key
from qnet.errors import ParameterError
from qnet.hardware import Detectors, Line
from qnet.metrics.key_rate import binary_entropy
from qnet.states import werner

SCENE = AfterpulsingChannel(
    Line(
        transmission=0.01,
        detectors=Detectors(dark_count_probability=6e-7, afterpulse_probability=0.04),
        misalignment=5e-3,
    )
)
TWO = DecoySettings(intensities=(0.5, 0.15), probabilities=(0.7, 0.3), basis_bias=0.9)
THREE = DecoySettings(intensities=(0.5, 0.1, 2e-4), probabilities=(0.6, 0.3, 0.1), basis_bias=0.9)
RULES = Security(epsilon_secrecy=1e-10, epsilon_correctness=1e-15)

ENDLESS = {
    "bb84": lambda: bb84(0.02),
    "six-state": lambda: six_state(0.02),
    "spdc": lambda: bbm92_spdc(mean_pair_number_half=0.05, transmission=(0.2, 0.2)),
    "infinite-decoy": lambda: infinite_decoy(SCENE, intensity=0.5),
    "vacuum-weak": lambda: vacuum_weak(SCENE, signal=0.5, weak=0.1),
    "one-decoy": lambda: one_decoy(SCENE, signal=0.5, weak=0.1),
    "no-decoy": lambda: no_decoy(BackgroundChannel(Line(transmission=0.5)), intensity=0.1),
    "endless": lambda: endless_block(SCENE, THREE),
    "mdi": lambda: mdi(intensities=(0.4, 0.4), transmission=(0.1, 0.1)),
    "twin-field": lambda: twin_field(intensity=0.03, arm_transmission=0.01),
    "gg02": lambda: gg02(GG02(modulation_variance=4.0, transmission=0.5)),
}
FINITE = {
    "lim2014": lambda: lim2014(SCENE, THREE, block_size=1e9, security=RULES),
    "rusca2018": lambda: rusca2018(SCENE, TWO, block_size=1e9, security=RULES),
    "tomamichel2012": lambda: tomamichel2012(key_bits=1e6, test_bits=1e5, qber=0.01),
}


@pytest.mark.parametrize("rate", ENDLESS.values(), ids=ENDLESS)
def test_endless_blocks_claim_asymptotic_rates_and_say_what_they_presume(rate):
    """Oracle: the papers, whose rates are for endless blocks; each names devices it presumes."""
    found = rate()
    assert found.value > 0.0
    assert (found.security.notion, found.security.epsilon) == ("asymptotic", None)
    assert len(found.security.assumes) >= 3


def test_a_chsh_value_claims_device_independence():
    claim = device_independent(0.02).security
    assert claim.notion == "device-independent-asymptotic"
    assert not any("described" in sentence for sentence in claim.assumes)


@pytest.mark.parametrize("rate", FINITE.values(), ids=FINITE)
def test_s5_planned_blocks_are_fixed_and_composable(rate):
    """Secrecy and correctness add up; the form and its proof are the first assumption."""
    claim = rate().security
    assert claim.notion == "composable"
    assert claim.epsilon == pytest.approx(1e-10 + 1e-15, rel=1e-12)
    assert "fixed beforehand" in claim.assumes[0]
    assert "2405.16578" in claim.assumes[0]


def test_no_key_claims_nothing_and_says_why():
    none = lim2014(SCENE, THREE, block_size=1e4)
    assert none.security.notion == "none"
    assert none.security.reason == none.reason
    assert none.security.assumes


@pytest.mark.parametrize(("qber", "key_qber"), [(0.01, 0.01), (0.03, 0.015)])
def test_s5_the_observed_form_is_the_theorem_of_variable_length(qber, key_qber):
    """arXiv:2408.17349, theorem 1, with R. J. Serfling's bound on sampling (1974).

    ``P[e > Q + m] <= exp(-2 n k^2 m^2/((n + k)(k + 1)))`` is ``eps_at^2``, and the key is ``2
    eps_at + eps_pa + eps_cor`` secure.
    """
    n, k, secrecy, correctness = 1e6, 1e5, 1e-10, 1e-15
    at, pa = secrecy / 4.0, secrecy / 2.0
    assert 2.0 * at + pa == pytest.approx(secrecy)
    m = math.sqrt(-math.log(at**2) * (n + k) * (k + 1.0) / (2.0 * n * k**2))
    length = n * (1.0 - binary_entropy(qber + m)) - 1.16 * n * binary_entropy(key_qber)
    length -= 2.0 * math.log2(1.0 / (2.0 * pa)) + math.log2(2.0 / correctness)
    rate = tomamichel2012(key_bits=n, test_bits=k, qber=qber, key_qber=key_qber, form="variable")
    assert rate.value == pytest.approx(length, rel=1e-12)
    assert "2408.17349" in rate.security.assumes[0]
    assert "observed" in rate.security.assumes[0]


def test_s5_sampling_fails_as_rarely_as_the_epsilon_says():
    """Enumeration: of n + k bits with K errors, k are tested; hypergeometric, every K."""
    n, k, secrecy = 200, 100, 0.2
    m = tomamichel2012(
        key_bits=n, test_bits=k, qber=0.0, security=Security(epsilon_secrecy=secrecy)
    ).figures["deviation"]
    worst = 0.0
    for wrong in range(n + k + 1):
        tested = np.arange(k + 1)
        bad = (wrong - tested) / n > tested / k + m
        worst = max(worst, float(hypergeom.pmf(tested, n + k, wrong, k)[bad].sum()))
    assert 0.0 < worst <= (secrecy / 4.0) ** 2


def test_s5_a_run_is_accepted_within_the_thresholds_and_aborted_beyond():
    plan = fixed_tomamichel2012(key_bits=1e6, test_bits=1e5, qber=0.02, key_qber=0.015)
    spent = 1.16e6 * binary_entropy(0.015)
    met = {"key_bits": 1e6, "test_bits": 1e5, "qber": 0.02, "correction_bits": spent}
    planned = plan.length.value
    assert planned > 0.0
    # Better than planned is no longer key: the length is fixed.
    assert plan.accept({**met, "qber": 0.0}).value == plan.accept(met).value == planned
    for name, worse in (
        ("key_bits", 999_999.0),
        ("test_bits", 99_999.0),
        ("qber", 0.02001),
        ("correction_bits", 1.01 * spent),
    ):
        aborted = plan.accept({**met, name: worse})
        assert (aborted.value, aborted.security.notion) == (0.0, "none")
        assert "fixed beforehand" in aborted.reason


@pytest.mark.parametrize(("model", "settings"), [("lim2014", THREE), ("rusca2018", TWO)])
def test_s5_decoy_blocks_accept_or_abort(model, settings):
    """At its own thresholds a block gives the published length; each worse count aborts it."""
    _, key, test = expected_counts(SCENE, settings, 1e8)
    plan = fixed_decoy_key(model, key, test, settings, security=RULES)
    rule = lim2014 if model == "lim2014" else rusca2018
    published = rule(SCENE, settings, block_size=1e8, security=RULES)
    assert plan.accept(key, test).value == published.figures["secret_bits"]
    more_errors = replace(test, errors=tuple(1.05 * m for m in test.errors))
    fewer = replace(key, events=tuple(0.98 * n for n in key.events))
    for worse in ((key, more_errors), (fewer, test)):
        aborted = plan.accept(*worse)
        assert aborted.value == 0.0
        assert "not accepted" in aborted.reason


def test_s5_a_run_with_decoys_follows_its_counts_or_a_plan():
    """`DecoyBB84` played: what it observed gives another length than planned, and says so."""
    source = WeakPulses(intensities=(0.5, 0.1), probabilities=(0.7, 0.3))
    protocol = DecoyBB84(source=source, model="rusca2018")
    counts = protocol.table().count(10**9, np.random.default_rng(3))
    own = protocol.finite_key(counts)
    assert own.value > 0.0
    assert "observed" in own.security.assumes[0]
    settings = DecoySettings(
        intensities=(0.5, 0.1), probabilities=(0.7, 0.3), basis_bias=protocol.key_basis_probability
    )
    columns = counts.table.columns
    sifted = protocol.sift(columns)

    def block(basis):
        masks = [
            sifted.kept & (sifted.basis == basis) & (columns["intensity"] == k) for k in (0, 1)
        ]
        events = tuple(counts.among(mask) for mask in masks)
        errors = tuple(counts.among(mask & sifted.wrong) for mask in masks)
        return BasisCounts(events=events, errors=errors)

    key, test = block(0), block(1)
    lower = replace(key, events=tuple(0.99 * n for n in key.events))
    plan = fixed_decoy_key("rusca2018", lower, test, settings, security=RULES)
    assert protocol.finite_key(counts, plan).value == plan.plan.length.value > 0.0
    assert "fixed beforehand" in protocol.finite_key(counts, plan).security.assumes[0]
    best = replace(key, events=tuple(1.01 * n for n in key.events))
    ambitious = fixed_decoy_key("rusca2018", best, test, settings, security=RULES)
    assert protocol.finite_key(counts, ambitious).value == 0.0


def lim_by_hand(key, test, settings, epsilon, *, cut):
    """Lim et al. 2014 written out, with Hoeffding's widths; lower limits cut at zero or not."""
    k1, k2, k3 = settings.intensities
    weights = [math.exp(k) / p for k, p in zip((k1, k2, k3), settings.probabilities, strict=True)]
    tau = [settings.photon_probability(n) for n in (0, 1)]
    floor = 0.0 if cut else -math.inf

    def limits(counts):
        width = math.sqrt(sum(counts) / 2.0 * math.log(21.0 / epsilon))
        return [
            (w * max(n - width, floor), w * (n + width))
            for w, n in zip(weights, counts, strict=True)
        ]

    def photons(counts):
        (_, a), (b, up), (c, most) = limits(counts)
        s0 = max(0.0, tau[0] * (k2 * c - k3 * up) / (k2 - k3))
        inner = b - most - (k2**2 - k3**2) / k1**2 * (a - s0 / tau[0])
        return s0, max(0.0, tau[1] * k1 * inner / (k1 * (k2 - k3) - k2**2 + k3**2))

    (s0, s1), (_, tested) = photons(key.events), photons(test.events)
    (_, (_, m2), (m3, _)) = limits(test.errors)
    ratio = tau[1] * (m2 - m3) / (k2 - k3) / tested
    share = (s1 + tested) / (s1 * tested)
    inside = share * 21.0**2 / ((1.0 - ratio) * ratio * epsilon**2)
    phase = ratio + math.sqrt(share * (1.0 - ratio) * ratio / math.log(2.0) * math.log2(inside))
    length = s0 + s1 * (1.0 - binary_entropy(phase))
    length -= 1.16 * key.total * binary_entropy(key.qber)
    return length - 6.0 * math.log2(21.0 / epsilon) - math.log2(2.0 / 1e-15)


@pytest.mark.parametrize(("length_km", "size"), [(25.0, 1e8), (50.0, 1e9), (50.0, 2e7)])
def test_s8_lower_limits_of_counts_are_cut_at_zero(length_km, size):
    """Oracle: the formula of the paper written out above, once cut and once not."""
    channel = AfterpulsingChannel(
        replace(SCENE.line, transmission=0.1 * 10.0 ** (-0.02 * length_km))
    )
    _, key, test = expected_counts(channel, THREE, size)
    cut = lim2014_length(key, test, THREE, security=RULES)
    whole = lim2014_length(key, test, THREE, security=RULES, negative_limits=True)
    assert cut.unclipped == pytest.approx(lim_by_hand(key, test, THREE, 1e-10, cut=True), rel=1e-9)
    assert whole.unclipped == pytest.approx(
        lim_by_hand(key, test, THREE, 1e-10, cut=False), rel=1e-9
    )
    assert cut.unclipped > 1.04 * whole.unclipped


def test_s8_one_decoy_gains_where_errors_are_few():
    detectors = Detectors(dark_count_probability=6e-7)
    channel = AfterpulsingChannel(replace(SCENE.line, misalignment=1e-3, detectors=detectors))
    rates = [
        rusca2018(channel, replace(TWO, basis_bias=0.95), block_size=1e7, negative_limits=whole)
        for whole in (False, True)
    ]
    assert rates[0].value > 1.01 * rates[1].value > 0.0
    assert rates[0].figures["phase_error"] < rates[1].figures["phase_error"]


def test_s8_cut_limits_hold_for_known_photon_numbers():
    """Soundness: photon numbers drawn and known; few errors, so that the cut is at work."""
    rng, channel = (
        np.random.default_rng(11),
        BackgroundChannel(Line(transmission=0.3, misalignment=0.01)),
    )
    settings = DecoySettings(
        intensities=(0.5, 0.15, 0.01), probabilities=(0.5, 0.3, 0.2), basis_bias=0.7
    )
    rules, failed, cut = Security(epsilon_secrecy=0.5), 0, 0
    photons = np.arange(12)
    yields = np.array([channel.photon_yield(int(n)) for n in photons])
    errors_of = np.array([channel.photon_error_yield(int(n)) for n in photons])
    wrong = np.divide(errors_of, yields, out=np.zeros(12), where=yields > 0.0)
    factorials = np.array([math.factorial(n) for n in photons], dtype=float)
    for _ in range(300):
        bases, single = [], []
        for bias in (0.7, 0.3):
            events, errors, own = [], [], np.zeros(2)
            for k, p in zip(settings.intensities, settings.probabilities, strict=True):
                sent = rng.poisson(4e5 * bias**2 * p * np.exp(-k) * k**photons / factorials)
                found = rng.binomial(sent, yields)
                bad = rng.binomial(found, wrong)
                events.append(found.sum())
                errors.append(bad.sum())
                own += (found[1], bad[1])
            bases.append(BasisCounts(events=tuple(events), errors=tuple(errors)))
            single.append(own)
        key, test = bases
        figures = lim2014_length(key, test, settings, security=rules).figures
        loose = lim2014_length(key, test, settings, security=rules, negative_limits=True).figures
        cut += figures["phase_error"] < loose["phase_error"]
        failed += (
            figures["single_photon_events"] > single[0][0]
            or figures["phase_error"] < single[0][1] / single[0][0]
        )
    assert cut >= 290
    # Half may fail; far fewer do.
    assert failed <= 15


FLIPS = {
    "bb84": lambda e: bb84(e).value,
    "bb84, f": lambda e: bb84(e, error_correction_efficiency=1.2).value,
    "device-independent": lambda e: device_independent(e).value,
    "device-independent, S": lambda e: device_independent(e, 2.7).value,
    "tomamichel2012": lambda e: tomamichel2012(key_bits=1e6, test_bits=1e5, qber=e).value,
    "spdc": lambda e: (
        bbm92_spdc(
            mean_pair_number_half=0.05,
            transmission=(0.2, 0.1),
            background_yield=1e-5,
            misalignment=e,
        ).value
    ),
    "mdi": lambda e: (
        mdi(
            intensities=(0.4, 0.3),
            transmission=(0.1, 0.2),
            dark_count_probability=1e-6,
            misalignment=e,
        ).value
    ),
    "twin-field": lambda e: (
        twin_field(
            intensity=0.03, arm_transmission=0.01, dark_count_probability=1e-9, misalignment=e
        ).value
    ),
}


@pytest.mark.parametrize("value", FLIPS.values(), ids=FLIPS)
@pytest.mark.parametrize("error", [0.0, 0.005, 0.02])
def test_s9_errors_and_their_complement_are_the_same_key(value, error):
    """Flipping one party's bits is a relabelling: ``h(e) = h(1 - e)``."""
    assert value(1.0 - error) == pytest.approx(value(error), rel=1e-9)
    assert value(error) > 0.0


def test_s9_a_flip_is_said():
    assert bb84(0.97).notes == ("one party flips its bits: an error rate of 97 % becomes 3 %",)
    assert bb84(0.97).figures["qber"] == 0.97
    assert bb84(0.03).notes == ()


def test_s9_what_no_flip_mends_is_refused():
    """All three bases cannot be flipped; background errs half the time whatever bits are called."""
    with pytest.raises(ParameterError, match="not of all three: no state does that"):
        six_state(0.9)
    for channel in (BackgroundChannel, AfterpulsingChannel):
        with pytest.raises(ParameterError, match="background errs half the time either way"):
            channel(Line(transmission=0.1, misalignment=0.9))


def test_s9_flipped_pairs_give_the_finite_key_of_straight_ones():
    """Psi- in Z and X always errs: its counts are those of Phi+, flipped."""
    keys = []
    for pair in (werner(1.0), np.diag([1.0, -1.0, -1.0, -1.0])):
        protocol = BBM92(pair=pair)
        counts = protocol.table().count(100_000, np.random.default_rng(1))
        keys.append(finite_key(protocol, counts))
    assert keys[0].figures["qber_x"] == 0.0
    assert keys[1].figures["qber_x"] == 1.0
    assert keys[1].value == pytest.approx(keys[0].value, rel=0.01)
    assert keys[1].value > 10_000
    assert any("flips its bits" in note for note in keys[1].notes)


DARK = {
    "lim2014": lambda channel: lim2014(channel, replace(THREE), block_size=1e9),
    "rusca2018": lambda channel: rusca2018(channel, TWO, block_size=1e9),
    "endless": lambda channel: endless_block(channel, THREE),
    "infinite-decoy": lambda channel: infinite_decoy(channel, intensity=0.5),
    "vacuum-weak": lambda channel: vacuum_weak(channel, signal=0.5, weak=0.1),
    "one-decoy": lambda channel: one_decoy(channel, signal=0.5, weak=0.1),
    "no-decoy": lambda channel: no_decoy(channel, intensity=0.5),
}


@pytest.mark.parametrize("rate", DARK.values(), ids=DARK)
def test_w5_nothing_detected_is_zero_with_its_reason(rate):
    for channel in (
        BackgroundChannel(Line(transmission=0.0)),
        AfterpulsingChannel(Line(transmission=0.0)),
    ):
        found = rate(channel)
        assert found.value == 0.0
        assert "nothing is ever detected" in found.reason


def test_w5_a_gain_is_a_probability_or_refused():
    """Every channel of a grid: gains within [0, 1], errors no more than detections, or refused."""
    refused = 0
    grid = (0.0, 1e-3, 0.1, 0.5, 1.0)
    for first, second, third in itertools.product(grid, grid, (0.0, 0.1, 0.5)):
        channels = [
            BackgroundChannel(
                Line(
                    transmission=first,
                    detectors=Detectors(background_yield=second),
                    misalignment=third,
                )
            ),
            AfterpulsingChannel(
                Line(
                    transmission=first,
                    detectors=Detectors(
                        dark_count_probability=third, afterpulse_probability=second
                    ),
                    misalignment=0.5,
                )
            ),
        ]
        for channel, intensity in itertools.product(channels, (0.0, 0.5, 20.0)):
            try:
                gain = channel.gain(intensity)
            except ParameterError:
                refused += 1
                continue
            assert 0.0 <= channel.error_gain(intensity) <= gain * (1.0 + 1e-12) <= 1.0 + 1e-12
    assert 0 < refused < 200
    with pytest.raises(ParameterError, match=r"background_yield must leave the gain at most 1"):
        infinite_decoy(
            BackgroundChannel(Line(transmission=0.01, detectors=Detectors(background_yield=1.0))),
            intensity=0.5,
        )


def test_finite_continuous_variables_say_how_the_length_came_about():
    link = GG02(modulation_variance=4.0, transmission=0.5)
    assert any(
        "region" in text for text in finite_gg02(link, symbols=1e10, disclosed=1e9).security.assumes
    )


def test_s5_announced_errors_of_one_decoy_are_disclosed():
    """The length of one decoy depends on the errors of the key bits: their numbers are told."""
    _, key, test = expected_counts(SCENE, TWO, 1e8)
    fixed = rusca2018_length(key, test, TWO, form="fixed").unclipped
    told = sum(math.log2(n + 1.0) for n in key.events)
    assert fixed - rusca2018_length(key, test, TWO).unclipped == pytest.approx(told, rel=1e-6)
