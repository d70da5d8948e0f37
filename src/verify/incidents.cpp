#include "verify/incidents.hpp"

namespace theca::verify {
namespace {

constexpr std::string_view kWidest = "Guard: the patient's ceilings; made as wide as the actuator";
constexpr std::string_view kBridgeAsked =
    "Guard: no order without a word on the bridge; `without_bridge = true`";
constexpr std::string_view kSensor = "Guard: the fill sensor; none";
constexpr std::string_view kAspirated = "Guard: the aspirated volume; `aspirated = \"not told\"`";
constexpr Edit kNoSensor{"fill_sensor = \"0.5 mL\"\n", ""};

}  // namespace

std::span<const Incident> incidents() {
  static const std::vector<Incident> kIncidents{
      {.row = "2004",
       .what =
           "The interval of a periodic bolus was typed into the minutes instead of the hours: 2 deaths, 7 "
           "serious injuries (S29)",
       .file = "interval_in_minutes",
       .at = "day 2 10:00",
       .day = "2 mg/day",
       .meant = {{"every = \"12 min\"", "every = \"12 h\""}},
       .guard = kWidest,
       .widest_ceilings = true,
       .harm = Harm::kExcess,
       .percent = 500,
       .first = "the pump refuses the prescription: the hour ceiling"},
      {.row = "2004",
       .what = "The same in the first prescription of a pump for which nobody gave ceilings",
       .file = "interval_in_minutes_at_implant",
       .at = "day 1 08:00",
       .day = "2 mg/day",
       .meant = {{"every = \"12 min\"", "every = \"12 h\""}},
       .guard = "Guard: ceilings that are proposed go no higher than the highest daily dose in the library; "
                "orders are not held against the library",
       .worse = {.hold_against_library = false},
       .harm = Harm::kExcess,
       .percent = 500,
       .first = "the pump refuses the first prescription"},
      {.row = "2007-2012",
       .what = "Gears corroded and motors stood still: 567 complaints (S94)",
       .file = "stall_of_sixty_hours",
       .at = "day 2 10:00",
       .day = "300 mcg/day",
       .meant = {{"[[fault]]\nat = \"day 2 10:00\"\nkind = \"stall\"\nlasts = \"60 h\"\n", ""}},
       .guard =
           "Guard: the step sensor on the rotor; it sits before the break, sees the motor turn, and a tenth "
           "of each step is carried",
       .without = {{"kind = \"stall\"\nlasts = \"60 h\"\n",
                    "kind = \"flow error\"\nflow_error = \"-90 %\"\n\n[[fault]]\nat = \"day 4 22:00\"\n"
                    "kind = \"flow error\"\nflow_error = \"0 %\"\n"}},
       .harm = Harm::kShortfall,
       .percent = 80,
       .worth = Worth::kTells,
       .first = "alarm: motor stall"},
      {.row = "2007-2012",
       .what =
           "The same for four days, of an opioid: when the rotor comes free, the patient may have lost the "
           "tolerance to the dose (S73). Meant: a quarter of it from then on",
       .file = "stall_of_four_days",
       .at = "day 2 10:00",
       .day = "0.75 mg/day",
       .meant = {{"",
                  "\n[[visit]]\nat = \"day 6 10:00\"\ndo = \"prescribe\"\n[visit.prescription]\n"
                  "mode = \"simple continuous\"\ndose = \"0.75 mg/day\"\n"}},
       .guard = "Guard: after 72 h without a dose the safe state, until somebody prescribes; the old dose is "
                "prescribed at once, and runs as it would without that guard",
       .without = {{"",
                    "\n[[visit]]\nat = \"day 6 10:00\"\ndo = \"prescribe\"\n[visit.prescription]\n"
                    "mode = \"simple continuous\"\ndose = \"3 mg/day\"\n"}},
       .harm = Harm::kExcess,
       .percent = 200,
       .befalls_meant = true,
       .first = "alarm: motor stall"},
      {.row = "2009, 2011",
       .what = "A film in the battery made pumps reset, and their flow fell to almost nothing (S32, S36)",
       .file = "low_battery_reset",
       .at = "day 2 10:00",
       .day = "300 mcg/day",
       .meant = {{"[[fault]]\nat = \"day 2 10:00\"\nkind = \"brown-out\"\nlasts = \"1 min\"\n", ""}},
       .guard = "Guard: a safe state for the drug; the minimum rate, whatever the drug",
       .without = {{"safe_state = \"emergency rate\"", "safe_state = \"minimum rate\""}},
       .harm = Harm::kShortfall,
       .percent = 50,
       .first = "alarm: low-battery reset"},
      {.row = "2011, 2013",
       .what =
           "Drug went beside the pump: 351 reports, 8 deaths, about 1 in 10 000 refills (S95); 11 deaths by "
           "2013 (S98)",
       .file = "pocket_fill",
       .at = "day 3 10:00",
       .day = "5 mg/day",
       .meant = {{"truly = \"2 mL\"\n", ""}},
       .guard = kSensor,
       .without = {kNoSensor},
       .harm = Harm::kShortfall,
       .percent = 80,
       .first = "alarm: volumes disagree"},
      {.row = "2013, 2016",
       .what =
           "Primes gave too much and then too little; a later software corrected the volume that one card "
           "reckoned (S96, S97)",
       .file = "prime_with_wrong_tubing",
       .at = "day 2 10:00",
       .day = "3 mg/day",
       .meant = {{"tubing = \"0.399 mL\"\n", ""}},
       .guard = "Guard: a typed tubing is held against the pump's; orders are not held against the libraries",
       .worse = {.hold_against_library = false},
       .harm = Harm::kExcess,
       .percent = 100,
       .first = "the planner does not make the order"},
      {.row = "2014, 2016",
       .what =
           "Pumps gave more than 14.5 % too much, about 1 in 700, and ran dry before their reckoned alarm "
           "(S10, S38, S99)",
       .file = "over_infusion_sensed",
       .at = "day 20 08:00",
       .day = "500 mcg/day",
       .meant = {{"flow_error = \"+40 %\"", "flow_error = \"0 %\""}},
       .guard = kSensor,
       .without = {kNoSensor},
       .harm = Harm::kShortfall,
       .percent = 80,
       .first = "alarm: volumes disagree"},
      {.row = "2014, 2016",
       .what = "The same in a pump without a fill sensor",
       .file = "over_infusion_aspirated",
       .at = "day 20 08:00",
       .day = "500 mcg/day",
       .meant = {{"flow_error = \"+40 %\"", "flow_error = \"0 %\""}},
       .guard = kAspirated,
       .without = {{"", "aspirated = \"not told\"\n"}},
       .harm = Harm::kShortfall,
       .percent = 80,
       .first = "alarm: volumes disagree"},
      {.row = "2017",
       .what = "An error in its memory let a pump run and blocked every change of its therapy (S101)",
       .file = "memory_error_blocks_no_update",
       .at = "day 2 10:00",
       .day = "2 mg/day",
       .meant =
           {{"[[fault]]\nat = \"day 2 10:00\"\nkind = \"bit rot\"\nbits = 100\n\n[[fault]]\nat = \"day 2 "
             "10:00\"\nkind = \"stuck page\"\npage = 2\n",
             ""}},
       .guard =
           "Guard: records stand twice and no memory alarm blocks a command; a pump that takes none while "
           "one stands",
       .worse = {.worse = WorsePump::kMemoryErrorBlocksCommands},
       .harm = Harm::kExcess,
       .percent = 100,
       .first = "alarm: memory repaired"},
      {.row = "MRI and alarm",
       .what = "Noise of the scanner opened telemetry while an alarm sounded, and the infusion stood until "
               "somebody interrogated the pump (S16)",
       .file = "mri_during_alarm",
       .at = "day 2 10:00",
       .day = "3 mg/day",
       .meant =
           {{"[[fault]]\nat = \"day 2 10:00\"\nkind = \"mri\"\nlasts = \"40 min\"\n\n[[fault]]\nat = \"day "
             "2 10:05\"\nkind = \"jammed telemetry\"\nlasts = \"10 min\"\n",
             ""}},
       .guard = "Guard: telemetry has no say in delivery; a pump whose motor it holds while an alarm stands",
       .worse = {.worse = WorsePump::kTelemetryHoldsMotor},
       .harm = Harm::kShortfall,
       .percent = 80,
       .first = "alarm: magnetic field"},
      {.row = "flex",
       .what =
           "60 mcg meant for one hour of the morning were entered for every hour: an overdose of baclofen "
           "(S105)",
       .file = "hourly_for_daily",
       .at = "day 2 10:00",
       .day = "290 mcg/day",
       .meant =
           {{"  { from = \"00:00\", dose = \"60 mcg/h\" },",
             "  { from = \"00:00\", dose = \"10 mcg/h\" },\n  { from = \"06:00\", dose = \"60 mcg/h\" },\n"
             "  { from = \"07:00\", dose = \"10 mcg/h\" },"}},
       .guard = kWidest,
       .widest_ceilings = true,
       .harm = Harm::kExcess,
       .percent = 200,
       .first = "the pump refuses the prescription: the day ceiling"},
      {.row = "fill volume",
       .what = "20 mL were filled and 40 mL programmed: the pump stood empty for two months (S73)",
       .file = "fill_volume_wrong",
       .at = "day 2 10:00",
       .day = "1.94 mg/day",
       .meant = {{"truly = \"20 mL\"\n", ""}},
       .guard = kSensor,
       .without = {kNoSensor},
       .harm = Harm::kShortfall,
       .percent = 80,
       .first = "alarm: volumes disagree"},
      {.row = "fill volume",
       .what =
           "The same pump was then filled and ran at the old dose, into a patient who had had none for two "
           "months (S73). Meant here: a quarter",
       .file = "old_dose_after_two_empty_months",
       .at = "day 122 10:00",
       .day = "0.5 mg/day",
       .meant = {{"", "[visit.prescription]\nmode = \"simple continuous\"\ndose = \"0.5 mg/day\"\n"}},
       .guard = kAspirated,
       .without = {{"", "aspirated = \"not told\"\n"}},
       .harm = Harm::kExcess,
       .percent = 200,
       .first = "the pump refuses: was empty"},
      {.row = "concentration",
       .what =
           "Wrong concentrations are among the errors of record (S106, S107). Played: another concentration "
           "and no bridge; the weaker fluid in the path leaves at the smaller flow",
       .file = "bridge_forgotten_stronger",
       .at = "day 2 10:00",
       .day = "300 mcg/day",
       .meant = {{"", "bridge = \"300 mcg/day\"\n"}},
       .guard = kBridgeAsked,
       .without = {{"", "without_bridge = true\n"}},
       .harm = Harm::kShortfall,
       .percent = 50,
       .first = "the planner does not make the order"},
      {.row = "concentration",
       .what = "The same downward: the stronger fluid in the path leaves at the larger flow",
       .file = "bridge_forgotten_weaker",
       .at = "day 2 10:00",
       .day = "300 mcg/day",
       .meant = {{"", "bridge = \"300 mcg/day\"\n"}},
       .guard = kBridgeAsked,
       .without = {{"", "without_bridge = true\n"}},
       .harm = Harm::kExcess,
       .percent = 100,
       .first = "the planner does not make the order"},
      {.row = "refill checks: diversion",
       .what =
           "Four days after a revision 8 mL were found instead of 17; the pump was sound, the patient died "
           "(S50)",
       .file = "diversion",
       .at = "day 5 20:00",
       .day = "8 mg/day",
       .meant = {{"[[fault]]\nat = \"day 5 20:00\"\nkind = \"drawn off\"\nvolume = \"9 mL\"\n", ""}},
       .guard = kSensor,
       .without = {kNoSensor},
       .harm = Harm::kShortfall,
       .percent = 80,
       .first = "alarm: volumes disagree"},
  };
  return kIncidents;
}

std::span<const NotPlayed> not_played() {
  static const std::vector<NotPlayed> kRows{
      {"interval_in_minutes_at_implant", "2004",
       "Concentrated morphine was injected into the side port instead of the reservoir: deaths (S45)",
       "No pump stands in that way: the side port leads past reservoir and motor, and no step is made. The "
       "mesh "
       "over the port and the needle's gauge stop it, and a second person before the injection. The pump "
       "shows it "
       "afterwards: a fill sensor finds the reservoir as empty as before and says so in the minute in which "
       "the "
       "refill is told"},
      {"stall_of_sixty_hours", "2007-2021",
       "Returned pumps with a stall: worn shafts in 59 %, shorts in 14 %, corroded gears in 2 % (S21)",
       "Wear is nothing that a program stops. A rotor that stands is the next row. One that slips behind its "
       "sensor is found by volume alone: the fill sensor, or what is aspirated at the refill"},
      {"low_battery_reset", "2008",
       "After a scan motors took 2 to 24 h to turn again, or were logged late (S15)",
       "The rotor that stays stuck when the field is left is a stall: the row above. A field that the pump "
       "senses "
       "is the row \"MRI and alarm\""},
      {"pocket_fill", "2012",
       "Motors stalled more often with unlabelled drugs: 7 % against 2.4 % in 78 months (S23)",
       "Corrosion is nothing that a pump stops. The library says of each drug whether it is on the label; a "
       "stall is "
       "told as above"},
      {"prime_with_wrong_tubing", "2013", "A feed-through shorted inside the pump: 1 death (S98)",
       "A pump without power gives nothing and says nothing. When power returns it tells which steps it does "
       "not "
       "know of, and a patient without a dose for 72 h needs a new prescription. A pump that is dead is "
       "found "
       "by who asks it, or by the patient"},
      {"prime_with_wrong_tubing", "2013", "Connectors of the catheter were blocked: 2 deaths (S98)",
       "The rotor turns against a closed line and its sensor counts. The fill sensor sees fluid stay behind "
       "the "
       "steps, the needle finds too much at the refill; both raise the alarm of volumes that disagree. "
       "Nothing "
       "opens the line"},
      {"memory_error_blocks_no_update", "2014, 2016",
       "What went before over-infusion: overfilling, running dry, a blocked catheter, a stop of more than 48 "
       "h "
       "(S10, S38)",
       "Overfilling is refused by what is told; a pump that counts itself dry holds its motor; nothing given "
       "for "
       "48 h is an alarm. The wear that may follow is not played"},
      {"memory_error_blocks_no_update", "2015",
       "A court bound a maker to a quality system before it sold on (S100)",
       "No single event: what answers it is that each promise names its tests (docs/promises.md)"},
      {"mri_during_alarm", "2018",
       "A programmer kept patients' data in clear and ran code from a changed card (S43, S44)",
       "No dose is played: nothing speaks the link yet and there is no programmer (INV-12, INV-13)"},
      {"mri_during_alarm", "2014-2020",
       "The valves of one pump can open in the scanner and empty the reservoir into the patient: it has to "
       "be "
       "emptied before (S18, S103)",
       "A valve that a field opens asks no program. Fluid that left without a step is told by the fill "
       "sensor "
       "afterwards. Emptying before the scan is the clinic's step, and no scan is planned here yet"},
      {"mri_during_alarm", "2019",
       "A foreign particle stopped motors for good: 5 stalls confirmed among 7317 units (S102)",
       "No pump turns a rotor that is blocked for good: the alarm of the stall, as above, after 48 h that of "
       "nothing given, and replacement"},
      {"hourly_for_daily", "2018-2019",
       "1001 reports to an authority: infection or erosion 15.7 %, stalls 12.4 %, reactions to the drug 11.8 "
       "% "
       "(S104)",
       "Infection and reactions are no event of the pump; stalls are above"},
      {"bridge_forgotten_stronger", "claims",
       "13 of 41 claims were medication errors that ended in death or brain damage, 9 a granuloma seen late "
       "(S106)",
       "Which errors they were is not told; those that are known stand in this table. A granuloma is no "
       "event of "
       "the pump, and no trend of doses is watched yet"},
      {"diversion", "refill checks",
       "Aspirated against expected: look when it is off by more than the accuracy, or by 2 mL; too little is "
       "over-infusion, a leak, a pocket, diversion; too much a stall or a blocked line (S10, S48, S50)",
       "The rule of the pump and of `theca plan residual`; played with too little: over_infusion_aspirated, "
       "old_dose_after_two_empty_months"},
      {"diversion", "refill checks",
       "Filled against sensed: more than 1 mL, or 2 mL in a pump of 40 mL, may be a pocket fill (S49)",
       "The rule of the pump; played: pocket_fill, fill_volume_wrong"},
      {"", "refill checks", "Inject 5 mL and aspirate them back before the rest (S51)",
       "The clinic's step: it finds a pocket before it is filled, and a pump is not asked"},
      {"", "refill checks", "A second person confirms drug, concentration and program (S51)",
       "The clinic's step, until there is a programmer. What the file says is in the vial is what the "
       "planner "
       "believes: a vial of another strength than its label is told by nothing here"},
      {"", "refill checks", "Refill before the alarm, and not by its tone (S41)",
       "The report of every run has the date by which to refill, reckoned with every allotted bolus and the "
       "upper "
       "end of the accuracy"},
      {"", "themes", "Monitoring, granuloma, sedatives beside the pump (S107)",
       "Nothing that a pump senses. It supervises the first hours after each start, with fewer boluses and "
       "louder "
       "alarms"},
  };
  return kRows;
}

}  // namespace theca::verify
