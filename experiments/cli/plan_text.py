"""Text of ``qnet plan``: what is built, who is served, what it costs, what was played."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from experiments.cli.network_tables import cut
from experiments.cli.printer import columns, sentence

if TYPE_CHECKING:
    from protocols.planning.reports.findings import PlanFindings

__all__ = ["plan_text"]

#: Width of a line for people.
_WIDTH = 100


def plan_text(findings: PlanFindings) -> str:
    """All that was found of a plan, for people.

    Args:
        findings: What is known of it.
    """
    lines = list(_head(findings))
    if findings.plan.objective is not None:
        lines += ["", *_edges(findings), "", *_bill(findings), "", *_demands(findings)]
        lines += [*_played(findings), *_failures(findings)]
    lines += [*_variants(findings), *_distances(findings)]
    warned = [line for each in findings.warnings for line in _wrapped(each)]
    return "\n".join([*lines, *([""] if warned else []), *warned])


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(sentence(text), _WIDTH, subsequent_indent="  ", break_on_hyphens=False)


def _head(findings: PlanFindings) -> Iterator[str]:
    plan, case = findings.plan, findings.plan.case
    yield (
        f"{findings.scenario.name}: {_sites(findings)}, {len(case.options)} options of "
        f"spans, {len(case.demands)} demands"
    )
    yield ""
    yield f"{'status':<16} {plan.status}"
    if plan.objective is None:
        yield from _wrapped(plan.reason or "no network was found")
        return
    totals, unit = findings.assessment.totals, findings.unit
    bound = "" if plan.bound is None else f", none costs less than {plan.bound:.6g}"
    gap = "" if plan.gap is None else f" (gap {100.0 * plan.gap:.3g} %)"
    yield f"{'cost':<16} {plan.objective:.8g} {unit}{bound}{gap}; found by {plan.found_by}"
    yield f"{'a year':<16} {totals.per_year:.6g} {unit}"
    if findings.assessment.years:
        last, interest = findings.assessment.years[-1], findings.scenario.money.interest
        title = f"in {last.year} years"
        yield f"{title:<16} {last.so_far:.6g} {unit}, discounted at {100.0 * interest:.3g} % a year"
    yield f"{'trusted nodes':<16} {totals.nodes}"
    yield f"{'device pairs':<16} {totals.pairs}"
    yield f"{'fibre':<16} {totals.length_km:.6g} km"
    yield f"{'staff':<16} {totals.staff:.3g} people"
    for source, units in zip(case.sources, plan.units, strict=False):
        if units:
            yield f"{'satellites':<16} {units} of {source.name}"


def _sites(findings: PlanFindings) -> str:
    """How many sites there are on the ground, and constellations of satellites beside them."""
    case = findings.plan.case
    above = sum(site.source is not None for site in case.sites)
    some = f" and {above} constellation{'s' if above > 1 else ''}" if above else ""
    return f"{len(case.sites) - above} sites{some}"


def _edges(findings: PlanFindings) -> list[str]:
    from protocols.planning.design.bill import loads_of

    case = findings.plan.case
    loads = loads_of(case, findings.plan.demands)
    rows = [["built", "technology", "km", "hops", "nodes", "pairs", "bit/s", "used", "cost"]]
    for built in findings.plan.built:
        option = case.options[built.option]
        rate = built.pairs * option.rate_hz.best
        rows.append(
            [
                " - ".join(case.sites[end].name for end in option.ends),
                option.technology,
                "-" if option.length_km is None else f"{option.length_km:.5g}",
                str(option.hops),
                str(option.nodes),
                str(built.pairs),
                f"{rate:.0f}",
                f"{100.0 * loads.get(built.option, 0.0) / rate:.3g} %",
                f"{option.fixed_cost + built.pairs * option.pair_cost:.6g}",
            ]
        )
    return cut(rows, "spans; all are in --json")


def _bill(findings: PlanFindings) -> list[str]:
    """The bill, things of a kind and technology together."""
    from protocols.planning.reports.bill_table import bill_rows

    sums: dict[tuple[str, str], tuple[int, float]] = {}
    for what, _, technology, count, cost in bill_rows(findings.assessment):
        number, total = sums.get((what, technology), (0, 0.0))
        sums[what, technology] = (number + count, total + cost)
    rows = [["bill of materials", "technology", "number", "cost"]]
    rows += [
        [what, technology, str(number), f"{cost:.6g}"]
        for (what, technology), (number, cost) in sums.items()
    ]
    rows.append(["total", "", "", f"{findings.assessment.totals.capital:.8g}"])
    return columns(rows)


def _demands(findings: PlanFindings) -> list[str]:
    from protocols.planning.reports.plan_json import promised_interval

    rows = [
        [
            "demand",
            "bit/s",
            "at the low end",
            "ways",
            "trusted",
            "available",
            f"{findings.unit} a bit",
        ]
    ]
    for planned, found in zip(findings.plan.demands, findings.assessment.demands, strict=True):
        low, _ = promised_interval(findings.plan, planned)
        rows.append(
            [
                " - ".join(found.ends),
                f"{found.key_rate_hz:.5g}",
                f"{low:.5g}",
                str(len({way for part in planned.parts for way in part.ways})),
                str(found.trusted_nodes),
                f"{found.availability:.6f}",
                f"{found.cost_per_bit:.3e}",
            ]
        )
    return cut(rows, "demands; all are in --json")


def _played(findings: PlanFindings) -> list[str]:
    played = findings.played
    if played is None:
        return []
    rows = [["played", "promised bit/s", "found", "promised share", "found", "holds"]]
    for each in played.demands:
        rate, share = each.found_hz, each.found_availability
        rows.append(
            [
                " - ".join(each.ends),
                f"{each.promised_hz:.6g}",
                f"{rate.best:.6g} [{rate.low:.6g}, {rate.high:.6g}]",
                f"{each.promised_availability:.6f}",
                f"{share.best:.6f} [{share.low:.6f}, {share.high:.6f}]",
                "yes" if each.holds else "no",
            ]
        )
    held = sum(each.holds for each in played.demands)
    said = (
        f"{held} of {len(played.demands)} promises hold; {played.run.replicas} replicas of "
        f"{played.run.duration_s:g} s, seed {played.seed}; all intervals together {played.level:g}"
    )
    return ["", *cut(rows, "demands; all are in --json"), *_wrapped(said)]


def _failures(findings: PlanFindings) -> list[str]:
    if not findings.with_failures:
        return []
    rows = [["what fails", "kind", "demands hit", "most lost", "after rerouting"]]
    for each in findings.failures:
        rows.append(
            [
                each.failure.name,
                each.failure.kind,
                str(sum(lost > 1e-9 for lost in each.lost)),
                f"{100.0 * max(each.lost, default=0.0):.3g} %",
                f"{100.0 * each.worst:.3g} %",
            ]
        )
    agree = sum(each.agrees for each in findings.replayed)
    said = (
        f"{len(findings.replayed)} failures were replayed as events; in {agree} of them every "
        "demand got what its ways foretell"
    )
    return ["", *cut(rows, "failures, the worst first; all are in --json"), *_wrapped(said)]


def _variants(findings: PlanFindings) -> list[str]:
    if not findings.variants:
        return []
    unit = findings.unit
    rows = [
        [
            "variant",
            "status",
            f"cost ({unit})",
            f"a year ({unit})",
            "nodes",
            "pairs",
            "least availability",
        ]
    ]
    for each in findings.variants:
        numbers = (each.capital, each.per_year, each.nodes, each.pairs, each.availability)
        rows.append(
            [
                each.name,
                each.status,
                *("-" if value is None else f"{value:.6g}" for value in numbers),
            ]
        )
    reasons = [
        line
        for each in findings.variants
        if each.reason
        for line in _wrapped(f"{each.name}: {each.reason}")
    ]
    return ["", *columns(rows), *reasons, *_robust(findings)]


def _robust(findings: PlanFindings) -> list[str]:
    """What becomes of the plan at the low ends of its rates."""
    found = findings.robustness
    if found is None:
        return []
    said = [
        f"the plan carries {found.factor:.4g} times all demands, and {found.factor_low:.4g} times "
        "when every rate is at the low end of its interval"
    ]
    if found.low is not None and found.low.objective is not None:
        same = "another network is cheapest then" if found.changes else "it is cheapest then, too"
        said.append(f"{same}, for {found.low.objective:.8g} {findings.unit}")
    if found.demands:
        dearest = max(found.demands, key=lambda price: price.value)
        said.append(
            f"dearest is {dearest.name}: one bit/s more costs {dearest.value:.4g} {findings.unit} "
            "there, if parts of devices could be bought"
        )
    return ["", *(line for each in said for line in _wrapped(each))]


def _distances(findings: PlanFindings) -> list[str]:
    return [] if findings.distances is None else ["", findings.distances.text()]
