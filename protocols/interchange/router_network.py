"""Configurations of SeQUeNCe: routers with memories, and fibres that meet in the middle.

The keys are those of SeQUeNCe (X. Wu et al., Quantum Sci. Technol. 6, 045027 (2021),
doi:10.1088/2058-9565/ac22f6): lengths in metres, attenuation in dB per metre, templates of nodes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from protocols.interchange.given_keys import GivenKeys, entries_of
from protocols.interchange.imported import ImportedScenario, asked_by_all, run_table
from qnet.errors import ParameterError, check_positive
from qnet.network import FibreSpan, parse_topology

__all__ = ["looks_like_routers", "read_routers"]

_NAME = "a configuration of SeQUeNCe"

#: Speed of light in SeQUeNCe's fibres, in m/s.
_SPEED_M_PER_S = 2e8

#: Defaults of SeQUeNCe: fidelity, efficiency and number of memories, efficiency of detectors.
_FIDELITY, _EFFICIENCY, _MEMORIES, _DETECTED = 0.85, 1.0, 10.0, 0.9

_MIDDLE = "BSMNode"


def looks_like_routers(values: object) -> bool:
    """Whether a table holds nodes and quantum channels."""
    return (
        isinstance(values, Mapping)
        and "nodes" in values
        and any(name in values for name in ("qchannels", "qconnections"))
    )


def read_routers(values: object) -> ImportedScenario:
    r"""The network that routers and fibres describe.

    Its links are two-photon links with a station half way: a pair comes with
    :math:`(\eta_m \eta_d)^2 10^{-\alpha L/10}/2` in an attempt that takes the time of light over
    the whole fibre, in the state of the memories' ``fidelity``.

    Args:
        values: What the file holds.

    Raises:
        ParameterError: If a key is missing or wrong, or nodes or fibres differ from one another.
    """
    topology = parse_topology(json.dumps(values), route_factor=None)
    keys = GivenKeys("", values)
    templates = keys.table("templates")
    routers = [each for each in entries_of(keys, "nodes") if each.raw("type") != _MIDDLE]
    memory = _alike("nodes", [_memory(each, templates) for each in routers], "memories")
    loss = _alike("qchannels", _losses(keys), "attenuation")
    detected = _alike("templates", _detectors(templates), "detector efficiency")
    own = [_edge(span, loss, detected, memory) for span in topology.spans]
    success = _alike("templates", _swaps(routers, templates), "swapping_success_prob")
    edges = [[*span.ends, span.length_km] for span in topology.spans]
    count = {name: sum(name in edge[:2] for edge in edges) for name in topology.names}
    demands, told = asked_by_all(count)
    found: dict[str, Any] = {
        "kind": "network",
        "run": run_table([each["link"] for each in own]),
        "topology": {"edges": edges},
        "link": own[0]["link"],
        **_storage(memory),
        **_swap(keys, memory, success),
        "controller": {"allocation": "share"},
    }
    differing = [each for each in own if each["link"] != own[0]["link"]]
    if differing:
        found["edge"] = differing
    found["nodes"] = _sizes(routers, count)
    found["demand"] = demands
    return ImportedScenario(source=_NAME, values=found, remarks=(told, *_remarks(memory)))


def _edge(
    span: FibreSpan, loss_db_per_m: float, detected: float, memory: Mapping[str, Any]
) -> dict[str, Any]:
    """A table of [[edge]]: how the link over a fibre makes its pairs."""
    length_m = 1e3 * (span.length_km or 0.0)
    check_positive("distance", length_m)
    passed = 10.0 ** (-loss_db_per_m * length_m / 10.0)
    link = {
        "scheme": "abstract",
        "success_probability": (memory["efficiency"] * detected) ** 2 * passed / 2.0,
        "attempt_time_s": length_m / _SPEED_M_PER_S,
        "state": {"fidelity": memory["fidelity"]},
    }
    return {"ends": list(span.ends), "link": link}


def _sizes(routers: list[GivenKeys], count: Mapping[str, int]) -> list[dict[str, Any]]:
    """A table of [[nodes]] for each router with links: its memories for each of them."""
    return [
        {
            "name": name,
            "memories": max(1, int(each.number("memo_size", _MEMORIES)) // count[name]),
        }
        for each in routers
        if count.get(name := each.text("name"))
    ]


def _alike(field: str, values: list[Any], what: str) -> Any:  # noqa: ANN401
    """The one value of all.

    Raises:
        ParameterError: If they differ.
    """
    if any(value != values[0] for value in values):
        hint = "a scenario describes them once: make them equal, or write [[edge]] tables"
        raise ParameterError(field, f"have equal {what}", values, hint)
    return values[0]


def _template(entry: GivenKeys, templates: GivenKeys) -> GivenKeys:
    """The template of a node; an empty one where it names none."""
    name = entry.raw("template")
    if name is None:
        return GivenKeys("templates", {})
    if name not in templates.values:
        hint = f"the templates are {', '.join(templates.values)}"
        raise ParameterError(entry.path("template"), "be a template", name, hint)
    return templates.table(str(name))


def _memory(entry: GivenKeys, templates: GivenKeys) -> dict[str, Any]:
    """Fidelity, efficiency and storage of the memories of a router."""
    keys = _template(entry, templates).table("MemoryArray")
    time = keys.raw("coherence_time", -1)
    gates = [entry.probability(name, 1.0) for name in ("gate_fidelity", "measurement_fidelity")]
    return {
        "fidelity": keys.probability("fidelity", _FIDELITY),
        "efficiency": keys.probability("efficiency", _EFFICIENCY),
        "coherence_time": None
        if time == -1
        else keys.number("coherence_time", None, check_positive),
        "errors": keys.raw("decoherence_errors"),
        "errors_at": keys.path("decoherence_errors"),
        "gates": gates,
    }


def _losses(keys: GivenKeys) -> list[float]:
    """Attenuation of all fibres in dB/m."""
    lists = [name for name in ("qchannels", "qconnections") if name in keys.values]
    return [each.number("attenuation") for name in lists for each in entries_of(keys, name)]


def _detectors(templates: GivenKeys) -> list[float]:
    """Efficiencies of the detectors of all stations; that of SeQUeNCe where none is said."""
    found = []
    for name in templates.values:
        for kind in ("SingleHeraldedBSM", "SingleAtomBSM"):
            station = templates.table(name)
            if kind in station.values:
                for each in entries_of(station.table(kind), "detectors"):
                    found.append(each.probability("efficiency", _DETECTED))
    return found or [_DETECTED]


def _swaps(routers: list[GivenKeys], templates: GivenKeys) -> list[float]:
    """Success probability of the swaps of all routers."""
    tables = [_template(each, templates).table("EntanglementSwapping") for each in routers]
    return [each.probability("swapping_success_prob", 1.0) for each in tables]


def _storage(memory: Mapping[str, Any]) -> dict[str, Any]:
    r"""[memory] or [cutoff] of memories: Pauli errors at the rate :math:`1/T`, or an age.

    Errors X, Y, Z in equal parts shrink the Bloch vector at the rate :math:`4/(3T)`, phase flips
    alone shrink x and y at :math:`2/T`. Without errors a memory is emptied after T.
    """
    time, errors = memory["coherence_time"], memory["errors"]
    if time is None:
        return {}
    if errors is None:
        return {"cutoff": {"kind": "age", "time_s": time}}
    shares = [float(each) for each in errors]
    if len(shares) == 3 and all(math.isclose(each, 1.0 / 3.0, abs_tol=1e-6) for each in shares):
        return {"memory": {"depolarizing_time_s": 0.75 * time}}
    if shares == [0.0, 0.0, 1.0]:
        return {"memory": {"dephasing_time_s": 0.5 * time}}
    hint = "thirds of each, or [0, 0, 1] for phase flips, have a memory here"
    raise ParameterError(memory["errors_at"], "be depolarising or dephasing", errors, hint)


def _swap(keys: GivenKeys, memory: Mapping[str, Any], success: float) -> dict[str, Any]:
    """[swap]: success, and with Bell-diagonal states the errors of gates and readout."""
    found: dict[str, Any] = {}
    if success < 1.0:
        found["success_probability"] = success
    gate, readout = memory["gates"]
    if keys.raw("formalism") == "bell_diagonal":
        if gate < 1.0:
            found["cnot_depolarizing"] = round(1.0 - gate, 12)
        if readout < 1.0:
            found["readout_flip"] = round(1.0 - readout, 12)
    return {"swap": found} if found else {}


def _remarks(memory: Mapping[str, Any]) -> list[str]:
    """What was assumed."""
    remarks = [
        "a link makes a pair with half of (memory efficiency x detector efficiency)^2 times the "
        "fibre's transmission, in an attempt as long as light takes over the whole fibre",
        "pairs are Werner states of the memories' fidelity",
        "memo_size counts the memories of a router: each of its links has an equal part",
        "cchannels, cconnections, seeds, stop_time, memory frequency, dark counts, count rates and "
        "swapping_degradation are ignored; gate and measurement fidelities count with the "
        "formalism bell_diagonal alone, and states are not twirled after a swap",
    ]
    if memory["coherence_time"] is not None and memory["errors"] is None:
        remarks.append("coherence_time without decoherence_errors is a cut-off on the age of pairs")
    return remarks
