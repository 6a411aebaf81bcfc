"""The catalogue leaves nothing out: every step of a plan, and every table that tests run over."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

import pytest

import qnet.plans
from protocols.repeaters import STRATEGIES
from qnet import Memory
from qnet.engines import ENGINES
from qnet.links import SCHEMES
from qnet.plans import Plan
from qnet.schema import KINDS, class_of
from tests.catalog import PLANS, SCENARIOS, four_links


def steps(kind: type) -> Iterator[type]:
    """Classes of plans that the package offers."""
    for name in qnet.plans.__all__:
        found = getattr(qnet.plans, name)
        if isinstance(found, type) and issubclass(found, kind) and found is not kind:
            yield found


def test_every_step_is_in_a_plan():
    used = {type(node) for build in PLANS.values() for node in build(four_links()).nodes()}
    assert set(steps(Plan)) <= used


def test_every_kind_that_is_played_has_a_shipped_scenario():
    shipped = {tomllib.loads(path.read_text(encoding="utf-8"))["kind"] for path in SCENARIOS}
    played = {kind for kind in KINDS if hasattr(class_of(kind), "play")}
    assert played <= shipped
    assert shipped <= set(KINDS)


@pytest.mark.parametrize("table", [STRATEGIES, ENGINES, SCHEMES], ids=["join", "play", "herald"])
def test_tables_are_by_the_name_that_their_entries_say(table):
    for name, entry in table.items():
        assert name == getattr(entry, "name", None) or name == entry.scheme


@pytest.mark.parametrize("name", PLANS)
def test_plans_are_values(name):
    plan, again = PLANS[name](four_links()), PLANS[name](four_links())
    assert plan == again
    assert hash(plan) == hash(again)
    assert plan != PLANS[name](four_links(Memory(t1_s=1.0)))
