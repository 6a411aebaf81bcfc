"""Key rates as functions, each with its source: one file per analysis.

Every function returns a `KeyRate`: the rate, the figures on the way to it, and a sentence when
there is no key. Rates are per pulse sent (or pair of pulses, or pump pulse), per symbol, or per
sifted bit, as the name of the rate says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from protocols.key_rates.accept import (
        FixedDecoyKey as FixedDecoyKey,
        FixedLength as FixedLength,
        fixed_decoy_key as fixed_decoy_key,
        fixed_tomamichel2012 as fixed_tomamichel2012,
    )
    from protocols.key_rates.asymptotic import endless_block as endless_block
    from protocols.key_rates.bbm92_spdc import bbm92_spdc as bbm92_spdc
    from protocols.key_rates.channel import (
        AfterpulsingChannel as AfterpulsingChannel,
        BackgroundChannel as BackgroundChannel,
        PulseChannel as PulseChannel,
        channel_of as channel_of,
    )
    from protocols.key_rates.coin import (
        coin_imbalance as coin_imbalance,
        coin_phase_error as coin_phase_error,
        isolation_db as isolation_db,
    )
    from protocols.key_rates.cv_receiver import (
        HomodyneReceiver as HomodyneReceiver,
        hiding_calibration as hiding_calibration,
        receiver_gg02 as receiver_gg02,
        seen_channel as seen_channel,
    )
    from protocols.key_rates.decoy import (
        infinite_decoy as infinite_decoy,
        no_decoy as no_decoy,
        one_decoy as one_decoy,
        optimal_signal_intensity as optimal_signal_intensity,
        vacuum_weak as vacuum_weak,
    )
    from protocols.key_rates.discrimination import (
        coherent_overlap as coherent_overlap,
        unambiguous_discrimination as unambiguous_discrimination,
    )
    from protocols.key_rates.entangled import (
        bb84 as bb84,
        device_independent as device_independent,
        six_state as six_state,
        threshold as threshold,
    )
    from protocols.key_rates.finite_size import (
        BasisCounts as BasisCounts,
        DecoySettings as DecoySettings,
        Security as Security,
        expected_counts as expected_counts,
    )
    from protocols.key_rates.flawed_states import (
        flawed_angles as flawed_angles,
        loss_tolerant_phase_error as loss_tolerant_phase_error,
        remapped_error as remapped_error,
    )
    from protocols.key_rates.gg02 import (
        GG02 as GG02,
        gg02 as gg02,
        holevo_bound as holevo_bound,
        mutual_information as mutual_information,
    )
    from protocols.key_rates.gg02_emulation import (
        ChannelEstimate as ChannelEstimate,
        ChannelRegion as ChannelRegion,
        draw_quadratures as draw_quadratures,
        estimate_channel as estimate_channel,
        finite_gg02 as finite_gg02,
    )
    from protocols.key_rates.intensities import (
        SeededChannel as SeededChannel,
        interval_decoy as interval_decoy,
        least_single_photon_yield as least_single_photon_yield,
        most_single_photon_errors as most_single_photon_errors,
    )
    from protocols.key_rates.lim2014 import (
        lim2014 as lim2014,
        lim2014_length as lim2014_length,
    )
    from protocols.key_rates.mdi import mdi as mdi
    from protocols.key_rates.optimised import (
        MODELS as MODELS,
        OptimalParameters as OptimalParameters,
        optimised as optimised,
    )
    from protocols.key_rates.qpsk import QPSK as QPSK, qpsk as qpsk
    from protocols.key_rates.real_device import (
        QubitDevice as QubitDevice,
        real_bb84 as real_bb84,
    )
    from protocols.key_rates.result import KeyRate as KeyRate
    from protocols.key_rates.rusca2018 import (
        rusca2018 as rusca2018,
        rusca2018_length as rusca2018_length,
    )
    from protocols.key_rates.tomamichel2012 import tomamichel2012 as tomamichel2012
    from protocols.key_rates.twin_field import (
        optimal_twin_field as optimal_twin_field,
        twin_field as twin_field,
    )
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
