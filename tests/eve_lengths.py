"""A setting played: the key that it is said to give, held against Eve's record.

A run is drawn as counts of classes, which is equal in law to rounds one by one; which of the sifted
bits are tested is then a hypergeometric draw. So 10^8 rounds cost as much as 10^4.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from protocols.key_rates import (
    BasisCounts,
    DecoySettings,
    FixedDecoyKey,
    Security,
    fixed_decoy_key,
)
from protocols.postprocessing import Disclosed, DistillationSettings
from protocols.postprocessing.estimation import BasisTest, Tested
from protocols.postprocessing.key_length import length_of, why_not
from protocols.postprocessing.verification import verification_bits
from protocols.qkd import DecoyBB84, Eve, OutcomeCounts, QkdProtocol, WeakPulses
from protocols.qkd.entangled_key import finite_key
from protocols.qkd.outcome_table import Columns
from qnet.metrics.statistics import proportion_estimate
from tests.eve import Held, Record
from tests.eve_collective import collective_entropy
from tests.eve_settings import Setting
from tests.oracles import binary_entropy

__all__ = ["hold"]

Rng = np.random.Generator

#: Pre-shared bits that a run with few messages uses.
AUTHENTICATION_BITS = 600


def hold(setting: Setting, rng: Rng, training: Rng) -> Held:
    """Play a setting, work out its key, and hold it against Eve's record.

    Args:
        setting: What is played.
        rng: Draws the run.
        training: Draws the separate simulation on which q is fitted.
    """
    protocol = setting.protocol
    table = protocol.table()
    record = Record.of(protocol, table)
    kept = float(record.chances[record.kept].sum())
    if kept <= 0.0:
        return Held(setting=str(setting), bits=0, length=0.0, leak=0.0, surprisal=0.0)
    rounds = int(min(setting.bits / kept, 1e17)) + 1
    counts = table.count(rounds, rng, dead_gates=protocol.line.detectors.dead_gates)
    thinned = replace(record, chances=record.chances * _keeps(protocol, table.columns))
    if setting.rule == "distil":
        hashed, length, leak = _distilled(setting, record, counts, rng)
    else:
        hashed, length, leak = _block(setting, thinned, counts)
    left = collective_entropy(protocol)
    return Held(
        setting=str(setting),
        bits=int(hashed.sum()),
        length=length,
        leak=leak,
        surprisal=float(hashed @ thinned.fitted(training)),
        collective=None
        if left is None or not protocol.apparatus().has_equal_detectors
        else math.fsum(hashed[record.basis == basis].sum() * h for basis, (h, *_) in left.items()),
    )


def _keeps(protocol: QkdProtocol, columns: Columns) -> np.ndarray:
    """Share of each class that is left when clicks of better detectors are dropped at random."""
    shares = np.ones(len(columns["bit_bob"]))
    for party, keeps in zip(("bob", "alice"), reversed(protocol.apparatus().keeps), strict=False):
        shares *= np.array(keeps)[columns[f"bit_{party}"]]
    return shares


def _block(
    setting: Setting, record: Record, counts: OutcomeCounts
) -> tuple[np.ndarray, float, float]:
    """Hashed bits of each class, length and leak, by the finite key of the protocol.

    Where detectors are unequal, the better one's clicks are dropped before errors are corrected.
    """
    protocol = setting.protocol
    hashed = np.where(record.kept & (record.basis == 0), counts.counts, 0)
    hashed = hashed * _keeps(protocol, counts.table.columns)
    if isinstance(protocol, DecoyBB84):
        plan = _plan(protocol, counts.total) if setting.rule == "fixed" else None
        length = protocol.finite_key(counts, plan).value
        efficiency = protocol.error_correction_efficiency
    else:
        rules = Security(error_correction_efficiency=setting.efficiency)
        length, efficiency = finite_key(protocol, counts, rules).value, setting.efficiency
    leak = _correction(hashed.sum(), hashed[record.wrong].sum(), efficiency)
    return hashed, math.floor(length), leak


def _plan(protocol: DecoyBB84, rounds: int) -> FixedDecoyKey:
    """Length and thresholds fixed beforehand, for a line on which nobody listens."""
    honest = replace(protocol, eve=Eve())
    table = honest.table()
    sifted, intensity = honest.sift(table.columns), table.columns["intensity"]
    number = len(protocol.source.intensities)

    def expected(chosen: np.ndarray, scale: float) -> tuple[float, ...]:
        weights = np.where(chosen, table.probabilities, 0.0)
        found = np.bincount(intensity, weights, minlength=number)
        return tuple((scale * rounds * found).tolist())

    bases = [
        BasisCounts(
            events=expected(sifted.kept & (sifted.basis == basis), 0.9),
            errors=expected(sifted.wrong & (sifted.basis == basis), 1.0),
        )
        for basis in (0, 1)
    ]
    settings = DecoySettings(
        intensities=protocol.source.intensities,
        probabilities=protocol.source.probabilities,
        basis_bias=protocol.key_basis_probability,
    )
    rules = Security(
        epsilon_secrecy=protocol.epsilon_secrecy,
        epsilon_correctness=protocol.epsilon_correctness,
        error_correction_efficiency=protocol.error_correction_efficiency,
    )
    bound = protocol.bound
    return fixed_decoy_key(protocol.model, *bases, settings, security=rules, bound=bound)


def _correction(bits: float, errors: float, efficiency: float) -> float:
    return efficiency * bits * binary_entropy(errors / bits) if bits else 0.0


def _distilled(
    setting: Setting, record: Record, counts: OutcomeCounts, rng: Rng
) -> tuple[np.ndarray, float, float]:
    """Hashed bits of each class, length and leak, by the rule that `distil` applies."""
    protocol, columns = setting.protocol, counts.table.columns
    apparatus = protocol.apparatus(counts.total if protocol.sends_photons else None)
    decoys = _decoys(protocol)
    announced = np.where(counts.table.undetected, 0, counts.counts)
    for party, keeps in zip(("bob", "alice"), reversed(apparatus.keeps), strict=False):
        chances = np.array(keeps)[columns[f"bit_{party}"]]
        announced = rng.binomial(announced, chances)
        if party == "bob":
            detected = int(announced.sum())
    detected = detected if apparatus.keeps else int(announced.sum())
    sifted = np.where(record.kept, announced, 0)
    total = int(sifted.sum())
    tests = max(1, round(setting.test_fraction * total))
    if not 0 < tests < total or why_not(apparatus, decoys):
        return sifted, 0.0, 0.0
    sample = rng.multivariate_hypergeometric(sifted, tests, method="marginals")
    hashed = sifted - sample
    rules = DistillationSettings(test_fraction=setting.test_fraction, key_length=setting.notion)
    bits, errors = int(hashed.sum()), int(hashed[record.wrong].sum())
    found = int(sample[record.wrong].sum())
    if found / tests > rules.qber_threshold:
        return hashed, 0.0, 0.0
    leak = math.ceil(_correction(bits, errors, setting.efficiency))
    leak += verification_bits(bits, rules.epsilon_correctness)
    intensity = columns.get("intensity", np.zeros(len(hashed))) if decoys else np.zeros(len(hashed))
    tested = Tested(
        np.zeros(0, np.uint8),
        proportion_estimate(found, tests, confidence=rules.confidence),
        tuple(
            tuple(
                _test(record, (record.basis == b) & (intensity == k), hashed, sample)
                for b in range(3)
            )
            for k in range(len(decoys.intensities) if decoys else 1)
        ),
    )
    disclosed = Disclosed(
        key_bits=bits,
        qber=tested.qber,
        leaked_bits=leak,
        authentication_bits=AUTHENTICATION_BITS,
        by_basis=tested.by_basis,
        by_intensity=tested.by_intensity,
        detected=detected,
        apparatus=apparatus,
        decoys=decoys,
        confidence=rules.confidence,
        epsilon=rules.epsilon,
        epsilon_correctness=rules.epsilon_correctness,
    )
    return hashed, length_of(rules.key_length, disclosed), leak


def _test(record: Record, here: np.ndarray, hashed: np.ndarray, sample: np.ndarray) -> BasisTest:
    wrong = sample[here & record.wrong]
    return BasisTest(int(hashed[here].sum()), int(sample[here].sum()), int(wrong.sum()))


def _decoys(protocol: QkdProtocol) -> DecoySettings | None:
    """As raw keys carry them: the intensities, where there are several."""
    source = getattr(protocol, "source", None)
    if not isinstance(source, WeakPulses) or len(source.intensities) == 1:
        return None
    return DecoySettings(intensities=source.intensities, probabilities=source.probabilities)
