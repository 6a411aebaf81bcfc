"""Sliders of the notebooks: moved as a hand would move them, and what is left without ipywidgets.

Oracles: the values that the drawing function is called with, and the pictures that come of them.
"""

from __future__ import annotations

import base64
import sys

import matplotlib as mpl
import numpy as np
import pytest

from experiments.notebooks.interactive import Slider, sliding
from qnet.errors import ParameterError


@pytest.fixture
def drawn(monkeypatch):
    """A drawing of a level, and the values that it was called with."""
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    calls = []

    def draw(level, shift):
        calls.append((level, shift))
        plt.subplots(figsize=(2, 1))[1].bar([shift], [level])

    yield draw, calls
    assert plt.get_fignums() == []


SLIDERS = {
    "level": Slider("level / dB", 0, 2, start=0.45, steps=20),
    "shift": Slider("shift", 1, 100, steps=2, is_log=True),
}


def picture(figure):
    bundle = figure._repr_mimebundle_()
    return bundle, base64.b64decode(bundle["image/png"])


def test_moving_a_slider_draws_the_figure_anew(drawn):
    """Oracle: the same function, drawn at the new place by itself."""
    pytest.importorskip("ipywidgets")
    draw, calls = drawn
    figure = sliding(draw, **SLIDERS)
    bundle, first = picture(figure)
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert calls == [(0.4, 10.0)]
    level, shift, shown = figure.widget.children
    assert (level.description, shift.description) == ("level / dB", "shift")
    level.value, shift.value = 1.5, 100.0
    assert calls == [(0.4, 10.0), (1.5, 10.0), (1.5, 100.0)]
    assert bytes(shown.value) != first
    alone = sliding(draw, level=Slider("", 1, 2), shift=Slider("", 50, 150))
    assert alone.png == bytes(shown.value)
    # What a saved file keeps is the picture as it was last.
    assert picture(figure)[1] == bytes(shown.value)
    assert repr(figure) == "figure with sliders: level = 1.5, shift = 100"


def test_without_ipywidgets_there_is_the_figure_and_a_sentence(drawn, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    draw, calls = drawn
    figure = sliding(draw, **SLIDERS)
    assert capsys.readouterr().out.count("pip install 'qnet-emulator[notebooks]'") == 1
    bundle, png = picture(figure)
    assert set(bundle) == {"text/plain", "image/png"}
    assert png.startswith(b"\x89PNG")
    assert calls == [(0.4, 10.0)]


def test_places_go_from_one_end_to_the_other():
    """Oracle: NumPy's own spacings."""
    np.testing.assert_allclose(Slider("", -1, 1, steps=8).places, np.linspace(-1, 1, 9))
    factors = Slider("", 5, 500, steps=10, is_log=True)
    np.testing.assert_allclose(factors.places, np.geomspace(5, 500, 11), rtol=1e-5)
    assert factors.begin == factors.places[5]


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("low", {"low": float("nan"), "high": 1}),
        ("low", {"low": 0, "high": 1, "is_log": True}),
        ("high", {"low": 2, "high": 2}),
        ("steps", {"low": 0, "high": 1, "steps": 0}),
        ("start", {"low": 0, "high": 1, "start": 1.5}),
    ],
)
def test_a_slider_that_cannot_move_is_refused(field, given):
    with pytest.raises(ParameterError, match=f"^{field} must"):
        Slider("x", **given)


def test_a_figure_without_sliders_is_refused():
    with pytest.raises(ParameterError, match="sliders must be one or more"):
        sliding(print)
