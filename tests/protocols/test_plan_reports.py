"""Reports of plans: JSON, bill, kept plans, map and page, with names that try to break out."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser

import pytest

import qnet
from protocols.planning.design.programme import design
from protocols.planning.reports.bill_table import bill_csv
from protocols.planning.reports.findings import plan_findings
from protocols.planning.reports.kept_plan import kept_as_dict, plan_of_dict
from protocols.planning.reports.page import plan_page
from protocols.planning.reports.page_parts import number
from protocols.planning.reports.page_sources import FIGURE_SOURCES
from protocols.planning.reports.plan_json import promised_interval
from protocols.planning.reports.plan_map import plan_map, plan_topology
from protocols.planning.reports.variants import plan_variants, varied
from qnet.references import REFERENCES
from tests.protocols.hand_made_plans import trusted_line, with_satellite

TOWNS = """
kind = "plan"
seed = 5
[sites]
graph = "edges"
edges = [["A", "B", 80.0], ["B", "C", 90.0], ["C", "A", 100.0], ["C", "D", 70.0]]
[demands]
model = "list"
list = [["A", "C", 10e3], ["B", "D", 5e3]]
[[technology]]
name = "trusted-fibre"
rate_hz_at_0_km = 1e6
node_cost = 100.0
pair_cost = 50.0
availability = { mtbf_h = 8760.0, mttr_h = 12.0 }
"""

ASKED = {"gap": 1e-6, "time_limit_s": 60.0}

#: A name that breaks out of what does not escape it.
EVIL = "<b>&\"'$x$"


def towns(**changes):
    """The scenario of four towns."""
    return qnet.loads(TOWNS, changes=changes)


@pytest.fixture(scope="module")
def found():
    """All that can be known of a plan with evil names."""
    text = TOWNS.replace('"A"', json.dumps(EVIL)).replace("trusted-fibre", "<i>fibre</i>")
    scenario = qnet.loads(text)
    return plan_findings(
        scenario,
        scenario.plan(),
        ASKED,
        played=True,
        failures=True,
        variants=True,
        distances_km=(50.0, 100.0),
    )


class Tags(HTMLParser):
    """Tags of a page, whether each is closed, and where it points to."""

    def __init__(self) -> None:
        super().__init__()
        self.open, self.wrong, self.links, self.seen, self.text = [], [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        self.links += [v for k, v in attrs if k in ("src", "href", "xlink:href", "srcset", "data")]
        if tag not in ("meta", "br", "img", "link", "path", "use", "rect"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if self.open and self.open[-1] == tag:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag in ("path", "use", "rect"):
            return
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        self.text.append(data)


def test_the_page_is_whole_and_needs_nothing_from_outside(found):
    """Oracle: every tag is closed in order; no link leaves the page, and no style loads one."""
    page = plan_page(found)
    tags = Tags()
    tags.feed(page)
    assert tags.wrong == []
    assert tags.open == []
    assert all(link.startswith("#") for link in tags.links)
    assert not {"script", "link", "img", "iframe", "object", "embed"} & set(tags.seen)
    assert not re.search(r"url\((?!#)|@import", page)
    assert tags.seen.count("h2") >= 9
    assert "@page { size: A4" in page
    for title in ("Map", "Bill of materials", "Demands", "Single failures", "Played"):
        assert f"<h2>{title}</h2>" in page


def test_names_are_escaped(found):
    """Oracle: the evil names are seen as text, and make no tag."""
    page = plan_page(found)
    tags = Tags()
    tags.feed(page)
    assert tags.seen.count("b") == 9  # the figures on the cards
    assert "<b>&" not in page
    assert "<i>" not in page
    assert any(EVIL in text for text in tags.text)
    assert any("<i>fibre</i>" in text for text in tags.text)


def test_every_figure_has_a_formula_and_known_works():
    # Oracle: the bibliography.
    assert len(FIGURE_SOURCES) >= 12
    for each in FIGURE_SOURCES:
        assert each.formula
        assert all(key in REFERENCES for key in each.works), each.figure


def test_json_has_what_was_fixed(found):
    """Oracle: the keys of the interface; totals from the edges."""
    data = found.as_dict()
    json.dumps(data, allow_nan=False)
    assert {"status", "objective", "bound", "gap", "edges", "sites", "demands", "totals"} <= set(
        data
    )
    for edge in data["edges"]:
        keys = {"ends", "technology", "length_km", "hops", "nodes", "pairs", "key_rate_hz", "cost"}
        assert keys <= set(edge)
    keys = {"ends", "routes", "key_rate_hz", "trusted_nodes", "availability", "cost_per_bit"}
    assert all(keys <= set(demand) for demand in data["demands"])
    assert set(data["totals"]) == {"capital", "per_year", "nodes", "pairs", "length_km", "staff"}
    assert data["totals"]["pairs"] == sum(e["hops"] * e["pairs"] for e in data["edges"])
    assert data["totals"]["capital"] == pytest.approx(data["objective"])
    trusted = {site["name"] for site in data["sites"] if site["trusted"]}
    inner = {name for demand in data["demands"] for way in demand["routes"] for name in way[1:-1]}
    assert trusted == inner
    assert data["played"]["holds"] is True
    assert all(each["agrees"] for each in data["replayed_failures"])
    assert data["robustness"]["holds"] is True


def test_the_bill_adds_up(found):
    """Oracle: the sum of the rows of the CSV is its total, and the cost of the plan."""
    rows = list(csv.reader(io.StringIO(bill_csv(found.assessment))))
    costs = [float(row[-1]) for row in rows[1:]]
    assert sum(costs[:-1]) == pytest.approx(costs[-1])
    assert costs[-1] == pytest.approx(found.plan.objective)


def test_a_name_that_is_a_formula_stays_a_name():
    # Oracle: spreadsheets take a cell that begins with = for a formula.
    scenario = qnet.loads(TOWNS.replace('"A"', '"=1+1"'))
    text = bill_csv(plan_findings(scenario, scenario.plan(), ASKED).assessment)
    assert ",'=1+1 - C," in text or ",C - =1+1," in text


def test_a_kept_plan_is_the_plan():
    """Oracle: the plan itself; of another case, or searched for longer, it is none."""
    scenario = towns()
    plan = scenario.plan()
    kept = json.loads(json.dumps(kept_as_dict(plan, ASKED)))
    assert plan_of_dict(kept, scenario.case, ASKED) == plan
    assert plan_of_dict(kept, towns(**{"technology[0].pair_cost": 51.0}).case, ASKED) is None
    assert plan_of_dict({"case": 1}, scenario.case, ASKED) is None
    stopped = kept | {"status": "time limit", "bound": 0.5 * plan.objective}
    assert plan_of_dict(stopped, scenario.case, ASKED) is not None
    assert plan_of_dict(stopped, scenario.case, ASKED | {"time_limit_s": 90.0}) is None
    assert plan_of_dict(stopped, scenario.case, {"gap": 0.6, "time_limit_s": 90.0}) is not None


def test_what_the_low_ends_of_the_rates_carry():
    """By hand: the full edge of 1500 bit/s makes 1350 at its low end, nine tenths of all on it."""
    plan = trusted_line()
    low = [promised_interval(plan, planned) for planned in plan.demands]
    assert low[0] == pytest.approx((900.0, 1000.0))
    assert low[1] == pytest.approx((450.0, 500.0))


def test_variants_have_one_requirement_more_or_less():
    """Oracle: a demand to D has one way only; of A - C a second way costs more, by hand 100."""
    scenario = towns(**{"demands.list": [["A", "C", 10e3]]})
    names = [name for name, _ in varied(scenario)]
    assert names == ["two disjoint ways for each key"]
    (variant,) = plan_variants(scenario, **ASKED)
    assert (variant.status, scenario.plan().objective) == ("optimal", 50.0)
    assert variant.capital == pytest.approx(50.0 + 50.0 + 50.0 + 100.0)
    (none,) = plan_variants(towns(), **ASKED)
    assert none.status == "infeasible"
    assert none.capital is None
    more = towns(**{"require.disjoint_paths": 2, "require.maximum_trusted_nodes": 3})
    assert [name for name, _ in varied(more)] == [
        "one way for each key",
        "ways disjoint by nodes",
        "any number of trusted nodes",
    ]


def test_the_map_shows_what_is_built():
    """By hand: a relay, two ground stations, four spans of which two join the same sites."""
    plan = with_satellite()
    kinds = {site.name: site.kind for site in plan_topology(plan).sites}
    assert kinds == {
        "Nord": "trusted-node",
        "Mitte": "user",
        "Süd": "ground-station",
        "leo": "node",
    }
    ax = plan_map(plan).axes[0]
    drawn = {line.get_gid() for line in ax.lines if (line.get_gid() or "").startswith("fibre")}
    assert drawn == {"fibre Nord Mitte", "fibre Nord leo", "fibre Süd leo"}
    words = [text.get_text() for text in ax.get_legend().get_texts()]
    assert words[-4:] == ["technology", "trusted-fibre", "leo", "twin-field"]


def test_no_plan_has_a_page_that_says_why():
    """Oracle: the sentence of the plan; nothing is drawn or sold."""
    scenario = towns(**{"require.maximum_trusted_nodes": 0})
    plan = design(scenario.case)
    page = plan_page(plan_findings(scenario, plan, ASKED, played=True, failures=True))
    assert plan.status == "infeasible"
    assert "infeasible" in page
    assert "<h2>Bill of materials</h2>" not in page


def test_numbers_for_people():
    # By hand.
    assert [number(x) for x in (0.0, 1.5, 0.00012345, float("inf"))] == [
        "0",
        "1.5",
        "0.000123",
        "-",
    ]
