"""docs/mutants.md: mutants and conditions that no test can see, each with its argument."""

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[3] / "docs" / "mutants.md"
PLACE = re.compile(r"### `(\S+)` `([^`]*)`$")
MUTANT = re.compile(r"- `([^`]+)` → `([^`]+)`(?: \((\d+)\))?:")
CONDITION = re.compile(r"- condition `([^`]+)` of `([^`]+)`:")


def _entries(pattern):
    place = None
    for line in PAGE.read_text().splitlines() if PAGE.exists() else []:
        if line.startswith("#"):
            match = PLACE.match(line)
            place = match.groups() if match else None
        elif place and (match := pattern.match(line)):
            yield place, match.groups()


def mutants():
    """Keys (file, function, original, mutated, nth) of the argued mutants."""
    return [(file, function, original, mutated, int(nth or 1))
            for (file, function), (original, mutated, nth) in _entries(MUTANT)]


def conditions():
    """Keys (file, condition, decision) of the argued conditions."""
    return [(file, condition, decision) for (file, _), (condition, decision) in _entries(CONDITION)]
