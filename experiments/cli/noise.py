"""``qnet noise``: light of classical channels that reaches a quantum receiver on the same fibre."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from experiments.cli.arguments import add_file, add_json, changes

if TYPE_CHECKING:
    from qnet.coexistence import BestWavelength, FibreNoise, LargestPower

__all__ = ["SUMMARY", "add_arguments", "execute"]

SUMMARY = "noise of classical channels on the fibre of a quantum one, and how to live beside them"

#: Channels whose rows, and whose largest powers, people see.
_MOST_SHOWN = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet noise``."""
    add_file(parser, "scenario file with [coexistence]")
    parser.add_argument(
        "--best-wavelength",
        nargs=2,
        type=float,
        metavar=("LOW", "HIGH"),
        help="also find the best wavelength in nm of the quantum channel, such as 1260 1625",
    )
    parser.add_argument(
        "--largest-power",
        action="store_true",
        help="also find the largest launch power of the channels that leaves a key",
    )
    add_json(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Print powers and counts, and what else is asked."""
    from experiments.cli.printer import print_json, sentence
    from qnet.coexistence import best_wavelength, largest_power
    from qnet.schema import kinds_with, load

    scenario = load(arguments.file, kinds=kinds_with("noise"), changes=changes(arguments))
    noise: FibreNoise = scenario.noise()
    _refuse(scenario, arguments)
    best = power = None
    if arguments.best_wavelength is not None:
        best = best_wavelength(scenario, *arguments.best_wavelength)
    if arguments.largest_power:
        power = largest_power(scenario)
    if arguments.json:
        found = noise.as_dict()
        found |= {} if best is None else {"best_wavelength": best.as_dict()}
        found |= {} if power is None else {"largest_power": power.as_dict()}
        print_json(found, scenario.name)
        return 0
    lines = [*_noise_lines(scenario.name, noise), *_best_lines(best), *_power_lines(power)]
    notes = (*noise.notes, *(() if best is None else best.notes))
    lines += ["", *map(sentence, notes)] if notes else []
    print("\n".join(lines))
    return 0


def _refuse(scenario: Any, arguments: argparse.Namespace) -> None:  # noqa: ANN401
    """Raise where a search is asked of a kind that says nothing of its worth."""
    from qnet.errors import ParameterError

    asked = {
        "--best-wavelength": arguments.best_wavelength is not None,
        "--largest-power": arguments.largest_power,
    }
    for option, given in asked.items():
        is_missing = not hasattr(scenario, "worth")
        if option == "--largest-power" and scenario.kind == "coexistence":
            is_missing = True
        if given and is_missing:
            hint = "take kind decoy-bb84, cv or chain"
            rule = "be asked of a kind whose key is worked out"
            raise ParameterError(option, rule, scenario.kind, hint)


def _noise_lines(name: str, noise: FibreNoise) -> list[str]:
    """Powers and counts, and what each channel adds."""
    from experiments.cli.printer import columns

    low, high = noise.counts_range
    spread = "" if low == high else f"  ({low:.4g} to {high:.4g})"
    rows = [
        ("Raman, forward", f"{noise.raman_forward_w:.6g} W"),
        ("Raman, backward", f"{noise.raman_backward_w:.6g} W"),
        ("four-wave mixing", f"{noise.fwm_w:.6g} W"),
        ("leakage", f"{noise.leakage_w:.6g} W"),
        ("counts per gate", f"{noise.counts_per_gate:.6g}{spread}"),
        ("photons per mode", f"{noise.photons_per_mode:.6g}"),
    ]
    wavelength = noise.coexistence.quantum_wavelength_nm
    lines = [f"{name}: quantum channel at {wavelength:g} nm", "", *columns(rows), ""]
    table = [("channel (nm)", "direction", "launch (dBm)", "Raman (W)", "leakage (W)")]
    table += [
        (
            f"{each.wavelength_nm:g}",
            each.direction,
            f"{each.launch_dbm:g}",
            f"{each.raman_w:.4g}",
            f"{each.leakage_w:.4g}",
        )
        for each in noise.channels[:_MOST_SHOWN]
    ]
    lines += columns(table)
    left = len(noise.channels) - _MOST_SHOWN
    return [*lines, *([f"and {left} more"] if left > 0 else [])]


def _best_lines(best: BestWavelength | None) -> list[str]:
    from qnet.coexistence import band_of

    if best is None:
        return []
    if best.wavelength_nm is None:
        return ["", best.reason]
    place = f"{best.wavelength_nm:g} nm ({band_of(best.wavelength_nm)} band)"
    return ["", f"best wavelength: {place}, {best.worth:.6g} {best.worth_of}"]


def _power_lines(power: LargestPower | None) -> list[str]:
    if power is None:
        return []
    if power.gain_db is None:
        return ["", power.reason]
    shown = ", ".join(f"{each:.6f}" for each in power.powers_dbm[:_MOST_SHOWN])
    more = ", ..." if len(power.powers_dbm) > _MOST_SHOWN else ""
    gain = f"{power.gain_db:+.6f} dB"
    return ["", f"largest launch power with a key: {shown}{more} dBm ({gain} on all channels)"]
