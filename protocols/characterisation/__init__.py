"""Characterisation: pairs, swaps, memories, heralds and gates of a device out of its counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from protocols.characterisation.counts_file import (
        CountsFile as CountsFile,
        estimate as estimate,
        parse_counts as parse_counts,
        read_counts as read_counts,
    )
    from protocols.characterisation.counts_table import counts_of_csv as counts_of_csv
    from protocols.characterisation.estimators import (
        ESTIMATORS as ESTIMATORS,
        Estimator as Estimator,
        estimator_of as estimator_of,
    )
    from protocols.characterisation.measured import (
        Characterised as Characterised,
        DrawnParameter as DrawnParameter,
        EstimationSettings as EstimationSettings,
        MeasuredValue as MeasuredValue,
    )
    from protocols.characterisation.measured_chain import (
        DeviceParameters as DeviceParameters,
        PlayedDevice as PlayedDevice,
        measured_chain as measured_chain,
        play_device as play_device,
    )
    from protocols.characterisation.pair_counts import PairCounts as PairCounts
    from protocols.characterisation.readout import QubitReadout as QubitReadout
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
