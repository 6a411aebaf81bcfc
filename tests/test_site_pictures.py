"""Pictures of the site: each has a recipe, and each recipe is of use.

Oracles: the files below ``docs``; the pages that show them; and one page that a browser opens.
"""

from __future__ import annotations

import re

import pytest
from PIL import Image

from tests.experiments.browsers import needs_browser, open_browser
from tests.pages import ROOT, all_pages
from tests.site_pictures import (
    COMMANDS,
    DOCS,
    KINDS,
    SCREENSHOTS,
    KeyNetwork,
    Screenshot,
    made_by_pages,
    of_studies,
    shown_pictures,
    take,
    written,
)

RECIPES = [*SCREENSHOTS, *COMMANDS, *made_by_pages(), *of_studies()]


def test_every_picture_has_one_recipe_and_every_recipe_a_picture():
    files = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.png")}
    files |= {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.gif")}
    there = {name for name in files if not name.startswith(("_build/", "course/"))}
    assert sorted(RECIPES) == sorted(there)


def test_every_picture_is_shown_on_a_page():
    """The gallery's own are named in the docstrings of the studies, which fill in its page."""
    elsewhere = {name for name in of_studies() if name.startswith("gallery/")}
    assert shown_pictures() == set(RECIPES) - elsewhere


@pytest.mark.parametrize("name", COMMANDS)
def test_a_page_tells_the_command_of_a_picture(name):
    """What the recipe runs is what a reader is told to type."""
    told = f"qnet {' '.join(COMMANDS[name][-1])} --out "
    assert any(told in page.read_text(encoding="utf-8") for page in all_pages())


@pytest.mark.parametrize("name", SCREENSHOTS)
def test_a_screenshot_has_the_size_of_its_window(name):
    shot = SCREENSHOTS[name]
    with Image.open(DOCS / name) as picture:
        assert picture.width == shot.width
        assert picture.height == shot.height or not shot.height
        assert f"at {shot.width} pixels" in picture.info["Description"]


def test_makefile_has_a_target_for_every_kind():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert set(KINDS) == set(re.findall(r"-m tests\.site_pictures (\w+)", text))


@needs_browser
def test_a_screenshot_is_taken_and_the_second_shows_the_same(tmp_path):
    """The page of a key network at a small size: the second picture replaces no file."""
    shot = Screenshot(page=KeyNetwork, width=800, height=0)
    driver = open_browser(tmp_path / "profile")
    try:
        first, second = take(driver, shot), take(driver, shot)
    finally:
        driver.quit()
    file = tmp_path / "shot.png"
    assert written(file, first, "a page at 800 pixels").startswith("changed: 800 x ")
    assert written(file, second, "a page at 800 pixels") == "as it was"
    with Image.open(file) as picture:
        assert picture.height > 600
        assert len(picture.getcolors()) > 10
