"""Page of a plan: one HTML file that holds all, for the screen and for paper."""

from __future__ import annotations

import io
from html import escape

from protocols.planning.reports.findings import PlanFindings
from protocols.planning.reports.page_parts import (
    STYLE,
    card,
    inline_svg,
    number,
    paragraph,
    section,
    sentences,
    whole_sentence,
)
from protocols.planning.reports.page_sections import (
    bill_section,
    demand_section,
    edge_section,
    failure_section,
    played_section,
    source_section,
    store_section,
    trust_section,
    variant_section,
)
from protocols.planning.reports.plan_map import plan_map
from qnet.versions import versions

__all__ = ["plan_page"]

#: Gap up to which a plan is called the cheapest.
_EXACT = 1e-5

#: What each status of a search means.
_STATUS = {
    "optimal": "no cheaper network does what is required",
    "within gap": "the search ended within the gap that was asked for",
    "time limit": "the search was stopped on time: a cheaper network may exist",
    "heuristic": "ways were added until all was available enough: a cheaper network may exist",
    "infeasible": "no network does what is required",
    "no plan": "the search was stopped on time, and had found no network",
}


def plan_page(findings: PlanFindings) -> str:
    """The report on a plan as one HTML page without any outside resource.

    Names that come from files are escaped.

    Args:
        findings: What is known of the plan.
    """
    name = findings.scenario.name
    body = [_head(findings)]
    if findings.plan.objective is not None:
        body += [
            section("Map", _map(findings)),
            bill_section(findings),
            edge_section(findings),
            demand_section(findings),
            trust_section(findings),
            failure_section(findings),
            store_section(findings),
            played_section(findings),
        ]
    body += [variant_section(findings), source_section(findings)]
    inside = "\n".join(part for part in body if part)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(name)}: plan of a network</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n{inside}\n</body>\n</html>\n"
    )


def _head(findings: PlanFindings) -> str:
    """Title, status, the large figures and the warnings."""
    plan, totals = findings.plan, findings.assessment.totals
    unit = findings.unit
    bad = " bad" if plan.objective is None else ""
    head = (
        f"<header><h1>{escape(findings.scenario.name)} "
        f'<span class="badge{bad}">{escape(plan.status)}</span></h1>'
        f"{paragraph(_status(findings), 'soft')}</header>"
    )
    if plan.objective is None:
        reason = sentences([plan.reason or _STATUS[plan.status]])
        return f'{head}\n<div class="warn">{reason}</div>'
    demands = findings.assessment.demands
    cards = [
        card(f"investment ({unit})", number(totals.capital, 6)),
        card(f"a year ({unit})", number(totals.per_year, 6)),
        card("trusted nodes", number(float(totals.nodes))),
        card("pairs of devices", number(float(totals.pairs))),
        card("km of fibre", number(totals.length_km, 5)),
        card("people", number(totals.staff, 3)),
        card("demands", str(len(demands))),
        card(
            "secret bits a second, all demands",
            number(sum(each.key_rate_hz for each in demands), 4),
        ),
        card(
            "least availability of a demand",
            f"{min((each.availability for each in demands), default=1.0):.6f}",
        ),
    ]
    warned = sentences(findings.warnings)
    warning = f'<div class="warn">{warned}</div>' if warned else ""
    return f'{head}\n<div class="cards">{"".join(cards)}</div>\n{warning}'


def _status(findings: PlanFindings) -> str:
    """What the search found, in a sentence."""
    plan, said = findings.plan, [_STATUS.get(findings.plan.status, findings.plan.status)]
    if plan.status == "optimal" and (plan.gap or 0.0) > _EXACT:
        said = [_STATUS["within gap"]]
    if plan.bound is not None:
        said.append(f"no plan costs less than {number(plan.bound, 6)}")
    if plan.gap is not None:
        said.append(f"gap {100.0 * plan.gap:.3g} %")
    said.append(f"found by {plan.found_by}")
    known = ", ".join(f"{name} {version}" for name, version in versions().items() if version)
    return f"{whole_sentence('; '.join(said))} Seed {findings.scenario.seed}; {known}."


def _map(findings: PlanFindings) -> str:
    """The map, within the page."""
    drawn = io.StringIO()
    figure = plan_map(findings.plan)
    figure.savefig(drawn, format="svg", metadata={"Date": None}, bbox_inches="tight")
    words = (
        "Sites by what they are; each line is a span that is built, its dashes tell the technology "
        "and its colour how much of its key is used."
    )
    return f"<figure>{inline_svg(drawn.getvalue())}</figure>{paragraph(words, 'soft')}"
