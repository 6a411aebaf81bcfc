"""The bibliography: a strict reader, what is in it, and that all texts cite what is in it.

Oracles: pybtex, an independent reader of BibTeX; the texts of the project.
"""

import re
from collections import Counter

import pytest

import qnet
from experiments.cli.main import main
from qnet.errors import ParameterError
from qnet.hardware import PRESETS, PUBLISHED_LINKS
from qnet.links import SCHEMES
from qnet.metrics import KEY_PROTOCOLS
from qnet.plans.distill import REFERENCES as OF_DISTILLATION
from qnet.references import REFERENCES, bibtex, read_bibtex
from tests.source import ROOT, modules

FILE = ROOT / "qnet" / "references.bib"
TEXT = FILE.read_text(encoding="utf-8")

#: Works without a year: source code that is worked on.
CODE = {"NetSquidNV", "QIALinkModel", "QiskitAer"}

#: Texts that cite: the source, its scenarios, the notebooks and the pages.
PAGES = [
    *modules().values(),
    *(ROOT / "experiments").rglob("*.toml"),
    *(ROOT / "experiments").rglob("*.ipynb"),
    *(page for page in (ROOT / "docs").rglob("*.md") if "_build" not in page.parts),
    ROOT / "README.md",
]

DOI = re.compile(r"\b10\.\d{4,5}/[^\s\\\"'<>;,`\]{}]+")
EPRINT = re.compile(r"arXiv:((?:[a-z-]+/\d{7})|(?:\d{4}\.\d{4,5}))")

#: A volume, a page and a year, as in "Phys. Rev. A 71, 042312 (2005)".
PLACE = re.compile(r"[A-Z][\w.']*[ ,]+(\d+), (e?[a-z]*\d+) \((\d{4})[,)]")


def paragraph(text: str) -> str:
    """The text with its lines joined, comment signs and the joints of constants left out."""
    return re.sub(r"\s*\n(?:#:?|\s)*\s*", " ", text.replace('\\n",', ""))


def mentions(pattern: re.Pattern[str]) -> set[tuple[str, object]]:
    """Page and match of everything of this form in the texts."""
    return {
        (str(page.relative_to(ROOT)), found)
        for page in PAGES
        for found in pattern.findall(paragraph(page.read_text(encoding="utf-8")))
    }


def doi_alone(found: str) -> str:
    """The DOI in lower case, without the brackets and the stops of its sentence."""
    found = found.rstrip(".:*_").lower()
    while found.count(")") > found.count("("):
        found = found.rpartition(")")[0]
    return found


def field(name: str) -> dict[str, str]:
    """Key -> this field of every work that has it."""
    return {key: work.fields[name] for key, work in REFERENCES.items() if name in work.fields}


def test_pybtex_reads_the_same():
    """Oracle: pybtex, which Sphinx uses; persons and white space are its own matter."""
    parse = pytest.importorskip("pybtex.database").parse_string
    found = parse(TEXT, "bibtex").entries
    assert [*found] == [*REFERENCES]
    for key, entry in found.items():
        work = REFERENCES[key]
        assert entry.type == work.kind
        its_own = {name: value for name, value in work.fields.items() if name != "author"}
        assert {**entry.fields} == its_own
        people = work.fields["author"].split(" and ")
        assert len(entry.persons["author"]) == len(people)


def test_every_work_can_be_found():
    for key, work in REFERENCES.items():
        assert work.fields["author"]
        assert work.fields["title"]
        assert key in CODE or re.fullmatch(r"1[89]\d\d|20\d\d", work.fields["year"])
        place = {"doi", "eprint", "isbn", "url"} & set(work.fields)
        assert place or (key in CODE and work.fields["note"]), key
        if work.kind == "article":
            assert {"journal", "volume", "pages"} <= set(work.fields), key
    for value in field("doi").values():
        assert DOI.fullmatch(value)
    for key, value in field("eprint").items():
        assert EPRINT.fullmatch(f"arXiv:{value}")
        assert REFERENCES[key].fields["archivePrefix"] == "arXiv"


@pytest.mark.parametrize("name", ["doi", "eprint", "isbn", "title"])
def test_no_work_comes_twice(name):
    counts = Counter(re.sub(r"\W", "", value.lower()) for value in field(name).values())
    assert max(counts.values()) == 1


def test_works_stand_in_the_order_of_their_keys():
    assert [*REFERENCES] == sorted(REFERENCES, key=str.lower)


def test_numbers_and_names_in_the_texts_are_those_of_the_bibliography():
    """Oracle: the texts. Every DOI and number at arXiv is that of a work."""
    known = {value.lower() for value in field("doi").values()}
    cited = {(page, doi_alone(str(found))) for page, found in mentions(DOI)}
    assert len(cited) > 70
    assert {each for each in cited if each[1] not in known} == set()
    numbers = set(field("eprint").values())
    assert {each for each in mentions(EPRINT) if each[1] not in numbers} == set()


def test_volumes_pages_and_years_in_the_texts_are_those_of_the_bibliography():
    """Oracle: the texts, such as "Phys. Rev. A 71, 042312 (2005)"; pages by the first."""
    known = {
        (work.fields["volume"], work.fields["pages"].partition("--")[0], work.fields["year"])
        for work in REFERENCES.values()
        if work.kind == "article"
    }
    cited = mentions(PLACE)
    assert len(cited) > 100
    assert {each for each in cited if each[1] not in known} == set()


def test_keys_in_tables_exist():
    keys = {key for preset in PRESETS.values() for key in preset.references}
    keys |= {link.reference for links in PUBLISHED_LINKS.values() for link in links}
    keys |= {key for scheme in SCHEMES.values() for key in scheme.references}
    keys |= {key for protocol in KEY_PROTOCOLS.values() for key in protocol.references}
    keys |= set(OF_DISTILLATION.values())
    assert keys
    assert keys <= set(REFERENCES)


def test_entries_are_given_byte_for_byte(capsys):
    assert bibtex() + "\n" == TEXT
    assert main(["cite", "--all"]) == 0
    assert capsys.readouterr().out == TEXT
    assert main(["cite", "Luong2016", "Avis2023", "Luong2016"]) == 0
    said = capsys.readouterr().out
    first, second = said.removesuffix("\n").split("\n\n")
    assert first.startswith("@article{Luong2016,")
    assert second.startswith("@article{Avis2023,")
    assert f"{first}\n\n" in TEXT
    assert f"{second}\n\n" in TEXT


def test_a_scenario_and_a_key_are_cited_together(capsys):
    assert main(["cite", "two-segments", "Knill2005", "--set", "key.protocol='six-state'"]) == 0
    keys = re.findall(r"^@\w+\{(\w+),$", capsys.readouterr().out, re.MULTILINE)
    assert keys[-1] == "Knill2005"
    assert {"BriegelDuer1998", "Bruss1998", "Qiskit"} < set(keys)


def test_without_arguments_all_works_are_listed(capsys):
    assert main(["cite"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[: len(REFERENCES)]] == [*REFERENCES]
    assert not re.search(r"[\\{}$]", "\n".join(lines))


@pytest.mark.parametrize(
    ("key", "hint"),
    [("Avis2022", "'Avis2023'"), ("lim", "'Lim2014'"), ("Nobody1900", "see 'qnet cite'")],
)
def test_unknown_keys_have_near_names(key, hint, capsys):
    with pytest.raises(ParameterError, match="be a key of the bibliography") as caught:
        qnet.bibtex(key)
    assert hint in caught.value.hint
    assert main(["cite", key]) == 2
    assert hint in capsys.readouterr().err


GOOD = "@book{A1,\n  author = {B},\n  title = {C {D}}\n}\n"


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("@book{A1,", "@book{A1", 1),
        ("@book{A1,", "@Book{A1,", 1),
        ("{B},", "{B}", 2),
        ("{C {D}}", "{C {D}},", 3),
        ("{C {D}}", "{C {D}", 3),
        ("{C {D}}", "{C} {D}", 3),
        ("{C {D}}", "{}", 3),
        ("title", "author", 3),
        ("  title", "title", 3),
        ("\n}\n", "\n", 3),
        ("\n}\n", "\n}\n\n\n", 6),
        ("\n}\n", "\n}\n@book", 5),
        (GOOD, GOOD + "\n" + GOOD, 6),
        (GOOD, "", 1),
    ],
)
def test_what_is_not_understood_is_refused(old, new, line):
    """Oracle: the line that was spoilt, by hand."""
    assert read_bibtex(GOOD)["A1"].fields == {"author": "B", "title": "C {D}"}
    with pytest.raises(ParameterError) as caught:
        read_bibtex(GOOD.replace(old, new))
    assert caught.value.field == f"line {line}"
