"""Quantum links of SquidASM and netsquid-netbuilder as tables of links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from protocols.interchange.given_keys import GivenKeys
from qnet.errors import ParameterError, check_positive, check_probability

__all__ = ["StackLink", "link_of"]

#: Delay of a perfect link in ns, unless it is given.
_PERFECT_NS = 1000.0

#: Attenuation in dB/km of a heralded link, unless it is given.
_LOSS_DB_PER_KM = 0.25

_SPEED_KM_PER_S = 200_000.0


@dataclass(frozen=True, slots=True)
class StackLink:
    """A link between two stacks.

    Args:
        ends: Names of the stacks.
        table: The keys of [link] that make it.
        length_km: Its length, where it is said.
        remarks: What was assumed.
    """

    ends: tuple[str, str]
    table: dict[str, Any]
    length_km: float | None
    remarks: tuple[str, ...]


def link_of(entry: GivenKeys) -> StackLink:
    """The link that an entry of ``links`` describes.

    Args:
        entry: The entry: two stacks, ``typ`` and ``cfg``.

    Raises:
        ParameterError: If it is of a type that is not taken, or a value is wrong.
    """
    ends = entry.text("stack1", "node1"), entry.text("stack2", "node2")
    kind = entry.raw("typ")
    if kind not in _KINDS:
        hint = "nv and heralded-single-click are other models: describe them with a preset"
        raise ParameterError(entry.path("typ"), f"be one of {', '.join(_KINDS)}", kind, hint)
    keys = entry.table("cfg")
    entry.ignore(("host_host_latency", "qnos_qnos_latency"))
    entry.refuse_rest()
    table, length, remarks = _KINDS[kind](keys)
    keys.refuse_rest()
    return StackLink(ends, table, length, remarks)


def _perfect(keys: GivenKeys) -> tuple[dict[str, Any], float | None, tuple[str, ...]]:
    """Phi+ after a fixed delay."""
    delay = keys.number("state_delay", _PERFECT_NS, check_positive) / 1e9
    remark = f"perfect links deliver after {delay:g} s, SquidASM's state_delay"
    return _abstract(1.0, delay, 1.0), None, (remark,)


def _depolarise(keys: GivenKeys) -> tuple[dict[str, Any], float | None, tuple[str, ...]]:
    """Werner pairs in cycles."""
    fidelity = keys.probability("fidelity")
    success = keys.probability("prob_success", 1.0)
    length = keys.number("length") if keys.raw("length") is not None else None
    speed = keys.number("speed_of_light", _SPEED_KM_PER_S, check_positive)
    if length is not None and keys.raw("t_cycle") is None:
        cycle = check_positive(keys.path("length"), length / speed)
    else:
        cycle = keys.number("t_cycle", None, check_positive) / 1e9
    remarks = ["depolarise: a Werner pair of that fidelity"]
    if keys.ignore(("random_bell_state",)):
        remarks.append("random_bell_state is ignored: pairs are corrected to Phi+")
    return _abstract(success, cycle, fidelity), length, tuple(remarks)


def _heralded(keys: GivenKeys) -> tuple[dict[str, Any], float | None, tuple[str, ...]]:
    """Double click at a station between the nodes (Avis et al., arXiv:2207.10579)."""
    if keys.raw("length_A") is not None:
        arms = keys.number("length_A"), keys.number("length_B")
        length = sum(arms)
    else:
        length = keys.number("length")
        arms = length / 2.0, length / 2.0
    speed = keys.number("speed_of_light", _SPEED_KM_PER_S, check_positive)
    efficiency = keys.probability("detector_efficiency", 1.0)
    passed = [
        efficiency * (1.0 - _lost(keys, end)) * 10.0 ** (-_loss(keys, end) * arm / 10.0)
        for end, arm in zip("AB", arms, strict=True)
    ]
    fidelity = keys.probability("emission_fidelity", 1.0)
    if fidelity != 1.0:
        hint = "pairs of memory and photon are perfect here: put it into visibility"
        raise ParameterError(keys.path("emission_fidelity"), "be 1", fidelity, hint)
    emission = keys.seconds("emission_duration", 0.0)
    table: dict[str, Any] = {
        "scheme": "double-click",
        "transmission": passed[0] if passed[0] == passed[1] else passed,
        "attempt_time_s": check_positive(keys.path("length"), emission + 2.0 * max(arms) / speed),
        "visibility": keys.number("visibility", 1.0, check_probability),
    }
    dark = keys.probability("dark_count_probability", 0.0)
    if dark > 0.0:
        table["dark_count_probability"] = dark
    if keys.raw("num_resolving", False):
        table["number_resolving"] = True
    modes = int(keys.number("num_multiplexing_modes", 1.0))
    if modes > 1:
        table["modes"] = modes
    remarks = (
        "heralded: the double-click model of arXiv:2207.10579, an attempt takes the way of the "
        "photons and of the herald",
        "pairs are delivered without the decay of the last attempt, as SquidASM does: no length "
        "is given to the link",
    )
    return table, length, remarks


def _lost(keys: GivenKeys, end: str) -> float:
    """Share of the photons lost at the entrance of an arm."""
    both = keys.probability("p_loss_init", 0.0)
    collected = keys.probability("collection_efficiency", 1.0)
    return 1.0 - collected * (1.0 - keys.probability(f"p_loss_init_{end}", both))


def _loss(keys: GivenKeys, end: str) -> float:
    """Attenuation of an arm in dB/km."""
    return keys.number(f"p_loss_length_{end}", keys.number("p_loss_length", _LOSS_DB_PER_KM))


def _abstract(success: float, time_s: float, fidelity: float) -> dict[str, Any]:
    return {
        "scheme": "abstract",
        "success_probability": success,
        "attempt_time_s": time_s,
        "state": {"fidelity": fidelity},
    }


_KINDS = {
    "perfect": _perfect,
    "depolarise": _depolarise,
    "heralded": _heralded,
    "heralded-double-click": _heralded,
}
