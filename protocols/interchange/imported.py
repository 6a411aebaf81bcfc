"""Scenario that was read from another program's configuration, with remarks on what was assumed."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from qnet.errors import check_positive
from qnet.schema import read_kind
from qnet.schema.write import to_toml

__all__ = ["ImportedScenario", "asked_by_all", "run_table"]

#: Mean times of the slowest link that a network is played for.
_WAITS = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedScenario:
    """What a configuration says, as the keys and tables of a scenario file.

    Args:
        source: Whose configuration it is, in words.
        values: Keys and tables of the scenario.
        remarks: What was taken, assumed and ignored, one sentence each.

    Examples:
        >>> values = {"kind": "bb84", "pulses": 1000}
        >>> found = ImportedScenario(source="a test", values=values, remarks=("nothing assumed",))
        >>> print(found.to_toml(), end="")
        # From a test.
        # - nothing assumed
        <BLANKLINE>
        kind = "bb84"
        pulses = 1000
    """

    source: str
    values: Mapping[str, Any]
    remarks: tuple[str, ...] = ()

    def scenario(self, name: str = "imported") -> Any:  # noqa: ANN401 - of its kind
        """The scenario, checked.

        Args:
            name: What to call it.

        Raises:
            ParameterError: If what the configuration says breaks a rule.
        """
        return read_kind(self.values, name)

    def to_toml(self) -> str:
        """The text of a scenario file, with the remarks as comments at its top."""
        lines = [f"# From {self.source}."]
        for remark in self.remarks:
            lines += textwrap.wrap(
                remark, 98, initial_indent="# - ", subsequent_indent="#   ", break_long_words=False
            )
        return "\n".join([*lines, "", to_toml(self.values)])


def run_table(links: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """[run] of a network: as long as its slowest link needs for a thousand pairs.

    Args:
        links: The keys of its links, abstract or of two clicks.

    Examples:
        >>> run_table([{"success_probability": 0.1, "attempt_time_s": 0.001}])
        {'duration_s': 10.0, 'replicas': 20}
    """
    slowest = max(link["attempt_time_s"] / _success(link) for link in links)
    return {"duration_s": float(f"{_WAITS * slowest:.3g}"), "replicas": 20}


def _success(link: Mapping[str, Any]) -> float:
    """Probability of a pair in an attempt, without dark counts."""
    found = link.get("success_probability")
    if found is None:
        passed = link["transmission"]
        left, right = passed if isinstance(passed, list) else (passed, passed)
        found = left * right / 2.0
    return float(check_positive("success_probability", found))


def asked_by_all(links_at: Mapping[str, int]) -> tuple[list[dict[str, Any]], str]:
    """Demands of any two end nodes, for pairs all the time, and a sentence that says so.

    Args:
        links_at: Number of links at each node. Ends have one; where fewer than two do, all are.

    Examples:
        >>> demands, _ = asked_by_all({"A": 1, "S": 2, "B": 1})
        >>> demands
        [{'ends': ['A', 'B'], 'arrivals': 'backlog'}]
    """
    ends = [name for name, count in links_at.items() if count == 1]
    if len(ends) < 2:
        ends = list(links_at)
    demands = [{"ends": [*pair], "arrivals": "backlog"} for pair in combinations(ends, 2)]
    return demands, f"any two of {', '.join(ends)} ask for pairs all the time: mend [[demand]]"
