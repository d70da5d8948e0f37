#!/usr/bin/env python3
"""A life of an implant at the command line: `theca pump` as a process, `theca link` as its programmers.

    visits.py THECA

Killed with -9 between visits it goes on where it was; a stolen copy of the keys is worth nothing after `revoke`; another
clinic takes over what was promised to it. Whatever a user may get wrong ends with a sentence and changes nothing.
"""
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCENARIO = ROOT / "scenarios" / "morphine_with_patient_boluses.toml"


class Wrong(Exception):
    pass


def hold(what, promise, *seen):
    if not what:
        raise Wrong(f"{promise}: {' '.join(map(str, seen))}")


class Bench:
    def __init__(self, theca, folder):
        self.theca, self.folder = theca, folder
        self.address = folder / "pump"
        self.state = folder / "pump.nvm"
        self.process = None

    def start(self):
        log = open(self.folder / "log", "ab")
        begin = log.tell()
        self.process = subprocess.Popen([self.theca, "pump", "--listen", str(self.address), "--state", str(self.state),
                                         "--patient", str(SCENARIO), "--for", "600", "--json"], stdout=log, stderr=log)
        for _ in range(600):
            if b'"implant"' in (self.folder / "log").read_bytes()[begin:]:
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise Wrong("the pump did not come up: " + (self.folder / "log").read_text()[-2000:])

    def end(self, how):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(timeout=30)
        self.process = None

    def reboot(self):
        self.end(signal.SIGKILL)
        self.start()

    def link(self, *words, keys="clinic", near=True, code=0, json_out=True):
        command = [self.theca, "link", *map(str, words)]
        if words[0] != "key":
            command += ["--to", str(self.address)] + (["--near"] if near else [])
        command += ["--keys", str(self.folder / keys)] + (["--json"] if json_out else [])
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        hold(done.returncode == code, "exit code", " ".join(map(str, words)), "ended with", done.returncode, "and not",
             code, ":", done.stdout, done.stderr)
        hold(code == 0 or done.stderr or done.stdout, "bad input", words, "failed without a word")
        return json.loads(done.stdout) if json_out and done.stdout.strip() else done.stdout + done.stderr


def life(bench):
    card = pathlib.Path(str(bench.state) + ".card")
    bench.start()
    status = lambda **more: bench.link("status", **more)

    # ---- what a user may get wrong, before anything stands
    text = bench.link("status", code=2, json_out=False)
    hold("pair first" in text, "bad input", text)
    text = bench.link("frobnicate", code=2, json_out=False)
    hold('no command "frobnicate"' in text and "prescribe" in text, "bad input", text)
    bench.link("pair", "--card", bench.folder / "none.card", code=2)
    broken = bench.folder / "broken.card"
    broken.write_text("{}")
    broken.chmod(0o600)
    bench.link("pair", "--card", broken, code=2)
    bench.link("pair", "--card", card, near=False, code=1)

    # ---- paired, implanted
    bench.link("pair", "--card", card)
    hold(status()["state"] == "on the shelf", "pairing")
    bench.link("pair", "--card", card, keys="thief", code=1)  # the card has done its work
    bench.link("prescribe", SCENARIO, "--dose", "60 mg/day", code=1)  # not what the file says: nothing was sent
    hold(status()["state"] == "on the shelf", "a slip of the dose")
    bench.link("prescribe", SCENARIO, "--dose", "6 mg/day", "--patient-may-pause")
    before = status()
    hold(before["state"] == "delivering" and before["sequence"] == 1, "INV-10", before)

    # ---- killed at any moment it goes on where it was
    bench.link("bolus")
    text = bench.link("bolus", code=1, json_out=False)
    hold(text.strip() == "Not done: Another bolus is being given.", "a refusal says why", text)
    own = bench.link("status", "--as", "patient")
    bench.reboot()
    after = bench.link("status", "--as", "patient")
    hold(after["last_request"] == own["last_request"], "INV-7", after)
    bench.link("stop", "--as", "patient")
    bench.reboot()
    stopped = status()
    hold(stopped["state"] == "stopped" and stopped["sequence"] == 2, "INV-6", stopped)
    hold(stopped["order_sha256"] == before["order_sha256"], "INV-6", stopped)
    hold(stopped["steps"] >= before["steps"], "INV-8", stopped)
    bench.link("resume", "--as", "patient")
    hold(status()["state"] == "delivering", "INV-10")
    bench.link("emergency", "--lower")
    hold("delivery lowered" in status()["alarms"], "INV-10")

    # ---- a programmer is stolen, with all that is in it
    shutil.copytree(bench.folder / "clinic", bench.folder / "stolen")
    status(keys="stolen")
    bench.link("revoke")
    bench.reboot()
    bench.link("status", "--as", "nurse", keys="stolen", code=1)
    hold(status()["state"] == "delivering", "RT-40")
    bench.link("pair-patient")
    bench.link("status", "--as", "patient")
    bench.link("status", "--as", "patient", keys="stolen", code=1)

    # ---- to another clinic
    heir = bench.link("key", keys="heir")["clinic_key"]
    handed = bench.folder / "handed.card"
    bench.link("transfer", "--heir", "12", "--out", handed, code=2)
    bench.link("transfer", "--heir", bench.link("key")["clinic_key"], "--out", handed, code=2)
    bench.link("transfer", "--heir", heir, "--out", handed)
    hold(handed.stat().st_mode & 0o077 == 0, "INV-12", "the card is open to others")
    hold(bench.link("status", "--as", "patient")["promised_to"]["promise"] == 1, "INV-10")
    bench.link("refuse", "--as", "patient")
    bench.link("pair", "--card", handed, keys="heir", code=1)
    bench.link("transfer", "--heir", heir, "--out", handed)
    bench.link("pair", "--card", handed, keys="third", code=1)  # not the heir
    bench.reboot()
    hold(status()["promised_to"]["promise"] == 2, "INV-6")
    bench.link("pair", "--card", handed, keys="heir")
    taken = status(keys="heir")
    hold(taken["order_sha256"] == before["order_sha256"] and taken["state"] == "delivering", "INV-10", taken)
    hold(taken["promised_to"] is None, "INV-10", taken)
    bench.link("status", code=1)  # the clinic before it
    bench.link("status", "--as", "patient", code=1)
    bench.link("status", "--as", "patient", keys="heir")

    # ---- and all of it stands in the journal
    file = bench.folder / "journal.jsonl"
    bench.link("log", "--out", file, keys="heir")
    told = [json.loads(line) for line in file.read_text().splitlines()]
    names = [str(entry) for entry in told]
    for what, least in (("change taken", 3), ("keys changed", 9), ("access", 2), ("delivery lowered", 1)):
        hold(sum(what in name for name in names) >= least, "INV-9", what, "stands there less than", least, "times")

    # ---- one memory, one process; and a memory that is none
    second = subprocess.run([bench.theca, "pump", "--listen", str(bench.folder / "other"), "--state", str(bench.state),
                             "--patient", str(SCENARIO), "--for", "1"], capture_output=True, text=True, timeout=60)
    hold(second.returncode == 2 and str(bench.state) in second.stderr, "bad input", second.returncode, second.stderr)
    bench.end(signal.SIGTERM)
    whole = bench.state.read_bytes()
    bench.state.write_bytes(whole[:len(whole) // 2])
    torn = subprocess.run([bench.theca, "pump", "--listen", str(bench.address), "--state", str(bench.state), "--patient",
                           str(SCENARIO), "--for", "1"], capture_output=True, text=True, timeout=60)
    hold(torn.returncode == 2 and str(bench.state) in torn.stderr, "bad input", torn.returncode, torn.stderr)
    hold(bench.state.read_bytes() == whole[:len(whole) // 2], "bad input", "a memory that is none was written over")
    bench.state.write_bytes(whole)
    bench.state.chmod(0o644)
    open_file = subprocess.run([bench.theca, "pump", "--listen", str(bench.address), "--state", str(bench.state),
                                "--patient", str(SCENARIO), "--for", "1"], capture_output=True, text=True, timeout=60)
    hold(open_file.returncode == 2, "INV-12", "a memory that others may read was opened")


def main():
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(sys.argv[1], pathlib.Path(name))
        try:
            life(bench)
        except Wrong as wrong:
            print(wrong, file=sys.stderr)
            return 1
        finally:
            bench.end(signal.SIGKILL)
    print("a life at the command line: held")
    return 0


if __name__ == "__main__":
    sys.exit(main())
