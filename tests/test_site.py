"""The site, built strictly and read as a reader's browser reads it, without a network.

Oracles: Sphinx's own warnings; an HTML parser that knows nothing of Sphinx; the list of public
names that stands in the source; and a browser's layout.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from experiments.cli.notebooks import student_version, titles
from tests.source import ROOT, packages, public_names

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("site")]

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
HAS_BROWSER = BROWSER is not None and shutil.which("chromedriver") is not None

#: Attributes by which a page loads something, by tag; and relations of links that load.
LOADING = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src"}
LOADING_RELATIONS = {"stylesheet", "icon", "shortcut", "preload", "manifest"}


@dataclass
class Page(HTMLParser):
    """Anchors, links and loaded resources of a page."""

    path: Path
    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)

    def __post_init__(self):
        super().__init__()
        self.feed(self.path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag == "link" and LOADING_RELATIONS & set(values.get("rel", "").split()):
            self.loaded.append(values["href"])
        if values.get(LOADING.get(tag, "")):
            self.loaded.append(values[LOADING[tag]])


@dataclass
class Site:
    """A folder of pages, and what the build said."""

    folder: Path
    code: int
    said: str

    @cached_property
    def pages(self) -> dict[Path, Page]:
        return {path: Page(path) for path in sorted(self.folder.rglob("*.html"))}

    def page(self, name) -> Page:
        return self.pages[self.folder / name]

    def targets(self, page):
        """The file and the anchor of each link that stays within the site."""
        for link in page.links:
            parts = urlsplit(link)
            if not parts.scheme and not parts.netloc:
                path = (page.path.parent / unquote(parts.path)).resolve()
                yield link, (path if parts.path else page.path), unquote(parts.fragment)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built from nothing; once, also where several processes share the tests."""
    base = tmp_path_factory.getbasetemp()
    root = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with (root / "site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        told = root / "site.json"
        if not told.exists():
            told.write_text(json.dumps(build(root / "site")), encoding="utf-8")
    return Site(root / "site", *json.loads(told.read_text(encoding="utf-8")))


def build(folder):
    """Exit code and words of ``make notebooks``, of one that is short, and of ``make docs``."""
    kept = f"{folder}.notebooks"
    execute = [sys.executable, str(ROOT / "docs" / "_ext" / "executed.py"), "1", "--folder", kept]
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    subprocess.run(execute, cwd=ROOT, check=True, env=os.environ | {"PYTHONPATH": path})
    strictly = ["-W", "--keep-going", "-n", "-q", "-j", "auto", "-d", f"{folder}.doctrees"]
    strictly += ["-D", f"executed_notebooks={kept}"]
    command = [sys.executable, "-m", "sphinx", *strictly, str(ROOT / "docs"), str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_builds_without_a_warning(site):
    """Oracle: Sphinx, told to name every reference that leads nowhere (``-n``)."""
    assert (site.code, site.said) == (0, "")


def test_internal_links_and_anchors_resolve(site):
    """Oracle: the files that were written, and the ids in them."""
    broken = [
        f"{page.path.relative_to(site.folder)}: {link}"
        for page in site.pages.values()
        for link, path, anchor in site.targets(page)
        if not path.is_file() or (anchor and path in site.pages and not has(site, path, anchor))
    ]
    assert broken == []


def has(site, path, anchor):
    return anchor in site.pages[path].anchors


def test_links_to_elsewhere_are_whole_addresses(site):
    """Oracle: the form of an address; none is fetched."""
    links = {link for page in site.pages.values() for link in page.links}
    outside = {link for link in links if urlsplit(link).scheme or urlsplit(link).netloc}
    form = re.compile(r"(https?://[\w.-]+\.[a-z]{2,}(:\d+)?(/\S*)?|mailto:\S+@\S+)")
    assert [link for link in sorted(outside) if not form.fullmatch(link)] == []


def test_loads_nothing_from_elsewhere(site):
    """Oracle: scripts, styles, pictures and fonts that the pages and the style sheets name."""
    named = {(page.path, one) for page in site.pages.values() for one in page.loaded}
    assert len(named) > len(site.pages)
    for sheet in site.folder.rglob("*.css"):
        text = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
        found = re.findall(r"""(?:url\(|@import)\s*["']?([^"')\s]+)""", text)
        named |= {(sheet, one) for one in found if not one.startswith(("data:", "#"))}
    assert [one for _, one in named if urlsplit(one).scheme or urlsplit(one).netloc] == []
    missing = [one for at, one in named if not (at.parent / urlsplit(one).path).is_file()]
    assert missing == []


@pytest.mark.parametrize("package", packages())
def test_every_public_name_has_an_anchor(site, package):
    """Oracle: the names that the source lists (``tests/exported_names.txt`` keeps them)."""
    anchors = site.page(f"reference/api/{package}.html").anchors
    assert {f"{package}.{name}" for name in public_names(package)} - anchors == set()


def test_every_page_is_reached_from_the_first(site):
    """Oracle: following links, from page to page; the search is opened by its field."""
    start = site.folder / "index.html"
    found, front = {start}, [start]
    while front:
        page = site.pages[front.pop()]
        new = {path for _, path, _ in site.targets(page) if path in site.pages} - found
        found |= new
        front += new
    assert {path.name for path in set(site.pages) - found} <= {"search.html"}


def test_a_notebook_stands_there_as_executed(site):
    """Oracle: the first notebook, whose cells print, draw and ask; its student has no solution."""
    first, *others = [path for path, _ in titles()]
    page = site.page(f"course/{first.stem}.html")
    text = page.path.read_text(encoding="utf-8")
    drawn = [one for one in page.loaded if first.stem in one]
    assert drawn
    for one in drawn:
        assert (page.path.parent / one).read_bytes().startswith(b"\x89PNG")
    assert "Not answered yet: replace the three dots." in text
    assert "without what its cells show" not in text
    for path in others:
        page = site.page(f"course/{path.stem}.html")
        text = page.path.read_text(encoding="utf-8")
        assert "without what its cells show" in text
        assert "Solutions" not in text
    downloads = [link for link in page.links if link.endswith(f"/{path.name}")]
    (copy,) = {(page.path.parent / link).read_text(encoding="utf-8") for link in downloads}
    assert copy == student_version(path.read_text(encoding="utf-8"))


def test_the_notebooks_follow_one_another(site):
    """Oracle: the order of the course."""
    names = [f"{path.stem}.html" for path, _ in titles()]
    for before, after in pairwise(names):
        assert after in site.page(f"course/{before}").links
        assert before in site.page(f"course/{after}").links
    listed = {link for _, link, _ in site.targets(site.page("course.html"))}
    assert {site.folder / "course" / name for name in names} <= listed


@pytest.fixture(scope="module")
def browser():
    """A browser without a window, whose width can be set to that of a phone."""
    if not HAS_BROWSER:
        pytest.skip("no browser to drive: make browser installs one")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"):
        options.add_argument(flag)
    service = webdriver.ChromeService(executable_path=shutil.which("chromedriver"))
    driver = webdriver.Chrome(options=options, service=service)
    yield driver
    driver.quit()


@pytest.mark.parametrize("width", [390, 1400])
def test_no_page_is_wider_than_the_window(site, browser, width):
    """Oracle: the browser's layout; tables and code that are too wide scroll by themselves."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    wide = {}
    for path in site.pages:
        browser.get(path.as_uri())
        taken = browser.execute_script("return document.documentElement.scrollWidth")
        if taken > width:
            wide[str(path.relative_to(site.folder))] = taken
    assert wide == {}


@pytest.mark.parametrize("word", ["SwapAsap", "secret_key_fraction", "Chain"])
def test_search_finds_names_without_a_server(site, browser, word):
    """Oracle: the pages that a reader sees who opened the files from a disk."""
    from selenium.webdriver.support.ui import WebDriverWait

    browser.get((site.folder / "search.html").as_uri() + f"?q={word}")
    # Results are listed one after another; the summary names their number when all are there.
    WebDriverWait(browser, 600.0).until(
        lambda it: "found" in it.find_element("css selector", "p.search-summary").text
    )
    shown = [each.text for each in browser.find_elements("css selector", "ul.search li a")]
    assert any(text.split(".")[-1].startswith(word) for text in shown)
