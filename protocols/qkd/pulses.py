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
from qnet.hardware.detector import click_probabilities

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
                clicks = click_probabilities(goes_to_1, n, t, line.detectors, factors)
                clicks = _blinded(clicks, columns, eve, sent.photons > 0)
                labels = {"intensity": intensity, "photons": photons, "eve_photon": sent.knows}
                parts += _classes(columns, labels, weight, clicks)
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
    if not any(action.fakes or action.favours is not None for action in actions):
        return None
    fakes = np.array([action.fakes for action in actions])[columns["eve"]]
    # 2 favours neither.
    favours = np.array([2 if a.favours is None else a.favours for a in actions])[columns["eve"]]
    bit = np.where(fakes, columns["bit_eve"] if fakes.any() else 2, favours)
    low = detectors.efficiency_mismatch
    return np.where(bit == 1, low, 1.0), np.where(bit == 0, low, 1.0)


def _blinded(
    clicks: tuple[Floats, Floats, Floats], columns: dict[str, Bits], eve: Eve, has_light: bool
) -> tuple[Floats, Floats, Floats]:
    """Detectors under her control: her bit in her basis, and nothing else."""
    # 255 blinds nothing.
    codes = np.array([255 if a.blinds is None else a.blinds for a in eve.actions()])
    basis = codes[columns["eve"]]
    blind = basis != 255
    if not blind.any():
        return clicks
    answers = np.where(has_light & (basis == columns["basis_bob"]), columns["bit_eve"], 2)
    found = (answers == 2, answers == 0, answers == 1)
    none, zero, one = (
        np.where(blind, now.astype(np.float64), before)
        for now, before in zip(found, clicks, strict=True)
    )
    return none, zero, one


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
    names = [name for name in table.columns if name not in ("bit_bob", "click_bob")]
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
