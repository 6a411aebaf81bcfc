"""The pages of ``qnet explore`` as plain files: what is held, how it is built, how it is read.

Oracles: what the library works out for the same setting; the bytes of a second build; and a browser
that opens the files from the disk, with its own log.
"""

from __future__ import annotations

import base64
import json
import math
import re
import zlib
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode

import pytest

from experiments.cli.main import main
from experiments.explore import Controls, static, work_out
from experiments.explore.chain.controls import CURVES
from experiments.explore.chain.diagram import diagram
from experiments.explore.chain.settings import asked, known, next_asked
from experiments.explore.server import Server
from qnet.errors import ParameterError
from tests.experiments.browsers import needs_browser, open_browser
from tests.source import ROOT


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A reduced build, by the command."""
    folder = tmp_path_factory.mktemp("static")
    assert main(["explore", "--static", str(folder), "--quick", "--workers", "1"]) == 0
    return folder


def all_asked():
    """What a reduced build asks of all pages, in its order."""
    return [
        address
        for page in static.PAGES
        for part in page.parts
        for address in page.asked(part, quick=True)
    ]


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*.*"))}


def held(folder, part):
    """Path -> (setting, answer), ... of a part, unpacked as RFC 1951 says."""
    text = (folder / "answers" / f"chain-{part}.js").read_text("utf-8")
    packed = re.fullmatch(r'ask\.part\("[^"]*", "([A-Za-z0-9+/=]*)"\);\n', text)[1]
    return json.loads(zlib.decompress(base64.b64decode(packed), -15))


def index(folder):
    text = (folder / "answers" / "chain.js").read_text("utf-8")
    return json.loads(text.removeprefix("ask.index(").removesuffix(");\n"))


def test_answers_are_those_of_the_library(copy):
    fields = index(copy)["paths"]["point"]["fields"]
    points = held(copy, "luong")["point"]
    assert len(points) == sum(address.startswith("point") for address in asked("luong", quick=True))
    for setting, answer in points:
        controls = Controls.from_query({k: [v] for k, v in zip(fields, setting, strict=True)})
        found = work_out(controls)
        assert answer["scenario"] == found["scenario"]
        assert "work_s" not in answer
        for name, interval in found["figures"].items():
            assert answer["figures"][name]["best"] == pytest.approx(interval["best"], rel=1e-6)


def test_the_same_code_writes_the_same_bytes(copy, tmp_path):
    """A second build; and a point and a drawing of which nothing is kept in memory."""
    static.build(tmp_path / "again", quick=True)
    assert contents(tmp_path / "again") == contents(copy)
    work_out.cache_clear()
    diagram.cache_clear()
    for part, path in (("luong", "point"), ("luong-diagram", "diagram")):
        setting, answer = held(copy, part)[path][0]
        query = urlencode(list(zip(index(copy)["paths"][path]["fields"], setting, strict=True)))
        (_, again), *_ = static.answers_of("chain", f"{path}?{query}")
        assert again == answer


def test_sliders_stop_only_where_there_are_answers(copy):
    """From a preset's start, every position of the reduced sliders of distance and of segments."""
    paths, parts = index(copy)["paths"], index(copy)["parts"]
    choices = paths["choices"]["answer"]
    fields = paths["point"]["fields"]
    assert set(choices["hardware"]) | {f"{name}/diagram" for name in choices["hardware"]} == set(
        parts
    )
    settings = [dict(zip(fields, row, strict=True)) for row, _ in held(copy, "blueprint")["point"]]
    for name in ("distance_km", "segments"):
        stops = {float(setting[name]) for setting in settings}
        assert stops <= set(map(float, choices["scales"][name]))


def test_whole_build_is_bounded_and_holds_every_curve():
    """Nine presets, two improvements: what is asked is counted, not worked out."""
    choices = known()
    assert choices["curves"] == choices["scales"] == CURVES
    for name in choices["hardware"]:
        addresses = list(asked(name))
        assert len(addresses) == len(set(addresses)) < 600
        queries = [parse_qs(each.partition("?")[2]) for each in addresses if each[:5] == "point"]
        for slider, stops in CURVES.items():
            there = {query[slider][0] for query in queries}
            assert {str(stop).removesuffix(".0") for stop in stops} <= there | {"1e-05"}, slider


def test_a_refused_point_takes_its_way_out_with_it():
    """The first move that helps is held, so that the button of the page leads somewhere."""
    controls = Controls(segments=2, distance_km=400.0, cutoff_s=None)
    query = "&".join(f"{name}={text}" for name, text in controls.as_query().items())
    coarser, why, helping = next_asked(f"point?{query}", work_out(controls))
    assert coarser == f"coarser?{query}"
    assert why == f"why?{query}"
    moved = Controls.from_query(parse_qs(helping.partition("?")[2]))
    assert work_out(moved)["figures"]["secret_key_rate_hz"]["best"] > 0.0
    assert list(next_asked(f"diagram?{query}&seed=1", {})) == []


@dataclass
class Worker:
    """Works addresses out, and is interrupted after some."""

    most: float = math.inf
    asked: list[str] = field(default_factory=list)

    def __call__(self, page, address):
        if len(self.asked) >= self.most:
            raise KeyboardInterrupt
        self.asked.append(address)
        return [(address, {"figures": {}})]


def test_a_build_that_is_killed_goes_on(monkeypatch, tmp_path):
    """What was finished is not asked again; half a line, torn by the kill, is."""
    first, second = Worker(most=5), Worker()
    monkeypatch.setattr(static, "answers_of", first)
    with pytest.raises(KeyboardInterrupt):
        static.build(tmp_path, quick=True)
    journal = tmp_path / "unfinished.jsonl"
    journal.write_bytes(journal.read_bytes()[:-7])
    monkeypatch.setattr(static, "answers_of", second)
    built = static.build(tmp_path, quick=True)
    assert first.asked[:4] + second.asked == all_asked()
    assert not journal.exists()
    assert not built.was_there
    monkeypatch.setattr(static, "answers_of", Worker(most=0))
    assert static.build(tmp_path, quick=True).was_there


def test_answers_of_other_code_are_not_gone_on_with(monkeypatch, tmp_path):
    monkeypatch.setattr(static, "answers_of", Worker(most=5))
    with pytest.raises(KeyboardInterrupt):
        static.build(tmp_path, quick=True)
    again = Worker()
    monkeypatch.setattr(static, "answers_of", again)
    monkeypatch.setattr(static, "versions", lambda: {"qnet": "another"})
    static.build(tmp_path, quick=True)
    assert again.asked == all_asked()


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(ParameterError, match="--static must be a folder of this build"):
        static.build(tmp_path, quick=True)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize(
    "words", [["--quick"], ["--workers", "2"], ["--static", "copy", "--hardware", "siv"]]
)
def test_options_of_the_server_and_of_the_files_are_told_apart(words, capsys):
    assert main(["explore", *words]) == 2
    assert "--static" in capsys.readouterr().err


def test_every_file_of_the_server_is_copied(copy):
    """The server's own table; pages under a name that a browser opens from the disk."""
    pages = {page.address: page.file for page in static.PAGES}
    for address, name in Server.files.items():
        assert (copy / pages.get(address, address.lstrip("/"))).is_file(), name
        assert (address in pages) is name.endswith(".html")
    text = (copy / "spy.html").read_text(encoding="utf-8")
    assert set(re.findall(r'<a href="([^"]*)"', text)) == set(pages.values())


@pytest.mark.parametrize("page", static.PAGES, ids=lambda page: page.name)
def test_every_address_is_one_that_the_server_answers(page):
    """The paths are the server's own, and every field of a setting has its word."""
    for part in page.parts:
        addresses = list(page.asked(part))
        assert len(addresses) == len(set(addresses)) < 700
        for path, _, query in (each.partition("?") for each in addresses):
            assert f"/{path}" in Server.answers
            setting = parse_qs(query, keep_blank_values=True)
            assert setting[page.split] == [part]
            assert set(setting) - {"seed", "false_alarm"} <= set(page.words)


def test_pages_of_the_site_link_to_the_copy_that_make_site_puts_there():
    """Oracle: the folder that the Makefile names, and where each page lies in the site."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "-t explore docs docs/_build/html\n" in makefile
    assert "--static docs/_build/html/explore " in makefile
    docs = ROOT / "docs"
    found = [
        (page.parent / link).resolve().relative_to(docs).as_posix()
        for page in (docs / "index.md", docs / "howto" / "teach.md")
        for link in re.findall(r'```\{only\} explore\n.*href="([^"]+)"', page.read_text("utf-8"))
    ]
    assert found == ["explore/index.html"] * 2


@needs_browser
def test_read_from_the_disk(copy, tmp_path):
    """No server: numbers of the start; a setting that is not held moves the page, in words."""
    from selenium.webdriver.support.ui import WebDriverWait

    driver = open_browser(tmp_path / "profile")
    wait = WebDriverWait(driver, 60.0, 0.02)

    def shown(name):
        return driver.find_element("id", name).text

    def until_idle(expected):
        wait.until(lambda _: expected in shown("held"))
        wait.until(lambda _: driver.execute_script("return document.body.dataset.state") == "idle")

    try:
        driver.get((copy / "index.html").as_uri())
        until_idle("Worked out beforehand at")
        best = work_out(Controls())["figures"]["fidelity"]["best"]
        assert shown("fidelity") == f"{best:.4f}"
        assert driver.execute_script("return document.querySelector('#diagram svg') !== null")
        stops = index(copy)["paths"]["choices"]["answer"]["scales"]["distance_km"]
        ticks = driver.execute_script("return ticks('distance_km')")
        assert {tick["text"] for tick in ticks} == {str(stops[tick["at"]]) for tick in ticks}
        assert len(ticks) >= 2
        # Coherence times are not among the reduced settings.
        driver.find_element("id", "t2_s").send_keys("\ue012")  # the arrow to the left
        until_idle("Moved to the nearest one: coherence time 1 s")
        assert "t2_s=1&" in driver.current_url
        assert shown("t2_s-is") == "1 s"
        assert shown("fidelity") == f"{best:.4f}"
        assert [entry["message"] for entry in driver.get_log("browser")] == []
    finally:
        driver.quit()
