"""Pictures of a satellite mission: sky map, one pass over time, link budget, key of each pass."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from protocols.satellite.mission import SatelliteResult
from protocols.satellite.overpasses import Overpass, Overpasses, find_overpasses
from protocols.satellite.slots import SlotTable
from qnet.errors import ParameterError
from qnet.space import LookAngles, look

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from protocols.satellite.scenario import SatelliteScenario

__all__ = ["mission_pictures"]

#: More tracks than this hide one another in a sky map.
_MOST_TRACKS = 60

#: Least time in s over which keys are drawn.
_LEAST_S = 7200.0

#: Points on a track.
_POINTS = 91


def mission_pictures(scenario: SatelliteScenario, *, chosen: int | None = None) -> Figure:
    """The sky map of a mission, its best pass, that pass's link budget, and the key of all passes.

    A scenario without ``[optics]`` has the sky map alone, one in SatQuMA's geometry all but it.

    Args:
        scenario: The mission.
        chosen: Number of the pass that is looked at, from 0 as in the passes that are reported;
            that of the least loss (without ``[optics]`` the highest), unless given.

    Raises:
        ParameterError: If there is no pass, or none of that number.

    Examples:
        >>> import qnet
        >>> scenario = qnet.load("experiments/scenarios/satellite/satquma.toml")
        >>> len(mission_pictures(scenario).axes)
        5
    """
    # Local import: Matplotlib takes long to load.
    from matplotlib.figure import Figure

    if scenario.optics is None:
        found = find_overpasses(scenario.orbit, scenario.station, scenario.period)
        highest = [each.seen.maximum_elevation_deg for each in found.passes]
        number = _number(chosen, highest, found.reason)
        figure = Figure(figsize=(6.0, 6.5), layout="constrained")
        _sky(figure.subplots(subplot_kw={"polar": True}), found, found.passes[number])
        figure.suptitle(scenario.name, parse_math=False)
        return figure
    result = scenario.play(engine="exact" if scenario.engine else None)
    number = _number(chosen, -result.slots.loss_db, result.reason)
    figure = Figure(figsize=(12.0, 9.5), layout="constrained")
    grid = figure.add_gridspec(2, 2, width_ratios=(1.0, 1.3), height_ratios=(1.15, 1.0))
    one, title, top = _only(result.slots, number), f"{scenario.name}: pass {number}", grid[0, :]
    if result.found is not None:
        _sky(figure.add_subplot(grid[0, 0], polar=True), result.found, _track(result, number))
        title += f", {(one.passes[0].start or '')[:19].replace('T', ' ')} UTC"
        top = grid[0, 1]
    rows = top.subgridspec(3, 1)
    _profile([figure.add_subplot(rows[k, 0]) for k in range(3)], result, one)
    _budget(figure.add_subplot(grid[1, 0]), scenario, one)
    _keys(figure.add_subplot(grid[1, 1]), result)
    figure.suptitle(title, parse_math=False)
    return figure


def _number(chosen: int | None, worth: Any, reason: str) -> int:  # noqa: ANN401 - numbers
    """The pass that is looked at."""
    if not len(worth):
        hint = "qnet passes says when the satellite is seen"
        raise ParameterError("period", "have a pass to be drawn", reason or "none", hint)
    if chosen is None:
        return int(np.argmax(worth))
    if chosen >= len(worth):
        hint = "qnet run FILE --json lists them"
        raise ParameterError("--pass", f"be below {len(worth)}", chosen, hint)
    return chosen


def _track(result: SatelliteResult, number: int) -> Overpass:
    """The overpass over the first station of a pass that makes key."""
    flight, found = result.slots.passes[number], result.found
    passes = () if found is None else found.passes
    return next(
        each
        for each in passes
        if (each.seen.satellite, each.seen.station) == (flight.satellite, flight.stations[0])
        and each.seen.rise_s <= flight.middle_s <= each.seen.set_s
    )


def _sky(ax: Any, found: Overpasses, chosen: Overpass) -> None:  # noqa: ANN401 - PolarAxes
    """The sky of the station of a pass, with the passes around it in time."""
    from qnet.figures import sky_map

    here = [each for each in found.passes if each.seen.station == chosen.seen.station]
    first = max(0, min(here.index(chosen) - _MOST_TRACKS // 2, len(here) - _MOST_TRACKS))
    shown = here[first : first + _MOST_TRACKS]
    looks, usable = zip(*(_seen(found, each) for each in shown), strict=True)
    mask = found.period.minimum_elevation_deg
    number = shown.index(chosen)
    sky_map(ax, looks, usable=usable, chosen=number, minimum_elevation_deg=mask)
    some = f"{len(shown)} of {len(here)}" if len(shown) < len(here) else f"{len(here)}"
    name = found.stations[chosen.seen.station].name
    ax.set_title(f"sky over {name}, {some} pass{'es' * (len(here) > 1)}", parse_math=False)


def _seen(found: Overpasses, each: Overpass) -> tuple[LookAngles, np.ndarray]:
    """The track of a pass, and at which of its points it can be used."""
    times = np.linspace(each.seen.rise_s, each.seen.set_s, _POINTS)
    period = found.period
    seen = look(
        found.orbits[each.seen.satellite],
        found.stations[each.seen.station],
        times,
        sidereal_deg=period.sidereal_deg,
        earth=period.earth,
    )
    starts, ends = each.usable_s.T
    return seen, np.any((times[:, None] >= starts) & (times[:, None] <= ends), axis=1)


def _only(slots: SlotTable, number: int) -> SlotTable:
    """The slots of one pass."""
    place = np.arange(len(slots.time_s))
    return slots.where((slots.offsets[number] <= place) & (place < slots.offsets[number + 1]))


def _profile(axes: list[Any], result: SatelliteResult, one: SlotTable) -> None:
    """Elevation, loss and rate over the time of a pass."""
    from qnet.figures import pass_profile

    flight = one.passes[0]
    rates = result.rule.sifted_bits(result.rule.counts(one)) / one.width_s
    with np.errstate(divide="ignore"):
        losses = -10.0 * np.log10(one.transmission)
    stations = () if result.found is None else result.found.stations
    names = [stations[k].name for k in flight.stations] if stations else ["OGS"]
    pass_profile(
        axes,
        one.time_s - flight.middle_s,
        elevation_deg=one.elevation_deg,
        loss_db=losses,
        rate_hz=rates,
        names=names,
    )
    axes[0].set_title("the pass, under a clear sky")


def _budget(ax: Any, scenario: SatelliteScenario, one: SlotTable) -> None:  # noqa: ANN401
    """The budget of the link to the first station, where it is best and where it is worst."""
    from qnet.figures import loss_waterfall

    light, found = scenario.light, {}
    level, distance = one.elevation_deg[:, 0], one.range_km[:, 0]
    for row in dict.fromkeys((int(np.argmax(level)), int(np.argmin(level)))):
        budget = light.budget(level[row], distance[row]).factors()
        name = f"{level[row]:.0f}° high, {distance[row]:.0f} km away"
        found[name] = {factor: float(loss) for factor, loss in budget.items()}
    loss_waterfall(ax, found)
    station = scenario.station[one.passes[0].stations[0]].name if scenario.station else "OGS"
    ax.set_title(f"link budget to {station}", parse_math=False)


def _keys(ax: Any, result: SatelliteResult) -> None:  # noqa: ANN401
    """Key of each pass, or what each brings to blocks and the key of these."""
    from qnet.figures import key_per_pass

    passes, found = result.slots.passes, result.found

    def dates(times_s: list[float]) -> list[Any]:
        if found is None:
            return [float(k) for k in range(len(times_s))]
        return [found.begin + timedelta(seconds=time) for time in times_s]

    when = dates([flight.middle_s for flight in passes])
    if result.policy == "pass":
        bits = np.zeros(len(passes))
        for block in result.blocks:
            bits[block.passes[0]] = block.secret_bits
        drawn, clear = result.sampled, "secret bits of a pass"
        mean = None if drawn is None else drawn.bits.mean(axis=0)
        label = clear if mean is None else f"{clear}, clear sky"
        key_per_pass(ax, when, bits, mean_bits=mean, label=label)
    else:
        key_per_pass(
            ax,
            when,
            result.rule.sifted_bits(result.counts),
            block_dates=[when[block.passes[-1]] for block in result.blocks],
            block_bits=[block.secret_bits for block in result.blocks],
            label="sifted bits of a pass",
        )
    if found is None:
        ax.set_xlabel("pass")
        ax.set_xlim(-0.5, len(passes) - 0.5)
        ax.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    else:
        ax.set_xlim(*dates([0.0, max(found.period.duration_s, _LEAST_S)]))
        _date_axis(ax)
    ax.set_title("key of all passes")


def _date_axis(ax: Any) -> None:  # noqa: ANN401
    """Write dates as short as they can be told apart."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    places = AutoDateLocator(maxticks=7)
    ax.xaxis.set_major_locator(places)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(places))
