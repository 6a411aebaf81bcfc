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
    yield from columns(_figures(answer))
    if answer.edges:
        shown = answer.edges[:_MOST_SHOWN]
        yield from ["", *columns([("from", "to"), *shown])]
        hidden = len(answer.edges) - len(shown)
        yield from [f"... and {hidden} more; --json gives all"] if hidden else []
    remarks = [*([answer.reason] if answer.reason else []), *answer.notes]
    yield from ["", *map(sentence, remarks)] if remarks else []


def _figures(answer: SitingAnswer) -> Iterator[tuple[str, str]]:
    """Titles and figures."""
    from protocols.planning.siting.questions import QUESTIONS

    yield "status", answer.status
    measure = QUESTIONS[answer.question].measure or answer.unit
    numbers = {measure: answer.objective, "bound": answer.bound, "gap": answer.gap}
    for title, number in numbers.items():
        if number is not None:
            yield title, f"{number:.9g}"
    if answer.chosen:
        yield "chosen", _listed(answer.chosen)
    for key, value in answer.more.items():
        if key == "edges":
            continue  # a line's own row, whose figures are said one by one
        yield from _figure(key.replace("_", " "), value)


def _figure(title: str, value: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - JSON types
    """A further figure, on one line or on one for each way; those of every site are left out."""
    if isinstance(value, dict) and "best" in value:
        yield from _figure(title, value["best"])
    elif isinstance(value, dict) and not any(isinstance(each, str) for each in value.values()):
        for key, each in value.items():
            yield from _figure(key.replace("_", " "), each)
    elif isinstance(value, list) and value and isinstance(value[0], list):
        for each in value:
            yield title, " - ".join(each)
    elif isinstance(value, list):
        texts = [f"{each:.9g}" if isinstance(each, float) else str(each) for each in value]
        yield from [(title, _listed(texts))] if texts else []
    elif isinstance(value, float):
        yield title, f"{value:.9g}"
    elif value is not None and not isinstance(value, dict):
        yield title, str(value)


def _listed(names: Any) -> str:  # noqa: ANN401
    """Names in a row, the first of them where there are many."""
    shown = ", ".join(names[:_MOST_NAMES])
    hidden = len(names) - _MOST_NAMES
    return f"{shown} and {hidden} more" if hidden > 0 else shown
