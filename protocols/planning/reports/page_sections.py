"""Sections of the page of a plan: what is built, who is served, who learns what, what may fail."""

from __future__ import annotations

from typing import Any

from protocols.planning.design.bill import loads_of
from protocols.planning.operation.failures import FailureEffect
from protocols.planning.playing.failures import ReplayedFailure
from protocols.planning.reports.bill_table import BILL_COLUMNS, bill_rows
from protocols.planning.reports.findings import PlanFindings
from protocols.planning.reports.page_parts import number, paragraph, section, sentences, table
from protocols.planning.reports.page_sources import source_rows, works_cited
from protocols.planning.reports.plan_json import promised_interval
from protocols.planning.trust.detection import watched_sentences
from qnet.estimate import Estimate

__all__ = [
    "bill_section",
    "demand_section",
    "edge_section",
    "failure_section",
    "played_section",
    "source_section",
    "store_section",
    "trust_section",
    "variant_section",
]

#: Ways of a demand that are written out.
_MOST_WAYS = 4

#: Sentences of a sort, and rows of a table, that are printed.
_MOST_SAID, _MOST_ROWS = 30, 60


def bill_section(findings: PlanFindings) -> str:
    """Bill of materials, and the cost over the years."""
    unit = findings.unit
    rows = [[what, where, tech, str(n), number(cost, 6)]
            for what, where, tech, n, cost in bill_rows(findings.assessment)]  # fmt: skip
    rows.append(["total", "", "", "", number(findings.assessment.totals.capital, 8)])
    years = [
        [
            str(row.year),
            number(row.investment, 6),
            number(row.operation, 6),
            number(row.present_value, 6),
            number(row.so_far, 6),
        ]
        for row in findings.assessment.years
    ]
    head = ["year", "investment", "operation", "present value", "so far"]
    return section(
        "Bill of materials",
        table(BILL_COLUMNS, rows, numbers=(3, 4), caption=f"All that is built; cost in {unit}"),
        table(head, years, numbers=range(5), caption=f"Cost over the years, in {unit}"),
    )


def edge_section(findings: PlanFindings) -> str:
    """Spans that are built."""
    plan, case = findings.plan, findings.plan.case
    loads, rows, notes = loads_of(case, plan.demands), [], dict[str, None]()
    for built in plan.built:
        option = case.options[built.option]
        rate, load = option.rate_hz, loads.get(built.option, 0.0)
        each = Estimate(
            built.pairs * rate.low, built.pairs * rate.best, built.pairs * rate.high, rate.n
        )
        rows.append(
            [
                " - ".join(case.sites[end].name for end in option.ends),
                option.technology,
                number(option.length_km),
                str(option.hops),
                str(option.nodes),
                str(built.pairs),
                number(each),
                number(load),
                number(option.fixed_cost + built.pairs * option.pair_cost, 6),
                option.security.notion,
            ]
        )
        notes |= dict.fromkeys(f"{option.technology}: {note}" for note in option.notes)
    head = [
        "span",
        "technology",
        "km",
        "hops",
        "trusted nodes",
        "pairs on each hop",
        "secret bits/s",
        "used bits/s",
        f"cost ({findings.unit})",
        "claim",
    ]
    return section(
        "What is built",
        table(head, rows, numbers=range(2, 9)),
        paragraph("Where the rates come from:") if notes else "",
        sentences(list(notes)[:12]),
    )


def demand_section(findings: PlanFindings) -> str:
    """Demands: key with its interval, ways, trust, availability, cost."""
    plan, rows = findings.plan, []
    names = [site.name for site in plan.case.sites]
    for planned, found in zip(plan.demands, findings.assessment.demands, strict=True):
        low, high = promised_interval(plan, planned)
        ways = [
            " - ".join(names[site] for site in way) for part in planned.parts for way in part.ways
        ]
        shown = list(dict.fromkeys(ways))
        more = f"; {len(shown) - _MOST_WAYS} more" if len(shown) > _MOST_WAYS else ""
        rows.append(
            [
                " - ".join(found.ends),
                number(Estimate(min(low, found.key_rate_hz), found.key_rate_hz, high, 0)),
                "; ".join(shown[:_MOST_WAYS]) + more,
                str(found.trusted_nodes),
                f"{found.availability:.6f}",
                number(found.downtime_min_per_year, 4),
                number(found.cost_per_bit, 3),
            ]
        )
    head = [
        "demand",
        "secret bits/s",
        "ways",
        "trusted nodes",
        "availability",
        "minutes down a year",
        f"cost of a bit ({findings.unit})",
    ]
    words = (
        "The interval is what the same network carries when the rates of all spans are at the low "
        "ends of theirs. The availability is the share of the promised key that flows in the long "
        "run; the ends of a demand do not count."
    )
    return section(
        "Demands", _cut(head, rows, "demands", numbers=(1, 3, 4, 5, 6)), paragraph(words, "soft")
    )


def _cut(head: list[str], rows: list[list[str]], what: str, **how: Any) -> str:  # noqa: ANN401
    """A table of so many rows at most, and where the others are."""
    shown = table(head, rows[:_MOST_ROWS], **how)
    if len(rows) <= _MOST_ROWS:
        return shown
    return shown + paragraph(f"{_MOST_ROWS} of {len(rows)} {what}; all are in plan.json.", "soft")


def trust_section(findings: PlanFindings) -> str:
    """What each corrupt node learns, and who is noticed."""
    said = [each.sentence for each in findings.secrecy]
    rests = {each.assumptions for each in findings.watched if not each.reason}
    head = [
        "corrupt node at",
        "nodes there",
        "demands of which it learns key",
        "all of it",
        "secret bits/s that it learns",
    ]
    return section(
        "Who must be trusted, and who is noticed",
        table(
            head, _learners(findings), numbers=(1, 2, 3, 4), caption="What each node alone learns"
        )
        if any(each.alone for each in findings.secrecy)
        else "",
        sentences(_first(list(dict.fromkeys(said)), "demands")),
        sentences(_first(watched_sentences(findings.watched), "spans")),
        paragraph(sorted(rests)[0], "soft") if len(rests) == 1 else "",
    )


def _learners(findings: PlanFindings) -> list[list[str]]:
    """Places of trusted nodes, and what one corrupt node at each learns; most first."""
    places: dict[str, tuple[int, int, int, float]] = {}
    rates = [each.key_rate_hz for each in findings.assessment.demands]
    for rate, each in zip(rates, findings.secrecy, strict=True):
        for place, share in each.alone.items():
            _, some, whole, bits = places.get(place, (0, 0, 0, 0.0))
            places[place] = (
                each.nodes.get(place, 1),
                some + (share > 0.0),
                whole + (share >= 1.0 - 1e-9),
                bits + share * rate,
            )
    rows = sorted(places.items(), key=lambda item: -item[1][3])
    return [
        [place, str(nodes), str(some), str(whole), number(bits)]
        for place, (nodes, some, whole, bits) in rows
    ]


def _first(said: list[str], what: str) -> list[str]:
    """The first of many sentences, and where the others are."""
    if len(said) <= _MOST_SAID:
        return said
    return [*said[:_MOST_SAID], f"{len(said) - _MOST_SAID} more {what} are in plan.json"]


def failure_section(findings: PlanFindings) -> str:
    """Single failures: lost, after rerouting, and as they were replayed."""
    if not findings.with_failures:
        return ""
    names = [" - ".join(each.ends) for each in findings.assessment.demands]
    rows = [_failure_row(each, names) for each in findings.failures]
    head = ["what fails", "kind", "demands hit", "most lost", "most lost after rerouting"]
    most = sorted(findings.replayed, key=lambda each: sum(each.during_hz) - sum(each.before_hz))
    replayed = [_replayed_row(each, names) for each in most]
    again = ["what failed", "kind", "before", "while it was down", "after", "demands hit"]
    return section(
        "Single failures",
        _cut(
            head,
            rows,
            "failures",
            numbers=(3, 4),
            caption="Shares of the key of a demand, as computed; what is worst comes first",
        ),
        _cut(
            again,
            replayed,
            "failures",
            numbers=(2, 3, 4),
            caption="Replayed as events, without rerouting: secret bits/s of all demands",
        )
        if replayed
        else "",
    )


def _failure_row(effect: FailureEffect, names: list[str]) -> list[str]:
    hit = [name for name, lost in zip(names, effect.lost, strict=True) if lost > 1e-9]
    return [
        effect.failure.name,
        effect.failure.kind,
        _few(hit),
        f"{100.0 * max(effect.lost, default=0.0):.3g} %",
        f"{100.0 * effect.worst:.3g} %",
    ]


def _replayed_row(each: ReplayedFailure, names: list[str]) -> list[str]:
    rates = (each.before_hz, each.during_hz, each.after_hz)
    return [
        each.name,
        each.kind,
        *(number(sum(rate)) for rate in rates),
        _few([names[k] for k in each.hit]),
    ]


def _few(names: list[str]) -> str:
    if not names:
        return "none"
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more}"


def store_section(findings: PlanFindings) -> str:
    """Key stores, and people."""
    found, force = findings.assessment, findings.assessment.workforce
    rows = [
        [
            " - ".join(store.ends),
            store.technology,
            number(store.use_hz),
            number(store.without, 3),
            number(None if store.size.bits is None else store.size.bits / 1e6),
            number(store.use_h),
            store.size.reason,
        ]
        for store in found.stores
    ]
    head = ["span", "technology", "use bits/s", "without key if no store", "Mbit", "hours", ""]
    caption = f"Stores for at most {found.no_key:g} of the time without key"
    people = [
        ["posts round the clock", number(force.posts, 3)],
        ["repairs, planned work, journeys", number(force.field, 3)],
        ["repairs a year", number(force.repairs_per_year, 3)],
        ["hours of repairs a year", number(force.repair_h, 4)],
        ["hours of planned work a year", number(force.maintenance_h, 4)],
        ["hours on the road a year", number(force.journeys_h, 4)],
    ]
    return section(
        "Stores and staff",
        table(head, rows, numbers=(2, 3, 4, 5), caption=caption),
        table(["people", ""], people, numbers=(1,)),
    )


def played_section(findings: PlanFindings) -> str:
    """What the network gave when it was played."""
    played = findings.played
    if played is None:
        return ""
    rows = [
        [
            " - ".join(each.ends),
            number(each.promised_hz, 6),
            number(each.found_hz, 6),
            f"{each.promised_availability:.6f}",
            f"{each.found_availability.best:.6f} "
            f"[{each.found_availability.low:.6f}, {each.found_availability.high:.6f}]",
            "yes" if each.holds else "no",
        ]
        for each in played.demands
    ]
    head = ["demand", "promised bits/s", "found", "promised availability", "found", "holds"]
    words = (
        f"{played.run.replicas} replicas of {played.run.duration_s:g} s, seed {played.seed}; all "
        f"intervals together hold with probability {played.level:g}. A promise holds where it lies "
        "in its interval, which is at most 5 % of it wide."
    )
    return section(
        "Played", _cut(head, rows, "demands", numbers=(1, 2, 3, 4)), paragraph(words, "soft")
    )


def variant_section(findings: PlanFindings) -> str:
    """The same with one requirement more or less, and technologies over distance."""
    rows = [
        [
            each.name,
            each.status,
            number(each.capital, 6),
            number(each.per_year, 6),
            number(each.nodes if each.nodes is None else float(each.nodes)),
            number(each.pairs if each.pairs is None else float(each.pairs)),
            "-" if each.availability is None else f"{each.availability:.6f}",
            each.reason,
        ]
        for each in findings.variants
    ]
    head = ["variant", "status", "capital", "a year", "nodes", "pairs", "least availability", ""]
    parts = [table(head, rows, numbers=range(2, 7))] if rows else []
    if findings.distances is not None:
        shown = [
            [
                number(row.distance_km),
                row.technology,
                number(row.rate_hz),
                number(row.capital, 6),
                number(row.cost_per_bit, 3),
                f"{row.availability:.6f}",
                row.reason,
            ]
            for row in findings.distances.rows
        ]
        names = ["km", "technology", "bits/s each", "capital", "cost of a bit", "availability", ""]
        parts.append(table(names, shown, numbers=(0, 2, 3, 4, 5), caption="Over distance"))
    return section("Variants", *_robust(findings), *parts)


def _robust(findings: PlanFindings) -> list[str]:
    """What becomes of the plan at the low ends of its rates, and what more key is worth."""
    found = findings.robustness
    if found is None:
        return []
    low = None if found.low is None else found.low.objective
    rows = [
        ["times all demands that the plan carries", number(found.factor)],
        ["the same at the low ends of all rates", number(found.factor_low)],
        ["cost of the cheapest network at the low ends", number(low, 6)],
        ["whether it is another network", "-" if found.changes is None else _yes(found.changes)],
    ]
    prices = sorted((*found.demands, *found.spans), key=lambda price: -price.value)
    worth = [[each.name, number(each.value, 3), each.unit] for each in prices if each.value > 0.0]
    parts = [table(["robustness", ""], rows, numbers=(1,))]
    if worth:
        parts.append(table(["one more of", "is worth", ""], worth[:_MOST_SAID], numbers=(1,)))
    return parts


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def source_section(findings: PlanFindings) -> str:
    """Every figure with its formula, seed and source."""
    head = ["figure", "how it is worked out", "seed", "source"]
    return section(
        "Where each figure comes from",
        table(head, source_rows(findings)),
        sentences(works_cited(findings)),
    )
