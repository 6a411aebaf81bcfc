"""The literature behind presets and models, as BibTeX."""

from __future__ import annotations

from qnet.errors import UnknownNameError
from qnet.schema import FrozenMapping

__all__ = ["REFERENCES", "bibtex"]


# Blocks of lines: key, authors, title (one line or more), then the fields named in the call below;
# "-" where there is none.
_ARTICLES = r"""
Avis2023
Avis, G. and Ferreira da Silva, F. and others
Requirements for a processing-node quantum repeater on a real-world fiber grid
npj Quantum Information | 9 | 100 | 2023 | 10.1038/s41534-023-00765-x | 2207.10579

Luong2016
Luong, D. and Jiang, L. and Kim, J. and L{\"u}tkenhaus, N.
Overcoming lossy channel bounds using a single quantum repeater node
Applied Physics B | 122 | 96 | 2016 | 10.1007/s00340-016-6373-4 | 1508.02811

Humphreys2018
Humphreys, P. C. and others
Deterministic delivery of remote entanglement on a quantum network
Nature | 558 | 268--273 | 2018 | 10.1038/s41586-018-0200-5 | 1712.07567

LagoRivera2021
Lago-Rivera, D. and Grandi, S. and Rakonjac, J. V. and Seri, A. and de Riedmatten, H.
Telecom-heralded entanglement between multimode solid-state quantum memories
Nature | 594 | 37--40 | 2021 | 10.1038/s41586-021-03481-8 | 2101.05097

Krutyanskiy2023
Krutyanskiy, V. and others
Entanglement of trapped-ion qubits separated by 230 meters
Physical Review Letters | 130 | 050803 | 2023 | 10.1103/PhysRevLett.130.050803 | 2208.14907

Krutyanskiy2023Repeater
Krutyanskiy, V. and others
Telecom-wavelength quantum repeater node based on a trapped-ion processor
Physical Review Letters | 130 | 213601 | 2023 | 10.1103/PhysRevLett.130.213601 | 2210.05418

vanLeent2020
van Leent, T. and others
Long-distance distribution of atom-photon entanglement at telecom wavelength
Physical Review Letters | 124 | 010510 | 2020 | 10.1103/PhysRevLett.124.010510 | -

vanLeent2022
van Leent, T. and others
Entangling single atoms over 33 km telecom fibre
Nature | 607 | 69--73 | 2022 | 10.1038/s41586-022-04764-4 | 2111.15526

Stolk2024
Stolk, A. J. and others
Metropolitan-scale heralded entanglement of solid-state qubits
Science Advances | 10 | eadp6442 | 2024 | 10.1126/sciadv.adp6442 | 2404.03723

Knaut2024
Knaut, C. M. and others
Entanglement of nanophotonic quantum memory nodes in a telecom network
Nature | 629 | 573--578 | 2024 | 10.1038/s41586-024-07252-z | 2310.01316

Stas2022
Stas, P.-J. and others
Robust multi-qubit quantum network node with integrated error detection
Science | 378 | 557--560 | 2022 | - | -

Pirandola2017
Pirandola, S. and Laurenza, R. and Ottaviani, C. and Banchi, L.
Fundamental limits of repeaterless quantum communications
Nature Communications | 8 | 15043 | 2017 | 10.1038/ncomms15043 | 1510.08863

Pirandola2019
Pirandola, S.
End-to-end capacities of a quantum communication network
Communications Physics | 2 | 51 | 2019 | 10.1038/s42005-019-0147-3 | 1601.00966

Takeoka2014
Takeoka, M. and Guha, S. and Wilde, M. M.
Fundamental rate-loss tradeoff for optical quantum key distribution
Nature Communications | 5 | 5235 | 2014 | 10.1038/ncomms6235 | 1504.06390

BarrettKok2005
Barrett, S. D. and Kok, P.
Efficient high-fidelity quantum computation using matter qubits and linear optics
Physical Review A | 71 | 060310 | 2005 | 10.1103/PhysRevA.71.060310 | quant-ph/0408040

Cabrillo1999
Cabrillo, C. and Cirac, J. I. and Garc{\'i}a-Fern{\'a}ndez, P. and Zoller, P.
Creation of entangled states of distant atoms by interference
Physical Review A | 59 | 1025--1033 | 1999 | 10.1103/PhysRevA.59.1025 | quant-ph/9810013

BriegelDuer1998
Briegel, H.-J. and D{\"u}r, W. and Cirac, J. I. and Zoller, P.
Quantum repeaters: the role of imperfect local operations in quantum communication
Physical Review Letters | 81 | 5932--5935 | 1998 | 10.1103/PhysRevLett.81.5932 | quant-ph/9803056

Duer1999
D{\"u}r, W. and Briegel, H.-J. and Cirac, J. I. and Zoller, P.
Quantum repeaters based on entanglement purification
Physical Review A | 59 | 169--181 | 1999 | 10.1103/PhysRevA.59.169 | quant-ph/9808065

DuerBriegel2007
D{\"u}r, W. and Briegel, H. J.
Entanglement purification and quantum error correction
Reports on Progress in Physics | 70 | 1381--1424 | 2007 | - | 0705.4165

Deutsch1996
Deutsch, D. and Ekert, A. and Jozsa, R. and Macchiavello, C. and Popescu, S. and Sanpera, A.
Quantum privacy amplification and the security of quantum cryptography over noisy channels
Physical Review Letters | 77 | 2818--2821 | 1996 | 10.1103/PhysRevLett.77.2818 | quant-ph/9604039

Bennett1996
Bennett, C. H. and others
Purification of noisy entanglement and faithful teleportation via noisy channels
Physical Review Letters | 76 | 722--725 | 1996 | 10.1103/PhysRevLett.76.722 | quant-ph/9511027

FujiiYamamoto2009
Fujii, K. and Yamamoto, K.
Entanglement purification with double selection
Physical Review A | 80 | 042308 | 2009 | 10.1103/PhysRevA.80.042308 | 0811.2639

Brand2020
Brand, S. and Coopmans, T. and Elkouss, D.
Efficient computation of the waiting time and fidelity in quantum repeater chains
IEEE Journal on Selected Areas in Communications | 38 | 619--639 | 2020 | - | 1912.07688

Shchukin2019
Shchukin, E. and Schmidt, F. and van Loock, P.
Waiting time in quantum repeaters with probabilistic entanglement swapping
Physical Review A | 100 | 032322 | 2019 | 10.1103/PhysRevA.100.032322 | 1710.06214

Rozpedek2018
Rozp{\k{e}}dek, F. and others
Parameter regimes for a single sequential quantum repeater
Quantum Science and Technology | 3 | 034002 | 2018 | 10.1088/2058-9565/aab31b | 1705.00043

Kamin2023
Kamin, L. and Shchukin, E. and Schmidt, F. and van Loock, P.
Exact rate analysis for quantum repeaters with imperfect memories and entanglement swapping as
soon as possible
Physical Review Research | 5 | 023086 | 2023 | - | 2203.10318

Horodecki1995
Horodecki, R. and Horodecki, P. and Horodecki, M.
Violating Bell inequality by mixed spin-1/2 states: necessary and sufficient condition
Physics Letters A | 200 | 340--344 | 1995 | 10.1016/0375-9601(95)00214-N | -

Wootters1998
Wootters, W. K.
Entanglement of formation of an arbitrary state of two qubits
Physical Review Letters | 80 | 2245--2248 | 1998 | 10.1103/PhysRevLett.80.2245 | quant-ph/9709029

ShorPreskill2000
Shor, P. W. and Preskill, J.
Simple proof of security of the BB84 quantum key distribution protocol
Physical Review Letters | 85 | 441--444 | 2000 | 10.1103/PhysRevLett.85.441 | quant-ph/0003004

Bruss1998
Bru{\ss}, D.
Optimal eavesdropping in quantum cryptography with six states
Physical Review Letters | 81 | 3018--3021 | 1998 | 10.1103/PhysRevLett.81.3018 | quant-ph/9805019

Caleffi2017
Caleffi, M.
Optimal routing for quantum networks
IEEE Access | 5 | 22299 | 2017 | 10.1109/ACCESS.2017.2763325 | -

Chakraborty2020
Chakraborty, K. and Elkouss, D. and Rijsman, B. and Wehner, S.
Entanglement distribution in a quantum network: a multicommodity flow-based approach
IEEE Transactions on Quantum Engineering | 1 | 4101321 | 2020 | 10.1109/TQE.2020.3028172 | -

Dai2020
Dai, W. and Peng, T. and Win, M. Z.
Optimal remote entanglement distribution
IEEE Journal on Selected Areas in Communications | 38 | 540 | 2020 | 10.1109/JSAC.2020.2969005 | -

Wu2021
Wu, X. and Kolar, A. and Chung, J. and Jin, D. and Zhong, T. and Kettimuthu, R. and Suchara, M.
{SeQUeNCe}: a customizable discrete-event simulator of quantum networks
Quantum Science and Technology | 6 | 045027 | 2021 | 10.1088/2058-9565/ac22f6 | 2009.12000

Nielsen2002
Nielsen, M. A.
A simple formula for the average gate fidelity of a quantum dynamical operation
Physics Letters A | 303 | 249--252 | 2002 | - | quant-ph/0205035
"""

_PREPRINTS = r"""
Vardoyan2019
Vardoyan, G. and Guha, S. and Nain, P. and Towsley, D.
On the stochastic analysis of a quantum entanglement switch
2019 | 1903.04420

Davies2023
Davies, B. and I{\~n}esta, {\'A}. G. and Wehner, S.
Entanglement buffering with two quantum memories
2023 | 2311.10052

FerreiraDaSilva2023
Ferreira da Silva, F. and Avis, G. and Slater, J. A. and Wehner, S.
Requirements for upgrading trusted nodes to a repeater chain over 900 km of optical fiber
2023 | 2303.03234

Zhou2023
Zhou, Y. and others
Long-lived quantum memory enabling atom-photon entanglement over 101 km telecom fiber
2023 | 2308.08892

Rakonjac2021
Rakonjac, J. V. and others
Entanglement between a telecom photon and an on-demand multimode solid-state quantum memory
2021 | 2106.05079

Duranti2023
Duranti, S. and others
Efficient cavity-assisted storage of photonic qubits in a solid-state quantum memory
2023 | 2307.03509

Kinos2023
Kinos, A. and Walther, A. and Kr{\"o}ll, S. and Rippe, L.
Complete analysis of a realistic fiber-based quantum repeater scheme
2023 | 2309.04151

Dahlberg2019
Dahlberg, A. and others
A link layer protocol for quantum networks
2019 | 1903.09778

Qiskit
Javadi-Abhari, A. and others
Quantum computing with Qiskit
2024 | 2405.08810

Dreau2018
Dr{\'e}au, A. and Tchebotareva, A. and El Mahdaoui, A. and Bonato, C. and Hanson, R.
Quantum frequency conversion to telecom of single photons from a nitrogen-vacancy center in
diamond
2018 | 1801.03304
"""

_CODE = r"""
NetSquidNV
{QuTech}
NetSquid-NV: parameters of NV centres in papers up to 2019
Source code, class NVParameterSet2019

QIALinkModel
{Quantum Internet Alliance}
Rate model of a trapped-ion link with midpoint
Source code of the model; no paper

QiskitAer
{Qiskit contributors}
Qiskit Aer: high-performance simulation of quantum circuits with noise
https://github.com/Qiskit/qiskit-aer
"""


def _entries(kind: str, fields: str, text: str) -> dict[str, str]:
    entries = {}
    for block in text.strip().split("\n\n"):
        key, author, *title, last = block.splitlines()
        values = [author, " ".join(title), *last.split(" | ")]
        names = ["author", "title", *fields.split()]
        pairs = [pair for pair in zip(names, values, strict=True) if pair[1] != "-"]
        if pairs[-1][0] == "eprint":
            pairs.append(("archivePrefix", "arXiv"))
        body = ",\n".join(f"  {name} = {{{value}}}" for name, value in pairs)
        entries[key] = f"@{kind}{{{key},\n{body}\n}}"
    return entries


REFERENCES = FrozenMapping(
    _entries("article", "journal volume pages year doi eprint", _ARTICLES)
    | _entries("misc", "year eprint", _PREPRINTS)
    | _entries("misc", "note", _CODE)
)
"""Key to BibTeX entry of every source that presets and models use; read-only."""


def bibtex(*keys: str) -> str:
    """The BibTeX text of the named references; of all of them without arguments.

    Args:
        keys: Keys of :data:`REFERENCES`.

    Returns:
        The entries in the order asked for, separated by an empty line.

    Raises:
        UnknownNameError: If a key does not exist.

    Examples:
        >>> print(bibtex("Qiskit"))
        @misc{Qiskit,
          author = {Javadi-Abhari, A. and others},
          title = {Quantum computing with Qiskit},
          year = {2024},
          eprint = {2405.08810},
          archivePrefix = {arXiv}
        }
    """
    for key in keys:
        if key not in REFERENCES:
            raise UnknownNameError("reference", key, REFERENCES)
    return "\n\n".join(REFERENCES[key] for key in keys or REFERENCES)
