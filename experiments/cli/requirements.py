"""``qnet requirements``: how good the hardware of a scenario must become."""

from __future__ import annotations

import argparse

from experiments.cli.arguments import add_file, add_json, chain
from experiments.cli.search_store import add_search_store, search_log
from qnet.errors import ParameterError
from qnet.progress import Progress

__all__ = ["SUMMARY", "add_arguments", "execute"]

SUMMARY = "how good the hardware must become for a target"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet requirements``."""
    add_file(parser)
    parser.add_argument("--target-rate-hz", type=float, metavar="R", help="pairs per second")
    parser.add_argument(
        "--target-fidelity", type=float, default=0.0, metavar="F", help="least mean fidelity"
    )
    parser.add_argument(
        "--target-key-rate-hz", type=float, metavar="K", help="secret bits per second, instead"
    )
    parser.add_argument(
        "--per-parameter", action="store_true", help="a factor of its own for every parameter"
    )
    add_search_store(parser)
    add_json(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Print the smallest improvement, or why there is none."""
    from experiments.cli.optimize import trial_as_json, trial_as_text
    from experiments.cli.printer import print_json, sentence
    from protocols.planning.optimise import improvable, own_space
    from protocols.planning.requirements import Target, smallest_improvement

    scenario = chain(arguments)
    rates = arguments.target_rate_hz, arguments.target_key_rate_hz
    if rates.count(None) != 1:
        hint = "give --target-rate-hz, with --target-fidelity or alone, or --target-key-rate-hz"
        given = "neither" if rates[0] is None else "both"
        raise ParameterError("target", "be one of the two rates", given, hint)
    target = Target(
        rate_hz=arguments.target_rate_hz,
        fidelity=arguments.target_fidelity,
        key_rate_hz=arguments.target_key_rate_hz,
    )
    hardware, setting = improvable(scenario)
    space = own_space(scenario)
    said = [scenario.canonical(), scenario.optimize, str(target), "requirements"]
    name = f"{scenario.name}-requirements"
    kept = search_log(arguments.store, name, said, axes=("cost",))
    with kept as log, Progress("requirements", "plans") as progress:
        needed = smallest_improvement(
            hardware,
            setting,
            target,
            space,
            per_parameter=arguments.per_parameter,
            log=log,
            width=scenario.exact.width,
            progress=progress,
        )
    values = needed.hardware.values()
    if arguments.json:
        found = {
            "reached": needed.reached,
            "reason": needed.reason,
            "preset": hardware.name,
            "uniform_factor": needed.uniform_factor,
            "factors": dict(needed.factors),
            "cost": needed.cost,
            "values": {path: values[path] for path in needed.factors},
            **trial_as_json(needed.trial),
        }
        print_json(found, scenario.name)
        return 0
    print(f"{scenario.name}: preset {hardware.name}, target {target}\n")
    if not needed.reached:
        print(sentence(needed.reason))
        return 0
    old = hardware.values()
    print(f"{'uniform factor':<16} {needed.uniform_factor:.4g}")
    print(f"{'cost':<16} {needed.cost:.4g} (as it is: {len(needed.factors)})")
    print(f"{'plan':<16} {needed.trial.candidate}")
    better = setting(needed.hardware).with_cutoff_kind(space.cutoff_kind)
    print(trial_as_text(needed.trial, better))
    print(f"\n{'parameter':38} {'now':>12} {'needed':>12} {'factor':>8}")
    for path, factor in needed.factors.items():
        print(f"{path:38} {old[path]:>12.5g} {values[path]:>12.5g} {factor:>8.4g}")
    return 0
