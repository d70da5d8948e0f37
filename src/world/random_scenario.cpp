#include "world/random_scenario.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <random>

namespace theca {
namespace {

constexpr std::int64_t kMinutesADay = 1'440;

/// Fluids are in pairs: what is filled first, and another concentration of the same.
struct Therapy {
  const char* pump;
  const char* capacity;  // mL
  const char* drug;
  std::array<const char*, 2> fluids;
  const char* unit;
  int lowest, highest;  // daily dose
  double bolus_share;   // of the daily dose
};

constexpr std::array<Therapy, 8> kTherapies{{
    {"roller-40",
     "40",
     "morphine",
     {"morphine = \"20 mg/mL\"", "morphine = \"10 mg/mL\""},
     "mg",
     2,
     12,
     0.06},
    {"roller-20",
     "20",
     "baclofen",
     {"baclofen = \"2000 mcg/mL\"", "baclofen = \"500 mcg/mL\""},
     "mcg",
     120,
     600,
     0.05},
    {"valve-40",
     "40",
     "morphine",
     {"morphine = \"20 mg/mL\", bupivacaine = \"20 mg/mL\"",
      "morphine = \"10 mg/mL\", bupivacaine = \"10 mg/mL\""},
     "mg",
     3,
     10,
     0.06},
    {"roller-20",
     "20",
     "hydromorphone",
     {"hydromorphone = \"10 mg/mL\"", "hydromorphone = \"5 mg/mL\""},
     "mg",
     1,
     5,
     0.06},
    {"valve-20",
     "20",
     "ziconotide",
     {"ziconotide = \"25 mcg/mL\"", "ziconotide = \"100 mcg/mL\""},
     "mcg",
     3,
     12,
     0},
    {"roller-40",
     "40",
     "morphine",
     {"morphine = \"20 mg/mL\", clonidine = \"1000 mcg/mL\"",
      "morphine = \"10 mg/mL\", clonidine = \"500 mcg/mL\""},
     "mg",
     2,
     8,
     0.05},
    {"roller-40",
     "40",
     "clonidine",
     {"clonidine = \"2000 mcg/mL\"", "clonidine = \"1000 mcg/mL\""},
     "mcg",
     120,
     600,
     0.04},
    {"valve-20",
     "20",
     "bupivacaine",
     {"bupivacaine = \"20 mg/mL\"", "bupivacaine = \"10 mg/mL\""},
     "mg",
     3,
     10,
     0},
}};

class Writer {
 public:
  Writer(std::uint64_t seed, std::int64_t days)
      : random_(seed), therapy_(kTherapies[below(kTherapies.size())]) {
    made_.days = days;
    made_.head = head(seed);
  }

  RandomScenario write() {
    const std::int64_t most = std::min<std::int64_t>(60, 6 + made_.days / 2);
    for (std::int64_t left = between(2, most); left > 0; --left) {
      switch (below(4)) {
        case 0:
          visit();
          break;
        case 1:
          fault();
          break;
        default:
          press();
      }
    }
    std::stable_sort(made_.items.begin(), made_.items.end(),
                     [](const auto& a, const auto& b) { return a.minute < b.minute; });
    return std::move(made_);
  }

 private:
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }
  std::int64_t between(std::int64_t a, std::int64_t b) {
    return a + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(b - a + 1));
  }
  bool one_in(std::size_t n) { return below(n) == 0; }

  std::string head(std::uint64_t seed) {
    std::string text = fmt::format(
        "title = \"Life {}\"\nabout = \"Drawn at random.\"\nstarts = \"2026-03-02 08:00\"\n", seed);
    text += fmt::format("seed = {}\nsample_every = \"10 days\"\n", seed % 1'000'000);
    if (one_in(4)) {
      text +=
          "\n[zone]\nutc_offset = \"+01:00\"\nchange = { at_utc = \"2026-03-29 01:00\", utc_offset = "
          "\"+02:00\" }\n";
    }
    text += fmt::format("\n[pump]\nmodel = \"{}\"\n", therapy_.pump);
    if (one_in(3)) text += fmt::format("flow_error = \"{:+d} %\"\n", between(-13, 13));
    if (one_in(3)) {
      text += "fill_sensor = \"0.5 mL\"\n";
      if (one_in(3))
        text += fmt::format("sensor_bias = \"{}0.{} mL\"\n", one_in(2) ? "-" : "+", between(1, 4));
    }
    text += fmt::format("\n[catheter]\nlength = \"{} cm\"\ncontents = \"{}\"\n", between(40, 100),
                        one_in(3) ? "dry" : "a");
    text += fmt::format("\n[fluids]\na = {{ {} }}\nb = {{ {} }}\n", therapy_.fluids[0], therapy_.fluids[1]);
    text += fmt::format("\n[refill]\nfluid = \"a\"\nvolume = \"{} mL\"\n",
                        one_in(6) ? between(2, 5) : between(10, 20));
    text += "\n[prescription]\n" + prescription("prescription", true);
    return text;
  }

  std::string dose(double amount) {
    return amount < 10 ? fmt::format("{:.3g} {}", amount, therapy_.unit)
                       : fmt::format("{} {}", static_cast<int>(amount), therapy_.unit);
  }

  std::string prescription(const std::string& under, bool first) {
    const auto daily = static_cast<double>(between(therapy_.lowest, therapy_.highest));
    std::string text, tables;
    if (one_in(4) && therapy_.lowest >= 100) {
      text = "mode = \"flex\"\n";
      tables += fmt::format(
          "\n[[{}.flex]]\ndays = \"daily\"\nsteps = [{{ from = \"00:00\", dose = \"{}/day\" }}, {{ from = "
          "\"{:02}:30\", "
          "dose = \"{}/day\" }}, {{ from = \"21:00\", dose = \"{}/day\" }}]\n",
          under, dose(daily), between(5, 9), dose(daily * 1.5), dose(daily));
    } else {
      text = fmt::format("mode = \"simple continuous\"\ndose = \"{}/day\"\n", dose(daily));
    }
    if (!first) text += "without_bridge = true\n";
    if (first && one_in(6))
      text += fmt::format("expires = \"2026-{:02}-{:02} 12:00\"\n", between(3, 4), between(5, 28));
    if (one_in(5)) text += fmt::format("fallback = \"{}\"\n", one_in(2) ? "stop" : "safe state");
    if (therapy_.bolus_share > 0 && !one_in(3)) {
      tables += fmt::format(
          "\n[{}.patient_bolus]\ndose = \"{} over {} min\"\nlockout = \"{} h\"\nallotted = \"{} per 24 h\"\n",
          under, dose(daily * therapy_.bolus_share), between(5, 30), between(1, 6), between(1, 6));
    }
    if (therapy_.bolus_share > 0 && one_in(3)) {
      tables += fmt::format("\n[{}.periodic_bolus]\ndose = \"{} over {} min\"\n{}\n", under,
                            dose(daily * therapy_.bolus_share), between(10, 40),
                            one_in(2) ? fmt::format("every = \"{} h\"", between(4, 12))
                                      : std::string{"at = [\"02:30\", \"14:00\"]"});
    }
    if (one_in(3)) {
      tables += fmt::format("\n[{}.supervised]\nlasts = \"{} h\"\nallotted = {}\n", under, between(0, 72), 1);
    }
    return text + tables;
  }

  std::string at(std::int64_t minute) const {
    const std::int64_t of_day = minute + 8 * 60;
    return fmt::format("day {} {:02}:{:02}", of_day / kMinutesADay + 1, of_day % kMinutesADay / 60,
                       of_day % 60);
  }
  std::int64_t any_minute() { return between(1, made_.days * kMinutesADay - 60); }
  void add(std::int64_t minute, std::string block) { made_.items.push_back({minute, std::move(block), {}}); }

  /// Now and then a burst.
  void press() {
    std::int64_t minute = any_minute();
    for (std::int64_t left = one_in(3) ? between(2, 8) : 1; left > 0; --left) {
      if (minute >= made_.days * kMinutesADay - 60) return;
      made_.items.push_back({minute, {}, at(minute)});
      minute += between(1, 400);
    }
  }

  void visit() {
    const std::int64_t minute = any_minute();
    const std::string begin = fmt::format("[[visit]]\nat = \"{}\"\n", at(minute));
    switch (below(9)) {
      case 0:
        add(minute, begin + "do = \"stop\"\n");
        if (!one_in(4)) {
          const std::int64_t later = minute + between(10, one_in(3) ? 6'000 : 600);
          if (later < made_.days * kMinutesADay - 60)
            add(later, fmt::format("[[visit]]\nat = \"{}\"\ndo = \"resume\"\n", at(later)));
        }
        return;
      case 1:
        return add(minute, begin + fmt::format("do = \"set clock\"\nshift = \"{}{} min\"\n",
                                               one_in(2) ? "-" : "+", between(1, 180)));
      case 2:
      case 3:
        return add(minute, begin + "do = \"acknowledge\"\n");
      case 4:
        if (one_in(3)) return add(minute, begin + "do = \"explant\"\n");
        return add(minute,
                   begin + fmt::format("do = \"revise\"\n\n[visit.catheter]\nlength = \"{} cm\"\ncontents = "
                                       "\"dry\"\n\n[visit.prescription]\n{}",
                                       between(40, 100), prescription("visit.prescription", false)));
      case 5:
        return add(minute, begin + "do = \"prescribe\"\n\n[visit.prescription]\n" +
                               prescription("visit.prescription", false));
      default:
        break;
    }
    const bool another = one_in(3);
    if (another) fluid_ = 1 - fluid_;
    std::string text = begin + fmt::format("do = \"refill\"\nfluid = \"{}\"\nvolume = \"{} mL\"\n",
                                           fluid_ == 0 ? "a" : "b", between(8, 20));
    if (one_in(4)) text += fmt::format("truly = \"{} mL\"\n", one_in(2) ? 0 : between(1, 18));
    if (one_in(4)) text += "aspirated = \"not told\"\n";
    if (another || one_in(3)) text += "\n[visit.prescription]\n" + prescription("visit.prescription", false);
    add(minute, text);
  }

  void fault() {
    const std::int64_t minute = any_minute();
    const std::string begin = fmt::format("[[fault]]\nat = \"{}\"\n", at(minute));
    const auto kind = [&](const char* name) { return begin + fmt::format("kind = \"{}\"\n", name); };
    const auto lasts = [&](std::int64_t most) {
      const std::int64_t room = made_.days * kMinutesADay - 30 - minute;
      return fmt::format("lasts = \"{} min\"\n", std::clamp<std::int64_t>(between(1, most), 1, room));
    };
    switch (below(16)) {
      case 0:
      case 1:
        return add(minute, kind("power loss") + lasts(one_in(3) ? 3'000 : 60) +
                               (one_in(2) ? "clock = \"kept\"\n" : ""));
      case 2:
        return add(minute, kind("brown-out") + lasts(30));
      case 3:
      case 4:
        return add(minute, kind("stall") + lasts(one_in(4) ? 6'000 : 300));
      case 5:
      case 6:
        return add(minute, kind("mri") + lasts(240));
      case 7:
        return add(minute, kind("lost steps") + fmt::format("steps = {}\n", between(1, 20)));
      case 8:
        return add(minute, kind(one_in(2) ? "extra steps" : "doubled steps") +
                               fmt::format("steps = {}\n", between(1, 5)));
      case 9:
        return add(minute, kind("bit rot") + fmt::format("bits = {}\n", one_in(3) ? between(20, 400) : 1));
      case 10:
        return add(minute, kind("stuck page") + fmt::format("page = {}\n", between(0, 20)));
      case 11:
        return add(minute, kind("hang"));
      case 12:
        return add(minute, kind("clock leap") +
                               fmt::format("shift = \"{}{} min\"\n", one_in(2) ? "-" : "+", between(1, 600)));
      case 13:
        return add(minute, kind("flow error") + fmt::format("flow_error = \"{:+d} %\"\n", between(-40, 60)));
      case 14:
        return add(minute, one_in(2)
                               ? kind("drawn off") + fmt::format("volume = \"{} mL\"\n", between(1, 12))
                               : kind("sensor bias") + fmt::format("bias = \"{:+d} mL\"\n", between(-5, 5)));
      default:
        return add(minute, one_in(3) ? kind("self-test") : kind("jammed telemetry") + lasts(600));
    }
  }

  std::mt19937_64 random_;
  const Therapy& therapy_;
  RandomScenario made_;
  int fluid_ = 0;
};

}  // namespace

std::string RandomScenario::text() const {
  const std::size_t line = head.find("starts = ");
  std::string text = head.substr(0, line) + fmt::format("lasts = \"{} days\"\n", days) + head.substr(line);
  std::string presses, last;
  for (const Item& item : items) {
    if (!item.block.empty()) text += "\n" + item.block;
    const bool twice = item.press == last;
    last = item.press.empty() ? last : item.press;
    if (!item.press.empty() && !twice)
      presses += fmt::format("{}\"{}\"", presses.empty() ? "" : ", ", item.press);
  }
  if (!presses.empty()) text += fmt::format("\n[patient]\npresses = [{}]\n", presses);
  return text;
}

RandomScenario random_scenario(std::uint64_t seed, std::int64_t days) { return Writer{seed, days}.write(); }

}  // namespace theca
