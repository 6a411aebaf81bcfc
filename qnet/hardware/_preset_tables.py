"""The numbers of the presets: path -> (value, source).

A source is a key of ``qnet.references.REFERENCES`` and a note, or ``assumed`` and the reason.
NetSquid's depolarising p, rho -> (1 - 3p/4) rho + (p/4) sum P rho P, is the same number as lambda.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["TABLES", "PresetTable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetTable:
    """One preset.

    ``default`` says why a row that is missing has its default value; ``also`` names papers on the
    platform or model that give no row. ``after`` names what the parameters of a model are taken
    from, where the preset does not reproduce the published links of its platform.
    """

    title: str
    scheme: str
    rows: Mapping[str, tuple[Any, str]]
    default: str = "no value found; not modelled, left at its default"
    also: tuple[str, ...] = ()
    after: str = ""


_HOUR = 3600.0
_SETTING = "assumed: a setting of the single-click scheme, not a property of the hardware"
_NO_GATE_TIME = "assumed: order of magnitude, no value found"

NV_2019 = PresetTable(
    title="NV centres in diamond, 637 nm light without conversion",
    after="Humphreys et al. 2018 and NetSquid-NV",
    scheme="single-click",
    rows={
        "memory.t1_s": (10 * _HOUR, "NetSquidNV: carbon-13 memory qubit"),
        "memory.t2_s": (1.0, "NetSquidNV: carbon-13 with dynamical decoupling"),
        "memory.modes": (1, "assumed: one memory qubit is used"),
        "gates.single_qubit_depolarizing": (
            4.0 / 3.0 * 1e-3,
            "NetSquidNV: carbon Z rotation; the electron's is given as 0",
        ),
        "gates.two_qubit_depolarizing": (
            0.02,
            "NetSquidNV: electron-carbon gate, p taken as lambda of the two-qubit channel",
        ),
        "gates.readout_flip_0": (0.05, "NetSquidNV: from Humphreys et al. 2018"),
        "gates.readout_flip_1": (0.005, "NetSquidNV: from Humphreys et al. 2018"),
        "gates.initialisation_depolarizing": (0.02, "NetSquidNV: electron"),
        "gates.single_qubit_time_s": (5e-9, "Dahlberg2019: electron; second-hand"),
        "gates.two_qubit_time_s": (500e-6, "Dahlberg2019: electron-carbon gate; second-hand"),
        "gates.readout_time_s": (3.7e-6, "Dahlberg2019: electron; second-hand"),
        "emitter.collection_efficiency": (
            3.5e-4 / 0.8,
            "NetSquidNV: mean of the measured 2.8e-4 and 4.2e-4, detector efficiency taken out",
        ),
        "emitter.bright_state_population": (0.1, _SETTING),
        "emitter.visibility": (0.9, "NetSquidNV: experiment of Humphreys et al. 2018"),
        "emitter.phase_noise_deg": (15.0, "NetSquidNV: experiment of Humphreys et al. 2018"),
        "emitter.phase_noise_kind": (
            "jitter",
            "assumed: all of it counts as lost overlap; NetSquidNV calls it interferometer drift",
        ),
        "emitter.double_excitation_probability": (0.04, "Humphreys2018: via NetSquid-NV"),
        "emitter.preparation_time_s": (5.5e-6, "Humphreys2018: length of one attempt"),
        "detector.efficiency": (0.8, "NetSquidNV"),
        "detector.dark_count_probability": (
            -math.expm1(-20.0 * 25e-9),
            "Humphreys2018: 20 Hz in a window of 25 ns, via NetSquid-NV",
        ),
        "fibre.loss_db_per_km": (5.0, "NetSquidNV: at 637 nm"),
        "fibre.speed_km_per_s": (206753.41931034482, "NetSquidNV"),
    },
)

COLOUR_CENTRE = PresetTable(
    title="Colour centres in diamond, with conversion",
    after="Avis et al. 2023 and NetSquid-NV",
    scheme="single-click",
    rows={
        "memory.t1_s": (10 * _HOUR, "Avis2023: App. A.5, carbon; second-hand"),
        "memory.t2_s": (1.0, "Avis2023: App. A.5, carbon; second-hand"),
        "memory.modes": (1, "assumed: one memory qubit is used"),
        "gates.single_qubit_depolarizing": (0.01, "Avis2023: App. A.5, electron; second-hand"),
        "gates.two_qubit_depolarizing": (
            0.06,
            "Avis2023: App. A.5, electron-carbon gate, p taken as lambda of the two-qubit channel",
        ),
        "gates.readout_flip_0": (0.07, "Avis2023: App. A.5; second-hand"),
        "gates.readout_flip_1": (0.005, "Avis2023: App. A.5; second-hand"),
        "gates.initialisation_depolarizing": (0.01, "Avis2023: App. A.5, electron; second-hand"),
        "gates.single_qubit_time_s": (5e-9, "assumed: as in nv-2019, the same platform"),
        "gates.two_qubit_time_s": (500e-6, "assumed: as in nv-2019, the same platform"),
        "gates.readout_time_s": (3.7e-6, "assumed: as in nv-2019, the same platform"),
        "emitter.collection_efficiency": (3.5e-4 / 0.8, "assumed: as in nv-2019"),
        "emitter.bright_state_population": (0.1, _SETTING),
        "emitter.visibility": (0.9, "assumed: as in nv-2019"),
        "emitter.phase_noise_deg": (15.0, "assumed: as in nv-2019"),
        "emitter.phase_noise_kind": ("jitter", "assumed: as in nv-2019"),
        "emitter.double_excitation_probability": (0.04, "assumed: as in nv-2019"),
        "emitter.preparation_time_s": (5.5e-6, "assumed: as in nv-2019"),
        "detector.efficiency": (0.8, "assumed: as in nv-2019"),
        "detector.dark_count_probability": (-math.expm1(-20.0 * 25e-9), "assumed: as in nv-2019"),
        "conversion.efficiency": (0.3, "NetSquidNV: a value of that set; Dreau2018 measured 0.17"),
        "conversion.wavelength_nm": (1588.0, "Dreau2018: conversion from 637 nm"),
        "fibre.loss_db_per_km": (0.2, "assumed: standard fibre at 1550 nm"),
        "fibre.speed_km_per_s": (2e5, "assumed: standard fibre"),
    },
)

TRAPPED_ION = PresetTable(
    title="Trapped ions in cavities",
    after="the link model of the Quantum Internet Alliance",
    scheme="double-click",
    also=("Krutyanskiy2023",),
    rows={
        "memory.t2_s": (
            0.062,
            "Krutyanskiy2023Repeater: 62(3) ms while the node keeps trying; second-hand",
        ),
        "memory.modes": (1, "assumed: one ion"),
        "gates.single_qubit_depolarizing": (0.02, "Avis2023: App. A.6; second-hand"),
        "gates.two_qubit_depolarizing": (0.1, "Avis2023: App. A.6; second-hand"),
        "gates.readout_flip_0": (1e-3, "assumed: fluorescence readout"),
        "gates.readout_flip_1": (1e-3, "assumed: fluorescence readout"),
        "gates.initialisation_depolarizing": (1e-3, "assumed: optical pumping"),
        "gates.single_qubit_time_s": (26.6e-6, "Avis2023: App. A.6; second-hand"),
        "gates.two_qubit_time_s": (107e-6, "Avis2023: App. A.6; second-hand"),
        "gates.readout_time_s": (1.5e-3, "Avis2023: App. A.6; second-hand"),
        "emitter.collection_efficiency": (0.462 / 0.87, "QIALinkModel"),
        "emitter.visibility": (0.76, "QIALinkModel: so that (1 + V)/2 is the model's F = 0.88"),
        "emitter.preparation_time_s": (1.8e-3, "QIALinkModel"),
        "emitter.window_acceptance": (0.12, "QIALinkModel: penalty factor"),
        "detector.efficiency": (0.75, "QIALinkModel"),
        "detector.dark_count_probability": (0.0, "assumed: the link model has none"),
        "conversion.efficiency": (0.25, "QIALinkModel"),
        "conversion.wavelength_nm": (1550.0, "assumed: telecom C band"),
        "fibre.loss_db_per_km": (0.2, "QIALinkModel"),
        "fibre.speed_km_per_s": (2e5, "QIALinkModel"),
    },
)

RUBIDIUM_ATOMS = PresetTable(
    title="Single rubidium atoms in optical traps",
    after="van Leent et al. 2020, Zhou et al. 2023 and assumptions",
    scheme="double-click",
    also=("vanLeent2022",),
    rows={
        "memory.t2_s": (7e-3, "Zhou2023: long-lived qubit encoding"),
        "memory.modes": (1, "assumed: one atom"),
        "gates.single_qubit_depolarizing": (1e-3, "assumed: no value found"),
        "gates.two_qubit_depolarizing": (
            0.02,
            "assumed: Rydberg gate; these nodes hold one atom and have none",
        ),
        "gates.readout_flip_0": (0.02, "assumed: no value found"),
        "gates.readout_flip_1": (0.02, "assumed: no value found"),
        "gates.initialisation_depolarizing": (0.01, "assumed: optical pumping"),
        "gates.single_qubit_time_s": (1e-6, _NO_GATE_TIME),
        "gates.two_qubit_time_s": (1e-6, _NO_GATE_TIME),
        "gates.readout_time_s": (1e-6, _NO_GATE_TIME),
        "emitter.collection_efficiency": (0.01, "assumed: order of a high-aperture objective"),
        "emitter.visibility": (0.9, "assumed: no value found"),
        "emitter.double_excitation_probability": (0.01, "assumed: no value found"),
        "emitter.preparation_time_s": (20e-6, "assumed: order of magnitude of cooling and pumping"),
        "detector.efficiency": (0.8, "assumed: superconducting nanowire detector"),
        "detector.dark_count_probability": (1e-6, "assumed: some 10 Hz in 100 ns"),
        "conversion.efficiency": (0.57, "vanLeent2020: external device efficiency"),
        "conversion.wavelength_nm": (1522.0, "vanLeent2020"),
        "fibre.loss_db_per_km": (0.2, "assumed: standard fibre near 1550 nm"),
        "fibre.speed_km_per_s": (2e5, "assumed: standard fibre"),
    },
)

SIV = PresetTable(
    title="Silicon-vacancy centres in diamond nanocavities",
    after="Stas et al. 2022, Knaut et al. 2024 and assumptions",
    scheme="double-click",
    rows={
        "memory.t2_s": (2.1, "Stas2022: silicon-29 nuclear spin, 2.1(1) s with decoupling"),
        "memory.modes": (1, "assumed: one nuclear spin"),
        "gates.single_qubit_depolarizing": (0.01, "assumed: no value found"),
        "gates.two_qubit_depolarizing": (0.05, "assumed: electron-nucleus gate, no value found"),
        "gates.readout_flip_0": (0.01, "assumed: no value found"),
        "gates.readout_flip_1": (0.01, "assumed: no value found"),
        "gates.initialisation_depolarizing": (0.01, "assumed: no value found"),
        "gates.single_qubit_time_s": (30e-9, _NO_GATE_TIME),
        "gates.two_qubit_time_s": (30e-6, _NO_GATE_TIME),
        "gates.readout_time_s": (30e-6, _NO_GATE_TIME),
        "emitter.collection_efficiency": (
            0.1,
            "assumed: no value found. The experiment reflects one time-bin photon off both nodes "
            "(Knaut et al. 2024); here each node emits one",
        ),
        "emitter.visibility": (0.9, "assumed: no value found"),
        "emitter.preparation_time_s": (10e-6, "assumed: no value found"),
        "detector.efficiency": (0.8, "assumed: superconducting nanowire detector"),
        "detector.dark_count_probability": (1e-6, "assumed: some 10 Hz in 100 ns"),
        "conversion.efficiency": (0.3, "assumed: no value found"),
        "conversion.wavelength_nm": (1350.0, "Knaut2024"),
        "fibre.loss_db_per_km": (0.35, "assumed: standard fibre in the O band"),
        "fibre.speed_km_per_s": (2e5, "assumed: standard fibre"),
    },
)

RARE_EARTH = PresetTable(
    title="Rare-earth crystals, pair source between them",
    after="Lago-Rivera et al. 2021, Duranti et al. 2023 and assumptions",
    scheme="midpoint-source",
    default="no gates on these memories; perfect, the swap must carry its own errors",
    rows={
        "memory.t2_s": (25e-6, "LagoRivera2021: longest storage time, taken as coherence time"),
        "memory.modes": (62, "LagoRivera2021: temporal modes"),
        "memory.efficiency": (0.51, "Duranti2023: 51(2) % for time-bin qubits; another crystal"),
        "detector.efficiency": (0.8, "assumed: superconducting nanowire detector"),
        "detector.dark_count_probability": (1e-6, "assumed: some 10 Hz in 100 ns"),
        "source.pair_probability": (0.02, "assumed: low, to keep multiple pairs rare"),
        "source.fidelity": (0.92, "Rakonjac2021: 92(2) % with storage in the excited state"),
        "source.rate_hz": (62 / 25e-6, "assumed: 62 modes fill the storage time of 25 us"),
        "fibre.loss_db_per_km": (0.2, "assumed: standard fibre at 1550 nm, converted if need be"),
        "fibre.speed_km_per_s": (2e5, "assumed: standard fibre"),
    },
)

_NEAR_LUONG = "assumed: near Luong et al. 2016, whose own table was not compared"
LUONG = PresetTable(
    title="One memory node against the repeaterless bound, near Luong et al. 2016",
    scheme="double-click",
    default="not in the parameter set",
    also=("Luong2016",),
    rows={
        "memory.t2_s": (1.0, f"{_NEAR_LUONG}; pure dephasing"),
        "gates.two_qubit_depolarizing": (0.02, f"{_NEAR_LUONG}; Bell measurement ideality 0.98"),
        "gates.readout_flip_0": (0.01, f"{_NEAR_LUONG}; misalignment of each user's station"),
        "gates.readout_flip_1": (0.01, f"{_NEAR_LUONG}; misalignment of each user's station"),
        "emitter.collection_efficiency": (0.7, f"{_NEAR_LUONG}; the total efficiency"),
        "emitter.preparation_time_s": (2e-6, _NEAR_LUONG),
        "detector.efficiency": (1.0, "assumed: the total efficiency of 0.7 contains it"),
        "detector.dark_count_probability": (1e-8, _NEAR_LUONG),
        "fibre.loss_db_per_km": (
            10.0 / (22.0 * math.log(10.0)),
            f"{_NEAR_LUONG}; attenuation length of 22 km",
        ),
        "fibre.speed_km_per_s": (2e5, _NEAR_LUONG),
    },
)

IDEAL = PresetTable(
    title="Perfect hardware, for teaching",
    scheme="double-click",
    default="perfect",
    rows={"fibre.loss_db_per_km": (0.0, "assumed: perfect")},
)

_TARGET = "assumed: target"
BLUEPRINT = PresetTable(
    title="TARGET, not achieved hardware: what studies of long chains ask for",
    scheme="double-click",
    default="target",
    also=("Avis2023", "FerreiraDaSilva2023"),
    rows={
        "memory.t2_s": (1.0, "Kinos2023: around 1 s is asked for"),
        "memory.modes": (10, _TARGET),
        "memory.efficiency": (0.9, _TARGET),
        "gates.single_qubit_depolarizing": (2e-4, "assumed: target, an error of 1e-4"),
        "gates.two_qubit_depolarizing": (4e-3 / 3.0, "Kinos2023: errors of order 1e-3 asked for"),
        "gates.readout_flip_0": (1e-3, "Kinos2023: errors of order 1e-3 asked for"),
        "gates.readout_flip_1": (1e-3, "Kinos2023: errors of order 1e-3 asked for"),
        "gates.initialisation_depolarizing": (1e-3, _TARGET),
        "gates.single_qubit_time_s": (1e-6, _TARGET),
        "gates.two_qubit_time_s": (10e-6, _TARGET),
        "gates.readout_time_s": (10e-6, _TARGET),
        "emitter.collection_efficiency": (0.9, _TARGET),
        "emitter.visibility": (0.99, _TARGET),
        "emitter.preparation_time_s": (1e-6, _TARGET),
        "detector.efficiency": (0.9, _TARGET),
        "detector.dark_count_probability": (1e-7, _TARGET),
        "conversion.efficiency": (0.8, _TARGET),
        "conversion.wavelength_nm": (1550.0, _TARGET),
        "fibre.loss_db_per_km": (0.2, "assumed: standard fibre at 1550 nm"),
        "fibre.speed_km_per_s": (2e5, "assumed: standard fibre"),
    },
)

TABLES: Mapping[str, PresetTable] = {
    "ideal": IDEAL,
    "nv-2019": NV_2019,
    "colour-centre": COLOUR_CENTRE,
    "trapped-ion": TRAPPED_ION,
    "rubidium-atoms": RUBIDIUM_ATOMS,
    "siv": SIV,
    "rare-earth-multimode": RARE_EARTH,
    "luong": LUONG,
    "blueprint": BLUEPRINT,
}
