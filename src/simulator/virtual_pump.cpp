#include "simulator/virtual_pump.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "air/card.hpp"
#include "world/run_described.hpp"
#include "world/words.hpp"

namespace theca {
namespace {

/// Time is written down at least so often, of the world's.
constexpr Duration kBeat = minutes(10);
constexpr Duration kSampleEvery = minutes(30);
/// The world never leaps further at once: what is heard meanwhile waits.
constexpr Duration kLongestLeap = hours(6);

class SystemRandom final : public RandomSource {
 public:
  bool fill(std::span<std::uint8_t> room) override {
    link::Sodium::random(room);
    return true;
  }
};

}  // namespace

VirtualPump::VirtualPump(air::Hub hub, const VirtualPumpSetting& setting, const Scenario& scenario,
                         const Library& library, const BodyData& body, Tell tell)
    : setting_(setting),
      scenario_(scenario),
      body_(body),
      tell_(std::move(tell)),
      hub_(std::move(hub)),
      run_(described(scenario, library)),
      last_(std::chrono::steady_clock::now()) {}

std::expected<std::unique_ptr<VirtualPump>, std::string> VirtualPump::start(const VirtualPumpSetting& setting,
                                                                            const Scenario& scenario,
                                                                            const Library& library,
                                                                            const BodyData& body, Tell tell) {
  auto hub = air::Hub::listen(setting.address);
  if (!hub) return std::unexpected(hub.error());
  std::unique_ptr<VirtualPump> made{
      new VirtualPump{std::move(*hub), setting, scenario, library, body, std::move(tell)}};
  TrailRead past;
  if (!setting.state.empty()) {
    auto file = StateFile::open(setting.state, scenario.model.code);
    if (!file) return std::unexpected(file.error());
    made->fresh_ = file->fresh();
    made->file_.emplace(std::move(*file));
    const std::filesystem::path trail = setting.state.string() + ".trail";
    if (!made->fresh_) {
      auto read = Trail::read(trail);
      if (!read) return std::unexpected(read.error());
      past = std::move(*read);
    } else {
      std::error_code none;
      std::filesystem::remove(trail, none);
    }
    auto appended = Trail::append_to(trail);
    if (!appended) return std::unexpected(appended.error());
    made->trail_.emplace(std::move(*appended));
  }
  made->begin(past);
  if (made->fresh_ && !setting.card.empty()) {
    const auto& implant = made->device_->implant();
    const auto written = air::write_card({implant.id(), implant.public_key(), implant.card()}, setting.card);
    if (!written) return std::unexpected(written.error());
  }
  return made;
}

void VirtualPump::begin(const TrailRead& past) {
  DeviceTruth truth{scenario_.true_path, path_contents(scenario_), scenario_.flow_error_ppm,
                    scenario_.sensor_bias, scenario_.battery_error_ppm};
  truth.past = past.acts;
  truth.now = past.now;
  // What the patient got before: from the same acts, for the twin.
  std::vector<DrugCode> drugs = drugs_of(scenario_);
  TrueTip tip{truth.path.total(), truth.path_contents, drugs};
  for (const DeviceAct& act : past.acts) {
    if (act.kind == DeviceAct::Kind::kFilled) tip.change_reservoir(act.fluid);
    if (act.kind == DeviceAct::Kind::kPathReplaced) tip.replace_path(act.volume, act.fluid);
    if (act.kind == DeviceAct::Kind::kMoved) tip.push(act.volume, act.at);
    if (!run_.samples.empty() && act.at < run_.samples.back().at + kSampleEvery) continue;
    Sample s;
    s.at = act.at;
    s.tip_mass = tip.mass();
    s.prescribed_mass.resize(drugs.size());
    run_.samples.push_back(std::move(s));
  }
  device_ =
      std::make_unique<Device>(scenario_.model, truth, std::move(drugs), std::make_shared<SystemRandom>(),
                               file_ ? file_->memory() : std::make_unique<FlashModel>());
  device_->listen([this](const Device& device, const Effects& effects) { follow(device, effects); });
  device_->record([this](const DeviceAct& act) {
    if (trail_) trail_->add(act);
  });
  next_beat_ = device_->now();
  sample();
}

WallClock VirtualPump::wall() const {
  const Pump& pump = device_->pump();
  // Before it is implanted a pump knows no time of day; the world does.
  return {pump.implanted() ? pump.clock() : scenario_.time.clock(), scenario_.time.zone};
}

void VirtualPump::follow(const Device& device, const Effects& effects) {
  for (const Event& event : effects.events()) {
    // What people told the pump they have done they have done.
    if (event.code == EventCode::kRefilled)
      filled_ = {device.pump().front().in_reservoir().number, Volume{event.value}};
    if (event.code == EventCode::kImplanted || event.code == EventCode::kCatheterRevised)
      path_changed_ = true;
    tell_({event.at, wall().local_ms(event.at), words_for(event, run_.fluids, wall()), event});
  }
}

void VirtualPump::carry(const Air& air) {
  if (air.coil) hub_.send_coil(air.coil->bytes());
  if (air.radio) hub_.send_radio(air.radio->bytes());
  const DrugFront& front = device_->pump().front();
  if (std::exchange(path_changed_, false))
    device_->replace_path(device_->pump().path().total(), front.at_tip());
  if (filled_) device_->fill(std::exchange(filled_, std::nullopt)->second, front.in_reservoir());
}

void VirtualPump::sample() {
  Sample s;
  s.at = device_->now();
  s.delivered = device_->nominal_delivered();
  s.truly_delivered = device_->truly_delivered();
  s.tip_mass = device_->tip_mass();
  s.prescribed_mass.resize(s.tip_mass.size());
  run_.samples.push_back(std::move(s));
}

void VirtualPump::pass_time() {
  const auto now = std::chrono::steady_clock::now();
  const double real_ms = std::chrono::duration<double, std::milli>(now - last_).count();
  last_ = now;
  const double passed = rest_ms_ + real_ms * (hub_.near() ? 1 : setting_.speed);
  const auto whole = std::min(static_cast<std::int64_t>(passed), kLongestLeap.raw());
  rest_ms_ = std::min(passed - static_cast<double>(whole), 1'000'000.0);
  device_->run_until(device_->now() + Duration{whole});
  carry(device_->look_at_link());
  if (run_.samples.back().at + kSampleEvery <= device_->now()) sample();
  if (trail_ && device_->now() >= next_beat_) {
    trail_->beat(device_->now());
    next_beat_ = device_->now() + kBeat;
  }
}

void VirtualPump::step(int wait_ms) {
  hub_.serve(wait_ms, {.field =
                           [this](bool there) {
                             pass_time();
                             tell_({device_->now(),
                                    wall().local_ms(device_->now()),
                                    there ? "A coil is held to the skin." : "The coil is taken away.",
                                    {}});
                             carry(device_->coil(there));
                           },
                       .coil =
                           [this](link::Bytes frame) {
                             pass_time();
                             carry(device_->by_coil(frame));
                           },
                       .radio =
                           [this](link::Bytes frame) {
                             pass_time();
                             carry(device_->radio(frame));
                           }});
  pass_time();
}

std::optional<PatientNow> VirtualPump::patient() const {
  RunResult run = run_;
  run.lasts = device_->now() - Instant{};
  const bool anything =
      std::ranges::any_of(run.samples.back().tip_mass, [](Mass mass) { return mass.raw() > 0; });
  if (!anything) return std::nullopt;
  const PatientRun patient = patient_of(run, scenario_.body, body_);
  if (patient.drugs.empty() || patient.times.empty()) return std::nullopt;
  PatientNow now;
  now.drug = run.drugs[patient.drugs[0].drug].name;
  now.fluid_at_pain = patient.drugs[0].at_pain.back();
  const EffectsInPatient& effects = patient.effects;
  now.has_relief = effects.on_pain || effects.on_spasticity;
  if (now.has_relief) now.relief = effects.on_pain ? effects.pain.back() : effects.spasticity.back();
  now.has_ventilation = effects.on_ventilation;
  if (now.has_ventilation) now.ventilation = effects.ventilation.back();
  return now;
}

}  // namespace theca
