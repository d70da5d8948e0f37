#include "world/play.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "plan/ceilings.hpp"
#include "plan/limits.hpp"
#include "plan/violation_text.hpp"
#include "quantity/exact.hpp"
#include "quantity/text.hpp"
#include "therapy/schedule.hpp"
#include "world/arrival_spread.hpp"
#include "world/device.hpp"
#include "world/intent.hpp"
#include "world/journal_file.hpp"
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
        intent_(scenario.model, drugs_),
        clock_(scenario.time.clock()) {}

  /// The watch looks at every call; the run ends with the first promise that is broken.
  void watch(PromiseWatch& watch) { watch_ = &watch; }

  std::expected<WatchedRun, PlayFailure> run_watched() {
    const auto done = run();
    if (!done) return std::unexpected(done.error());
    if (!violation_) violation_ = watch_->finish(device_);
    return WatchedRun{violation_, device_.now() - Instant{}};
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
      while (visit < scenario_.visits.size() && scenario_.visits[visit].at <= next) {
        if (act(scenario_.visits[visit++])) continue;
        const bool ends = scenario_.refused_order == RefusedOrder::kEndsTheRun && watch_ == nullptr;
        if (ends) return std::unexpected(failure_);
        leave_out();
      }
      while (press < scenario_.presses.size() && scenario_.presses[press].at <= next) {
        // without power, or with a program that hangs, nobody does
        const bool answers = scenario_.presses[press].at >= device_.now() && device_.answers();
        ++press;
        if (answers) {
          press_button(static_cast<std::uint32_t>(press));
        } else {
          result_.marks.push_back({device_.now(), EventCode::kBolusRefused,
                                   fmt::format("Request {}: the pump did not answer.", press), false});
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
  void refused(const CommandFailure& why, const Prescription& p, const Implantation& setup) {
    failure_.refused = true;
    const Violations found = check(p, scenario_.model, setup.path, setup.ceilings, 1);
    for (const Violation& violation : found.all()) {
      failure_.errors.push_back(
          {scenario_.file, scenario_.first.line, "prescription", describe(violation, p, scenario_.model)});
    }
    if (found.empty()) {
      failure_.errors.push_back(
          {scenario_.file, scenario_.first.line, "prescription", row_of(why.refusal).text});
    }
  }

  bool implant() {
    const PathContents path{path_contents(scenario_), scenario_.path.total()};
    if (!tubing_is_the_pumps(scenario_.path, scenario_.tubing_measured, scenario_.first.line)) return false;
    const auto made = composed(scenario_.first, path);
    if (!made) return false;
    Implantation setup;
    setup.path = scenario_.path;
    setup.path_contents = path_contents(scenario_);
    setup.low_alarm = scenario_.low_alarm;
    setup.clock = clock_;
    setup.refill.filled = scenario_.first_volume;
    setup.refill.formulation = scenario_.fluids[scenario_.first_fluid].formulation;
    const ProposedCeilings proposed = proposed_ceilings(made->prescription);
    setup.ceilings = scenario_.ceilings.value_or(proposed.ceilings);
    result_.ceilings = setup.ceilings;
    result_.ceilings_proposed = !scenario_.ceilings;
    const PrescriptionBytes bytes = encode(made->prescription);
    device_.fill(scenario_.first_volume, setup.refill.formulation);
    const CommandResult done = device_.command([&](StoredPump& pump, MotorReading reading, Effects& out) {
      return pump.implant(reading, setup, bytes, out);
    });
    if (!done) {
      refused(done.error(), made->prescription, setup);
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

  /// Visits: a command that the pump refuses is an event of the run; one that makes no sense ends it.
  bool act(const Visit& visit) {
    if (!device_.answers() || worse_pump_refuses()) {
      mark_refused("The pump did not answer.");
      return true;
    }
    if (held_by_telemetry_) device_.jam(held_by_telemetry_ = false);
    const DrugFront& front = device_.pump().front();
    switch (visit.act) {
      case VisitAct::kStop:
        device_.command([](StoredPump& pump, MotorReading r, Effects& out) { return pump.stop(r, out); });
        break;
      case VisitAct::kResume:
        device_.command([](StoredPump& pump, MotorReading r, Effects& out) { return pump.resume(r, out); });
        break;
      case VisitAct::kSetClock:
        clock_.utc_ms_at_zero += visit.clock_shift.raw();
        note_clock(device_.now());
        device_.command([&](StoredPump& pump, MotorReading r, Effects& out) {
          pump.set_clock(r, clock_, out);
          return true;
        });
        break;
      case VisitAct::kPrescribe: {
        const auto made = composed(*visit.order, {front.at_tip(), front.until_reservoir_reaches_tip()});
        if (!made) return false;
        const PrescriptionBytes bytes = encode(made->prescription);
        const CommandResult done = device_.command(
            [&](StoredPump& pump, MotorReading r, Effects& out) { return pump.prescribe(r, bytes, out); });
        if (!done) explain(done.error(), made->prescription);
        break;
      }
      case VisitAct::kAcknowledge:
        device_.command([](StoredPump& pump, MotorReading r, Effects& out) {
          pump.acknowledge_alarms(r, out);
          return true;
        });
        break;
      case VisitAct::kExplant:
        device_.command([](StoredPump& pump, MotorReading r, Effects& out) { return pump.explant(r, out); });
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

  bool revise(const Visit& visit) {
    if (!tubing_is_the_pumps(visit.path, visit.tubing_measured, visit.line)) return false;
    Revision revision{visit.path, {}};
    if (visit.path_fluid) revision.path_contents = scenario_.fluids[*visit.path_fluid].formulation;
    DrugFront after{visit.path.total(), revision.path_contents};
    after.change_reservoir(device_.pump().front().in_reservoir());
    const auto made = composed(*visit.order, {after.at_tip(), after.until_reservoir_reaches_tip()});
    if (!made) return false;
    const PrescriptionBytes bytes = encode(made->prescription);
    const CommandResult done = device_.command(
        [&](StoredPump& pump, MotorReading r, Effects& out) { return pump.revise(r, revision, bytes, out); });
    if (!done) explain(done.error(), made->prescription);
    if (done) device_.replace_path(visit.true_path.total(), revision.path_contents);
    take_sample();
    return true;
  }

  bool refill(const Visit& visit) {
    const Formulation& fluid = scenario_.fluids[visit.fluid].formulation;
    DrugFront after = device_.pump().front();
    after.change_reservoir(fluid);
    std::optional<Prescription> prescription;
    std::optional<PrescriptionBytes> bytes;
    if (visit.order) {
      const auto made = composed(*visit.order, {after.at_tip(), after.until_reservoir_reaches_tip()});
      if (!made) return false;
      prescription = made->prescription;
      bytes = encode(*prescription);
    }
    const auto proposed = proposed_anew(visit, prescription);
    RefillRecord record{visit.volume, visit.left_in, fluid, visit.ceilings};
    if (proposed) record.ceilings = proposed->ceilings;
    const Volume drawn = std::max(Volume{}, device_.true_reservoir() - visit.left_in);
    if (visit.aspirated_told) record.aspirated = visit.aspirated.value_or(drawn);
    const CommandResult done = device_.command([&](StoredPump& pump, MotorReading r, Effects& out) {
      return pump.refill(r, record, bytes ? &*bytes : nullptr, out);
    });
    if (!done) {
      explain(done.error(), prescription, proposed ? *proposed : ProposedCeilings{});
      return true;
    }
    device_.fill(visit.truly.value_or(visit.volume) + visit.left_in, fluid);
    if (record.ceilings) result_.ceilings = *record.ceilings;
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

  /// Puts the rule that a refused prescription broke behind its mark.
  void explain(const CommandFailure& why, const std::optional<Prescription>& prescription,
               const ProposedCeilings& proposed = {}) {
    if (result_.marks.empty()) return;
    if (why.violation && prescription) {
      result_.marks.back().text += " " + describe(*why.violation, *prescription, scenario_.model);
      if (!proposed.held_low.empty()) result_.marks.back().text += " Ceilings: " + held_low(proposed) + ".";
    }
    if (why.malformed) result_.marks.back().text += " " + describe(*why.malformed);
  }

  /// From `at` on the wall clock no longer runs on from the start.
  void note_clock(Instant at) { result_.local_clock.push_back({at, wall().local_ms(at)}); }

  void press_button(std::uint32_t number) {
    request_ = number;
    const BolusAnswer answer = device_.command(
        [&](StoredPump& pump, MotorReading r, Effects& out) { return pump.request_bolus(r, number, out); });
    if (answer.refusal == Refusal::kNone) return;  // the grant is recorded with its event
    BolusRecord record;
    record.at = device_.now();
    record.request = number;
    record.refusal = answer.refusal;
    record.next_possible = answer.next_possible;
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
        return;
      case FaultKind::kBrownOut:
        mark(fmt::format("Fault: the battery's voltage breaks down; power is gone for {}.",
                         to_text(fault.lasts)));
        intent_.advance(device_.now());
        device_.lose_power(fault.lasts, fault.clock_kept, PowerCause::kLowBattery);
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
    if (watch_ != nullptr) {
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
  Intent intent_;
  ClockOffset clock_;
  RunResult result_;
  PlayFailure failure_;
  FlowRate flow_;
  bool dead_ = false;
  std::uint32_t request_ = 0;
  bool held_by_telemetry_ = false;  // a worse pump's motor
  PromiseWatch* watch_ = nullptr;
  std::optional<std::string> violation_;
};

}  // namespace

std::expected<RunResult, PlayFailure> play(const Scenario& scenario, const Library& library,
                                           const Progress& progress, const PlayOptions& options) {
  if (scenario.constant_flow) return play_constant_flow(scenario, library, progress);
  return Player{scenario, library, progress, options}.run();
}

std::expected<WatchedRun, PlayFailure> play_watched(const Scenario& scenario, const Library& library,
                                                    PromiseWatch& watch) {
  const Progress nobody;
  const PlayOptions none;
  Player player{scenario, library, nobody, none};
  player.watch(watch);
  return player.run_watched();
}

}  // namespace theca
