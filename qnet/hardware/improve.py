r"""Improvement of hardware by one factor: the usual way to ask how good it must become.

A parameter that is improved k times has its probability of no imperfection p raised to
:math:`p^{1/k}` (Avis et al., npj Quantum Information 9, 100 (2023); Ferreira da Silva et al.,
arXiv:2303.03234). Decay times become ``k T``, probabilities of an error
``1 - (1 - e) ** (1/k)``, a phase noise ``sigma / sqrt(k)``; each field of the hardware says how it
changes (``improve`` of its key). Modes, durations, settings and fibres stay.

Improving a times and then b times is improving ``a * b`` times. :func:`improved` takes one factor
for all fields, :func:`improved_fields` one per field.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from qnet.errors import ParameterError, UnknownNameError, check_at_least
from qnet.hardware.description import Description, parts
from qnet.hardware.node import Node
from qnet.hardware.presets import Preset
from qnet.schema import entries

__all__ = ["improvable_fields", "improved", "improved_fields"]

AnyHardware = TypeVar("AnyHardware", bound=Description)
Whole = TypeVar("Whole", Node, Preset)

_KINDS = "Memory, Gates, Emitter, PairSource, Detector, FrequencyConversion, Node, Preset"


def improved(hardware: AnyHardware, k: float) -> AnyHardware:
    """The same hardware, every imperfection improved ``k`` times.

    Args:
        hardware: A memory, gates, an emitter, a pair source, a detector, a frequency conversion, a
            node or a preset.
        k: Improvement factor, at least 1; 1 returns the hardware unchanged.

    Raises:
        ParameterError: If ``k`` is not finite or below 1, or the hardware is of another kind.

    Examples:
        >>> from qnet.hardware import Detector, Memory
        >>> improved(Memory(t2_s=0.5), 2.0)
        Memory(t2_s=1.0)
        >>> improved(Detector(efficiency=0.25), 2.0)
        Detector(efficiency=0.5)
    """
    factor = check_at_least("k", k, 1.0, "1 leaves the hardware as it is")
    if not _is_improvable(hardware):
        raise ParameterError("hardware", f"be one of {_KINDS}", hardware, "improve its parts")
    if factor == 1.0:
        return hardware
    changes = {n: rule(getattr(hardware, n), factor) for n, rule in _rules(hardware).items()}
    for name, part in parts(hardware):
        if _is_improvable(part):
            changes[name] = improved(part, factor)
    return dataclasses.replace(hardware, **changes)  # type: ignore[type-var]


def improvable_fields(hardware: Node | Preset) -> tuple[str, ...]:
    """Paths of the fields of a node or preset that are imperfect and can be improved.

    Examples:
        >>> from qnet.hardware import Detector, Memory
        >>> improvable_fields(Node(memory=Memory(t2_s=1.0), detector=Detector(efficiency=0.9)))
        ('memory.t2_s', 'detector.efficiency')
    """
    node = hardware.node if isinstance(hardware, Preset) else hardware
    return tuple(
        f"{part_name}.{name}"
        for part_name, part in parts(node)
        for name, rule in _rules(part).items()
        if rule(value := getattr(part, name), 2.0) != value
    )


def improved_fields(hardware: Whole, factors: Mapping[str, float]) -> Whole:
    """The same hardware with single fields improved, each by a factor of its own.

    Args:
        hardware: A node or a preset.
        factors: Factor, at least 1, by the path of the field, such as ``{"memory.t2_s": 10.0}``;
            see `improved`. Other fields stay.

    Raises:
        UnknownNameError: If there is no such field, or it cannot be improved; the message suggests
            the nearest one.
        ParameterError: If a factor is not finite or below 1, or the hardware is of another kind.

    Examples:
        >>> from qnet.hardware import Memory
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
        for name, part in parts(hardware)
        for field, rule in _rules(part).items()
    }
    values: dict[str, dict[str, Any]] = {name: {} for name, _ in parts(hardware)}
    for path, k in factors.items():
        if path not in rules:
            raise UnknownNameError("factors", path, rules)
        factor = check_at_least(path, k, 1.0, "1 leaves the field as it is")
        name, _, field = path.partition(".")
        if factor != 1.0:  # some rules round; a factor of 1 leaves every digit
            values[name][field] = rules[path](getattr(getattr(hardware, name), field), factor)
    changes = {
        name: dataclasses.replace(getattr(hardware, name), **new) for name, new in values.items()
    }
    return dataclasses.replace(hardware, **changes)


def _rules(hardware: Description) -> dict[str, Callable[[Any, float], Any]]:
    """How each field that can be improved is."""
    rules = {entry.attribute: entry.options.improve for entry in entries(type(hardware))}
    return {name: rule for name, rule in rules.items() if rule is not None}


def _is_improvable(hardware: object) -> bool:
    return isinstance(hardware, Description) and (
        bool(_rules(hardware)) or any(_is_improvable(part) for _, part in parts(hardware))
    )
