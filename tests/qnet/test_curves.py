"""Curves with their intervals: what is drawn is what was given, on either kind of axis."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from qnet import Estimate, ParameterError, UnknownNameError
from qnet.figures import bound, curve, log_where_wide, points, style, theory

X = [10.0, 20.0, 30.0]
VALUES = [Estimate(1.0, 2.0, 4.0, 9), Estimate(0.5, 1.0, 3.0, 9), Estimate(0.0, 0.0, 2.0, 9)]


@pytest.fixture
def ax():
    with style():
        yield Figure().subplots()


def band(ax):
    """Height of the lower and upper edge of a band at each place, read off its outline."""
    outline = ax.collections[0].get_paths()[0].vertices
    return [
        (min(y for x, y in outline if x == place), max(y for x, y in outline if x == place))
        for place in X
    ]


def test_a_curve_goes_through_the_best_values_within_its_band(ax):
    assert curve(ax, X, VALUES, label="rate") is ax
    assert ax.lines[0].get_xydata().tolist() == [[10.0, 2.0], [20.0, 1.0], [30.0, 0.0]]
    assert band(ax) == [(1.0, 4.0), (0.5, 3.0), (0.0, 2.0)]


def test_exact_values_have_no_band_and_endless_ends_are_not_drawn(ax):
    curve(ax, X, [Estimate.exact(1.0)] * 3)
    assert not ax.collections
    curve(ax, X, [Estimate(1.0, 2.0, math.inf, 3)] * 3)
    assert band(ax) == [(1.0, 2.0)] * 3


def test_points_have_bars_from_low_to_high(ax):
    points(ax, X, VALUES)
    bars = ax.collections[0].get_segments()
    assert [bar[:, 1].tolist() for bar in bars] == [[1.0, 4.0], [0.5, 3.0], [0.0, 2.0]]


def test_what_is_theory_and_what_is_a_bound_can_be_told_apart_in_grey(ax):
    theory(ax, X, [1.0, 2.0, 3.0])
    bound(ax, X, [1.0, math.inf, 3.0])
    law, limit = ax.lines
    assert law.get_linestyle() == "--"
    assert len(set(to_rgb(limit.get_color()))) == 1
    assert np.isnan(limit.get_ydata()[1])
    assert limit.get_zorder() < law.get_zorder()


def test_thirty_lines_differ_and_their_colours_rise_in_lightness(ax):
    for k in range(30):
        curve(ax, X, [Estimate.exact(float(k))] * 3)
    looks = {(line.get_color(), line.get_marker()) for line in ax.lines}
    assert len(looks) == 30
    # Relative luminance of sRGB, ITU-R BT.709.
    weights = (0.2126, 0.7152, 0.0722)
    light = [
        sum(w * c**2.2 for w, c in zip(weights, to_rgb(line.get_color()), strict=True))
        for line in ax.lines[:5]
    ]
    assert all(after - before > 0.04 for before, after in pairwise(light))


@pytest.mark.parametrize(
    ("values", "scale"),
    [([1.0, 29.0, 2.0], "linear"), ([1.0, 31.0, 2.0], "log"), ([-1.0, 1.0, 100.0], "linear")],
)
def test_the_axis_is_logarithmic_where_positive_values_span_decades(ax, values, scale):
    theory(ax, X, values)
    assert log_where_wide(ax, "y").get_yscale() == scale


def test_on_a_logarithmic_axis_a_line_ends_where_it_vanishes(ax):
    curve(ax, X, [Estimate.exact(1.0), Estimate.exact(1e-3), Estimate.exact(0.0)])
    log_where_wide(ax)
    assert np.isnan(ax.lines[0].get_ydata()).tolist() == [False, False, True]
    assert ax.get_xscale() == "linear"


def test_what_does_not_fit_is_refused(ax):
    with pytest.raises(ParameterError, match="x must have as many places as there are values"):
        curve(ax, X[:2], VALUES)
    with pytest.raises(UnknownNameError, match="which"):
        log_where_wide(ax, "z")
