"""``qnet plan``: the cheapest network for sites and demands, played, assessed, and as files."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.cli.arguments import add_file, add_json, changes, int_range
from qnet.errors import ParameterError, check_non_negative, check_positive

if TYPE_CHECKING:
    from protocols.planning.design.plan import NetworkPlan
    from protocols.planning.reports.findings import PlanFindings
    from protocols.planning.scenario import PlanScenario

__all__ = ["SUMMARY", "add_arguments", "execute"]

SUMMARY = "the cheapest network for sites and demands: played, assessed, and as files"

_DEFAULT_DISTANCES = ("LOW", "HIGH")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet plan``."""
    add_file(parser)
    add = parser.add_argument
    add("--gap", type=float, metavar="G", help="how much dearer than the cheapest it may be")
    add("--time-limit", type=float, metavar="S", help="longest search in s; what it has is kept")
    add(
        "--play",
        action="store_true",
        help="play it as a network, and compare what each demand gets with its promise",
    )
    add(
        "--failures",
        action="store_true",
        help="what each single failure takes, before and after rerouting, and replayed",
    )
    add(
        "--variants",
        action="store_true",
        help="the same with one requirement more or less, or without one technology",
    )
    add(
        "--over-distance",
        nargs=2,
        type=float,
        metavar=_DEFAULT_DISTANCES,
        help="compare the technologies for the largest demand over distances in km",
    )
    add(
        "--out",
        type=Path,
        metavar="DIR",
        help="folder for plan.json, report.html, network.toml, bill.csv and map.svg; a plan that "
        "is kept there is not searched for again",
    )
    add("--workers", type=int_range(1), default=1, metavar="N", help="processes of --play")
    add_json(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Plan, and print what was found; 1 where no network does what is required."""
    from experiments.cli.plan_text import plan_text
    from experiments.cli.printer import print_json
    from qnet.schema import load

    scenario = load(arguments.file, kinds=["plan"], changes=changes(arguments))
    asked = _asked(scenario, arguments)
    distances = _distances(arguments)
    out = _folder(arguments.out)
    plan = _planned(scenario, asked, out)
    findings = _findings(scenario, plan, asked, distances, arguments)
    written: list[str] = []
    if out is not None:
        from experiments.cli.plan_files import write_plan

        written = [str(path) for path in write_plan(findings, out)]
    if arguments.json:
        print_json({**findings.as_dict(), "files": written}, scenario.name)
    else:
        print("\n".join([plan_text(findings), *([""] if written else []), *written]))
    return 0 if plan.objective is not None else 1


def _asked(scenario: PlanScenario, arguments: argparse.Namespace) -> dict[str, float]:
    """Gap and longest time of the search.

    Raises:
        ParameterError: If one is out of range.
    """
    gap, limit = arguments.gap, arguments.time_limit
    if gap is not None:
        check_non_negative("--gap", gap)
        if gap > 1.0:
            raise ParameterError("--gap", "lie in [0, 1]", gap, "0.05 is five per cent")
    if limit is not None:
        check_positive("--time-limit", limit)
    return {
        "gap": scenario.solve.gap if gap is None else gap,
        "time_limit_s": scenario.solve.time_limit_s if limit is None else limit,
    }


def _distances(arguments: argparse.Namespace) -> tuple[float, ...]:
    if arguments.over_distance is None:
        return ()
    from protocols.planning.reports.over_distance import distances_between

    return distances_between(*arguments.over_distance)


def _folder(path: Path | None) -> Path | None:
    """The folder of the files, made before any work.

    Raises:
        ParameterError: If it cannot be made.
    """
    if path is None:
        return None
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        hint = f"{(error.strerror or str(error)).lower()}: check the path"
        raise ParameterError("--out", "be a folder", str(path), hint) from None
    return path


def _planned(scenario: PlanScenario, asked: dict[str, float], out: Path | None) -> NetworkPlan:
    """The plan: that which is kept in the folder, or one that is searched for and kept there."""
    from experiments.cli.plan_files import keep_plan, kept_plan
    from qnet.progress import Progress

    with Progress("plan") as progress:
        progress.phase("rates of all options")
        case = scenario.case
        kept = None if out is None else kept_plan(out, case, asked)
        if kept is not None:
            return kept
        progress.phase("search for the cheapest network")
        plan = scenario.plan(**asked)
    if out is not None:
        keep_plan(plan, asked, out)
    return plan


def _findings(
    scenario: PlanScenario,
    plan: NetworkPlan,
    asked: dict[str, float],
    distances: tuple[float, ...],
    arguments: argparse.Namespace,
) -> PlanFindings:
    """All that was asked for, with signs of life."""
    from protocols.planning.reports.findings import plan_findings
    from qnet.progress import Progress

    wanted: dict[str, Any] = {
        "played": arguments.play,
        "failures": arguments.failures or arguments.out is not None,
        "variants": arguments.variants,
    }
    with Progress("plan") as progress:
        return plan_findings(
            scenario,
            plan,
            asked,
            distances_km=distances,
            workers=arguments.workers,
            progress=progress,
            **wanted,
        )
