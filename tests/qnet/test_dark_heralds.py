"""Pairs that dark counts herald are told apart from those of photons (U8)."""

from dataclasses import replace

import pytest

from experiments.cli.main import main
from protocols import nested
from qnet import Abstract, play, preset
from qnet.links import (
    Direct,
    DoubleClick,
    HeraldedAttempt,
    MidpointSource,
    SingleClick,
    scheme_of,
)

ETA, DARK = 1e-3, 1e-4


def attempt(**numbers: float) -> HeraldedAttempt:
    return HeraldedAttempt(
        **{"transmission": ETA, "attempt_time_s": 1e-5, "dark_count_probability": DARK} | numbers
    )


def test_u8_single_click_share() -> None:
    """Oracle: P-D3, .000201988898 heralds with dark counts; 2 alpha eta - (alpha eta)^2 without."""
    link = SingleClick(attempt(dark_count_probability=1e-6, visibility=0.9)).link()
    without = 2 * 0.1 * ETA - (0.1 * ETA) ** 2

    assert link.dark_herald_share == pytest.approx(1 - without / 0.000201988898, rel=2e-3)


def test_u8_direct_share() -> None:
    """Oracle: closed form; a herald is a photon, or a dark count of either of two detectors."""
    heralds = 1 - (1 - ETA) * (1 - DARK) ** 2

    assert Direct(attempt()).link().dark_herald_share == pytest.approx(1 - ETA / heralds, rel=1e-9)


def test_u8_midpoint_share() -> None:
    """Oracle: closed form; each side heralds a photon that it stores, or falsely without one."""
    p, eta = 0.02, 0.01
    link = MidpointSource(attempt(transmission=eta, pair_probability=p)).link()
    side = eta + (1 - eta) * DARK
    heralds = p * side**2 + (1 - p) * DARK**2

    assert link.dark_herald_share == pytest.approx(1 - p * eta**2 / heralds, rel=1e-6)


def test_u8_double_click_share() -> None:
    """Oracle: closed form for one excitation per node and eta << 1, V = 0 or not alike.

    In each round a detector clicks alone: by the photon of the one bright node, or by a dark count
    (of either detector, 2 d) where no photon came. Orders eta^2, 4 eta d and 4 d^2 of 1/2.
    """
    link = DoubleClick(attempt()).link()
    # Both nodes bright in one round, none in the other (probability 1/2): only dark counts fill it.
    bright_once = 0.5 * (ETA + 2 * DARK) ** 2
    both_or_none = 0.5 * (2 * ETA + 2 * DARK) * 2 * DARK
    share = 1 - 0.5 * ETA**2 / (bright_once + both_or_none)

    assert link.dark_herald_share == pytest.approx(share, rel=5e-3)


@pytest.mark.parametrize("make", [SingleClick, DoubleClick, MidpointSource, Direct])
def test_u8_limits(make) -> None:
    """Oracle: no dark counts, no share; no photons, nothing else."""
    assert make(attempt(dark_count_probability=0.0)).link().dark_herald_share == 0.0
    assert make(attempt(transmission=0.0)).link().dark_herald_share == 1.0
    assert (
        make(attempt(transmission=0.0, dark_count_probability=0.0)).link().dark_herald_share == 0.0
    )


def test_u8_results_say_it() -> None:
    """Oracle: the stated limit of 1 %, on either side of it."""
    dark = scheme_of(preset("nv-2019"), 10.0).link()
    few = replace(dark, dark_herald_share=0.0099)
    result = play(dark, shots=10, seed=1)

    (note,) = result.notes
    assert note.startswith(f"{100 * dark.dark_herald_share:.3g} % of the heralds of a link come by")
    assert play(nested([few, dark]), shots=10, seed=1).notes[0].startswith("0.99 to 81.9 % of")
    assert play(replace(dark, success_probability=0.5), engine="exact").notes == result.notes
    assert play(few, shots=10, seed=1).notes == ()
    assert play(Abstract(success_probability=0.5).link(), shots=10, seed=1).notes == ()


def test_u8_the_share_is_no_part_of_a_links_identity() -> None:
    """Oracle: links that play alike are equal; copies keep what is said of them."""
    dark = scheme_of(preset("nv-2019"), 10.0).link()

    assert replace(dark, dark_herald_share=0.0) == dark
    assert "dark_herald_share" not in repr(dark)
    assert replace(dark, modes=4).dark_herald_share == dark.dark_herald_share


def test_u8_qnet_run_says_it(tmp_path, capsys) -> None:
    """Oracle: the words, in text and JSON."""
    file = tmp_path / "far.toml"
    text = '[chain]\nsegments = 2\nlength_km = 20\n[link]\npreset = "nv-2019"\n'
    file.write_text('kind = "chain"\nshots = 20\n' + text)

    assert main(["run", str(file)]) == 0
    assert "81.9 % of the heralds of a link come by dark counts" in capsys.readouterr().out
    assert main(["run", str(file), "--json"]) == 0
    assert "81.9 % of the heralds of a link come by dark counts" in capsys.readouterr().out
