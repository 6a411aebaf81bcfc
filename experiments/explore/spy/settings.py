"""Settings of the page of BB84 with an eavesdropper that a static build works out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from experiments.explore.spy.controls import ATTACKS, RECEIVERS, SpyControls, spy_choices
from qnet.errors import ParameterError

__all__ = ["PARTS", "TURNS", "asked", "known"]

#: Attacks, each a part of the answers.
PARTS = tuple(ATTACKS)

#: Runs at a start, each with a seed: the page takes them in turn.
TURNS = 3

#: Positions of the sliders.
_SCALES: Mapping[str, Sequence[Any]] = {
    "share": [k / 10 for k in range(11)],
    "distance_km": [0, 5, 10, 25, 50, 75, 100, 150, 200],
    "misalignment": [0.0, 0.005, 0.01, 0.02, 0.05, 0.1],
    "mean_photons": [0.15, 0.2, 0.3, 0.5, 0.75, 1.0],
    "pulses": [10**k for k in range(3, 13)],
}

#: Of each source, the receiver with which the other sliders move.
_RECEIVERS = {"single": "perfect", "laser": "real", "decoys": "real"}

#: What a reduced build holds: two positions of the first slider, for the attack of the start.
_QUICK = {"share": [0.0, 0.3]}


def known(*, quick: bool = False) -> dict[str, Any]:
    """What the page must know first: its sliders stop where there are answers.

    Examples:
        >>> known()["scales"]["share"][:3]
        [0.0, 0.1, 0.2]
    """
    return {**spy_choices(), "scales": {**_SCALES, **(_QUICK if quick else {})}}


def asked(attack: str, *, quick: bool = False) -> Iterator[str]:
    """Addresses that the page may ask about one attack.

    Every source and receiver with every share of Eve; for each source with one
    receiver, every other slider over its positions.

    Args:
        attack: Name of the attack.
        quick: Whether to reduce them to a handful.

    Examples:
        >>> sum(address.startswith("spy/point") for address in asked("breidbart"))
        144
    """
    if quick and attack != SpyControls.attack:
        return
    found: dict[str, SpyControls] = {}
    for changes in _changes(quick=quick):
        try:
            controls = SpyControls(attack=attack, **changes)
        except ParameterError:  # one photon cannot be split
            continue
        found[urlencode(controls.as_query())] = controls
    for query in found:
        yield f"spy/point?{query}&seed=1"
        yield f"spy/rounds?{query}&seed=1"
        yield f"spy/curve?{query}"
    for query in () if quick else list(found)[:1]:
        for seed in range(2, TURNS + 1):
            yield f"spy/point?{query}&seed={seed}"
            yield f"spy/rounds?{query}&seed={seed}"


def _changes(*, quick: bool) -> Iterator[dict[str, Any]]:
    """What differs from the start, which comes first."""
    yield {}
    if quick:
        yield from ({"share": share} for share in _QUICK["share"])
        return
    for source, usual in _RECEIVERS.items():
        for receiver in RECEIVERS:
            both = {"source": source, "receiver": receiver}
            yield from ({**both, "share": share} for share in _SCALES["share"])
        for name in ("distance_km", "misalignment", "mean_photons", "pulses"):
            if name != "mean_photons" or source != "single":
                found = {"source": source, "receiver": usual}
                yield from ({**found, name: value} for value in _SCALES[name])
