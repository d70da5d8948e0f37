/* How a change gets in: an order proposed and committed, a pump stopped, let go on, taken out, erased.
 *
 * Programmers, an implant and whoever holds the radio. Each rule names the code that it stands for; a rule
 * inside `#ifndef` can be taken out, and then spin must find what it is there for (run.py). What is left out
 * and why: docs/protocol-models.md. */

#ifndef ORDERS
#define ORDERS 2 /* signed in advance, with any number and any parent: physicians make mistakes */
#endif
#ifndef NUMBERS
#define NUMBERS 2
#endif
#ifndef VISITS_1
#define VISITS_1 2 /* changes that the first programmer tries */
#endif
#ifndef VISITS_2
#define VISITS_2 1
#endif
#ifndef CUTS
#define CUTS 1 /* power cuts, anywhere */
#endif
#ifndef TRIES
#define TRIES 2 /* link/dialogue.hpp, kTries: a change is told again until it is answered */
#endif
#define CHANGES (VISITS_1 + VISITS_2)
#ifdef NO_SESSION
#define FRAMES (CHANGES * (TRIES + 2))
#else
#define FRAMES (TRIES + 2) /* of the session that lives: no others open */
#endif

mtype = {
  kOffer, kCommit, kStop, kResume, kExplant, kErase, /* catalogue/command.hpp, Opcode */
  kShelf, kDelivering, kStopped, kExplanted,         /* catalogue/command.hpp, DeviceState */
  kDone, kNo,                                        /* LinkAnswer: done, or any refusal */
  kNothing, kConfirmed, kFailed, kUncertain          /* link/dialogue.hpp, Delivery */
};
#define kTorn 255

/* ---- orders: constants once they are signed ------------------------------------------------------------ */
byte number[ORDERS + 1]; /* link/order.hpp, Order::number; 0: not signed yet */
byte parent[ORDERS + 1]; /* Order::parent; 0: none. An order without one is of kind "implant" */

/* ---- the implant's lasting memory ---------------------------------------------------------------------- */
mtype state = kShelf; /* pump/pump.hpp */
byte therapy;         /* the prescription that drives the motor, by the order it came in */
byte running;         /* pump/stored_pump.hpp, order_: the digest of the order that runs */
byte newest;          /* pump/pump.hpp, newest_: number of the newest prescription taken */
byte sequence;        /* pump/stored_pump.hpp, sequence_ */
byte intent;          /* pump/stored_pump.hpp, intent_ */
byte page[4];         /* implant/twin_pages.hpp: two places of two pages, for the bytes of orders */
bool patient = 1;     /* implant/keyring.hpp, has_patient */
byte erasing;         /* Keyring::erasing: the change that erases, while it does */

/* ---- its RAM ------------------------------------------------------------------------------------------- */
byte session;     /* link/session.hpp: 1 + whose it is; 0: none */
byte next_count;  /* Session::next_ */
byte offered;     /* implant/offering.hpp: whole, signed, judged; 0: none */
byte place = 2;   /* implant.hpp, running_place_; 2: the order that runs is not known */
bool up = 1;      /* it has booted */
byte cuts = CUTS;

/* ---- the air: whoever holds the radio keeps every frame and delivers whichever it likes, as often as it
 *      likes, or never. An answer counts for its question alone (its tag): one place for each programmer. */
typedef Frame {
  byte who;
  mtype op;
  byte order;
  byte sequence;
  byte intent;
  bool opened /* ghost: it has been taken as a record before */
}
Frame frame[FRAMES]; /* in the order of their counts: link/session.hpp, Session::seal */
byte frames;
byte answer_to[2];
mtype answer[2];

/* ---- ghosts: what is true, whatever anybody believes ---------------------------------------------------- */
byte taken[CHANGES + 1];     /* how often */
bool failed[CHANGES + 1];    /* people were told that it failed for certain */
byte committed[ORDERS + 1];  /* how often */
byte intents;

/* implant/twin_pages.cpp, read: of a place's two pages the newer one that is whole. The first is written first. */
#define in_place(p) (page[2 * (p)] != kTorn -> page[2 * (p)] : (page[2 * (p) + 1] != kTorn -> page[2 * (p) + 1] : 0))

/* Power may go here. */
#define CUT                                      \
  if                                             \
  :: cuts > 0 ->                                 \
       cuts--; up = 0;                           \
       printf("implant: the power goes midway\n"); \
       goto booting                              \
  :: true                                        \
  fi

/* implant/authorisation.hpp, kTable: the columns of the physician (programmer 0) and of the nurse (INV-10) */
#define permitted(who, o) (may_ever(who, o) && may_now(o))
#define may_ever(who, o) ((who) == 0 || (o) == kStop || (o) == kResume)
#define may_now(o)                                                       \
  ((o) == kOffer || (o) == kCommit -> state != kExplanted :               \
   ((o) == kStop -> state == kDelivering || state == kStopped :           \
   ((o) == kResume -> state == kStopped :                                  \
   ((o) == kExplant -> state == kDelivering || state == kStopped :        \
                       state == kExplanted))))

/* implant/acceptance.cpp, judge. An order of kind "implant" is for a pump that is in nobody, and no other is. */
#ifdef NO_NUMBER_RULE
#define number_rule(o) true
#else
#define number_rule(o) (number[o] > newest)
#endif
#ifdef NO_PARENT_RULE
#define parent_rule(o) true
#else
#define parent_rule(o) (parent[o] == running)
#endif
#define acceptable(o) (((parent[o] == 0) == (state == kShelf)) && number_rule(o) && parent_rule(o))

/* implant.hpp, stale: a change that was taken already is told so; one that did not know of another is not taken. */
#ifdef NO_SEQUENCE
#define knows_all(i) true
#else
#define knows_all(i) (frame[i].sequence == sequence)
#endif
#ifdef NO_INTENT
#define taken_before(i) false
#else
#define taken_before(i) (frame[i].intent == intent && frame[i].sequence + 1 == sequence)
#endif

/* link/session.hpp, Session::open: a record opens with its own session's keys, once, in rising order. What a
 * session that is over has sent is noise for ever: it is forgotten here, and the search stays small. */
#ifdef NO_SESSION
#define forget_frames() skip
#define keys_stand(who) true
#else
#define keys_stand(who) (session == (who) + 1)
inline forget_frames() {
  do
  :: frames > 0 ->
       frames--;
       frame[frames].who = 0;
       frame[frames].op = 0;
       frame[frames].order = 0;
       frame[frames].sequence = 0;
       frame[frames].intent = 0;
       frame[frames].opened = 0
  :: else -> break
  od
}
#endif
#ifdef NO_ONCE
#define in_order(i) true
#else
#define in_order(i) (i >= next_count)
#endif

inline say(i, what) {
  answer_to[frame[i].who] = i + 1;
  answer[frame[i].who] = what;
  printf("implant: to frame %d it says %e\n", i + 1, what)
}

/* pump/stored_pump.cpp, took: sequence and intent are remembered together with the change. */
inline took(i) {
  sequence++;
  intent = frame[i].intent;
  taken[frame[i].intent]++;
  printf("implant: takes intent %d (%e), its sequence is %d\n", intent, frame[i].op, sequence);
  assert(taken[frame[i].intent] == 1);     /* INV-7, INV-8: a change is taken once */
  assert(!failed[frame[i].intent]) /* nor will it ever be, once it was told to have failed for certain */
}

/* implant/twin_pages.cpp, write: page by page, each torn while it is written. */
inline write_page(which, what) {
  page[which] = kTorn;
  CUT;
  page[which] = what;
  printf("implant: page %d holds order %d (0: erased)\n", which, what);
  CUT
}
/* implant.hpp, keep_order: where the order that runs does not stand. */
inline keep_order(o) {
#ifdef ONE_PLACE
  to_place = 0;
#else
  to_place = (place == 2 -> 0 : 1 - place);
#endif
  write_page(2 * to_place, o);
  write_page(2 * to_place + 1, o)
}

/* implant.hpp, handle(Commit), from where nothing speaks against it any more */
inline commit(i) {
#ifndef ORDER_AFTER_COMMIT
  keep_order(offered);
#endif
  assert(offered == frame[i].order);           /* INV-11: what was read back and named */
  assert(number[offered] > newest);            /* INV-8: numbers rise */
  assert(parent[offered] == running);          /* no fork: written behind the order that runs */
  assert(committed[offered] == 0);             /* INV-7: at most once */
  committed[offered]++;
  printf("implant: order %d (number %d, parent %d) is to run; %d ran\n", offered, number[offered], parent[offered],
         running);
  /* pump/stored_pump.cpp, prescribed: one generation holds all of it (INV-6). */
  therapy = offered;
  newest = number[offered];
#ifdef TWO_STEPS
  CUT;
#endif
  running = offered;
  state = kDelivering;
  took(i);
#ifdef ORDER_AFTER_COMMIT
  CUT;
  keep_order(offered);
#endif
  place = to_place;
  offered = 0
}

/* implant.hpp, end_erasing: once the pump has forgotten the patient, so do orders and keys. */
inline end_erasing() {
  if
  :: sequence == erasing ->
       write_page(0, 0);
       write_page(1, 0);
       write_page(2, 0);
       write_page(3, 0);
       place = 2;
       patient = 0;
       CUT
  :: else
  fi;
  erasing = 0;
  CUT
}
/* implant.hpp, handle(EraseSecrets): first that it has begun, then the pump's own memory, then the implant's. */
inline erase(i) {
#ifndef NO_MARK
  erasing = sequence + 1;
  CUT;
#endif
  state = kShelf;
  therapy = 0;
  running = 0;
  took(i);
  CUT;
#ifdef NO_MARK
  erasing = sequence;
#endif
  end_erasing()
}

/* A record is delivered: implant.hpp, record and answered. */
inline deliver(i) {
  if
  :: session != 0 && in_order(i) ->
       replayed = frame[i].opened;
       frame[i].opened = 1;
       printf("implant: gets frame %d (%e, intent %d)\n", i + 1, frame[i].op, frame[i].intent);
       next_count = i + 1;
       if
       :: !permitted(frame[i].who, frame[i].op) ->
            /* implant.hpp, was_taken: it may be this very change that has brought the implant into this state. */
#ifdef STATE_FIRST
            say(i, kNo)
#else
            say(i, (frame[i].op != kOffer && taken_before(i) -> kDone : kNo))
#endif
       :: permitted(frame[i].who, frame[i].op) ->
            if
            :: frame[i].op == kOffer ->
                 assert(!replayed); /* a replay changes nothing */
                 offered = (acceptable(frame[i].order) -> frame[i].order : 0);
                 printf("implant: judges order %d; on offer is %d\n", frame[i].order, offered);
                 say(i, (offered != 0 -> kDone : kNo))
            :: frame[i].op != kOffer && !knows_all(i) ->
                 say(i, (taken_before(i) -> kDone : kNo))
            :: frame[i].op != kOffer && knows_all(i) ->
                 assert(!replayed); /* a replay changes nothing */
                 if
                 :: frame[i].op == kCommit ->
                      if
#ifdef COMMIT_BLIND
                      :: offered != 0 && acceptable(offered) -> commit(i); CUT; say(i, kDone)
                      :: else -> say(i, kNo)
#else
                      :: offered != 0 && offered == frame[i].order && acceptable(offered) ->
                           commit(i);
                           CUT;
                           say(i, kDone)
                      :: else -> say(i, kNo)
#endif
                      fi
                 :: frame[i].op == kStop -> state = kStopped; took(i); CUT; say(i, kDone)
                 :: frame[i].op == kResume -> state = kDelivering; took(i); CUT; say(i, kDone)
                 :: frame[i].op == kExplant -> state = kExplanted; took(i); CUT; say(i, kDone)
                 :: frame[i].op == kErase -> erase(i); say(i, kDone)
                 fi
            fi
       fi
  :: else
  fi
}

active proctype Implant() {
  byte i, to_place;
  bool replayed;
end:
  do
  :: atomic { frames > 0 ->
       i = 0;
       do
       :: i + 1 < frames -> i++
       :: break
       od;
       deliver(i);
       i = 0; to_place = 0; replayed = 0 }
  /* Its RAM is gone: power, at any other moment; a session that times out takes the offer with it. */
  :: atomic { cuts > 0 -> cuts--; up = 0; printf("implant: the power goes\n"); goto booting }
  :: atomic { session != 0 -> session = 0; offered = 0; next_count = 0; forget_frames();
              printf("implant: the session is over\n") }
  :: atomic { offered != 0 -> offered = 0; printf("implant: the offer is too old\n") } /* implant/offering.hpp, kOfferLasts */
  od;

booting: /* implant.hpp, boot and load_running_order */
  atomic {
    session = 0; next_count = 0; offered = 0; forget_frames();
    i = 0; to_place = 0; replayed = 0;
#ifdef NO_MARK
    erasing = 0;
#endif
    if
    :: erasing != 0 -> end_erasing()
    :: else
    fi;
    place = 2;
    if
    :: running != 0 && in_place(1) == running -> place = 1
    :: running != 0 && in_place(1) != running && in_place(0) == running -> place = 0
    :: else
    fi;
    printf("implant: boots; therapy of order %d, digest of %d, its bytes in place %d (2: nowhere)\n", therapy, running,
           place);
    assert(therapy == running); /* INV-6: old or new, never a mix */
    up = 1;
    assert(running == 0 || place != 2) /* the order that runs can be read back (INV-11) */
  }
  goto end
}

/* ---- a programmer: cli/link_command.cpp, prescribe and change; link/dialogue.hpp; link/order_talk.hpp ---- */

/* Whether it was done, as people are told, against what is true. */
inline tell(what) {
  failed[mine] = (what == kFailed);
  printf("programmer %d: intent %d (%e): %e; in truth it was taken %d times\n", me + 1, mine, op, what, taken[mine]);
  if
  :: what == kConfirmed -> assert(taken[mine] == 1) /* INV-10 stands on it: told confirmed, it was taken */
  :: what == kFailed ->
       assert(taken[mine] == 0) /* told failed for certain, it was not */
  :: else
  fi;
  if
  :: what == kConfirmed && op == kErase -> /* nothing tells of the patient any more (INV-12) */
       assert(page[0] == 0 && page[1] == 0 && page[2] == 0 && page[3] == 0 && !patient)
  :: else
  fi
}

inline open_session() {
  forget_frames();
  session = me + 1; /* implant.hpp, first: whoever comes with a right secret takes the place of who was there */
  next_count = 0;
  offered = 0;
  printf("programmer %d: opens a session\n", me + 1)
}
inline send(what, about) {
  if
  :: keys_stand(me) ->
       frame[frames].who = me;
       frame[frames].op = what;
       frame[frames].order = about;
       frame[frames].sequence = read;
       frame[frames].intent = mine;
       frames++;
       question = frames;
       printf("programmer %d: sends frame %d (%e, order %d, behind sequence %d, intent %d)\n", me + 1, frames, what,
              about, read, mine)
  :: else -> question = FRAMES + 1 /* nobody opens it */
  fi;
  answer_to[me] = 0;
  answer[me] = 0
}
/* link/order_talk.hpp, settle */
inline settle() {
  if
  :: sequence == read -> tell(kFailed)
  :: sequence != read && intent == mine -> tell(kConfirmed)
  :: sequence != read && intent != mine && sequence == read + 1 -> tell(kFailed)
  :: sequence != read && intent != mine && sequence != read + 1 -> tell(kUncertain)
  fi
}

/* One that was signed before, or the next, with any number and any parent. */
inline choose_order() {
  order = 1;
  do
  :: order < ORDERS && number[order] != 0 -> order++
  :: break
  od;
  if
  :: number[order] == 0 ->
       number[order] = 1;
       do
       :: number[order] < NUMBERS -> number[order]++
       :: break
       od;
       do
       :: parent[order] < ORDERS -> parent[order]++
       :: break
       od;
       printf("clinic: signs order %d (number %d, parent %d)\n", order, number[order], parent[order])
  :: else
  fi
}

proctype Programmer(byte me; byte visits) {
  byte mine, before, order, read, tries, question;
  mtype op;
  do
  :: visits == 0 -> break
  :: atomic { visits > 0 && up ->
       visits--;
       intents++;
       mine = intents; /* cli/link_command.cpp, new_intent */
       if
       :: me == 0 -> op = kCommit; choose_order()
       :: me == 0 -> op = kExplant
       :: me == 0 -> op = kErase
       :: op = kStop
       :: op = kResume
       fi;
       open_session();
#ifndef NO_SESSION
       failed[before] = 0; taken[before] = 0; /* its frames open no more: no need to remember */
       before = 0;
#endif
       read = sequence; /* ReadStatus */
       if
       :: op == kCommit -> 
            if /* a careless one: may have offered another before, and commits whatever is answered */
            :: order > 1 -> send(kOffer, 1)
            :: true
            fi;
            send(kOffer, order)
       :: else
       fi
     };
tell_it: /* link/dialogue.hpp, change */
     atomic { tries++; send(op, order) };
     if
     :: atomic { answer_to[me] == question -> tell((answer[me] == kDone -> kConfirmed : kFailed)); goto over }
     :: tries < TRIES -> goto tell_it
     :: true
     fi;
#ifdef SETTLE_AT_ONCE
     atomic { tell(kFailed) };
#else
     if
#ifdef SETTLE_IN_OLD_SESSION
     :: atomic { up && keys_stand(me) -> settle() }
#else
     :: atomic { up -> open_session(); settle() }
#endif
     :: atomic { tell(kUncertain) } /* nobody answers */
     fi;
#endif
over:
     atomic { before = mine; mine = 0; order = 0; read = 0; tries = 0; question = 0; op = 0;
              answer_to[me] = 0; answer[me] = 0 }
  od
}

init {
  atomic {
    run Programmer(0, VISITS_1);
    run Programmer(1, VISITS_2)
  }
}
