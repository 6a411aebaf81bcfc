"""``qnet run`` of a key-distribution scenario."""

from __future__ import annotations

import argparse
import json
import math
from typing import TYPE_CHECKING, Any

from experiments.cli.claim import claim_lines
from experiments.cli.report import sentence, versions
from experiments.scenario.kinds import RUN_KINDS, kind_of
from qnet.errors import ParameterError, UnknownNameError
from qnet.estimate import Estimate

if TYPE_CHECKING:
    from experiments.scenario.qkd import QkdScenario
    from protocols.qkd import QkdResult

__all__ = ["execute", "handles"]

_ROWS = {
    "qber": "QBER",
    "chsh": "CHSH",
    "sifted_bits": "sifted bits",
    "secret_key_fraction": "secret fraction",
    "secret_bits": "secret bits",
    "secret_key_rate_per_pulse": "key per pulse",
    "secret_key_rate_hz": "key, bit/s",
}


def handles(arguments: argparse.Namespace) -> bool:
    """Whether the file is a key-distribution scenario.

    Raises:
        UnknownNameError: If its kind is neither that nor a chain.
    """
    kind = kind_of(arguments.file)
    if kind is not None and kind not in RUN_KINDS:
        raise UnknownNameError("kind", kind, RUN_KINDS)
    return kind not in (None, "chain")


def execute(arguments: argparse.Namespace) -> int:
    """Play the scenario and print what came out."""
    if arguments.engine != "sampled":
        hint = "leave --engine out: the circuits are compiled, their outcomes sampled"
        raise ParameterError("engine", "be 'sampled' for key distribution", arguments.engine, hint)
    if kind_of(arguments.file) == "cv":
        # Local imports: they bring Qiskit and SciPy, which a chain of repeaters may do without.
        from experiments.cli import cv

        return cv.execute(arguments)
    from experiments.scenario.qkd import read_qkd
    from experiments.scenario.read import read_text

    scenario = read_qkd(read_text(arguments.file), name=arguments.file.stem)
    if arguments.shots is not None:
        scenario = scenario.with_pulses(arguments.shots)
    seed = scenario.seed if arguments.seed is None else arguments.seed
    result = scenario.protocol.run(scenario.pulses, seed=seed)
    report = as_json(result, scenario)
    print(json.dumps(report, allow_nan=False) if arguments.json else as_text(result, scenario))
    return 0


def as_json(result: QkdResult, scenario: QkdScenario) -> dict[str, Any]:
    """Every figure with its 95 % interval and sample size; null where there is none."""
    warnings = [*scenario.notes, *result.notes, *([result.reason] if result.reason else [])]
    by_basis = {f"qber_{basis.lower()}": result.qber_by_basis.get(basis) for basis in "XYZ"}
    return {
        "kind": scenario.kind,
        "engine": "sampled",
        "seed": result.seed,
        "pulses": result.pulses,
        "qber": _plain(result.qber),
        **{name: _plain(estimate) for name, estimate in by_basis.items()},
        "yields": [_plain(estimate) for estimate in result.yields],
        "qber_by_intensity": [_plain(estimate) for estimate in result.qber_by_intensity],
        "chsh": _plain(result.chsh),
        "sifted_bits": _plain(result.sifted_bits),
        "secret_key_fraction": _plain(result.secret_key_fraction),
        "secret_bits": _plain(result.secret_bits),
        "secret_key_rate_per_pulse": _plain(result.secret_key_rate_per_pulse),
        "secret_key_rate_hz": _plain(_per_second(result, scenario)),
        "security": result.security.as_dict(),
        "scenario": scenario.name,
        "versions": versions(),
        "warnings": warnings,
    }


def as_text(result: QkdResult, scenario: QkdScenario) -> str:
    """A table of the figures with their intervals, and a sentence where there is no key."""
    lines = [
        f"{scenario.name}: {scenario.kind}",
        f"{result.pulses} pulses, seed {result.seed}; 95 % intervals",
        "",
    ]
    figures: dict[str, Estimate | None] = {
        name: getattr(result, name, None) for name in _ROWS if name != "secret_key_rate_hz"
    }
    figures["secret_key_rate_hz"] = _per_second(result, scenario)
    for name, title in _ROWS.items():
        if figures[name] is not None:
            lines.append(f"{title:<16} {figures[name]!s}")
        if name == "qber":
            for basis, estimate in result.qber_by_basis.items():
                lines.append(f"{'QBER ' + basis:<16} {estimate!s}")
            for k, estimate in enumerate(result.yields):
                lines.append(f"{f'yield {k + 1}':<16} {estimate!s}")
    remarks = [*scenario.notes, *result.notes, *([result.reason] if result.reason else [])]
    lines += ["", *claim_lines(result.security)]
    return "\n".join([*lines, *([""] if remarks else []), *map(sentence, remarks)])


def _per_second(result: QkdResult, scenario: QkdScenario) -> Estimate | None:
    if scenario.clock_hz is None or result.secret_key_rate_per_pulse is None:
        return None
    return result.secret_key_rate_per_pulse * scenario.clock_hz


def _plain(estimate: Estimate | None) -> dict[str, float | int | None] | None:
    if estimate is None:
        return None
    values = estimate.as_dict().items()
    return {end: value if math.isfinite(value) else None for end, value in values}
