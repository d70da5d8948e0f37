/* Whose an implant is: pairing by the card of the pack, the first session that closes the card, the patient's
 * programmer, epochs.
 *
 * Two clinics that both hold the card, the patient, a thief with a stolen programmer, somebody who has read the
 * implant's memory out; whoever holds the radio delivers any first message that was ever sent, or none.
 * docs/protocol-models.md */

#ifndef VISITS_1
#define VISITS_1 3 /* of the first clinic */
#endif
#ifndef VISITS_2
#define VISITS_2 1
#endif
#ifndef VISITS_PATIENT
#define VISITS_PATIENT 1
#endif
#ifndef VISITS_THIEF
#define VISITS_THIEF 1
#endif
#ifndef DAYS
#define DAYS 1 /* that pass; a certificate is for its day */
#endif
#ifndef CUTS
#define CUTS 1
#endif
#ifndef EPOCHS
#define EPOCHS 2 /* that the clinic may sign */
#endif

mtype = { kCard, kClinic, kPatient }; /* implant.hpp, Slot */
mtype = { kNo, kBegun, kYes };        /* implant/keyring.hpp, Paired */
#define CLINIC_1 1
#define CLINIC_2 2
#define PATIENT 3
#define THIEF 4
#define PEOPLE 5
#define holds_card(who) ((who) == CLINIC_1 || (who) == CLINIC_2)

/* ---- the keyring, in RAM: implant/keyring.hpp ------------------------------------------------------------- */
mtype paired = kNo;
byte clinic_key;   /* whose */
byte secret;       /* shared with the clinic's programmers; each pairing makes another */
byte patients;     /* shared with the patient's programmer; 0: none */
byte patients_next; /* only with the remedy BOTH_PATIENTS */
byte epoch;
byte earliest;     /* earliest_utc_s */
/* ---- and as it is kept: implant/keyring.cpp, keep; one write makes all of it count (INV-6) ------------------ */
mtype kept_paired = kNo;
byte kept_clinic_key, kept_secret, kept_patients, kept_next, kept_epoch, kept_earliest;
bool up = 1;
byte cuts = CUTS;

/* ---- the session: implant.hpp ------------------------------------------------------------------------------ */
byte in_session; /* who says he is in; 0: nobody */
mtype slot;
bool ready;      /* the first record has shown it */
bool card_role;  /* Role::kCardHolder */
byte speaks_with; /* epoch of his certificate */
byte dated;       /* not_before of it */
byte offered;     /* 1 + epoch of the certificate that signed the order on offer; 0: none */

/* ---- the air: the newest first message of each, for ever. `fresh`: made with the coil's number of now. ------ */
typedef First {
  mtype slot;
  byte secret;
  bool card; /* zeros in place of a certificate */
  byte issuer, epoch, date;
  bool fresh;
  bool forged /* by whoever read the implant's memory: it is not from whom it says */
}
First first[PEOPLE];
bool number; /* the coil has given one that was not used yet: implant.hpp, new_number */
bool own_call; /* ghost: the session answers the newest call of whose name it is in */

/* ---- what people hold -------------------------------------------------------------------------------------- */
byte heard[PEOPLE]; /* the secret, as the implant's answer gave it */
byte disk[PEOPLE];   /* the secret, where it outlives a crash: cli/link_keys.cpp, keep */
byte books = 0;     /* epoch in the first clinic's books: what it signs certificates with */
byte now;           /* the true date */
byte made;          /* secrets made so far */

/* ---- ghosts ------------------------------------------------------------------------------------------------ */
bool closed;        /* the card has been closed once */
byte highest;       /* epoch ever */

#define CUT                                              \
  if                                                     \
  :: cuts > 0 ->                                         \
       cuts--;                                           \
       up = 0;                                           \
       printf("implant: the power goes\n");              \
       goto booting                                      \
  :: true                                                \
  fi

/* implant/keyring.cpp, keep */
inline keep() {
  CUT;
  kept_paired = paired;
  kept_clinic_key = clinic_key;
  kept_secret = secret;
  kept_patients = patients;
  kept_next = patients_next;
  kept_epoch = epoch;
  kept_earliest = earliest;
  CUT
}

inline hang_up() { in_session = 0; slot = 0; ready = 0; card_role = 0; speaks_with = 0; dated = 0; offered = 0; own_call = 0 }
inline stale_numbers() {
  first[1].fresh = 0; first[2].fresh = 0; first[3].fresh = 0; first[4].fresh = 0; number = 0
}

/* Never orphaned: the card opens it, or the clinic that it belongs to holds its secret. */
#define owned (paired != kYes || disk[clinic_key] == secret)

/* implant.hpp, secret_of: what opens the gate. As long as the card opens there is no need of anything else. */
#define card_opens (paired != kYes)
#ifdef BOTH_PATIENTS
#define patient_opens(s) ((patients != 0 && (s) == patients) || (patients_next != 0 && (s) == patients_next))
#else
#define patient_opens(s) (patients != 0 && (s) == patients)
#endif
#define opens_gate(f) ((f.slot == kCard && card_opens) ||                                 \
                       (f.slot == kClinic && paired != kNo && f.secret == secret) ||      \
                       (f.slot == kPatient && patient_opens(f.secret)))
/* implant.hpp, first: link/wake_gate.hpp, admit; a number opens it once. */
#ifdef NO_NUMBER
#define right_number(f) true
#else
#define right_number(f) (number && f.fresh)
#endif
/* implant.hpp, who; link/certificate.hpp, check */
#ifdef NO_EPOCH
#define epoch_holds(f) true
#else
#define epoch_holds(f) (f.epoch >= epoch)
#endif
#ifdef ANY_SECRET_ANY_ROLE
#define role_of_slot(f) (f.card || (f.slot != kCard && f.issuer == clinic_key && epoch_holds(f) && f.date >= earliest))
#else
#define role_of_slot(f) (f.slot == kCard -> f.card : \
                         !f.card && f.issuer == clinic_key && epoch_holds(f) && f.date >= earliest)
#endif

/* implant.hpp, begin_session */
inline begin_session(forged_by) {
  assert(!(forged_by)); /* INV-10: who is in has shown that he holds his own key, and not only secrets of the implant */
  ready = 1;
  printf("implant: person %d is in (card holder: %d)\n", in_session, card_role);
  if
  :: slot == kClinic && paired == kBegun ->
       paired = kYes; /* the card has done its work */
       printf("implant: the card is closed\n");
       assert(owned); /* never orphaned */
#ifndef CLOSED_IN_RAM
       keep();
#endif
       closed = 1
  :: else
  fi;
#ifdef BOTH_PATIENTS
  if
  :: slot == kPatient && patients_next != 0 && first[in_session].secret == patients_next ->
       patients = patients_next;
       patients_next = 0;
       keep()
  :: else
  fi;
#endif
  if /* implant.hpp, learn_time */
  :: !card_role && dated > earliest -> earliest = dated; printf("implant: it is at least %d\n", earliest); keep()
  :: else
  fi
}

/* ---- orders to the implant from whoever is in, one at a time: the wishes of one person, or of a thief ------- */
mtype = { kReady, kPair, kPairPatient, kRaise, kOffer, kCommit };
chan to_implant = [0] of { byte, mtype, byte };

/* implant/authorisation.hpp, kTable. A card holder pairs and nothing else (INV-10); people here ask for nothing else
 * that their role may not. */
#ifdef PAIR_BY_ANYONE
#define may_pair true
#else
#define may_pair card_role
#endif

active proctype Implant() {
  byte who, value;
end:
  do
  /* A first message: whoever holds the radio delivers any that was ever sent. */
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
            hang_up();
            if
            :: role_of_slot(first[who]) ->
                 in_session = who;
                 slot = first[who].slot;
                 card_role = first[who].card;
                 speaks_with = first[who].epoch;
                 dated = first[who].date;
                 own_call = first[who].fresh && !first[who].forged;
                 printf("implant: answers the call of person %d, who names epoch %d\n", who, speaks_with);
                 assert(slot != kCard || !closed); /* once closed the card opens nothing ever again */
                 assert(slot == kCard || card_role || speaks_with >= highest); /* nor does an old certificate */
#ifdef ACT_BEFORE_READY
                 begin_session(first[who].forged)
#endif
            :: else ->
                 /* A clinic's programmer with the right secret, the epoch of now and an honest date is let in. */
                 assert(!(first[who].slot == kClinic && !first[who].forged && first[who].issuer == clinic_key && first[who].epoch >= epoch &&
                          first[who].date == now))
            fi;
            stale_numbers()
       :: else
       fi;
       who = 0 }
  :: atomic { to_implant?who, kReady, value -> begin_session(0); who = 0; value = 0 }
  :: atomic { to_implant?who, kPair, value ->
       if
       :: may_pair ->
            assert(holds_card(who)); /* nobody pairs without the card */
            assert(!closed);         /* nor after it is closed */
            secret = value;
            clinic_key = who;
#ifdef CARD_CLOSES_AT_ONCE
            paired = kYes;
#else
            paired = kBegun; /* until the clinic's secret was used once the card's opens as well */
#endif
            printf("implant: belongs to person %d by secret %d\n", who, secret);
            keep();
            if
            :: heard[who] = secret
            :: printf("implant: its answer is lost\n")
            fi;
            assert(owned || heard[who] == secret) /* never orphaned */
       :: else
       fi;
       who = 0; value = 0 }
  :: atomic { to_implant?who, kPairPatient, value ->
#ifdef BOTH_PATIENTS
       patients_next = value;
       if
       :: patients == 0 -> patients = value; patients_next = 0
       :: else
       fi;
#else
       patients = value;
#endif
       printf("implant: the patient's secret is %d\n", value);
       keep();
       if
       :: disk[PATIENT] = value; printf("patient: holds secret %d\n", value)
       :: true /* the answer is lost */
       fi;
#if defined(CLAIM_PATIENT) || defined(BOTH_PATIENTS)
       assert(disk[PATIENT] == 0 || patient_opens(disk[PATIENT])); /* who was let in is not shut out by a lost answer */
#endif
       who = 0; value = 0 }
  :: atomic { to_implant?who, kRaise, value ->
       if
#ifdef EPOCH_ANY
       :: true ->
#else
       :: value > epoch ->
#endif
            epoch = value;
            printf("implant: epoch %d\n", epoch);
            assert(epoch >= highest); /* INV-8 */
#ifndef EPOCH_IN_RAM
            keep();
#endif
            highest = epoch;
#ifdef DROP_OFFER
            offered = 0
#endif
#ifndef EPOCH_ANY
       :: else
#endif
       fi;
       who = 0; value = 0 }
  :: atomic { to_implant?who, kOffer, value ->
       if
       :: value >= epoch -> offered = 1 + value; printf("implant: takes an offer signed in epoch %d\n", value)
       :: else
       fi;
       who = 0; value = 0 }
  :: atomic { to_implant?who, kCommit, value ->
#if defined(CLAIM_SIGNER) || defined(DROP_OFFER)
       assert(offered == 0 || offered - 1 >= epoch); /* no order counts whose signer was shut out */
#endif
       offered = 0;
       who = 0; value = 0 }
  :: atomic { cuts > 0 -> cuts--; up = 0; printf("implant: the power goes\n"); goto booting }
  :: atomic { in_session != 0 -> hang_up() }
  od;
booting: /* implant.hpp, boot */
  atomic {
    hang_up();
    stale_numbers();
    paired = kept_paired;
    clinic_key = kept_clinic_key;
    secret = kept_secret;
    patients = kept_patients;
    patients_next = kept_next;
    epoch = kept_epoch;
    earliest = kept_earliest;
    who = 0; value = 0;
    printf("implant: boots; paired %e, epoch %d\n", paired, epoch);
    assert(owned);            /* never orphaned */
    assert(epoch >= highest); /* INV-8: an epoch never falls */
    highest = epoch;
    closed = closed || (paired == kYes);
    up = 1
  }
  goto end
}

/* ---- people ------------------------------------------------------------------------------------------------ */
/* The coil is held to the skin: implant.hpp, field. Then the first message: link/caller.hpp, call. */
inline call(by, with, zeros, clinic, from, on) {
  stale_numbers();
  number = 1;
  first[me].slot = by;
  first[me].secret = with;
  first[me].card = zeros;
  first[me].issuer = clinic;
  first[me].epoch = from;
  first[me].date = on;
  first[me].fresh = 1;
  first[me].forged = 0;
  if
  :: in_session == me -> own_call = 0
  :: else
  fi;
  printf("person %d: calls through the slot of %e with secret %d (no certificate: %d, epoch %d, date %d)\n", me, by, with,
         zeros, from, on)
}
/* Only who has made a first message can go on with what answers it, and only with what answers his newest. */
#ifdef ACT_BEFORE_READY
#define answered (up && in_session == me && own_call)
#else
#define answered (up && in_session == me && !ready && own_call)
#endif
#define talking (up && in_session == me && ready && own_call)

/* cli/link_command.cpp, pair_with */
proctype Clinic(byte me; byte visits) {
  byte own;
  do
  :: visits == 0 -> break
  :: atomic { visits > 0 ->
       visits--;
       if
       :: me == CLINIC_1 && books < EPOCHS -> books++ /* a programmer was stolen: certificates are of a new epoch now */
       :: true
       fi;
       own = (me == CLINIC_1 -> books : 0);
       if
       :: now < DAYS -> now++
       :: true
       fi;
       if
       :: call(kCard, 0, 1, 0, 0, 0)
#ifdef USE_BEFORE_KEEP
       :: heard[me] != 0 -> call(kClinic, heard[me], 0, me, own, now)
#else
       :: disk[me] != 0 -> call(kClinic, disk[me], 0, me, own, now)
#endif
#ifdef CLAIM_CLOCK
       :: disk[me] != 0 -> call(kClinic, disk[me], 0, me, own, now + 1) /* its computer's clock is years ahead, this once */
#endif
       fi };
     if
     :: atomic { answered -> to_implant!me, kReady, 0 };
        do
        :: atomic { talking && card_role -> made++; to_implant!me, kPair, made };
#ifndef USE_BEFORE_KEEP
           atomic {
             if
             :: heard[me] != 0 -> disk[me] = heard[me] /* it is kept before it is used */
             :: true
             fi
           };
#endif
           break
        :: atomic { talking && !card_role -> made++; to_implant!me, kPairPatient, made }; break
        :: atomic { talking && !card_role && me == CLINIC_1 && own > 0 -> to_implant!me, kRaise, own }
        :: atomic { talking && !card_role -> to_implant!me, kOffer, 0 } /* signed a while ago */
        :: atomic { talking && !card_role && offered != 0 -> to_implant!me, kCommit, 0 }
        :: break
        od
     :: true
     fi
  od
}

/* Who has the patient's programmer has its secret, and a certificate of a year. */
proctype Patient(byte me; byte visits) {
  byte own;
  do
  :: visits == 0 -> break
  :: atomic { disk[me] != 0 && visits > 0 ->
       visits--;
       own = 0;
       do
       :: own < books -> own++
       :: break
       od;
       if
       :: call(kPatient, disk[me], 0, clinic_key, own, now)
       :: call(kPatient, disk[me], 1, 0, 0, 0) /* as if it held the card */
       fi };
     if
     :: atomic { answered -> to_implant!me, kReady, 0 };
        do
        :: atomic { talking -> made++; to_implant!me, kPair, made }; break
        :: atomic { talking && !card_role && books > 0 -> to_implant!me, kRaise, books } /* carries it home */
        :: atomic { talking && !card_role && books > 0 -> to_implant!me, kRaise, 1 }     /* an old one */
        :: break
        od
     :: true
     fi
  od
}

/* A programmer of the first clinic, stolen, with the certificate that it had. */
proctype Thief(byte me; byte visits) {
  byte own;
  atomic { disk[CLINIC_1] != 0 -> disk[me] = disk[CLINIC_1]; own = books };
  do
  :: visits == 0 -> break
  :: atomic { visits > 0 ->
       visits--;
       if
       :: call(kClinic, disk[me], 0, CLINIC_1, own, 0)
       :: call(kClinic, disk[me], 1, 0, 0, 0)
       fi };
     if
     :: atomic { answered -> to_implant!me, kReady, 0 };
        if
        :: atomic { talking -> made++; to_implant!me, kPair, made }
        :: true
        fi
     :: true
     fi
  od
}

/* Who has read the implant's memory knows its own key and what it shares, and can make a first message in
 * anybody's name; nobody else's key. (While the card opens, the card's secret is among what was read: that
 * such a one can pair is no question.) */
active proctype Reader() {
  atomic { secret != 0 ->
    stale_numbers();
    number = 1;
    first[CLINIC_1].slot = kClinic;
    first[CLINIC_1].secret = secret;
    first[CLINIC_1].card = 0;
    first[CLINIC_1].issuer = clinic_key;
    first[CLINIC_1].epoch = epoch;
    first[CLINIC_1].date = now;
    first[CLINIC_1].fresh = 1;
    first[CLINIC_1].forged = 1;
    if
    :: in_session == CLINIC_1 -> own_call = 0 /* its newest call is another's now: fewer runs, none of them new */
    :: else
    fi;
    printf("reader of the memory: calls in the name of person 1\n")
  }
}

init {
  atomic {
    run Clinic(CLINIC_1, VISITS_1);
    run Clinic(CLINIC_2, VISITS_2);
    run Patient(PATIENT, VISITS_PATIENT);
    run Thief(THIEF, VISITS_THIEF)
  }
}
