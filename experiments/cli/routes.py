"""``qnet routes``: routes of a network's demands, and what no controller can beat."""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from experiments.cli.arguments import add_file, add_json, changes

if TYPE_CHECKING:
    from qnet.network import NetworkCase
    from qnet.network.bounds import Bounds, EdgeGain, JointBounds
    from qnet.network.routing.route_figures import RouteFigures
    from qnet.network.routing.routes import RouteChoice

__all__ = ["SUMMARY", "add_arguments", "execute"]

SUMMARY = "routes of a network's demands, and bounds for them; plays no session"

#: Rows that people see of what is considered for a demand, and of the links that bring most.
_MOST_SHOWN = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet routes``."""
    add_file(parser)
    add_json(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Print the routes that each demand considers and takes, and the bounds."""
    from experiments.cli.printer import print_json, sentence
    from qnet.network.bounds import BOUNDS
    from qnet.schema import load

    scenario = load(arguments.file, kinds=["network"], changes=changes(arguments))
    case: NetworkCase = scenario.case
    choices, bounds, joint = _worked_out(case)
    warnings = _warnings(choices, bounds)
    if arguments.json:
        found = {
            "demands": [_choice(choice) for choice in choices],
            "bounds": [each.as_dict() for each in bounds],
            "assumptions": {name: bound.assumes for name, bound in BOUNDS.items()},
            **({} if joint is None else _together(joint)),
            "warnings": warnings,
        }
        print_json(found, scenario.name)
        return 0
    several = "s" if len(choices) != 1 else ""
    routing = case.controller.routing
    lines = [f"{scenario.name}: {len(choices)} demand{several}, routing {routing}", ""]
    lines += [*_route_lines(choices), "", *_bound_lines(bounds)]
    if joint is not None:
        lines += ["", *_joint_lines(joint)]
    lines += ["", *_meanings(), *([""] if warnings else []), *map(sentence, warnings)]
    print("\n".join(lines))
    return 0


def _worked_out(
    case: NetworkCase,
) -> tuple[Sequence[RouteChoice], Sequence[Bounds], JointBounds | None]:
    """Routes and bounds of a case; the terminal or the log says how far they are."""
    from qnet.network.bounds import joint_bounds, network_bounds
    from qnet.network.routing.routes import choose_routes
    from qnet.progress import Progress

    with Progress("routes", "demands") as progress:
        asked = case.network, case.demands, case.controller, case.key, case.seed
        choices = choose_routes(*asked, play_all=True, progress=progress)
        progress.phase("bounds")
        bounds = network_bounds(case, progress=progress)
        progress.phase("flow programmes of all demands together")
        return choices, bounds, joint_bounds(case)


def _warnings(choices: Sequence[RouteChoice], bounds: Sequence[Bounds]) -> list[str]:
    """What a reader should know, each sentence once."""
    found = [choice.reason for choice in choices if choice.reason]
    found += [
        f"{' - '.join(each.route)}: {each.reason}"
        for choice in choices
        for each in choice.considered
        if each.reason
    ]
    found += [remark for each in bounds for remark in each.remarks]
    return list(dict.fromkeys(found))


# As JSON.


def _choice(choice: RouteChoice) -> dict[str, Any]:
    return {
        "ends": list(choice.ends),
        "considered": [_figures(each) for each in choice.considered],
        "chosen": _figures(choice.chosen[0]) if choice.routes else None,
        "routes": [list(route) for route in choice.routes],
        "reason": choice.reason or None,
    }


def _figures(figures: RouteFigures) -> dict[str, Any]:
    named = ("delivery_time_s", "fidelity", "secret_key_rate_hz")
    values = {name: getattr(figures, name) for name in named}
    return {
        "route": list(figures.route),
        "hops": figures.hops,
        "length_km": figures.length_km,
        **{name: None if value is None else value.as_dict() for name, value in values.items()},
    }


def _finite(value: float | None) -> float | None:
    return value if value is None or math.isfinite(value) else None


def _together(joint: JointBounds) -> dict[str, Any]:
    """All demands at once, and what more of each link brings."""
    fair = joint.fair_hz
    return {
        "together": {
            "total_hz": _finite(joint.total_hz),
            "equal_hz": _finite(joint.equal_hz),
            "fair_hz": None if fair is None else [_finite(rate) for rate in fair],
        },
        "duals": [{**asdict(gain), "ends": list(gain.ends)} for gain in joint.gains],
    }


# As text.


def _route_lines(choices: Sequence[RouteChoice]) -> list[str]:
    """A row for each route that is considered; those that are taken have a mark."""
    from experiments.cli.printer import columns

    table: list[Sequence[str]] = [
        ("demand", "", "route", "hops", "km", "time to a pair (s)", "fidelity", "key (bit/s)")
    ]
    for choice in choices:
        ends = " - ".join(choice.ends)
        taken = {route: k for k, route in enumerate(choice.routes)}
        shown = [each for each in choice.considered if each.route in taken]
        others = [each for each in choice.considered if each.route not in taken]
        for each in [*shown, *others][:_MOST_SHOWN]:
            mark = "*" if each.route in taken else ""
            table.append((ends, mark, " - ".join(each.route), str(each.hops), *_cells(each)))
            ends = ""
        if not choice.considered:
            table.append((ends, "", "none", "", "", "", "", ""))
    return columns(table)


def _cells(figures: RouteFigures) -> tuple[str, ...]:
    length = "" if figures.length_km is None else f"{figures.length_km:.6g}"
    values = (figures.delivery_time_s, figures.fidelity, figures.secret_key_rate_hz)
    return (length, *("" if value is None else str(value) for value in values))


def _bound_lines(bounds: Sequence[Bounds]) -> list[str]:
    from experiments.cli.printer import columns
    from qnet.network.bounds import BOUNDS

    titles = [f"{bound.title} ({bound.unit})" for bound in BOUNDS.values()]
    table = [("demand", *titles)]
    table += [
        (" - ".join(each.ends), *(_number(getattr(each, name)) for name in BOUNDS))
        for each in bounds
    ]
    return columns(table)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _joint_lines(joint: JointBounds) -> list[str]:
    """All demands together, and the links of which more would bring most."""
    from experiments.cli.printer import columns

    lines = [
        f"together, stationary: at most {joint.total_hz:.6g} pairs/s in total, "
        f"{joint.equal_hz:.6g} for each"
    ]
    gains = sorted((g for g in joint.gains if g.per_pair > 0.0), key=_order)[:_MOST_SHOWN]
    if not gains:
        return lines
    title = ("link", "total per pair/s more", "total per memory more (pairs/s)")
    return [*lines, "", *columns([title, *map(_gain_row, gains)])]


def _order(gain: EdgeGain) -> float:
    return -(gain.per_memory_hz or 0.0)


def _gain_row(gain: EdgeGain) -> tuple[str, str, str]:
    return " - ".join(gain.ends), f"{gain.per_pair:.6g}", _number(gain.per_memory_hz)


def _meanings() -> Iterator[str]:
    """What each bound assumes."""
    import textwrap

    from qnet.network.bounds import BOUNDS

    for bound in BOUNDS.values():
        yield from textwrap.wrap(f"{bound.title}: {bound.assumes}", 100, subsequent_indent="  ")
