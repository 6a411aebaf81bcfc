"""``qnet site``: where to put nodes: the answer to a siting question of a plan's file."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from experiments.cli.arguments import add_file, add_json, changes

if TYPE_CHECKING:
    from protocols.planning.siting.answer import SitingAnswer

__all__ = ["SUMMARY", "add_arguments", "execute"]

SUMMARY = "where to put nodes: medians, covers, trees, disjoint ways, lines, repeaters"

#: Names on a line for people, and rows of edges.
_MOST_NAMES, _MOST_SHOWN = 40, 40


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet site``."""
    add_file(parser)
    add_json(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Print the answer; the exit code is 1 where there is none."""
    from experiments.cli.printer import print_json
    from qnet.progress import Progress
    from qnet.schema import load

    scenario = load(arguments.file, kinds=["plan"], changes=changes(arguments))
    with Progress("siting", "answers"):
        answer: SitingAnswer = scenario.answer()
    if arguments.json:
        print_json(answer.as_dict(), scenario.name)
    else:
        print("\n".join(_lines(scenario.name, answer)))
    return 0 if answer.objective is not None else 1


def _lines(name: str, answer: SitingAnswer) -> Iterator[str]:
    """The answer as text."""
    from experiments.cli.printer import columns, sentence
    from protocols.planning.siting.questions import QUESTIONS

    yield f"{name}: {QUESTIONS[answer.question].sentence}"
    yield ""
    yield f"{'status':<12} {answer.status}"
    if answer.objective is not None:
        yield f"{answer.unit:<12} {answer.objective:.9g}"
    if answer.bound is not None:
        yield f"{'bound':<12} {answer.bound:.9g}"
    if answer.gap is not None:
        yield f"{'gap':<12} {answer.gap:.3g}"
    if answer.chosen:
        yield f"{'chosen':<12} {_listed(answer.chosen)}"
    for key, value in answer.more.items():
        yield from _figure(key.replace("_", " "), value)
    if answer.edges:
        shown = answer.edges[:_MOST_SHOWN]
        yield from ["", *columns([("from", "to"), *shown])]
        hidden = len(answer.edges) - len(shown)
        yield from [f"... and {hidden} more; --json gives all"] if hidden else []
    remarks = [*([answer.reason] if answer.reason else []), *answer.notes]
    yield from ["", *map(sentence, remarks)] if remarks else []


def _figure(title: str, value: Any) -> Iterator[str]:  # noqa: ANN401 - JSON types
    """A further figure, on one line or one for each way."""
    if isinstance(value, dict):
        return
    if isinstance(value, list) and value and isinstance(value[0], list):
        for each in value:
            yield f"{title:<12} {' - '.join(each)}"
    elif isinstance(value, list):
        texts = [f"{each:.9g}" if isinstance(each, float) else str(each) for each in value]
        yield from [f"{title:<12} {_listed(texts)}"] if texts else []
    elif isinstance(value, float):
        yield f"{title:<12} {value:.9g}"
    elif value is not None:
        yield f"{title:<12} {value}"


def _listed(names: Any) -> str:  # noqa: ANN401
    """Names in a row, the first of them where there are many."""
    shown = ", ".join(names[:_MOST_NAMES])
    hidden = len(names) - _MOST_NAMES
    return f"{shown} and {hidden} more" if hidden > 0 else shown
