"""Alarms of the tests of secrecy: keys that Eve knows, by rules that look sound."""

from __future__ import annotations

import numpy as np
import pytest

from protocols.qkd import (
    BB84,
    Detectors,
    EntanglingProbe,
    FakedStates,
    InterceptResend,
    Line,
    PhotonNumberSplitting,
    WeakPulses,
)
from tests.eve import Held, Record
from tests.oracles import binary_entropy

ROUNDS = 400_000


def held(protocol, *, reference="alice", told=False, seed=1) -> Held:
    """A key of ``1 - 2 h(Q)`` per sifted bit; ``told`` hashes bits that were announced."""
    runs, trainings = np.random.SeedSequence(seed).spawn(2)
    table = protocol.table()
    counts = table.count(ROUNDS, np.random.default_rng(runs)).counts
    record = Record.of(protocol, table, reference=reference, bits_public=told)
    hashed = np.where(record.kept, counts, 0)
    bits, rate = int(hashed.sum()), record.error_rate()
    return Held(
        setting=str(protocol),
        bits=bits,
        length=bits * (1.0 - 2.0 * binary_entropy(rate)),
        leak=bits * binary_entropy(rate),
        surprisal=float(hashed @ record.fitted(np.random.default_rng(trainings))),
    )


def test_a_constant_key_is_an_alarm():
    """Oracle: only one detector answers, so every registered bit is 0 and nothing is secret."""
    one = Line(detectors=Detectors(efficiency=1.0, efficiency_1=0.0))
    found = held(BB84(line=one))
    assert found.length == found.bits
    assert found.surprisal < 1.0
    assert found.alarm


def test_photon_number_splitting_that_knows_every_bit_is_an_alarm():
    """Oracle: single photons are blocked, of all others she keeps one: not a bit is secret."""
    source = WeakPulses(intensities=(0.5,), probabilities=(1.0,))
    eve = PhotonNumberSplitting(pass_single=0.0)
    found = held(BB84(source=source, line=Line(transmission=0.1), eve=eve))
    assert found.length == found.bits
    assert found.surprisal < 1.0
    assert found.alarm


@pytest.mark.parametrize("reference", ["alice", "bob"])
def test_faked_states_under_a_small_mismatch_are_an_alarm(reference):
    """Oracle: at a mismatch of .02, ``1 - 2 h(Q)`` claims .536, Eve leaves .038 or .134 a bit."""
    detectors = Detectors(efficiency=0.2, efficiency_mismatch=0.02)
    found = held(BB84(eve=FakedStates(), line=Line(detectors=detectors)), reference=reference)
    assert found.length == pytest.approx(0.5363739 * found.bits, abs=1.0)
    assert found.alarm


def test_a_key_from_announced_bits_is_an_alarm():
    """Oracle: what was announced is known; the same bits unannounced are secret."""
    assert not held(BB84()).alarm
    found = held(BB84(), told=True)
    assert found.length == found.bits
    assert found.surprisal < 1.0
    assert found.alarm


@pytest.mark.parametrize(
    "protocol",
    [
        BB84(),
        BB84(eve=InterceptResend(fraction=0.1)),
        BB84(eve=InterceptResend(fraction=0.2, bases=(45.0,))),
        BB84(eve=EntanglingProbe(strength=0.05)),
        BB84(line=Line(misalignment=0.03)),
    ],
    ids=str,
)
def test_what_is_secret_raises_no_alarm(protocol):
    """Oracle: single photons, equal detectors: the proof of Shor and Preskill holds."""
    found = held(protocol)
    assert found.length > 0.0
    assert not found.alarm
    assert found.margin > -60.0


def test_one_bit_too_many_in_a_thousand_is_an_alarm():
    """Oracle: n uniform bits have a surprisal of n; q costs a bit or so, the tolerance is 60."""
    found = held(BB84())
    assert abs(found.surprisal - found.bits) < 5.0
    longer = Held(
        setting="", bits=found.bits, length=1.001 * found.bits, leak=0.0, surprisal=found.surprisal
    )
    assert longer.alarm
