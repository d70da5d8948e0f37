#include "world/play.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "plan/ceilings.hpp"
#include "plan/limits.hpp"
#include "plan/violation_text.hpp"
#include "quantity/exact.hpp"
#include "quantity/text.hpp"
#include "therapy/schedule.hpp"
#include "world/arrival_spread.hpp"
#include "world/attacker.hpp"
#include "world/device.hpp"
#include "world/intent.hpp"
#include "world/journal_file.hpp"
#include "world/people.hpp"
#include "world/play_constant_flow.hpp"
#include "world/promise_watch.hpp"
#include "world/run_described.hpp"
#include "world/words.hpp"

namespace theca {
namespace {

class Player {
 public:
  Player(const Scenario& scenario, const Library& library, const Progress& progress,
         const PlayOptions& options)
      : scenario_(scenario),
        options_(options),
        library_(library),
        progress_(progress),
        drugs_(drugs_of(scenario)),
        device_(scenario.model,
                {scenario.true_path, path_contents(scenario), scenario.flow_error_ppm, scenario.sensor_bias,
                 scenario.battery_error_ppm},
                drugs_, std::make_shared<SeededRandom>(scenario.seed)),
        people_(device_, scenario.seed, scenario.time.clock().utc_ms_at_zero),
        intent_(scenario.model, drugs_),
        clock_(scenario.time.clock()) {}

  /// The watch looks at every call; the run ends with the first promise that is broken.
  void watch(PromiseWatch& watch, const AttackKinds* attack) {
    watch_ = &watch;
    people_.watched_by(watch.link());
    watch.link().keep_secret(secret_of_implant());
    if (attack == nullptr) return;
    attacker_.emplace(scenario_.seed, device_, watch.link(), *attack);
    attacker_->intruder([this] { people_.acknowledge(Person::kSecondPhysician); });
    people_.on_air(*attacker_);
  }

  std::expected<WatchedRun, PlayFailure> run_watched() {
    const auto done = run();
    if (!done) return std::unexpected(done.error());
    if (!violation_) violation_ = watch_->finish(device_);
    return WatchedRun{violation_, device_.now() - Instant{}, device_.steps(), motor_};
  }

  std::expected<RunResult, PlayFailure> run() {
    result_ = described(scenario_, library_);
    const Instant change = wall().change();
    device_.listen([this](const Device& device, const Effects& effects) { follow(device, effects); });
    if (!implant()) return std::unexpected(failure_);
    const Instant end = Instant{} + scenario_.time.lasts;
    Instant sample = Instant{} + scenario_.sample_every;
    std::size_t visit = 0, press = 0, fault = 0;
    while (device_.now() < end && !violation_) {
      Instant next = std::min(end, sample);
      if (visit < scenario_.visits.size()) next = std::min(next, scenario_.visits[visit].at);
      if (press < scenario_.presses.size()) next = std::min(next, scenario_.presses[press].at);
      if (fault < scenario_.faults.size()) next = std::min(next, scenario_.faults[fault].at);
      if (attacker_) next = std::min(next, attacker_->next_strike());
      const bool changes = change > device_.now() && change <= next;
      device_.run_until(next);
      if (changes) note_clock(change);
      if (device_.died() != kNever && !dead_) {
        dead_ = true;
        result_.marks.push_back({device_.died(), EventCode::kAlarmRaised,
                                 "The battery is exhausted: the pump has stopped for good."});
      }
      while (fault < scenario_.faults.size() && scenario_.faults[fault].at <= next) {
        break_something(scenario_.faults[fault++]);
      }
      if (attacker_ && attacker_->next_strike() <= next) struck();
      while (visit < scenario_.visits.size() && scenario_.visits[visit].at <= next) {
        if (visited(scenario_.visits[visit++])) continue;
        const bool ends = scenario_.refused_order == RefusedOrder::kEndsTheRun && watch_ == nullptr;
        if (ends) return std::unexpected(failure_);
        leave_out();
      }
      while (press < scenario_.presses.size() && scenario_.presses[press].at <= next) {
        // without power, or with a program that hangs, nobody does
        const bool answers = scenario_.presses[press].at >= dark_until_ && device_.answers();
        ++press;
        if (answers) {
          press_button(static_cast<std::uint32_t>(press));
        } else {
          not_answered(static_cast<std::uint32_t>(press));
        }
      }
      if (next >= sample) {
        device_.look();
        take_sample();
        while (sample <= device_.now()) sample = sample + scenario_.sample_every;
        if (progress_) progress_(static_cast<double>(next.raw()) / static_cast<double>(end.raw()));
      }
    }
    device_.look();
    take_sample();
    finish();
    return std::move(result_);
  }

 private:
  [[nodiscard]] WallClock wall() const { return {clock_, scenario_.time.zone}; }

  /// The visit whose order was not made does not take place.
  void leave_out() {
    std::string why;
    for (const DataError& error : failure_.errors) {
      const std::string said = fmt::format("{}: {}", error.key, error.message);
      why += (why.empty() ? "" : " ") + said;
    }
    failure_ = {};
    result_.left_out.push_back({device_.now(), why});
    mark_refused("The order is not made, and the visit left out: " + why);
  }

  void mark_refused(std::string text) {
    result_.marks.push_back({device_.now(), EventCode::kCommandRefused, std::move(text), false});
  }

  /// The tubing is a constant of the pump; one typed otherwise moves the prime's end by as much.
  bool tubing_is_the_pumps(const FluidPath& path, bool measured, std::uint32_t line) {
    const Volume known = scenario_.model.tubing;
    if (measured || path.tubing == known || !options_.hold_against_library) return true;
    failure_.refused = true;
    failure_.errors.push_back(
        {scenario_.file, line, "catheter.tubing",
         fmt::format("{} is not this pump's {}; leave it out, or write tubing_measured = true",
                     to_text(path.tubing), to_text(known))});
    return false;
  }

  std::optional<Composed> composed(const ScenarioOrder& order, const PathContents& path) {
    auto made = compose(order.order, scenario_.model, path);
    if (made) {
      if (!within_limits(order, made->prescription)) return std::nullopt;
      for (const std::string& rounding : made->roundings) result_.notes.push_back(rounding);
      result_.prescriptions.push_back(
          sentence(made->prescription, order.order.drug, scenario_.fluids[order.fluid].contents));
      return *made;
    }
    for (const OrderError& error : made.error()) {
      failure_.errors.push_back({scenario_.file, order.line, "prescription." + error.key, error.message});
    }
    return std::nullopt;
  }

  /// Holds an order against the drug library: a hard limit ends the run, everything else is noted.
  bool within_limits(const ScenarioOrder& order, const Prescription& p) {
    if (!options_.hold_against_library) return true;
    const Prescription& running = device_.pump().prescription();
    LimitQuestion question{.library = library_, .model = scenario_.model, .scope = {}};
    const bool another = running.number > 0;
    if (another) question.previous = &running;
    const Formulation at_tip = device_.pump().front().at_tip();
    if (another) question.bridged = &at_tip;
    bool ok = true;
    for (const Finding& finding : check_limits(p, question)) {
      if (finding.severity == Severity::kHard) {
        failure_.refused = true;
        failure_.errors.push_back({scenario_.file, order.line, "prescription", finding.message});
        ok = false;
      } else if (finding.severity == Severity::kSoft) {
        result_.notes.push_back(fmt::format("prescription {}: {}", p.number, finding.message));
      }
    }
    return ok;
  }

  /// The first prescription is checked in full: every broken rule is told.
  void refused(const Told& told, const Wanted& wanted) {
    failure_.refused = true;
    const Prescription& p = wanted.prescription;
    const Violations found = check(p, scenario_.model, wanted.path, wanted.ceilings, 1);
    for (const Violation& violation : found.all()) {
      failure_.errors.push_back(
          {scenario_.file, scenario_.first.line, "prescription", describe(violation, p, scenario_.model)});
    }
    if (found.empty()) {
      failure_.errors.push_back({scenario_.file, scenario_.first.line, "prescription", reason(told)});
    }
  }

  /// Why it was not done, in words.
  [[nodiscard]] std::string reason(const Told& told) const {
    if (!told.outcome) return "The pump did not answer.";
    const Refusal refusal = refusal_of(*told.outcome, device_.implant().state());
    return refusal == Refusal::kNone ? row_of(told.outcome->answer).text : row_of(refusal).text;
  }

  bool implant() {
    const PathContents path{path_contents(scenario_), scenario_.path.total()};
    if (!tubing_is_the_pumps(scenario_.path, scenario_.tubing_measured, scenario_.first.line)) return false;
    const auto made = composed(scenario_.first, path);
    if (!made) return false;
    Wanted wanted{link::OrderKind::kImplant, made->prescription, {}, scenario_.low_alarm};
    wanted.path = scenario_.path;
    wanted.path_contents = path_contents(scenario_);
    wanted.bedside.filled = scenario_.first_volume;
    wanted.utc_ms = clock_.utc_ms_at_zero + device_.now().raw();
    const ProposedCeilings proposed = proposed_ceilings(made->prescription);
    wanted.ceilings = scenario_.ceilings.value_or(proposed.ceilings);
    result_.ceilings = wanted.ceilings;
    result_.ceilings_proposed = !scenario_.ceilings;
    device_.fill(scenario_.first_volume, scenario_.fluids[scenario_.first_fluid].formulation);
    const Told told = people_.pair() ? people_.order(wanted) : Told{};
    if (!told.done()) {
      refused(told, wanted);
      if (!scenario_.ceilings && !proposed.held_low.empty())
        failure_.errors.push_back({scenario_.file, scenario_.first.line, "ceilings", held_low(proposed)});
      return false;
    }
    take_sample();
    return true;
  }

  static std::string held_low(const ProposedCeilings& proposed) {
    return fmt::format(
        "proposed, as none were given, and no higher than {}, the highest daily dose in the library; for a "
        "patient who needs more give [ceilings]",
        proposed.held_low);
  }

  [[nodiscard]] ProposedCeilings proposed_ceilings(const Prescription& p) const {
    return propose_ceilings(p, scenario_.model, options_.hold_against_library ? &library_ : nullptr);
  }

  /// It is the implant's own, from the same numbers.
  [[nodiscard]] link::Key secret_of_implant() const {
    SeededRandom again{scenario_.seed};
    link::Key secret{};
    for (std::size_t at = 0; at < secret.size(); at += CheckedRandom::kBlock)
      again.fill(std::span{secret}.subspan(at, CheckedRandom::kBlock));
    if (link::Sodium::public_of(secret) != device_.implant().public_key())
      throw std::logic_error("this is not how an implant comes to its secret");
    return secret;
  }

  /// A stranger near or far; then somebody may come and look.
  void struck() {
    if (!attacker_->strike() || !device_.answers()) return;
    attacker_->visit_begins();
    people_.look_in();
    attacker_->visit_ends();
  }

  bool visited(const Visit& visit) {
    if (attacker_) attacker_->visit_begins();
    const bool done = act(visit);
    if (attacker_) attacker_->visit_ends();
    return done;
  }

  /// Visits: a command that the pump refuses is an event of the run; one that makes no sense ends it.
  bool act(const Visit& visit) {
    if (!device_.answers() || worse_pump_refuses()) {
      mark_refused("The pump did not answer.");
      return true;
    }
    if (held_by_telemetry_) device_.jam(held_by_telemetry_ = false);
    refusal_told_ = false;
    switch (visit.act) {
      case VisitAct::kStop:
        explain(people_.stop());
        break;
      case VisitAct::kResume:
        explain(people_.resume());
        break;
      case VisitAct::kSetClock:
        clock_.utc_ms_at_zero += visit.clock_shift.raw();
        note_clock(device_.now());
        explain(people_.set_clock(clock_.utc_ms_at_zero + device_.now().raw()));
        break;
      case VisitAct::kPrescribe:
        return prescribe(visit);
      case VisitAct::kAcknowledge:
        explain(people_.acknowledge());
        break;
      case VisitAct::kExplant:
        explain(people_.explant());
        break;
      case VisitAct::kRevise:
        return revise(visit);
      case VisitAct::kRefill:
        return refill(visit);
    }
    take_sample();
    return true;
  }

  [[nodiscard]] bool worse_pump_refuses() const {
    const AlarmSet& alarms = device_.pump().status().alarms;
    return options_.worse == WorsePump::kMemoryErrorBlocksCommands &&
           (alarms.has(Alarm::kMemoryRepaired) || alarms.has(Alarm::kMemoryFault) ||
            alarms.has(Alarm::kSelfTestFailed));
  }

  bool prescribe(const Visit& visit) {
    const DrugFront& front = device_.pump().front();
    const auto made = composed(*visit.order, {front.at_tip(), front.until_reservoir_reaches_tip()});
    if (!made) return false;
    const Wanted wanted{link::OrderKind::kPrescribe, made->prescription, result_.ceilings,
                        scenario_.low_alarm};
    explain(people_.order(wanted), &wanted.prescription);
    take_sample();
    return true;
  }

  bool revise(const Visit& visit) {
    if (!tubing_is_the_pumps(visit.path, visit.tubing_measured, visit.line)) return false;
    Formulation contents;
    if (visit.path_fluid) contents = scenario_.fluids[*visit.path_fluid].formulation;
    DrugFront after{visit.path.total(), contents};
    after.change_reservoir(device_.pump().front().in_reservoir());
    const auto made = composed(*visit.order, {after.at_tip(), after.until_reservoir_reaches_tip()});
    if (!made) return false;
    Wanted wanted{link::OrderKind::kRevise, made->prescription, result_.ceilings, scenario_.low_alarm};
    wanted.path = visit.path;
    wanted.path_contents = contents;
    catheter_ = Work{visit.true_path.total(), contents};
    explain(people_.order(wanted), &wanted.prescription);
    catheter_.reset();
    take_sample();
    return true;
  }

  bool refill(const Visit& visit) {
    const Formulation& fluid = scenario_.fluids[visit.fluid].formulation;
    DrugFront after = device_.pump().front();
    after.change_reservoir(fluid);
    std::optional<Prescription> prescription;
    if (visit.order) {
      const auto made = composed(*visit.order, {after.at_tip(), after.until_reservoir_reaches_tip()});
      if (!made) return false;
      prescription = made->prescription;
    }
    const auto proposed = proposed_anew(visit, prescription);
    const Ceilings ceilings = proposed ? proposed->ceilings : visit.ceilings.value_or(result_.ceilings);
    link::Bedside bedside;
    bedside.filled = visit.volume;
    bedside.left_in = visit.left_in;
    bedside.aspirated_told = visit.aspirated_told;
    const Volume drawn = std::max(Volume{}, device_.true_reservoir() - visit.left_in);
    if (visit.aspirated_told) bedside.aspirated = visit.aspirated.value_or(drawn);
    needle_ = Work{visit.truly.value_or(visit.volume) + visit.left_in, fluid};
    Told told;
    if (prescription) {
      Wanted wanted{link::OrderKind::kRefill, *prescription, ceilings, scenario_.low_alarm};
      wanted.bedside = bedside;
      told = people_.order(wanted);
      explain(told, &*prescription, proposed ? *proposed : ProposedCeilings{});
    } else {
      told = people_.refill(fluid.number, bedside);
      explain(told);
    }
    needle_.reset();
    if (!told.done()) return true;
    if (prescription) result_.ceilings = ceilings;
    take_sample();
    return true;
  }

  /// Proposed ceilings are proposed anew when the fluid changes, since they are volumes.
  [[nodiscard]] std::optional<ProposedCeilings> proposed_anew(
      const Visit& visit, const std::optional<Prescription>& prescription) const {
    if (visit.ceilings || scenario_.ceilings || !prescription) return std::nullopt;
    if (prescription->formulation == device_.pump().prescription().formulation) return std::nullopt;
    return proposed_ceilings(*prescription);
  }

  /// What was not done is told as an event of the run, once: the link says no to some things before the pump
  /// is asked. The rule that a refused prescription broke stands behind it.
  void explain(const Told& told, const Prescription* prescription = nullptr,
               const ProposedCeilings& proposed = {}) {
    if (told.done()) return;
    if (!told.outcome) return mark_refused("The pump did not answer.");
    const link::Outcome& outcome = *told.outcome;
    const Refusal refusal = refusal_of(outcome, device_.implant().state());
    if (refusal == Refusal::kNone) return mark_refused("Refused: " + reason(told));
    const bool breaks_rule = outcome.rule > 0 && prescription != nullptr;
    if (!refusal_told_) {
      Event event{device_.now(), EventCode::kCommandRefused, static_cast<std::uint8_t>(refusal), 0, 0};
      if (breaks_rule) {
        event.value = prescription->number;
        event.value2 = outcome.rule - 1;
      }
      refused_by_link(event);
    }
    if (!breaks_rule || result_.marks.empty()) return;
    const Violation violation{static_cast<Rule>(outcome.rule - 1), outcome.index, outcome.value,
                              outcome.limit};
    result_.marks.back().text += " " + describe(violation, *prescription, scenario_.model);
    if (!proposed.held_low.empty()) result_.marks.back().text += " Ceilings: " + held_low(proposed) + ".";
  }

  void refused_by_link(const Event& event) {
    if (watch_ != nullptr) return watch_->refused(static_cast<Refusal>(event.detail));
    record(event);
  }

  /// From `at` on the wall clock no longer runs on from the start.
  void note_clock(Instant at) { result_.local_clock.push_back({at, wall().local_ms(at)}); }

  void not_answered(std::uint32_t press) {
    result_.marks.push_back({device_.now(), EventCode::kBolusRefused,
                             fmt::format("Request {}: the pump did not answer.", press), false});
  }

  void press_button(std::uint32_t number) {
    request_ = number;
    refusal_told_ = false;
    if (attacker_) attacker_->visit_begins();
    const Told told = people_.ask_for_dose();
    if (attacker_) attacker_->visit_ends();
    if (told.done()) return;  // the grant is recorded with its event
    if (!told.outcome) return not_answered(number);
    BolusRecord record;
    record.at = device_.now();
    record.request = number;
    record.refusal = refusal_of(*told.outcome, device_.implant().state());
    record.next_possible = told.outcome->next_possible;
    if (!refusal_told_) {
      refused_by_link({device_.now(), EventCode::kBolusRefused, static_cast<std::uint8_t>(record.refusal),
                       number, record.next_possible.raw()});
    }
    record.mass_given.resize(drugs_.size());
    result_.boluses.push_back(record);
  }

  void break_something(const ScenarioFault& fault) {
    const auto mark = [&](std::string text) {
      result_.marks.push_back({device_.now(), EventCode::kAlarmRaised, std::move(text), false});
    };
    switch (fault.kind) {
      case FaultKind::kPowerLoss:
        mark(fmt::format("Fault: power is gone for {}; the board's clock {}.", to_text(fault.lasts),
                         fault.clock_kept ? "goes on" : "is lost"));
        intent_.advance(device_.now());
        device_.lose_power(fault.lasts, fault.clock_kept);
        dark_until_ = device_.now();
        return;
      case FaultKind::kBrownOut:
        mark(fmt::format("Fault: the battery's voltage breaks down; power is gone for {}.",
                         to_text(fault.lasts)));
        intent_.advance(device_.now());
        device_.lose_power(fault.lasts, fault.clock_kept, PowerCause::kLowBattery);
        dark_until_ = device_.now();
        return;
      case FaultKind::kSelfTest:
        mark("Fault: the board starts again and finds one of its memories bad.");
        device_.lose_power(Duration{}, true, PowerCause::kUnknown, 1);
        return;
      case FaultKind::kHang:
        mark("Fault: the pump's program hangs.");
        return device_.hang();
      case FaultKind::kClockLeap:
        mark(fmt::format("Fault: the board's clock leaps {} by {}.", fault.shift.raw() < 0 ? "back" : "ahead",
                         to_text(Duration{std::abs(fault.shift.raw())})));
        return device_.leap(fault.shift);
      case FaultKind::kFlowError:
        mark(fmt::format("Fault: from now on each step carries {} of its volume.",
                         percent_text(1'000'000 + fault.flow_error_ppm)));
        return device_.set_flow_error(fault.flow_error_ppm);
      case FaultKind::kDrawnOff:
        mark(fmt::format("{} are drawn off the reservoir.", to_text(fault.volume)));
        return device_.draw_off(fault.volume);
      case FaultKind::kSensorBias:
        mark("Fault: the fill sensor reads wrong.");
        return device_.set_sensor_bias(fault.volume);
      case FaultKind::kJammed:
        mark("The air is jammed: telemetry opens and hangs.");
        held_by_telemetry_ =
            options_.worse == WorsePump::kTelemetryHoldsMotor && device_.pump().status().alarms.any();
        if (held_by_telemetry_) device_.jam(true);
        device_.telemetry(Telemetry::kOpened);
        return device_.telemetry(Telemetry::kJammed);
      case FaultKind::kJamEnds:
        mark("The air is free again.");
        return device_.telemetry(Telemetry::kClosed);
      case FaultKind::kLostSteps:
        mark(fmt::format("Fault: the motor does not make the next {} steps.", fault.count));
        return device_.slip(fault.count);
      case FaultKind::kDoubledSteps:
        mark(fmt::format("Fault: the motor makes the next {} steps twice.", fault.count));
        return device_.double_steps(fault.count);
      case FaultKind::kStall:
        mark("Fault: the rotor is stuck.");
        return device_.jam(true);
      case FaultKind::kStallEnds:
        mark("The rotor is free again.");
        return device_.jam(false);
      case FaultKind::kMri:
        mark("The patient is in the scanner: its field holds the rotor.");
        return device_.magnetic_field(true);
      case FaultKind::kMriEnds:
        mark("The patient has left the scanner.");
        device_.magnetic_field(false);
        return device_.jam(held_by_telemetry_);
      case FaultKind::kExtraSteps:
        mark(fmt::format("Fault: the motor makes {} steps that nobody ordered.", fault.count));
        return device_.run_wild(fault.count);
      case FaultKind::kBitRot:
        mark(fmt::format("Fault: {} bits of the memory turn.", fault.count));
        return device_.rot(fault.count, scenario_.seed);
      case FaultKind::kStuckPage:
        mark(fmt::format("Fault: page {} of the memory takes nothing more.", fault.count));
        return device_.stick(static_cast<std::uint32_t>(fault.count));
    }
  }

  void follow(const Device& device, const Effects& effects) {
    tell_of(device, effects);
    for (const Event& event : effects.events()) {
      refusal_told_ =
          refusal_told_ || event.code == EventCode::kCommandRefused || event.code == EventCode::kBolusRefused;
      if (event.code == EventCode::kRefilled && needle_) device_.fill(needle_->volume, needle_->fluid);
      if (event.code == EventCode::kCatheterRevised && catheter_)
        device_.replace_path(catheter_->volume, catheter_->fluid);
    }
  }

  void tell_of(const Device& device, const Effects& effects) {
    if (watch_ != nullptr) {
      if (effects.motor != MotorOrder::kNone) {
        for (const std::int64_t part : {device.now().raw(), static_cast<std::int64_t>(effects.motor),
                                        effects.train.start.raw(), effects.train.count})
          motor_ = (motor_ ^ static_cast<std::uint64_t>(part)) * 0x1'0000'01B3U;  // FNV-1a
      }
      if (!violation_) violation_ = watch_->look(device, effects);
      return;
    }
    intent_.advance(device.now());
    const FlowRate flow = device.pump().status().flow;
    if (effects.events().empty() && flow == flow_) return;
    for (const Event& event : effects.events()) {
      intent_.follow(event, device.pump().prescription(), clock_, device.pump().front().at_tip());
      record(event);
    }
    const bool changed = flow != flow_;
    flow_ = flow;
    if (changed) take_sample();
  }

  void record(const Event& event) {
    result_.events.push_back(event);
    result_.marks.push_back({event.at, event.code, words_for(event, result_.fluids, wall())});
    switch (event.code) {
      case EventCode::kAlarmRaised:
        result_.alarms.push_back({static_cast<Alarm>(event.detail), event.at, std::nullopt});
        break;
      case EventCode::kAlarmCleared:
        for (AlarmRecord& alarm : result_.alarms) {
          if (alarm.alarm == static_cast<Alarm>(event.detail) && !alarm.cleared) alarm.cleared = event.at;
        }
        break;
      case EventCode::kFrontAtTip: {
        FrontArrival arrival;
        arrival.fluid = static_cast<std::uint32_t>(event.value);
        arrival.fluid_before = static_cast<std::uint32_t>(event.value2);
        arrival.reckoned = event.at;
        result_.fronts.push_back(arrival);
        break;
      }
      case EventCode::kBolusGranted: {
        BolusRecord bolus;
        bolus.at = event.at;
        bolus.kind = static_cast<BolusKind>(event.detail);
        bolus.request = bolus.kind == BolusKind::kPatient ? request_ : 0;
        bolus.prescribed = Volume{event.value};
        bolus.takes = Duration{event.value2};
        bolus.mass_given.resize(drugs_.size());
        result_.boluses.push_back(bolus);
        break;
      }
      case EventCode::kBolusCompleted:
      case EventCode::kBolusCut:
        end_bolus(event);
        break;
      default:
        break;
    }
  }

  void end_bolus(const Event& event) {
    for (auto bolus = result_.boluses.rbegin(); bolus != result_.boluses.rend(); ++bolus) {
      if (bolus->refusal != Refusal::kNone) continue;
      bolus->given = Volume{event.value};
      bolus->ended = event.at;
      bolus->cut = event.code == EventCode::kBolusCut;
      const Pump& pump = device_.pump();
      const bool bridging = pump.mode() == Mode::kBridge || pump.mode() == Mode::kPatientBolus;
      const Formulation& fluid =
          bridging && pump.prescription().bridge.volume.raw() > 0 &&
                  pump.front().at_tip().number == pump.prescription().bridge.from_formulation
              ? pump.front().at_tip()
              : pump.prescription().formulation;
      for (std::size_t i = 0; i < drugs_.size(); ++i) {
        bolus->mass_given[i] = mass_in(bolus->given, concentration_of(fluid, drugs_[i]));
      }
      return;
    }
  }

  void take_sample() {
    if (watch_ != nullptr) return;
    intent_.advance(device_.now());
    const Status status = device_.pump().status();
    Sample s;
    s.at = device_.now();
    s.prescribed = intent_.prescribed().floor();
    s.delivered = device_.nominal_delivered();
    s.truly_delivered = device_.truly_delivered();
    s.flow = status.flow;
    s.reservoir_nominal = status.reservoir_nominal;
    s.reservoir_earliest = status.reservoir_earliest;
    s.reservoir_true = device_.true_reservoir();
    s.fluid_in_reservoir = status.formulation_in_reservoir;
    s.fluid_at_tip = status.formulation_at_tip;
    s.fluid_truly_at_tip = device_.true_front().at_tip().number;
    s.flow_error_ppm = device_.flow_error_ppm();
    s.prescribed_mass = intent_.mass();
    s.tip_mass = device_.tip_mass();
    const bool quiet = !status.alarms.any() && result_.alarms.empty();
    if (quiet) {
      const double lag = static_cast<double>((s.prescribed - s.delivered).raw()) /
                         static_cast<double>(scenario_.model.step.raw());
      result_.largest_lag_steps = std::max(result_.largest_lag_steps, lag);
    }
    result_.samples.push_back(std::move(s));
  }

  void finish() {
    const Pump& pump = device_.pump();
    if (pump.battery().reckoned()) {
      const auto mah = [](Charge charge) { return static_cast<double>(charge.raw()) / 3.6e9; };
      result_.charge_left_mah = mah(pump.battery().model().capacity);
      for (std::size_t i = 0; i < kChargeCauses; ++i) {
        result_.charge_mah.push_back(mah(pump.charge_used(static_cast<ChargeCause>(i))));
        result_.charge_left_mah = std::max(0.0, result_.charge_left_mah - result_.charge_mah.back());
      }
    }
    result_.journal = journal_jsonl(device_.stored().journal());
    const Status status = device_.pump().status();
    result_.steps_commanded = status.steps_commanded;
    result_.steps_reported = device_.steps();
    result_.steps_missed = status.steps_missed;
    result_.largest_deviation_steps = status.largest_deviation_steps;
    std::vector<TipChange> open = device_.tip_changes();
    for (FrontArrival& arrival : result_.fronts) {
      const auto match = std::find_if(open.begin(), open.end(),
                                      [&](const TipChange& c) { return c.fluid == arrival.fluid; });
      if (match == open.end()) continue;
      arrival.truly = match->at;
      open.erase(match);
    }
    for (const TipChange& change : open) {
      FrontArrival arrival;
      arrival.fluid = change.fluid;
      arrival.fluid_before = change.before;
      arrival.truly = change.at;
      result_.fronts.push_back(arrival);
    }
    for (FrontArrival& arrival : result_.fronts) spread(arrival, result_.samples, scenario_);
    refill_date(status);
  }

  /// Local date and time, cut to the minute.
  [[nodiscard]] std::string minute_text(Instant t) const {
    return local_datetime_text(floor_divide(wall().local_ms(t), 60'000) * 60'000);
  }

  /// Earliest reservoir at the low alarm if every allotted bolus is taken from now on.
  void refill_date(const Status& status) {
    for (const AlarmRecord& alarm : result_.alarms) {
      if (alarm.alarm != Alarm::kLowReservoir || alarm.cleared) continue;
      result_.refill_by = minute_text(alarm.raised);
      result_.refill_reason = "the low alarm stands since then: the refill is overdue";
      return;
    }
    const Prescription& p = device_.pump().prescription();
    const Volume worst = worst_case_volume(p, scenario_.model.minimum_rate, days(30));
    const Volume left = status.reservoir_earliest - scenario_.low_alarm;
    if (worst.raw() == 0) {
      result_.refill_reason = "nothing flows";
      return;
    }
    const std::int64_t per_30_days = worst.raw() * (1'000'000 + scenario_.model.accuracy_ppm) / 1'000'000;
    const auto ms = multiply_divide(left.raw(), days(30).raw(), per_30_days, Round::kDown);
    if (!ms) return;
    result_.refill_by = minute_text(device_.now() + Duration{*ms});
    result_.refill_reason =
        "every allotted bolus taken, at the upper end of the labelled accuracy, down to the low alarm";
  }

  const Scenario& scenario_;
  const PlayOptions& options_;
  const Library& library_;
  const Progress& progress_;
  std::vector<DrugCode> drugs_;
  Device device_;
  People people_;
  Intent intent_;
  ClockOffset clock_;
  RunResult result_;
  PlayFailure failure_;
  FlowRate flow_;
  bool dead_ = false;
  std::uint32_t request_ = 0;
  bool refusal_told_ = false;  // by the pump itself, since a person began
  /// What a person does with the hands, the moment the pump takes it.
  struct Work {
    Volume volume;  // that the reservoir holds then; of the path
    Formulation fluid;
  };
  std::optional<Work> needle_, catheter_;
  bool held_by_telemetry_ = false;  // a worse pump's motor
  PromiseWatch* watch_ = nullptr;
  std::optional<Attacker> attacker_;
  std::uint64_t motor_ = 0xCBF2'9CE4'8422'2325U;
  Instant dark_until_;  // power was gone until then
  std::optional<std::string> violation_;
};

}  // namespace

std::expected<RunResult, PlayFailure> play(const Scenario& scenario, const Library& library,
                                           const Progress& progress, const PlayOptions& options) {
  if (scenario.constant_flow) return play_constant_flow(scenario, library, progress);
  return Player{scenario, library, progress, options}.run();
}

std::expected<WatchedRun, PlayFailure> play_watched(const Scenario& scenario, const Library& library,
                                                    PromiseWatch& watch, const AttackKinds* attack) {
  const Progress nobody;
  const PlayOptions none;
  Player player{scenario, library, nobody, none};
  player.watch(watch, attack);
  return player.run_watched();
}

}  // namespace theca
