#!/usr/bin/python3
"""MC/DC of the decisions that keep a patient safe: has a test shown of each condition that it alone turns its decision?

Builds build/mcdc with clang's counters, runs the tests of the pump and the quick ones of the whole, and prints for each
file how many conditions are shown and which are not. See README.md in this folder.
"""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

import argued
import subjects

ROOT = Path(__file__).resolve().parents[3]
OUT = ROOT / "build" / "mcdc"

# File, and of one that has other subjects the functions.
TARGETS = {
    "pump/dose_gate.hpp": None,
    "pump/dose_gate.cpp": None,
    "pump/patient_bolus.hpp": None,
    "pump/pump.cpp": ["why_refused"],
    "pump/pump_alarms.cpp": None,
    "pump/store.hpp": None,
    "pump/store.cpp": None,
    **dict.fromkeys(subjects.LINK + subjects.IMPLANT),
}
PROGRAMS = {"pump": ["pump_test", "verify_test"], "link": ["link_test"], "implant": ["implant_test"]}
FLAGS = "-O1 -w -fprofile-instr-generate -fcoverage-mapping -fcoverage-mcdc"
# A decision of the gate has eight conditions; clang counts six unless told.
MORE = "-Xclang -fmcdc-max-conditions=12 -Xclang -fmcdc-max-test-vectors=100000"
ENVIRONMENT = {"RC_PARAMS": "seed=20260801", "THECA_LIVES": "200"}


def call(command, log, **options):
    with open(log, "w") as out:
        if subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, **options).returncode:
            print(Path(log).read_text()[-6000:], file=sys.stderr)
            raise SystemExit(f"mcdc: failed: {' '.join(map(str, command[:3]))}; see {log}")


def build(programs, jobs):
    OUT.mkdir(parents=True, exist_ok=True)
    call(["cmake", "-S", ROOT, "-B", OUT / "build", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=None",
          "-DCMAKE_CXX_COMPILER=clang++-19", f"-DCMAKE_CXX_FLAGS={FLAGS} {MORE}"], OUT / "configure.log")
    call(["cmake", "--build", OUT / "build", "--target", *programs, "-j", str(jobs)], OUT / "build.log")


def count(targets, programs):
    """What llvm-cov tells about the targets: its text, as its JSON says of no condition where it stands."""
    raw = []
    for program in programs:
        raw.append(OUT / f"{program}.profraw")
        # Those that read this tree's pages instead of running the pump are left out.
        call([OUT / "build" / "bin" / program, "--gtest_filter=-Promises*:Layering*:AlarmPage*"], OUT / f"{program}.log", cwd=ROOT,
             env={**os.environ, **ENVIRONMENT, "LLVM_PROFILE_FILE": str(raw[-1])})
    merged = OUT / "tests.profdata"
    call(["llvm-profdata-19", "merge", "-sparse", *raw, "-o", merged], OUT / "merge.log")
    binaries = [OUT / "build" / "bin" / p for p in programs]
    objects = [binaries[0]] + [f"--object={b}" for b in binaries[1:]]
    text = ""
    for name in targets:
        # -ffile-prefix-map hides the root of the folder that the compiler was called in.
        shown = subprocess.run(["llvm-cov-19", "show", *objects, f"--instr-profile={merged}", "--show-mcdc",
                                "--show-branches=count",
                                f"--path-equivalence={(OUT / 'build').relative_to(ROOT)},{ROOT}",
                                ROOT / "src" / name], capture_output=True, text=True, check=True)
        text += f"== {name}\n{shown.stdout}"
    (OUT / "shown.txt").write_text(text)


def read(text):
    """Decisions of each file: {file: {(line, column): {(line, column): shown}}}.

    Instantiations of a template are one decision; a condition is shown where any of them shows it.
    """
    files, file, here, seen = {}, {}, {}, {}
    places, branches = [], {}
    for line in text.splitlines():
        if match := re.match(r"== (\S+)$", line):
            file, seen = files.setdefault(match[1], {}), branches.setdefault(match[1], {})
        elif match := re.search(r"MC/DC Decision Region \((\d+):(\d+)\) to", line):
            here, places = file.setdefault((int(match[1]), int(match[2])), {}), []
        elif match := re.search(r"Condition C(\d+) --> \((\d+):(\d+)\)", line):
            places.append((int(match[2]), int(match[3])))
        elif match := re.search(r"C(\d+)-Pair: (covered|not covered|constant folded)", line):
            if match[2] != "constant folded":
                place = places[int(match[1]) - 1]
                here[place] = here.get(place, False) or match[2] == "covered"
        elif match := re.search(r"Branch \((\d+):(\d+)\): \[True: ([^,\]]+), False: ([^\]]+)\]", line):
            place = (int(match[1]), int(match[2]))
            yes, no = seen.get(place, (False, False))
            seen[place] = (yes or match[3].strip() != "0", no or match[4].strip() != "0")
    # A decision of one condition: both of its outcomes.
    for name, seen in branches.items():
        inside = {place for decision in files[name].values() for place in decision}
        for place, (yes, no) in seen.items():
            if place not in inside:
                files[name][place] = {place: yes and no}
    return files


def text_from(lines, line, column):
    """A condition as it is written: from its place to the end of an operand."""
    rest = lines[line - 1][column - 1:] + " " + " ".join(x.strip() for x in lines[line:line + 2])
    depth = 0
    for i, c in enumerate(rest):
        if c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
        if depth < 0 or (depth == 0 and (rest.startswith(("&&", "||", " ? ", ";"), i))):
            return " ".join(rest[:i].split())
    return " ".join(rest.split())


def functions_lines(name, functions):
    """Line ranges of functions of a file, as clang-format lays them out: a definition ends with a brace at its margin."""
    lines = (ROOT / "src" / name).read_text().splitlines()
    ranges = []
    for function in functions:
        first = next(i for i, l in enumerate(lines, 1) if re.match(rf"\S.*::{function}\(", l))
        last = next(i for i, l in enumerate(lines[first:], first + 1) if l == "}")
        ranges.append((first, last))
    return ranges


def report(files):
    argued_for = [key for key in argued.conditions() if key[0] in files]
    print(f"{'file':<24} {'decisions':>10} {'conditions':>11} {'shown':>7} {'argued':>7} {'left':>6}")
    missing, standing, total = [], set(), [0, 0, 0, 0]
    for name, functions in TARGETS.items():
        if name not in files:
            continue
        lines = (ROOT / "src" / name).read_text().splitlines()
        # A comparison that the compiler writes has no condition of ours, and clang counts none of its outcomes.
        decisions = {p: c for p, c in files.get(name, {}).items() if not lines[p[0] - 1].endswith("= default;")}
        if functions is not None:
            ranges = functions_lines(name, functions)
            decisions = {p: c for p, c in decisions.items() if any(a <= p[0] <= b for a, b in ranges)}
        row = [len(decisions), sum(map(len, decisions.values())), 0, 0]
        for (line, _), conditions in sorted(decisions.items()):
            for (l, column), shown in sorted(conditions.items()):
                text = text_from(lines, l, column)
                key = (name, text, lines[line - 1].strip())
                if shown:
                    row[2] += 1
                elif key in argued_for:
                    row[3] += 1
                    standing.add(key)
                else:
                    missing.append((name, l, column, text, lines[line - 1].strip()))
        total = [a + b for a, b in zip(total, row)]
        print(f"{name:<24} {row[0]:>10} {row[1]:>11} {row[2]:>7} {row[3]:>7} {row[1] - row[2] - row[3]:>6}")
    print(f"{'in all':<24} {total[0]:>10} {total[1]:>11} {total[2]:>7} {total[3]:>7} {total[1] - total[2] - total[3]:>6}")
    if missing:
        print("\nNo test shows that it alone turns its decision:")
    for name, line, column, text, where in missing:
        print(f"  src/{name}:{line}:{column} `{text}` of `{where}`")
    stale = [key for key in argued_for if key not in standing]
    if stale:
        print(f"\nArgued in {argued.PAGE.relative_to(ROOT)}, and shown or gone:")
        for name, text, where in stale:
            print(f"  {name} `{text}` of `{where}`")
    return not missing and not stale


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("-j", type=int, default=1, metavar="N", help="so many compilers at a time")
    options.add_argument("--file", action="append", help="only this file, as pump/store.cpp")
    options.add_argument("--report", action="store_true", help="print the last run's result again")
    chosen = options.parse_args()
    if not chosen.report:
        targets = chosen.file or list(TARGETS)
        programs = [p for room in sorted({name.split("/")[0] for name in targets}) for p in PROGRAMS[room]]
        build(programs, chosen.j)
        count(targets, programs)
    return 0 if report(read((OUT / "shown.txt").read_text())) else 1


if __name__ == "__main__":
    sys.exit(main())
