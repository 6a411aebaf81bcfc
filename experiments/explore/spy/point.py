"""Figures of one setting of BB84 with Eve: error rates, what she knows, and what key is left."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.explore.plain_data import claimed, interval
from experiments.explore.spy.controls import ATTACKS, EFFICIENCY, SpyControls
from experiments.explore.spy.sentences import sentences
from protocols.key_rates import Security, threshold, tomamichel2012
from protocols.key_rates.result import KeyRate
from protocols.qkd.eve import Eve
from protocols.qkd.outcome_table import OutcomeCounts, OutcomeTable
from qnet.errors import ParameterError
from qnet.metrics.key_rate import binary_entropy

if TYPE_CHECKING:
    from protocols.qkd.result import QkdResult

__all__ = ["KEPT", "eve_knows", "outcome_table", "spy_curve", "tolerated_qber", "work_out_spy"]

#: Points that are kept: a class goes back and forth.
KEPT = 512

#: Rounds of a block that stands for an endless one.
_ENDLESS = 10**15

#: Shares at which the curve is worked out, and halvings of the step in which the key ends.
_STEPS, _HALVINGS = 10, 7

#: Rates that differ by less are the same, but for rounding.
_SAME = 1e-12


@lru_cache(maxsize=KEPT)
def work_out_spy(controls: SpyControls, seed: int = 1) -> dict[str, Any]:
    """Work out one setting exactly, and play it once with a seed.

    Returns:
        ``title``, ``scenario`` (its text), ``exact`` (error rates, detections, key of endless
        blocks with its claim), ``eve`` (what she knows), ``run`` (the same figures as drawn, each
        an interval, and their seed), ``finite`` (the key of that run, with its claim),
        ``notice`` (how many trials show her), ``tolerated_qber``, ``says`` (sentences for people)
        and ``work_s``. Take it as read-only: it is kept.

    Raises:
        ParameterError: If the devices do not allow the numbers.

    Examples:
        >>> found = work_out_spy(SpyControls(share=1.0, misalignment=0.0))
        >>> round(found["exact"]["qber"], 9), round(found["eve"]["guess"], 9)
        (0.25, 0.75)
    """
    begun = time.perf_counter()
    protocol, table = controls.protocol, outcome_table(controls)
    found: dict[str, Any] = {"title": controls.title, "scenario": controls.text(seed), "seed": seed}
    one = controls.of_one_signal()
    found["exact"], found["honest"] = _exact(one), _exact(replace(one, share=0.0))
    found["eve"] = eve_knows(protocol, table)
    rng = np.random.default_rng(seed)
    counts = table.count(controls.pulses, rng, dead_gates=protocol.line.detectors.dead_gates)
    found["run"] = _played(_endless_model(protocol).estimate(counts, seed=seed), controls.pulses)
    found["finite"] = _finite(controls, protocol, counts)
    found["notice"] = _notice(controls)
    found["tolerated_qber"] = tolerated_qber() if controls.source == "single" else None
    found["says"] = sentences(controls, found)
    return {**found, "work_s": time.perf_counter() - begun}


@lru_cache(maxsize=KEPT)
def spy_curve(controls: SpyControls) -> dict[str, Any]:
    """Error rate, Eve's knowledge and the key of endless blocks over her share, all exact.

    Args:
        controls: The setting; its own share plays no part.

    Returns:
        ``points``, each with ``share``, ``qber``, ``guess``, ``known`` and ``key``; ``ends``: the
        share at which the key ends, to a thousandth, or None where it does not.

    Examples:
        >>> found = spy_curve(SpyControls(misalignment=0.0))
        >>> found["ends"] < 0.5, round(found["points"][-1]["qber"], 9)
        (True, 0.25)
    """
    points = [_curve_point(controls, k / _STEPS) for k in range(_STEPS + 1)]
    ends = None
    for before, after in pairwise(points):
        if before["key"] > 0.0 and after["key"] == 0.0:
            ends = _end_of_key(controls, before["share"], after["share"])
            break
    if ends is not None and ends < 1.0 / _STEPS / 2**_HALVINGS:
        ends = 0.0  # the least of it is too much
    if points[0]["key"] == 0.0:
        ends = 0.0
    return {"points": points, "ends": ends, "tolerated_qber": tolerated_qber()}


def eve_knows(protocol: Any, table: OutcomeTable) -> dict[str, float]:  # noqa: ANN401
    """What Eve knows of Alice's sifted bits once the bases are announced, from the exact table.

    Her view is what she did, what she found, and the bit itself where she has kept a photon. Of
    a pulse without photons she has found nothing.

    Args:
        protocol: What was played.
        table: Its classes with their probabilities.

    Returns:
        ``guess``: probability that her best guess is right; ``known``: mutual information in bits
        for each sifted bit; ``certain``: share of the bits that she knows for certain.

    Examples:
        >>> controls = SpyControls(attack="breidbart", share=1.0)
        >>> found = eve_knows(controls.protocol, controls.protocol.table())
        >>> round(found["guess"], 6)  # cos^2(pi/8)
        0.853553
    """
    columns, sifted = table.columns, protocol.sift(table.columns)
    kept, zeros = sifted.kept, np.zeros(len(table.probabilities), np.int64)
    saw_light = columns.get("photons", zeros + 1) > 0
    has_kept = columns.get("eve_photon", zeros) == 1
    view = np.stack(
        [
            sifted.basis.astype(np.int64),
            np.where(saw_light, columns.get("eve", zeros), -1),
            np.where(saw_light, columns.get("bit_eve", zeros), -1),
            np.where(has_kept, columns["bit_alice"].astype(np.int64) + 1, 0),
        ],
        axis=1,
    )[kept]
    _, group = np.unique(view, axis=0, return_inverse=True)
    chance = table.probabilities[kept] / table.probabilities[kept].sum()
    ones = np.bincount(group.reshape(-1), chance * (columns["bit_alice"][kept] == 1))
    all_of = np.bincount(group.reshape(-1), chance)
    worst = np.minimum(ones, all_of - ones) / all_of
    worst = np.where(worst < _SAME, 0.0, worst)
    unknown = float(all_of @ np.array([binary_entropy(float(each)) for each in worst]))
    return {
        "guess": float(all_of @ (1.0 - worst)),
        "known": max(0.0, 1.0 - unknown),
        "certain": float(all_of[worst == 0.0].sum()),
    }


@lru_cache(maxsize=1)
def tolerated_qber() -> float:
    """The error rate at which single photons leave no key, at the page's error correction.

    Examples:
        >>> round(tolerated_qber(), 4)
        0.0981
    """
    return threshold("bb84", error_correction_efficiency=EFFICIENCY)


def outcome_table(controls: SpyControls) -> OutcomeTable:
    """All classes of rounds with their exact probabilities; it is kept.

    Examples:
        >>> quiet = SpyControls(share=0.0, misalignment=0.0, distance_km=0.0)
        >>> outcome_table(quiet).probability(basis_alice=0, basis_bob=0, bit_alice=1, bit_bob=1)
        0.125
    """
    return _table(controls.of_one_signal())


@lru_cache(maxsize=KEPT)
def _table(controls: SpyControls) -> OutcomeTable:
    found: OutcomeTable = controls.protocol.table()
    return found


def _endless_model(protocol: Any) -> Any:  # noqa: ANN401
    """The protocol with the analysis of endless blocks."""
    return replace(protocol, model="asymptotic") if hasattr(protocol, "model") else protocol


@lru_cache(maxsize=4 * KEPT)
def _exact(controls: SpyControls) -> dict[str, Any]:
    """Error rates and the key of endless blocks, from the probabilities of the classes."""
    protocol, table = _endless_model(controls.protocol), outcome_table(controls)
    numbers = np.rint(table.probabilities * _ENDLESS).astype(np.int64)
    counts = OutcomeCounts(table=table, counts=numbers, total=int(numbers.sum()))
    result: QkdResult = protocol.estimate(counts)
    sifted = protocol.sift(table.columns)
    errors = {
        basis: table.probabilities[sifted.wrong & (sifted.basis == k)].sum()
        / table.probabilities[sifted.kept & (sifted.basis == k)].sum()
        for k, basis in enumerate("ZX")
    }
    share = float(table.probabilities[sifted.kept].sum())
    fraction = result.secret_key_fraction
    return {
        "qber": float(table.probabilities[sifted.wrong].sum()) / share,
        "qber_z": float(errors["Z"]),
        "qber_x": float(errors["X"]),
        "sifted": share,
        "detected": float(table.probabilities[~table.undetected].sum()),
        "key": 0.0 if fraction is None else fraction.best,
        "reason": result.reason,
        "security": claimed(result.security),
        "believed": _believed(protocol, counts),
    }


def _believed(protocol: Any, counts: OutcomeCounts) -> float:  # noqa: ANN401
    """The key that Alice and Bob work out who do not know what Eve did to their devices."""
    fraction = replace(protocol, eve=Eve()).estimate(counts).secret_key_fraction
    return 0.0 if fraction is None else float(fraction.best)


def _played(result: QkdResult, pulses: int) -> dict[str, Any]:
    """Figures of a run as they were drawn."""
    bases = {f"qber_{b.lower()}": interval(result.qber_by_basis.get(b)) for b in "ZX"}
    return {
        "pulses": pulses,
        "qber": interval(result.qber),
        **bases,
        "sifted_bits": round(result.sifted_bits.best),
        "key": interval(result.secret_key_fraction),
        "reason": result.reason,
    }


def _finite(controls: SpyControls, protocol: Any, counts: OutcomeCounts) -> dict[str, Any]:  # noqa: ANN401
    """The key of a run of finite length: bits of Z, after those of X have been compared."""
    sifted = protocol.sift(counts.table.columns)
    bits = [counts.among(sifted.kept & (sifted.basis == k)) for k in (0, 1)]
    wrong = [counts.among(sifted.wrong & (sifted.basis == k)) for k in (0, 1)]
    rate = _finite_rate(controls, protocol, counts, bits, wrong)
    return {
        "key_bits": bits[0],
        "test_bits": bits[1],
        "test_errors": wrong[1],
        "secret_bits": math.floor(rate.value),
        "reason": rate.reason,
        "security": claimed(rate.security),
    }


def _finite_rate(
    controls: SpyControls,
    protocol: Any,  # noqa: ANN401
    counts: OutcomeCounts,
    bits: list[int],
    wrong: list[int],
) -> KeyRate:
    """Length of the finite key by the proof that holds for the source, or why there is none."""
    nothing = KeyRate(name="secret_bits", unclipped=0.0, reason="")
    if controls.source == "laser":
        reason = "no key: no finite key is worked out here for one intensity; take decoys"
        return replace(nothing, reason=reason)
    broken = protocol.apparatus(counts.total).what_is_broken
    if broken and controls.source == "single":
        reason = "no key: no error rate shows this attack, for it breaks the assumption that "
        return replace(nothing, reason=reason + broken)
    if min(bits) == 0:
        return replace(nothing, reason="no key: a basis has no sifted bit; send more signals")
    if controls.source == "decoys":
        found: KeyRate = protocol.finite_key(counts)
        return found
    return tomamichel2012(
        key_bits=bits[0],
        test_bits=bits[1],
        qber=wrong[1] / bits[1],
        key_qber=wrong[0] / bits[0],
        security=Security(error_correction_efficiency=EFFICIENCY),
        form="variable",
    )


def _notice(controls: SpyControls) -> dict[str, Any]:
    """How many trials of a statistic tell Eve from chance, and where none does, why."""
    # Local imports: they bring SciPy with them.
    from protocols.certification.device import DeviceUnderTest
    from protocols.certification.observables import OBSERVABLES
    from qnet.metrics.binomial_tests import sample_sizes

    name, attack = ATTACKS[controls.attack].statistic, ATTACKS[controls.attack]
    found: dict[str, Any] = {"false_alarm": controls.false_alarm, "miss": controls.miss}
    if name == "decoy-yield" and controls.source != "decoys":
        name = "none"
    if controls.share == 0.0:
        return {**found, "reason": "nobody listens"}
    if name == "none":
        why = "yields and error rates stay those of the fibre" if attack.splits else ""
        if attack.statistic == "decoy-yield":
            why = "one intensity has no decoys, whose clicks would tell"
        return {**found, "reason": f"nothing that Alice and Bob count shows her: {why}"}
    device = DeviceUnderTest.of_scenario(controls.scenario)
    seen = OBSERVABLES[name]
    attacked = device.attacked_by(controls.protocol.eve)
    rates = float(seen.rate(device)), float(seen.rate(attacked))
    found |= {"statistic": name, "event": seen.event, "trial": seen.trial}
    found |= {"honest": rates[0], "attacked": rates[1]}
    if abs(rates[1] - rates[0]) <= _SAME:
        return {**found, "reason": f"the {seen.event} among {seen.trial} stay as they are"}
    try:
        sizes = sample_sizes(*rates, alpha=controls.false_alarm, beta=controls.miss)
    except ParameterError as error:
        return {**found, "reason": " ".join(str(error).split())}
    per_pulse = seen.trials_per_pulse(attacked)
    return {
        **found,
        "first": sizes.n_first,
        "safe": sizes.n_safe,
        "threshold": sizes.threshold,
        "tail": sizes.tail,
        "size": sizes.size,
        "power": sizes.power,
        "is_exact": sizes.method == "exact",
        "pulses": sizes.n_safe / per_pulse,
    }


def _curve_point(controls: SpyControls, share: float) -> dict[str, float]:
    here = replace(controls.of_one_signal(), share=share)
    exact, eve = _exact(here), eve_knows(here.protocol, outcome_table(here))
    return {"share": share, "qber": exact["qber"], "key": exact["key"], **eve}


def _end_of_key(controls: SpyControls, low: float, high: float) -> float:
    """The share at which the key ends, between one that leaves some and one that leaves none."""
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if _curve_point(controls, middle)["key"] else (low, middle)
    return (low + high) / 2.0
