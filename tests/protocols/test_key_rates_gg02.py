"""GG02, against symplectic eigenvalues of covariance matrices and against drawn quadratures."""

import math
from dataclasses import replace
from decimal import Decimal, localcontext
from itertools import product

import numpy as np
import pytest
from scipy.stats import chi2

from protocols.key_rates import (
    GG02,
    ChannelRegion,
    draw_quadratures,
    estimate_channel,
    finite_gg02,
    gg02,
    holevo_bound,
    mutual_information,
)
from protocols.key_rates.gg02 import DETECTIONS
from qnet.errors import ParameterError, UnknownNameError

LINKS = {
    "lodewyck": GG02(
        modulation_variance=18.5,
        transmission=0.302,
        excess_noise=0.005,
        efficiency=0.606,
        electronic_noise=0.041,
    ),
    "near": GG02(
        modulation_variance=4.0,
        transmission=0.9,
        excess_noise=0.05,
        efficiency=0.8,
        electronic_noise=0.1,
    ),
    "far": GG02(
        modulation_variance=3.0,
        transmission=0.01,
        excess_noise=0.01,
        efficiency=0.6,
        electronic_noise=0.01,
    ),
}
Z = np.diag([1.0, -1.0])
ONE = np.eye(2)


def entropy(covariance):
    """Von Neumann entropy in bits from the symplectic eigenvalues of a covariance matrix."""
    modes = len(covariance) // 2
    omega = np.kron(np.eye(modes), [[0.0, 1.0], [-1.0, 0.0]])
    eigenvalues = np.sort(np.abs(np.linalg.eigvals(1j * omega @ covariance)))[::2]
    photons = np.maximum((eigenvalues - 1.0) / 2.0, 0.0)
    inside = photons[photons > 1e-12]
    return float(np.sum((inside + 1) * np.log2(inside + 1) - inside * np.log2(inside)))


def beam_splitter(covariance, first, second, transmission):
    """Mix two modes; the first becomes ``sqrt(T) first + sqrt(1 - T) second``."""
    modes = len(covariance) // 2
    t, r = math.sqrt(transmission), math.sqrt(1.0 - transmission)
    mix = np.eye(modes)
    mix[first, first] = mix[second, second] = t
    mix[first, second], mix[second, first] = r, -r
    full = np.kron(mix, ONE)
    return full @ covariance @ full.T


def purified(variance):
    """Two-mode squeezed vacuum: a thermal state of this variance, and what purifies it."""
    c = math.sqrt(variance**2 - 1.0)
    return np.block([[variance * ONE, c * Z], [c * Z, variance * ONE]])


def joined(*blocks):
    size = sum(len(b) for b in blocks)
    full, at = np.zeros((size, size)), 0
    for b in blocks:
        full[at : at + len(b), at : at + len(b)] = b
        at += len(b)
    return full


def measured(covariance, mode, quadratures):
    """State of the other modes after homodyne (x) or ideal heterodyne of one mode."""
    own = slice(2 * mode, 2 * mode + 2)
    rest = [k for k in range(len(covariance)) if not 2 * mode <= k < 2 * mode + 2]
    a, b, c = covariance[np.ix_(rest, rest)], covariance[own, own], covariance[rest, own]
    pseudo = np.diag([1.0 / b[0, 0], 0.0]) if quadratures == 1 else np.linalg.inv(b + ONE)
    return a - c @ pseudo @ c.T


def holevo_of_covariances(link):
    """Purify everything: Alice's source, the detector's noise; Eve holds the rest of a pure state.

    Modes: 0 Alice, 1 Bob, 2 and 3 the detector's noise and what purifies it.
    """
    t, v = link.transmission, link.modulation_variance + 1.0
    c = math.sqrt(t * (v**2 - 1.0))
    bob = t * (v + link.line_noise)
    shared = np.block([[v * ONE, c * Z], [c * Z, bob * ONE]])
    factor = 1.0 if link.detection == "homodyne" else 2.0
    noise = 1.0 + factor * link.electronic_noise / (1.0 - link.efficiency)
    full = beam_splitter(joined(shared, purified(noise)), 1, 2, link.efficiency)
    quadratures = 1 if link.detection == "homodyne" else 2
    return entropy(shared) - entropy(measured(full, 1, quadratures))


@pytest.mark.parametrize("detection", DETECTIONS)
@pytest.mark.parametrize("link", LINKS.values(), ids=LINKS)
def test_trusted_detector_is_that_of_the_covariance_matrices(link, detection):
    link = replace(link, detection=detection)
    assert holevo_bound(link) == pytest.approx(holevo_of_covariances(link), rel=1e-6)


@pytest.mark.parametrize("detection", DETECTIONS)
@pytest.mark.parametrize("link", LINKS.values(), ids=LINKS)
def test_untrusted_detector_is_a_part_of_the_channel(link, detection):
    """Eve purifies all noise: the state of Alice and Bob's ideal detector is all there is."""
    link = replace(link, detection=detection, trusted_detector=False)
    v = link.modulation_variance + 1.0
    overall = link.transmission * link.efficiency
    factor = 1.0 if detection == "homodyne" else 2.0
    c = math.sqrt(overall * (v**2 - 1.0))
    noise = overall * link.excess_noise + factor * link.electronic_noise
    bob = overall * link.modulation_variance + 1.0 + noise
    shared = np.block([[v * ONE, c * Z], [c * Z, bob * ONE]])
    after = measured(shared, 1, 1 if detection == "homodyne" else 2)
    wanted = entropy(shared) - entropy(after)
    assert holevo_bound(link) == pytest.approx(wanted, rel=1e-6)
    assert holevo_bound(link) > holevo_bound(replace(link, trusted_detector=True))
    seen = link.as_eve_sees_it()
    assert seen.total_noise == pytest.approx(link.total_noise, rel=1e-12)
    assert mutual_information(seen) == pytest.approx(mutual_information(link), rel=1e-12)


@pytest.mark.parametrize("detection", DETECTIONS)
def test_mutual_information_is_that_of_the_drawn_data(detection):
    """Bits of Gaussian data: ``-1/2 log2(1 - correlation^2)`` per value."""
    link = replace(LINKS["near"], detection=detection)
    x, y = draw_quadratures(link, 400_000, np.random.default_rng(3))
    square = float(np.corrcoef(x, y)[0, 1]) ** 2
    per_symbol = len(x) / 400_000
    found = -0.5 * per_symbol * math.log2(1.0 - square)
    # Standard deviation of the correlation r is (1 - r^2)/sqrt(n), and dI/dr = r/((1 - r^2) ln 2).
    width = per_symbol * math.sqrt(square / len(x)) / math.log(2.0)
    assert abs(found - mutual_information(link)) < 5.0 * width


def test_perfect_channel_and_limits():
    perfect = GG02(modulation_variance=10.0, transmission=1.0)
    assert gg02(perfect, reconciliation_efficiency=1.0).value == pytest.approx(
        0.5 * math.log2(11.0)
    )
    both = GG02(modulation_variance=10.0, transmission=1.0, detection="heterodyne")
    assert mutual_information(both) == pytest.approx(math.log2(6.0))
    # Pure loss, large modulation, perfect reconciliation: log2(1/(1 - T))/2 for homodyne, and less
    # than the repeaterless bound log2(1/(1 - T)).
    loss = GG02(modulation_variance=1e5, transmission=0.3)
    assert gg02(loss, reconciliation_efficiency=1.0).value == pytest.approx(
        -0.5 * math.log2(0.7), rel=1e-3
    )


def test_rate_falls_with_loss_and_noise_and_ends_with_a_reason():
    rates = [
        gg02(replace(LINKS["near"], transmission=t, electronic_noise=0.01)).value
        for t in (0.9, 0.5, 0.2, 0.05)
    ]
    assert rates == sorted(rates, reverse=True)
    noisy = gg02(replace(LINKS["near"], excess_noise=0.5))
    assert noisy.value == 0.0
    assert noisy.reason.startswith("no key: Eve may know")


@pytest.mark.parametrize("detection", DETECTIONS)
def test_intervals_of_the_channel_cover(detection):
    """200 runs at 90 %: binomial, mean 180, five standard deviations 21."""
    link = replace(LINKS["near"], detection=detection)
    rng, hits = np.random.default_rng(5), np.zeros(2)
    for _ in range(200):
        x, y = draw_quadratures(link, 2000, rng)
        found = estimate_channel(x, y, link, failure=0.1)
        hits += [
            found.transmission.low <= 0.9 <= found.transmission.high,
            found.excess_noise.low <= 0.05 <= found.excess_noise.high,
        ]
    assert (np.abs(hits - 180) <= 21).all()


@pytest.mark.parametrize("detection", DETECTIONS)
def test_estimates_come_back_to_what_was_put_in(detection):
    link = replace(LINKS["lodewyck"], detection=detection)
    x, y = draw_quadratures(link, 1_000_000, np.random.default_rng(6))
    found = estimate_channel(x, y, link, failure=1e-6)
    for estimate, truth in ((found.transmission, 0.302), (found.excess_noise, 0.005)):
        assert estimate.low < truth < estimate.high
        assert estimate.high - estimate.low < 0.2
    worst, (low, high) = found.worst, found.region.transmission
    assert low < found.transmission.low < found.transmission.high < high
    assert low <= worst.transmission <= high
    assert holevo_bound(worst) > holevo_bound(link)


def test_finite_rate_from_data_is_near_what_is_expected():
    link = LINKS["lodewyck"]
    x, y = draw_quadratures(link, 2_000_000, np.random.default_rng(9))
    estimate = estimate_channel(x, y, link, failure=1e-3)
    options = {"symbols": 4e6, "disclosed": 2e6, "epsilon": 1e-3}
    from_data = finite_gg02(link, **options, estimate=estimate)
    expected = finite_gg02(link, **options)
    assert from_data.unclipped == pytest.approx(expected.unclipped, abs=0.01)


@pytest.mark.parametrize("detection", DETECTIONS)
def test_finite_rate_rises_to_the_asymptotic_one(detection):
    link = replace(LINKS["near"], detection=detection, electronic_noise=0.01)
    blocks = [10.0**k for k in (3, 5, 6, 7, 8, 10, 12, 14)]
    rates = [finite_gg02(link, symbols=n, disclosed=0.5 * n).value for n in blocks]
    assert rates == sorted(rates)
    assert rates[0] == 0.0
    # Half of the symbols are disclosed.
    assert rates[-1] == pytest.approx(0.5 * gg02(link).value, rel=1e-4)
    assert rates[-1] < 0.5 * gg02(link).value


def test_reasons_of_finite_blocks():
    short = finite_gg02(LINKS["lodewyck"], symbols=1e4, disclosed=5e3)
    assert short.value == 0.0
    assert "too small" in short.reason
    noisy = finite_gg02(replace(LINKS["near"], excess_noise=0.5), symbols=1e9, disclosed=5e8)
    assert "endless" in noisy.reason


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: GG02(modulation_variance=0.0, transmission=0.5), "modulation_variance"),
        (lambda: GG02(modulation_variance=1.0, transmission=0.0), "transmission"),
        (lambda: GG02(modulation_variance=1.0, transmission=1.5), "transmission"),
        (lambda: GG02(modulation_variance=1.0, transmission=0.5, efficiency=0.0), "efficiency"),
        (
            lambda: GG02(modulation_variance=1.0, transmission=0.5, excess_noise=-0.1),
            "excess_noise",
        ),
        (lambda: gg02(LINKS["near"], reconciliation_efficiency=1.1), "reconciliation_efficiency"),
        (lambda: finite_gg02(LINKS["near"], symbols=1e6, disclosed=1e6), "disclosed"),
        (
            lambda: finite_gg02(LINKS["near"], symbols=1e6, disclosed=1e5, epsilon=0.0),
            "failure",
        ),
        (lambda: estimate_channel(np.zeros(5), np.zeros(5), LINKS["near"]), "values"),
        (lambda: estimate_channel(np.zeros(500), np.zeros(400), LINKS["near"]), "received"),
        (lambda: draw_quadratures(LINKS["near"], 0, np.random.default_rng(1)), "symbols"),
    ],
)
def test_what_is_wrong_is_refused(call, field):
    with pytest.raises(ParameterError) as refusal:
        call()
    assert refusal.value.field == field


def test_detection_has_a_name():
    with pytest.raises(UnknownNameError, match="did you mean 'homodyne'"):
        GG02(modulation_variance=1.0, transmission=0.5, detection="homodine")


def precise_holevo(link):
    """The published sums and products of squared eigenvalues, with 80 digits (Lodewyck 2007)."""
    with localcontext() as context:
        context.prec = 80
        one, two = Decimal(1), Decimal(2)
        v, t = Decimal(link.modulation_variance) + 1, Decimal(link.transmission)
        eta, electronic = Decimal(link.efficiency), Decimal(link.electronic_noise)
        line = one / t - 1 + Decimal(link.excess_noise)
        share = one if link.detection == "homodyne" else two
        chi = (share - eta + share * electronic) / eta
        total = t * (v + line + chi / t)
        a, root = v * v * (1 - 2 * t) + 2 * t + (t * (v + line)) ** 2, t * (v * line + 1)
        if link.detection == "homodyne":
            c = (a * chi + v * root + t * (v + line)) / total
            d = root * (v + root * chi) / total
        else:
            cross = 2 * chi * (v * root + t * (v + line)) + 2 * t * (v * v - 1)
            c = (a * chi**2 + root**2 + 1 + cross) / total**2
            d = ((v + root * chi) / total) ** 2

        def entropies(sums, products):
            spread = max(sums * sums - 4 * products, Decimal(0)).sqrt()
            large = max((sums + spread) / 2, one)
            found = Decimal(0)
            for square in (large, max(products / large, one)):
                n = (square.sqrt() - 1) / 2
                found += (n + 1) * (n + 1).ln() - (n * n.ln() if n > 0 else 0)
            return found / two.ln()

        return float(entropies(a, root * root) - entropies(c, d))


@pytest.mark.parametrize("detection", DETECTIONS)
def test_w3_no_digit_is_lost_near_a_perfect_channel(detection):
    """Oracle: the published formula with 80 digits; modulation up to 1e9, loss down to none."""
    grid = product(
        (1e-3, 18.5, 1e5, 1e9), (1e-6, 0.3, 1 - 1e-9, 1.0), (0.0, 1e-9, 0.05), (1.0, 0.6)
    )
    for variance, transmission, noise, efficiency in grid:
        link = GG02(
            modulation_variance=variance,
            transmission=transmission,
            excess_noise=noise,
            efficiency=efficiency,
            electronic_noise=0.04 if efficiency < 1.0 else 0.0,
            detection=detection,
        )
        assert holevo_bound(link) == pytest.approx(precise_holevo(link), rel=1e-9, abs=2e-14)


def test_w3_the_largest_modulation_over_no_loss():
    link = GG02(modulation_variance=1e9, transmission=1.0)
    assert holevo_bound(link) == 0.0
    assert gg02(link).value == pytest.approx(0.95 * 0.5 * math.log2(1e9 + 1.0))


S3 = GG02(modulation_variance=10.0, transmission=0.1, excess_noise=0.05, detection="heterodyne")


def test_s3_the_block_whose_worst_corner_leaves_no_key():
    """The highest transmission is the worst here; the lowest alone would leave a key."""
    options = {"symbols": 2e8, "disclosed": 1e8, "reconciliation_efficiency": 0.95}
    rate = finite_gg02(S3, epsilon=1e-10, **options)
    assert rate.value == 0.0
    figures = rate.figures
    assert figures["transmission_worst"] == pytest.approx(figures["transmission_high"])
    added = figures["transmission_low"] * figures["excess_noise_high"]
    lowest = ChannelRegion(
        link=S3, transmission=(figures["transmission_low"],) * 2, added_noise=added
    )
    assert lowest.holevo(figures["transmission_low"]) < figures["holevo_bound"] - 5e-4


@pytest.mark.parametrize("trusted", [True, False], ids=["trusted", "untrusted"])
@pytest.mark.parametrize("detection", DETECTIONS)
def test_s3_no_channel_of_the_region_tells_more(detection, trusted):
    """A dense grid of transmissions and noises, each by `holevo_bound` of that channel."""
    rng = np.random.default_rng(12)
    inner = 0
    for _ in range(12):
        low, high = np.sort(rng.uniform(0.01, 1.0, 2))
        link = GG02(
            modulation_variance=float(rng.uniform(0.5, 30.0)),
            transmission=float(low),
            efficiency=float(rng.uniform(0.4, 1.0)),
            electronic_noise=0.02,
            detection=detection,
            trusted_detector=trusted,
        )
        added = float(rng.uniform(0.001, 0.3))
        region = ChannelRegion(link=link, transmission=(low, high), added_noise=added)
        worst = region.worst_transmission
        most = region.holevo(worst)
        assert holevo_bound(region.worst) == pytest.approx(most, rel=1e-9)
        for t in np.linspace(low, high, 101):
            for w in np.linspace(0.0, added, 6):
                inside = replace(link, transmission=float(t), excess_noise=float(w / t))
                assert holevo_bound(inside) <= most * (1.0 + 1e-12)
        inner += low * 1.001 < worst < high * 0.999
    # The search is no choice between two corners.
    assert inner >= 1


def test_s3_the_region_may_reach_no_transmission_or_more_than_one():
    """Where the sign of the slope is open, zero belongs to the region; beyond one Eve amplifies."""
    dark = finite_gg02(replace(S3, transmission=1e-6), symbols=1e4, disclosed=5e3)
    assert dark.figures["transmission_low"] == 0.0
    assert math.isfinite(dark.unclipped)
    bright = finite_gg02(replace(S3, transmission=1.0), symbols=1e5, disclosed=5e4)
    assert bright.figures["transmission_high"] > 1.0
    assert bright.figures["holevo_bound"] > holevo_bound(replace(S3, transmission=1.0))


@pytest.mark.parametrize("detection", DETECTIONS)
def test_s3_the_bound_from_data_covers_the_true_channel(detection):
    """300 runs that may each fail with 10 %: binomial, mean 30, four standard errors 21."""
    link = replace(S3, detection=detection)
    rng, failed = np.random.default_rng(13), 0
    for _ in range(300):
        x, y = draw_quadratures(link, 2000, rng)
        region = estimate_channel(x, y, link, failure=0.1).region
        failed += region.holevo(region.worst_transmission) < holevo_bound(link)
    assert failed <= 30 + 21


@pytest.mark.parametrize("m", [100.0, 1e4, 1e7])
@pytest.mark.parametrize("failure", [0.1, 1e-10])
def test_s3_the_noise_of_the_region_is_the_quantile_of_chi_squared(m, failure):
    """Oracle: the chance that the estimate is so low at that noise, by SciPy's distribution."""
    link = GG02(modulation_variance=10.0, transmission=0.1, excess_noise=0.05)
    figures = finite_gg02(link, symbols=2.0 * m, disclosed=m, epsilon=failure).figures
    added = figures["excess_noise_high"] * max(figures["transmission_low"], 1e-9)
    chance = chi2.cdf(m * 1.005 / (1.0 + added), m - 1.0)
    assert chance == pytest.approx(failure / 2.0, rel=0.02)


def test_claims_of_continuous_variables():
    """Asymptotic, or composable with the four failures; what the detector must be is said."""
    endless = gg02(LINKS["lodewyck"], reconciliation_efficiency=0.9).security
    assert endless.notion == "asymptotic"
    assert any("Bob's detector" in sentence for sentence in endless.assumes)
    outside = gg02(replace(LINKS["near"], trusted_detector=False, excess_noise=0.0)).security
    assert not any("calibrated" in sentence for sentence in outside.assumes)
    finite = finite_gg02(LINKS["near"], symbols=1e11, disclosed=1e10, epsilon=1e-11).security
    assert (finite.notion, finite.epsilon) == ("composable", 4e-11)
    assert any("collective" in sentence for sentence in finite.assumes)


def test_w6_one_symbol_is_refused_as_too_few():
    with pytest.raises(ParameterError, match="symbols must be at least 200"):
        finite_gg02(S3, symbols=1.0, disclosed=0.5)
