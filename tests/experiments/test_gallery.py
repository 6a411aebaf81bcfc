"""The gallery of the site: an entry and a picture for every study, and how a page shows them."""

import importlib
import re

import pytest
from matplotlib.figure import Figure
from PIL import Image

from experiments.studies.command import studies
from experiments.studies.gallery import GalleryEntry, gallery_entries, gallery_page, study_scripts
from experiments.studies.picture import PICTURE_PX, save_picture
from experiments.studies.study import Study
from qnet.errors import ParameterError, UnknownNameError
from tests.source import ROOT

DOCS = ROOT / "docs"
PAGE = (DOCS / "gallery.md").read_text(encoding="utf-8")
FILLED = gallery_page(PAGE)
STUDIES = {name.replace("_", "-"): name for name in studies()}

#: A whole page of pictures should load at once.
MOST_BYTES = 90_000


def study_of(name: str) -> Study:
    return importlib.import_module(f"experiments.studies.{STUDIES[name]}").STUDY


def test_every_study_has_one_entry_and_one_picture():
    """Oracle: the scripts in the folder of the studies, and the files in that of the pictures."""
    named = re.findall(r"^\(study-([\w-]+)\)=$", FILLED, re.MULTILINE)
    assert sorted(named) == sorted(STUDIES)
    assert sorted(file.name for file in (DOCS / "gallery").iterdir()) == sorted(
        f"{name}.png" for name in STUDIES
    )
    summary = re.findall(r"^\| \[.*\?\]\(#study-([\w-]+)\) \| .* \|$", FILLED, re.MULTILINE)
    assert summary == named


def test_no_fence_is_left_and_every_file_that_is_linked_is_there():
    """Oracle: the file system."""
    assert "{studies" not in FILLED
    links = re.findall(r"\]\(([^)#][^)]*)\)|^```\{image\} (.+)$", FILLED, re.MULTILINE)
    assert len(links) > 2 * len(STUDIES)
    for page, picture in links:
        assert (DOCS / (page or picture)).is_file(), page or picture


@pytest.mark.parametrize("name", STUDIES)
def test_entry(name):
    """Oracle: the study itself, which the entry never loads."""
    entry, study = gallery_entries()[name], study_of(name)
    assert (entry.name, entry.question) == (study.name, study.question)
    assert 20 < len(entry.short_answer) < 160
    assert entry.answer.startswith(entry.short_answer)
    assert len(entry.answer) > len(entry.short_answer)
    assert re.fullmatch(r"[\w ,]+ on (one core|two cores)", entry.takes)


@pytest.mark.parametrize("name", STUDIES)
def test_picture_is_small_and_answers_the_question_of_the_study(name):
    """Oracle: the question that the study asks; a picture says which one it was drawn for."""
    file = DOCS / "gallery" / f"{name}.png"
    assert file.stat().st_size <= MOST_BYTES
    with Image.open(file) as picture:
        assert picture.width == PICTURE_PX
        assert picture.height < 1.1 * PICTURE_PX
        assert picture.info["Title"] == study_of(name).question
        assert len(picture.info["Description"]) > 20


#: A number of three digits or more with a point, such as 132.9 or 0.947.
_EXACT = re.compile(r"(?<![\d.])(?:[1-9]\d+\.\d+|0\.\d{3,})")


def test_numbers_of_the_answer_are_those_that_the_picture_was_drawn_with():
    """Oracle: what the full run behind the picture printed, which the picture carries."""
    compared = 0
    for name, entry in gallery_entries().items():
        with Image.open(DOCS / "gallery" / f"{name}.png") as picture:
            for number in _EXACT.findall(entry.answer):
                assert number in picture.info["Description"], (name, number)
                compared += 1
    assert compared > 20


@pytest.mark.parametrize("name", STUDIES)
def test_every_paper_that_is_cited_is_in_the_bibliography(name):
    """Oracle: volumes, pages and years as they stand in the text, and numbers at arXiv."""
    entry = gallery_entries()[name]
    found = {
        (paper.fields.get("volume"), paper.fields.get("pages", "").partition("--")[0])
        for paper in entry.papers
    }
    numbers = {paper.fields.get("eprint") for paper in entry.papers}
    for volume, page in re.findall(r" (\d+), (\w+) \((?:19|20)\d\d", entry.how):
        assert (volume, page) in found
    for number in re.findall(r"arXiv:([\w./-]*\d)", entry.how):
        assert number in numbers
    assert entry.papers


def test_a_script_without_its_paragraphs_is_refused(tmp_path):
    script = tmp_path / "short.py"
    script.write_text('"""Title.\n\nQuestion: why?\n\nHow: so.\n"""\n', encoding="utf-8")
    with pytest.raises(ParameterError, match="add Answer, Run"):
        GalleryEntry.of_script(script)


def test_sentences_do_not_end_at_initials_or_numbers(tmp_path):
    """Oracle: a docstring written here."""
    script = tmp_path / "a_b.py"
    text = "Title.\n\nQuestion: why?\n\nAnswer: 0.5 by A. Bell,\nat 2. Then more.\n\nHow: so.\n\n"
    script.write_text(f'"""{text}Run: ``x``, a\nminute on one core.\n"""\n', encoding="utf-8")
    entry = GalleryEntry.of_script(script)
    assert entry.short_answer == "0.5 by A. Bell, at 2"
    assert (entry.name, entry.question, entry.takes) == ("a-b", "Why?", "a minute on one core")


def test_a_page_that_names_no_study_says_so():
    with pytest.raises(UnknownNameError, match="nothing"):
        gallery_page("```{studies}\nnothing\n```")


def test_scripts_are_those_of_the_list_of_studies():
    assert [script.stem for script in study_scripts()] == studies()


def test_the_same_figure_gives_the_same_bytes(tmp_path):
    files = [tmp_path / name for name in ("a.png", "b.png")]
    for file in files:
        figure = Figure(figsize=(7.0, 3.0))
        figure.subplots().plot([1.0, 2.0])
        save_picture(figure, file, title="Why?", answer="π by so much.")
    first, second = (file.read_bytes() for file in files)
    assert first == second
    with Image.open(files[0]) as picture:
        assert picture.size == (PICTURE_PX, 450)
        assert picture.info["Description"] == "π by so much."


@pytest.mark.parametrize("name", ["a.svg", "a"])
def test_small_pictures_are_png(name, tmp_path, capsys):
    study = study_of("gys")
    picture = str(tmp_path / name)
    assert study.main(["--quick", "--out", str(tmp_path), "--picture", picture]) == 2
    assert "--picture must end in .png" in capsys.readouterr().err
