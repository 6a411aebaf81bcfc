"""The study of how long attacks hide: when each is noticed, what never is, sampled power."""

import math

import numpy as np
import pytest

from experiments.studies.which_attack_hides_longest import (
    ALPHA,
    BETA,
    STUDY,
    SYSTEMS,
    fastest,
    noticed,
    work,
)
from protocols.certification import ATTACKS


@pytest.fixture(scope="module")
def points():
    return STUDY.points(False)


def strength(name, share):
    model = ATTACKS[name]
    return model.least + share * (model.default - model.least)


def test_every_attack_is_played_on_a_system_that_has_what_it_needs(points):
    """Oracle: several photons need weak pulses, quadratures a receiver of them."""
    assert {point["attack"] for point in points} == set(ATTACKS)
    weak = {"photon-number-splitting", "unambiguous-discrimination", "beam-splitting"}
    for point in points:
        if point["attack"] in weak | {"laser-seeding"}:
            assert point["system"].startswith("decoy")
        quadratures = point["attack"] in ("shot-noise-calibration", "saturation")
        assert quadratures == (point["system"] == "continuous variables")


def test_bits_alone_do_not_tell_what_leaves_them_as_they_are():
    """Oracle: none of these makes errors or changes a gain; with monitors one alone stays."""
    hidden = {"beam-splitting", "trojan-horse", "blinding", "after-gate", "laser-seeding"}
    for system, silent in (
        ("decoy BB84, bits only", hidden),
        ("decoy BB84, all watched", {"beam-splitting"}),
    ):
        never = set()
        for name, model in ATTACKS.items():
            if not SYSTEMS[system].allows(model):
                continue
            found = fastest(SYSTEMS[system], model, model.default)
            if found.sizes is None:
                assert found.reason
                never.add(name)
        assert never == silent


def test_errors_by_hand():
    """Oracle: 1 % of errors and dark counts against (1 + ...)/4 more: some 36 sifted bits in 200.

    Half of the clicks are sifted; a click comes of 0.1 x 0.2 of the photons.
    """
    system = SYSTEMS["BB84, single photons"]
    found = fastest(system, ATTACKS["intercept-resend"], 1.0)
    assert found.statistic == "qber"
    assert found.attacked == pytest.approx(0.25, abs=0.01)
    assert found.pulses / found.sizes.n_safe == pytest.approx(1.0 / (0.5 * 0.02), rel=1e-3)


@pytest.mark.parametrize(
    ("system", "attack"),
    [
        ("decoy BB84, all watched", "intercept-resend"),
        ("decoy BB84, bits only", "splitter-colour"),
        ("six states, single photons", "time-shift"),
        ("continuous variables", "shot-noise-calibration"),
        ("continuous variables", "saturation"),
    ],
)
def test_runs_alarm_as_often_as_stated(system, attack):
    """Oracle: the binomial scatter of 400 runs about the stated power, 4.5 standard errors."""
    found = fastest(SYSTEMS[system], ATTACKS[attack], strength(attack, 0.3))
    share = noticed(SYSTEMS[system], found, 400, 3)
    assert share is not None
    assert share.best >= 1.0 - BETA - 4.5 * math.sqrt(BETA / 400)


def test_no_attack_alarms_no_more_often_than_the_level():
    """Oracle: the honest device, with the trials that tell the attack: 2,000 runs at alpha."""
    system, model = SYSTEMS["decoy BB84, all watched"], ATTACKS["time-shift"]
    found = fastest(system, model, 0.01)
    still = type(found)(
        attack=found.attack,
        strength=0.0,
        statistic=found.statistic,
        honest=found.honest,
        attacked=found.honest,
        sizes=found.sizes,
    )
    share = noticed(system, still, 2000, 7)
    assert share.best <= ALPHA + 5.0 * math.sqrt(ALPHA / 2000)


def test_weaker_attacks_hide_longer_and_let_more_key_be_made(points):
    """Oracle: a tenth of an attack takes no fewer pulses; key is pulses times one rate."""
    own = [
        p for p in points if (p["attack"], p["system"]) == ("dead-time", "decoy BB84, bits only")
    ]
    rows = [work({**point, "quick": True}, 5) for point in own]
    assert [p["share"] for p in own] == [1.0, 0.1, 0.01]
    assert np.all(np.diff([row["pulses"] for row in rows]) > 0.0)
    rates = [float(row["key_until_noticed"]) / row["pulses"] for row in rows]
    assert rates == pytest.approx([rates[0]] * 3)
    assert rows[0]["seconds"] == rows[0]["pulses"] / 1e9
