"""Files of a plan in a folder: each is there whole or not at all, the plan itself first."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath

from protocols.key_management.private_files import write_whole
from protocols.planning.design.case import PlanCase
from protocols.planning.design.plan import NetworkPlan
from protocols.planning.playing.files import files_named, key_network_text
from protocols.planning.playing.pairs import pair_network_texts
from protocols.planning.reports.bill_table import bill_csv
from protocols.planning.reports.findings import PlanFindings
from protocols.planning.reports.kept_plan import kept_as_dict, plan_of_dict
from protocols.planning.reports.page import plan_page
from protocols.planning.reports.plan_map import plan_map
from qnet.errors import ParameterError
from qnet.versions import versions

__all__ = ["keep_plan", "kept_plan", "write_plan"]

_PLAN = "plan.json"


def kept_plan(folder: Path, case: PlanCase, asked: Mapping[str, float]) -> NetworkPlan | None:
    """The plan that a folder keeps of a case; None where it keeps none, or of another.

    Args:
        folder: The folder.
        case: The case.
        asked: ``gap`` and ``time_limit_s`` of the search that is wanted.
    """
    try:
        found = json.loads((folder / _PLAN).read_text(encoding="utf-8"))
        return plan_of_dict(found["kept"], case, asked)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep_plan(plan: NetworkPlan, asked: Mapping[str, float], folder: Path) -> None:
    """Keep a plan in a folder, before anything else is done with it.

    Args:
        plan: The plan.
        asked: ``gap`` and ``time_limit_s`` of its search.
        folder: The folder; it is there.

    Raises:
        ParameterError: If it cannot be written.
    """
    _write(folder / _PLAN, _json({"kept": kept_as_dict(plan, asked)}))


def write_plan(findings: PlanFindings, folder: Path) -> tuple[Path, ...]:
    """Write the files of a plan; of no plan, what is known of it.

    Args:
        findings: What is known of it.
        folder: The folder; it is there.

    Returns:
        The files, in the order in which they were written.

    Raises:
        ParameterError: If one cannot be written.
    """
    written = []
    for name, content in _contents(findings):
        path = folder / name
        _write(path, content)
        written.append(path)
    return tuple(written)


def _contents(findings: PlanFindings) -> Iterator[tuple[PurePath, bytes]]:
    """Names and contents of the files."""
    plan, scenario = findings.plan, findings.scenario
    kept = kept_as_dict(plan, findings.asked)
    found = {**findings.as_dict(), "scenario": scenario.name, "versions": versions()}
    yield PurePath(_PLAN), _json({**found, "kept": kept})
    if plan.objective is not None:
        for name in files_named(scenario.technology):
            beside = Path(scenario.folder) / name
            if not name.is_absolute() and ".." not in name.parts and beside.is_file():
                yield name, beside.read_bytes()
        text = key_network_text(
            plan, technologies=scenario.technology, folder=scenario.folder, seed=scenario.seed
        )
        yield PurePath("network.toml"), text.encode()
        pairs = pair_network_texts(
            plan, scenario.technology, folder=scenario.folder, seed=scenario.seed
        )
        for pair_name, pair_text in pairs.items():
            yield PurePath(pair_name), pair_text.encode()
        yield PurePath("bill.csv"), bill_csv(findings.assessment).encode()
        yield PurePath("map.svg"), _svg(plan)
    yield PurePath("report.html"), plan_page(findings).encode()


def _svg(plan: NetworkPlan) -> bytes:
    drawn = io.BytesIO()
    plan_map(plan).savefig(drawn, format="svg", metadata={"Date": None})
    return drawn.getvalue()


def _json(found: object) -> bytes:
    return (json.dumps(found, allow_nan=False, indent=1, ensure_ascii=False) + "\n").encode()


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content, 0o644)
    except OSError as error:
        hint = f"{(error.strerror or str(error)).lower()}: check the path"
        raise ParameterError("--out", "be writable", str(path), hint) from None
