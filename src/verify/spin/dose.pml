/* A dose that the patient asks for: given once or not at all (INV-7), and told as it was.
 *
 * The patient's programmer, the implant, whoever holds the radio. docs/protocol-models.md */

#ifndef ASKED
#define ASKED 3 /* doses that the patient wants */
#endif
#ifndef CUTS
#define CUTS 1
#endif
#ifndef TRIES
#define TRIES 3 /* link/dialogue.hpp, kTries */
#endif

mtype = { kGiven, kRefused, kSequenceDiffers, kConfirmed, kFailed, kUncertain };

/* ---- the implant's lasting memory: pump/stored_pump.hpp ------------------------------------------------- */
byte last_request;
mtype last_refusal = kGiven;

/* ---- its RAM, and the air -------------------------------------------------------------------------------- */
bool up = 1; /* it has booted */
bool session;
byte next_count;
byte cuts = CUTS;
byte frame[TRIES]; /* of the session that lives: the request's number */
byte frames;
byte answer_to;
mtype answer;

/* ---- ghosts ------------------------------------------------------------------------------------------------ */
byte given[2 * ASKED + 2];

#ifdef NO_ONCE
#define in_order(i) true
#else
#define in_order(i) (i >= next_count) /* link/session.hpp, Session::open */
#endif

inline forget_frames() {
  do
  :: frames > 0 -> frames--; frame[frames] = 0
  :: else -> break
  od;
  next_count = 0
}

/* implant.hpp, handle(RequestBolus) */
inline deliver(i) {
  next_count = i + 1;
  printf("implant: gets frame %d, request %d; the last was %d\n", i + 1, frame[i], last_request);
  if
#ifdef NO_LAST_REQUEST
  :: false
#else
  :: frame[i] == last_request -> answer = last_refusal /* asked for again it is answered again */
#endif
#ifdef NO_LAST_REQUEST
  :: frame[i] <= last_request + 1 ->
#else
  :: frame[i] == last_request + 1 ->
#endif
       if
       :: cuts > 0 -> cuts--; up = 0; printf("implant: the power goes\n"); goto booting
       :: true
       fi;
       if /* lockout, window, mode: pump/patient_bolus.hpp */
       :: answer = kGiven;
          given[frame[i]]++;
          printf("implant: gives dose %d\n", frame[i]);
          assert(given[frame[i]] == 1) /* INV-7: a request gives zero or one dose */
       :: answer = kRefused; printf("implant: refuses dose %d\n", frame[i])
       fi;
       last_request = frame[i]; /* pump/stored_pump.cpp, request: remembered with the dose itself */
       last_refusal = answer;
       if
       :: cuts > 0 -> cuts--; up = 0; printf("implant: the power goes\n"); goto booting
       :: true
       fi
  :: else -> answer = kSequenceDiffers
  fi;
  answer_to = i + 1
}

active proctype Implant() {
  byte i;
end:
  do
  :: atomic { session && frames > 0 ->
       i = 0;
       do
       :: i + 1 < frames -> i++
       :: break
       od;
       if
       :: in_order(i) -> deliver(i)
       :: else
       fi;
       i = 0 }
  :: atomic { cuts > 0 -> cuts--; up = 0; printf("implant: the power goes\n"); goto booting }
  :: atomic { session -> session = 0; forget_frames(); printf("implant: the session is over\n") }
  od;
booting:
  atomic { session = 0; forget_frames(); i = 0; up = 1 };
  goto end
}

/* What the patient is told: cli/link_command.cpp, bolus and change. */
inline tell(what) {
  printf("programmer: dose %d: %e; in truth it was given %d times\n", request, what, given[request]);
  if
  :: what == kFailed -> assert(given[request] == 0) /* told failed for certain, it was not given */
  :: what == kConfirmed -> assert(given[request] == 1) /* told "the dose is being given", it was */
  :: else
  fi
}
inline open_session() {
  forget_frames();
  session = 1;
  printf("programmer: opens a session; the last request was %d\n", last_request)
}

active proctype Patient() {
  byte wanted = ASKED, request, tries;
  do
  :: wanted == 0 -> break
  :: atomic { wanted > 0 && up ->
       wanted--;
       open_session();
       request = last_request + 1; /* ReadOwn */
       if
       :: request++ /* a programmer that counts wrongly */
       :: true
       fi };
again:
     atomic {
       tries++;
       answer_to = 0; answer = 0;
       if
       :: session ->
            frame[frames] = request;
            frames++;
            printf("programmer: sends frame %d, request %d\n", frames, request)
       :: else
       fi };
     if
     :: atomic { answer_to != 0 && answer_to == frames ->
          tell((answer == kGiven -> kConfirmed : kFailed));
          goto over }
     :: tries < TRIES -> goto again
     :: true
     fi;
     if
     :: atomic { /* link/order_talk.hpp, settle(RequestBolus), by what ReadOwn says in a new session */
          up -> open_session();
          if
#ifdef SETTLE_BY_NUMBER
          :: last_request == request -> tell(kConfirmed)
#else
          :: last_request == request -> tell((last_refusal == kGiven -> kConfirmed : kFailed))
#endif
          :: last_request + 1 == request -> tell(kFailed)
          :: last_request != request && last_request + 1 != request -> tell(kUncertain)
          fi }
     :: true /* nobody answers: not known */
     fi;
over:
     atomic { request = 0; tries = 0; answer_to = 0; answer = 0 }
  od
}
