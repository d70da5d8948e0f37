/* How an implant passes to another clinic: by a promise of the clinic that it belongs to, or by one of the registry
 * where there is no such clinic any more.
 *
 * The owner, the heir, a third clinic that holds the card of the pack (and may be promised the implant as well), the
 * patient, the registry's three keys of which one is stolen, somebody with a coil; whoever holds the radio delivers any
 * first message that was ever sent, or none. docs/protocol-models.md */

#ifndef VISITS_OWNER
#define VISITS_OWNER 2
#endif
#ifndef VISITS_HEIR
#define VISITS_HEIR 2
#endif
#ifndef VISITS_THIRD
#define VISITS_THIRD 1
#endif
#ifndef VISITS_PATIENT
#define VISITS_PATIENT 1
#endif
#ifndef NUMBERS
#define NUMBERS 2 /* that promises carry */
#endif
#ifndef HEIRS
#define HEIRS 1 /* 2: the third clinic is one, too */
#endif
#ifndef REGISTRY
#define REGISTRY 0 /* tokens that it signs */
#endif
#ifndef CLAIMS
#define CLAIMS 2 /* that somebody with a coil tells */
#endif
#ifndef TIME
#define TIME 3 /* steps of powered time */
#endif
#ifndef CUTS
#define CUTS 1
#endif
#ifndef MADE
#define MADE 3 /* secrets */
#endif
#ifndef OLD
#define OLD 0 /* 1: first messages are kept that no number stands for any more */
#endif

mtype = { kCard, kClinic, kPatient };        /* implant.hpp, Slot */
mtype = { kBegun, kYes };                    /* implant/keyring.hpp, Paired; kNo is in pairing.pml */
mtype = { kNobody, kByClinic, kByRegistry }; /* Promise */
#define OWNER 1
#define HEIR 2
#define THIRD 3
#define PATIENT 4
#define OTHER 5 /* with a coil, and nothing else */
#define PEOPLE 5
#define OWNERS 1 /* secrets */
#define PACK 2
#define holds_pack(who) ((who) == HEIR || (who) == THIRD)

/* Time of a promise: in step 0 a day is not over, after step 2 thirty days are. */
#define WAITS 1
#define LASTS 2

/* ---- the keyring, in RAM and as it is kept: implant/keyring.hpp --------------------------------------------- */
typedef Keyring {
  mtype paired;
  byte clinic_key; /* whose */
  byte secret;     /* shared with the clinic's programmers */
  mtype promise;
  byte heir, opens; /* Transfer, secret: what opens it for the heir; 0: none was made */
  byte age;         /* since begun */
  byte transfers;   /* number of the newest promise */
  byte of_number;   /* ghost: number of the promise that stands */
  byte stood        /* ghost: for how long, whatever was told again */
}
Keyring keys, kept;
bool up = 1;
byte cuts = CUTS;
byte time = TIME;
byte gate; /* what opens the card's gate, since the field came: implant.hpp, renew_gates */

/* ---- the session -------------------------------------------------------------------------------------------- */
byte in_session;
mtype slot;
bool ready;
bool own_call; /* ghost: the session answers the newest call of whose name it is in */

/* ---- the air ------------------------------------------------------------------------------------------------ */
typedef First {
  mtype slot;
  byte secret, issuer;
  bool fresh
}
First first[PEOPLE];
bool number;

/* ---- what people hold --------------------------------------------------------------------------------------- */
byte heard[PEOPLE];
byte disk[PEOPLE];                /* the clinic's secret: cli/link_keys.cpp, keep */
byte card[PEOPLE];                /* what a promise's secret was written on: cli/link_command.cpp, transfer */
byte signed_to[NUMBERS + 1];      /* tokens of the owner: to whom; 0: none with this number */
byte registered_to[NUMBERS + 1];  /* of two of the registry's three */
bool proven[NUMBERS + 1];         /* one was told with the proof of the pack's card, for everybody near to hear */
byte made = PACK;

/* ---- ghosts ------------------------------------------------------------------------------------------------- */
byte highest; /* number ever */
byte refused; /* the newest that was refused */
byte ended;   /* the newest that was over when the coil's field came */
bool came;    /* the heir has paired */
bool is_in;   /* and was in */

#define CUT                                              \
  if                                                     \
  :: cuts > 0 ->                                         \
       cuts--;                                           \
       up = 0;                                           \
       printf("implant: the power goes\n");              \
       goto booting                                      \
  :: true                                                \
  fi

inline copy(to, from) {
  to.paired = from.paired;
  to.clinic_key = from.clinic_key;
  to.secret = from.secret;
  to.promise = from.promise;
  to.heir = from.heir;
  to.opens = from.opens;
  to.age = from.age;
  to.of_number = from.of_number;
  to.stood = from.stood;
  to.transfers = from.transfers
}
/* implant/keyring.cpp, keep; one write makes all of it count (INV-6) */
inline keep() {
  CUT;
#ifdef NUMBER_IN_RAM
  was = kept.transfers;
  copy(kept, keys);
  kept.transfers = was;
  was = 0;
#else
  copy(kept, keys);
#endif
  CUT
}

inline promise_to_nobody() {
  keys.promise = kNobody;
  keys.heir = 0;
  keys.opens = 0;
  keys.age = 0;
  keys.of_number = 0;
  keys.stood = 0
}
inline hang_up() { in_session = 0; slot = 0; ready = 0; own_call = 0 }
inline forget(who) {
  first[who].fresh = 0;
#if !OLD
  first[who].slot = 0; first[who].secret = 0; first[who].issuer = 0
#endif
}
inline stale_numbers() { number = 0; forget(1); forget(2); forget(3); forget(4) }

/* implant.hpp, promised: one that was not kept in time is none, but one whose heir has come is for good. */
#ifdef NO_END
#define over false
#else
#define over (keys.paired == kYes && keys.age > LASTS)
#endif
#define promised (over -> kNobody : keys.promise)
/* implant.hpp, heir_waits */
#ifdef NO_WAIT
#define waits false
#else
#define waits (keys.age < WAITS)
#endif
/* implant.hpp, card_secret */
#ifdef PACK_OPENS
#define card_secret (promised == kByClinic -> (keys.paired == kYes -> keys.opens : PACK) : registrys_or_none)
#else
#define card_secret (promised == kByClinic -> keys.opens : registrys_or_none)
#endif
#define registrys_or_none (promised == kByRegistry -> (waits -> 0 : PACK) : (keys.paired != kYes -> PACK : 0))
#define renew_gates() gate = card_secret

/* Never orphaned: who it belongs to holds its secret, or the heir holds what opens it for him. */
#define heir_opens ((keys.promise == kByClinic && card[keys.heir] == keys.opens) || (keys.promise == kByRegistry && holds_pack(keys.heir)))
#define owned (disk[keys.clinic_key] == keys.secret || (keys.paired == kBegun && heir_opens))

/* What holds whenever the implant has done something. */
inline check() {
  assert(owned);                                                        /* never orphaned */
  assert(promised == kNobody || refused == 0 || keys.transfers > refused); /* nothing refused comes back */
  assert(promised == kNobody || keys.of_number != ended);               /* nor what was over when somebody came */
  assert(card_secret != PACK || promised == kByRegistry);               /* the card of the pack opens nothing else */
  assert(keys.promise == kNobody || keys.of_number == keys.transfers);  /* old or new, and never a mix (INV-6) */
  assert(keys.transfers >= highest);                                    /* INV-8 */
  highest = keys.transfers
}

/* implant.hpp, end_promise: when the coil's field comes. A cut within is one before it, or behind. */
inline end_promise() {
  if
  :: over && keys.promise != kNobody ->
       ended = keys.of_number;
#ifndef OVER_STANDS
       promise_to_nobody();
       copy(kept, keys);
#endif
       printf("implant: number %d is over\n", ended)
  :: else
  fi
}

/* implant.hpp, through_the_gate, shake, who */
#ifdef OLD_GATE
#define slot_has_secret true
#else
#define slot_has_secret (card_secret != 0) /* a promise may have ended while the coil lay there */
#endif
#define opens_gate(f) ((f.slot == kCard && gate != 0 && slot_has_secret && f.secret == gate) || (f.slot == kClinic && f.secret == keys.secret) || f.slot == kPatient)
#ifdef OLD_NUMBERS
#define right_number(f) true
#else
#define right_number(f) (number && f.fresh)
#endif
#ifdef NO_ISSUER
#define role_of_slot(f) true
#else
#define role_of_slot(f) (f.slot == kCard || f.issuer == keys.clinic_key)
#endif

/* A token with this number, from whom, to whom: what is signed is for one number. */
mtype = { kReady, kPair, kTransfer, kRefuse, kClaim };
chan to_implant = [0] of { byte, mtype, byte, byte };

/* RefuseTransfer names what was read. */
#ifdef NO_REFUSE_NUMBER
#define may_refuse true
#else
#ifdef LATE_REFUSE
#define may_refuse (value == keys.transfers)
#else
#define may_refuse (keys.paired == kYes && value == keys.transfers)
#endif
#endif
/* What the registry has signed: above all numbers before, by two keys, with the card of the pack. */
#ifdef NO_CLAIM_NUMBER
#define claims_number true
#else
#define claims_number (value > keys.transfers)
#endif
#ifdef ONE_KEY
#define two_signed true
#else
#define two_signed (registered_to[value] == to)
#endif
/* Pair: with the key that it brings, which is the heir's; and by the registry's promise after its day. */
#ifdef ANY_HEIR
#define brings_heirs_key (promised != kNobody || keys.paired != kYes)
#else
#define brings_heirs_key (promised != kNobody -> keys.heir == to : keys.paired != kYes)
#endif
#ifdef PAIR_FOR_ANOTHER
#define signed_by_key true
#else
#define signed_by_key (who == to)
#endif
#ifdef PAIR_AT_ONCE
#define day_is_over true
#else
#define day_is_over (promised != kByRegistry || !waits)
#endif
#ifdef NO_PROOF
#define shows_card true
#else
#define shows_card (holds_pack(who) || proven[value])
#endif

proctype Implant() {
  byte who, value, to, was;
end:
  do
  :: atomic {
       if
       :: first[1].slot != 0 -> who = 1
       :: first[2].slot != 0 -> who = 2
       :: first[3].slot != 0 -> who = 3
       :: first[4].slot != 0 -> who = 4
       fi;
       if
       :: right_number(first[who]) && opens_gate(first[who]) ->
            assert(first[who].fresh); /* nobody is looked at who lacks the coil's number of now */
            assert(first[who].slot != kCard || card_secret == first[who].secret); /* what opened the gate opens it still */
            if
            :: role_of_slot(first[who]) ->
                 hang_up();
                 in_session = who;
                 slot = first[who].slot;
                 own_call = first[who].fresh;
                 printf("implant: answers the call of person %d\n", who);
                 assert(slot == kPatient || who != OWNER || !is_in); /* the old clinic opens nothing any more */
                 assert(slot != kCard || promised != kByRegistry || keys.age >= WAITS); /* nothing opens for a day */
                 assert(slot != kClinic || who == keys.clinic_key); /* INV-10 */
                 assert(slot == kCard || first[who].issuer == keys.clinic_key) /* a certificate is of whom it belongs to */
            :: else
            fi;
            stale_numbers()
       :: else
            /* Until the heir has paired the old clinic opens it (INV-10). */
            assert(!(right_number(first[who]) && who == OWNER && first[who].slot == kClinic && !came))
       fi;
       who = 0 }
  :: atomic { to_implant?who, kReady, value, to ->
       ready = 1;
       printf("implant: person %d is in through the slot of %e\n", who, slot);
       if
       :: slot == kClinic && keys.paired == kBegun ->
            keys.paired = kYes;
#ifndef TRANSFER_STAYS
            promise_to_nobody();
#endif
            printf("implant: the promise is kept\n");
            keep();
            is_in = 1;
            renew_gates();
            check()
       :: else
       fi;
       who = 0; value = 0; to = 0 }
  :: atomic { to_implant?who, kTransfer, value, to ->
       if
#ifdef NO_COUNTER
       :: true ->
#else
       :: value > keys.transfers ->
#endif
            keys.promise = kByClinic;
            keys.heir = to;
            made++;
            keys.opens = made;
            keys.age = 0;
            keys.of_number = value;
            keys.stood = 0;
#ifdef OWNER_OUT
            keys.secret = made;
#endif
#ifdef TWO_KEEPS
            keep();
#endif
            keys.transfers = value;
            printf("implant: promised to person %d by number %d\n", to, value);
            keep();
            renew_gates();
            check();
            if
            :: card[who] = keys.opens; card[to] = keys.opens /* written, and handed to the heir */
            :: printf("implant: its answer is lost\n")
            fi
#ifndef NO_COUNTER
#ifndef AGAIN_IS_STALE
       :: value == keys.transfers && promised == kByClinic && keys.heir == to -> /* told again, its answer was lost: */
            made++; /* another secret, and no more time */
            keys.opens = made;
#ifdef AGAIN_LASTS
            keys.age = 0;
#endif
            printf("implant: is told number %d again\n", value);
            keep();
            renew_gates();
            check();
            if
            :: card[who] = keys.opens; card[to] = keys.opens
            :: printf("implant: its answer is lost\n")
            fi
#endif
       :: else -> assert(!(value == keys.of_number && promised == kByClinic && keys.heir == to)) /* what stands is not told to have failed */
#endif
       fi;
       who = 0; value = 0; to = 0 }
  :: atomic { to_implant?who, kRefuse, value, to ->
       if
       :: may_refuse ->
            assert(promised == kNobody || value == keys.of_number); /* what was read is refused, and nothing else */
            if
#ifdef OVER_IS_DONE
            :: promised == kNobody
#else
            :: keys.promise == kNobody
#endif
            :: else -> /* one that is over as well */
                 promise_to_nobody();
#ifndef REFUSED_IN_RAM
                 keep();
#endif
                 renew_gates()
            fi;
            refused = value;
            printf("implant: says that number %d is refused\n", value);
            check()
       :: else
       fi;
       who = 0; value = 0; to = 0 }
  :: atomic { to_implant?who, kPair, value, to -> /* to: whose key the message names */
       if
       :: brings_heirs_key && signed_by_key && day_is_over ->
            assert(promised != kNobody && keys.heir == to);               /* nobody but the heir pairs, */
            assert(keys.age <= LASTS || keys.paired == kBegun);           /* and in time */
            assert(keys.stood <= LASTS || keys.paired == kBegun);         /* which is no longer when it is told again */
            assert(promised != kByRegistry || keys.age >= WAITS);         /* neither before a day is over, */
            assert(who == to);                                            /* nor anybody else in the heir's name */
#ifdef CLOSE_AT_PAIR
            keys.paired = kYes;
#else
            keys.paired = kBegun;
#endif
#ifdef FORGET_PROMISE
            keys.promise = kNobody;
            keys.of_number = 0;
#endif
            keys.clinic_key = to;
            made++;
            keys.secret = made;
            printf("implant: belongs to person %d by secret %d\n", to, made);
            keep();
            renew_gates();
            came = 1;
            assert(card_secret != PACK || promised == kByRegistry);
            if
            :: heard[who] = made
            :: printf("implant: its answer is lost\n")
            fi;
            assert(owned || heard[keys.clinic_key] == keys.secret) /* never orphaned */
       :: else
       fi;
       who = 0; value = 0; to = 0 }
  /* By coil, from anybody, in the middle of a session too: another answer than "done" changes nothing. */
  :: atomic { to_implant?who, kClaim, value, to ->
       if
       :: keys.paired == kYes && claims_number && two_signed && shows_card ->
            assert(registered_to[value] == to);          /* two of the registry have signed it, */
            assert(holds_pack(who) || proven[value]);    /* and the card of the pack was there */
            keys.promise = kByRegistry;
            keys.heir = to;
            keys.opens = 0;
            keys.age = 0;
            keys.of_number = value;
            keys.stood = 0;
            keys.transfers = value;
            proven[value] = 1;
            printf("implant: promised to person %d by the registry's number %d\n", to, value);
            keep();
            renew_gates();
            check()
       :: else
       fi;
       who = 0; value = 0; to = 0 }
  /* Powered time passes. */
  :: atomic { time > 0 && keys.promise != kNobody && keys.age <= LASTS ->
       time--;
       keys.age++;
       kept.age++;
       keys.stood++;
       kept.stood++;
       printf("implant: the promise stands since step %d\n", keys.age);
#ifdef END_WHEN_OVER
       if
       :: over -> promise_to_nobody(); copy(kept, keys)
       :: else
       fi
#endif
     }
  :: atomic { cuts > 0 -> cuts--; up = 0; printf("implant: the power goes\n"); goto booting }
  :: atomic { in_session != 0 -> hang_up() }
  od;
booting: /* implant.hpp, boot */
  atomic {
    hang_up();
    stale_numbers();
    was = over && (keys.promise != kNobody);
    if /* how long it had power is known as far as the newest record */
    :: kept.age > 0 && kept.stood > 0 -> kept.age--; kept.stood--
    :: true
    fi;
    copy(keys, kept);
#if defined(CLAIM_OVER_STAYS) || defined(END_WHEN_OVER)
    assert(!(was && promised != kNobody)); /* what is over stays over, if nobody has come as well */
#endif
    was = 0;
    renew_gates();
    came = came || keys.paired == kBegun;
    is_in = is_in || (came && keys.paired == kYes);
    who = 0; value = 0; to = 0;
    printf("implant: boots; belongs to person %d, %e, %e\n", keys.clinic_key, keys.paired, keys.promise);
    check();
    up = 1
  }
  goto end
}

/* ---- people ------------------------------------------------------------------------------------------------- */
inline call(by, opens_it, whose) {
  stale_numbers();
  number = 1;
  end_promise(); /* implant.hpp, field */
  renew_gates();
  first[me].slot = by;
  first[me].secret = opens_it;
  first[me].issuer = whose;
  first[me].fresh = 1;
  if
  :: in_session == me -> own_call = 0
  :: else
  fi;
  printf("person %d: calls through the slot of %e with secret %d\n", me, by, opens_it)
}
#define answered (up && in_session == me && !ready && own_call)
#define talking (up && in_session == me && ready && own_call)
/* link/message.hpp, PromisedTo: what is shown of a promise */
#define shown (promised == kNobody -> 0 : keys.transfers)

/* The clinic that it belongs to: cli/link_command.cpp, transfer, refuse. Its stolen programmer tells old tokens. */
proctype Owner(byte me; byte visits) {
  byte read;
  do
  :: visits == 0 -> break
  :: atomic { visits > 0 ->
       visits--;
       if
       :: call(kClinic, OWNERS, me)
       :: card[me] != 0 -> call(kCard, card[me], me) /* it has written it, and may have copied it */
       fi };
     if
     :: atomic { answered -> read = shown; to_implant!me, kReady, 0, 0 };
        do
        :: atomic { talking && slot == kClinic && keys.transfers < NUMBERS && signed_to[keys.transfers + 1] == 0 ->
             if
             :: signed_to[keys.transfers + 1] = HEIR
             :: HEIRS > 1 -> signed_to[keys.transfers + 1] = THIRD
#ifdef SELF
             :: signed_to[keys.transfers + 1] = OWNER
#endif
             fi }
        :: atomic { talking && slot == kClinic && made < MADE + PACK && signed_to[1] != 0 -> to_implant!me, kTransfer, 1, signed_to[1] }
#if NUMBERS > 1
        :: atomic { talking && slot == kClinic && made < MADE + PACK && signed_to[2] != 0 -> to_implant!me, kTransfer, 2, signed_to[2] }
#endif
        :: atomic { talking && slot == kClinic && shown != 0 -> read = shown }
        :: atomic { talking && slot == kClinic && read != 0 -> to_implant!me, kRefuse, read, 0; read = 0 }
        :: atomic { talking && slot == kCard && made < MADE + PACK -> to_implant!me, kPair, 0, OWNER }; break
        :: atomic { talking && slot == kCard && made < MADE + PACK -> to_implant!me, kPair, 0, HEIR }; break
        :: break
        od
     :: true
     fi;
     read = 0
#ifdef SELF
     ; if
     :: atomic { heard[me] != 0 -> disk[me] = heard[me]; heard[me] = 0 }
     :: heard[me] = 0
     fi
#endif
  od
}

/* Who may be promised it. The third clinic has the card of the pack as well, and names whom it likes. */
proctype Clinic(byte me; byte visits) {
  do
  :: visits == 0 -> break
  :: atomic { visits > 0 ->
       visits--;
       if
       :: REGISTRY > 0 || me == THIRD -> call(kCard, PACK, 0)
       :: card[me] != 0 -> call(kCard, card[me], 0)
#ifdef USE_BEFORE_KEPT
       :: heard[me] != 0 -> call(kClinic, heard[me], me)
#else
       :: disk[me] != 0 -> call(kClinic, disk[me], me)
#endif
       fi };
     if
     :: atomic { answered -> to_implant!me, kReady, 0, 0 };
        if
        :: atomic { talking && slot == kCard && made < MADE + PACK -> to_implant!me, kPair, 0, me };
#ifndef USE_BEFORE_KEPT
           atomic {
             if
             :: heard[me] != 0 -> disk[me] = heard[me] /* it is kept before it is used */
             :: true
             fi;
             heard[me] = 0
           }
#endif
        :: atomic { talking && slot == kCard && me == THIRD && made < MADE + PACK -> to_implant!me, kPair, 0, HEIR; heard[me] = 0 }
        :: true
        fi
     :: true
     fi
  od
}

/* His programmer shows a promise, and refuses it by the number that it shows. */
proctype Patient(byte me; byte visits) {
  byte read;
  do
  :: visits == 0 -> break
  :: atomic { visits > 0 && shown != 0 -> /* else he has nothing to refuse */
       visits--;
       if
       :: call(kPatient, 0, keys.clinic_key) /* a certificate of whoever it belongs to, as soon as it does */
       :: call(kPatient, 0, OWNER)
       fi
     };
     if
     :: atomic { answered -> to_implant!me, kReady, 0, 0 };
        if
        :: atomic { talking && shown != 0 -> read = shown };
           if
           :: atomic { talking -> to_implant!me, kRefuse, read, 0 }
           :: true
           fi
        :: true
        fi
     :: true
     fi;
     read = 0
  od
}

/* Whoever comes with a coil tells what the registry has signed, now or before, or what one stolen key has. */
proctype Coil(byte signs; byte claims) {
  byte n;
  do
  :: atomic { signs > 0 ->
       signs--;
       n = 1;
       do
       :: n < NUMBERS -> n++
       :: break
       od;
       if
       :: registered_to[n] == 0 -> registered_to[n] = HEIR; printf("registry: signs number %d for person 2\n", n)
       :: else
       fi;
       n = 0 }
  :: atomic { up && claims > 0 && signs < REGISTRY ->
       claims--;
       n = 1;
       do
       :: n < NUMBERS -> n++
       :: break
       od;
       if
       :: registered_to[n] != 0 -> to_implant!HEIR, kClaim, n, registered_to[n]
       :: registered_to[n] != 0 -> to_implant!OTHER, kClaim, n, registered_to[n]
       :: to_implant!THIRD, kClaim, n, THIRD
       fi;
       n = 0 }
  :: claims == 0 -> break
  od
}

init {
  atomic {
    keys.paired = kYes;
    keys.clinic_key = OWNER;
    keys.secret = OWNERS;
    keys.promise = kNobody;
    disk[OWNER] = OWNERS;
    copy(kept, keys);
    run Implant();
    run Owner(OWNER, VISITS_OWNER);
    run Clinic(HEIR, VISITS_HEIR);
    run Clinic(THIRD, VISITS_THIRD);
    run Patient(PATIENT, VISITS_PATIENT);
    run Coil(REGISTRY, (REGISTRY > 0 -> CLAIMS : 0))
  }
}
