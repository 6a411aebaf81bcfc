"""Key rates of hops: a law by length, or the key-rate model of a file at the hop's length."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from protocols.key_networks.edge_rates import rates_by_length, read_beside
from protocols.key_networks.tables import KeyLink
from protocols.key_rates.scenario import read_rate
from protocols.planning.technologies.line import WantedLine
from qnet.coexistence import Coexistence
from qnet.estimate import Estimate
from qnet.metrics.security import SecurityClaim
from qnet.schema import missing, parse

if TYPE_CHECKING:
    from protocols.planning.technologies.tables import TechnologyTable

__all__ = ["LAW_UNKNOWN", "KeyRateOfHop", "file_rates", "hop_rates", "law_rate"]

#: Tables of a file that say what else is done with it.
_BESIDE = ("sweep", "optimize")

#: Why bits of a rate law claim nothing.
LAW_UNKNOWN = "the rate was given as a law: nothing is known of where its bits come from"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRateOfHop:
    """What a pair of devices makes over a hop.

    Args:
        rate_hz: Secret bits per second.
        security: What they claim; where there are none, why.
        notes: Sentences on where the rate comes from.
    """

    rate_hz: Estimate
    security: SecurityClaim
    notes: tuple[str, ...] = ()


def hop_rates(technology: TechnologyTable, line: WantedLine) -> Callable[[float], KeyRateOfHop]:
    """The rate of a pair of devices by the length of a hop, from a technology's law or file.

    Args:
        technology: The technology.
        line: The line that the hops are parts of, for folder and messages.

    Raises:
        ParameterError: If there is neither; by the function, if the file gives no rate.
    """
    if technology.rate_hz_at_0_km is not None:
        return partial(law_rate, technology)
    if technology.keyrate is None:
        error = missing(f"{line.place}.rate_hz_at_0_km", 1e6)
        error.hint += f", or keyrate: the span {line.name} has no key_rate_hz of its own"
        raise error
    return file_rates(technology, line)


def law_rate(
    technology: TechnologyTable, length_km: float, decades_per_decibel: float = 0.1
) -> KeyRateOfHop:
    """The rate of a law, ``R0 10^(-loss km/10)``.

    Args:
        technology: The technology; it has ``rate_hz_at_0_km``.
        length_km: Length.
        decades_per_decibel: 1/10, or 1/20 where the rate falls as the square root.
    """
    decibels = technology.loss * length_km
    rate = (technology.rate_hz_at_0_km or 0.0) * 10.0 ** (-decibels * decades_per_decibel)
    note = f"rate law: {technology.rate_hz_at_0_km:g} bit/s at 0 km, {technology.loss:g} dB/km"
    if decades_per_decibel != 0.1:
        note += ", of which half counts"
    return KeyRateOfHop(
        rate_hz=Estimate.exact(rate), security=SecurityClaim.none(LAW_UNKNOWN), notes=(note,)
    )


def file_rates(technology: TechnologyTable, line: WantedLine) -> Callable[[float], KeyRateOfHop]:
    """The rate of the file of a key rate by length, as an edge of a key network has it.

    Args:
        technology: The technology; it has a file of a key rate.
        line: The line that the hops are parts of.

    Raises:
        ParameterError: If the file gives no rate; the message names the file and the span.
        EngineError: By the function, if a proof takes a solver that is not installed.
    """
    fibre = {}
    if technology.loss_db_per_km is not None:
        fibre["loss_db_per_km"] = technology.loss_db_per_km
    rates = rates_by_length(
        KeyLink(keyrate=technology.keyrate),
        line.ends,
        fibre,
        technology.coexistence,
        folder=line.folder,
        place=line.place,
    )
    shared = shared_note(technology, line)

    def rate(length_km: float) -> KeyRateOfHop:
        found = rates(length_km)
        return KeyRateOfHop(
            rate_hz=Estimate.exact(found.fill.rate_hz),
            security=found.security,
            notes=(f"key rate of {technology.keyrate} over {length_km:g} km", *shared),
        )

    return rate


def shared_note(technology: TechnologyTable, line: WantedLine) -> tuple[str, ...]:
    """A sentence on the wavelengths of a fibre that carries classical channels as well.

    Args:
        technology: The technology; it has a file of a key rate.
        line: The line, for the folder.
    """
    beside = technology.coexistence
    if beside is None:
        text, name, _ = read_beside(technology.keyrate or "", line.folder, line.place)
        beside = _channels_of(text, name)
    if beside is None:
        return ()
    waves = ", ".join(f"{each.wavelength_nm:g}" for each in beside.channels)
    quantum = f"the quantum channel at {beside.quantum_wavelength_nm:g} nm"
    return (f"shared fibre: {quantum} beside classical channels at {waves} nm",)


@lru_cache(maxsize=64)
def _channels_of(text: str, name: str) -> Coexistence | None:
    """Classical channels that the file of a key rate has itself."""
    values = {key: each for key, each in parse(text).items() if key not in _BESIDE}
    if "coexistence" not in values:
        return None
    found: Coexistence | None = getattr(read_rate(values, name)[0], "coexistence", None)
    return found
