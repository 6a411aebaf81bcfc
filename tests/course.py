"""Frame and words of the course: what opens each notebook, and which terms it explains.

``python -m tests.course`` writes the list of explained words anew into every notebook that has one.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

from experiments.cli.notebooks import titles
from tests.source import ROOT

__all__ = ["OPENING", "field_terms", "glossary", "is_explained", "new_words", "words_cell"]

GLOSSARY = ROOT / "docs" / "glossary.md"

#: Opens the list of explained words.
OPENING = "<details><summary><b>Words</b> that are new here, explained (click)</summary>"

#: Terms that are everyday words as well: the notebook from which they are the field's.
FROM = {
    "abort": 99,
    "announced XOR": 11,
    "arm": 99,
    "block": 11,
    "channel": 1,
    "dam": 99,
    "frame": 4,
    "gap": 13,
    "generation": 14,
    "load": 9,
    "night": 12,
    "option": 13,
    "pass": 12,
    "phase": 15,
    "plan": 5,
    "power": 10,
    "readout": 15,
    "reserve": 9,
    "service": 9,
    "session": 9,
    "share": 99,
    "size": 10,
    "slot": 12,
    "store": 11,
    "stretch": 99,
    "switch": 9,
    "threshold": 10,
    "trap": 16,
    "verification": 19,
    "visibility": 16,
    "schedule": 99,
    "pair of devices": 13,
    "matching": 99,
    "study": 99,
    "scenario": 9,
    "batch": 99,
    "replica": 9,
    "bracket": 99,
    "basis": 2,
    "controller": 9,
    "application": 15,
    "estimate": 1,
    "evidence": 10,
    "demand": 9,
    "attempt": 5,
    "delivery": 5,
    "strategy": 8,
    "isolation": 99,
    "truncation": 99,
    "promise of a plan": 13,
    "epsilon": 18,
    "gain": 18,
    "yield": 18,
    "link": 5,
    "node": 7,
    "station": 4,
    "engine": 5,
    "mode": 5,
    "memory": 1,
    "herald": 5,
    "gate": 1,
    "measurement": 1,
    "route factor": 13,
    "counterfeit": 99,
    "interval": 1,
    "cascade": 99,
    "parity": 14,
    "coupling": 14,
    "sweep": 99,
    "gravity demand": 13,
    "transmission": 1,
    "PLOB": 1,
    "blinding": 10,
    "gate error": 99,
    "trajectory": 99,
    "double click": 7,
}

#: Other forms under which a term stands in the notebooks.
FORMS = {
    "gravity demand": ["gravity"],
    "Hadamard gate": ["Hadamard"],
    "Hong-Ou-Mandel interference": ["Hong-Ou-Mandel"],
    "homodyne detection": ["homodyne"],
    "heterodyne detection": ["heterodyne"],
    "Holevo bound": ["Holevo"],
    "BSM": ["Bell measurement"],
    "Werner state": ["Werner"],
    "no-cloning": ["cloning"],
    "quantum circuit": ["circuit"],
    "dephasing": ["dephases", "dephase", "dephasing"],
    "Fano form": ["Fano"],
    "blinding": ["blinds", "blinded"],
    "KME": ["key management entity"],
    "PLOB": ["PLOB bound"],
    "swap": ["swaps", "swapping", "entanglement swapping"],
    "option": ["option of a span"],
    "distillation": ["distil", "purification", "entanglement purification"],
    "announced XOR": ["announces"],
    "QBER": ["quantum bit error rate"],
    "CNOT": ["CNOTs"],
    "teleportation": ["teleport"],
    "Pauli operator": ["Pauli"],
    "parity code": ["QPC"],
    "swap-asap": ["swap as soon as possible"],
    "stabilizer code": ["stabilizers", "Steane's code"],
    "Bloch vector": ["Bloch"],
    "Breidbart basis": ["Breidbart"],
    "logical qubit": ["logical"],
    "blind computing": ["blind"],
    "Alice and Bob": ["Alice", "Bob"],
    "E91": ["Ekert's protocol"],
    "secret sharing": ["Shamir's"],
    "Fisher information": ["Fisher"],
    "GHZ state": ["GHZ"],
    "white noise": ["white"],
    "AES-256-GCM": ["AES"],
    "safe n": ["safe"],
    "two-connected": ["two ways"],
    "dB": ["dB"],
    "entanglement": ["entangled"],
    "qubit cost": ["qubits in use times seconds, per secret bit and km"],
    "spectral radiance": ["radiance"],
    "mixed state": ["mixture"],
    "T1": ["relaxation"],
    "T2": ["coherence time"],
    "measurement": ["measured", "measures", "measure"],
    "node-disjoint": ["two routes"],
    "weak pulse": ["weak laser pulse"],
    "Poisson distribution": ["Poisson"],
    "Toeplitz hashing": ["Toeplitz"],
}

#: Marked or capitalised words that need no explanation: people, places, programs, stress.
PLAIN_WORDS = """
Python NumPy Jupyter Qiskit Aer TOML HTTPS TCP Kepler Cramér Rao Erlang Pollaczek Khinchine
Pirandola Shor Preskill Clauser Horne Shimony Holt Ekert Acín Huelga Steane Bell Shannon Shamir
Fourier Grover Holevo Earth Sun Moon Berlin Kiel Hamburg Bremen Hannover Rostock October Octobers
Calsamiglia Lütkenhaus Grosshans Grangier Dijkstra Westend Ostrau Nordhaven Bruck Waldeck Talheim
Predict Goals Before Time A B C D E S M G W S-C P10 P50 P90 Ultra-low-loss The
Gobby Yuan Shields Gottesman Hwang Lo Ma Chen Wang Lim Brassard Salvail
Cabrillo Barrett Kok Humphreys
lost decays extended every there where any shared pending confirmed option frequency within data
delivers look many measured holds together both
"""

#: Stressed phrases that need none either.
PLAIN_PHRASES = """
one circuit; is exactly as high; shared pairs; stays the same within a round; no new ones; test runs
"""

PLAIN = {*PLAIN_WORDS.split(), *(each.strip() for each in PLAIN_PHRASES.split(";"))}

#: Products of Pauli operators, which are explained one by one.
WORD_OF_PAULIS = re.compile(r"[IXYZ]+")


@cache
def glossary() -> dict[str, str]:
    """Explanation of each term, in plain text."""
    body = GLOSSARY.read_text(encoding="utf-8").split("```{glossary}\n", 1)[1].rsplit("```", 1)[0]
    entries = {}
    for entry in re.split(r"\n\n(?=\S)", body.strip("\n")):
        term, _, text = entry.partition("\n")
        text = " ".join(text.split())
        text = re.sub(r"\{term\}`([^`<]+?)(?: <[^`]*>)?`", r"\1", text)
        text = re.sub(r" ?See \{doc\}`[^`]*`\.", "", text)
        entries[term] = re.sub(r"\{\w+\}`([^`]*)`", r"\1", text)
    return entries


def number_of(path: Path) -> int:
    """Number of a notebook, with which its name begins."""
    return int(path.stem.partition("_")[0])


def prose(path: Path) -> str:
    """Text of a notebook, without formulas, code, addresses and the list of explained words."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    text = "\n\n".join(each for each in texts if OPENING not in each)
    text = re.sub(r"```.*?```", " ", text, flags=re.DOTALL)
    text = re.sub(r"\$\$.*?\$\$|\$[^$]+\$", " _ ", text, flags=re.DOTALL)
    return re.sub(r"`[^`]*`|\]\([^)]*\)|<[^>]+>", " ", text)


def forms(term: str) -> list[str]:
    """A term, its plural, and the other forms of it."""
    plural = re.sub("y$", "ie", term) + "s" if not term.endswith("s") else term + "es"
    return [term, plural, *FORMS.get(term, [])]


def is_explained(words: str) -> bool:
    """Whether these words are plain, or in the glossary in one form or another."""
    if {words, words.removesuffix("'s")} & PLAIN or WORD_OF_PAULIS.fullmatch(words):
        return True
    known = {form.lower() for term in glossary() for form in forms(term)}
    words = words.lower().removesuffix("'s").strip(" .,:")
    return words in known or words.removesuffix("s") in known


@cache
def new_words() -> dict[int, list[str]]:
    """Number of each notebook, and the terms that it is the first to use."""
    found: dict[int, list[str]] = {}
    seen: set[str] = set()
    for path, _ in titles():
        number, text = number_of(path), prose(path)
        found[number] = []
        for term in glossary():
            if term in seen or number < FROM.get(term, 1):
                continue
            short = len(term) < 5 and term != term.lower()
            pattern = "|".join(rf"(?<![\w-]){re.escape(form)}(?![\w-])" for form in forms(term))
            if re.search(pattern, text, 0 if short else re.IGNORECASE):
                seen.add(term)
                found[number].append(term)
    return found


def words_cell(number: int) -> str:
    """List of the words that a notebook explains, in the glossary's order."""
    known = glossary()
    lines = [f"* **{term}**: {known[term]}" for term in new_words()[number]]
    return "\n".join([OPENING, "", *lines, "", "</details>"])


def field_terms(path: Path) -> set[str]:
    """Words of a notebook that a reader may not know: stressed, capitalised or of capitals."""
    text = prose(path)
    found = set()
    for one, other in re.findall(r"\*\*(.+?)\*\*|(?<![*\w])\*([^*\n ][^*\n]*?)\*(?!\*)", text):
        words = one or other
        if not words.startswith("Exercise"):
            found.add(words)
    text = text.replace("*", "")
    for sentence in re.split(r"(?<=[.!?:])\s+|\n", text):
        for place, word in enumerate(re.findall(r"\w[\w'-]*", sentence)):
            if (place and word[0].isupper()) or re.search(r"[A-Z].*[A-Z0-9]", word):
                found.add(word)
    return found


def main() -> None:
    """Write the lists of explained words anew."""
    for path, _ in titles():
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            if OPENING in "".join(cell["source"]):
                cell["source"] = words_cell(number_of(path)).splitlines(keepends=True)
        text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
