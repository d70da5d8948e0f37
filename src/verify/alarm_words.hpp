#pragma once
/// The words in which the pages tell how an alarm ends, and who may end it.

#include <string>

#include "catalogue/alarm.hpp"

namespace theca::verify {

inline std::string ending(AlarmClears clears) {
  switch (clears) {
    case AlarmClears::kOnReplacement:
      return "when the pump is replaced";
    case AlarmClears::kOnNewPrescription:
      return "with a new prescription";
    case AlarmClears::kOnRefill:
      return "with a refill";
    case AlarmClears::kWhenStepsReturn:
      return "by itself, when steps return";
    case AlarmClears::kWhenStepsReturnInTime:
      return "by itself, when steps return within 72 h; later with a new prescription";
    case AlarmClears::kWhenFieldIsLeft:
      return "by itself, when the field is left";
    case AlarmClears::kWhenHoldIsOver:
      return "by itself, after the signed time";
    case AlarmClears::kOnAcknowledge:
      return "when the clinic has acknowledged it";
    case AlarmClears::kOnTimeSet:
      return "when the time is set";
    case AlarmClears::kOnJournalAcknowledged:
      return "when the clinic has read it";
  }
  return "";
}

inline std::string who_ends(AlarmClears clears) {
  switch (clears) {
    case AlarmClears::kOnReplacement:
      return "nobody";
    case AlarmClears::kOnNewPrescription:
      return "physician";
    case AlarmClears::kWhenStepsReturn:
    case AlarmClears::kWhenFieldIsLeft:
    case AlarmClears::kWhenHoldIsOver:
      return "by itself";
    case AlarmClears::kWhenStepsReturnInTime:
      return "by itself; physician";
    case AlarmClears::kOnRefill:
    case AlarmClears::kOnAcknowledge:
    case AlarmClears::kOnTimeSet:
    case AlarmClears::kOnJournalAcknowledged:
      return "clinic";
  }
  return "";
}

}  // namespace theca::verify
