"""Formulas without a run: no fraction is above the entropy that an attack of closed form leaves."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from protocols.key_rates import (
    bb84,
    bbm92_spdc,
    device_independent,
    infinite_decoy,
    no_decoy,
    one_decoy,
    six_state,
    twin_field,
    vacuum_weak,
)
from protocols.qkd import (
    BB84,
    BBM92,
    E91,
    Combined,
    DecoyBB84,
    Detectors,
    EntanglingProbe,
    Eve,
    FakedStates,
    InterceptResend,
    Line,
    SixState,
)
from protocols.qkd.decoy import single_photon_bounds
from protocols.qkd.result import TSIRELSON, entangled_fraction
from qnet.metrics import secret_key_fraction
from qnet.states import chsh, fano_from_density_matrix
from tests.eve import Record
from tests.eve_collective import collective_entropy, purified_entropy
from tests.eve_settings import draw_protocol
from tests.oracles import binary_entropy

ROUNDING = 1e-9
STRENGTHS = np.linspace(0.0, 1.0, 21)[1:]
AXES = dict(zip("XYZ", np.eye(3), strict=True))

#: Attacks on the qubit, as a function of a strength between 0 and 1.
ATTACKS = {
    "intercept-resend": lambda s: InterceptResend(fraction=s),
    "in Z alone": lambda s: InterceptResend(fraction=s, bases=("Z",)),
    "in three bases": lambda s: InterceptResend(fraction=s, bases=("Z", "X", "Y")),
    "Breidbart": lambda s: InterceptResend(fraction=s, bases=(45.0,)),
    "at 20 degrees": lambda s: InterceptResend(fraction=s, bases=(20.0,)),
    "probe": lambda s: EntanglingProbe(strength=s / 3.0),
    "both": lambda s: Combined(
        attacks=(InterceptResend(fraction=s / 2.0), EntanglingProbe(strength=s / 6.0))
    ),
}


def rounded(values) -> list[float]:
    return [round(value, 8) for value in values]


def test_k1_what_the_probe_leaves_and_what_it_leaves_when_errors_are_public():
    """Oracle: enumeration of the Fuchs-Peres-Brandt probe at E = .1."""
    protocol = BB84(eve=EntanglingProbe(strength=0.1))
    left = [Record.of(protocol, errors_public=public).entropy() for public in (False, True)]
    assert rounded(left) == [0.75494272, 0.72320831]


def test_k2_faked_states_leave_next_to_nothing():
    """Oracle: enumeration at a mismatch of .02; the error rate is what H(A | E) is."""
    detectors = Detectors(efficiency=0.2, efficiency_mismatch=0.02)
    protocol = BB84(eve=FakedStates(), line=Line(detectors=detectors))
    alice, bob = (
        Record.of(protocol, errors_public=False, reference=name) for name in ("alice", "bob")
    )
    claimed = 1.0 - 2.0 * binary_entropy(alice.error_rate())
    found = [alice.error_rate(), alice.entropy(), bob.entropy(), claimed]
    assert rounded(found) == [0.03773585, 0.03773585, 0.13397892, 0.53637390]


def test_k3_entropy_in_the_breidbart_basis_is_more_than_a_guess_says():
    """Oracle: she is right with probability cos^2(pi/8) in both bases."""
    record = Record.of(BB84(eve=InterceptResend(bases=(45.0,))), errors_public=False)
    guess = record.guess()
    assert rounded([record.entropy(), -math.log2(guess)]) == [0.60087604, 0.22844670]
    assert guess == pytest.approx(math.cos(math.pi / 8.0) ** 2, abs=1e-12)


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=list(ATTACKS))
def test_bb84_and_bbm92_fractions_against_attacks(attack):
    """Oracle: H(X | E) of the circuits, errors public; with the leak, that of a purifying Eve."""
    for strength in STRENGTHS:
        protocol = BB84(eve=attack(strength))
        record, pairs = Record.of(protocol), Record.of(BBM92(eve=attack(strength)))
        collective = collective_entropy(protocol)
        for key, test in ((0, 1), (1, 0)):
            e, phase = record.error_rate(key), record.error_rate(test)
            claims = [entangled_fraction("bb84", [e, phase])]
            if key == 0:
                claims.append(float(secret_key_fraction([phase, 0.0, e])))
            if abs(e - phase) < 1e-12:
                claims.append(bb84(e).unclipped)
            assert max(claims) <= record.entropy(key) + ROUNDING
            assert max(claims) <= pairs.entropy(key) + ROUNDING
            left = collective[key][0] - binary_entropy(e)
            assert max(max(claims), 0.0) <= max(left, 0.0) + ROUNDING


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=list(ATTACKS))
def test_six_state_fractions_against_attacks(attack):
    """Oracle: as above, of three bases together; the formula takes their mean error rate."""
    for strength in STRENGTHS:
        protocol = SixState(eve=attack(strength))
        record = Record.of(protocol)
        rates = [record.error_rate(k) for k in range(3)]
        claim = entangled_fraction("six-state", [record.error_rate()])
        assert claim <= record.entropy() + ROUNDING
        left = np.mean([h - binary_entropy(e) for h, e, _ in collective_entropy(protocol).values()])
        assert claim <= left + ROUNDING
        if np.ptp(rates) < 1e-12 and rates[0] <= 0.5:
            assert six_state(rates[0]).unclipped == pytest.approx(claim, abs=1e-12)


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=list(ATTACKS))
def test_device_independent_fractions_against_attacks(attack):
    """Oracle: as above, with the CHSH value of the exact table."""
    for strength in STRENGTHS:
        protocol = E91(eve=attack(strength))
        table = protocol.table()
        record = Record.of(protocol, table)
        signs = np.where(table.columns["bit_alice"] == table.columns["bit_bob"], 1.0, -1.0)
        value = 0.0
        for (a, b), sign in {(0, 0): 1, (0, 2): -1, (2, 0): 1, (2, 2): 1}.items():
            here = table.where(basis_alice=a, basis_bob=b)
            chances = table.probabilities[here]
            value += sign * float(chances @ signs[here] / chances.sum())
        rate, value = min(record.error_rate(), 0.5), min(abs(value), TSIRELSON)
        claim = entangled_fraction("device-independent", [rate], chsh=value)
        assert claim <= record.entropy() + ROUNDING
        assert device_independent(rate, value).unclipped == pytest.approx(claim, abs=1e-12)


def random_pair(rng: np.random.Generator) -> np.ndarray:
    """A random state of two qubits near Phi+: correlated noise and local rotations of any kind."""
    phi = np.zeros(4, complex)
    phi[[0, 3]] = math.sqrt(0.5)
    kraus = rng.normal(size=(3, 4, 4)) + 1j * rng.normal(size=(3, 4, 4))
    noise = sum(np.outer(k @ phi, (k @ phi).conj()) for k in kraus)
    share = 10.0 ** rng.uniform(-4.0, -0.5)
    mixed = (1.0 - share) * np.outer(phi, phi.conj()) + share * noise / np.trace(noise).real
    return fano_from_density_matrix(mixed)


def test_fractions_of_any_pair_against_who_purifies_it():
    """Oracle: S(X | E) from the vectors that Eve holds, for 300 pairs without any symmetry."""
    rng = np.random.default_rng(7)
    for _ in range(300):
        pair = random_pair(rng)
        found = {axis: purified_entropy(pair, vector) for axis, vector in AXES.items()}
        left = {axis: h - binary_entropy(e) for axis, (h, e, _) in found.items()}
        e = {axis: rate for axis, (_, rate, _) in found.items()}
        assert entangled_fraction("bb84", [e["Z"], e["X"]]) <= left["Z"] + ROUNDING
        assert secret_key_fraction([e["X"], e["Y"], e["Z"]]) <= max(left["Z"], 0.0) + ROUNDING
        six = secret_key_fraction([e["X"], e["Y"], e["Z"]], protocol="six-state")
        assert six <= max(left["Z"], 0.0) + ROUNDING
        mean = np.mean(list(e.values()))
        assert entangled_fraction("six-state", [mean]) <= np.mean(list(left.values())) + ROUNDING
        # S of the settings of E91, in Z and X: never more than the best settings give.
        value = min(float(pair[1, 1] + pair[3, 3]) * math.sqrt(2.0), TSIRELSON)
        assert value <= float(np.max(np.linalg.svd(pair[1:, 1:])[1])) * TSIRELSON + ROUNDING
        assert (
            entangled_fraction("device-independent", [e["Z"]], chsh=value) <= left["Z"] + ROUNDING
        )


def test_the_bb84_fraction_is_reached():
    """Oracle: bit and phase errors that are independent leave Eve exactly what the formula says."""
    for e_z, e_x in itertools.product((0.0, 0.01, 0.05, 0.11), repeat=2):
        pair = np.diag([1.0, 1.0 - 2 * e_x, -(1.0 - 2 * e_x) * (1.0 - 2 * e_z), 1.0 - 2 * e_z])
        left, error, _ = purified_entropy(pair, AXES["Z"], errors_public=True)
        assert error == pytest.approx(e_z, abs=1e-12)
        claim = entangled_fraction("bb84", [e_z, e_x])
        assert claim == pytest.approx(left - binary_entropy(e_z), abs=1e-9)


class Splitting:
    """A channel of an Eve who counts photons: yields at her will; two or more, and she knows."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.yields = 10.0 ** rng.uniform(-5.0, 0.0, 60)
        kind = rng.integers(3)
        if kind == 0:  # single photons are blocked
            self.yields[:2] = 1e-6
        elif kind == 1:  # an honest line
            self.yields = 1.0 - (1.0 - 10.0 ** rng.uniform(-3.0, -0.1)) ** np.arange(60) + 1e-6
        self.errors = self.yields * 10.0 ** rng.uniform(-4.0, -1.0) * rng.random(60)
        self.errors[0] = self.yields[0] / 2.0

    def _mixed(self, values: np.ndarray, intensity: float) -> float:
        return float(poisson(intensity) @ values)

    def gain(self, intensity: float) -> float:
        return self._mixed(self.yields, intensity)

    def error_gain(self, intensity: float) -> float:
        return self._mixed(self.errors, intensity)

    def photon_yield(self, photons: int) -> float:
        return float(self.yields[photons])

    def photon_error_yield(self, photons: int) -> float:
        return float(self.errors[photons])

    def left(self, intensity: float) -> float:
        """Bits per pulse that are secret: empty pulses, and single ones with their phase errors."""
        shares = poisson(intensity)
        rate = self.errors[1] / self.yields[1]
        return float(
            shares[0] * self.yields[0] + shares[1] * self.yields[1] * (1 - binary_entropy(rate))
        )


def poisson(mean: float) -> np.ndarray:
    n = np.arange(60)
    return np.exp(-mean + n * np.log(max(mean, 1e-300)) - [math.lgamma(k + 1.0) for k in n])


def test_decoy_formulas_against_any_choice_of_yields():
    """Oracle: Eve knows pulses of two photons and more, and of one what its error rate allows."""
    rng, keys = np.random.default_rng(11), 0
    for _ in range(2000):
        channel = Splitting(rng)
        signal, weak = rng.uniform(0.1, 0.8), rng.uniform(0.01, 0.09)
        rule = {"error_correction_efficiency": 1.0, "sifting": 1.0}
        rates = [
            infinite_decoy(channel, intensity=signal, **rule),
            vacuum_weak(channel, signal=signal, weak=weak, **rule),
            one_decoy(channel, signal=signal, weak=weak, **rule),
            no_decoy(channel, intensity=signal, **rule),
        ]
        gain, errors = channel.gain(signal), channel.error_gain(signal)
        left = channel.left(signal) - gain * binary_entropy(min(errors / gain, 0.5))
        keys += sum(rate.value > 0.0 for rate in rates)
        for rate in rates:
            assert rate.value <= max(left, 0.0) + ROUNDING * gain, rate
        for intensities in ((signal, weak, weak / 10.0), (signal, weak)):
            gains = [(channel.gain(k),) * 2 for k in intensities]
            wrong = [(channel.error_gain(k),) * 2 for k in intensities]
            bounds = single_photon_bounds(intensities, gains, wrong)
            assert bounds.vacuum_yield <= channel.yields[0] * (1.0 + 1e-6)
            assert bounds.yield_1 <= channel.yields[1] * (1.0 + 1e-6) + 1e-12
            assert bounds.error_yield_1 >= channel.errors[1] * (1.0 - 1e-6) - 1e-12
    assert keys > 500


def test_decoy_protocols_start_from_the_same_bounds():
    """Oracle: without Eve a decoy protocol leaves all but pulses of several photons."""
    protocol = DecoyBB84(line=Line(transmission=0.1), eve=Eve())
    record = Record.of(protocol)
    assert 0.0 < record.entropy(0) <= 1.0
    assert protocol.run(10**10, seed=1).secret_key_fraction.best <= record.entropy(0)


def lost_light(pairs: float, a: float, b: float, most: int = 6) -> tuple[float, float]:
    """Coincidences per pulse, and H(X | E) of them for who keeps and counts every lost photon.

    In the basis of the key n pairs are n - m and m photons at both ends, each split as likely. More
    than ``most`` pairs count as one bit each.
    """
    cells: dict[tuple[int, ...], list[float]] = {}
    numbers = [(n + 1) * pairs**n / (1.0 + pairs) ** (n + 2) for n in range(most + 1)]
    for n, chance in enumerate(numbers):
        for m in range(n + 1):
            ends = [clicks(n - m, m, t) for t in (a, b)]
            for (lost_a, x, p_a), (lost_b, y, p_b) in itertools.product(*ends):
                cell = cells.setdefault((*lost_a, *lost_b, x ^ y), [0.0, 0.0])
                cell[x] += chance * p_a * p_b / (n + 1)
    gain = sum(map(sum, cells.values()))
    entropy = sum(sum(c) * binary_entropy(c[0] / sum(c)) for c in cells.values() if sum(c) > 0.0)
    return gain, entropy + max(0.0, 1.0 - sum(numbers))


def clicks(to_0: int, to_1: int, t: float) -> list[tuple[tuple[int, int], int, float]]:
    """What is lost at each of two detectors, the bit, and how often: two clicks give any bit."""
    found = []
    for k, j in itertools.product(range(to_0 + 1), range(to_1 + 1)):
        chance = math.comb(to_0, k) * math.comb(to_1, j) * t ** (k + j)
        chance *= (1.0 - t) ** (to_0 + to_1 - k - j)
        bits = [bit for bit, caught in enumerate((k, j)) if caught]
        found += [((to_0 - k, to_1 - j), bit, chance / len(bits)) for bit in bits]
    return found


def test_pairs_of_down_conversion_against_who_keeps_the_light_that_is_lost():
    """Oracle: enumeration of photon numbers; she counts what is lost, in the basis of the key."""
    keys = 0
    for pairs, a, b in itertools.product((0.001, 0.01, 0.05, 0.15), (0.01, 0.3, 1.0), (0.1, 0.9)):
        gain, left = lost_light(pairs, a, b)
        rate = bbm92_spdc(
            mean_pair_number_half=pairs,
            transmission=(a, b),
            error_correction_efficiency=1.0,
            sifting=1.0,
        )
        assert rate.figures["gain"] == pytest.approx(gain, rel=1e-3)
        leak = rate.figures["gain"] * binary_entropy(rate.figures["qber"])
        assert rate.value <= max(left - leak, 0.0) + ROUNDING * gain
        keys += rate.value > 0.0
    assert keys > 10


def test_twin_field_against_who_keeps_the_light_that_is_lost():
    """Oracle: two modes of amplitude +-beta each, |beta|^2 = (1 - t) mu, pure given the bits.

    What both lost beams tell of Alice's bit, once it is announced whether the bits are equal, is
    what one of twice the amplitude squared tells: ``1 - h((1 - exp(-4 |beta|^2))/2)`` is left.
    """
    keys = 0
    for light, t in itertools.product(np.geomspace(1e-3, 0.5, 12), (1e-3, 0.03, 0.3, 0.9)):
        rate = twin_field(intensity=light, arm_transmission=t, error_correction_efficiency=1.0)
        overlap = math.exp(-4.0 * (1.0 - t) * light)
        left = 1.0 - binary_entropy((1.0 + overlap) / 2.0)
        gain, error = rate.figures["gain"], rate.figures["qber"]
        keys += rate.value > 0.0
        assert rate.value <= gain * max(left - binary_entropy(error), 0.0) + ROUNDING * gain
    assert keys > 10


def test_chsh_of_a_pair_is_at_most_what_the_best_settings_give():
    """Oracle: the criterion of the Horodeckis, which E91 cannot exceed."""
    rng = np.random.default_rng(3)
    for _ in range(50):
        pair = random_pair(rng)
        best = 2.0 * math.sqrt(float((np.linalg.svd(pair[1:, 1:])[1][:2] ** 2).sum()))
        assert float(chsh(pair)) <= best + ROUNDING


def test_who_purifies_the_channel_sees_what_the_circuits_show_and_knows_more():
    """Oracle: error rate and detections of the exact table; any Eve of it knows less."""
    rng, compared = np.random.default_rng(9), 0
    for _ in range(250):
        protocol = draw_protocol(rng)
        collective = collective_entropy(protocol)
        if collective is None:
            continue
        table = protocol.table()
        record = Record.of(protocol, table, errors_public=False)
        for basis, (entropy, error, detected) in collective.items():
            asked = table.columns["basis_bob"] == basis
            asked &= table.columns["basis_alice"] == basis + (protocol.name == "e91")
            chance = float(table.probabilities[asked].sum())
            assert record.chance(basis) == pytest.approx(chance * detected, rel=1e-9)
            assert math.isnan(error) or record.error_rate(basis) == pytest.approx(error, abs=1e-9)
            # Alice's dark counts make it an upper limit.
            if not getattr(protocol, "line_alice", Line()).detectors.dark_count_probability:
                assert record.entropy(basis) >= entropy - ROUNDING
                compared += 1
    assert compared > 80
