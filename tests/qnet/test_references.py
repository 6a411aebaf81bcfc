"""The bibliography: a strict reader, what is in it, and that all texts cite what is in it.

Oracles: pybtex, an independent reader of BibTeX; the texts of the project.
"""

import inspect
import re
from collections import Counter
from pathlib import Path

import pytest

import qnet
from experiments.cli.main import main
from protocols.key_rates.decoy_proof import DecoyProof
from protocols.key_rates.scenario import FlatScenario
from protocols.qkd import QKD_PROTOCOLS
from protocols.qkd.eve import Eve
from protocols.qkd.protocol import QkdProtocol
from qnet.errors import ParameterError
from qnet.hardware import PRESETS, PUBLISHED_LINKS
from qnet.links import SCHEMES
from qnet.metrics import KEY_PROTOCOLS
from qnet.plans.distill import REFERENCES as OF_DISTILLATION
from qnet.references import REFERENCES, bibtex, read_bibtex
from qnet.schema import KINDS, classes_of, parse, read_text
from qnet.schema.shipped import shipped
from tests.qnet.reference_forms import FORMS, JOURNALS, POSTED_LATER
from tests.source import ROOT, modules

FILE = ROOT / "qnet" / "references.bib"
TEXT = FILE.read_text(encoding="utf-8")

#: Works without a year: source code that is worked on.
CODE = {"NetSquidNV", "QIALinkModel", "QiskitAer", "SmithRaman"}

#: Texts that cite: the source, its scenarios, the notebooks and the pages.
PAGES = [
    *modules().values(),
    *(ROOT / "experiments").rglob("*.toml"),
    *(ROOT / "experiments").rglob("*.ipynb"),
    *(page for page in (ROOT / "docs").rglob("*.md") if not {"_build", "course"} & set(page.parts)),
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


def is_book_number(text: str) -> bool:
    """Whether the last digit of an ISBN, of 10 or 13 digits, is the check digit of the others."""
    digits = [10 if each == "X" else int(each) for each in text.replace("-", "")]
    if len(digits) == 10:
        return sum((10 - k) * digit for k, digit in enumerate(digits)) % 11 == 0
    return len(digits) == 13 and sum(digits[::2] + 3 * digits[1::2]) % 10 == 0


def test_dois_say_journal_volume_page_and_year_of_their_works():
    """Oracle: how publishers make their DOIs; numbers of books have check digits."""
    books = re.compile(r"10\.(?:1007|1137|1017)/(?:1\.|CBO)?((?:97[89])?[\d-]+[\dX])(?:_\d+)?")
    seen = Counter()
    for key, doi in field("doi").items():
        work = REFERENCES[key].fields
        book = books.fullmatch(doi)
        if book and len(book[1].replace("-", "")) in (10, 13):
            assert is_book_number(book[1]), key
            assert REFERENCES[key].kind == "book" or "Lecture Notes" in work["journal"], key
            continue
        found = [match for form in FORMS if (match := re.fullmatch(form, doi))]
        assert len(found) == 1, (key, doi)
        said = found[0].groupdict()
        assert (work.get("journal") or work["howpublished"]) in JOURNALS[said["code"]].split(
            " | "
        ), key
        if "volume" in said:
            assert int(said["volume"]) == int(work["volume"]), key
        if "page" in said:
            assert said["page"].lstrip("0") == work["pages"].partition("--")[0].lstrip("0e"), key
        if "year" in said:
            digits = said["year"][-2:]
            assert digits in {work["year"][-2:], str(int(work["year"]) - 1)[-2:]}, key
        seen.update(name for name in said if name != "code")
    assert seen["volume"] > 60
    assert seen["page"] > 60
    assert seen["year"] > 20


def test_numbers_of_books_have_their_check_digit():
    assert is_book_number("0-306-40615-2")
    assert not is_book_number("0-306-40615-3")
    assert all(is_book_number(value) for value in field("isbn").values())


def test_no_number_at_arxiv_is_younger_than_its_work():
    """Oracle: a number says year and month; five digits since 2015, archives until March 2007."""
    for key, number in field("eprint").items():
        work = REFERENCES[key].fields
        archive, _, digits = number.rpartition("/")
        short, month = int(digits[:2]), int(digits[2:4])
        posted = short + (1900 if short > 90 else 2000)
        assert 1 <= month <= 12, key
        assert bool(archive) == (posted + month / 100 < 2007.035), key
        assert archive or len(digits) == (9 if posted < 2015 else 10), key
        assert (posted > int(work["year"])) == (key in POSTED_LATER), key
        if REFERENCES[key].kind == "misc" and key not in POSTED_LATER:
            assert posted == int(work["year"]), key


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


def citing(base: type) -> list[type]:
    """The class and all that are made from it here, which cite works of their own."""
    found = [base, *(each for sub in base.__subclasses__() for each in citing(sub))]
    ours = {each for each in found if each.__module__.startswith("protocols.")}
    return [each for each in ours if each.__dict__.get("references")]


@pytest.mark.parametrize("base", [QkdProtocol, Eve, DecoyProof, FlatScenario])
def test_protocols_attacks_proofs_and_formulas_rest_on_works_that_their_files_name(base):
    """Oracle: the text of the file of each, by DOI, arXiv number, or volume and page."""
    assert QKD_PROTOCOLS
    assert all(classes_of(kind) for kind in KINDS)  # loads their files
    named = citing(base)
    assert len(named) >= {QkdProtocol: 9, Eve: 5, DecoyProof: 2, FlatScenario: 3}[base]
    for cls in named:
        text = paragraph(Path(inspect.getfile(cls)).read_text(encoding="utf-8"))
        assert set(cls.references) <= set(REFERENCES)
        work = REFERENCES[cls.references[0]].fields
        place = f"{work['volume']}, {work['pages'].partition('--')[0]}"
        assert place in text, (cls, place)


@pytest.mark.parametrize("name", sorted(shipped()))
def test_every_scenario_of_the_package_is_cited(name, capsys):
    assert main(["cite", name]) == 0
    entries = read_bibtex(capsys.readouterr().out)
    assert {work.text for work in entries.values()} <= {work.text for work in REFERENCES.values()}
    without_circuits = {"qkd/cv", "keyrate/cv-gg02", "keyrate/gys"}
    without_circuits |= {"coexistence/beside-400g", "coexistence/dense-grid"}
    kind = parse(read_text(shipped()[name]))["kind"]
    kinds = ("satellite", "key-network", "plan", "twin-field")
    played = name not in without_circuits and kind not in kinds
    assert ("QiskitAer" in entries) == played


@pytest.mark.parametrize(
    ("name", "works"),
    [
        ("qkd/photon-number-splitting", "BennettBrassard1984 Gottesman2004 Brassard2000"),
        ("qkd/six-state", "Bruss1998 Brandt2005 ShapiroWong2006"),
        ("qkd/bbm92", "BennettBrassardMermin1992 Ma2007"),
        ("qkd/decoy-bb84", "Lim2014 Tupkary2024 Wiesemann2024"),
        ("qkd/cv", "Grosshans2002 Lodewyck2007 Leverrier2010"),
        ("keyrate/gys", "Ma2005 Gottesman2004"),
        ("sweep/distance", "BriegelDuer1998 Kamin2023"),
    ],
)
def test_scenarios_rest_on_the_works_of_what_they_use(name, works, capsys):
    """Oracle: the comments of the files, and what attack, source and points they have."""
    assert main(["cite", name]) == 0
    assert set(works.split()) <= set(read_bibtex(capsys.readouterr().out))


@pytest.mark.parametrize(
    ("text", "works"),
    [
        ('kind = "twin-field"\nintensity = 0.03\narm_transmission = 0.01', "Curty2019"),
        (
            'kind = "mdi"\nintensities = [0.3, 0.3]\ntransmission = [0.1, 0.1]',
            "Lo2012 MaRazavi2012",
        ),
        ('kind = "entangled"\nmodel = "six-state"\nqber = 0.02', "Bruss1998 Scarani2009"),
        ('kind = "entangled"\nmodel = "device-independent"\nqber = 0.02', "Acin2007"),
        (
            'kind = "cv-gg02"\nmodulation_variance = 4.0\ntransmission = 0.5\n'
            'detection = "heterodyne"\nsymbols = 1e9',
            "Grosshans2002 Fossier2009 Leverrier2010",
        ),
    ],
)
def test_key_rates_rest_on_the_works_of_their_formulas(text, works, tmp_path, capsys):
    """Oracle: the docstrings of the formulas; nothing is drawn, so no simulator is cited."""
    file = tmp_path / "rate.toml"
    file.write_text(text, encoding="utf-8")
    assert main(["cite", str(file)]) == 0
    assert [*read_bibtex(capsys.readouterr().out)] == works.split()


def test_a_file_that_is_wrong_is_refused_as_a_run_refuses_it(tmp_path, capsys):
    file = tmp_path / "wrong.toml"
    file.write_text('kind = "bb84"\npulse = 3', encoding="utf-8")
    assert main(["cite", str(file)]) == 2
    assert "did you mean pulses" in capsys.readouterr().err


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
