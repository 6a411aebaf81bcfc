"""The live page of a key network in a real browser without a window.

Oracles: the states that the servers of the network tell; the browser's own log and its record of
requests say whether anything failed or left this machine.
"""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest

pytest.importorskip("aiohttp")

from experiments.kme_page.server import KmePage
from tests.experiments.browsers import needs_browser, open_browser
from tests.experiments.kme_states import ALARM, ToldStates, calm, spied

pytestmark = needs_browser


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    driver = open_browser(tmp_path_factory.mktemp("profile"))
    yield driver
    driver.quit()


class Page:
    """The page in the browser, and what the tests ask of it."""

    def __init__(self, driver, told):
        self.driver, self.told = driver, told

    def js(self, script, *arguments):
        return self.driver.execute_script(f"return {script}", *arguments)

    def text(self, name):
        return self.driver.find_element("id", name).text

    def rows(self, name):
        rows = self.js(
            "[...document.querySelectorAll(`#${arguments[0]} tbody tr`)].map("
            "(row) => [...row.cells].map((cell) => cell.innerText.trim()))",
            name,
        )
        return {row[0]: row[1:] for row in rows}

    def wait(self, condition):
        from selenium.webdriver.support.ui import WebDriverWait

        WebDriverWait(self.driver, 600.0, 0.05).until(lambda _: condition())

    def size(self, width, height):
        how = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", how)


@pytest.fixture
def page(driver, tmp_path):
    """The page of a network of three nodes; afterwards, no error and no request to elsewhere."""
    with (
        ToldStates(tmp_path) as told,
        KmePage(tmp_path, period_s=0.05) as server,
        server.in_thread(poll_s=0.02),
    ):
        driver.get_log("performance")
        page = Page(driver, told)
        page.size(1280, 800)
        try:
            driver.get(server.url)
            page.wait(lambda: page.js("document.body.dataset.state") == "idle")
            yield page
            logged = driver.get_log("performance")
        finally:
            driver.get("about:blank")
    events = [json.loads(entry["message"])["message"] for entry in logged]
    urls = [
        urlsplit(event["params"]["request"]["url"])
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    ]
    asked = {(url.hostname, url.port) for url in urls if url.scheme in ("http", "https")}
    assert asked == {("127.0.0.1", server.server_port)}
    assert [entry["message"] for entry in driver.get_log("browser")] == []


def test_a_calm_network(page):
    """Every node, edge, pair and user of the states is there, with its numbers."""
    assert page.text("summary") == "All nodes are ready."
    assert not page.driver.find_element("id", "alarms").is_displayed()
    edges = page.rows("edges")
    assert set(edges) == {"A--B", "B--C", "A--C"}
    level, _, errors, expected, state = edges["A--B"]
    assert level.replace("\xa0", " ") == "90.9 kbit"
    assert errors.replace("\xa0", " ") == "1.83 % (1.44 to 2.29)"
    assert (expected.replace("\xa0", " "), state) == ("2 %", "running")
    assert page.rows("pairs") == {"A → C": ["48 of 64", "A–C"], "C → A": ["48 of 64", "C–A"]}
    assert [cell.replace("\xa0", " ") for cell in page.rows("users")["alice at A"]] == [
        "12",
        "3.07 kbit",
        "0 bit/s",
    ]
    assert page.rows("nodes")["B"][0] == "ready"
    assert page.js("document.querySelectorAll('#map circle').length") == 3
    drawn = page.js(
        "[...document.querySelectorAll('#map line')].map((e) => e.getAttribute('class'))"
    )
    assert [kind.strip() for kind in drawn] == ["edge"] * 3
    page.wait(lambda: page.js("document.querySelectorAll('#edges .level').length") == 3)


def test_a_spy_comes_and_a_node_goes(page):
    """The alarm in its words, the edge dashed, then a node that is silent, then all well again."""
    page.told.states = spied()
    page.wait(lambda: page.text("alarms") == ALARM.replace("alarm", "Alarm", 1))
    assert page.text("summary") == "Edge A--B has stopped."
    state = page.rows("edges")["A--B"][4]
    assert state.startswith("stopped at ")
    assert page.js("document.querySelectorAll('#map .edge.stopped').length") == 1
    page.told.states = dict.fromkeys("ABC")
    page.wait(lambda: page.text("summary") == "Nodes A, B, C do not answer.")
    assert page.rows("users") == {"unknown while no node answers": []}
    assert page.js("document.querySelectorAll('#map .site.silent').length") == 3
    page.told.states = calm()
    page.wait(lambda: page.text("summary") == "All nodes are ready.")
    assert not page.driver.find_element("id", "alarms").is_displayed()


@pytest.mark.parametrize("width", [1280, 900, 400])
def test_nothing_stands_over_the_edge(page, width):
    """No part of the page is wider than its window, with an alarm and long names too."""
    states = spied()
    states["A"]["users"] = [{"sae": "w" * 64, "keys": 10**9, "bits": 10**12}]
    page.told.states = states
    page.size(width, 800)
    page.wait(
        lambda: (
            page.text("summary") == "Edge A--B has stopped." and "w" * 64 in str(page.rows("users"))
        )
    )
    assert page.js("document.documentElement.scrollWidth") <= width


def test_texts_are_never_markup(page):
    """What a node tells is shown as it is, whatever it looks like."""
    evil = "<img src=x onerror=alert(1)>"
    states = calm()
    states["A"]["users"] = [{"sae": evil, "keys": 1, "bits": 8}]
    states["A"]["pairs"][0]["reason"] = evil
    page.told.states = states
    page.wait(lambda: f"{evil} at A" in page.rows("users"))
    assert page.rows("pairs")["A → C"][1] == evil
    assert page.js("document.querySelectorAll('img').length") == 0
