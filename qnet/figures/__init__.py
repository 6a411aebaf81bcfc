"""Figures: space-time diagrams, animations, circuits, maps and curves; readable in grey."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from qnet.figures.animation import (
        SpaceTimeAnimation as SpaceTimeAnimation,
        animate_space_time as animate_space_time,
    )
    from qnet.figures.circuit import draw_circuit as draw_circuit
    from qnet.figures.curves import (
        bound as bound,
        curve as curve,
        is_empty as is_empty,
        log_where_wide as log_where_wide,
        plain_numbers as plain_numbers,
        points as points,
        say_empty as say_empty,
        theory as theory,
    )
    from qnet.figures.demand_picture import draw_demands as draw_demands
    from qnet.figures.load_map import load_map as load_map
    from qnet.figures.media import (
        MEDIA as MEDIA,
        Medium as Medium,
        figure_for as figure_for,
        finish as finish,
    )
    from qnet.figures.network_map import chain_map as chain_map, network_map as network_map
    from qnet.figures.noise_spectrum import noise_spectrum as noise_spectrum
    from qnet.figures.power_curve import power_curve as power_curve
    from qnet.figures.result_picture import draw_result as draw_result
    from qnet.figures.satellite_pass import (
        key_per_pass as key_per_pass,
        loss_waterfall as loss_waterfall,
        pass_profile as pass_profile,
    )
    from qnet.figures.sky_map import sky_map as sky_map
    from qnet.figures.spacetime import space_time_diagram as space_time_diagram
    from qnet.figures.station_circuits import (
        draw_station_circuits as draw_station_circuits,
        station_circuits as station_circuits,
    )
    from qnet.figures.style import style as style
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
