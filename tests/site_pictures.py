"""Pictures of the site, and how each is made: nothing in them was drawn or cut out by hand.

``python -m tests.site_pictures screenshots|pictures|gallery [NAME ...]``, or ``make screenshots``
and its like, makes all of a kind, or those named, and says which files changed.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from experiments.explore.server import Server
from experiments.explore.static import plain
from experiments.kme_page.server import KmePage
from experiments.pages.server import PageServer
from experiments.studies.command import papers, studies
from tests.experiments.browsers import open_browser
from tests.pages import ROOT, all_pages, pictures
from tests.site_network import shown

DOCS = ROOT / "docs"

#: As many colours as a byte tells apart: a third of the size, and no difference to be seen.
_COLOURS = 256

#: Narrower windows are those of phones, which have no bar to scroll.
_PHONE_PX = 560


class Explore(Server):
    """The pages of ``qnet explore``, without how long this machine took for an answer."""

    answers: ClassVar = {
        path: lambda server, query, work=work: plain(work(server, query))
        for path, work in Server.answers.items()
    }


class KeyNetwork(PageServer):
    """The page of a key network that was heard for a minute."""

    package, files, policy = KmePage.package, KmePage.files, KmePage.policy
    answers: ClassVar = {"/network": lambda _, __: shown()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Screenshot:
    """What a browser shows.

    Args:
        page: Class of the server.
        width: Width of the window in pixels.
        height: Its height; 0 for the whole length of the page.
        address: Path and fragment of the page.
        prepare: A script that runs before the picture is taken.
    """

    page: Callable[..., Any] = Explore
    width: int = 1280
    height: int = 0
    address: str = ""
    prepare: str = ""


SCREENSHOTS = {
    "explore.png": Screenshot(height=720),
    "explore-phone.png": Screenshot(width=400, height=860),
    "explore-spy.png": Screenshot(address="spy"),
    "explore-network.png": Screenshot(address="network"),
    "kme-page.png": Screenshot(page=KeyNetwork, height=800),
}

#: Pictures that commands make: their arguments, the last of which gets ``--out FILE``.
COMMANDS = {
    "network.png": (("draw", "experiments/scenarios/networks/national.toml"),),
    "delivery.gif": (("draw", "experiments/scenarios/nested-cutoff.toml", "--shot", "117"),),
    "pictures/reach.png": (
        ("study", "reach", "--out", "results/demo"),
        (
            *("plot", "results/demo/results.db", "--x", "length_km", "--y", "secret_key_rate_hz"),
            *("--where", "hardware=blueprint"),
        ),
    ),
}


def made_by_pages() -> dict[str, Path]:
    """Pictures in docs/pictures, and the page whose own commands make each."""
    found: dict[str, Path] = {}
    for page in all_pages():
        for name in pictures(page.read_text(encoding="utf-8")):
            found.setdefault(f"pictures/{name}", page)
    return found


def of_studies() -> dict[str, str]:
    """Pictures of the gallery and of the reproductions, and the study that draws each."""
    drawn = {f"gallery/{name.replace('_', '-')}.png": name for name in studies()}
    return drawn | {f"reproductions/{name.partition('/')[2]}.png": name for name in papers()}


@contextmanager
def served(page: Callable[..., Any]) -> Iterator[str]:
    """The address of a page's server."""
    with page(port=0) as server, server.in_thread(poll_s=0.02):
        yield server.url


def take(driver: Any, shot: Screenshot) -> bytes:
    """Open the page of a screenshot, wait until all of it is there, and take it, as PNG."""
    from selenium.webdriver.support.ui import WebDriverWait

    def resize(height: int) -> None:
        how = {"width": shot.width, "height": height, "deviceScaleFactor": 1}
        how["mobile"] = shot.width < _PHONE_PX
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", how)
        driver.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "UTC"})
        driver.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})

    def wait() -> None:
        state = "return document.body.dataset.state"
        WebDriverWait(driver, 300.0, 0.05).until(lambda _: driver.execute_script(state) == "idle")

    with served(shot.page) as url:
        resize(shot.height or 800)
        driver.get(url + shot.address)
        wait()
        if shot.prepare:
            driver.execute_script(shot.prepare)
            wait()
        for _ in range(0 if shot.height else 2):  # charts grow with the window
            resize(driver.execute_script("return document.documentElement.scrollHeight"))
            wait()
        taken: bytes = driver.get_screenshot_as_png()
        driver.get("about:blank")
    return taken


def written(path: Path, taken: bytes, told: str) -> str:
    """Save a picture in few colours if it shows something new; what is to be said of it."""
    from PIL import Image, ImageChops
    from PIL.PngImagePlugin import PngInfo

    image = Image.open(io.BytesIO(taken)).convert("RGB")
    few = image.quantize(_COLOURS, dither=Image.Dither.NONE)
    if path.is_file():
        before = Image.open(path).convert("RGB")
        same = before.size == image.size
        if same and ImageChops.difference(before, few.convert("RGB")).getbbox() is None:
            return "as it was"
    about = PngInfo()
    about.add_itxt("Description", told)
    few.save(path, optimize=True, pnginfo=about)
    return f"changed: {image.width} x {image.height}, {path.stat().st_size / 1000:.0f} kB"


def screenshots(names: list[str]) -> None:
    """Take screenshots, one browser for all."""
    with tempfile.TemporaryDirectory() as profile:
        driver = open_browser(profile)
        try:
            for name in names or SCREENSHOTS:
                shot = SCREENSHOTS[name]
                told = f"{shot.page.__name__} {json.dumps(shot.address)} at {shot.width} pixels"
                print(f"{name}: {written(DOCS / name, take(driver, shot), told)}", flush=True)
        finally:
            driver.quit()


def drawn(names: list[str]) -> None:
    """Make the pictures that commands make: those of a command, and those of whole pages."""
    pages = made_by_pages()
    for name in names or [*COMMANDS, *pages]:
        before = (DOCS / name).read_bytes() if (DOCS / name).is_file() else b""
        if name in COMMANDS:
            *before_it, last = COMMANDS[name]
            for command in (*before_it, (*last, "--out", str(DOCS / name))):
                run("-m", "experiments.cli", *command)
        else:
            run("-m", "tests.pages", str(pages[name].relative_to(ROOT)))
        print(f"{name}: {told_of(name, before)}", flush=True)


def gallery(names: list[str]) -> None:
    """Run studies in full and draw their pictures; hours for all, so that one names some."""
    drawn_by = of_studies()
    for name in names or drawn_by:
        before = (DOCS / name).read_bytes() if (DOCS / name).is_file() else b""
        with tempfile.TemporaryDirectory() as folder:
            study = ("study", drawn_by[name], "--out", folder)
            run("-m", "experiments.cli", *study, "--picture", str(DOCS / name))
        print(f"{name}: {told_of(name, before)}", flush=True)


def told_of(name: str, before: bytes) -> str:
    """Whether a file is another one now."""
    return "as it was" if (DOCS / name).read_bytes() == before else "changed"


def run(*command: str) -> None:
    """Run Python in the root of the repository."""
    subprocess.run([sys.executable, *command], cwd=ROOT, check=True)


KINDS = {"screenshots": screenshots, "pictures": drawn, "gallery": gallery}


def shown_pictures() -> set[str]:
    """Every picture that a page of the site or the README shows, below docs."""
    found = set()
    for page in all_pages():
        text = page.read_text(encoding="utf-8")
        for name in re.findall(r"!\[[^\]]*\]\(([^)]+)\)|^```\{image\} (\S+)", text, re.M):
            file = (page.parent / (name[0] or name[1])).resolve()
            if file.is_relative_to(DOCS) and file.suffix in (".png", ".gif"):
                found.add(file.relative_to(DOCS).as_posix())
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("names", nargs="*", metavar="NAME", help="a file below docs")
    options = parser.parse_args()
    KINDS[options.kind](options.names)
