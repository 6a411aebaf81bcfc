"""Figures for journals and slides: their sizes, letters and lines, and colours that all can tell.

Oracles: widths of one and two columns of Physical Review (8.6 and 17.8 cm) read from the files; the
simulation of colour vision by G. M. Machado et al., IEEE Trans. Vis. Comput. Graph. 15, 1291
(2009), and CIE 1976 L*a*b*, both written out here.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import combinations, pairwise

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from qnet import Estimate, UnknownNameError
from qnet.figures import MEDIA, curve, figure_for, finish, is_empty, say_empty, style
from qnet.figures.style import COLOURS, LINES, look

#: Linear sRGB as eyes without one kind of cones see it: table 1 of Machado et al., severity 1.
VISION = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}

#: XYZ of linear sRGB (IEC 61966-2-1, white D65).
XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)


def linear(colour):
    values = np.array([int(colour[place : place + 2], 16) / 255.0 for place in (1, 3, 5)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(light):
    """CIE 1976 L*a*b* of linear sRGB."""
    ratio = XYZ @ np.clip(light, 0.0, 1.0) / XYZ.sum(axis=1)
    linear_part = ratio / (3.0 * (6.0 / 29.0) ** 2) + 4.0 / 29.0
    x, y, z = np.where(ratio > (6.0 / 29.0) ** 3, np.cbrt(ratio), linear_part)
    return np.array([116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)])


def test_the_oracle_sees_white_as_white_and_confuses_red_and_green():
    """Rows of the simulation sum to one; red and green come close where no cone tells them."""
    for matrix in VISION.values():
        assert np.asarray(matrix) @ np.ones(3) == pytest.approx(np.ones(3), abs=2e-6)
    red, green = linear("#c05a00"), linear("#7a7a00")

    def apart(kind):
        return np.linalg.norm(lab(VISION[kind] @ red) - lab(VISION[kind] @ green))

    assert apart("deuteranopia") < 0.4 * apart("normal")


@pytest.mark.parametrize("kind", VISION)
def test_all_eyes_tell_the_colours_apart(kind):
    """A difference of 2.3 is just noticed side by side; lines in a figure are not side by side."""
    seen = [lab(np.asarray(VISION[kind]) @ linear(colour)) for colour in COLOURS]
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > 15.0


@pytest.mark.parametrize("kind", VISION)
def test_lightness_rises_for_all_eyes_so_that_grey_print_can_be_read(kind):
    """Oracle: L* of 100 is white; the lightest line still has twice the luminance contrast."""
    light = [lab(np.asarray(VISION[kind]) @ linear(colour))[0] for colour in COLOURS]
    assert all(after - before > 7.0 for before, after in pairwise(light))
    brightest = float((XYZ @ linear(COLOURS[-1]))[1])
    assert 1.05 / (brightest + 0.05) >= 2.0


def test_lines_of_one_colour_differ_in_dashes_and_markers():
    looks = [look(number) for number in range(30)]
    assert len({(each["color"], str(each["linestyle"])) for each in looks[: 5 * len(LINES)]}) == 25
    for one, other in combinations(looks[:10], 2):
        ways = ("color", "linestyle", "marker")
        assert sum(one[way] != other[way] for way in ways) >= 2


@cache
def drawn(medium):
    with style(medium):
        figure = figure_for(MEDIA[medium], 9.0, 4.0)
        left, right = figure.subplots(1, 2, sharey=True)
        for axes in (left, right):
            curve(axes, [1.0, 2.0], [Estimate(1.0, 2.0, 4.0, 9)] * 2, label="rate", lw=0.1)
            axes.set_xlabel("distance (km)", fontsize=4.0)
        left.set_ylabel("asymptotic secret-key rate of all the pairs (bit/s)")
        figure.legend(*left.get_legend_handles_labels(), loc="outside upper center")
        finish(figure, MEDIA[medium])
    return figure


@pytest.mark.parametrize(("medium", "width_mm"), [("column", 86.0), ("page", 178.0)])
def test_vector_files_are_as_wide_as_the_columns_of_a_journal(medium, width_mm, tmp_path):
    figure, file = drawn(medium), tmp_path / "a.pdf"
    with style(medium):
        figure.savefig(file)
    box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", file.read_bytes())
    assert float(box[1]) == pytest.approx(width_mm / 25.4 * 72.0, abs=0.01)
    assert b"/Type3" not in file.read_bytes()  # fonts are embedded whole
    figure.savefig(file.with_suffix(".svg"))
    width = re.search(r'width="([\d.]+)pt"', file.with_suffix(".svg").read_text())
    assert float(width[1]) == pytest.approx(width_mm / 25.4 * 72.0, abs=0.01)


def test_slides_are_sixteen_by_nine():
    width, height = drawn("slides").get_size_inches()
    assert width / height == pytest.approx(16.0 / 9.0, rel=1e-6)


@pytest.mark.parametrize("medium", MEDIA)
def test_letters_and_lines_can_be_read(medium):
    """Whatever a script asked for: letters of 6.4 points at least, lines of half a point."""
    figure = drawn(medium)
    figure.draw_without_rendering()
    suits = MEDIA[medium]
    letters = [text.get_fontsize() for text in figure.findobj(Text) if text.get_text()]
    assert min(letters) >= 0.64 * suits.font_pt
    assert max(letters) <= 1.2 * suits.font_pt
    own = [line for axes in figure.axes for line in axes.lines if isinstance(line, Line2D)]
    assert min(line.get_linewidth() for line in own) >= 0.5


def test_narrow_panels_are_stacked_and_each_says_its_axes():
    column, page = drawn("column"), drawn("page")
    for figure, columns in ((column, 1), (page, 2)):
        grid = figure.axes[0].get_subplotspec().get_gridspec()
        assert grid.ncols == columns
    assert [axes.get_ylabel() != "" for axes in column.axes] == [True, True]
    assert [axes.get_ylabel() != "" for axes in page.axes] == [True, False]
    assert "\n" in column.axes[0].get_ylabel()
    assert column.axes[0].get_shared_y_axes().joined(*column.axes)


@pytest.mark.parametrize("medium", MEDIA)
def test_nothing_lies_outside(medium):
    figure = drawn(medium)
    figure.draw_without_rendering()
    for axes in figure.axes:
        box = axes.get_tightbbox()
        assert box.x0 > -1.0
        assert box.x1 < figure.bbox.width + 1.0


def test_another_medium_is_refused():
    words = "medium must be one of 'column', 'page', 'slides'"
    with pytest.raises(UnknownNameError, match=words), style("poster"):
        pass


def test_a_panel_without_a_value_says_so():
    figure = Figure()
    empty, nan, full, area = figure.subplots(1, 4)
    empty.axhline(1.0)
    nan.plot([1.0, 2.0], [np.nan, np.nan])
    full.plot([1.0], [0.0])
    area.bar([1.0], [2.0])
    assert [is_empty(axes) for axes in figure.axes] == [True, True, False, False]
    say_empty(figure)
    assert [len(axes.texts) for axes in figure.axes] == [1, 1, 0, 0]
