"""Bill of materials of a plan as a table, and as CSV for a spreadsheet."""

from __future__ import annotations

import csv
import io

from protocols.planning.operation.assess import PlanAssessment

__all__ = ["BILL_COLUMNS", "bill_csv", "bill_rows"]

#: Columns of the bill, in order.
BILL_COLUMNS = ("what", "where", "technology", "number", "cost")

#: What each kind of item is called.
_WORDS = {
    "span": "nodes and fibre on the way",
    "pairs": "pairs of devices",
    "relay": "relaying site",
    "equipment": "ground station",
    "units": "satellites",
}


def bill_rows(assessment: PlanAssessment) -> list[tuple[str, str, str, int, float]]:
    """Rows of the bill; what is neither there nor costs anything is left out.

    Args:
        assessment: What follows from the plan.
    """
    return [
        (_WORDS.get(item.kind, item.kind), item.name, item.technology, item.count, item.cost)
        for item in assessment.bill
        if item.count or item.cost
    ]


def bill_csv(assessment: PlanAssessment) -> str:
    """The bill as CSV, its total last.

    Names that a spreadsheet would take for a formula begin with an apostrophe.

    Args:
        assessment: What follows from the plan.
    """
    rows = bill_rows(assessment)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(BILL_COLUMNS)
    for what, where, technology, number, cost in rows:
        writer.writerow([what, _plain(where), _plain(technology), number, repr(cost)])
    writer.writerow(["total", "", "", "", repr(assessment.totals.capital)])
    return text.getvalue()


def _plain(name: str) -> str:
    return f"'{name}" if name.startswith(("=", "+", "-", "@", "\t")) else name
