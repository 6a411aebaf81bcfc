"""Key rates as functions, each with its source: one file per analysis.

Every function returns a `KeyRate`: the rate, the figures on the way to it, and a sentence when
there is no key. Rates are per pulse sent (or pair of pulses, or pump pulse), per symbol, or per
sifted bit, as the name of the rate says.
"""

from protocols.key_rates.accept import (
    FixedDecoyKey,
    FixedLength,
    fixed_decoy_key,
    fixed_tomamichel2012,
)
from protocols.key_rates.asymptotic import endless_block
from protocols.key_rates.bbm92_spdc import bbm92_spdc
from protocols.key_rates.channel import (
    AfterpulsingChannel,
    BackgroundChannel,
    PulseChannel,
    channel_of,
)
from protocols.key_rates.decoy import (
    infinite_decoy,
    no_decoy,
    one_decoy,
    optimal_signal_intensity,
    vacuum_weak,
)
from protocols.key_rates.entangled import bb84, device_independent, six_state, threshold
from protocols.key_rates.finite_size import BasisCounts, DecoySettings, Security, expected_counts
from protocols.key_rates.gg02 import GG02, gg02, holevo_bound, mutual_information
from protocols.key_rates.gg02_emulation import (
    ChannelEstimate,
    ChannelRegion,
    draw_quadratures,
    estimate_channel,
    finite_gg02,
)
from protocols.key_rates.lim2014 import lim2014, lim2014_length
from protocols.key_rates.mdi import mdi
from protocols.key_rates.optimised import MODELS, OptimalParameters, optimised
from protocols.key_rates.result import KeyRate
from protocols.key_rates.rusca2018 import rusca2018, rusca2018_length
from protocols.key_rates.tomamichel2012 import tomamichel2012
from protocols.key_rates.twin_field import optimal_twin_field, twin_field

__all__ = [
    "GG02",
    "MODELS",
    "AfterpulsingChannel",
    "BackgroundChannel",
    "BasisCounts",
    "ChannelEstimate",
    "ChannelRegion",
    "DecoySettings",
    "FixedDecoyKey",
    "FixedLength",
    "KeyRate",
    "OptimalParameters",
    "PulseChannel",
    "Security",
    "bb84",
    "bbm92_spdc",
    "channel_of",
    "device_independent",
    "draw_quadratures",
    "endless_block",
    "estimate_channel",
    "expected_counts",
    "finite_gg02",
    "fixed_decoy_key",
    "fixed_tomamichel2012",
    "gg02",
    "holevo_bound",
    "infinite_decoy",
    "lim2014",
    "lim2014_length",
    "mdi",
    "mutual_information",
    "no_decoy",
    "one_decoy",
    "optimal_signal_intensity",
    "optimal_twin_field",
    "optimised",
    "rusca2018",
    "rusca2018_length",
    "six_state",
    "threshold",
    "tomamichel2012",
    "twin_field",
    "vacuum_weak",
]
