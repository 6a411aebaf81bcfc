"""``qnet explore`` in a real browser without a window, driven by its keyboard.

Oracles: the numbers shown are those that ``work_out`` gives for the setting that the labels name;
the browser's own log and its record of requests say whether anything failed or left this machine.
"""

from __future__ import annotations

import csv
import json
import tomllib
from dataclasses import replace
from urllib.parse import urlencode, urlsplit

import pytest

from experiments.explore import Controls, work_out
from experiments.explore.server import Server
from tests.experiments.browsers import needs_browser, open_browser
from tests.terms import entries

pytestmark = needs_browser
WebDriverWait = pytest.importorskip("selenium.webdriver.support.ui").WebDriverWait

#: States of the page in which its numbers are those of its sliders.
NUMBERS = ("drawing", "idle")

#: How the page writes each figure.
WRITTEN = {
    "fidelity": lambda value: f"{value:.4f}",
    "qber_x": lambda value: f"{100 * value:#.3g}".rstrip("."),
    "rate_hz": lambda value: f"{value:#.4g}".rstrip("."),
}


#: A setting whose curves take little: two segments of ideal hardware over 20 km.
FAST = replace(
    Controls(), hardware="ideal", distance_km=20.0, segments=2, t2_s=1e-3, cutoff_s=None
).as_query()


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
        fragment = urlsplit(self.driver.current_url).fragment.partition("&kept=")[0]
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
    with Server(port=0) as server, server.in_thread(poll_s=0.02):
        driver.get_log("performance")
        yield Page(driver, server.url)
        asked = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
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
    assert page.text("sampled") == ""
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


def test_refused_points_are_sampled_and_labelled(page):
    """What the exact engine refuses: numbers with intervals, trajectories and seed, said so."""
    page.open({"strategy": "swap-asap", "segments": "4", "distance_km": "200"})
    controls = Controls(strategy="swap-asap", segments=4, distance_km=200.0)
    page.shows(controls)
    about = work_out(controls)["sampled"]
    label = f"Sampled, {about['trajectories']} trajectories, seed {about['seed']}, 95 % interval"
    assert page.text("sampled").startswith(label)
    low, high = page.text("rate_hz-interval").split(" to ")
    assert float(low) < page.value("rate_hz") < float(high)
    assert page.js("document.querySelectorAll('#curve .error').length") >= 9


def test_hopeless_point_and_back_to_life(page):
    """Words for people, no stale diagram, a way out that works, and the page goes on."""
    page.open({"hardware": "trapped-ion", "segments": "1", "cutoff_s": "off"})
    assert page.text("says").startswith("Hardly a pair comes: one would take 2300 years on average")
    assert page.text("secret_key_rate_hz") == "\u2013"
    assert page.text("diagram-title") == "One delivery"
    assert not page.driver.find_element("id", "times").is_displayed()
    button = page.driver.find_element("id", "try")
    assert button.text == "Try 2 segments"
    button.click()
    page.wait()
    assert page.setting().segments == 2
    assert page.value("rate_hz") > 0.0
    assert page.driver.find_element("id", "times").is_displayed()


def test_no_key_says_why(page):
    page.open({"segments": "2", "cutoff_s": "off", "distance_km": "400"})
    controls = replace(Controls(), segments=2, cutoff_s=None, distance_km=400.0)
    page.shows(controls)
    assert page.text("secret_key_rate_hz") == "0"
    assert page.text("says").startswith("No key: the two ends disagree on 45.4 % of the bits in X")
    assert page.text("hint").startswith("Perfect memories would give a key")
    page.driver.find_element("id", "try").click()
    page.wait()
    assert page.value("secret_key_rate_hz") > 0.0


def test_two_settings_beside_each_other(page):
    """The kept one stays while the slider moves: numbers, differences, both curves, the address."""
    from selenium.webdriver.common.keys import Keys

    page.open(FAST)
    first, kept = page.setting(), page.text("rate_hz")
    page.driver.find_element("id", "keep").click()
    page.press("segments", Keys.ARROW_LEFT)
    page.wait()
    assert page.text("rate_hz-was") == f"kept {kept}"
    now, was = (work_out(each)["figures"]["fidelity"]["best"] for each in (page.setting(), first))
    assert page.text("fidelity-apart") == f"{now - was:+.4f}".replace("-", "\u2212")
    assert "segments 2 \u2192 1" in page.text("kept")
    for look in ("first", "second"):
        assert page.js(f"document.querySelectorAll('#curve .dot.{look}').length") >= 9
        assert page.js(f"document.querySelectorAll('#times .curve.{look}').length") == 1 + 1
    address = page.driver.current_url
    page.driver.get("about:blank")
    page.driver.get(address)
    page.wait()
    assert page.text("rate_hz-was") == f"kept {kept}"
    page.driver.find_element("id", "exchange").click()
    page.wait(NUMBERS)
    assert page.setting() == first
    page.driver.find_element("id", "let-go").click()
    assert not page.text("rate_hz-was").startswith("kept")


def test_values_are_read_off_and_saved(page, tmp_path):
    """By the arrow keys and by the pointer; oracle: the engine at that stop; CSV, SVG and PNG."""
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    page.open(FAST)
    controls = replace(page.setting(), distance_km=10.0)
    key = work_out(controls)["figures"]["secret_key_rate_hz"]["best"]
    chart = page.driver.find_element("css selector", "#curve svg")
    chart.send_keys(Keys.HOME, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    lines = page.driver.find_element("css selector", "#curve .readout").text.splitlines()
    assert lines[0] == "distance 10 km"
    assert lines[1] == f"this setting: {key:.4g} bit/s"
    chart.send_keys(Keys.ESCAPE)
    assert not page.driver.find_element("css selector", "#curve .readout").is_displayed()
    ActionChains(page.driver).move_to_element(chart).perform()
    assert page.driver.find_element("css selector", "#curve .readout").is_displayed()
    titles = page.js(
        "[...document.querySelectorAll('#curve .axis-title')].map((t) => t.textContent)"
    )
    assert titles == ["distance (km), by the slider", "secret key (bit/s)"]
    where = {"behavior": "allow", "downloadPath": str(tmp_path)}
    page.driver.execute_cdp_cmd("Browser.setDownloadBehavior", where)
    for kind in ("CSV", "SVG", "PNG"):
        page.driver.find_element("css selector", "#curve .save summary").click()
        page.driver.find_element("xpath", f"//*[@id='curve']//button[.='{kind}']").click()
        saved = tmp_path / f"key-rate-by-distance.{kind.lower()}"
        WebDriverWait(page.driver, 60.0, 0.05).until(lambda _, saved=saved: saved.is_file())
    rows = list(csv.reader((tmp_path / "key-rate-by-distance.csv").read_text().splitlines()[2:]))
    assert rows[0][:2] == ["distance (km)", "this setting: secret key (bit/s)"]
    assert float(dict(row[:2] for row in rows)["10"]) == pytest.approx(key, rel=1e-11)
    assert "class=" not in (tmp_path / "key-rate-by-distance.svg").read_text()
    assert (tmp_path / "key-rate-by-distance.png").read_bytes().startswith(b"\x89PNG")


def test_terms_open_their_entry(page):
    """By Enter on the term; Escape closes it and the focus goes back."""
    from selenium.webdriver.common.keys import Keys

    page.open(FAST, wait_for=NUMBERS)
    button = page.driver.find_element("css selector", "[data-term='cut-off']")
    button.send_keys(Keys.ENTER)
    WebDriverWait(page.driver, 60.0, 0.05).until(
        lambda _: page.js("document.querySelector('#entry:popover-open') !== null")
    )
    assert page.text("entry").splitlines()[1] == entries()["cut-off"]
    page.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert page.js("document.querySelector('#entry:popover-open')") is None
    assert page.driver.switch_to.active_element == button


def test_on_a_phone_the_numbers_stay_in_sight(page):
    """400 x 800: nothing to scroll sideways; at the last slider the key rate is in the window."""
    size = {"width": 400, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        page.open(FAST)
        assert page.js("document.documentElement.scrollWidth") <= 400
        slider = page.driver.find_element("id", "cutoff_s")
        page.js("arguments[0].scrollIntoView({block: 'end'})", slider)
        for name in ("secret_key_rate_hz", "qber_z"):
            place = "document.getElementById(arguments[0]).getBoundingClientRect()"
            assert 0.0 <= page.js(f"{place}.top", name) < 140.0
        assert page.js("arguments[0].getBoundingClientRect().bottom", slider) <= 800.0
    finally:
        page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_hardware_brings_its_own_memory_and_gates(page):
    """Krutyanskiy's 62 ms, and an infidelity of 3/4 of the depolarising strength of 0.1."""
    from selenium.webdriver.support.ui import Select

    page.open(FAST, wait_for=NUMBERS)
    Select(page.driver.find_element("id", "hardware")).select_by_value("trapped-ion")
    page.wait(NUMBERS)
    assert (page.text("t2_s-is"), page.text("gate_error-is")) == ("62 ms", "7.5 %")
    expected = Controls(
        hardware="trapped-ion", distance_km=20.0, segments=1, t2_s=0.062, cutoff_s=None
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


def test_nonsense_in_the_address_is_said_and_left_out(page):
    """What the page does not offer is as at the start; nothing is asked that would be refused."""
    page.open({"distance_km": "-3", "hardware": "abacus", "t2_s": "soon"}, wait_for=NUMBERS)
    said = page.text("remark")
    assert said.startswith("The address asks for what this page does not offer (hardware, distance")
    assert "got" not in said
    page.shows(Controls())


def test_address_is_the_query_of_the_setting(page):
    """Same setting, same string, here and in Python: a static build finds its answers by it."""
    page.open({**FAST, "gate_error": "1e-4", "t2_s": "0.5"}, wait_for=NUMBERS)
    assert urlsplit(page.driver.current_url).fragment == urlencode(page.setting().as_query())


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
