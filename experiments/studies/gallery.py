"""Gallery of the studies: title, question, answer and picture of each, as text in Markdown.

All is read from the docstring of a study, whose paragraphs begin with ``Question:``, ``Answer:``
(its first sentence is the short answer), ``How:`` and ``Run:``; nothing is imported for it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments.studies.command import studies
from qnet.errors import ParameterError, check_one_of
from qnet.references import REFERENCES, Reference

__all__ = ["GalleryEntry", "gallery_entries", "gallery_page", "study_scripts"]

_HERE = Path(__file__).parent

#: A paragraph of a docstring, up to the next that has a name.
_PARAGRAPH = re.compile(r"^(\w+): (.*?)(?=^(?:Question|Answer|How|Run): |\Z)", re.M | re.S)

#: The end of a sentence: a full stop, but not that of an initial or a number.
_SENTENCE = re.compile(r"(?<![A-Z\d])\. |(?<=\d)\. (?=[A-Z])")

_STUDIES = re.compile(r"^```\{studies\}\n(.*?)^```$", re.M | re.S)
_SUMMARY = re.compile(r"^```\{studies-summary\}\n```$", re.M)


@dataclass(frozen=True, slots=True, kw_only=True)
class GalleryEntry:
    """What a study says of itself.

    Args:
        name: Its name, which is that of its files.
        title: A noun phrase: the first line up to a colon.
        question: One sentence.
        answer: The answer, in Markdown; its first sentence stands alone.
        how: How it was worked out, after which papers, in Markdown.
        takes: How long a full run takes.
    """

    name: str
    title: str
    question: str
    answer: str
    how: str
    takes: str

    @classmethod
    def of_script(cls, script: Path) -> GalleryEntry:
        """The entry of a study, from the docstring of its file.

        Raises:
            ParameterError: If a paragraph is missing.

        Examples:
            >>> GalleryEntry.of_script(_HERE / "gys.py").question
            'How far do decoy states reach, and what do finite blocks cost?'
        """
        text = ast.get_docstring(ast.parse(script.read_text(encoding="utf-8"))) or ""
        told = {name: _markdown(body) for name, body in _PARAGRAPH.findall(text)}
        if missing := {"Question", "Answer", "How", "Run"} - told.keys():
            wanted = "have the paragraphs Question, Answer, How and Run"
            hint = f"add {', '.join(sorted(missing))}"
            raise ParameterError("the docstring of a study", wanted, script.name, hint)
        return cls(
            name=script.stem.replace("_", "-"),
            title=text.splitlines()[0].partition(": ")[0].rstrip("."),
            question=_sentence(told["Question"]),
            answer=_sentence(told["Answer"]),
            how=_sentence(told["How"]),
            takes=told["Run"].rpartition("`, ")[2].rstrip("."),
        )

    @property
    def short_answer(self) -> str:
        """The first sentence of the answer, without its full stop."""
        return _SENTENCE.split(self.answer, maxsplit=1)[0].rstrip(".")

    @property
    def picture(self) -> str:
        """The file of its picture, seen from the page."""
        return f"gallery/{self.name}.png"

    @property
    def papers(self) -> list[Reference]:
        """The works of the bibliography that it cites, in its order.

        Examples:
            >>> [paper.key for paper in gallery_entries()["gys"].papers]
            ['Gobby2004', 'Ma2005', 'Lim2014', 'Rusca2018']
        """
        text = f"{self.answer} {self.how}"
        places = {paper.key: _place(paper, text) for paper in REFERENCES.values()}
        cited = sorted((key for key in places if places[key] >= 0), key=places.__getitem__)
        return [REFERENCES[key] for key in cited]

    def markdown(self) -> str:
        """Its section of the page."""
        script = f"{self.name.replace('-', '_')}.py"
        return "\n\n".join(
            [
                f"(study-{self.name})=\n### {self.title}",
                f"*{self.question}*",
                f"```{{image}} {self.picture}\n:alt: {self.title}\n:width: 100%\n```",
                self.answer,
                "<details>\n<summary>How it was worked out</summary>",
                self.how,
                "</details>",
                f"After {{cite}}`{','.join(paper.key for paper in self.papers)}`.",
                f"`qnet study {self.name}`: {self.takes}; seconds with `--quick`. "
                f"[Source of the study](../experiments/studies/{script})",
            ]
        )


def gallery_entries() -> dict[str, GalleryEntry]:
    """The entries of all studies, by name.

    Examples:
        >>> gallery_entries()["gys"].picture
        'gallery/gys.png'
    """
    return {entry.name: entry for entry in map(GalleryEntry.of_script, study_scripts())}


def study_scripts() -> list[Path]:
    """The files of all studies, by name.

    Examples:
        >>> study_scripts()[0].name
        'bits_in_an_hour.py'
    """
    return [_HERE / f"{name}.py" for name in studies()]


def gallery_page(text: str) -> str:
    r"""Fill in the studies that a page in Markdown names, and their summary.

    A fence ``{studies}`` with a name a line becomes their sections; ``{studies-summary}`` becomes a
    table of the questions and short answers of all that the page names, in its order.

    Raises:
        UnknownNameError: If a name is that of no study.

    Examples:
        >>> print(gallery_page("```{studies}\ngys\n```").splitlines()[1])
        ### Reach of decoy-state key distribution, and what finite blocks cost
    """
    entries = gallery_entries()
    names = list(_named(text))
    for name in names:
        check_one_of("study", name, entries)
    sections = _STUDIES.sub(
        lambda fence: "\n\n".join(entries[name].markdown() for name in fence[1].split()), text
    )
    return _SUMMARY.sub(lambda _: _table([entries[name] for name in names]), sections)


def _named(text: str) -> Iterator[str]:
    for fence in _STUDIES.findall(text):
        yield from fence.split()


def _table(entries: Sequence[GalleryEntry]) -> str:
    lines = ["| question | answer |", "|---|---|"]
    for one in entries:
        lines.append(f"| [{one.question}](#study-{one.name}) | {one.short_answer} |")
    return "\n".join(lines)


def _markdown(paragraph: str) -> str:
    """The text of a docstring in Markdown: a line a paragraph, code in single quotes."""
    parts = [" ".join(part.split()) for part in paragraph.strip().split("\n\n")]
    return "\n\n".join(parts).replace("``", "`")


def _place(paper: Reference, text: str) -> int:
    """Where a text cites a work by volume, page and year, or by its arXiv number; else -1."""
    told = paper.fields
    page = told.get("pages", "").partition("--")[0]
    printed = f" {told.get('volume')}, {page} ({told.get('year')}"
    places = [text.find(printed), text.find(f"arXiv:{told['eprint']}") if "eprint" in told else -1]
    return min((place for place in places if place >= 0), default=-1)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
