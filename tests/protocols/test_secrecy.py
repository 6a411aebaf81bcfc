"""Claims of secrecy: unequal detectors, several photons, attacks that break assumptions."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from protocols.qkd import (
    B92,
    BB84,
    BBM92,
    E91,
    MDI,
    SARG04,
    BeamSplitting,
    Blinding,
    Combined,
    DecoyBB84,
    Detectors,
    EntanglingProbe,
    FakedStates,
    InterceptResend,
    Line,
    PhotonNumberSplitting,
    SinglePhotons,
    SixState,
    SpdcPairs,
    TeleportedBB84,
    TimeShift,
    WeakPulses,
)
from protocols.qkd.result import TSIRELSON, shared_fraction
from protocols.qkd.secrecy import apparatus_of, evidence_of, kept_by_thinning
from protocols.qkd.spdc import several_arrive
from qnet.errors import ParameterError
from qnet.metrics import binary_entropy
from qnet.metrics.security import ASSUMPTIONS, Apparatus, SecurityClaim
from qnet.states import fano_from_weights, werner
from tests.protocols.information import endless, known

DECOYS = WeakPulses(intensities=(0.5, 0.1, 0.0), probabilities=(0.6, 0.3, 0.1))
WEAK = WeakPulses(intensities=(0.05,))


def line(zero=1.0, one=None, wrong=0.0, dark=0.0, transmission=1.0):
    detectors = Detectors(efficiency=zero, efficiency_1=one, dark_count_probability=dark)
    return Line(transmission=transmission, detectors=detectors, misalignment=wrong)


def with_detectors(bobs, alices=None):
    """One protocol of each kind on these lines."""
    pairs = {"line": bobs, "line_alice": alices or replace(bobs, misalignment=0.0)}
    return [
        BB84(line=bobs),
        BB84(line=bobs, source=WEAK),
        SixState(line=bobs),
        DecoyBB84(line=bobs, source=DECOYS),
        BBM92(**pairs),
        BBM92(bases="ZXY", **pairs),
        BBM92(source=SpdcPairs(mean_pair_number_half=0.01), **pairs),
        E91(**pairs),
    ]


# S1: detectors of unequal efficiency.


def test_s1_a_detector_that_never_clicks_leaves_no_bits():
    """Oracle: all registered bits are 0, so I(A;B) = 0."""
    for protocol in with_detectors(line(1.0, 0.0)):
        result = endless(protocol)
        assert known(protocol)["I(A;B)"] == pytest.approx(0.0, abs=1e-3)
        assert result.secret_bits.best == result.secret_key_fraction.best == 0.0
        assert result.security.notion == "none"
        assert result.reason
        assert result.security.reason == result.reason


@pytest.mark.parametrize(("zero", "one"), [(0.5, 0.25), (0.9, 0.1), (0.2, 1.0), (0.3, 0.29)])
@pytest.mark.parametrize("wrong", [0.0, 0.02, 0.05])
def test_s1_unequal_detectors_claim_less_than_the_mutual_information(zero, one, wrong):
    """Oracle: I(A;B) of the exact classes."""
    for protocol in with_detectors(line(zero, one, wrong, dark=1e-6)):
        result = endless(protocol)
        assert result.secret_key_fraction.best <= known(protocol)["I(A;B)"] + 1e-9, protocol


@pytest.mark.parametrize(
    ("zero", "one", "wrong"), [(0.5, 0.25, 0.0), (0.9, 0.1, 0.05), (1, 0.5, 0.05)]
)
def test_s1_thinning_gives_its_closed_form(zero, one, wrong):
    """Oracle: of uniform bits 2 r/(1 + r) are left, whose errors are those of the analyser."""
    r = min(zero, one) / max(zero, one)
    left, h = 2 * r / (1 + r), binary_entropy(wrong)
    result = endless(BB84(line=line(zero, one, wrong)))
    # All bits are hashed and corrected, or those left alone.
    raw = binary_entropy(result.qber.best)
    expected = max(left * (1 - h) - raw, left * (1 - 2 * h))
    assert result.secret_key_fraction.best == pytest.approx(expected, abs=1e-9)
    assert ASSUMPTIONS["known-detectors"] in result.security.assumes
    assert ASSUMPTIONS["equal-detectors"] not in result.security.assumes


def test_s1_p_d1_2_lies_between_thinning_and_the_semidefinite_bound():
    """Oracle: P-D1.2, efficiencies 1 and 1/2, Q = .05: .3568 and .492889 a round; key .278091."""
    protocol = BB84(line=line(1.0, 0.5, 0.05))
    result = endless(protocol)
    entropic = 0.75 * (shared_fraction("bb84", 0.0, 0.05, lost=1 / 3))
    assert entropic == pytest.approx(0.3568, abs=5e-5)
    assert entropic < 0.492889
    per_round = 0.75 * result.secret_key_fraction.best
    assert 0.3568 - 0.75 * 0.286397 < per_round < 0.278091


def test_s1_the_errors_of_what_is_left_are_observed():
    """Intercept-resend in Z alone, unequal detectors: by enumeration of Bob's outcomes in X."""
    protocol = BB84(eve=InterceptResend(fraction=0.3, bases=("Z",)), line=line(0.9, 0.3, 0.04))
    table = protocol.table()
    sifted = protocol.sift(table.columns)
    counts = table.count(10**9, np.random.default_rng(1))
    evidence = evidence_of(protocol, counts)
    here = evidence.of(1)
    kept = np.where(table.columns["bit_bob"] == 0, 1 / 3, 1.0) * counts.counts
    expected = kept[here & sifted.wrong].sum() / kept[here].sum()
    estimate = evidence.thinned_error(here, 0.95)
    assert estimate.best == pytest.approx(expected, rel=1e-12)
    assert estimate.low < expected < estimate.high
    # The truth: misalignment and a random half of what she resends, whatever the detectors.
    truth = 0.3 * 0.5 + 0.7 * 0.04
    assert abs(expected - truth) < 5 * math.sqrt(truth / kept[here].sum())


def test_s1_thinning_with_dark_counts_makes_detection_independent_of_the_bit():
    """Oracle: click probabilities of one photon, kept as thinning says, for either bit."""
    detectors = Detectors(efficiency=0.8, efficiency_1=0.3, dark_count_probability=0.05)
    protocol = BB84(line=Line(detectors=detectors))
    table = protocol.table()
    kept = kept_by_thinning(apparatus_of(protocol), table.columns)
    same = table.columns["basis_alice"] == table.columns["basis_bob"]
    found = [
        (table.probabilities * kept)[
            same & (table.columns["bit_alice"] == bit) & ~table.undetected
        ].sum()
        for bit in (0, 1)
    ]
    assert found[0] == pytest.approx(found[1], rel=1e-12)


def test_s1_finite_keys_are_not_given_for_unequal_detectors():
    result = DecoyBB84(line=line(0.5, 0.25), source=DECOYS, model="lim2014").run(10**9, seed=1)
    assert result.secret_bits.best == 0.0
    assert "unequal efficiency" in result.reason
    equal = DecoyBB84(line=line(0.5), source=DECOYS, model="lim2014").run(10**10, seed=1)
    assert equal.security.notion == "composable"
    assert equal.security.epsilon == pytest.approx(1e-10, rel=1e-4)


def test_s1_several_photons_of_pairs_at_unequal_detectors():
    """Oracle: enumeration of photon pairs, splits and arrivals."""
    half, source = 0.08, SpdcPairs(mean_pair_number_half=0.08)
    alice, bob = line(0.7, 0.4, transmission=0.6), line(0.5, 0.9, transmission=0.3)

    def arrivals(n0, n1, t):
        for a, b in itertools.product(range(n0 + 1), range(n1 + 1)):
            chance = math.comb(n0, a) * math.comb(n1, b) * t ** (a + b)
            yield a, b, chance * (1 - t) ** (n0 + n1 - a - b)

    def clicks(a, b, detectors):
        zero, one = detectors.efficiencies
        return 1 - (1 - zero) ** a * (1 - one) ** b

    both = several = 0.0
    for n in range(1, 9):
        pairs = (n + 1) * half**n / (1 + half) ** (n + 2)
        for m in range(n + 1):
            for a0, a1, pa in arrivals(n - m, m, 0.6):
                for b0, b1, pb in arrivals(n - m, m, 0.3):
                    chance = pairs / (n + 1) * pa * pb
                    chance *= clicks(a0, a1, alice.detectors) * clicks(b0, b1, bob.detectors)
                    both += chance
                    several += chance if a0 + a1 > 1 or b0 + b1 > 1 else 0.0
    share = several / both
    table = BBM92(source=source, line=bob, line_alice=alice).table()
    total = table.probabilities[~table.undetected].sum()
    assert several_arrive(source, alice, bob, 0.5) / total == pytest.approx(share, rel=1e-6)


def test_s1_afterpulses_of_unequal_detectors_count_as_known():
    """Oracle: (1 - L - D)(1 - h(e (1 - L)/(1 - L - D))) - f h(E), with D = a/(1 + a)."""
    a = 0.02
    detectors = Detectors(efficiency=0.6, efficiency_1=0.5, afterpulse_probability=a)
    protocol = BB84(line=Line(transmission=0.2, detectors=detectors, misalignment=0.01))
    counts = protocol.table().count(10**12, np.random.default_rng(1))
    evidence, result = evidence_of(protocol, counts), protocol.estimate(counts)
    here = np.asarray(evidence.sifted.kept)
    lost = 1 - evidence.left(here) / evidence.bits
    error = evidence.left(here & evidence.sifted.wrong) / evidence.left(here)
    left = 1 - lost - a / (1 + a)
    secret = left * (1 - binary_entropy(error * (1 - lost) / left))
    leak = min(binary_entropy(result.qber.best), (1 - lost) * binary_entropy(error))
    assert result.secret_key_fraction.best == pytest.approx(secret - leak, abs=1e-4)
    decoy = DecoyBB84(source=DECOYS, line=protocol.line)
    plain = DecoyBB84(source=DECOYS, line=line(0.6, 0.5, 0.01, transmission=0.2))
    assert 0 < endless(decoy).secret_bits.best < endless(plain).secret_bits.best


# S2: pulses of several photons.


@pytest.mark.parametrize("kind", [BB84, SixState, SARG04, B92])
@pytest.mark.parametrize("source", [WeakPulses(intensities=(0.5,)), SinglePhotons(g2=0.1)])
def test_s2_one_intensity_under_photon_number_splitting_gives_nothing(kind, source):
    """Oracle: she holds a photon of every sifted bit, H(A|E) = 0, if single photons are blocked."""
    protocol = kind(source=source, line=Line(transmission=0.1), eve=PhotonNumberSplitting())
    assert known(protocol)["H(A|E)"] == pytest.approx(0.0, abs=1e-12)
    result = protocol.run(400_000, seed=1)
    assert result.secret_bits.best == result.secret_bits.high == 0.0
    assert result.security.notion == "none"
    assert ASSUMPTIONS["single-photons"] in result.reason


@pytest.mark.parametrize("kind", [BB84, SixState])
@pytest.mark.parametrize("transmission", [1.0, 0.7, 0.3])
@pytest.mark.parametrize("source", [WEAK, SinglePhotons(brightness=0.8, g2=0.02)])
def test_s2_tagged_pulses_claim_less_than_beam_splitting_leaves(kind, transmission, source):
    """Oracle: H(A|E) of the exact classes of the attack that leaves no trace."""
    protocol = kind(source=source, line=line(0.5, transmission=transmission), eve=BeamSplitting())
    result, left = endless(protocol), known(protocol)
    assert result.secret_key_fraction.best <= left["H(A|E)"] - left["H(A|B)"] + 1e-9
    if result.secret_key_fraction.best > 0.0:
        assert ASSUMPTIONS["tagged"] in result.security.assumes


def test_s2_tagged_six_state_has_its_closed_form():
    """Oracle: (1 - D)(1 + h(q) - H(1 - 3q/2, q/2, q/2, q/2)) - h(Q) with q = Q/(1 - D)."""
    result = endless(SixState(source=SinglePhotons(g2=0.05), line=line(wrong=0.02)))
    many = SinglePhotons(g2=0.05).photon_numbers(0)[2]
    q = result.qber.best / (1 - many)
    bell = np.array([1 - 1.5 * q, q / 2, q / 2, q / 2])
    left = 1 + binary_entropy(q) + float((bell * np.log2(bell)).sum())
    expected = (1 - many) * left - binary_entropy(result.qber.best)
    assert result.secret_key_fraction.best == pytest.approx(expected, abs=1e-9)


def test_s2_apparatus_says_what_was_sent():
    """Oracle: Poisson and g2 by hand."""
    weak = apparatus_of(BB84(source=WeakPulses(intensities=(0.5,))), 10)
    assert weak.multi_photon == pytest.approx(1 - 1.5 * math.exp(-0.5), rel=1e-12)
    assert (weak.pulses, weak.decoys, apparatus_of(DecoyBB84()).decoys) == (10, False, True)
    assert apparatus_of(MDI()).efficiencies == ()
    assert apparatus_of(E91(line=line(0.5, 0.2))).efficiencies == ((1.0, 1.0), (0.5, 0.2))


# S6: E91.


def test_s6_device_independent_only_when_no_pair_is_lost():
    assert E91(pair=werner(0.95)).run(10**6, seed=1).security.notion == (
        "device-independent-asymptotic"
    )
    lossy = line(transmission=0.01)
    result = E91(line=lossy, line_alice=lossy).run(10**9, seed=1)
    assert result.security.notion == "fair-sampling"
    assert ASSUMPTIONS["fair-sampling"] in result.security.assumes


def test_s6_a_chsh_value_of_no_state_is_an_alarm():
    """Oracle: the post-selected correlators of Phi+ by hand; 2 sqrt 2 bounds every state."""
    bad = line(0.5, 0.25)
    protocol = E91(line=bad, line_alice=bad)
    result = protocol.run(10**7, seed=1)
    chsh = 0.0
    for sign, c in ((1, 1), (1, 1), (1, 1), (-1, -1)):
        agree, differ = (1 + c / math.sqrt(2)) / 4, (1 - c / math.sqrt(2)) / 4
        equal, other = agree * (0.25 + 0.0625), differ * 2 * 0.125
        chsh += sign * (equal - other) / (equal + other)
    assert chsh > TSIRELSON
    assert abs(result.chsh.best - chsh) < 0.01
    assert result.security.notion == "none"
    assert "above 2 sqrt 2" in result.reason
    assert result.secret_bits.high == 0.0


def test_s6_perfect_pairs_raise_no_alarm():
    """At 2 sqrt 2 chance lies above in half of the runs; an alarm comes once in a million."""
    for seed in range(40):
        assert E91().run(2000, seed=seed).security.notion == "device-independent-asymptotic"


def test_s6_unequal_detectors_below_the_bound_are_thinned():
    """Oracle: what is left is a Werner state: CHSH value 2 sqrt 2 w, error rate (1 - w)/2."""
    w, bad = 0.93, line(0.9, 0.6)
    result = endless(E91(line=bad, line_alice=bad, pair=werner(w)))
    error, chsh = (1 - w) / 2, w * TSIRELSON
    known_to_eve = binary_entropy((1 + math.sqrt((chsh / 2) ** 2 - 1)) / 2)
    # Of the sifted bits, equal ones come with .81 + .36, others with 2 .54: weights of thinning.
    agree, differ = (1 + w) / 4, (1 - w) / 4
    seen = agree * (0.81 + 0.36) + differ * 2 * 0.54
    left = 0.36 / seen
    raw = binary_entropy(differ * 2 * 0.54 / seen)
    expected = left * (1 - known_to_eve) - min(raw, left * binary_entropy(error))
    assert result.secret_key_fraction.best == pytest.approx(max(expected, 0.0), abs=1e-7)
    assert result.security.notion == "fair-sampling"


# S7: attacks that break an assumption.

MISMATCHED = Line(detectors=Detectors(efficiency=0.5, efficiency_mismatch=0.02))


@pytest.mark.parametrize("kind", [BB84, SixState, DecoyBB84, SARG04, B92])
@pytest.mark.parametrize(
    ("eve", "name"),
    [
        (FakedStates(), "equal-detectors"),
        (TimeShift(fraction=0.3), "equal-detectors"),
        (Blinding(fraction=0.5), "no-blinding"),
        (Combined(attacks=(InterceptResend(fraction=0.01), Blinding())), "no-blinding"),
    ],
)
def test_s7_attacks_that_no_error_rate_shows_give_nothing(kind, eve, name):
    result = kind(eve=eve, line=MISMATCHED).run(10**6, seed=1)
    assert result.secret_bits.best == result.secret_bits.high == 0.0
    assert result.security.as_dict() == {
        "notion": "none",
        "epsilon": None,
        "assumes": [],
        "reason": result.reason,
    }
    assert ASSUMPTIONS[name] in result.reason


@pytest.mark.parametrize(
    "eve",
    [
        InterceptResend(fraction=0.05),
        EntanglingProbe(strength=0.02),
        BeamSplitting(),
        Combined(attacks=(InterceptResend(fraction=0.05), BeamSplitting())),
        FakedStates(fraction=0.02),
        TimeShift(),
        FakedStates(fraction=0.0),
    ],
    ids=repr,
)
def test_s7_attacks_within_the_assumptions_are_judged_by_what_is_seen(eve):
    """Without a mismatch faked states and time shifts are that; each leaves a key here."""
    result = DecoyBB84(eve=eve, source=DECOYS, line=line(0.5)).run(10**9, seed=1)
    assert result.secret_bits.best > 0.0
    assert result.security.notion == "asymptotic"
    assert ASSUMPTIONS["decoys"] in result.security.assumes


@pytest.mark.parametrize(("ratio", "left"), [(0.25, 0.721928095), (0.1, 0.439496987)])
def test_s7_time_shift_leaves_what_the_reference_says(ratio, left):
    """Oracle: P-A4.1: no error, h(r/(1 + r)) of each sifted bit."""
    protocol = BB84(eve=TimeShift(), line=Line(detectors=Detectors(efficiency_mismatch=ratio)))
    found = known(protocol)
    assert found["H(A|B)"] == pytest.approx(0.0, abs=1e-12)
    assert found["H(A|E)"] == pytest.approx(left, abs=1e-9)


def test_s7_a_blinded_receiver_clicks_half_the_time_without_error():
    """Oracle: P-A4.3: clicks .5, QBER 0; and she knows every bit."""
    detectors = Detectors(efficiency=0.1, dark_count_probability=1e-3)
    protocol = BB84(eve=Blinding(), line=Line(transmission=0.1, detectors=detectors))
    assert protocol.table().probability(click_bob=1) == pytest.approx(0.5, abs=1e-12)
    found = known(protocol)
    assert (found["H(A|B)"], found["H(A|E)"]) == pytest.approx((0.0, 0.0), abs=1e-12)


def test_s7_detectors_that_are_not_modelled_are_not_steered():
    for kind in (BBM92, E91, MDI, TeleportedBB84):
        with pytest.raises(ParameterError, match="leave the detectors alone"):
            kind(eve=Blinding())


@pytest.mark.parametrize(
    ("protocol", "values"),
    [
        (BB84(eve=EntanglingProbe(strength=0.1)), {"H(A|E)": 0.75494272}),
        (
            BB84(eve=FakedStates(), line=Line(detectors=Detectors(efficiency_mismatch=0.02))),
            {"H(A|E)": 0.03773585, "H(B|E)": 0.13397892},
        ),
        (BB84(eve=InterceptResend(bases=(45.0,))), {"H(A|E)": 0.60087604}),
    ],
    ids=["K1", "K2", "K3"],
)
def test_k1_to_k3_claims_stay_below_what_eve_does_not_know(protocol, values):
    """Oracle: the values of K1, K2, K3, which the exact classes give too."""
    found, claimed = known(protocol), endless(protocol).secret_key_fraction.best
    for name, value in values.items():
        assert found[name] == pytest.approx(value, abs=6e-9)
        assert claimed <= value + 1e-9
    if isinstance(protocol.eve, EntanglingProbe):
        assert known(protocol, errors_public=True)["H(A|E)"] == pytest.approx(0.72320831, abs=6e-9)


# S9: flipped pairs.


@pytest.mark.parametrize("index", range(4))
@pytest.mark.parametrize("populations", [(1.0, 0.0, 0.0, 0.0), (0.94, 0.03, 0.02, 0.01)])
def test_s9_every_bell_state_is_as_good_as_phi_plus(populations, index):
    """A Pauli operation of Bob's swaps the states in pairs: fractions are those of Phi+."""
    # Phi+ with Psi+, Psi-, Phi-: bit flip, both, phase flip.
    orders = [(0, 1, 2, 3), (1, 0, 3, 2), (2, 3, 0, 1), (3, 2, 1, 0)]
    pair = fano_from_weights([populations[k] for k in orders[index]])
    for make in (
        lambda state: BBM92(pair=state),
        lambda state: BBM92(pair=state, bases="ZXY"),
        lambda state: TeleportedBB84(pair=state),
    ):
        found, plain = endless(make(pair)), endless(make(fano_from_weights(populations)))
        assert found.secret_key_fraction.best == pytest.approx(
            plain.secret_key_fraction.best, abs=1e-9
        )
        assert any("Bob flips" in note for note in found.notes) is (index > 0)
        assert not plain.notes
    singlet = endless(E91(pair=fano_from_weights([0, 0, 1, 0])))
    assert singlet.secret_key_fraction.best == pytest.approx(1.0, abs=1e-5)
    assert singlet.chsh.best == pytest.approx(-TSIRELSON, abs=1e-5)


# What is claimed, against what Eve does not know, for devices and attacks at random.


def random_protocol(rng):
    bob = line(
        *rng.choice([0.1, 0.5, 0.9, 1.0], 2),
        wrong=rng.choice([0.0, 0.01, 0.04]),
        dark=rng.choice([0.0, 1e-5, 1e-2]),
        transmission=rng.choice([0.1, 0.6, 1.0]),
    )
    if rng.random() < 0.5:
        bob = replace(bob, detectors=replace(bob.detectors, efficiency_1=None))
    eve = [
        InterceptResend(fraction=rng.uniform(0, 0.2), bases=("Z",)),
        InterceptResend(fraction=rng.uniform(0, 0.3), bases=(rng.uniform(0, 180),)),
        EntanglingProbe(strength=rng.uniform(0, 0.1)),
        Combined(attacks=(InterceptResend(fraction=0.05), EntanglingProbe(strength=0.02))),
        Combined(attacks=(EntanglingProbe(strength=0.03), BeamSplitting())),
        BeamSplitting(),
        PhotonNumberSplitting(pass_single=rng.uniform(0, 1)),
        TimeShift(fraction=0.4),
    ][rng.integers(8)]
    source = [None, WEAK, SinglePhotons(brightness=0.9, g2=0.01), DECOYS][rng.integers(4)]
    f = rng.choice([1.0, 1.16])
    common = {"line": bob, "eve": eve, "error_correction_efficiency": f}
    if source is DECOYS:
        return DecoyBB84(source=source, **common)
    return [BB84, SixState][rng.integers(2)](source=source, **common)


def test_claims_stay_below_what_eve_does_not_know():
    """Oracle: H(A|E) - H(A|B) and I(A;B) of the exact classes; many settings must have a key."""
    rng, keys = np.random.default_rng(5), 0
    for _ in range(150):
        protocol = random_protocol(rng)
        claimed, found = endless(protocol).secret_key_fraction.best, known(protocol)
        assert claimed <= max(found["H(A|E)"] - found["H(A|B)"], 0.0) + 1e-9, protocol
        assert claimed <= found["I(A;B)"] + 1e-9, protocol
        keys += claimed > 0.0
    assert keys > 30


@pytest.mark.parametrize("wrong", [0.02, 0.1])
@pytest.mark.parametrize("angle", [45.0, 135.0])
def test_claims_hold_when_both_analysers_are_turned(wrong, angle):
    """Oracle: H(A|E) of exact classes; Z and X that lean together could be measured at once."""
    eve, turned = InterceptResend(bases=(angle,)), line(wrong=wrong)
    for fraction in (0.2, 1.0):
        protocol = BBM92(line=turned, line_alice=turned, eve=replace(eve, fraction=fraction))
        left = known(protocol)
        claimed = endless(protocol).secret_key_fraction.best
        assert claimed <= max(left["H(A|E)"] - left["H(A|B)"], 0.0) + 1e-9


def test_claims_name_what_they_rest_on():
    """A claim by unknown names is refused; none has a reason and no epsilon."""
    claim = SecurityClaim.under("asymptotic", "decoys", "decoys", "collective")
    assert claim.assumes == (ASSUMPTIONS["decoys"], ASSUMPTIONS["collective"])
    assert claim.sentence.startswith("asymptotic, if the phase of the pulses is random")
    with pytest.raises(ParameterError, match=r"security\.assumes"):
        SecurityClaim.under("asymptotic", "good-will")
    assert Apparatus(efficiencies=((0.5, 0.5),)).has_equal_detectors
    assert Apparatus(efficiencies=((0.5, 0.25), (0.0, 1.0))).keeps == ((0.5, 1.0), (1.0, 0.0))
