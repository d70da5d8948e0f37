#!/usr/bin/python3
"""What of each decoder does its corpus reach? Runs the corpora of the given targets in build/fuzz-coverage, prints lines
and regions of each target's decoder as targets.txt names it, and where fewer than 80 % are reached what is not. Exit
code 1 then.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
BUILD = ROOT / "build" / "fuzz-coverage"
ENOUGH = 80  # percent, of lines and of regions
CODE = 0  # kind of region; the others are gaps, expansions and branches


def decoders(target):
    """Files of src/ that are the target's decoder, each with the names of its functions, or none for all of it."""
    for line in (HERE / "targets.txt").read_text().splitlines():
        row = [part.strip() for part in line.split("|")]
        if row[0] == target:
            return {file: names.split(",") if names else [] for file, _, names in
                    (part.partition(":") for part in row[2].split())}
    raise SystemExit(f"coverage: no target '{target}'")


def demangled(names):
    return subprocess.run(["llvm-cxxfilt-19"], input="\n".join(names), capture_output=True, text=True,
                          check=True).stdout.splitlines()


def exported(target):
    """What llvm-cov knows after the corpus: its functions, their names as they are written."""
    program, out = BUILD / "bin" / f"fuzz_{target}", BUILD / "profile" / target
    out.mkdir(parents=True, exist_ok=True)
    with open(out / "log", "w") as log:
        run = subprocess.run([program, "-runs=0", HERE / "corpus" / target], stdout=log, stderr=log, cwd=ROOT,
                             env={**os.environ, "LLVM_PROFILE_FILE": str(out / "raw")})
    if run.returncode:
        raise SystemExit(f"coverage: the corpus of {target} does not run; see {out / 'log'}")
    subprocess.run(["llvm-profdata-19", "merge", "-sparse", out / "raw", "-o", out / "data"], check=True)
    text = subprocess.run(["llvm-cov-19", "export", program, f"--instr-profile={out / 'data'}", "--skip-expansions"],
                          capture_output=True, text=True, check=True).stdout
    return json.loads(text)["data"][0]["functions"]


def measure(target):
    """Regions and lines of the decoder: {(file, place): reached}. A template is reached where one of its
    instantiations is."""
    wanted = decoders(target)
    functions = [f for f in exported(target) if any(f["filenames"][0].endswith("src/" + file) for file in wanted)]
    regions, lines = {}, {}
    for function, name in zip(functions, demangled([f["name"].split(":")[-1] for f in functions])):
        file = next(file for file in wanted if function["filenames"][0].endswith("src/" + file))
        if wanted[file] and not any(re.search(rf"\b{one}\b", name) for one in wanted[file]):
            continue
        inner = {}  # of each line the region that begins last before its end
        for begin, column, end, last, count, which, _, kind in sorted(
                function["regions"], key=lambda r: (r[0], r[1], -r[2], -r[3])):
            if which != 0 or kind != CODE:
                continue
            place = (file, begin, column, end, last)
            regions[place] = regions.get(place, False) or count > 0
            for line in range(begin, end + 1):
                if line not in inner or line > begin or count > 0:
                    inner[line] = count > 0
        for line, reached in inner.items():
            lines[file, line] = lines.get((file, line), False) or reached
    if not regions:
        raise SystemExit(f"coverage: nothing of the decoder of {target} was compiled; is targets.txt right?")
    return lines, regions


def share(places):
    return 100 * sum(places.values()) / len(places)


def main(targets):
    red = "\033[31m" if sys.stdout.isatty() else ""
    poor = []
    print(f"{'target':<13} {'lines':>12} {'':>6} {'regions':>13}")
    for target in targets:
        lines, regions = measure(target)
        few = min(share(lines), share(regions)) < ENOUGH
        print(f"{red if few else ''}{target:<13} {sum(lines.values()):>5} / {len(lines):<5}{share(lines):>5.0f} % "
              f"{sum(regions.values()):>6} / {len(regions):<5}{share(regions):>5.0f} %"
              f"{'  below 80 %' if few else ''}{red and few and chr(27) + '[0m' or ''}")
        if few:
            poor.append((target, regions))
    for target, regions in poor:
        print(f"\n{target} does not reach:")
        for (file, line, column, *_), reached in sorted(regions.items()):
            if not reached:
                print(f"  src/{file}:{line}:{column}")
    return 1 if poor else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
