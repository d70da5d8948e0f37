#include "handheld/handheld.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "air/change.hpp"
#include "air/socket_line.hpp"

namespace theca::handheld {
namespace {

using namespace std::chrono_literals;
using Ms = std::chrono::milliseconds;

/// How long a page that has asked counts as open.
constexpr Ms kPageStays{10'000};
/// How often the pump is looked at while a page is open: as it is, while something is going on, and while it
/// is not in reach.
constexpr Ms kIdleLook{60'000}, kBusyLook{2'000}, kMissingLook{4'000};
/// Who listens so long and hears nobody may speak; a dose waits so long for that.
constexpr Duration kListens = milliseconds(200);
constexpr Ms kWaitsForQuiet{6'000};
constexpr std::size_t kMostVoid = 256;
/// What changes with an order, and with the day of the week, is read again after so long.
constexpr Ms kTherapyHolds{3'600'000};
constexpr int kChangeTries = 3;

template <class M>
std::optional<typename M::Reply> told_by(LinkTalk& talk, const M& message) {
  const auto answered = talk.ask(message);
  if (!answered || !*answered) return std::nullopt;
  return **answered;
}

}  // namespace

Handheld::Handheld(Files& files, Clocks clocks, Pairing pairing, const link::Key& secret)
    : files_(files), clocks_(std::move(clocks)), pairing_(std::move(pairing)), secret_(secret) {}

Handheld::~Handheld() { link::Sodium::wipe(secret_); }

std::expected<std::unique_ptr<Handheld>, std::string> Handheld::open(Files& files, Clocks clocks) {
  auto secret = air::read_key(files, kWhose);
  if (!secret) return std::unexpected(secret.error());
  auto pairing = read_pairing(files);
  if (!pairing) return std::unexpected(pairing.error());
  auto card = read_card(files);
  if (!card) return std::unexpected(card.error());
  auto seen = read_seen(files);
  if (!seen) return std::unexpected(seen.error());
  auto ask = read_ask(files);
  if (!ask) return std::unexpected(ask.error());
  auto diary = read_diary(files);
  if (!diary) return std::unexpected(diary.error());
  std::unique_ptr<Handheld> handheld{new Handheld{files, std::move(clocks), std::move(*pairing), *secret}};
  link::Sodium::wipe(*secret);
  handheld->card_ = std::move(*card);
  handheld->seen_ = std::move(*seen);
  handheld->ask_ = std::move(*ask);
  handheld->diary_ = std::move(*diary);
  handheld->wants_look_ = handheld->ask_ && !handheld->ask_->settled();
  return handheld;
}

// ---- for its pages ----------------------------------------------------------------------------------------

Known Handheld::known() {
  const std::scoped_lock lock{mutex_};
  const http::Moment now = clocks_.now();
  if (page_until_ < now) wants_look_ = true;  // it was just opened
  page_until_ = now + kPageStays;
  Known known{looking_, contact_, seen_, 0, ask_, deed_, clocks_.utc_ms()};
  if (seen_at_)
    known.age_ms = (now - *seen_at_).count();
  else if (seen_)
    known.age_ms = std::max<std::int64_t>(0, known.now_utc_ms - seen_->at_utc_ms);
  wanted_.notify_one();
  return known;
}

void Handheld::look() {
  const std::scoped_lock lock{mutex_};
  wants_look_ = true;
  wanted_.notify_one();
}

AskTaken Handheld::ask(const std::string& intent) {
  const std::scoped_lock lock{mutex_};
  if (std::ranges::find(void_, intent) != void_.end()) return AskTaken::kVoid;
  if (ask_ && ask_->intent == intent) return AskTaken::kTaken;
  if (ask_ && !ask_->settled()) return AskTaken::kBusy;
  ask_ = Ask{.intent = intent, .at_utc_ms = clocks_.utc_ms()};
  wanted_.notify_one();
  return AskTaken::kTaken;
}

bool Handheld::settle(const std::string& intent) {
  const std::scoped_lock lock{mutex_};
  if (ask_ && ask_->intent == intent) return true;
  if (std::ranges::find(void_, intent) == void_.end()) {
    void_.push_back(intent);
    if (void_.size() > kMostVoid) void_.pop_front();
  }
  return false;
}

bool Handheld::begin(DeedKind kind, std::uint32_t transfer) {
  const std::scoped_lock lock{mutex_};
  if (deed_ && deed_->state == DeedState::kDoing && kind != DeedKind::kEndDose) return false;
  // No dose begins behind STOP: a wish that has not gone out yet does not go out.
  if (kind == DeedKind::kEndDose && ask_ && ask_->state == AskState::kAsking && ask_->request == 0)
    ask_->state = AskState::kNotGiven;
  deed_ = Deed{.kind = kind,
               .at_utc_ms = clocks_.utc_ms(),
               .refusal = {},
               .transfer = transfer,
               .sent = {},
               .number = ++deeds_};
  wanted_.notify_one();
  return true;
}

std::vector<DiaryEntry> Handheld::diary() {
  const std::scoped_lock lock{mutex_};
  return diary_;
}

std::expected<DiaryEntry, std::string> Handheld::write(DiaryEntry entry) {
  const std::scoped_lock lock{mutex_};
  const auto before = std::ranges::find(diary_, entry.intent, &DiaryEntry::intent);
  if (before != diary_.end()) return *before;
  if (diary_.size() >= kMostDiary)
    return std::unexpected("The diary is full; ask the clinic to read it and to begin another one.");
  entry.id = diary_.empty() ? 1 : diary_.back().id + 1;
  entry.at_utc_ms = clocks_.utc_ms();
  diary_.push_back(entry);
  if (const Done kept = keep_diary(files_, diary_); !kept) {
    diary_.pop_back();
    return std::unexpected(kept.error());
  }
  return entry;
}

// ---- the one thread that speaks with the pump -------------------------------------------------------------

void Handheld::work(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    Task task = Task::kNone;
    {
      std::unique_lock lock{mutex_};
      wanted_.wait_for(lock, stop, 250ms, [&] { return (task = next_task()) != Task::kNone; });
      if (stop.stop_requested() || task == Task::kNone) continue;
      looking_ = true;
      if (task == Task::kLook) wants_look_ = false;
    }
    if (task == Task::kDeed) do_deed();
    if (task == Task::kAsk) do_ask();
    if (task == Task::kLook) do_look();
    const std::scoped_lock lock{mutex_};
    looking_ = false;
    tried_ = clocks_.now();
  }
}

/// Less drug before more.
Handheld::Task Handheld::next_task() {
  if (deed_ && deed_->state == DeedState::kDoing) return Task::kDeed;
  if (ask_ && ask_->state == AskState::kAsking) return Task::kAsk;
  return should_look() ? Task::kLook : Task::kNone;
}

bool Handheld::should_look() const {
  if (wants_look_) return true;
  const http::Moment now = clocks_.now();
  const bool open_question = (ask_ && !ask_->settled()) || (deed_ && deed_->state == DeedState::kUnknown);
  if (page_until_ < now && !open_question) return false;
  if (!tried_) return true;
  const bool giving = seen_ && seen_->own.bolus_ends > seen_->own.now;
  Ms every = contact_ == Contact::kInReach ? kIdleLook : kMissingLook;
  if (contact_ == Contact::kBusy || (contact_ == Contact::kInReach && (open_question || giving)))
    every = kBusyLook;
  return now - *tried_ >= every;
}

void Handheld::reached(Contact contact) {
  const std::scoped_lock lock{mutex_};
  contact_ = contact;
}

/// The radio is a room: whoever speaks with the pump is heard, and a session of ours would end his.
bool Handheld::somebody_speaks() const {
  const auto address = air::parse_address(pairing_.implant.reach.to);
  if (!address) return false;
  auto line = air::SocketLine::reach(*address, /*near=*/false);
  return line && line->radio(kListens).has_value();
}

bool Handheld::wait_for_quiet() const {
  const auto until = clocks_.now() + kWaitsForQuiet;
  while (somebody_speaks())
    if (clocks_.now() > until || stop_waits()) return false;
  return true;
}

bool Handheld::stop_waits() const {
  const std::scoped_lock lock{mutex_};
  return deed_ && deed_->kind == DeedKind::kEndDose && deed_->state == DeedState::kDoing;
}

Linked<SessionPtr> Handheld::open_session() {
  const auto certificate = link::read<link::RoleCertificate>(pairing_.certificate);
  if (certificate && std::int64_t{certificate->not_after} * 1'000 < clocks_.utc_ms()) {
    reached(Contact::kOver);
    return std::unexpected(LinkFailure{"the certificate of this programmer has run out"});
  }
  auto session = air::open_to(files_, kWhose, pairing_.implant, secret_, pairing_.certificate);
  reached(session ? Contact::kInReach : Contact::kNotInReach);
  return session;
}

std::optional<link::OwnReply> Handheld::read_own(LinkTalk& talk) {
  const auto own = told_by(talk, link::ReadOwn{});
  if (!own) {
    reached(Contact::kNotInReach);
    return std::nullopt;
  }
  std::optional<link::OwnTherapyReply> therapy;
  {
    const std::scoped_lock lock{mutex_};
    const bool holds = seen_ && therapy_at_ && clocks_.now() - *therapy_at_ < kTherapyHolds &&
                       seen_->therapy.prescription == own->prescription &&
                       seen_->therapy.fluid.number == own->in_reservoir;
    if (holds) therapy = seen_->therapy;
  }
  const bool anew = !therapy;
  if (anew) therapy = told_by(talk, link::ReadOwnTherapy{});
  if (!therapy) {
    reached(Contact::kNotInReach);
    return std::nullopt;
  }
  const Seen seen{*own, *therapy, clocks_.utc_ms()};
  (void)keep_seen(files_, seen);  // not kept: a start anew begins without it
  const std::scoped_lock lock{mutex_};
  seen_ = seen;
  seen_at_ = clocks_.now();
  if (anew) therapy_at_ = seen_at_;
  return *own;
}

void Handheld::do_look() {
  if (somebody_speaks()) return reached(Contact::kBusy);
  const auto session = open_session();
  if (!session) return;
  const auto own = read_own((*session)->talk);
  if (!own) return;
  settle_ask(*own);
  settle_deed(*own);
}

// ---- a dose -----------------------------------------------------------------------------------------------

/// What stands on the disk is what a start anew goes by: first there, then in the air.
bool Handheld::keep(const Ask& ask) {
  if (const Done kept = keep_ask(files_, ask); !kept) return false;
  const std::scoped_lock lock{mutex_};
  ask_ = ask;
  return true;
}

void Handheld::end_ask(AskState state) {
  Ask ask;
  {
    const std::scoped_lock lock{mutex_};
    ask = *ask_;
  }
  ask.state = state;
  if (keep(ask)) return;
  const std::scoped_lock lock{mutex_};
  ask_ = ask;  // the disk says "not known yet" still, and the pump will be asked
}

void Handheld::do_ask() {
  if (!wait_for_quiet()) {
    reached(Contact::kBusy);
    return end_ask(AskState::kNotGiven);
  }
  auto session = open_session();
  if (!session) return end_ask(AskState::kNotGiven);
  const auto own = read_own((*session)->talk);
  if (!own) return end_ask(AskState::kNotGiven);
  Ask ask;
  {
    const std::scoped_lock lock{mutex_};
    if (ask_->state != AskState::kAsking) return;  // STOP came before it
    ask_->request = own->last_request + 1;
    ask = *ask_;
  }
  if (!keep(ask)) return end_ask(AskState::kNotGiven);

  const auto said = (*session)->talk.change(link::RequestBolus{ask.request});
  if (!said) {
    end_ask(AskState::kUnknown);
    session->reset();
    return do_look();
  }
  ask.refusal = said->answer == LinkAnswer::kRefusedByPump ? said->refusal : Refusal::kNone;
  ask.state = link::is_done(*said)                         ? AskState::kGranted
              : said->answer == LinkAnswer::kRefusedByPump ? AskState::kRefused
                                                           : AskState::kNotGiven;
  if (said->next_possible > own->now)
    ask.next_utc_ms = clocks_.utc_ms() + (said->next_possible - own->now).raw();
  if (!keep(ask)) {
    const std::scoped_lock lock{mutex_};
    ask_ = ask;
  }
  if (!read_own((*session)->talk)) look();  // what is told of the dose is told of a reading behind it
}

/// The pump remembers the newest request and what became of it.
void Handheld::settle_ask(const link::OwnReply& own) {
  Ask ask;
  {
    const std::scoped_lock lock{mutex_};
    if (!ask_ || ask_->state != AskState::kUnknown) return;
    ask = *ask_;
  }
  switch (link::settle(link::RequestBolus{ask.request}, own.last_request, own.last_refusal)) {
    case link::Delivery::kConfirmed:
      ask.state = AskState::kGranted;
      break;
    case link::Delivery::kFailed:
      ask.state = own.last_request == ask.request ? AskState::kRefused : AskState::kNotGiven;
      if (ask.state == AskState::kRefused) ask.refusal = own.last_refusal;
      break;
    case link::Delivery::kUncertain:
      ask.state = AskState::kLost;
      break;
  }
  (void)keep(ask);
}

// ---- the others -------------------------------------------------------------------------------------------

void Handheld::end_deed(const Deed& deed, DeedState state, std::string refusal) {
  const std::scoped_lock lock{mutex_};
  if (deed_->number != deed.number) return;  // STOP has taken its place
  deed_->sent = deed.sent;
  deed_->state = state;
  deed_->refusal = std::move(refusal);
}

void Handheld::do_deed() {
  Deed deed;
  {
    const std::scoped_lock lock{mutex_};
    deed = *deed_;
  }
  // STOP does not wait for anybody.
  if (deed.kind != DeedKind::kEndDose && !wait_for_quiet()) {
    reached(Contact::kBusy);
    return end_deed(deed, DeedState::kNotDone);
  }
  auto session = open_session();
  if (!session) return end_deed(deed, DeedState::kNotDone);
  for (int attempt = 0; attempt < kChangeTries; ++attempt) {
    const auto own = read_own((*session)->talk);
    if (!own) return end_deed(deed, DeedState::kNotDone);
    deed.sent = {own->sequence, new_intent()};
    LinkTalk& talk = (*session)->talk;
    const auto plain = [&]<class M>(M message) {
      static_cast<link::Change&>(message) = deed.sent;
      return talk.change(message);
    };
    const auto said = deed.kind == DeedKind::kEndDose  ? plain(link::CutBolus{})
                      : deed.kind == DeedKind::kPause  ? plain(link::Stop{})
                      : deed.kind == DeedKind::kResume ? plain(link::Resume{})
                                                       : talk.change(link::RefuseTransfer{deed.transfer});
    if (!said) {
      end_deed(deed, DeedState::kUnknown);
      session->reset();
      return do_look();
    }
    if (link::is_done(*said)) {
      end_deed(deed, DeedState::kDone);
      (void)read_own(talk);
      return;
    }
    // Somebody has changed something since it was read: what he did is read as well.
    if (said->answer == LinkAnswer::kSequenceDiffers && attempt + 1 < kChangeTries) continue;
    end_deed(
        deed, DeedState::kRefused,
        said->answer == LinkAnswer::kRefusedByPump ? row_of(said->refusal).name : row_of(said->answer).name);
    (void)read_own(talk);
    return;
  }
}

void Handheld::settle_deed(const link::OwnReply& own) {
  Deed deed;
  {
    const std::scoped_lock lock{mutex_};
    if (!deed_ || deed_->state != DeedState::kUnknown) return;
    deed = *deed_;
  }
  if (deed.kind == DeedKind::kRefuseTransfer)
    return end_deed(deed, own.promised.number == deed.transfer ? DeedState::kNotDone : DeedState::kDone);
  switch (link::settle(deed.sent, own.sequence, own.intent)) {
    case link::Delivery::kConfirmed:
      return end_deed(deed, DeedState::kDone);
    case link::Delivery::kFailed:
      return end_deed(deed, DeedState::kNotDone);
    case link::Delivery::kUncertain:  // another change came behind: what the pump does now is what counts
      break;
  }
  const bool holds = deed.kind == DeedKind::kEndDose ? own.bolus_ends <= own.now
                     : deed.kind == DeedKind::kPause ? own.state == DeviceState::kStopped
                                                     : own.state != DeviceState::kStopped;
  end_deed(deed, holds ? DeedState::kDone : DeedState::kNotDone);
}

}  // namespace theca::handheld
