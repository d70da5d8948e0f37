#pragma once
/// What a clinician does at a page: sign in, look at the patients in care, read a pump, change its therapy,
/// and hand the change over. The records keep it, the signer signs, the gateway speaks with the implant; here
/// nothing is signed and nobody is reached but over their sockets.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <vector>

#include "clinic/course.hpp"
#include "clinic/database.hpp"
#include "clinic/draft.hpp"
#include "clinic/kept_drafts.hpp"
#include "clinic/passkey.hpp"
#include "clinic/record_ids.hpp"
#include "clinic/refilling.hpp"
#include "clinic/refills.hpp"
#include "clinic/sends.hpp"
#include "clinic/signing.hpp"
#include "clinic/today.hpp"
#include "clinic/visiting.hpp"
#include "cohort/trial.hpp"
#include "plan/library.hpp"
#include "server/attempts.hpp"
#include "server/challenges.hpp"
#include "server/route.hpp"
#include "server/session.hpp"

namespace theca::server {

/// Nothing is drafted or sent from an older reading.
inline constexpr std::int64_t kReadingLastsMs = 10 * 60'000;

struct DeskParts {
  records::Database& database;
  const Library& library;
  const BodyData& body;  // of whoever a draft is tried on
  const Variability& adults;
  Sessions& sessions;
  PasskeySite site;
  std::filesystem::path signer, gateway;  // their sockets
  std::function<std::int64_t()> utc_ms;
};

struct Found;  // desk_words.hpp

/// Outlives the router that its routes are given to.
class Desk {
 public:
  explicit Desk(DeskParts parts) : parts_(std::move(parts)) {}
  Desk(const Desk&) = delete;
  std::vector<Route> routes();

 private:
  using Answered = std::expected<Answer, Problem>;
  Answered about(const Call& call);
  Answered challenge(const Call& call);
  Answered sign_in(const Call& call);
  Answered who(const Call& call);
  Answered sign_out(const Call& call);
  Answered patients(const Call& call);
  Answered find(const Call& call);
  Answered today(const Call& call);
  Answered team(const Call& call);
  Answered change_team(const Call& call);
  Answered break_glass(const Call& call);
  Answered broken_glass(const Call& call);
  Answered review_glass(const Call& call);
  Answered audit(const Call& call);
  Answered patient(const Call& call);
  Answered read_pump(const Call& call);
  Answered draft(const Call& call);
  Answered preview(const Call& call);
  Answered try_draft(const Call& call);
  Answered fields_of_fluid(const Call& call);
  Answered drugs(const Call& call);
  Answered send(const Call& call);
  Answered settle(const Call& call);
  Answered ask_second(const Call& call);
  Answered waiting(const Call& call);
  Answered look_as_second(const Call& call);
  Answered sign_as_second(const Call& call);
  Answered asked_of_second(const Call& call);
  Answered begin_refill(const Call& call);
  Answered refills(const Call& call);
  Answered refill(const Call& call);
  Answered refill_step(const Call& call);
  Answered syringe(const Call& call);
  Answered look_at_syringe(const Call& call);
  Answered confirm_syringe(const Call& call);
  Answered state_fill(const Call& call);
  Answered send_fill(const Call& call);
  Answered settle_fill(const Call& call);
  Answered sense_fill(const Call& call);
  Answered lower(const Call& call);
  Answered read_journal(const Call& call);
  Answered bring_diary(const Call& call);
  Answered course(const Call& call);
  Answered enrol_patient(const Call& call);
  Answered add_pump(const Call& call);
  Answered begin_pairing(const Call& call);
  Answered pair_pump(const Call& call);
  Answered first_hours(const Call& call);
  Answered note_seen(const Call& call);
  struct Made {
    records::ReadingId reading;
    Draft draft;
    nlohmann::json rows;        // before and after
    nlohmann::json hours = {};  // of a first therapy; else null
  };
  /// A first therapy that a pump has taken.
  struct Begun {
    std::int64_t at_ms = 0;
    records::PatientId patient;
    nlohmann::json hours;
  };
  std::expected<std::optional<Begun>, Problem> begun(const records::Actor& actor, records::PumpId pump);
  std::expected<nlohmann::json, Problem> seen_json(const records::Actor& actor, const Begun& at);
  std::expected<Made, Problem> made_of(const Call& call);
  Answered hand_over(const Call& call, const std::string& daily_dose,
                     std::vector<PasskeyAssertion> assertions);
  /// Something that is signed and handed over, whatever it is.
  struct Errand {
    records::SendWish wish;
    SignerRequest signing;
    /// What speaks against it before anybody has signed; mutex held.
    std::function<std::optional<Problem>()> slip;
    std::function<VisitRequest(const SignedAnswer&, records::SendId)> visit;
    /// Instead of a visit: what is signed is kept for later. Nobody's mutex is held.
    std::function<Answered(const SignedAnswer&)> keep = {};
  };
  Answered run(const Call& call, Errand errand);

  /// A refill with what it set out from, and where it stands.
  struct Opened;
  /// Of an order for another fluid: signed, and kept until the pump is filled.
  Answered begin_ordered(const Call& call, const records::KeptDraft& draft, const Found& found,
                         const SignedAnswer& answer);
  /// What a draft that is kept signed for its refill is told as; null: it is not. Mutex held.
  std::expected<nlohmann::json, Problem> signed_for_refill(const records::Actor& actor, records::PumpId pump,
                                                           records::DraftId draft);
  /// Of a refill that touched the pump and was ended without telling it, until the next one is told: a
  /// sentence; empty: there is none. Mutex held.
  std::expected<std::string, Problem> never_told(const records::Actor& actor, records::PumpId pump);
  /// A row of the audit trail, of an implant that is not in the records yet.
  std::expected<void, Problem> note(const Call& call, const link::ShortId& implant, const std::string& word);
  /// Of a refill that is over, and so of one answer for good. Mutex held.
  struct LeftByOne {
    std::string residual, never_told;
    bool told = false, touched = false;
    bool filled = false;  // drug went in, and the pump was told
  };
  std::expected<LeftByOne, Problem> left_by(const records::Actor& actor, records::RefillId id);
  /// Of all of them; one that touched nothing hides none of those before it. Mutex held.
  std::expected<RefillLeft, Problem> left_behind(const records::Actor& actor, records::PumpId pump);
  /// Why no order of this kind can be handed over to the pump now: a refill of it is open. Mutex held.
  std::optional<Problem> refill_in_the_way(const records::Actor& actor, records::PumpId pump,
                                           link::OrderKind kind);
  /// Mutex held. `keeps`: what the pump has confirmed, and nobody could write down, is written down.
  std::expected<Opened, Problem> opened(const records::Actor& actor, records::RefillId id, bool keeps);
  /// A send of this refill may have reached the pump, or is on its way to it.
  std::expected<void, Problem> send_of(const records::Actor& actor, Opened& open);  // mutex held
  [[nodiscard]] bool under_way(const Opened& open) const;
  std::expected<nlohmann::json, Problem> refill_json(const records::Actor& actor, const Opened& open);
  /// One more step; the state behind it. Mutex held.
  std::expected<void, Problem> add_step(const records::Actor& actor, const records::RequestId& request,
                                        Opened& open, const RefillStep& step);
  std::expected<void, Problem> ask_for_second(const records::Actor& actor, const Opened& open);
  std::expected<nlohmann::json, Problem> person_json(const records::Actor& who);  // mutex held

  /// A draft that one physician has asserted and another one has to, on a device of his own. Here and nowhere
  /// else: it ends with the reading that it was made from, and with this process.
  struct Asked {
    std::int64_t clinic = 0;
    std::int64_t first = 0;  // the person who has asserted
    PasskeyAssertion assertion;
    std::int64_t until_ms = 0;
    std::string patient, by;  // names, as they were when it was asked
    bool signing = false;     // another one has signed it, and it is being handed over
    nlohmann::json sent;      // what became of it; null: nobody has answered yet
    [[nodiscard]] bool open() const { return !signing && sent.is_null(); }
  };
  /// A syringe that waits for a second person: what a page asks about every other second, without the
  /// records.
  struct Syringe {
    std::int64_t clinic = 0;
    std::int64_t first = 0;  // who has read its label
    std::int64_t until_ms = 0;
    std::string patient, by;
  };
  /// Trials one at a time: they use the whole machine. A reading's own course is played once for all drafts,
  /// and no newer draft takes that back.
  struct PlayedReading {
    records::ReadingId reading;
    std::vector<DrugCode> drugs;
    TrialPast past;
    std::shared_ptr<const WhatRuns> runs;
  };
  std::shared_ptr<const TrialPatients> trial_patients(const TriedDrugs& drugs);
  std::shared_ptr<const WhatRuns> what_runs(const Found& found, const Prescription& runs,
                                            const TriedDrugs& drugs, const TrialPast& past);

  /// Whoever has it is alone with the machine and with what the trials keep.
  class Alone {
   public:
    explicit Alone(Desk& desk, const std::stop_token& stop = {});
    Alone(const Alone&) = delete;
    ~Alone();
    [[nodiscard]] bool taken() const { return taken_; }  // false: it was stopped

   private:
    Desk& desk_;
    bool taken_ = false;
  };
  nlohmann::json twin_of(const TherapyCourse& course, const std::vector<Prescription>& orders);
  /// What the records have of the orders of a pump, by number. Mutex held.
  std::expected<std::map<std::uint32_t, link::OrderBytes>, Problem> orders_of(const records::Actor& actor,
                                                                              records::PumpId pump);

  void forget_asked();  // what is over; mutex held
  /// What the records hold of a draft that was sent; null: it was not. Mutex held.
  std::expected<nlohmann::json, Problem> became_of(const records::Actor& actor, std::int64_t draft);
  Answered withdraw(const Call& call);
  /// The person whose passkey has asserted is the one who is signed in. Mutex held.
  std::expected<void, Problem> own_key(const records::Actor& actor, const PasskeyAssertion& assertion);

  DeskParts parts_;
  std::mutex mutex_;                          // of the database: one thread at a time
  std::set<std::int64_t> handing_over_;       // sends that the gateway is being asked about
  std::map<std::int64_t, Asked> asked_;       // by draft
  std::map<std::int64_t, Syringe> syringes_;  // by refill
  std::map<std::int64_t, LeftByOne> left_;    // by refill, of those that are over
  std::map<std::int64_t, Problem> refused_;   // by send: what was said of it, for whoever has not heard it
  std::mutex trial_mutex_;                    // never taken under mutex_
  std::condition_variable_any trial_free_;
  bool trying_now_ = false;  // whoever has set it has the two below
  std::map<std::vector<DrugCode>, std::shared_ptr<const TrialPatients>> trial_patients_;
  std::deque<PlayedReading> played_;
  std::mutex asking_;
  std::map<std::int64_t, std::stop_source> trying_;  // by person: the newest
  Challenges challenges_;
  Attempts attempts_;
};

}  // namespace theca::server
