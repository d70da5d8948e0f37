/* Whose an implant is: pairing by the card of the pack, the first session that closes the card, the patient's
 * programmer, secrets that are made anew, epochs, and what time the implant takes it to be.
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
#ifndef READER
#define READER 1
#endif
#ifndef WRONG
#define WRONG 0 /* times that a computer of the clinic is three days ahead */
#endif
#ifndef MADE
#define MADE 3 /* secrets */
#endif
#ifndef EPOCHS
#define EPOCHS 2 /* that the clinic may sign */
#endif

mtype = { kCard, kClinic, kPatient }; /* implant.hpp, Slot; a new secret's gate stands beside the old one's */
mtype = { kNo, kBegun, kYes };        /* implant/keyring.hpp, Paired */
#define CLINIC_1 1
#define CLINIC_2 2
#define PATIENT 3
#define THIEF 4
#define PEOPLE 5
#define AHEAD 3
#define holds_card(who) ((who) == CLINIC_1 || (who) == CLINIC_2)

/* ---- the keyring, in RAM and as it is kept: implant/keyring.hpp. A secret of 0 is none; a date is 1 + the day. -- */
typedef Keyring {
  mtype paired;
  byte clinic_key;    /* whose */
  byte secret, next;  /* shared with the clinic's programmers: SharedSecret, now and next */
  byte patients, patients_next;
  byte epoch;
  byte least;         /* implant/known_time.hpp: it is at least this late; goes on with powered time */
  byte claim, age     /* a leap that one certificate has told, and the powered days since */
}
Keyring keys, kept;
bool up = 1;
byte cuts = CUTS;

/* ---- the session: implant.hpp ------------------------------------------------------------------------------ */
byte in_session; /* who says he is in; 0: nobody */
mtype slot;
bool ready;       /* the first record has shown it */
bool card_role;   /* Role::kCardHolder */
bool raises_only; /* Caller: his certificate is over, and of an epoch that the implant has not heard of */
byte speaks_with; /* epoch of his certificate */
byte dated;       /* not_before of it; it is for its day */
byte opened_by;   /* the secret that opened the gate */
byte offered;     /* 1 + epoch of the certificate that signed the order on offer; 0: none */
bool signed_here; /* the clinic has signed a secret with the coil's number of this session */

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
byte near;     /* who holds the coil to the skin */
bool number;   /* the coil has given one that was not used yet: implant.hpp, new_number */
bool own_call; /* ghost: the session answers the newest call of whose name it is in */

/* ---- what people hold -------------------------------------------------------------------------------------- */
byte heard[PEOPLE];  /* the secret, as the implant's answer gave it */
byte known[PEOPLE];  /* a bit for each secret that outlives a crash: cli/link_keys.hpp, RenewedSecret */
byte books = 0;      /* epoch in the first clinic's books: what it signs certificates with */
byte statement[EPOCHS + 2]; /* the clinic's word for an epoch: its date; 0: not signed */
#define ELSEWHERE 100       /* added to an epoch that was signed for another implant, today */
byte now = 1;        /* the true date */
byte wrong = WRONG;
byte made;           /* secrets made so far */
#ifdef KEEP_TWO
byte newest;         /* that the patient's programmer has heard of */
#endif
#ifdef OLD_SIGNATURE
bool signed_once;    /* a secret, with any number */
#endif

/* ---- ghosts ------------------------------------------------------------------------------------------------ */
bool closed;         /* the card has been closed once */
byte highest;        /* epoch ever */
bool let_in;         /* the patient's programmer was */
bool wrong_base;     /* what counted at once, the first certificate or the clinic's word, came from a wrong clock */
bool kept_wrong;

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
  to.next = from.next;
  to.patients = from.patients;
  to.patients_next = from.patients_next;
  to.epoch = from.epoch;
  to.least = from.least;
  to.claim = from.claim;
  to.age = from.age
}

/* implant/keyring.cpp, keep; one write makes all of it count (INV-6) */
inline keep() {
  CUT;
  copy(kept, keys);
  kept_wrong = wrong_base;
  CUT
}

inline hang_up() {
  in_session = 0; slot = 0; ready = 0; card_role = 0; raises_only = 0; speaks_with = 0; dated = 0; opened_by = 0;
  offered = 0; signed_here = 0; own_call = 0
}
inline stale_numbers() {
  first[1].fresh = 0; first[2].fresh = 0; first[3].fresh = 0; first[4].fresh = 0; number = 0
}

#define clinics(s) ((s) != 0 && ((s) == keys.secret || (s) == keys.next))
#define patient_opens(s) ((s) != 0 && ((s) == keys.patients || (s) == keys.patients_next))
/* Secrets that somebody keeps: all since the last that was used, for which of them the implant has heard of is not sure. */
#define has(set, s) (((set) >> (s)) & 1)
#define one_of(set, a, b) (((set) & ((1 << (a)) | (1 << (b)))) > 1)
#ifdef USED_ALONE
#define used(set, s) (1 << (s))
#else
#define used(set, s) ((set) & (254 << ((s) - 1))) /* what is older opens nothing any more */
#endif
/* cli/link_session.cpp, open_link: from the newest on; one that nobody answers to may be known, or not. */
inline choose(set, s) {
  if
  :: has(set, 1) -> s = 1
#if MADE > 1
  :: has(set, 2) -> s = 2
#endif
#if MADE > 2
  :: has(set, 3) -> s = 3
#endif
#if MADE > 3
  :: has(set, 4) -> s = 4
  :: has(set, 5) -> s = 5
#endif
  fi
}

/* Never orphaned: the card opens it, or the clinic that it belongs to holds a secret that does. */
#define owned (keys.paired != kYes || one_of(known[keys.clinic_key], keys.secret, keys.next))
/* Nor is the patient's programmer shut out, once it was let in. */
#define patient_holds (!let_in || one_of(known[PATIENT], keys.patients, keys.patients_next))

/* implant.hpp, secret_of: what opens the gate. As long as the card opens there is no need of anything else. */
#define card_opens (keys.paired != kYes)
#define opens_gate(f) ((f.slot == kCard && card_opens) ||                                      \
                       (f.slot == kClinic && keys.paired != kNo && clinics(f.secret)) ||       \
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
#define epoch_holds(f) (f.epoch >= keys.epoch)
#endif
#define is_over(f) (f.date < keys.least)
/* Of an epoch that the implant has not heard of: he may have been shut out by a wrong clock. */
#ifdef NO_EXCEPTION
#define in_time(f) (!is_over(f))
#else
#define in_time(f) (!is_over(f) || f.epoch > keys.epoch)
#endif
#define good_certificate(f) (f.issuer == keys.clinic_key && epoch_holds(f) && in_time(f))
#ifdef ANY_SECRET_ANY_ROLE
#define role_of_slot(f) (f.card || (f.slot != kCard && good_certificate(f)))
#else
#define role_of_slot(f) (f.slot == kCard -> f.card : !f.card && good_certificate(f))
#endif
#define honest(f) (f.slot == kClinic && !f.forged && f.issuer == keys.clinic_key && f.date == now)

/* implant/known_time.hpp, learn. A day is more than the usual leap, and apart enough for two claims to agree. */
#define expected (keys.claim + keys.age)
inline learn(told) {
  if
  :: keys.least == 0 -> keys.least = told; wrong_base = (told > now)
#ifdef LEAPS_AT_ONCE
  :: keys.least != 0 && told > keys.least -> keys.least = told
#else
  :: keys.least != 0 && told > keys.least ->
       if
       :: keys.claim != 0 && told <= expected + 1 && told + 1 >= expected ->
            if
            :: told > keys.claim -> keys.least = (told < expected -> told : expected)
            :: else
            fi
       :: else -> keys.claim = told; keys.age = 0
       fi
#endif
  :: else
  fi;
  if
  :: keys.claim != 0 && keys.claim <= keys.least -> keys.claim = 0; keys.age = 0
  :: else
  fi
}

/* implant.hpp, begin_session */
inline begin_session(forged_by) {
  assert(!(forged_by)); /* INV-10: who is in has shown that he holds his own key, and not only secrets of the implant */
  ready = 1;
  printf("implant: person %d is in (card holder: %d, to raise the epoch alone: %d)\n", in_session, card_role, raises_only);
  if
  :: slot == kClinic && keys.paired == kBegun ->
       keys.paired = kYes; /* the card has done its work */
       printf("implant: the card is closed\n")
  :: else
  fi;
  if
  :: slot == kClinic && keys.next != 0 && opened_by == keys.next -> keys.secret = keys.next; keys.next = 0
  :: slot == kPatient && keys.patients_next != 0 && opened_by == keys.patients_next ->
       keys.patients = keys.patients_next;
       keys.patients_next = 0
  :: else
  fi;
  assert(owned); /* never orphaned */
  if
  :: !card_role && !raises_only -> learn(dated); printf("implant: it is at least day %d\n", keys.least)
  :: else
  fi;
#ifdef CLOSED_IN_RAM
  if
  :: slot == kClinic && kept.paired == kBegun
  :: else -> keep()
  fi;
#else
  keep();
#endif
  closed = closed || (keys.paired == kYes);
  let_in = let_in || (slot == kPatient);
  assert(patient_holds);
  opened_by = 0
}

/* ---- orders to the implant from whoever is in, one at a time: the wishes of one person, or of a thief ------- */
mtype = { kReady, kPair, kPairPatient, kRenew, kRaise, kOffer, kCommit };
chan to_implant = [0] of { byte, mtype, byte };

/* implant/authorisation.hpp, kTable. A card holder pairs and nothing else (INV-10); people here ask for nothing else
 * that their role may not. */
#ifdef PAIR_BY_ANYONE
#define may_pair true
#else
#define may_pair card_role
#endif
/* implant.hpp, answered: whose certificate is over raises the epoch and does nothing else. */
#ifdef RAISES_ALL
#define may_act true
#else
#define may_act (!raises_only)
#endif
/* implant.hpp, signed_here: by the clinic's key, which no programmer of its people has, with the number of the session
 * that it is said in. Whoever stole one says what it was given to say. (Pair is signed by the key that it brings.) */
#ifdef RENEW_BY_ANYONE
#define renewal_signed true
#elif defined(OLD_SIGNATURE)
#define renewal_signed signed_once
#else
#define renewal_signed signed_here
#endif
inline signs() {
#ifdef OLD_SIGNATURE
  signed_once = 1;
#endif
  signed_here = 1
}
/* implant.hpp, RaiseEpoch: what is signed for this session may set the time back. What is signed for none moves it
 * forward alone; what is signed for another does nothing, and need not be told here. */
#ifdef OLD_STATEMENT
#define sets_time true
#else
#define sets_time (who == CLINIC_1 || statement[value] > keys.least)
#endif
inline acts() {
  assert(!raises_only);             /* a certificate that is over opens nothing but a new epoch */
  assert(speaks_with >= keys.epoch) /* who was shut out does nothing any more */
}

active proctype Implant() {
  byte who, value, was;
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
#ifdef CLOSE_FIRST
            was = in_session;
            hang_up();
#endif
            if
            :: role_of_slot(first[who]) ->
                 hang_up();
                 in_session = who;
                 slot = first[who].slot;
                 card_role = first[who].card;
                 speaks_with = first[who].epoch;
                 dated = first[who].date;
                 opened_by = first[who].secret;
                 raises_only = !card_role && is_over(first[who]);
                 own_call = first[who].fresh && !first[who].forged;
                 printf("implant: answers the call of person %d, who names epoch %d\n", who, speaks_with);
                 assert(slot != kCard || !closed); /* once closed the card opens nothing ever again */
                 assert(slot == kCard || card_role || speaks_with >= highest); /* nor does an old certificate */
#ifdef ACT_BEFORE_READY
                 begin_session(first[who].forged)
#endif
            :: else ->
                 assert(was == 0); /* who has no certificate ends nobody's session */
                 /* A clinic's programmer with an honest date is let in: with a new epoch always, */
                 assert(!(honest(first[who]) && first[who].epoch > keys.epoch));
                 /* with the epoch of now unless what counted at once came from a wrong clock. */
#ifdef CLAIM_CLOCK
                 assert(!(honest(first[who]) && first[who].epoch == keys.epoch))
#else
                 assert(!(honest(first[who]) && first[who].epoch == keys.epoch) || wrong_base)
#endif
            fi;
            stale_numbers()
       :: else
       fi;
       who = 0; was = 0 }
  :: atomic { to_implant?who, kReady, value -> begin_session(0); who = 0; value = 0 }
  :: atomic { to_implant?who, kPair, value ->
       if
       :: may_pair ->
            assert(holds_card(who)); /* nobody pairs without the card */
            assert(!closed);         /* nor after it is closed */
            keys.secret = value;
            keys.next = 0;
            keys.clinic_key = who;
            keys.least = 0; /* another clinic's clocks */
            keys.claim = 0;
            keys.age = 0;
            wrong_base = 0;
#ifdef CARD_CLOSES_AT_ONCE
            keys.paired = kYes;
#else
            keys.paired = kBegun; /* until the clinic's secret was used once the card's opens as well */
#endif
            printf("implant: belongs to person %d by secret %d\n", who, value);
            keep();
            if
            :: heard[who] = value
            :: printf("implant: its answer is lost\n")
            fi;
            assert(owned || heard[who] == value) /* never orphaned */
       :: else
       fi;
       who = 0; value = 0 }
  :: atomic { to_implant?who, kRenew, value ->
       if
       :: may_act && renewal_signed ->
            acts();
#ifdef FORGET_CLINIC
            keys.secret = value; keys.next = 0;
#else
            keys.next = value; /* keyring.hpp, SharedSecret: the one before opens until this one was used */
#endif
            made = value;
            printf("implant: the clinic's new secret is %d\n", value);
            keep();
            if
            :: heard[who] = value
            :: printf("implant: its answer is lost\n")
            fi;
            assert(owned || heard[who] == value) /* a lost answer shuts nobody out */
       :: else
       fi;
       who = 0; value = 0 }
  :: atomic { to_implant?who, kPairPatient, value ->
       if
       :: may_act ->
            acts();
            was = keys.patients;
#ifdef FORGET_PATIENT
            keys.patients = value; keys.patients_next = 0;
#else
            if
            :: keys.patients == 0 -> keys.patients = value
            :: else -> keys.patients_next = value
            fi;
#endif
            printf("implant: the patient's new secret is %d\n", value);
            keep();
            assert(was == 0 || patient_opens(was)); /* the secret that the patient uses opens on, whatever is lost */
            was = 0;
            if /* cli/link_keys.hpp, RenewedSecret */
#ifdef KEEP_TWO
            :: known[PATIENT] = (1 << newest) | (1 << value);
               newest = value;
#else
            :: known[PATIENT] = known[PATIENT] | (1 << value);
#endif
               printf("patient: holds another secret\n")
            :: printf("implant: its answer is lost\n")
            fi;
            assert(patient_holds) /* who was let in is not shut out by a lost answer, however often */
       :: else
       fi;
       who = 0; value = 0 }
  :: atomic { to_implant?who, kRaise, value ->
       assert(slot == kCard || speaks_with >= keys.epoch); /* who was shut out does not go on */
#ifdef OTHER_IMPLANTS
       if
       :: value > ELSEWHERE -> value = value - ELSEWHERE; statement[value] = now
       :: else
       fi;
#endif
       if
       :: value > ELSEWHERE /* it names another implant */
#ifdef EPOCH_ANY
       :: value < ELSEWHERE && value != keys.epoch ->
#else
       :: value < ELSEWHERE && value > keys.epoch ->
#endif
            keys.epoch = value;
#ifndef NO_MEND
            if
            :: sets_time ->
                 keys.least = statement[value]; /* KnownTime, set */
                 wrong_base = (keys.least > now);
                 keys.claim = 0;
                 keys.age = 0
            :: else
            fi;
#endif
#ifdef CLAIM_CARRIED
            assert(!wrong_base || statement[value] > now); /* an honest word mends the time, whoever brings it */
#endif
            printf("implant: epoch %d, and it is at least day %d\n", keys.epoch, keys.least);
            assert(keys.epoch >= highest); /* INV-8 */
            was = kept_wrong;
#ifndef EPOCH_IN_RAM
            keep();
#endif
            highest = keys.epoch;
#ifndef KEEP_OFFER
            offered = 0;
#endif
            if
            :: raises_only && dated >= keys.least ->
                 raises_only = 0;
                 assert(was) /* what was over by clocks that were right stays over */
            :: else
            fi;
            /* An honest certificate and the clinic's honest word for this session are enough for everything. */
            assert(!(raises_only && who == CLINIC_1 && dated == now && statement[value] == now));
            was = 0
#ifdef SAME_IS_STALE
       :: value == keys.epoch -> was = 1
#else
       :: value == keys.epoch
#endif
       :: else
       fi;
       assert(!was); /* what was done is told done, when it is told again too */
       was = 0;
#ifndef STAY_IN
       if /* implant.hpp, outlived */
       :: slot != kCard && speaks_with < keys.epoch -> hang_up()
       :: else
       fi;
#endif
       assert(keys.epoch <= books); /* the clinic's books know an epoch first: its certificates are not below it */
       who = 0; value = 0 }
  :: atomic { to_implant?who, kOffer, value ->
       if
       :: may_act && value >= keys.epoch -> acts(); offered = 1 + value; printf("implant: takes an offer signed in epoch %d\n", value)
       :: else
       fi;
       who = 0; value = 0 }
  :: atomic { to_implant?who, kCommit, value ->
       if
       :: may_act && offered != 0 ->
            acts();
            assert(offered - 1 >= keys.epoch); /* no order counts whose signer was shut out */
            offered = 0
       :: else
       fi;
       who = 0; value = 0 }
  :: atomic { cuts > 0 -> cuts--; up = 0; printf("implant: the power goes\n"); goto booting }
  :: atomic { in_session != 0 -> hang_up() }
  od;
booting: /* implant.hpp, boot */
  atomic {
    hang_up();
    stale_numbers();
    copy(keys, kept);
    wrong_base = kept_wrong;
    who = 0; value = 0; was = 0;
    printf("implant: boots; paired %e, epoch %d\n", keys.paired, keys.epoch);
    assert(owned);                 /* never orphaned */
    assert(patient_holds);
    assert(keys.epoch >= highest); /* INV-8: an epoch never falls */
    highest = keys.epoch;
    closed = closed || (keys.paired == kYes);
    up = 1
  }
  goto end
}

/* ---- people ------------------------------------------------------------------------------------------------ */
/* A day passes; the implant counts it where it has power. */
inline day() {
  if
  :: now <= DAYS ->
       now++;
       if
       :: true ->
            keys.least = (keys.least != 0 -> keys.least + 1 : 0);
            kept.least = (kept.least != 0 -> kept.least + 1 : 0);
            keys.age = (keys.claim != 0 -> keys.age + 1 : 0);
            kept.age = (kept.claim != 0 -> kept.age + 1 : 0)
       :: true
       fi
  :: true
  fi
}

/* The coil is held to the skin: implant.hpp, field. Then the first message: link/caller.hpp, call. */
inline call(by, opens, zeros, whose, from, on) {
  stale_numbers();
  number = 1;
  near = me;
  first[me].slot = by;
  first[me].secret = opens;
  first[me].card = zeros;
  first[me].issuer = whose;
  first[me].epoch = from;
  first[me].date = on;
  first[me].fresh = 1;
  first[me].forged = 0;
  if
  :: in_session == me -> own_call = 0
  :: else
  fi;
  printf("person %d: calls through the slot of %e with secret %d (no certificate: %d, epoch %d, date %d)\n", me, by, opens,
         zeros, from, on)
}
/* Only who has made a first message can go on with what answers it, and only with what answers his newest. */
#ifdef ACT_BEFORE_READY
#define answered (up && in_session == me && own_call)
#else
#define answered (up && in_session == me && !ready && own_call)
#endif
#define talking (up && in_session == me && ready && own_call)
/* The implant's answer is lost: implant.hpp, look. The coil stays where it is, and gives another number. */
#define unheard (up && in_session == me && !ready && own_call && near == me)
inline once_more() {
#ifndef NO_LOOK
  hang_up();
  number = 1;
#endif
  printf("person %d: hears nothing, and calls once more\n", me);
  assert(number); /* a lost answer does not need the coil lifted */
  first[me].fresh = 1
}

/* cli/link_command.cpp, pair_with, revoke; cli/link_session.cpp, open_link */
proctype Clinic(byte me; byte visits) {
  byte own, dated_on, with;
  do
  :: visits == 0 -> break
  :: atomic { visits > 0 ->
       visits--;
       if
       :: me == CLINIC_1 && books < EPOCHS -> books++ /* a programmer was stolen: certificates are of a new epoch now */
       :: true
       fi;
       own = (me == CLINIC_1 -> books : 0);
       day();
       dated_on = now;
       if
       :: wrong > 0 && me == CLINIC_1 -> wrong--; dated_on = now + AHEAD
       :: true
       fi;
       with = 0;
       if
       :: call(kCard, 0, 1, 0, 0, 0)
#ifdef USE_BEFORE_KEEP
       :: heard[me] != 0 -> with = heard[me]; call(kClinic, with, 0, me, own, dated_on)
#endif
       :: known[me] != 0 -> choose(known[me], with); call(kClinic, with, 0, me, own, dated_on)
       fi };
     do
     :: atomic { unheard -> once_more() }
     :: atomic { answered -> to_implant!me, kReady, 0 };
        atomic {
          if
          :: talking && !card_role -> known[me] = used(known[me], with) /* RenewedSecret, used */
          :: true
          fi
        };
        do
        :: atomic { talking && card_role && made < MADE -> made++; signs(); to_implant!me, kPair, made };
#ifndef USE_BEFORE_KEEP
           atomic {
             if
             :: heard[me] != 0 -> known[me] = (1 << heard[me]); heard[me] = 0 /* it is kept before it is used */
             :: heard[me] = 0
             fi
           };
#endif
           break
        :: atomic { talking && !card_role && made < MADE -> made++; signs(); to_implant!me, kRenew, made };
#ifndef USE_BEFORE_KEEP
           atomic {
             if
             :: heard[me] != 0 -> known[me] = known[me] | (1 << heard[me]); heard[me] = 0 /* beside what was known */
             :: heard[me] = 0
             fi
           };
#endif
           break
        :: atomic { talking && !card_role && made < MADE -> made++; to_implant!me, kPairPatient, made }
        :: atomic { talking && !card_role && me == CLINIC_1 && own > 0 ->
             statement[own] = dated_on; /* signed now, for this session, on the same computer */
             if
             :: to_implant!me, kRaise, own
             :: printf("person 1: signs epoch %d on day %d, and it is lost\n", own, dated_on)
             fi }
        :: atomic { talking && !card_role -> to_implant!me, kOffer, 0 } /* signed a while ago */
        :: atomic { talking && !card_role && offered != 0 -> to_implant!me, kCommit, 0 }
        :: break
        od;
        break
     :: break
     od;
     atomic { own = 0; dated_on = 0; with = 0 }
  od
}

/* Who has the patient's programmer has its secret, and a certificate of a year. */
proctype Patient(byte me; byte visits) {
  byte own, with;
  do
  :: visits == 0 -> break
  :: atomic { known[me] != 0 && visits > 0 ->
       visits--;
       own = 0;
       do
       :: own < books -> own++
       :: break
       od;
       if
       :: choose(known[me], with); call(kPatient, with, 0, keys.clinic_key, own, now)
       :: choose(known[me], with); call(kPatient, with, 1, 0, 0, 0) /* as if it held the card */
       fi;
       own = 0 };
     if
     :: atomic { answered -> to_implant!me, kReady, 0 };
        atomic {
          if
          :: talking && slot == kPatient -> known[me] = used(known[me], with)
          :: true
          fi;
          with = 0
        };
        do
        :: atomic { talking && made < MADE -> made++; to_implant!me, kPair, made }; break
        :: atomic { talking && !card_role && statement[books] != 0 -> to_implant!me, kRaise, books } /* carries it home */
        :: atomic { talking && !card_role && statement[1] != 0 -> to_implant!me, kRaise, 1 }         /* an old one */
        :: atomic { talking && !card_role && books < EPOCHS -> to_implant!me, kRaise, ELSEWHERE + books + 1 } /* another's */
        :: break
        od
     :: true
     fi
  od
}

/* A programmer of the first clinic, stolen, with the certificate and what was signed that it had. */
proctype Thief(byte me; byte visits) {
  byte own, on, with;
  atomic { known[CLINIC_1] != 0 -> known[me] = known[CLINIC_1]; own = books; on = now };
  do
  :: visits == 0 -> break
  :: atomic { visits > 0 ->
       visits--;
       choose(known[me], with);
       if
       :: call(kClinic, with, 0, CLINIC_1, own, on)
       :: call(kClinic, with, 1, 0, 0, 0)
       fi;
       with = 0 };
     if
     :: atomic { answered -> to_implant!me, kReady, 0 };
        if
        :: atomic { talking && made < MADE -> made++; to_implant!me, kPair, made }
        :: atomic { talking && !card_role && made < MADE -> to_implant!me, kRenew, made + 1 }
#if defined(RENEW_BY_ANYONE) || defined(OLD_SIGNATURE)
           ; atomic {
             if
             :: heard[me] != 0 -> known[me] = known[me] | (1 << heard[me]); heard[me] = 0
             :: else
             fi
           }
#endif
        :: atomic { talking && !card_role && statement[own] != 0 -> to_implant!me, kRaise, own } /* an old one */
        :: atomic { talking && !card_role -> to_implant!me, kOffer, own }
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
  atomic { READER && keys.secret != 0 ->
    stale_numbers();
    number = 1;
    near = 0;
    first[CLINIC_1].slot = kClinic;
    first[CLINIC_1].secret = keys.secret;
    first[CLINIC_1].card = 0;
    first[CLINIC_1].issuer = keys.clinic_key;
    first[CLINIC_1].epoch = keys.epoch;
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
    keys.paired = kNo;
    kept.paired = kNo;
    run Clinic(CLINIC_1, VISITS_1);
    run Clinic(CLINIC_2, VISITS_2);
    run Patient(PATIENT, VISITS_PATIENT);
    run Thief(THIEF, VISITS_THIEF)
  }
}
