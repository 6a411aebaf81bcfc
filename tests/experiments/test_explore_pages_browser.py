"""Pages of BB84 with Eve and of a network in a real browser without a window.

Oracles: the numbers shown are those that the library works out for the setting of the address; the
browser's own log and its record of requests say whether anything failed or left this machine.
"""

from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from experiments.explore.network.controls import NetControls
from experiments.explore.network.map import net_map
from experiments.explore.network.routes import net_routes
from experiments.explore.network.shares import net_shares
from experiments.explore.server import Server
from experiments.explore.spy.controls import SpyControls
from experiments.explore.spy.point import work_out_spy
from experiments.explore.spy.rounds import SIGNALS, spy_rounds
from tests.experiments.browsers import needs_browser, open_browser

pytestmark = [needs_browser, pytest.mark.xdist_group("explore-pages")]


class Page:
    """A page in the browser, and what the tests ask of it."""

    def __init__(self, driver, url):
        self.driver, self.url = driver, url

    def open(self, path):
        self.driver.get("about:blank")
        self.driver.get(self.url + path)
        self.wait()

    def js(self, script, *arguments):
        return self.driver.execute_script(f"return {script}", *arguments)

    def wait(self):
        """Until the numbers and all that goes with them are there."""
        from selenium.webdriver.support.ui import WebDriverWait

        WebDriverWait(self.driver, 600.0, 0.02).until(
            lambda _: self.js("document.body.dataset.state") == "idle"
        )

    def text(self, name):
        return self.driver.find_element("id", name).text

    def value(self, name):
        return float(self.js("document.getElementById(arguments[0]).dataset.value", name))

    def setting(self, controls):
        fragment = urlsplit(self.driver.current_url).fragment
        return controls.from_query(parse_qs(fragment, keep_blank_values=True))

    def press(self, name, *keys):
        self.driver.find_element("id", name).send_keys(*keys)
        self.wait()

    def click(self, selector):
        """By the page itself: what is clicked may lie below the fold, or be a part of an SVG."""
        self.js("document.querySelector(arguments[0]).dispatchEvent("
                "new MouseEvent('click', { bubbles: true }))", selector)  # fmt: skip
        self.wait()

    def fits(self, width):
        """Whether nothing sticks out of a window of this width."""
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        return self.js("document.documentElement.scrollWidth") <= width

    def asked(self):
        """Hosts that the browser has asked since the last time."""
        events = [
            json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")
        ]
        urls = [
            urlsplit(event["params"]["request"]["url"])
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        ]
        return {url.hostname for url in urls if url.scheme in ("http", "https", "ws", "wss")}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """One browser on one server; in the end no error in its log, and no request to elsewhere."""
    driver = open_browser(tmp_path_factory.mktemp("profile"))
    with Server(port=0) as server, server.in_thread(poll_s=0.02):
        try:
            found = Page(driver, server.url)
            yield found
            assert found.asked() == {"127.0.0.1"}
            assert [entry["message"] for entry in driver.get_log("browser")] == []
        finally:
            driver.quit()


def shows_spy(page, controls, seed=1):
    """Whether the large numbers are those of the library."""
    found = work_out_spy(controls, seed)
    assert page.value("qber") == found["exact"]["qber"]
    assert page.value("guess") == found["eve"]["guess"]
    assert page.value("key") == found["exact"]["key"]
    assert page.value("finite") == found["finite"]["secret_bits"]
    assert page.value("notice") == found["notice"]["safe"]
    assert page.text("verdict").splitlines() == found["says"]


def test_bb84_with_eve(page):
    """Numbers, strip, charts; a slider, another draw, a term, a refusal, and no page too wide."""
    from selenium.webdriver.common.keys import Keys

    page.open("spy")
    start = SpyControls()
    shows_spy(page, start)
    rows = page.js("[...document.querySelectorAll('#strip tr')].map((row) => row.cells.length)")
    assert rows == [SIGNALS + 1] * 8
    bits = page.js(
        "[...document.querySelectorAll('#strip tr')[1].cells].slice(1).map((c) => c.textContent)"
    )
    assert bits == [str(each["bit_alice"]) for each in spy_rounds(start, 1)["signals"]]
    assert page.js("document.querySelectorAll('#errors circle.first').length") == 11
    page.press("share", Keys.ARROW_RIGHT)
    assert page.text("share-is") == "31 %"
    moved = replace(start, share=0.31)
    assert page.setting(SpyControls) == moved
    shows_spy(page, moved)
    page.click("#another")
    shows_spy(page, moved, seed=2)
    page.click("label [data-term='Eve']")
    assert "eavesdropper" in page.text("entry")
    page.driver.find_element("id", "entry").send_keys(Keys.ESCAPE)
    assert all(page.fits(width) for width in (400, 1280, 1920))
    # A setting that cannot be is told in the engine's words, and the page goes on.
    page.open("spy#share=2")
    assert page.text("verdict").startswith("Share must lie in [0, 1]")
    noted = page.driver.get_log("browser")
    assert [("400 (Bad Request)" in entry["message"]) for entry in noted] == [True] * len(noted)
    page.press("share", Keys.HOME)
    assert page.setting(SpyControls).share == 0.0
    assert page.value("qber") == work_out_spy(replace(start, share=0.0))["exact"]["qber"]


def shows_net(page, controls):
    """Whether figures, map and tables are those of the library."""
    routes, shares, drawn = net_routes(controls), net_shares(controls), net_map(controls)
    best = routes["routes"][0]
    assert page.value("key") == best["secret_key_rate_hz"]["best"]
    assert page.value("rate") == best["rate_hz"]["best"]
    assert page.value("fidelity") == best["fidelity"]["best"]
    assert page.text("verdict").splitlines() == routes["says"]
    assert page.text("shares-says").splitlines() == shares["says"]
    assert page.js("document.querySelectorAll('#map .node').length") == len(drawn["nodes"])
    cut = page.js("[...document.querySelectorAll('#map .link.cut')].map((e) => e.dataset.link)")
    assert cut == ["~".join(edge["ends"]) for edge in drawn["edges"] if edge["is_cut"]]
    assert page.js("document.querySelectorAll('#routes tr').length") == len(routes["routes"]) + 1
    served = len(shares["demands"]) + len(shares["unserved"])
    assert page.js("document.querySelectorAll('#shares tr').length") == served + 1


def test_network(page):
    """A ring: its map, a fibre that is cut, the way round, a node as a user, no way at all."""
    start = NetControls(network="city-ring", source="1", target="4")
    page.open("network#network=city-ring&source=1&target=4")
    shows_net(page, start)
    assert page.js("document.querySelector('#routes tr.best td').textContent") == "1 - 2 - 3 - 4"
    page.click("[data-link='2~3']")
    assert page.text("about-title") == "2 - 3"
    page.click("#about-buttons button")
    cut = replace(start, cuts="2~3")
    assert page.setting(NetControls) == cut
    shows_net(page, cut)
    assert "was " in page.text("rate-more")
    page.click("[data-node='6']")
    page.click("#about-buttons button:last-child")
    assert page.setting(NetControls) == replace(cut, target="6")
    shows_net(page, replace(cut, target="6"))
    page.open("network#network=city-ring&source=1&target=4&cuts=2~3,5~6")
    assert page.text("key") == "–"
    assert page.text("verdict") == "No route joins 1 and 4 with 2 cut."
    page.click("#mend")
    shows_net(page, start)
    assert all(page.fits(width) for width in (400, 1280, 1920))
