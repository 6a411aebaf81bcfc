"""Units along axes: one way of writing them, in all figures of the project.

Oracle: the rule itself, "words (unit)", read off every text that the source puts along an axis.
"""

from __future__ import annotations

import ast
import re

import pytest

from tests.source import modules, tree

#: A unit after a stroke, after "in", or in words: "time / s", "distance in km", "bits per second".
OTHER_WAYS = re.compile(
    r" / \S|\bin (?:km|m|s|ms|dB|nm|Hz|bits?|qubit)\b|\bper (?:second|day|pulse|use|mode|attempt)\b"
    r"|\bbits?/s\b(?!\))|\[(?:km|s|Hz|dB)\]"
)

#: Calls that set what stands along an axis, and the arguments by name that do.
SETTERS, ARGUMENTS = ("set_xlabel", "set_ylabel"), ("xlabel", "ylabel", "rate_label")


def _texts(node):
    """Texts that an expression may be; what stands in braces of an f-string is left out."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(each.value for each in node.values if isinstance(each, ast.Constant))
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)


def labels():
    """Module and text of every label along an axis."""
    for module in modules():
        for node in ast.walk(tree(module)):
            if not isinstance(node, ast.Call):
                continue
            given = [item.value for item in node.keywords if item.arg in ARGUMENTS]
            if isinstance(node.func, ast.Attribute) and node.func.attr in SETTERS:
                given += node.args[:1]
            for value in given:
                for text in _texts(value):
                    yield module, text


def test_there_are_labels_to_look_at():
    assert len(set(labels())) > 60
    assert {"distance (km)", "secret key (bit/pulse)"} <= {text for _, text in labels()}


def test_units_stand_in_brackets():
    found = [(module, text) for module, text in labels() if OTHER_WAYS.search(text)]
    # The half-width of an interval is a divisor, not a unit.
    assert [each for each in found if "half-width" not in each[1]] == []


@pytest.mark.parametrize(
    "text", ["time / ms", "great circle in km", "secret bits per second", "key bits/s of all"]
)
def test_another_way_would_be_found(text):
    assert OTHER_WAYS.search(text)
