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

Improving a times and then b times is improving ``a * b`` times.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from qnet.errors import ParameterError, check_at_least
from qnet.hardware.conversion import FrequencyConversion
from qnet.hardware.detector import Detector
from qnet.hardware.gates import Gates
from qnet.hardware.memory import Memory
from qnet.hardware.node import Node
from qnet.hardware.presets import Preset
from qnet.hardware.source import Emitter, PairSource

__all__ = ["improved"]

Hardware = TypeVar(
    "Hardware", Memory, Gates, Emitter, PairSource, Detector, FrequencyConversion, Node, Preset
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


def _part(part: Hardware | None, k: float) -> Hardware | None:
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


def improved(hardware: Hardware, k: float) -> Hardware:
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
