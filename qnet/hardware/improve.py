r"""Better hardware by one number: the usual way to ask how good hardware must become.

A parameter that is improved k times has its probability of no imperfection p raised to
:math:`p^{1/k}` (Avis et al., npj Quantum Information 9, 100 (2023); Ferreira da Silva et al.,
arXiv:2303.03234). What that means for each field:

=====================================================================  =======================
field                                                                  becomes
=====================================================================  =======================
``Memory`` ``t1_s``, ``t2_s``, ``depolarizing_time_s``,                ``k T``
``dephasing_time_s``
``Memory.efficiency``, ``Emitter.collection_efficiency``,              ``p ** (1 / k)``
``Emitter.window_acceptance``, ``Emitter.visibility``,
``Detector.efficiency``, ``FrequencyConversion.efficiency``,
``PairSource.pair_probability``, ``PairSource.fidelity``
every ``..._depolarizing`` and ``readout_flip_...`` of ``Gates``,      ``1 - (1 - e) ** (1/k)``
``Emitter.double_excitation_probability``,
``Detector.dark_count_probability``,
``FrequencyConversion.noise_probability``
``Emitter.phase_noise_deg`` (coherence ``exp(-sigma**2 / 2)``)         ``sigma / sqrt(k)``
``Memory.modes``, all durations, ``Emitter.bright_state_population``,  unchanged
``Emitter.phase_noise_kind``, ``Detector.number_resolving``,
``FrequencyConversion.wavelength_nm``,
``PairSource.rate_hz``, ``Preset.fibre``
=====================================================================  =======================

Improving a times and then b times is improving ``a * b`` times. :func:`improved` takes one factor
for all fields, :func:`improved_fields` one per field.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from qnet.errors import ParameterError, UnknownNameError, check_at_least
from qnet.hardware.conversion import FrequencyConversion
from qnet.hardware.detector import Detector
from qnet.hardware.gates import Gates
from qnet.hardware.memory import Memory
from qnet.hardware.node import Node
from qnet.hardware.presets import Preset
from qnet.hardware.source import Emitter, PairSource

__all__ = ["improvable_fields", "improved", "improved_fields"]

Improvable = TypeVar(
    "Improvable", Memory, Gates, Emitter, PairSource, Detector, FrequencyConversion, Node, Preset
)
Rule = Callable[[Any, float], Any]


def _unchanged(value: object, _k: float) -> object:
    return value


def _longer(time_s: float, k: float) -> float:
    return k * time_s


def _likelier(probability: float, k: float) -> float:
    return float(probability ** (1.0 / k))


def _rarer(probability: float, k: float) -> float:
    if probability == 1.0:
        return 1.0
    return -math.expm1(math.log1p(-probability) / k)


def _steadier(sigma_deg: float, k: float) -> float:
    return sigma_deg / math.sqrt(k)


def _part(part: Improvable | None, k: float) -> Improvable | None:
    return None if part is None else improved(part, k)


_RULES: Mapping[type, Mapping[str, Rule]] = {
    Memory: {
        "t1_s": _longer,
        "t2_s": _longer,
        "depolarizing_time_s": _longer,
        "dephasing_time_s": _longer,
        "modes": _unchanged,
        "efficiency": _likelier,
    },
    Gates: {
        "single_qubit_depolarizing": _rarer,
        "two_qubit_depolarizing": _rarer,
        "readout_flip_0": _rarer,
        "readout_flip_1": _rarer,
        "initialisation_depolarizing": _rarer,
        "single_qubit_time_s": _unchanged,
        "two_qubit_time_s": _unchanged,
        "readout_time_s": _unchanged,
    },
    Emitter: {
        "collection_efficiency": _likelier,
        "bright_state_population": _unchanged,
        "visibility": _likelier,
        "phase_noise_deg": _steadier,
        "phase_noise_kind": _unchanged,
        "double_excitation_probability": _rarer,
        "preparation_time_s": _unchanged,
        "window_acceptance": _likelier,
    },
    PairSource: {"pair_probability": _likelier, "fidelity": _likelier, "rate_hz": _unchanged},
    Detector: {
        "efficiency": _likelier,
        "dark_count_probability": _rarer,
        "number_resolving": _unchanged,
    },
    FrequencyConversion: {
        "efficiency": _likelier,
        "noise_probability": _rarer,
        "wavelength_nm": _unchanged,
    },
    Node: dict.fromkeys(("memory", "gates", "emitter", "detector", "conversion", "source"), _part),
    Preset: {
        "name": _unchanged,
        "title": _unchanged,
        "node": _part,
        "fibre": _unchanged,
        "scheme": _unchanged,
        "references": _unchanged,
        "sources": _unchanged,
        "improvement": lambda value, k: k * value,
    },
}


def improved(hardware: Improvable, k: float) -> Improvable:
    """The same hardware, every imperfection improved ``k`` times; the table is above.

    Args:
        hardware: A memory, gates, an emitter, a pair source, a detector, a frequency conversion, a
            node or a preset.
        k: Improvement factor, at least 1; 1 returns the hardware unchanged.

    Returns:
        New hardware of the same kind. A preset counts the factor in ``improvement``.

    Raises:
        ParameterError: If ``k`` is not finite or below 1, or the hardware is of another kind.

    Examples:
        >>> improved(Memory(t2_s=0.5), 2.0)
        Memory(t2_s=1.0)
        >>> improved(Detector(efficiency=0.25), 2.0)
        Detector(efficiency=0.5)
    """
    factor = check_at_least("k", k, 1.0, "1 leaves the hardware as it is")
    rules = _RULES.get(type(hardware))
    if rules is None:
        kinds = ", ".join(kind.__name__ for kind in _RULES)
        raise ParameterError("hardware", f"be one of {kinds}", hardware, "improve its parts")
    if factor == 1.0:
        return hardware
    changes = {name: rule(getattr(hardware, name), factor) for name, rule in rules.items()}
    return dataclasses.replace(hardware, **changes)


Whole = TypeVar("Whole", Node, Preset)


def improvable_fields(hardware: Node | Preset) -> tuple[str, ...]:
    """Paths of the fields of a node or preset that are imperfect and can be improved.

    Examples:
        >>> improvable_fields(Node(memory=Memory(t2_s=1.0), detector=Detector(efficiency=0.9)))
        ('memory.t2_s', 'detector.efficiency')
    """
    node = hardware.node if isinstance(hardware, Preset) else hardware
    found = []
    for part_name in _RULES[Node]:
        part = getattr(node, part_name)
        for name, rule in _RULES.get(type(part), {}).items():
            value = getattr(part, name)
            if rule(value, 2.0) != value:
                found.append(f"{part_name}.{name}")
    return tuple(found)


def improved_fields(hardware: Whole, factors: Mapping[str, float]) -> Whole:
    """The same hardware with single fields improved, each by a factor of its own.

    Args:
        hardware: A node or a preset.
        factors: Factor, at least 1, by the path of the field, such as ``{"memory.t2_s": 10.0}``;
            the table above says what a factor does. Other fields stay.

    Returns:
        New hardware of the same kind. The sources of a preset say which values were improved.

    Raises:
        UnknownNameError: If there is no such field, or it cannot be improved; the message suggests
            the nearest one.
        ParameterError: If a factor is not finite or below 1, or the hardware is of another kind.

    Examples:
        >>> improved_fields(Node(memory=Memory(t2_s=1.0)), {"memory.t2_s": 10.0})
        Node(memory=Memory(t2_s=10.0))
    """
    if isinstance(hardware, Preset):
        node = improved_fields(hardware.node, factors)
        if node == hardware.node:
            return hardware
        changed = {
            path: f"{hardware.sources.get(path, 'not stated')}; improved {k:g} times"
            for path, k in factors.items()
            if k != 1.0
        }
        return dataclasses.replace(hardware, node=node, sources={**hardware.sources, **changed})
    if not isinstance(hardware, Node):
        raise ParameterError("hardware", "be a Node or a Preset", hardware, "improve its node")
    rules = {
        f"{name}.{field}": rule
        for name in _RULES[Node]
        for field, rule in _RULES.get(type(getattr(hardware, name)), {}).items()
        if rule is not _unchanged
    }
    parts: dict[str, dict[str, Any]] = {}
    for path, k in factors.items():
        if path not in rules:
            raise UnknownNameError("factors", path, rules)
        factor = check_at_least(path, k, 1.0, "1 leaves the field as it is")
        name, _, field = path.partition(".")
        value = getattr(getattr(hardware, name), field)
        # Some rules round; a factor of 1 leaves every digit.
        parts.setdefault(name, {})[field] = value if factor == 1.0 else rules[path](value, factor)
    changes = {
        name: dataclasses.replace(getattr(hardware, name), **values)
        for name, values in parts.items()
    }
    return dataclasses.replace(hardware, **changes)
