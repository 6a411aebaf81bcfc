"""Whole runs of both parties: what goes over the public channel, and the key against Eve."""

from __future__ import annotations

import math
import os

import numpy as np
import pytest

from protocols.postprocessing import DistillationSettings, Randomness, RawKey, distil, toeplitz_hash
from protocols.qkd import BBM92, raw_keys
from protocols.qkd.entangled_key import key_in_time
from qnet import Link, Memory, Swap
from qnet.states import werner
from tests.eve import Held, PublicChannel, Record, key_surprisal
from tests.eve_settings import draw_setting
from tests.oracles import binary_entropy

#: Whole runs; more of them by this environment variable.
RUNS = int(os.environ.get("QNET_EVE_RUNS", "60"))

#: Sifted bits of a run, least and most.
SIZES = (2e4, 2e5)


def held_run(
    protocol, rounds, settings: DistillationSettings, seed: int, training
) -> tuple[Held, list]:
    """Distil a key of rounds, and hold it against what Eve has of the bits that were hashed."""
    public = PublicChannel()
    alice, bob = raw_keys(protocol, rounds)
    near, far = distil(
        alice,
        bob,
        settings=settings,
        randomness=Randomness.reproducible(seed),
        channels=public.ends,
    )
    setting = f"{settings.correction}, {settings.test_fraction:.3f} tested, {protocol}"
    if near.key is None:
        assert far.key is None
        assert near.security.notion == "none"
        return Held(setting=setting, bits=0, length=0.0, leak=0.0, surprisal=0.0), [near]
    numbers = np.arange(len(rounds)) if rounds.number is None else rounds.number
    classes = rounds.classes[np.searchsorted(numbers, public.hashed_rounds())]
    record = Record.of(protocol, rounds.table, errors_public=settings.correction == "cascade")
    assert record.kept[classes].all()
    # The key is the public hash of exactly these bits.
    length, seed_bits = public.matrix()
    expected = toeplitz_hash(record.bits[classes], seed_bits, length)
    np.testing.assert_array_equal(near.key, expected)
    np.testing.assert_array_equal(far.key, expected)
    q = training(record)
    return Held(
        setting=setting,
        bits=len(classes),
        length=near.secret_bits,
        leak=near.transcript.leaked_bits,
        surprisal=float(q[classes].sum()),
    ), [near]


def test_distilled_keys_are_no_longer_than_what_eve_does_not_know():
    """Oracle: -log2 q(x | e), q fitted on a simulation of its own; the hashed bits as heard."""
    runs, trainings = np.random.SeedSequence(20260704).spawn(2)
    rng, training = np.random.default_rng(runs), np.random.default_rng(trainings)
    keys, found, tried = [], [], 0
    while tried < RUNS:
        setting = draw_setting(rng)
        protocol = setting.protocol
        if setting.rule != "distil":
            continue
        table = protocol.table()
        kept = float(table.probabilities[protocol.sift(table.columns).kept].sum())
        heard = float(table.probabilities[~table.undetected].sum())
        bits = math.exp(rng.uniform(*np.log(SIZES)))
        if kept <= 0.0 or heard / kept * bits > 2e6:
            continue
        tried += 1
        rules = DistillationSettings(
            test_fraction=rng.uniform(0.05, 0.4),
            correction="cascade" if rng.random() < 0.7 else "ldpc",
            epsilon=10.0 ** rng.uniform(-12.0, -6.0),
            epsilon_correctness=1e-13,
        )
        rounds = protocol.play(int(bits / kept), seed=int(rng.integers(2**31)))
        if len(rounds) < 100:
            continue
        held, (outcome,) = held_run(
            protocol, rounds, rules, tried, lambda record: record.fitted(training)
        )
        found.append(held)
        if outcome.key is not None:
            keys.append(outcome.key)
    with_key = [each for each in found if each.length > 0]
    tightest = min(with_key, key=lambda each: each.margin)
    print(f"\n{len(found)} runs, {len(with_key)} keys, tightest {tightest.margin:.1f}: {tightest}")
    alarms = [str(each) for each in found if each.alarm]
    assert not alarms, alarms[0]
    assert len(with_key) > RUNS // 4, f"tightest {tightest}"
    # Nor is the key itself predictable: q of its bits from the keys of the other runs.
    for index, key in enumerate(keys):
        others = np.concatenate(keys[:index] + keys[index + 1 :])
        assert key.size <= key_surprisal(key, others) + 60.0


def test_a_constant_output_would_be_an_alarm():
    """Oracle: a key of zeros is predicted by other keys of zeros, at next to no bit."""
    zeros, other = np.zeros(10_000, np.uint8), np.random.default_rng(1).integers(0, 2, 10_000)
    assert key_surprisal(zeros, np.zeros(50_000, np.uint8)) < 60.0
    assert key_surprisal(other, 1 - other) > 9_990.0


@pytest.mark.parametrize("coherence_s", [math.inf, 0.3])
def test_keys_over_a_repeater_are_held(coherence_s):
    """Oracle: q from deliveries of another seed; Z for the key and X for the test, or distilled."""
    memory = Memory(t1_s=coherence_s)
    link = Link(
        success_probability=0.3,
        attempt_time_s=1e-3,
        state=werner(0.98),
        left=memory,
        right=memory,
    )
    plan = Swap(left=link, right=link)
    run, other = (key_in_time(plan, 400.0, seed=seed, key_basis_probability=0.7) for seed in (1, 2))
    protocol = BBM92(key_basis_probability=0.7)

    def fitted(record: Record) -> np.ndarray:
        return record.counted(other.rounds.counts().counts)

    record = Record.of(protocol, run.rounds.table)
    in_z = np.where(record.kept & (record.basis == 0), run.rounds.counts().counts, 0)
    assert 0.0 < run.key.value <= in_z @ fitted(record) + 60.0
    held, _ = held_run(protocol, run.rounds, DistillationSettings(test_fraction=0.3), 1, fitted)
    assert held.length > 0
    assert not held.alarm


@pytest.mark.parametrize("ones", [0.0, 0.1, 0.3])
def test_biased_raw_keys_give_no_more_than_their_entropy(ones):
    """Oracle: n independent bits of which a share p is 1 hold n h(p) bits, whoever listens."""
    rng = np.random.default_rng(5)
    size = 60_000
    bits = (rng.random(size) < ones).astype(np.uint8)
    bases = rng.integers(0, 2, (2, size))
    near, _ = distil(*(RawKey(bits=bits, bases=each) for each in bases))
    hashed = near.sifted_bits - round(0.1 * near.sifted_bits)
    assert near.secret_bits <= hashed * binary_entropy(ones) + 60.0
