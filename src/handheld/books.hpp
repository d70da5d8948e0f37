#pragma once
/// What a patient's programmer keeps in its own folder: its key, its one pump, the emergency card, the last
/// answer of the pump, the newest wish for a dose, the diary, and the key of its pages.

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "air/programmer_books.hpp"
#include "catalogue/refusal.hpp"
#include "drug/formulation.hpp"
#include "link/message.hpp"

namespace theca::handheld {

inline constexpr const char* kWhose = "handheld";
/// Held while a folder is served: two at one pump would take each other's place.
inline constexpr const char* kServingLock = "serving.lock";

using Done = std::expected<void, std::string>;

/// The pump that it speaks with, and the clinic's word that it may.
struct Pairing {
  air::KnownImplant implant;
  air::CertificateBytes certificate{};
};
/// Refused where the certificate is not a patient's, for sessions with this implant.
Done keep_pairing(Files& files, const Pairing& pairing);
std::expected<Pairing, std::string> read_pairing(const Files& files);

/// What somebody who finds the patient has to know. Texts, as the clinic wrote them.
struct EmergencyCard {
  std::string patient, birth_date, clinic, phone, emergency_phone, pump, serial, refill_appointment, written;
  struct DrugName {
    DrugCode code{};
    std::string name;
  };
  std::vector<DrugName> drugs;  // the implant knows no names
  bool demo = false;

  /// "drug 17" for one that the card does not name.
  [[nodiscard]] std::string name_of(DrugCode code) const;
};
inline constexpr std::size_t kMostCardText = 120, kMostDrugNames = 64;
/// From JSON with exactly these fields. The error says which is wrong.
std::expected<EmergencyCard, std::string> parse_card(const std::string& text);
std::string card_text(const EmergencyCard& card);
Done keep_card(Files& files, const EmergencyCard& card);
/// An empty one where the clinic has written none.
std::expected<EmergencyCard, std::string> read_card(const Files& files);

/// What the pump said, and when by this machine's clock.
struct Seen {
  link::OwnReply own;
  link::OwnTherapyReply therapy;
  std::int64_t at_utc_ms = 0;
};
Done keep_seen(Files& files, const Seen& seen);
std::expected<std::optional<Seen>, std::string> read_seen(const Files& files);

enum class AskState : std::uint8_t {
  kAsking,    // on its way
  kGranted,   // the pump gives it, or gave it
  kRefused,   // by the pump
  kNotGiven,  // for certain: the pump was not asked
  kUnknown,   // not known yet
  kLost,      // never to be known here: the pump has been asked for others since
};
inline constexpr std::array<const char*, 6> kAskStateNames{"asking",    "granted",       "refused",
                                                           "not given", "not known yet", "not known"};
/// The newest wish for a dose.
struct Ask {
  std::string intent;
  AskState state = AskState::kAsking;
  std::uint32_t request = 0;  // its number at the pump; 0: none yet
  std::int64_t at_utc_ms = 0;
  Refusal refusal = Refusal::kNone;
  std::int64_t next_utc_ms = 0;  // when it may be asked for again; 0: not said
  [[nodiscard]] bool settled() const { return state != AskState::kAsking && state != AskState::kUnknown; }
};
Done keep_ask(Files& files, const Ask& ask);
/// One that was on its way when the process ended is kUnknown, or kNotGiven where the pump was not asked yet.
std::expected<std::optional<Ask>, std::string> read_ask(const Files& files);

struct DiaryEntry {
  std::uint32_t id = 0;
  std::string intent;  // of the wish to write it: once
  std::int64_t at_utc_ms = 0;
  std::uint32_t request = 0;         // of the dose that it is about; 0: none
  std::optional<std::uint8_t> pain;  // 0 to 10
  std::vector<std::string> effects;  // words of the catalogue
  std::string note;
};
inline constexpr std::uint8_t kWorstPain = 10;
inline constexpr std::size_t kMostEffects = 12, kMostNote = 500, kMostDiary = 20'000;
Done keep_diary(Files& files, const std::vector<DiaryEntry>& diary);
std::expected<std::vector<DiaryEntry>, std::string> read_diary(const Files& files);

/// Of the pages: made when there is none.
std::expected<std::string, std::string> page_key(Files& files);

}  // namespace theca::handheld
