"""Technologies of a plan as a scenario describes them: [[technology]]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qnet.errors import ParameterError, check_non_negative, check_positive
from qnet.schema import Description, check_fields, key

__all__ = ["KINDS_OF_TECHNOLOGY", "AvailabilityTable", "TechnologyTable"]

#: Kinds of technology.
KINDS_OF_TECHNOLOGY = ("trusted-nodes", "repeater", "satellite", "twin-field")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AvailabilityTable(Description):
    """How often a hop fails, and how long its repair takes: availability of a technology.

    Args:
        mtbf_h: Mean time between failures in h.
        mttr_h: Mean time to repair in h.
    """

    mtbf_h: float = key(example=8760.0, check=check_positive)
    mttr_h: float = key(example=12.0, check=check_non_negative)


@dataclass(frozen=True, kw_only=True, repr=False)
class TechnologyTable(Description):
    """A way to join two sites: [[technology]].

    Args:
        name: What it is called in the plan.
        kind: What joins the sites.
        keyrate: File of a key rate, taken at the length of each hop.
        satellite: File of a satellite.
        chain: File of a repeater chain.
        key_rate_hz: Secret bits per second outright.
        rate_hz_at_0_km: Secret bits per second of a pair of devices side by side.
        loss_db_per_km: Loss with which the rate falls.
        node_cost: Cost of a node; assumed unless given.
        pair_cost: Cost of a pair of devices; assumed unless given.
        maximum_hop_km: Longest hop of a line.
        availability: How often a hop fails.
    """

    name: str = key(example="trusted-fibre")
    kind: str = key("trusted-nodes", choices=KINDS_OF_TECHNOLOGY)
    keyrate: str | None = key(None, example="decoy.toml")
    satellite: str | None = key(None, example="satellite.toml")
    chain: str | None = key(None, example="chain.toml")
    key_rate_hz: float | None = key(None, check=check_non_negative, example=1e3)
    rate_hz_at_0_km: float | None = key(None, check=check_positive, example=1e6)
    loss_db_per_km: float | None = key(None, check=check_positive, example=0.2)
    node_cost: float = key(100.0, check=check_non_negative)
    pair_cost: float = key(50.0, check=check_non_negative)
    maximum_hop_km: float | None = key(None, check=check_positive, example=120.0)
    availability: AvailabilityTable | None = key(None, inline=True)

    def __post_init__(self) -> None:
        check_fields(self)
        if (self.rate_hz_at_0_km is None) != (self.loss_db_per_km is None):
            name = "loss_db_per_km" if self.loss_db_per_km is None else "rate_hz_at_0_km"
            other: Any = self.rate_hz_at_0_km or self.loss_db_per_km
            hint = f"add {name}"
            raise ParameterError(name, "come with its other half", other, hint)
