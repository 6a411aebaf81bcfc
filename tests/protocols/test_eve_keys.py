"""No key is longer than what Eve does not know: every protocol, source, detector and attack."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest

from protocols import qkd
from tests.eve_lengths import hold
from tests.eve_settings import draw_protocol, draw_setting

#: Random settings; more of them, and others, by these environment variables.
SETTINGS = int(os.environ.get("QNET_EVE_SETTINGS", "2000"))
SEED = int(os.environ.get("QNET_EVE_SEED", "20260701"))


def test_no_key_is_longer_than_what_eve_does_not_know():
    """Oracle: -log2 q(x | e), q fitted on a simulation of its own; false alarms below 2^-29."""
    runs, trainings = np.random.SeedSequence(SEED).spawn(2)
    rng, training = np.random.default_rng(runs), np.random.default_rng(trainings)
    held = [hold(draw_setting(rng), rng, training) for _ in range(SETTINGS)]
    keys = [each for each in held if each.length > 0]
    full = [each for each in keys if each.share > 0.8]
    tightest = min(keys, key=lambda each: each.margin)
    said = f"tightest margin (surprisal - length - leak) {tightest.margin:.1f} bits: {tightest}"
    print(f"\n{len(held)} settings, {len(keys)} keys, {len(full)} above 0.8 of what is there")
    print(said)
    for kind in ("alarm", "collective_alarm"):
        alarms = [str(each) for each in keys if getattr(each, kind)]
        assert not alarms, f"{len(alarms)} of {kind}, such as {alarms[0]}; {said}"
    assert len(keys) >= SETTINGS // 4, said
    assert len(full) >= SETTINGS // 40, said


#: Attacks on what a proof presumes of the devices: there is no key to hold against their record.
ON_DEVICES = (
    qkd.AfterGate(fraction=0.1),
    qkd.BiasedBits(bias=0.01),
    qkd.DeadTime(fraction=0.1),
    qkd.PhaseRemapping(fraction=0.1),
    qkd.SplitterColour(fraction=0.1),
    qkd.TrojanHorse(mean_photons=1e-6),
)


@pytest.mark.parametrize("eve", ON_DEVICES, ids=lambda eve: type(eve).__name__)
def test_an_attack_on_the_devices_leaves_no_key(eve):
    """Oracle: the assumption that the attack breaks; without Eve the same devices give a key."""
    detectors = qkd.Detectors(efficiency=0.5, dark_count_probability=1e-6)
    line = qkd.Line(transmission=0.5, detectors=detectors)
    light = qkd.WeakPulses(intensities=(0.5, 0.1, 1e-3), probabilities=(0.6, 0.3, 0.1))
    for model in ("asymptotic", "lim2014"):
        honest = qkd.DecoyBB84(source=light, line=line, model=model)
        assert honest.run(10**8, seed=1).secret_bits.best > 0.0
        attacked = replace(honest, eve=eve).run(10**8, seed=1)
        assert attacked.secret_bits.high == 0.0
        assert attacked.security.notion == "none"
        assert "assumption" in attacked.reason
    attacked = qkd.BB84(line=line, eve=eve).run(10**6, seed=1)
    assert attacked.secret_key_fraction.high == 0.0
    assert attacked.security.notion == "none"


def test_every_protocol_and_attack_of_the_catalogue_is_drawn():
    """Oracle: the lists of the package; b92 and sarg04 give no key."""
    rng = np.random.default_rng(1)
    protocols = [draw_protocol(rng) for _ in range(3000)]
    drawn = {type(each) for each in protocols}
    attacks = {type(each.eve) for each in protocols}
    for each in protocols:
        attacks |= {type(attack) for attack in getattr(each.eve, "attacks", ())}
    public = [getattr(qkd, name) for name in qkd.__all__]
    known = {each for each in public if isinstance(each, type) and issubclass(each, qkd.Eve)}
    assert attacks | {type(eve) for eve in ON_DEVICES} == known
    assert drawn >= {*qkd.QKD_PROTOCOLS.values(), qkd.DecoyBB84} - {qkd.B92, qkd.SARG04}
