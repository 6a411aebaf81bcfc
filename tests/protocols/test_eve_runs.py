"""Figures of runs: what `protocol.run` calls secret is no more than what Eve does not know."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from protocols.qkd import (
    B92,
    BB84,
    BBM92,
    E91,
    SARG04,
    BeamSplitting,
    Blinding,
    Combined,
    DecoyBB84,
    Detectors,
    Eve,
    FakedStates,
    InterceptResend,
    Line,
    OutcomeCounts,
    PhotonNumberSplitting,
    SinglePhotons,
    SixState,
    TimeShift,
    WeakPulses,
)
from protocols.qkd.entangled_key import finite_key
from qnet.states import werner
from tests.eve import Record
from tests.eve_collective import collective_entropy
from tests.eve_settings import draw_protocol
from tests.oracles import binary_entropy

#: Rounds that leave no room for chance: counts are their means, rounded.
ENDLESS = 10**15
SETTINGS = 300


def endless(protocol, table):
    """The figures of a run of ever so many rounds."""
    counts = np.rint(table.probabilities * ENDLESS).astype(np.int64)
    return protocol.estimate(OutcomeCounts(table=table, counts=counts, total=int(counts.sum())))


def left_of(protocol, record: Record) -> float:
    """``H(X | E)`` per sifted bit of those that become key: Z alone of decoys, else all."""
    if not isinstance(protocol, DecoyBB84):
        return record.entropy()
    in_z = record.kept & (record.basis == 0)
    return record.entropy(0) * record.chances[in_z].sum() / record.chances[record.kept].sum()


def most_of(protocol, record: Record) -> float | None:
    """Entropy that collective attacks leave, less the leak, per sifted bit; None if not known.

    Where detectors are unequal, clicks of the better ones may be dropped before correction.
    """
    collective = collective_entropy(protocol)
    if collective is None:
        return None
    even = evened(protocol)
    dropped = None if even == protocol else Record.of(even)
    total = 0.0
    for basis, (entropy, *_) in collective.items():
        left = entropy - binary_entropy(record.error_rate(basis))
        if dropped is not None:
            kept = dropped.chance(basis) / record.chance(basis)
            entropy, error = collective_entropy(even)[basis][0], dropped.error_rate(basis)
            left = max(left, kept * (entropy - binary_entropy(error)))
        total += record.chance(basis) * max(left, 0.0)
    return total / record.chances[record.kept].sum()


def evened(protocol):
    """The protocol with both detectors of each end as bad as the worse one."""
    found = protocol
    for name in ("line", "line_alice"):
        line = getattr(protocol, name, None)
        if line is not None and len(set(line.detectors.efficiencies)) > 1:
            worst = min(line.detectors.efficiencies)
            detectors = replace(line.detectors, efficiency=worst, efficiency_1=None)
            found = replace(found, **{name: replace(line, detectors=detectors)})
    return found


def secret_fraction(result) -> float:
    return 0.0 if result.secret_key_fraction is None else result.secret_key_fraction.best


def test_endless_runs_claim_no_more_than_eve_leaves():
    """Oracle: H(X | E) of the exact table; with the leak, that of who purifies the channel."""
    rng = np.random.default_rng(np.random.SeedSequence(20260702))
    keys, full, tightest = 0, 0, (1.0, "")
    for _ in range(SETTINGS):
        protocol = draw_protocol(rng)
        table = protocol.table()
        record = Record.of(protocol, table)
        if record.chances[record.kept].sum() * ENDLESS < 1e6:
            continue
        result = endless(protocol, table)
        claim, left = secret_fraction(result), left_of(protocol, record)
        assert claim <= left + 1e-6, f"{claim} of {left}: {protocol}"
        assert (claim == 0.0) or result.security.notion != "none", protocol
        keys += claim > 0.0
        full += claim > 0.8 * left
        if claim > 0.0:
            tightest = min(tightest, (left - claim, str(protocol)))
        most = most_of(protocol, record)
        assert most is None or claim <= most + 1e-6, f"{claim} of {most}: {protocol}"
    print(f"\n{keys} keys, {full} above 0.8; tightest margin {tightest[0]:.2e}: {tightest[1]}")
    assert keys > SETTINGS // 4
    assert full > SETTINGS // 20


def test_finite_runs_claim_no_more_than_eve_leaves():
    """Oracle: H(X | E) of the exact table, and 4 standard errors of the figure from 16 runs."""
    rng = np.random.default_rng(np.random.SeedSequence(20260703))
    for _ in range(60):
        protocol = draw_protocol(rng)
        table = protocol.table()
        record = Record.of(protocol, table)
        kept = float(record.chances[record.kept].sum())
        rounds = int(10 ** rng.uniform(3.0, 6.0) / max(kept, 1e-9))
        claims = []
        for _ in range(16):
            counts = table.count(rounds, rng, dead_gates=protocol.line.detectors.dead_gates)
            result = protocol.estimate(counts)
            claims.append(secret_fraction(result))
            bits = result.sifted_bits.best
            if result.secret_bits is not None:
                assert result.secret_bits.best == pytest.approx(claims[-1] * bits)
        left, spread = left_of(protocol, record), float(np.std(claims, ddof=1))
        assert np.mean(claims) <= left + 4.0 * spread + 1e-6, protocol


ONE_INTENSITY = WeakPulses(intensities=(0.2,), probabilities=(1.0,))
MISMATCH = Line(detectors=Detectors(efficiency=0.5, efficiency_mismatch=0.1))
BROKEN = [
    BB84(eve=FakedStates(), line=MISMATCH),
    BB84(eve=FakedStates(fraction=0.05), line=MISMATCH),
    SixState(eve=FakedStates(fraction=0.02), line=MISMATCH),
    DecoyBB84(eve=FakedStates(fraction=0.05), line=MISMATCH),
    BB84(eve=TimeShift(), line=MISMATCH),
    DecoyBB84(eve=TimeShift(fraction=0.1), line=MISMATCH),
    BB84(eve=Blinding()),
    SixState(eve=Blinding(fraction=0.05, bases="ZXY"), line=Line(transmission=0.1)),
    BB84(eve=Combined(attacks=(InterceptResend(fraction=0.01), FakedStates())), line=MISMATCH),
    BB84(eve=PhotonNumberSplitting(), source=ONE_INTENSITY, line=Line(transmission=0.1)),
    BB84(eve=PhotonNumberSplitting(pass_single=1.0), source=ONE_INTENSITY),
    SixState(eve=PhotonNumberSplitting(pass_single=0.5), source=ONE_INTENSITY),
    BB84(eve=PhotonNumberSplitting(), source=SinglePhotons(g2=0.1), line=Line(transmission=0.05)),
]


@pytest.mark.parametrize("protocol", BROKEN, ids=str)
def test_attacks_that_break_an_assumption_leave_no_secret_bit(protocol):
    """Oracle: no error rate shows them, so a figure from error rates says nothing."""
    result = protocol.run(10**7, seed=1)
    assert result.security.notion == "none"
    assert result.security.reason
    assert result.secret_bits is None or result.secret_bits.high == 0.0


def test_beam_splitting_at_one_intensity_is_held_too():
    """Oracle: H(X | E) with the photons that she keeps, measured when the bases are known."""
    line = Line(transmission=0.2)
    for mean in (1e-3, 1e-2, 0.1, 0.5):
        source = WeakPulses(intensities=(mean,), probabilities=(1.0,))
        protocol = BB84(eve=BeamSplitting(), source=source, line=line)
        left = Record.of(protocol).entropy()
        assert secret_fraction(protocol.run(10**9, seed=2)) <= left
        assert left == pytest.approx(np.exp(-mean * 0.8), abs=1e-9)


def test_device_independent_runs_are_held():
    """Oracle: the exact table of E91; no fair sampling is needed where every pair is detected."""
    for eve in (Eve(), InterceptResend(fraction=0.05), InterceptResend(fraction=0.2)):
        for weight in (1.0, 0.97, 0.9):
            protocol = E91(eve=eve, pair=werner(weight))
            table = protocol.table()
            claim = secret_fraction(endless(protocol, table))
            assert claim <= Record.of(protocol, table).entropy() + 1e-6


@pytest.mark.parametrize("protocol", [B92(), SARG04()], ids=str)
def test_no_key_where_no_rate_is_known(protocol):
    """Oracle: no formula is given for these, so nothing may be called secret."""
    result = protocol.run(10**6, seed=1)
    assert result.security.notion == "none"
    assert result.secret_bits is None or result.secret_bits.high == 0.0


SLIP = Line(misalignment=float(np.sin(np.pi / 8.0) ** 2))
HIDDEN = [
    BBM92(bases="ZXY", key_basis_probability=0.9, eve=InterceptResend(bases=("Z",))),
    BBM92(bases="ZXY", key_basis_probability=0.6, pair=np.diag([1.0, 0.8, -0.8, 1.0])),
    BBM92(line=SLIP, line_alice=SLIP, eve=InterceptResend(bases=(135.0,))),
    BBM92(line=SLIP, line_alice=SLIP, eve=InterceptResend(bases=(45.0,), fraction=0.3)),
    BBM92(line=SLIP, line_alice=SLIP, bases="ZXY", eve=InterceptResend(fraction=0.1)),
]


@pytest.mark.parametrize("protocol", HIDDEN, ids=str)
def test_errors_that_hide_in_bases_are_held(protocol):
    """Oracle: who purifies the channel; a rare basis or a turned analyser hides what she does."""
    table = protocol.table()
    record = Record.of(protocol, table)
    claim = secret_fraction(endless(protocol, table))
    assert claim <= record.entropy() + 1e-6
    assert claim <= most_of(protocol, record) + 1e-6


UNEQUAL = Line(detectors=Detectors(efficiency=1.0, efficiency_1=0.2))
TWO = WeakPulses(intensities=(0.5, 0.1), probabilities=(0.7, 0.3))


@pytest.mark.parametrize(
    "protocol",
    [
        BBM92(line=UNEQUAL),
        BBM92(line_alice=UNEQUAL),
        DecoyBB84(model="rusca2018", source=TWO, line=UNEQUAL),
        DecoyBB84(model="lim2014", line=UNEQUAL),
        DecoyBB84(model="lim2014", eve=Blinding()),
        DecoyBB84(model="rusca2018", source=TWO, eve=TimeShift(), line=MISMATCH),
        DecoyBB84(model="lim2014", eve=FakedStates(fraction=0.05), line=MISMATCH),
    ],
    ids=str,
)
def test_finite_keys_from_counts_are_held(protocol):
    """Oracle: -log2 P(x | e) of the sifted bits in Z, which all become key."""
    table = protocol.table()
    counts = table.count(50_000_000, np.random.default_rng(1))
    record = Record.of(protocol, table)
    hashed = np.where(record.kept & (record.basis == 0), counts.counts, 0)
    present = hashed > 0
    surprisal = float(hashed[present] @ record.exact()[present])
    block = protocol.finite_key if isinstance(protocol, DecoyBB84) else None
    key = block(counts) if block else finite_key(protocol, counts)
    assert key.value <= surprisal + 60.0
