#!/usr/bin/python3
"""Models of the link's protocol, checked by spin. docs/protocol-models.md says what they are.

run.py check <model>   every run is exhaustive and finds nothing; every broken twin fails as its file says.
                       THECA_LONG=1: the large sizes as well.
run.py write <model>   writes counterexamples/ anew.

Fails, and never skips, when spin or gcc is missing, when a search was cut short, or when a line was never reached.
"""
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
STORIES = HERE / "counterexamples"


class Fails(NamedTuple):
    """Spin must find a counter-example with this switch, at this size: which assertion, and why it matters."""
    switch: str
    size: str
    assertion: str
    what: str


class Model(NamedTuple):
    small: list  # sizes of an exhaustive search, together about 20 s
    large: list
    twins: list  # one rule taken out
    weak: list  # a claim that the code as it stands does not keep
    remedies: list  # (switch, size): with this change of the code the claim holds


ORDER_1 = "VISITS_1=1 VISITS_2=0 CUTS=0 TRIES=2 ORDERS=1"
ORDER_2 = "VISITS_1=2 VISITS_2=0 CUTS=0 TRIES=1"
PAIR_2 = "VISITS_1=2 VISITS_2=0 VISITS_PATIENT=0 VISITS_THIEF=0 EPOCHS=1 DAYS=0"
PAIR_3 = "VISITS_1=3 VISITS_2=0 VISITS_PATIENT=0 VISITS_THIEF=0"
WRONG = PAIR_3 + " VISITS_1=4 EPOCHS=1 DAYS=0 CUTS=0 WRONG=1 READER=0 MADE=1"
STOLEN = PAIR_3.replace("THIEF=0", "THIEF=2") + " EPOCHS=0 DAYS=0 CUTS=0 READER=0 MADE=2"
TWICE = "VISITS_1=3 VISITS_2=0 VISITS_PATIENT=1 VISITS_THIEF=0 EPOCHS=0 DAYS=0 CUTS=0 READER=0 MADE=5"
OLD_WORD = PAIR_3.replace("THIEF=0", "THIEF=1") + " VISITS_1=4 EPOCHS=1 DAYS=1 CUTS=0 READER=0 MADE=1"
CARRIED = PAIR_3.replace("PATIENT=0", "PATIENT=1") + " EPOCHS=1 DAYS=0 CUTS=0 WRONG=1 READER=0 MADE=2"
ELSEWHERE = "VISITS_1=2 VISITS_2=0 VISITS_PATIENT=1 VISITS_THIEF=0 EPOCHS=1 DAYS=0 CUTS=0 READER=0 MADE=2"
TO_HEIR = "VISITS_OWNER=1 VISITS_HEIR=2 VISITS_THIRD=0 VISITS_PATIENT=0 CUTS=0 TIME=1 NUMBERS=1"
OWNER = "VISITS_OWNER=2 VISITS_HEIR=0 VISITS_THIRD=0 VISITS_PATIENT=0 CUTS=0 TIME=0 NUMBERS=1"
LATE = "VISITS_OWNER=1 VISITS_HEIR=1 VISITS_THIRD=0 VISITS_PATIENT=1 CUTS=0 TIME=0 NUMBERS=1"
BY_REGISTRY = "VISITS_OWNER=0 VISITS_HEIR=1 VISITS_THIRD=0 VISITS_PATIENT=0 CUTS=0 TIME=1 NUMBERS=1 REGISTRY=1 CLAIMS=1"

MODELS = {
    "order": Model(
        small=["VISITS_1=1 VISITS_2=1", "VISITS_1=2 VISITS_2=0 CUTS=2", "VISITS_1=3 VISITS_2=0 ORDERS=1 CUTS=1",
               "VISITS_1=2 VISITS_2=1 TRIES=1 CUTS=0"],
        large=["VISITS_1=2 VISITS_2=1", "VISITS_1=3 VISITS_2=0 ORDERS=3 NUMBERS=3 CUTS=1"],
        twins=[
            Fails("NO_NUMBER_RULE", ORDER_2 + " NUMBERS=1", "number[offered]>newest",
                  "judge() does not ask for a number above the last"),
            Fails("NO_PARENT_RULE", ORDER_2, "parent[offered]==running", "judge() does not ask what the order follows"),
            Fails("NO_ONCE", ORDER_1, "!(replayed)", "Session::open takes a record that was there before"),
            Fails("NO_SESSION", "VISITS_1=1 VISITS_2=1 CUTS=0 TRIES=1 ORDERS=1", "!(replayed)",
                  "the keys of a session that is over still open its records"),
            Fails("NO_SEQUENCE", ORDER_1, "taken[mine]==0", "stale() takes a change whatever sequence it names"),
            Fails("NO_INTENT", "VISITS_1=2 VISITS_2=0 CUTS=0 TRIES=2 ORDERS=1", "taken[mine]==0",
                  "stale() does not know a change by its intent"),
            Fails("ORDER_AFTER_COMMIT", ORDER_1 + " CUTS=1", "(running==0)||(place!=2)",
                  "keep_order() comes after the pump's commit"),
            Fails("ONE_PLACE", ORDER_2 + " CUTS=1", "(running==0)||(place!=2)",
                  "keep_order() writes over the order that runs"),
            Fails("TWO_STEPS", ORDER_1 + " CUTS=1", "therapy==running",
                  "prescription and digest are remembered one after the other"),
            Fails("COMMIT_BLIND", "VISITS_1=2 VISITS_2=0 CUTS=0 TRIES=1", "offered==frame[i].order",
                  "a commit does not name the digest"),
            Fails("SETTLE_AT_ONCE", ORDER_1, "!(failed[frame[i].intent])",
                  "a programmer calls a change that nobody answered failed, and asks nobody"),
            Fails("SETTLE_IN_OLD_SESSION", ORDER_1, "!(failed[frame[i].intent])",
                  "a programmer asks in the same session what became of a change"),
            Fails("STATE_FIRST", "VISITS_1=2 VISITS_2=0 CUTS=0 TRIES=2 ORDERS=1", "taken[mine]==0",
                  "a change told again is asked for its state before it is known by its intent"),
            Fails("NO_MARK", "VISITS_1=3 VISITS_2=0 CUTS=1 TRIES=1 ORDERS=1", "page[0]==0",
                  "the keyring does not say that an erasing is under way"),
        ],
        weak=[],
        remedies=[],
    ),
    "dose": Model(
        small=[""],
        large=["ASKED=6 CUTS=3 TRIES=5"],
        twins=[Fails("NO_LAST_REQUEST", "ASKED=1 CUTS=0", "given[frame[i]]==1", "a request is not known by its number"),
               Fails("SETTLE_BY_NUMBER", "ASKED=1 CUTS=0 TRIES=1", "given[request]==1",
                     "a programmer asks for the number of the newest dose and not for what became of it")],
        weak=[],
        remedies=[],
    ),
    "pairing": Model(
        small=["VISITS_1=2 VISITS_2=1 VISITS_PATIENT=0 VISITS_THIEF=0 EPOCHS=1 DAYS=0",
               "VISITS_1=2 VISITS_2=0 VISITS_PATIENT=1 VISITS_THIEF=0 EPOCHS=1 DAYS=0 CUTS=0",
               "VISITS_1=2 VISITS_2=0 VISITS_PATIENT=1 VISITS_THIEF=1 EPOCHS=1 DAYS=0 CUTS=0 READER=0",
               PAIR_3 + " EPOCHS=0 DAYS=0",
               PAIR_3 + " VISITS_1=4 EPOCHS=1 DAYS=2 CUTS=0 WRONG=1 READER=0 MADE=1",
               STOLEN, TWICE, OLD_WORD],
        large=["VISITS_1=3 VISITS_2=0 VISITS_PATIENT=1 VISITS_THIEF=0 EPOCHS=2 DAYS=0 CUTS=0 READER=0",
               "VISITS_1=2 VISITS_2=0 VISITS_PATIENT=1 VISITS_THIEF=1 EPOCHS=1 DAYS=1 CUTS=0",
               PAIR_3 + " EPOCHS=1 DAYS=0",
               PAIR_3 + " VISITS_1=5 EPOCHS=1 DAYS=3 CUTS=0 WRONG=1 READER=0 MADE=1"],
        twins=[
            Fails("CARD_CLOSES_AT_ONCE", PAIR_2, "keys.paired!=kYes", "the card is closed by Pair, and not by the clinic's first session"),
            Fails("USE_BEFORE_KEEP", PAIR_2, "keys.paired!=kYes", "a programmer uses the new secret before it has kept it"),
            Fails("FORGET_CLINIC", PAIR_3 + " EPOCHS=0 DAYS=0 CUTS=0", "heard[who]==value",
                  "the clinic's secret is forgotten when another is made, and not when that one was used"),
            Fails("FORGET_PATIENT", PAIR_3 + " EPOCHS=0 DAYS=0 CUTS=0", "was==0",
                  "the patient's secret is forgotten when another is made, and not when that one was used"),
            Fails("NO_NUMBER", PAIR_2, "first[who].fresh", "the gate does not ask for the coil's number"),
            Fails("NO_LOOK", PAIR_2 + " CUTS=0", "number", "whoever was answered and goes on no further keeps the session"),
            Fails("CLOSE_FIRST", PAIR_2.replace("THIEF=0", "THIEF=1") + " CUTS=0 READER=0", "was==0",
                  "the session ends before it is known who calls"),
            Fails("ACT_BEFORE_READY", PAIR_2, "!(first[who].forged)", "the first message acts, and not the first record"),
            Fails("CLOSED_IN_RAM", PAIR_3 + " EPOCHS=0 DAYS=0", "(slot!=kCard)||!(closed)",
                  "that the card is closed is not kept"),
            Fails("PAIR_BY_ANYONE", PAIR_2.replace("THIEF=0", "THIEF=1") + " CUTS=0", "(who==1)||(who==2)",
                  "anybody who is in may pair"),
            Fails("ANY_SECRET_ANY_ROLE", PAIR_2.replace("THIEF=0", "THIEF=1") + " CUTS=0", "(who==1)||(who==2)",
                  "no certificate makes a card holder, whatever secret opened the gate"),
            Fails("NO_EPOCH", PAIR_2.replace("THIEF=0", "THIEF=1") + " CUTS=0 READER=0", "speaks_with>=highest",
                  "check() does not ask a certificate's epoch"),
            Fails("EPOCH_IN_RAM", PAIR_2, "keys.epoch>=highest", "a raised epoch is not kept"),
            Fails("EPOCH_ANY", "VISITS_1=3 VISITS_2=0 VISITS_PATIENT=1 VISITS_THIEF=0 EPOCHS=2 DAYS=0 CUTS=0 READER=0", "keys.epoch>=highest",
                  "an epoch that is not above the last is taken"),
            Fails("KEEP_OFFER", PAIR_2 + " CUTS=0", "(offered-1)>=keys.epoch", "a raised epoch does not drop what is on offer"),
            Fails("STAY_IN", "VISITS_1=2 VISITS_2=0 VISITS_PATIENT=1 VISITS_THIEF=0 EPOCHS=1 DAYS=0 CUTS=0 READER=0", "speaks_with>=keys.epoch",
                  "a raised epoch does not end the session of who is below it"),
            Fails("SAME_IS_STALE", PAIR_2 + " CUTS=0", "!(was)", "an epoch that was raised already is answered as one that is too low"),
            Fails("NO_EXCEPTION", WRONG, "first[who].epoch>keys.epoch",
                  "a certificate of a new epoch is asked whether it is over, as every other"),
            Fails("RAISES_ALL", WRONG, "!(raises_only)", "who is let in to raise the epoch may do everything"),
            Fails("NO_MEND", WRONG, "raises_only&&", "the clinic's word for an epoch does not set the time"),
            Fails("LEAPS_AT_ONCE", WRONG, "wrong_base", "one certificate is enough for a leap of the time"),
            Fails("RENEW_BY_ANYONE", STOLEN, "keys.paired!=kYes", "a new secret of the clinic's is made without its signature"),
            Fails("OLD_SIGNATURE", STOLEN, "keys.paired!=kYes", "what the clinic has signed for a secret does not name the session"),
            Fails("USED_ALONE", STOLEN, "keys.paired!=kYes", "once a secret has opened the implant a programmer forgets the newer ones as well"),
            Fails("KEEP_TWO", TWICE, "!(let_in)", "of the secrets since the last that was used a programmer keeps the newest and the one before"),
            Fails("OLD_STATEMENT", OLD_WORD, "was", "a statement that was not signed for this session sets the time back as well"),
            Fails("OTHER_IMPLANTS", ELSEWHERE, "keys.epoch<=books", "a statement does not name its implant"),
        ],
        weak=[
            Fails("CLAIM_CLOCK", PAIR_3 + " EPOCHS=0 DAYS=0 CUTS=0 WRONG=1", "first[who].epoch==keys.epoch",
                  "an honest certificate of the epoch of now is let in, whatever the very first clock said"),
            Fails("CLAIM_CARRIED", CARRIED, "!(wrong_base)", "the clinic's honest word for an epoch mends a wrong time, whoever brings it"),
        ],
        remedies=[],
    ),
    "transfer": Model(
        small=[TO_HEIR + " VISITS_OWNER=2 CUTS=1", TO_HEIR + " CUTS=1 TIME=3 OLD=1", TO_HEIR + " VISITS_HEIR=1 VISITS_THIRD=1 VISITS_PATIENT=1",
               TO_HEIR + " VISITS_HEIR=1 VISITS_PATIENT=1 CUTS=1 TIME=3", BY_REGISTRY + " VISITS_HEIR=2 VISITS_PATIENT=1 CUTS=1 TIME=3",
               BY_REGISTRY + " VISITS_THIRD=1 CUTS=1 TIME=3", BY_REGISTRY + " VISITS_OWNER=1 NUMBERS=2", OWNER + " CUTS=1 TIME=3"],
        large=[TO_HEIR + " VISITS_OWNER=2 CUTS=1 TIME=3 NUMBERS=2", BY_REGISTRY + " VISITS_OWNER=1 VISITS_PATIENT=1 TIME=3 NUMBERS=2"],
        twins=[
            Fails("CLOSE_AT_PAIR", TO_HEIR, "heard[keys.clinic_key]==keys.secret", "Pair closes the heir's card, and not the heir's first session"),
            Fails("FORGET_PROMISE", TO_HEIR, "keys.promise", "Pair forgets the promise, and not the heir's first session"),
            Fails("USE_BEFORE_KEPT", TO_HEIR, "disk[keys.clinic_key]==keys.secret", "the heir uses its secret before it has kept it"),
            Fails("OWNER_OUT", TO_HEIR, "disk[keys.clinic_key]==keys.secret", "the promise ends what its owner shares with the implant"),
            Fails("ANY_HEIR", OWNER, "keys.heir==to", "Pair does not ask whom the implant is promised to"),
            Fails("NO_END", TO_HEIR + " TIME=3", "keys.age<=2", "a promise never ends"),
            Fails("NO_COUNTER", OWNER, "keys.transfers>refused", "a token is not asked for a number above all before"),
            Fails("NUMBER_IN_RAM", OWNER + " CUTS=1", "keys.transfers", "the number of the newest promise is not kept"),
            Fails("REFUSED_IN_RAM", OWNER + " CUTS=1", "keys.transfers>refused", "that a promise was refused is not kept"),
            Fails("TWO_KEEPS", OWNER + " CUTS=1", "keys.of_number==keys.transfers", "promise and number are kept one after the other"),
            Fails("TRANSFER_STAYS", TO_HEIR + " VISITS_OWNER=2", "who!=1", "the promise stays when the heir has come"),
            Fails("PACK_OPENS", TO_HEIR, "==kByRegistry", "until the heir was in the card of the pack opens as on the first day"),
            Fails("OLD_NUMBERS", TO_HEIR + " OLD=1", "first[who].fresh", "the gate does not ask for the coil's number"),
            Fails("NO_ISSUER", LATE, "first[who].issuer==keys.clinic_key", "nobody asks which clinic has signed a certificate"),
            Fails("NO_REFUSE_NUMBER", BY_REGISTRY + " VISITS_OWNER=1 VISITS_HEIR=0 VISITS_PATIENT=1 NUMBERS=2 TIME=0", "value==keys.of_number",
                  "a refusal does not name the promise that was read"),
            Fails("NO_WAIT", BY_REGISTRY, "keys.age>=1", "a promise by the registry opens at once"),
            Fails("LATE_REFUSE", LATE, "disk[keys.clinic_key]==keys.secret", "a promise may be refused after the heir has paired"),
            Fails("ONE_KEY", BY_REGISTRY, "registered_to[value]==to", "one key of the registry is enough"),
            Fails("NO_PROOF", BY_REGISTRY, "proven[value]", "the registry's word is taken without the card of the pack"),
            Fails("NO_CLAIM_NUMBER", BY_REGISTRY + " VISITS_PATIENT=1 CLAIMS=2", "keys.transfers>refused", "a token of the registry is not asked for its number"),
            Fails("OLD_GATE", TO_HEIR + " TIME=3", "first[who].slot!=kCard", "nobody asks whether the slot that the gate was made for still has a secret"),
            Fails("OVER_STANDS", OWNER + " CUTS=1 TIME=3", "keys.of_number!=ended", "a promise that is over is not erased when the coil's field comes"),
            Fails("OVER_IS_DONE", OWNER + " CUTS=1 TIME=3", "keys.transfers>refused", "a refusal erases nothing when the promise is over"),
            Fails("AGAIN_IS_STALE", OWNER, "keys.of_number", "a token that is told again is one whose number is too low"),
            Fails("AGAIN_LASTS", TO_HEIR + " VISITS_HEIR=1 TIME=3", "keys.stood<=2", "a token that is told again begins its thirty days anew"),
            Fails("PAIR_FOR_ANOTHER", OWNER, "who==to", "Pair is not signed by the key that it brings"),
            Fails("PAIR_AT_ONCE", BY_REGISTRY + " VISITS_OWNER=1 NUMBERS=2 TIME=0", "keys.age>=1",
                  "Pair does not ask whether the registry's day is over: it is enough to be in"),
        ],
        weak=[
            Fails("CLAIM_OVER_STAYS", OWNER + " CUTS=1 TIME=3", "was", "a promise that is over does not come back, when nobody has come since"),
        ],
        remedies=[("END_WHEN_OVER", OWNER + " CUTS=1 TIME=3"), ("SELF", OWNER + " VISITS_PATIENT=1")],
    ),
}


class Broken(Exception):
    pass


def call(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Broken(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def defines(*words):
    chosen = {}
    for word in " ".join(words).split():  # the last of a name counts
        name, _, value = word.partition("=")
        chosen[name] = value
    return [f"-D{name}={value}" if value else f"-D{name}" for name, value in chosen.items()]


def build(folder, model, flags, *options):
    (folder / f"{model}.pml").write_text((HERE / f"{model}.pml").read_text())
    call(["spin", *flags, "-a", f"{model}.pml"], folder)
    call(["gcc", "-w", "-DSAFETY", "-DMEMLIM=14000", *options, "-o", "pan", "pan.c"], folder)


def exhaust(model, flags, hash_bits=24):
    """Searches all of it; the lines that were not reached."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build(folder, model, flags, "-O2" if hash_bits > 24 else "-O1")
        begun = time.monotonic()
        said = call(["./pan", "-m1000000", f"-w{hash_bits}", "-E"], folder)
        took = time.monotonic() - begun
        unreached = places(folder, said)

    def number(pattern):
        found = re.search(pattern, said)
        return float(found[1]) if found else 0.0

    wrong = [text for text in ("max search depth too small", "Search not completed", "Bit statespace", "Hash-Compact",
                               "assertion violated", "out of memory", "aborted") if text in said]
    if "Full statespace search" not in said:
        wrong.append("no full search of the state space")
    if not re.search(r"errors: 0\b", said):
        wrong.append("errors")
    if not re.search(r"assertion violations\s*\+", said):
        wrong.append("assertions were not looked at")
    states = int(number(r"([\d.e+]+) states, stored"))
    if states < 1000:
        wrong.append(f"{states} states are too few")
    if wrong:
        raise Broken(f"{model} {' '.join(flags)}: {'; '.join(wrong)}\n" + said[:said.find("unreached")])
    print(f"{model} {' '.join(flags)}: {states:,} states, depth {int(number(r'depth reached ([0-9]+)')):,}, "
          f"{number(r'([0-9.]+).total actual memory usage'):,.0f} MB, {took:.1f} s, no errors", flush=True)
    return unreached


def places(folder, said):
    """Lines that no state was reached on; a line of an inline function has states wherever it is called."""
    made = (folder / "pan.c").read_text()
    skipped = set(re.findall(r"reached(\d+)\[(\d+)\] = 1", (folder / "pan.t").read_text()))  # merged with others
    names = re.findall(r"#define _nstates(\d+)\s+\d+\s+/\* (\S+) \*/", (folder / "pan.h").read_text())
    reached, unreached = set(), set()
    for which, name in names:
        if name in ("np_", ":never:"):
            continue
        table = {key: re.search(rf"\b{key}{which} \[\] = {{([^}}]*)}}", made)[1].split(",")
                 for key in ("src_ln", "reached")}
        part = re.search(rf"unreached in (?:proctype )?{name.strip(':')}\n(.*?\(\d+ of \d+ states\))", said, re.S)
        if not part:
            raise Broken(f"nothing is said of what was reached in {name}\n{said}")
        never = {int(state) for state in re.findall(r", state (\d+), ", part[1])}
        ends = {int(state) for state in re.findall(r", state (\d+), \"-end-\"", part[1])}  # some never end
        for state, (line, done) in enumerate(zip(table["src_ln"], table["reached"])):
            if done.strip() != "0" or not line.strip() or state in ends or (which, str(state)) in skipped:
                continue
            (unreached if state in never else reached).add(int(line))
    if not reached:
        raise Broken("no line was reached")
    return unreached - reached


def counterexample(model, fails):
    """The shortest story, and the assertion that ends it."""
    flags = defines(fails.size, fails.switch)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build(folder, model, flags, "-O0", "-DBFS")
        said = call(["./pan", "-E", "-w20"], folder)
        if "assertion violated" not in said:
            raise Broken(f"{model} {fails.switch}: nothing found where there must be a counter-example\n" + said[:said.find("unreached")])
        told = call(["spin", *flags, "-t", "-T", "-B", f"{model}.pml"], folder)
    assertion = re.search(r"text of failed assertion: assert\((.*)\)", told)
    if not assertion:
        raise Broken(f"{model} {fails.switch}: the trail does not end with an assertion\n{told}")
    lines = [line.strip() for line in told.splitlines()]
    return assertion[1], [line for line in lines if re.match(r"(implant|programmer|person|patient|clinic|reader)\b.*:", line)]


def page(model, fails, kind, assertion, story):
    head = {"twin": "Rule taken out", "weak": "Claim that the code as it stands does not keep"}[kind]
    return "\n".join([f"{head}: {fails.what}", f"Switch: {fails.switch} of {model}.pml, {fails.size}",
                      f"Assertion that fails: {assertion}", "", *story, ""])


def check_fails(model, fails, kind, write):
    assertion, story = counterexample(model, fails)
    if fails.assertion.replace(" ", "") not in assertion.replace(" ", ""):
        raise Broken(f"{model} {fails.switch}: failed by\n  {assertion}\nand not by\n  {fails.assertion}\n" + "\n".join(story))
    file = STORIES / f"{fails.switch.lower()}.txt"
    text = page(model, fails, kind, assertion, story)
    if write:
        file.write_text(text)
    stored = file.read_text().splitlines()[:3] if file.exists() else []
    if stored != text.splitlines()[:3]:
        raise Broken(f"{file} says\n{stored}\nand spin finds\n{text}\nrun.py write {model} writes it anew")
    print(f"{model} -D{fails.switch}: {'fails' if kind == 'twin' else 'does not hold'}: {assertion}", flush=True)


def main(what, model_name):
    model = MODELS[model_name]
    large = os.environ.get("THECA_LONG", "0") not in ("", "0")
    missed = [exhaust(model_name, defines(size)) for size in model.small]
    if large:
        missed += [exhaust(model_name, defines(size), 27) for size in model.large]
    never = set.intersection(*missed)
    if never:
        text = (HERE / f"{model_name}.pml").read_text().splitlines()
        raise Broken("never reached:\n" + "\n".join(f"{model_name}.pml:{line}: {text[line - 1]}" for line in sorted(never)))
    for switches, size in model.remedies:
        exhaust(model_name, defines(size, switches))
    others = []
    for kind, rows in (("twin", model.twins), ("weak", model.weak)):
        for fails in rows:
            try:
                check_fails(model_name, fails, kind, what == "write")
            except Broken as broken:
                others.append(str(broken))
    if others:
        raise Broken("\n".join(others))


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("check", "write") or sys.argv[2] not in MODELS:
        sys.exit(__doc__)
    try:
        main(sys.argv[1], sys.argv[2])
    except (Broken, OSError) as broken:
        sys.exit(f"spin: {broken}")
