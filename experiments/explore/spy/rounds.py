"""Signals of BB84 one by one, drawn from the exact table of rounds, for the strip of the page."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from experiments.explore.spy.controls import SpyControls
from experiments.explore.spy.point import outcome_table

__all__ = ["SIGNALS", "spy_rounds"]

#: Detected signals of a strip.
SIGNALS = 32

#: Strips that are kept.
_KEPT = 256

#: Where a strip of detections would take more signals than this, none is drawn.
_MOST = 1e15

_BASES = "ZX"


@lru_cache(maxsize=_KEPT)
def spy_rounds(controls: SpyControls, seed: int) -> dict[str, Any]:
    """Draw signals until a few dozen have been detected.

    Bits of equal bases are sifted: those of Z make the key, those of X are compared.

    Args:
        controls: The setting.
        seed: Seed of the draw.

    Returns:
        ``seed``; ``signals``: of each detected signal its ``number`` among all that were sent,
        ``bit_alice``, ``basis_alice``, ``eve`` (what she ``did``, her ``basis`` and ``bit``, or
        None), ``basis_bob``, ``bit_bob``, ``fate`` (``dropped``, ``key`` or ``test``) and
        ``wrong``; ``sent``: how many signals that took. Or ``refused`` and why.

    Examples:
        >>> found = spy_rounds(SpyControls(share=0.0, misalignment=0.0), 1)
        >>> any(each["wrong"] for each in found["signals"] if each["fate"] != "dropped")
        False
    """
    protocol, table = controls.protocol, outcome_table(controls)
    detected = float(table.probabilities[~table.undetected].sum())
    if detected * _MOST < SIGNALS:
        return {"seed": seed, "refused": "hardly any signal is ever detected: shorten the fibre"}
    # Ten standard deviations more than it takes on average.
    sent = math.ceil((SIGNALS + 10.0 * math.sqrt(SIGNALS)) / detected)
    rounds = table.draw(sent, np.random.default_rng(seed))
    columns, sifted = rounds.columns, protocol.sift(rounds.columns)
    places = np.arange(len(rounds)) if rounds.number is None else rounds.number
    actions = protocol.eve.actions()
    found = []
    for k in range(min(SIGNALS, len(rounds))):
        row = {name: int(column[k]) for name, column in columns.items()}
        fate = ("key", "test")[row["basis_alice"]] if sifted.kept[k] else "dropped"
        found.append(
            {
                "number": int(places[k]) + 1,
                "bit_alice": row["bit_alice"],
                "basis_alice": _BASES[row["basis_alice"]],
                "eve": _what_eve_did(controls, row, actions),
                "basis_bob": _BASES[row["basis_bob"]],
                "bit_bob": row["bit_bob"],
                "fate": fate,
                "wrong": bool(sifted.wrong[k]),
            }
        )
    return {"seed": seed, "signals": found, "sent": found[-1]["number"]}


def _what_eve_did(
    controls: SpyControls,
    row: Mapping[str, int],
    actions: Any,  # noqa: ANN401
) -> dict[str, Any] | None:
    """What she did to a signal, or None where she let it pass."""
    if controls.share == 0.0 or row.get("photons", 1) == 0:
        return None
    if row.get("eve_photon"):
        knows = controls.attack == "unambiguous-discrimination"
        did = "knows the state" if knows else "kept a photon"
        return {"did": did, "basis": None, "bit": row["bit_alice"]}
    action = actions[row.get("eve", 0)]
    if action.attack is None:
        return None
    bit = row.get("bit_eve")
    if controls.attack == "entangling-probe":
        return {"did": "probed", "basis": None, "bit": bit}
    basis = {"breidbart": "45°", "always-z": "Z"}.get(controls.attack)
    if basis is None:
        basis = _BASES[row["eve"] - 1]
    did = "blinded" if action.blinds is not None else "measured"
    return {"did": did, "basis": basis, "bit": bit}
