#pragma once
/// The pumps in one person's care, each with the newest that the records have of it: what a clinic's day is
/// made of.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "clinic/database.hpp"
#include "clinic/patients.hpp"
#include "clinic/readings.hpp"
#include "clinic/sends.hpp"

namespace theca::records {

inline constexpr std::size_t kMostOnDayList = 1'000;

struct DayEntry {
  FoundPatient patient;
  PumpId pump;
  std::string model;  // name in the library
  std::optional<Reading> reading;
  struct Draft {
    DraftId id;
    std::int64_t changed_ms = 0;
  };
  std::optional<Draft> unsent;  // written behind everything that the pump has confirmed, and not handed over
  struct NewestSend {
    SendId id;
    SendState state = SendState::kPending;
    std::int64_t begun_ms = 0;
  };
  std::optional<NewestSend> unsettled;       // pending or unknown, and nothing was confirmed behind it
  std::optional<std::int64_t> confirmed_ms;  // when the pump took something last, a fill or an order
  struct NewestRefill {
    RefillId id;
    bool over = false;
    std::int64_t changed_ms = 0;
  };
  std::optional<NewestRefill> refill;
};
struct DayList {
  std::vector<DayEntry> entries;      // by patient
  std::vector<std::string> unopened;  // a sentence for each pump whose rows could not be opened
  bool more = false;                  // there are others than the first kMostOnDayList
};

/// Pumps that were taken out, and patients whose data were erased, are none of it. One row of the audit trail
/// names everybody who was shown.
Recorded<DayList> day_list(Database& database, const Actor& actor);

}  // namespace theca::records
