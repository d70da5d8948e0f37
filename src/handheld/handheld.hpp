#pragma once
/// The patient's programmer between its pages and its pump. One thread speaks with the pump; pages ask and
/// are told what is known.

#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "handheld/books.hpp"
#include "http/clock.hpp"

namespace theca::handheld {

/// What came of the last try to reach the pump.
enum class Contact : std::uint8_t {
  kNotTried,
  kInReach,
  kNotInReach,
  kBusy,  // somebody else speaks with it
  kOver,  // the clinic's word that this programmer may speak with the pump has run out
};
inline constexpr std::array<const char*, 5> kContactNames{"not tried", "in reach", "not in reach", "busy",
                                                          "over"};

/// What a patient may do besides asking for a dose: none of it gives more drug than is prescribed.
enum class DeedKind : std::uint8_t { kEndDose, kPause, kResume, kRefuseTransfer };
inline constexpr std::array<const char*, 4> kDeedNames{"end dose", "pause", "resume", "refuse transfer"};
enum class DeedState : std::uint8_t { kDoing, kDone, kRefused, kNotDone, kUnknown };
inline constexpr std::array<const char*, 5> kDeedStateNames{"doing", "done", "refused", "not done",
                                                            "not known yet"};
struct Deed {
  DeedKind kind = DeedKind::kEndDose;
  DeedState state = DeedState::kDoing;
  std::int64_t at_utc_ms = 0;
  std::string refusal;         // a name of the table of refusals, or of the link's answers
  std::uint32_t transfer = 0;  // kRefuseTransfer: number of the promise
  link::Change sent{};         // kUnknown: what the pump is asked about
  std::uint64_t number = 0;    // tells it from the one that took its place
};

/// What is known at a moment.
struct Known {
  bool looking = false;
  Contact contact = Contact::kNotTried;
  std::optional<Seen> seen;
  std::int64_t age_ms = 0;  // of it
  std::optional<Ask> ask;
  std::optional<Deed> deed;
  std::int64_t now_utc_ms = 0;
};

enum class AskTaken : std::uint8_t {
  kTaken,  // now, or the same wish before
  kBusy,   // another is on its way, or not known yet
  kVoid,   // this wish was given up before it arrived
};

struct Clocks {
  std::function<std::int64_t()> utc_ms;
  std::function<http::Moment()> now = http::BootClock::now;  // does not go back
};

class Handheld {
 public:
  /// `files` outlives it. Refused where the folder holds no programmer that is paired.
  static std::expected<std::unique_ptr<Handheld>, std::string> open(Files& files, Clocks clocks);
  Handheld(const Handheld&) = delete;
  Handheld& operator=(const Handheld&) = delete;
  ~Handheld();

  // ---- for its pages, from any thread -------------------------------------------------------------------
  /// Whoever asks is a page that is open: the pump is looked at meanwhile.
  Known known();
  /// Look at the pump as soon as it may be.
  void look();
  AskTaken ask(const std::string& intent);
  /// False: no such wish has come, and if it comes still it is void.
  bool settle(const std::string& intent);
  /// False: another is being done. STOP takes the place of any.
  bool begin(DeedKind kind, std::uint32_t transfer = 0);
  std::vector<DiaryEntry> diary();
  /// Once for an intent; its place in the diary. The error: it could not be written.
  std::expected<DiaryEntry, std::string> write(DiaryEntry entry);
  [[nodiscard]] const EmergencyCard& card() const { return card_; }
  [[nodiscard]] const link::ShortId& implant() const { return pairing_.implant.id; }

  // ---- the one thread that speaks with the pump ----------------------------------------------------------
  void work(const std::stop_token& stop);

 private:
  Handheld(Files& files, Clocks clocks, Pairing pairing, const link::Key& secret);

  enum class Task : std::uint8_t { kNone, kLook, kAsk, kDeed };
  Task next_task();
  [[nodiscard]] bool should_look() const;
  void do_look();
  void do_ask();
  void do_deed();

  Linked<SessionPtr> open_session();
  [[nodiscard]] bool somebody_speaks() const;
  bool wait_for_quiet() const;
  [[nodiscard]] bool stop_waits() const;  // for the pump
  std::optional<link::OwnReply> read_own(LinkTalk& talk);
  void settle_ask(const link::OwnReply& own);
  void settle_deed(const link::OwnReply& own);
  bool keep(const Ask& ask);
  void end_ask(AskState state);
  void end_deed(const Deed& deed, DeedState state, std::string refusal = {});
  void reached(Contact contact);

  Files& files_;
  Clocks clocks_;
  Pairing pairing_;
  link::Key secret_;
  EmergencyCard card_;

  mutable std::mutex mutex_;  // of all below
  std::condition_variable_any wanted_;
  bool looking_ = false, wants_look_ = false;
  Contact contact_ = Contact::kNotTried;
  std::optional<Seen> seen_;
  std::optional<http::Moment> seen_at_;     // none: in an earlier life of this process
  std::optional<http::Moment> therapy_at_;  // of it, what an order changes
  std::optional<Ask> ask_;
  std::optional<Deed> deed_;
  std::uint64_t deeds_ = 0;
  std::deque<std::string> void_;  // wishes that came too late
  http::Moment page_until_{};     // a page is open
  std::optional<http::Moment> tried_;
  std::vector<DiaryEntry> diary_;
};

}  // namespace theca::handheld
