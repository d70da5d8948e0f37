#!/usr/bin/python3
"""Which faults of the pump's own code would no test see? See README.md in this folder.

Writes build/mutation/: the mutated sources (tree), what is built of them (build), and record.json with what became of
every mutant.
"""

import argparse
import concurrent.futures
import hashlib
import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from clang import cindex

import argued
import mutants
import subjects

ROOT = Path(__file__).resolve().parents[3]
OUT = ROOT / "build" / "mutation"
TREE, BUILD, RECORD = OUT / "tree", OUT / "build", OUT / "record.json"
SELECTOR = Path(__file__).resolve().parent / "selector.hpp"

# What is mutated, and of a file that has other subjects the functions.
TARGETS = {
    "pump/dose_gate.hpp": None,
    "pump/dose_gate.cpp": None,
    "pump/engine.hpp": None,
    "pump/engine.cpp": None,
    "pump/train.hpp": None,
    "pump/patient_bolus.hpp": None,
    "pump/pump.cpp": ["Pump::why_refused", "Pump::request_bolus", "Pump::request_volume"],
    "pump/store.hpp": None,
    "pump/store.cpp": None,
    "pump/record.hpp": None,
    "pump/record.cpp": None,
    "pump/journal.hpp": None,
    "pump/journal.cpp": None,
    **dict.fromkeys(subjects.LINK + subjects.IMPLANT),
    # No decision of more than one condition stands in these, so mcdc.py does not count them.
    "implant/twin_pages.hpp": None,
    "implant/firmware_record.hpp": None,
    "implant/firmware_slots.hpp": None,
}
# Tests that between them compile all of a room's templates: they say which of its mutants compile.
COMPILES = {
    "pump": [],
    "link": ["cipher_test.cpp", "handshake_test.cpp", "message_test.cpp", "session_test.cpp", "wake_gate_test.cpp",
             "pattern_test.cpp"],
    "implant": ["authorisation_test.cpp", "implant_test.cpp", "keyring_test.cpp", "known_time_test.cpp",
                "update_test.cpp"],
}
# The tests of a room's mutants: all of the room, and those of the whole that are about it.
PROGRAMS = {
    "pump": {
        "pump_test": None,
        "verify_test": ["power_cut_test.cpp", "rotten_memory_test.cpp", "motor_fault_test.cpp", "lasting_test.cpp",
                        "promise_lives_test.cpp", "explant_test.cpp"],
    },
    "link": {"link_test": None},
    "implant": {"implant_test": None},
}
# Tests that take ten seconds each and see, of the mutants, nothing that a quicker one does not.
LEFT_OUT = {
    "RottenRecords.INV_5_INV_6_every_single_bit_that_turns_is_found_at_boot_and_nothing_is_lost",
    "Secrets.INV_6_a_cut_at_every_write_leaves_all_or_nothing_and_the_erasing_ends",
    "PowerCut.INV_6_INV_9_at_every_write_of_every_workflow_all_is_old_or_all_is_new",
}
LEAST_SCORE = 95  # per cent of the mutants that nobody has argued for
ENVIRONMENT = {"RC_PARAMS": "seed=20260801 noshrink=1", "THECA_LIVES": "40"}
BATCHES = (0.06, 0.3, 1.5)  # seconds of tests that run in one process, the fastest first
QUICK = 0.3  # seconds
SLOWER = 3  # a mutant that takes so many times as long has lost its end


def say(text):
    print(f"mutation: {text}", file=sys.stderr, flush=True)


class Chosen:
    """What a run is about: the rooms of these files, or all."""

    def __init__(self, files):
        self.rooms = sorted({name.split("/")[0] for name in files or TARGETS})
        self.targets = {name: only for name, only in TARGETS.items() if name.split("/")[0] in self.rooms}
        self.programs = {program: tests for room in self.rooms for program, tests in PROGRAMS[room].items()}

    def units(self):
        """What the compiler is asked with which mutants compile."""
        for room in self.rooms:
            for path in sorted((TREE / "src" / room).glob("*.cpp")):
                if not path.name.endswith("_test.cpp") or path.name in COMPILES[room]:
                    yield path


# ---- build ----------------------------------------------------------------------------------------------

def copy_tree(chosen):
    """The sources as they stand, but for the mutated ones; what has not changed keeps its age."""
    kept = set()
    for part in ("src", "cmake"):
        for path in sorted((ROOT / part).rglob("*")):
            name = path.relative_to(ROOT)
            if path.is_dir():
                continue
            kept.add(name)
            if str(name).removeprefix("src/") not in chosen.targets:
                put(TREE / name, path.read_bytes())
    put(TREE / "CMakeLists.txt", (ROOT / "CMakeLists.txt").read_bytes())
    for part in ("src", "cmake"):
        for path in (TREE / part).rglob("*"):
            if path.is_file() and path.relative_to(TREE) not in kept:
                path.unlink()
    for part in ("data", "docs", "scenarios"):
        link = TREE / part
        if not link.is_symlink():
            link.symlink_to(ROOT / part)


def put(path, data):
    if path.exists() and path.read_bytes() == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def write_mutants(chosen):
    """All mutants that live, numbered; their sources stand in the tree."""
    sources = [mutants.Source(name, ROOT / "src" / name, [ROOT / "src"], only) for name, only in chosen.targets.items()]
    found = []
    for source in sources:
        for mutant in source.mutants():
            mutant.number = len(found)
            found.append(mutant)
    stillborn = set()
    index = cindex.Index.create()
    while True:
        written = {}
        for source in sources:
            text = source.written(stillborn)
            written[str(TREE / "src" / source.name)] = text
            put(TREE / "src" / source.name, text.encode())
        dead, unexplained = set(), None
        for path in chosen.units():
            unit = index.parse(str(path), args=mutants.FLAGS + [f"-I{TREE / 'src'}", "-include", str(SELECTOR)])
            for d in unit.diagnostics:
                if d.severity < cindex.Diagnostic.Error:
                    continue
                name = d.location.file.name if d.location.file else ""
                number = mutants.at_fault(written[name], d.location.offset) if name in written else None
                if number is None:
                    unexplained = unexplained or str(d)  # another error's consequence, mostly
                else:
                    dead.add(number)
        if not dead:
            if unexplained:
                raise SystemExit(f"mutation: no mutant is to blame for {unexplained}")
            break
        stillborn |= dead
    alive = [m for m in found if m.number not in stillborn]
    say(f"{len(alive)} mutants; {len(stillborn)} more do not compile")
    return alive


def build(chosen, jobs):
    flags = f"-O1 -w -Wno-c++11-narrowing -D_GLIBCXX_ASSERTIONS -include {SELECTOR}"
    log = OUT / "build.log"
    with open(log, "w") as out:
        commands = [["cmake", "-S", TREE, "-B", BUILD, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=None",
                     "-DCMAKE_CXX_COMPILER=clang++-19", f"-DCMAKE_CXX_FLAGS={flags}"],
                    ["cmake", "--build", BUILD, "--target", *chosen.programs, "-j", str(jobs)]]
        for command in commands:
            if subprocess.run(command, stdout=out, stderr=subprocess.STDOUT).returncode:
                print(Path(log).read_text()[-6000:], file=sys.stderr)
                raise SystemExit(f"mutation: the mutants were not built; see {log}")


# ---- tests ----------------------------------------------------------------------------------------------

def run(program, tests, **environment):
    command = [BUILD / "bin" / program, "--gtest_fail_fast", "--gtest_color=no", "--gtest_filter=" + ":".join(tests)]
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, **ENVIRONMENT, **environment},
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def list_tests(programs):
    found = []
    for program, files in programs.items():
        listed = OUT / f"{program}.json"
        subprocess.run([BUILD / "bin" / program, "--gtest_list_tests", f"--gtest_output=json:{listed}"],
                       stdout=subprocess.DEVNULL, check=True)
        for suite in json.loads(listed.read_text())["testsuites"]:
            for test in suite["testsuite"]:
                name = f"{suite['name']}.{test['name']}"
                if name not in LEFT_OUT and (files is None or Path(test["file"]).name in files):
                    found.append((program, name))
    return found


def reach(chosen, jobs, quick):
    """For each test its seconds and the sites it comes by, as one run of it without a mutant tells."""
    def one(item):
        n, (program, test) = item
        file = OUT / f"reach-{n}"
        before = time.monotonic()
        process = run(program, [test], THECA_MUTANT_REACH=str(file))
        output = process.communicate()[0].decode(errors="replace")
        if process.returncode:
            raise SystemExit(f"mutation: {test} fails without any mutant\n{output[-3000:]}")
        seconds = time.monotonic() - before
        sites = {int(line) for line in file.read_text().split()}
        file.unlink()
        return program, test, seconds, sites

    programs = {p: files for p, files in chosen.programs.items() if not quick or files is None}
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(one, enumerate(list_tests(programs))))


def batches(tests):
    """Tests in the order of their time, in groups that run in one process."""
    rest = sorted(tests, key=lambda t: t[2])
    groups, limits = [], list(BATCHES)
    for test in rest:
        limit = limits[min(len(groups), len(limits)) - 1] if groups else 0
        last = groups[-1] if groups else None
        if last and last[0][0] == test[0] and sum(t[2] - START for t in last) + test[2] - START <= limit:
            last.append(test)
        else:
            groups.append([test])
    return groups


START = 0.01  # seconds that a process takes before its first test


def ended_within(process, limit):
    """What it printed; ended when it has used so many seconds of a processor, as the machine may be busy."""
    while True:
        try:
            return process.communicate(timeout=0.25)[0].decode(errors="replace")
        except subprocess.TimeoutExpired:
            fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
            if (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") > limit:
                process.kill()


def try_mutant(mutant, tests):
    """(state, test, how) of a mutant."""
    reached = [t for t in tests if mutant.site in t[3]]
    if not reached:
        return "unreached", None, None
    for group in batches(reached):
        program, names = group[0][0], [t[1] for t in group]
        limit = 0.3 + SLOWER * sum(t[2] for t in group)
        process = run(program, names, THECA_MUTANT=str(mutant.number), THECA_MUTANT_SECONDS=str(math.ceil(limit) + 1))
        output = ended_within(process, limit)
        if process.returncode == 0:
            continue
        failed = re.search(r"^\[  FAILED  \] (\S+?)(?: |,|$)", output, re.M)
        if failed:
            return "killed", failed[1], "failed"
        begun = re.findall(r"^\[ RUN      \] (\S+)", output, re.M)
        ended = process.returncode in (-signal.SIGXCPU, -signal.SIGKILL)
        return "killed", begun[-1] if begun else names[0], "timeout" if ended else "crash"
    return "survived", None, None


# ---- record ---------------------------------------------------------------------------------------------

def digest():
    """Of the sources and tests, the result depends on all of them."""
    sum_ = hashlib.sha256()
    for path in sorted((ROOT / "src").rglob("*")):
        if path.suffix in (".hpp", ".cpp"):
            sum_.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return sum_.hexdigest()


def load():
    return json.loads(RECORD.read_text()) if RECORD.exists() else {"digest": None, "mutants": []}


def save(sum_, results):
    text = json.dumps({"digest": sum_, "mutants": results}, indent=1)
    fresh = RECORD.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(RECORD)


def key_of(result):
    return tuple(result[k] for k in ("file", "function", "original", "mutated", "nth"))


def run_all(alive, tests, jobs, only_survivors):
    before, sum_ = load(), digest()
    known = {}
    if before["digest"] == sum_ or only_survivors:
        known = {key_of(r): r for r in before["mutants"] if before["digest"] == sum_ or r["state"] == "killed"}
    results, todo = [], []
    for mutant in alive:
        past = known.get(mutant.key)
        if past:
            results.append({**past, "line": mutant.line})
        else:
            todo.append(mutant)
    say(f"{len(todo)} mutants to try, {len(results)} known")
    begun = saved = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        futures = {pool.submit(try_mutant, m, tests): m for m in todo}
        for done, future in enumerate(concurrent.futures.as_completed(futures), 1):
            m = futures[future]
            state, by, how = future.result()
            results.append({"file": m.file, "function": m.function, "line": m.line, "operator": m.operator,
                            "original": m.original, "mutated": m.mutated, "nth": m.nth,
                            "state": state, "by": by, "how": how})
            if time.monotonic() - saved > 20:
                saved = time.monotonic()
                save(sum_, results)
                say(f"{done} of {len(todo)} in {saved - begun:.0f} s")
    order = {name: i for i, name in enumerate(TARGETS)}
    results.sort(key=lambda r: (order[r["file"]], r["line"], r["original"], r["mutated"], r["nth"]))
    save(sum_, results)
    return results


# ---- report ---------------------------------------------------------------------------------------------

def report(results, whole):
    entries = argued.mutants()
    survivors = [r for r in results if r["state"] != "killed"]
    standing = {key_of(r) for r in survivors}
    left = [r for r in survivors if key_of(r) not in entries]
    print(f"{'file':<24} {'mutants':>8} {'killed':>8} {'argued':>8} {'left':>6} {'score':>8}")
    total = [0, 0, 0]
    for name in [*TARGETS, None]:
        if name is not None:
            of_file = [r for r in results if r["file"] == name]
            if not of_file:
                continue
            killed = sum(r["state"] == "killed" for r in of_file)
            excused = sum(r["state"] != "killed" and key_of(r) in entries for r in of_file)
            row = [len(of_file), killed, excused]
            total = [a + b for a, b in zip(total, row)]
        else:
            row = total
        all_, killed, excused = row
        score = 100 * killed / max(1, all_ - excused)
        print(f"{name or 'in all':<24} {all_:>8} {killed:>8} {excused:>8} {all_ - killed - excused:>6} {score:>7.1f}%")
    if left:
        print("\nNo test sees:")
    for r in left:
        nth = f" ({r['nth']})" if r["nth"] > 1 else ""
        note = "  [no test comes by]" if r["state"] == "unreached" else ""
        print(f"  src/{r['file']}:{r['line']} {r['function']}: {r['original']} -> {r['mutated']}{nth}{note}")
    stale = [e for e in entries if e not in standing] if whole else []
    if stale:
        print(f"\nArgued in {argued.PAGE.relative_to(ROOT)}, and no mutant that survives:")
    for file, function, original, mutated, nth in stale:
        print(f"  {file} {function}: {original} -> {mutated} ({nth})")
    return score >= LEAST_SCORE and not stale


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("-j", type=int, default=1, metavar="N", help="so many tests at a time")
    options.add_argument("--quick", action="store_true",
                         help="only the room's own quick tests, for a first look")
    options.add_argument("--survivors", action="store_true", help="try again only what survived the last run")
    options.add_argument("--file", action="append", help="only mutants of this file, as pump/store.cpp")
    options.add_argument("--list", action="store_true", help="print the mutants and stop")
    options.add_argument("--report", action="store_true", help="print the last run's result again")
    asked = options.parse_args()
    if asked.report:
        return 0 if report(load()["mutants"], True) else 1
    chosen = Chosen(asked.file)
    copy_tree(chosen)
    alive = write_mutants(chosen)
    if asked.file:
        alive = [m for m in alive if m.file in asked.file]
    if asked.list:
        for m in alive:
            print(f"{m.number} src/{m.file}:{m.line} {m.function}: {m.operator}: {m.original} -> {m.mutated} ({m.nth})")
        return 0
    say("building")
    build(chosen, asked.j)
    say("what reaches what")
    tests = [t for t in reach(chosen, asked.j, asked.quick) if not asked.quick or t[2] < QUICK]
    results = run_all(alive, tests, asked.j, asked.survivors)
    return 0 if report(results, not asked.file) else 1


if __name__ == "__main__":
    sys.exit(main())
