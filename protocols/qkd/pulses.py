"""Clicks of photon pulses: photon numbers, loss, Eve's choice of photons, and real detectors.

The circuits say how one photon is measured: it goes to detector 1 with a probability ``q`` that
depends on the setting. A pulse of n photons is n of them, each of which is lost or not by itself,
so the clicks of every photon number follow in closed form (`click_probabilities`). Pulses without a
click are undetected classes of the table: they are counted, never drawn one by one.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from protocols.qkd.eve import Eve
from protocols.qkd.outcome_table import Bits, OutcomeTable
from qnet.hardware import Detectors, Line, PhotonSource
from qnet.hardware.detector import click_patterns, click_probabilities

__all__ = ["detect_one_photon", "detect_pulses"]

Floats = NDArray[np.float64]


def detect_pulses(
    table: OutcomeTable, source: PhotonSource | None, eve: Eve, line: Line
) -> OutcomeTable:
    """Send pulses instead of one photon each, through the line, to Bob's detectors.

    Args:
        table: Classes of the circuits, with the column ``bit_bob``.
        source: What a pulse holds; ``None`` is one photon.
        eve: Which photons go on.
        line: Transmission and detectors.

    Returns:
        A table with the further columns ``intensity`` (index), ``photons`` (sent), ``eve_photon``
        (1 where Eve has kept one) and ``click_bob``; classes without a click are undetected.

    Examples:
        >>> from protocols.qkd import BB84, WeakPulses
        >>> table = BB84(source=WeakPulses(intensities=(0.1,), probabilities=(1.0,))).table()
        >>> round(table.probability(click_bob=1), 9)  # 1 - exp(-0.1)
        0.095162582
    """
    columns, weights, goes_to_1 = _settings(table)
    factors = _timing(columns, eve, line.detectors)
    shares = (1.0,) if source is None else source.probabilities
    parts: list[tuple[dict[str, Bits], Floats]] = []
    for intensity, share in enumerate(shares):
        numbers = np.array([0.0, 1.0]) if source is None else source.photon_numbers(intensity)
        for photons, chance in enumerate(numbers):
            for sent in eve.forward(photons, line.transmission):
                weight = weights * (share * chance * sent.probability)
                if not weight.any():
                    continue
                n = np.full(len(weights), sent.photons)
                t = np.full(len(weights), sent.transmission)
                clicks = click_patterns(goes_to_1, n, t, line.detectors, factors)
                clicks = _blinded(clicks, columns, eve, line.detectors, sent.photons > 0)
                labels = {"intensity": intensity, "photons": photons, "eve_photon": sent.knows}
                parts += _patterns(columns, labels, weight, clicks, line.detectors)
    return _afterpulses(_joined(parts, "bob"), line.detectors)


def detect_one_photon(table: OutcomeTable, party: str, line: Line) -> OutcomeTable:
    """Let one party's photon be lost, or be detected by real detectors.

    Args:
        table: Classes with the column ``bit_<party>``.
        party: ``"alice"`` or ``"bob"``.
        line: Transmission and detectors of that party.

    Returns:
        A table with the further column ``click_<party>``; a class is undetected unless all click.
    """
    bit = f"bit_{party}"
    goes_to_1 = table.columns[bit].astype(np.float64)
    ones = np.ones(len(goes_to_1), dtype=np.int64)
    t = np.full(len(ones), line.transmission)
    clicks = click_probabilities(goes_to_1, ones, t, line.detectors)
    rest = {name: column for name, column in table.columns.items() if name != bit}
    return _joined(_classes(rest, {}, table.probabilities, clicks, party), party, table.undetected)


def _settings(table: OutcomeTable) -> tuple[dict[str, Bits], Floats, Floats]:
    """Everything but Bob's bit: its values, its probability, and the chance of a 1 given it."""
    names = [name for name in table.columns if name != "bit_bob"]
    keys = np.stack([table.columns[name] for name in names], axis=1)
    rows, group = np.unique(keys, axis=0, return_inverse=True)
    group = group.reshape(-1)
    weights: Floats = np.bincount(group, table.probabilities).astype(np.float64)
    ones = np.bincount(group, table.probabilities * (table.columns["bit_bob"] == 1))
    columns = {name: rows[:, k] for k, name in enumerate(names)}
    return columns, weights, np.clip(ones / weights, 0.0, 1.0)


def _timing(
    columns: dict[str, Bits], eve: Eve, detectors: Detectors
) -> tuple[Floats, Floats] | None:
    """Factors on the efficiencies of detectors 0 and 1, from how Eve times the photon."""
    actions = eve.actions()
    if not any(a.fakes or a.favours is not None or a.drops is not None for a in actions):
        return None
    fakes = np.array([action.fakes for action in actions])[columns["eve"]]
    # 2 favours neither.
    favours = np.array([2 if a.favours is None else a.favours for a in actions])[columns["eve"]]
    bit = np.where(fakes, columns["bit_eve"] if fakes.any() else 2, favours)
    mismatch = detectors.efficiency_mismatch
    low = np.array([mismatch if a.dims is None else a.dims for a in actions])[columns["eve"]]
    drops = np.array([2 if a.drops is None else a.drops for a in actions])[columns["eve"]]
    here = 1.0 - (columns["bit_eve"] == drops) if np.any(drops != 2) else np.ones(len(bit))
    return here * np.where(bit == 1, low, 1.0), here * np.where(bit == 0, low, 1.0)


def _blinded(
    clicks: tuple[Floats, ...],
    columns: dict[str, Bits],
    eve: Eve,
    detectors: Detectors,
    has_light: bool,
) -> tuple[Floats, ...]:
    """Detectors under her control answer to the power of her pulse, and in their gate to darkness.

    Patterns as in `click_patterns`.
    """
    actions = eve.actions()
    # 255 blinds nothing.
    codes = np.array([255 if a.blinds is None else a.blinds for a in actions])
    basis = codes[columns["eve"]]
    blind = basis != 255
    if not blind.any():
        return clicks
    power = np.array([a.power for a in actions])[columns["eve"]] * float(has_light)
    share = np.where(basis == columns["basis_bob"], columns["bit_eve"], 0.5)
    dark = np.array([detectors.dark_probability * a.gated for a in actions])[columns["eve"]]
    click_0 = np.where(power * (1.0 - share) > 1.0, 1.0, dark)
    click_1 = np.where(power * share > detectors.bright_threshold_1, 1.0, dark)
    found = ((1.0 - click_0) * (1.0 - click_1), click_0, click_1, click_0 * click_1)
    return tuple(np.where(blind, now, before) for now, before in zip(found, clicks, strict=True))


def _patterns(
    columns: dict[str, Bits],
    labels: dict[str, int],
    weight: Floats,
    clicks: tuple[Floats, ...],
    detectors: Detectors,
) -> list[tuple[dict[str, Bits], Floats]]:
    """Classes of no click, bit 0, bit 1; those of double clicks apart where they are counted."""
    none, some_0, some_1, both = clicks
    if not detectors.counts_double_clicks:
        return _classes(columns, labels, weight, (none, some_0 - both / 2.0, some_1 - both / 2.0))
    single = _classes(
        columns, {**labels, "double_bob": 0}, weight, (none, some_0 - both, some_1 - both)
    )
    double = (np.zeros_like(both), both / 2.0, both / 2.0)
    return single + _classes(columns, {**labels, "double_bob": 1}, weight, double)[1:]


def _classes(
    columns: dict[str, Bits],
    labels: dict[str, int],
    weight: Floats,
    clicks: tuple[Floats, Floats, Floats],
    party: str = "bob",
) -> list[tuple[dict[str, Bits], Floats]]:
    """No click, bit 0, bit 1: three sets of classes."""
    size = len(weight)
    parts = []
    for (click, bit), chance in zip(((0, 0), (1, 0), (1, 1)), clicks, strict=True):
        found = {**labels, f"bit_{party}": bit, f"click_{party}": click}
        constant = {name: np.full(size, value, np.uint8) for name, value in found.items()}
        parts.append(({**columns, **constant}, weight * chance))
    return parts


def _joined(
    parts: Sequence[tuple[dict[str, Bits], Floats]],
    party: str,
    undetected: NDArray[np.bool_] | None = None,
) -> OutcomeTable:
    """One table without impossible classes, but for undetected ones: dead times count there."""
    names = list(parts[0][0])
    columns = {name: np.concatenate([part[name] for part, _ in parts]) for name in names}
    chances = np.concatenate([chance for _, chance in parts])
    no_click = columns[f"click_{party}"] == 0
    if undetected is not None:
        no_click |= np.concatenate(list(itertools.repeat(undetected, len(parts))))
    possible = (chances > 0.0) | no_click
    return OutcomeTable(
        columns={name: column[possible] for name, column in columns.items()},
        probabilities=chances[possible],
        undetected=no_click[possible],
    )


def _afterpulses(table: OutcomeTable, detectors: Detectors) -> OutcomeTable:
    """Turn some undetected rounds into a click with a random bit."""
    share = detectors.afterpulse_probability
    if share == 0.0:
        return table
    names = [name for name in table.columns if name not in ("bit_bob", "click_bob", "double_bob")]
    keys = np.stack([table.columns[name] for name in names], axis=1)
    _, group = np.unique(keys, axis=0, return_inverse=True)
    group = group.reshape(-1)
    no_click = table.undetected
    total = np.bincount(group, table.probabilities)
    undetected = np.bincount(group, table.probabilities * no_click)
    clicked = total - undetected
    if detectors.afterpulses == "same-setting":
        extra = np.minimum(share * clicked, undetected)
    else:
        extra = min(share * float(clicked.sum()), 1.0) * undetected
    ratio = np.divide(extra, undetected, out=np.zeros_like(extra), where=undetected > 0.0)
    turned = (table.probabilities * ratio[group])[no_click]
    parts = [
        (
            dict(table.columns),
            np.where(no_click, table.probabilities * (1 - ratio[group]), table.probabilities),
        )
    ]
    for bit in (0, 1):
        columns = {name: column[no_click] for name, column in table.columns.items()}
        columns["bit_bob"] = np.full(len(turned), bit, np.uint8)
        columns["click_bob"] = np.ones(len(turned), np.uint8)
        parts.append((columns, turned / 2.0))
    return _joined(parts, "bob")
