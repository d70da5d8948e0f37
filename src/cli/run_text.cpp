#include "cli/run_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "catalogue/alarm.hpp"
#include "cli/report_patient.hpp"
#include "cli/run_words.hpp"
#include "pump/battery.hpp"
#include "quantity/text.hpp"

namespace theca {
namespace {

constexpr int kDigits = 6;

std::string at(const RunResult& run, Instant t) { return local_datetime_text(local_ms(run, t)); }

std::string fluid(const RunResult& run, std::uint32_t number) {
  for (const FluidName& name : run.fluids) {
    if (name.number == number) return name.contents;
  }
  return "the path's first contents";
}

std::string constant_flow_text(const RunResult& run) {
  const ConstantFlowRun& its = *run.constant_flow;
  const Sample& last = run.samples.back();
  std::string text = fmt::format("  expected {} at the labelled flow, truly delivered {}\n",
                                 to_text(last.prescribed), to_text(last.truly_delivered));
  if (its.low.delivered != its.high.delivered) {
    text += fmt::format("  {} to {} between the ends of the bands of what moves the flow\n",
                        to_text(its.low.delivered), to_text(its.high.delivered));
  }
  for (std::size_t i = 0; i < run.drugs.size(); ++i) {
    text += fmt::format("  {}: {} left the tip, {} was intended\n", run.drugs[i].name,
                        to_text(last.tip_mass[i], Rounding::significant(kDigits)),
                        to_text(last.prescribed_mass[i], Rounding::significant(kDigits)));
  }
  for (const ConstantFlowEvent& event : its.events)
    text += fmt::format("  {}: {}\n", at(run, event.at), event.text);
  return text;
}

/// Sentences of a patient go on below themselves; nothing that is one line of a table does.
std::string folded(const std::string& sentence) {
  constexpr std::size_t kColumns = 110;
  std::string text, line = "  ";
  std::size_t from = 0;
  while (from < sentence.size()) {
    const std::size_t end = std::min(sentence.find(' ', from), sentence.size());
    const std::string word = sentence.substr(from, end - from);
    if (line.size() + 1 + word.size() > kColumns) {
      text += line + '\n';
      line = "   ";
    }
    line += (line.back() == ' ' && line.size() < 3 ? "" : " ") + word;
    from = end + 1;
  }
  return text + line + '\n';
}

std::string ending(const RunResult& run, const std::string& dir) {
  std::string text;
  if (!run.charge_mah.empty()) {
    text += "  battery:";
    for (std::size_t i = 0; i < kChargeCauses; ++i)
      text += fmt::format("{} {} {:.2f} mAh", i == 0 ? "" : ",", kChargeCauseNames[i], run.charge_mah[i]);
    text += fmt::format("; {:.0f} mAh left by the pump's reckoning\n", run.charge_left_mah);
  }
  if (run.patient) {
    for (const PatientEvent& event : run.patient->events)
      text += fmt::format("  {}: {}\n", day_text(run, event.at), event.text);
    for (const DrugInPatient& drug : run.patient->drugs)
      text += folded(fmt::format("patient, {}: {}", run.drugs[drug.drug].name, patient_sentence(run, drug)));
    if (const std::string effects = effects_sentence(run); !effects.empty())
      text += folded("patient: " + effects);
    if (run.patient->bands) text += folded("patients: " + bands_sentence(run));
    for (const std::string& name : run.patient->unknown)
      text += fmt::format("  patient, {}: not in data/substances\n", name);
  }
  if (run.refill_by) text += fmt::format("  refill by {}: {}\n", *run.refill_by, run.refill_reason);
  for (const std::string& note : run.notes) text += fmt::format("  note: {}\n", note);
  return text + fmt::format("report: {}/report.html\n", dir);
}

}  // namespace

std::string run_text(const RunResult& run, const std::string& dir) {
  std::string text = fmt::format("{}\n", run.title);
  if (run.constant_flow) return text + constant_flow_text(run) + ending(run, dir);
  for (const std::string& prescription : run.prescriptions) text += fmt::format("  {}\n", prescription);
  const Sample& last = run.samples.back();
  text +=
      fmt::format("  prescribed {}, delivered {} ({} steps commanded, {} reported)\n",
                  to_text(last.prescribed), to_text(last.delivered), run.steps_commanded, run.steps_reported);
  for (std::size_t i = 0; i < run.drugs.size(); ++i) {
    text += fmt::format("  {}: {} left the tip\n", run.drugs[i].name,
                        to_text(last.tip_mass[i], Rounding::significant(kDigits)));
  }
  for (const FrontArrival& front : run.fronts) {
    if (front.reckoned)
      text += fmt::format("  {} at the tip: {}\n", fluid(run, front.fluid), at(run, *front.reckoned));
  }
  const auto granted = std::count_if(run.boluses.begin(), run.boluses.end(),
                                     [](const BolusRecord& b) { return b.refusal == Refusal::kNone; });
  text += fmt::format("  boluses: {} given, {} refused\n", granted,
                      static_cast<std::int64_t>(run.boluses.size()) - granted);
  for (const AlarmRecord& alarm : run.alarms) {
    text += fmt::format("  alarm {}: {}{}\n", row_of(alarm.alarm).name, at(run, alarm.raised),
                        alarm.cleared ? " to " + at(run, *alarm.cleared) : ", stands");
  }
  for (const Mark& mark : run.marks) {
    if (mark.code == EventCode::kCommandRefused)
      text += fmt::format("  {}: {}\n", at(run, mark.at), mark.text);
  }
  return text + ending(run, dir);
}

}  // namespace theca
