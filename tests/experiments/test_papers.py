"""Reproductions of papers: each at its quick size, its stated agreement, the page of the site.

Oracles: the numbers of the papers, with what is known of them; what the page says.
"""

import importlib
import json
import math

import pytest
from PIL import Image

from experiments.studies.command import papers, study
from experiments.studies.papers.page import all_papers, reproductions_page
from experiments.studies.papers.paper import KNOWN_BY, Published, agreement, beside
from experiments.studies.rows import known
from qnet.errors import ParameterError, UnknownNameError
from qnet.references import REFERENCES
from tests.source import ROOT

#: One process builds what all tests of this file read.
pytestmark = pytest.mark.xdist_group("papers")

DOCS = ROOT / "docs"
PAGE = (DOCS / "reproductions.md").read_text(encoding="utf-8")
PAPERS = all_papers()

#: Smallest and largest ratio of ours to theirs: agreements are close, and disagreements stay known.
RATIOS = {
    "avis2023": (0.95, 1.05),
    "brand2020": (0.89, 1.0 + 1e-9),
    "briegel1998": (0.9999, 3.2),
    "krutyanskiy2023": (0.1, 16.0),
    "li2021": (0.995, 1.00001),
    "liao2017": (0.2, 14.0),
    "lim2014": (0.95, 1.03),
    "luong2016": (1.0 - 1e-6, 1.0 + 1e-6),
    "ma2005": (0.997, 1.001),
    "pompili2021": (0.95, 8.0),
    "rusca2018": (0.7, 1.0),
    "sidhu2022": (1.0 - 1e-7, 1.0 + 1e-7),
    "vanleent2022": (0.75, 1.07),
}

#: Ours over theirs of single items.
ITEMS = {
    ("avis2023", "one click, clear arms, fidelity"): (1.04, 1.05),
    ("avis2023", "two clicks, clear arms, success"): (1.0 - 1e-9, 1.0 + 1e-9),
    ("brand2020", "mean fidelity, 4 segments"): (1.0 - 1e-9, 1.0 + 1e-9),
    ("brand2020", "mean time, 8 segments"): (1.0 - 1e-9, 1.0 + 1e-9),
    ("krutyanskiy2023", "fidelity of two ions at 230 m"): (0.98, 1.02),
    ("krutyanskiy2023", "heralds per attempt at 230 m"): (13.0, 16.0),
    ("liao2017", "sifted key at 1200 km"): (12.0, 14.0),
    ("liao2017", "diffraction at 1200 km"): (0.8, 0.9),
    ("pompili2021", "fidelity after the swap"): (1.1, 1.25),
    ("vanleent2022", "fidelity at 33 km"): (1.03, 1.08),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Rows of every paper at its quick size, with all of its numbers, and the written files."""
    folder = tmp_path_factory.mktemp("papers")
    rows = {name: paper.study.rows(quick=True) for name, paper in PAPERS.items()}
    files = {name: PAPERS[name].study.write(rows[name], folder) for name in PAPERS}
    return rows, files


def test_at_least_eight_papers_are_redone_and_found_by_the_command(capsys):
    assert len(PAPERS) >= 8
    assert [f"papers/{name}" for name in PAPERS] == papers()
    assert study("papers/ma2005") is PAPERS["ma2005"].study
    with pytest.raises(UnknownNameError, match="papers/ma2005"):
        study("papers/ma2006")


@pytest.mark.parametrize("name", PAPERS)
def test_agreement_is_what_the_page_says(found, name):
    """Oracle: bounds of this file, and the sentence of the page, from rows worked out anew."""
    rows, _ = found
    compared = known(rows[name], "theirs")
    assert [row["item"] for row in compared] == [each.item for each in PAPERS[name].published]
    low, high = RATIOS[name]
    for row in compared:
        assert low <= row["ratio"] <= high, row["item"]
        assert math.isclose(row["difference"], row["ours"].best - row["theirs"])
        assert row["known_by"] in KNOWN_BY
        least, most = ITEMS.get((name, row["item"]), (low, high))
        assert least <= row["ratio"] <= most
    assert f"- Agreement: {agreement(compared)}." in PAGE


def test_bounds_of_items_name_items():
    for name, item in ITEMS:
        assert item in [each.item for each in PAPERS[name].published]


def test_page_is_made_from_the_rows(found):
    assert reproductions_page(found[0]) == PAGE


@pytest.mark.parametrize("name", PAPERS)
def test_files_have_theirs_and_ours(found, name):
    rows, files = found
    _, data, png, svg = files[name]
    told = json.loads(data.read_text(encoding="utf-8"))
    assert told["answer"].startswith(agreement(rows[name]))
    assert {"theirs", "ours", "difference", "ratio", "known_by"} <= told["rows"][0].keys()
    assert png.read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in svg.read_bytes()


@pytest.mark.parametrize("name", PAPERS)
def test_paper_is_in_the_bibliography_and_its_picture_on_the_page(name):
    paper = PAPERS[name]
    assert paper.reference in REFERENCES
    assert 20 < len(paper.unknown) < 400
    assert 20 < len(paper.finding) < 400
    with Image.open(DOCS / "reproductions" / f"{name}.png") as picture:
        assert picture.info["Title"] == paper.study.question
        told = picture.info["Description"]
    lines = (line.removeprefix("- Agreement: ") for line in PAGE.splitlines())
    assert any(line and told.startswith(line.rstrip(".")) for line in lines)


def test_entropy_in_nats_is_the_difference_of_li2021(found):
    """Oracle: h in nats is ln 2 times h in bits, so that the key is never larger in bits."""
    for row in found[0]["li2021"]:
        assert 0.0 <= row["key_in_bits"].best < row["ours"].best


@pytest.mark.parametrize(
    "wrong",
    [
        {"known_by": "hearsay"},
        {"low": 0.5},
        {"low": 1.5, "high": 2.0},
    ],
)
def test_a_number_says_how_it_is_known_and_lies_in_its_interval(wrong):
    with pytest.raises((ParameterError, UnknownNameError)):
        Published(**{"item": "x", "value": 1.0, "known_by": "printed"} | wrong)


def test_a_point_that_is_no_number_of_the_paper_has_ours_alone():
    row = beside((), {"item": "line"}, 2.0)
    assert row["ours"].best == 2.0
    assert row["theirs"] is row["ratio"] is None


@pytest.mark.parametrize("name", PAPERS)
def test_the_docstring_cites_the_paper_and_the_command(name):
    module = importlib.import_module(f"experiments.studies.papers.{name}")
    assert f"Run: ``qnet study papers/{name} " in module.__doc__
    assert REFERENCES[module.PAPER.reference].fields["volume"] in module.__doc__
