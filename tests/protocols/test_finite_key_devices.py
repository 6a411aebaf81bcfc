"""Tests of public finite keys whose devices or counts allow none, or less."""

from __future__ import annotations

import numpy as np
import pytest

from protocols.key_rates import DecoySettings, fixed_decoy_key, fixed_tomamichel2012
from protocols.key_rates.finite_size import BasisCounts
from protocols.qkd import (
    BBM92,
    Blinding,
    DecoyBB84,
    Detectors,
    FakedStates,
    Line,
    OutcomeCounts,
    SpdcPairs,
    TimeShift,
    WeakPulses,
)
from protocols.qkd.entangled_key import finite_key, key_in_time
from qnet import Link
from qnet.metrics.security import ASSUMPTIONS
from qnet.states import werner
from tests.protocols.information import known

UNEQUAL = Detectors(efficiency=1.0, efficiency_1=0.2)
DECOYS = {
    "lim2014": WeakPulses(intensities=(0.5, 0.1, 2e-4), probabilities=(0.6, 0.3, 0.1)),
    "rusca2018": WeakPulses(intensities=(0.5, 0.1), probabilities=(0.7, 0.3)),
}


def decoy(model, **changed):
    return DecoyBB84(model=model, source=DECOYS[model], **changed)


def expected(protocol, total):
    """Counts that are their expectations, up to rounding."""
    table = protocol.table()
    numbers = np.floor(table.probabilities * total).astype(np.int64)
    return OutcomeCounts(table=table, counts=numbers, total=int(numbers.sum()))


def plan_of(model):
    """A length that the counts of the same protocol with good devices meet."""
    protocol = decoy(model)
    counts = expected(protocol, 10**9)
    sifted = protocol.sift(counts.table.columns)
    blocks = []
    for basis in (0, 1):
        here = sifted.kept & (sifted.basis == basis)
        of = [
            here & (counts.table.columns["intensity"] == k)
            for k in range(len(DECOYS[model].intensities))
        ]
        events = tuple(float(counts.among(each)) for each in of)
        errors = tuple(float(counts.among(each & sifted.wrong)) for each in of)
        blocks.append(BasisCounts(events=events, errors=errors))
    source = DECOYS[model]
    settings = DecoySettings(
        intensities=source.intensities, probabilities=source.probabilities, basis_bias=0.5
    )
    return fixed_decoy_key(model, *blocks, settings)


@pytest.mark.parametrize("model", DECOYS)
@pytest.mark.parametrize("eve", [Blinding(), TimeShift(), FakedStates()])
@pytest.mark.parametrize("planned", [False, True])
def test_f5_a_finite_key_asks_what_an_attack_breaks(model, eve, planned):
    """Oracle: Eve holds the key of blinded detectors whole, and no error shows it."""
    line = Line(detectors=Detectors(efficiency_mismatch=0.2))
    protocol = decoy(model, eve=eve, line=line)
    counts = expected(protocol, 10**10)

    key = protocol.finite_key(counts, plan_of(model) if planned else None)

    assert key.value == 0.0
    assert key.security.notion == "none"
    name = "no-blinding" if isinstance(eve, Blinding) else "equal-detectors"
    assert ASSUMPTIONS[name] in key.reason


@pytest.mark.parametrize("model", DECOYS)
@pytest.mark.parametrize("planned", [False, True])
def test_f2_unequal_detectors_have_no_finite_decoy_key(model, planned):
    """Oracle: no proof of a finite decoy key is published for detectors of unequal efficiency.

    Control: the same block with equal detectors has a key, planned or not.
    """
    protocol = decoy(model, line=Line(detectors=UNEQUAL))
    plan = plan_of(model) if planned else None
    key = protocol.finite_key(expected(protocol, 10**10), plan)
    assert (key.value, key.security.notion) == (0.0, "none")
    assert "unequal efficiency" in key.reason
    assert decoy(model).finite_key(expected(decoy(model), 10**10), plan).value > 1e6


@pytest.mark.parametrize("one", [0.2, 0.5, 0.99])
@pytest.mark.parametrize("fidelity", [1.0, 0.97])
def test_f2_a_finite_key_of_pairs_thins_unequal_detectors(one, fidelity):
    """Oracles: I(A;B) of the exact classes, and the length of the bits that are left.

    With uniform bits a share 2 r/(1 + r) of them is left, with the error rate of the pair.
    """
    line = Line(detectors=Detectors(efficiency=1.0, efficiency_1=one))
    protocol = BBM92(line=line, pair=werner((4.0 * fidelity - 1.0) / 3.0))
    counts = expected(protocol, 4 * 10**7)
    sifted = protocol.sift(counts.table.columns)
    n = counts.among(sifted.kept & (sifted.basis == 0))

    key = finite_key(protocol, counts)

    assert key.value <= n * known(protocol)["I(A;B)"]
    assert key.security.notion == "composable"
    assert ASSUMPTIONS["known-detectors"] in key.security.assumes
    assert ASSUMPTIONS["equal-detectors"] not in key.security.assumes
    left, rate = n * 2 * one / (1 + one), 2.0 * (1.0 - fidelity) / 3.0
    by_hand = fixed_tomamichel2012(key_bits=left, test_bits=left, qber=rate)
    assert key.value == pytest.approx(by_hand.length.value, rel=1e-4)


def test_f2_a_detector_that_never_answers_has_no_finite_key():
    """Oracle: all registered bits are 0."""
    protocol = BBM92(line=Line(detectors=Detectors(efficiency=1.0, efficiency_1=0.0)))
    key = finite_key(protocol, expected(protocol, 10**7))
    assert (key.value, key.security.notion) == (0.0, "none")


def test_f2_several_photons_at_unequal_detectors_have_no_finite_key():
    """Oracle: thinning presumes one photon; with equal detectors the same source has a key."""
    source, found = SpdcPairs(mean_pair_number_half=0.01), []
    for detectors in (UNEQUAL, Detectors()):
        protocol = BBM92(source=source, line=Line(detectors=detectors))
        found.append(finite_key(protocol, expected(protocol, 10**9)))
    assert (found[0].value, found[0].security.notion) == (0.0, "none")
    assert "several photons" in found[0].reason
    assert found[1].value > 1e5


def test_f2_a_key_in_time_says_what_it_claims():
    """Oracle: the default epsilons of a finite key, 1e-10 and 1e-15 together."""
    link = Link(success_probability=0.1, attempt_time_s=1e-3, state=werner(0.98))
    found = key_in_time(link, 3600.0, seed=1)
    assert found.security.epsilon == pytest.approx(1e-10 + 1e-15)
    assert found.security.notion == "composable"
    none = key_in_time(link, 1.0, seed=1)
    assert (none.key.value, none.security.notion) == (0.0, "none")
    assert none.security.reason == none.key.reason
