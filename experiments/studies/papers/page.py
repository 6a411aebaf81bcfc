"""Page of the reproductions: paper, what was redone, how far from it, what could not be known.

``python -m experiments.studies.papers.page DOCS`` works all of them out and writes the page and its
pictures into the folder of the site.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path

from experiments.studies.command import papers
from experiments.studies.papers.paper import KNOWN_BY, Paper, agreement
from experiments.studies.rows import StudyRow
from qnet.references import REFERENCES

__all__ = ["all_papers", "main", "reproductions_page"]

_HEAD = """# Reproductions

Figures and tables of papers, worked out again with the engines of this project. Beside every
number of a paper stands how it is known, and a difference is a result: `qnet study papers/NAME`
prints it and writes the rows, with theirs, ours, difference and ratio, and a figure. This page is
made from these rows, and tests work them out again.

Only what was seen in print or in published data is called so. Numbers *from memory* should be
compared with the paper before anything is built on them.
"""


def all_papers() -> dict[str, Paper]:
    """All papers, by the name of their script.

    Examples:
        >>> all_papers()["ma2005"].reference
        'Ma2005'
    """
    modules = {name: f"experiments.studies.{name.replace('/', '.')}" for name in papers()}
    return {name.partition("/")[2]: import_module(path).PAPER for name, path in modules.items()}


def reproductions_page(found: Mapping[str, Sequence[StudyRow]]) -> str:
    """The page in Markdown.

    Args:
        found: The rows of every paper, by the name of its script.
    """
    known = all_papers()
    lines = ["| paper | redone | agreement |", "|---|---|---|"]
    for name, paper in known.items():
        title = f"[{_short(paper)}](#paper-{name})"
        lines.append(f"| {title} | {paper.title} | {agreement(found[name])} |")
    sections = [_section(name, paper, found[name]) for name, paper in known.items()]
    return "\n\n".join([_HEAD.rstrip(), "\n".join(lines), *sections]) + "\n"


def _short(paper: Paper) -> str:
    """First author and year."""
    told = REFERENCES[paper.reference].fields
    first, _, more = told["author"].partition(" and ")
    family = first.partition(",")[0].replace('{\\"u}', "ü")
    return f"{family}{' et al.' if more else ''} {told['year']}"


def _section(name: str, paper: Paper, rows: Sequence[StudyRow]) -> str:
    known_by = "; ".join(KNOWN_BY[each] for each in paper.known_by())
    title = paper.title[:1].upper() + paper.title[1:]
    return "\n\n".join(
        [
            f"(paper-{name})=\n## {_short(paper)}: {title[:1].lower()}{title[1:]}",
            f"```{{image}} reproductions/{name}.png\n:alt: {title}\n:width: 100%\n```",
            f"- Paper: {{cite}}`{paper.reference}`.\n"
            f"- Agreement: {agreement(rows)}.\n"
            f"- Difference: {paper.finding}.\n"
            f"- Its numbers are known {known_by}.\n"
            f"- Not known: {paper.unknown}.",
            f"`qnet study {paper.name}`; [source](../experiments/studies/papers/{name}.py)",
        ]
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Work out all papers and write page and pictures.

    Args:
        argv: The folder of the site; that of the process when None.
    """
    (folder,) = sys.argv[1:] if argv is None else argv
    pictures = Path(folder) / "reproductions"
    pictures.mkdir(exist_ok=True)
    found: dict[str, Sequence[StudyRow]] = {}
    for name, paper in all_papers().items():
        found[name] = paper.study.rows()
        paper.study.draw_picture(found[name], pictures / f"{name}.png")
    page = Path(folder) / "reproductions.md"
    page.write_text(reproductions_page(found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
