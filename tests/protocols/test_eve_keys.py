"""No key is longer than what Eve does not know: every protocol, source, detector and attack."""

from __future__ import annotations

import os

import numpy as np

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


def test_every_protocol_and_attack_of_the_catalogue_is_drawn():
    """Oracle: the lists of the package; b92 and sarg04 give no key."""
    rng = np.random.default_rng(1)
    protocols = [draw_protocol(rng) for _ in range(3000)]
    drawn = {type(each) for each in protocols}
    attacks = {type(each.eve) for each in protocols}
    for each in protocols:
        attacks |= {type(attack) for attack in getattr(each.eve, "attacks", ())}
    public = [getattr(qkd, name) for name in qkd.__all__]
    assert attacks == {e for e in public if isinstance(e, type) and issubclass(e, qkd.Eve)}
    assert drawn >= {*qkd.QKD_PROTOCOLS.values(), qkd.DecoyBB84} - {qkd.B92, qkd.SARG04}
