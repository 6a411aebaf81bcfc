"""``qnet explore`` in a real browser without a window, driven by its keyboard.

Oracles: the numbers shown are those that ``work_out`` gives for the setting that the labels name;
the browser's own log and its record of requests say whether anything failed or left this machine.
"""

from __future__ import annotations

import json
import threading
import tomllib
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from experiments.explore import Controls, work_out
from experiments.explore.server import Server
from tests.experiments.browsers import needs_browser, open_browser

pytestmark = needs_browser

#: States of the page in which its numbers are those of its sliders.
NUMBERS = ("drawing", "idle")

#: How the page writes each figure.
WRITTEN = {
    "fidelity": lambda value: f"{value:.4f}",
    "qber_x": lambda value: f"{100 * value:#.3g}".rstrip("."),
    "rate_hz": lambda value: f"{value:#.4g}".rstrip("."),
}


class Page:
    """The page in the browser, and what the tests ask of it."""

    def __init__(self, driver, url):
        self.driver, self.url = driver, url

    def open(self, controls=None, *, wait_for=("idle",)):
        address = "" if controls is None else "#" + "&".join("=".join(i) for i in controls.items())
        self.driver.get("about:blank")
        self.driver.get(self.url + address)
        self.wait(wait_for)

    def js(self, script, *arguments):
        return self.driver.execute_script(f"return {script}", *arguments)

    def wait(self, states=("idle",)):
        """Until numbers, diagram, curve and help are all there; or ``NUMBERS`` alone."""
        from selenium.webdriver.support.ui import WebDriverWait

        WebDriverWait(self.driver, 600.0, 0.02).until(
            lambda _: self.js("document.body.dataset.state") in states
        )

    def text(self, name):
        return self.driver.find_element("id", name).text

    def value(self, name):
        return float(self.js("document.getElementById(arguments[0]).dataset.value", name))

    def press(self, name, *keys):
        self.driver.find_element("id", name).send_keys(*keys)
        self.wait(NUMBERS)

    def setting(self):
        """The controls that the address names."""
        fragment = urlsplit(self.driver.current_url).fragment
        return Controls.from_query({k: [v] for k, v in (i.split("=") for i in fragment.split("&"))})

    def shows(self, controls):
        """Whether every figure is that of the engine, in number and in writing."""
        figures = work_out(controls)["figures"]
        for name in ("secret_key_rate_hz", "rate_hz", "fidelity", "qber_x", "qber_z"):
            assert self.value(name) == figures[name]["best"], name
        for name, write in WRITTEN.items():
            assert self.text(name) == write(figures[name]["best"]), name


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    driver = open_browser(tmp_path_factory.mktemp("profile"))
    driver.execute_cdp_cmd("Browser.grantPermissions", {"permissions": ["clipboardReadWrite"]})
    yield driver
    driver.quit()


@pytest.fixture
def page(driver):
    """The page on a server of its own; afterwards, no error and no request to elsewhere."""
    with Server(port=0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        driver.get_log("performance")
        try:
            yield Page(driver, server.url)
            asked = [
                json.loads(entry["message"])["message"] for entry in driver.get_log("performance")
            ]
        finally:
            server.shutdown()
            thread.join()
    urls = [
        urlsplit(event["params"]["request"]["url"])
        for event in asked
        if event["method"] == "Network.requestWillBeSent"
    ]
    # The browser's own pages (chrome:) stay in the browser.
    hosts = {url.hostname for url in urls if url.scheme in ("http", "https", "ws", "wss")}
    assert hosts == {"127.0.0.1"}
    assert [entry["message"] for entry in driver.get_log("browser")] == []


def test_first_page_shows_the_start(page):
    """The blueprint over 500 km: figures, bound, diagram with its parts, curve and distribution."""
    page.open()
    page.shows(Controls())
    assert page.setting() == Controls()
    assert "beaten at both" in page.text("says")
    assert "A coarse estimate, nothing sampled" in page.text("exact")
    drawn = page.js("[...document.querySelectorAll('#diagram svg [id]')].map((part) => part.id)")
    assert {"herald", "wait", "swap", "message", "delivery"} <= set(drawn)
    size = page.js("document.querySelector('#diagram svg').getBoundingClientRect().height")
    assert size > 200
    assert page.js("document.querySelectorAll('#curve circle.dot').length") >= 9
    bars = len(work_out(Controls())["distribution"]["shares"])
    assert page.js("document.querySelectorAll('#times .bar').length") == bars
    # All of it fits on a projector of 1280 x 720.
    page.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": 1280, "height": 720, "deviceScaleFactor": 1, "mobile": False},
    )
    page.wait()
    assert page.js("document.documentElement.scrollHeight") <= 720
    assert page.js("document.documentElement.scrollWidth") <= 1280


def test_sliders_by_keyboard(page):
    """Every slider moves one stop by an arrow key; what is shown is the engine's for that stop."""
    from selenium.webdriver.common.keys import Keys

    page.open(wait_for=NUMBERS)
    before = page.text("rate_hz")
    page.press("distance_km", Keys.ARROW_RIGHT)
    assert page.text("distance_km-is") == "510 km"
    assert page.text("rate_hz-was") == f"was {before}"
    page.shows(replace(Controls(), distance_km=510.0))
    expected = replace(Controls(), distance_km=510.0, segments=7, t2_s=1.25, gate_error=8e-4)
    page.press("segments", Keys.ARROW_LEFT)
    page.press("t2_s", Keys.ARROW_RIGHT)
    page.press("gate_error", Keys.ARROW_LEFT)
    assert page.setting() == expected
    page.shows(expected)
    page.press("cutoff_s", Keys.END)
    assert page.text("cutoff_s-is") == "off"
    assert page.js("document.getElementById('cutoff_s').getAttribute('aria-valuetext')") == "off"
    page.shows(replace(expected, cutoff_s=None))
    page.press("gate_error", Keys.HOME)
    assert page.text("gate_error-is") == "none"
    page.shows(replace(expected, cutoff_s=None, gate_error=0.0))


def test_only_the_last_of_many_moves_is_shown(page):
    """Twenty key presses at once: the numbers end at the last stop, whatever came in between."""
    from selenium.webdriver.common.keys import Keys

    page.open(wait_for=NUMBERS)
    page.press("distance_km", *[Keys.ARROW_LEFT] * 20)
    page.shows(replace(Controls(), distance_km=300.0))


def test_refused_point_and_back_to_life(page):
    """The engine's own sentence, a way out that works, and the page goes on."""
    page.open({"strategy": "swap-asap"})
    assert page.text("says").startswith("The exact engine cannot play swap-as-soon-as-possible")
    assert page.text("secret_key_rate_hz") == "–"
    button = page.driver.find_element("id", "try")
    assert button.text == "Try no cut-off"
    button.click()
    page.wait()
    page.shows(replace(Controls(), strategy="swap-asap", cutoff_s=None))
    assert not button.is_displayed()


def test_no_key_says_why(page):
    page.open({"segments": "2", "cutoff_s": "off", "distance_km": "400"})
    controls = replace(Controls(), segments=2, cutoff_s=None, distance_km=400.0)
    page.shows(controls)
    assert page.text("secret_key_rate_hz") == "0"
    assert page.text("says").startswith("No secret key: the error rates are too high")
    assert page.text("hint").startswith("Improve the memories")
    page.driver.find_element("id", "try").click()
    page.wait()
    assert page.value("secret_key_rate_hz") > 0.0


def test_hardware_brings_its_own_memory_and_gates(page):
    """Krutyanskiy's 62 ms, and an infidelity of 3/4 of the depolarising strength of 0.1."""
    from selenium.webdriver.support.ui import Select

    page.open({"distance_km": "20", "segments": "2", "cutoff_s": "off"}, wait_for=NUMBERS)
    Select(page.driver.find_element("id", "hardware")).select_by_value("trapped-ion")
    page.wait(NUMBERS)
    assert (page.text("t2_s-is"), page.text("gate_error-is")) == ("62 ms", "7.5 %")
    expected = Controls(
        hardware="trapped-ion", distance_km=20.0, segments=2, t2_s=0.062, cutoff_s=None
    )
    page.shows(replace(expected, gate_error=page.setting().gate_error))
    assert page.setting().gate_error == pytest.approx(0.075)


def test_copied_scenario_is_what_was_played(page):
    """The text on the clipboard is the scenario of the point."""
    page.open({"segments": "4"}, wait_for=NUMBERS)
    page.driver.find_element("id", "copy").click()
    page.driver.set_script_timeout(600)
    read = """
        const done = arguments[0];
        const look = () => navigator.clipboard.readText().then(
            text => text ? done(text) : setTimeout(look, 50));
        look();
    """
    text = page.driver.execute_async_script(read)
    assert text == Controls(segments=4).scenario()
    assert tomllib.loads(text)["chain"]["segments"] == 4


def test_nonsense_in_the_address_is_an_error_shown_and_no_end(page):
    """What the server refuses is shown in its sentence; a move brings the page back."""
    from selenium.webdriver.common.keys import Keys

    page.open({"distance_km": "-3", "hardware": "abacus", "t2_s": "soon"})
    assert page.text("says").startswith("Distance_km must lie in [1, 2000]")
    # The browser notes the refused requests themselves; they are what is tested here.
    noted = page.driver.get_log("browser")
    assert all("400 (Bad Request)" in entry["message"] for entry in noted)
    page.press("distance_km", Keys.END)
    page.shows(replace(Controls(), distance_km=1000.0))


def test_another_delivery(page):
    page.open()
    before = page.js("document.querySelector('#diagram svg').outerHTML")
    page.driver.find_element("id", "another").click()
    page.wait()
    assert page.js("document.querySelector('#diagram svg').outerHTML") != before
    page.shows(Controls())


def test_a_figure_from_outside_has_a_place(figure, page):
    """Oracle: ``work_out``; the page writes four digits."""
    controls = Controls(segments=1, distance_km=50.0)
    page.open(controls.as_query(), wait_for=NUMBERS)
    page.shows(controls)
    assert page.value(figure.name) == work_out(controls)["figures"][figure.name]["best"]
    written = f"{page.value(figure.name):#.4g}".rstrip(".")
    assert page.text("figures").splitlines()[-2:] == [figure.title, f"{written} {figure.unit}"]
