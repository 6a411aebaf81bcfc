"""Animated space-time diagrams: what is drawn when, told from the records alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from protocols import nested, pumped, recurrence, sequential, swap_asap
from qnet import Gates, Link, Multiplex, ParameterError, Station, timeline
from qnet.engines.timeline import PairRecord
from qnet.figures import animate_space_time
from qnet.states import werner

GATES = Gates(readout_time_s=2e-4)
STATION = Station(gates=GATES)
LINK = Link(success_probability=0.2, attempt_time_s=1e-3, state=werner(0.95), length_km=100.0)
NEAR, FAR = replace(LINK, length_km=40.0), replace(LINK, length_km=120.0)

PLANS = {
    "link": LINK,
    "nested": nested([LINK] * 4),
    "nested, late": nested([LINK] * 4, stations=STATION, classical_latency=True),
    "asap": swap_asap([LINK] * 5),
    "asap, late": swap_asap([NEAR, FAR] * 2, stations=STATION, classical_latency=True),
    "sequential": sequential([LINK] * 3, classical_latency=True),
    "multiplexed": nested([Multiplex(pair=LINK, copies=3)] * 2, classical_latency=True),
    "distilled": nested([recurrence(LINK, rounds=2)] * 2),
    "distilled, late": swap_asap(
        [recurrence(LINK, gates=GATES, classical_latency=True)] * 3, classical_latency=True
    ),
    "selected": recurrence(LINK, scheme="double-selection", gates=GATES, classical_latency=True),
    "pumped": pumped(LINK, steps=3, gates=GATES, classical_latency=True),
}


def record(pair, step, nodes, times, attempts=None, made_of=()):
    """A pair with both qubits used at once; times in ms."""
    begun, ready, until = (time * 1e-3 for time in times)
    return PairRecord(
        pair=pair, step=step, left_node=nodes[0], right_node=nodes[1], begun_s=begun,
        ready_s=ready, left_until_s=until, right_until_s=until, attempts=attempts, made_of=made_of,
    )  # fmt: skip


#: Two segments: pairs after 2 and 4 attempts of 1 ms, a swap of no duration.
TWO = (
    record("0.0", "link", (0, 1), (0, 2, 4), attempts=2),
    record("0.1", "link", (1, 2), (0, 4, 4), attempts=4),
    record("0", "swap", (0, 2), (0, 4, 4), made_of=("0.0", "0.1")),
)


def visible(animation, kind):
    """The visible artists of this kind on the chain, by what follows the kind in their gid."""
    return {
        line.get_gid().removeprefix(kind).strip(): line
        for line in animation.stage.ax.lines
        if line.get_visible() and (line.get_gid() or "").split(" ")[0] == kind
    }


def at(animation, time_s):
    """Show any moment, also one between two frames."""
    animation.times_s = np.array([time_s, np.inf])
    animation.show(0)
    return animation


def sentences(animation):
    texts = [text for axes in animation.figure.axes for text in axes.texts]
    return [t.get_text() for t in texts if t.get_gid() == "sentence" and t.get_text()]


@pytest.fixture(scope="module", params=PLANS, ids=list(PLANS))
def played(request):
    plan = PLANS[request.param]
    records = timeline(plan, seed=5)
    return records, animate_space_time(records, plan=plan, frames=60)


def test_pairs_are_drawn_as_long_as_the_records_say(played):
    """Oracle: the times of the records, read one by one."""
    records, animation = played
    *parts, last = records
    for time_s in np.linspace(records[0].begun_s, last.ready_s, 61)[:-1] + 1e-9:
        at(animation, time_s)
        there = {
            r.pair for r in parts if r.ready_s <= time_s < min(r.left_until_s, r.right_until_s)
        }
        drawn = {name for name in visible(animation, "pair") if "+" not in name}
        # A pair that is being pumped has the name of what it will be.
        assert drawn - {last.pair} == there
        if last.step != "pump":
            assert last.pair not in drawn


def test_every_qubit_is_entangled_with_one_other(played):
    """Oracle: monogamy; the ends of all arcs are the occupied memories, each of them once."""
    records, animation = played
    for time_s in np.linspace(records[0].begun_s, records[-1].ready_s, 61) + 1e-9:
        at(animation, time_s)
        arcs = [*visible(animation, "pair").values(), *visible(animation, "awaited").values()]
        ends = [(x[k], y[k]) for x, y in (arc.get_data() for arc in arcs) for k in (0, -1)]
        qubits = [line.get_xydata()[0] for line in visible(animation, "qubit").values()]
        assert len(ends) == len(qubits)
        assert np.allclose(sorted(ends), sorted(map(tuple, qubits)), atol=1e-12)


def test_the_last_frame_shows_the_delivered_pair_alone():
    """Oracle: the end of any history is one pair between the ends of the chain."""
    for plan in PLANS.values():
        animation = animate_space_time(timeline(plan, seed=5), plan=plan, frames=3)
        animation.show(-1)
        assert list(visible(animation, "pair")) == ["0"]
        assert len(visible(animation, "qubit")) == 2
        for nothing in ("awaited", "message", "swap", "distillation", "attempts"):
            assert not visible(animation, nothing)
        assert sentences(animation)[0] == "Alice and Bob hold their pair"


def test_outcomes_run_at_the_speed_of_light_and_pairs_wait_for_them():
    """Oracle: 40 and 120 km at 200 km/ms: 0.2 ms to Alice, 0.6 ms to Bob, after 4 ms."""
    plan = nested([NEAR, FAR], classical_latency=True)
    late = (*TWO[:2], replace(TWO[2], ready_s=4.6e-3, left_until_s=4.6e-3, right_until_s=4.6e-3))
    animation = animate_space_time(late, plan=plan, frames=10)
    at(animation, 4.1e-3)
    # The station lies at a quarter of the way, and the map is to scale.
    x = sorted(line.get_xdata()[0] for line in _messages(animation))
    assert x == pytest.approx([0.125, 0.25 + 0.75 / 6])
    assert list(visible(animation, "awaited")) == ["0"]
    assert not visible(animation, "pair")
    (bob,) = _messages(at(animation, 4.4e-3))
    assert bob.get_xdata()[0] == pytest.approx(0.25 + 0.75 * 4 / 6)
    assert sentences(animation)[0] == "station 1 swaps; its outcome travels to Alice and Bob"
    at(animation, 4.6e-3)
    assert list(visible(animation, "pair")) == ["0"]
    assert not _messages(animation)


def _messages(animation):
    lines = animation.stage.ax.lines
    return [line for line in lines if line.get_gid() == "message" and line.get_visible()]


def test_a_kept_pair_waits_for_every_verdict():
    """Oracle: a verdict takes a readout of 0.2 ms and 100 km of fibre, 0.5 ms."""
    plan = PLANS["pumped"]
    records = timeline(plan, seed=5)
    animation = animate_space_time(records, plan=plan, frames=10)
    for spent in records[1:-1]:
        for after, kind in ((1e-5, "awaited"), (6.9e-4, "awaited"), (7.1e-4, "pair")):
            if spent.left_until_s + after < records[-1].ready_s:
                at(animation, spent.left_until_s + after)
                assert list(visible(animation, kind)) == ["0"]


def test_what_happens_is_said_when_it_happens():
    """Oracle: a history of two segments, written and told by hand."""
    animation = animate_space_time(TWO, frames=9)
    told = {
        0.0: ["all segments try to make pairs"],
        1.9: ["all segments try to make pairs"],
        2.0: ["segment 1 has a pair after 2 attempts", "all segments try to make pairs"],
        4.0: [
            "Alice and Bob hold their pair",
            "station 1 swaps",
            "segment 2 has a pair after 4 attempts",
        ],
    }
    for time_ms, expected in told.items():
        assert sentences(at(animation, time_ms * 1e-3)) == expected
    assert animation.times_s[0] == 4e-3
    clock = [t for axes in animation.figure.axes for t in axes.texts if t.get_gid() == "clock"]
    assert [text.get_text() for text in clock] == ["4.000 ms"]


def test_earlier_rounds_are_mentioned():
    """Oracle: the history by hand, begun later."""
    late = [
        replace(
            r, begun_s=r.begun_s + 1.0, ready_s=r.ready_s + 1.0,
            left_until_s=r.left_until_s + 1.0, right_until_s=r.right_until_s + 1.0,
        )
        for r in TWO
    ]  # fmt: skip
    animation = animate_space_time(late, frames=9)
    animation.show(0)
    assert sentences(animation)[-1] == "earlier rounds failed and are not shown"


def test_frames_are_even_in_time_or_in_phases():
    """Oracle: the phases of the history by hand are 0 to 2 and 2 to 4 ms, or 0 to 1 and 1 to 4."""
    assert animate_space_time(TWO, frames=5).times_s == pytest.approx([0, 1e-3, 2e-3, 3e-3, 4e-3])
    first = replace(TWO[0], ready_s=1e-3, attempts=1)
    animation = animate_space_time((first, *TWO[1:]), frames=5, time="events")
    assert animation.times_s == pytest.approx([0, 5e-4, 1e-3, 2.5e-3, 4e-3])
    axes = animation.diagram.ax
    assert "not to scale" in axes.get_xlabel()
    pixels = axes.transData.transform([(0.0, 0.0), (1.0, 0.0), (4.0, 0.0)])[:, 0]
    assert pixels[1] - pixels[0] == pytest.approx(pixels[2] - pixels[1])


def test_the_diagram_is_shown_until_now():
    """Oracle: the pixel of the present on the time axis."""
    animation = at(animate_space_time(TWO, frames=9), 1.5e-3)
    axes = animation.diagram.ax
    now = axes.transData.transform((1.5, 0.0))[0]
    shown = [line for line in axes.lines if line.get_gid() != "now"]
    assert len(shown) > 8
    assert {round(line.get_clip_box().x1, 6) for line in shown} == {round(now, 6)}
    (line,) = (line for line in axes.lines if line.get_gid() == "now")
    assert list(line.get_xdata()) == pytest.approx([1.5, 1.5])


def test_pairs_grow_lighter_as_they_wait():
    """Oracle: relative luminance of the arc, and of the qubits that were heralded earlier."""
    animation = animate_space_time(TWO, frames=9)
    weights = np.array([0.2126, 0.7152, 0.0722])
    light = [
        weights @ to_rgb(visible(at(animation, time_s), "pair")["0.0"].get_color())
        for time_s in (2.0e-3, 2.5e-3, 3.0e-3, 3.9e-3)
    ]
    assert np.all(np.diff(light) > 0.05)


def test_lengths_are_to_scale_unless_they_differ_too_much():
    """Oracle: 40 and 120 km put the station at a quarter; 1 and 120 km could not be read."""
    to_scale = animate_space_time(TWO, plan=nested([NEAR, FAR]), frames=2)
    assert to_scale.stage.places == pytest.approx([0.0, 0.25, 1.0])
    plan = nested([replace(LINK, length_km=1.0), FAR])
    not_to_scale = animate_space_time(TWO, plan=plan, frames=2)
    assert not_to_scale.stage.places == pytest.approx([0.0, 0.5, 1.0])
    for animation, said in ((to_scale, False), (not_to_scale, True)):
        texts = {text.get_text() for axes in animation.figure.axes for text in axes.texts}
        assert ("fibre not to scale" in texts) == said
        assert "120 km" in texts


def test_the_file_holds_every_frame_and_is_the_same_each_time(tmp_path):
    """Oracle: Pillow reads the file back; the first pixel of a white page is white."""
    plan = nested([LINK] * 4, classical_latency=True)
    files = [tmp_path / "a.gif", tmp_path / "b.gif"]
    for path in files:
        animation = animate_space_time(timeline(plan, seed=5), plan=plan, frames=10, seconds=1.0)
        animation.save(path)
    assert files[0].read_bytes() == files[1].read_bytes()
    assert files[0].stat().st_size < 200_000
    with Image.open(files[0]) as image:
        assert image.n_frames == 10
        assert image.size == tuple(round(100 * side) for side in animation.figure.get_size_inches())
        durations = []
        for frame in range(image.n_frames):
            image.seek(frame)
            durations.append(image.info["duration"])
            assert image.convert("RGB").getpixel((2, 2)) == (255, 255, 255)
        assert durations == [100] * 9 + [3100]
        assert image.info["loop"] == 0


def test_the_animation_plays_in_a_notebook():
    """Oracle: as many pictures in the page as frames: 4, and the last one held for 3 s more."""
    page = animate_space_time(TWO, frames=4, seconds=4.0).animation().to_jshtml()
    assert page.count("data:image/png;base64") == 4 + 3


MANY = recurrence(LINK, rounds=4)

REFUSED = {
    "no records": ([], {}, "hold at least one pair"),
    "two deliveries": ((*TWO, replace(TWO[0], pair="1")), {}, "be those of one delivery"),
    "a missing part": (TWO[1:], {}, "be those of one delivery"),
    "one frame": (TWO, {"frames": 1}, "frames must be at least 2"),
    "too many frames": (TWO, {"frames": 10**8}, "frames must be at most 500"),
    "no time": (TWO, {"seconds": 0.0}, "seconds must be positive"),
    "unknown scale": (TWO, {"time": "linar"}, "did you mean 'linear'"),
    "a long chain": (timeline(nested([LINK] * 32), seed=1), {}, "nodes must be at most 17"),
    "many copies": (timeline(MANY, seed=1), {}, "pairs side by side must be at most 8"),
}


@pytest.mark.parametrize(("records", "how", "words"), REFUSED.values(), ids=list(REFUSED))
def test_impossible_animations_are_refused(records, how, words):
    """Oracle: the list of what cannot be drawn."""
    with pytest.raises(ParameterError, match=words):
        animate_space_time(records, **how)


def test_only_gif_is_written(tmp_path):
    """Oracle: the name of the file."""
    with pytest.raises(ParameterError, match=r"path must end in \.gif"):
        animate_space_time(TWO, frames=2).save(tmp_path / "x.mp4")


def test_titles_are_texts_and_no_formulas():
    """Oracle: the title, which is no formula that can be read."""
    animation = animate_space_time(TWO, frames=2, title=r"price $x^$ in \frac{")
    assert animation.figure.get_suptitle() == r"price $x^$ in \frac{"
