#include "pump/self_check.hpp"

#include <array>

#include "pump/checksum.hpp"
#include "pump/dose_gate.hpp"
#include "pump/sha256.hpp"
#include "quantity/exact.hpp"

namespace theca {
namespace {

/// The operands are not known to the compiler: the machine reckons, not the translation.
template <class T>
T at_run_time(T value) {
  volatile T hidden = value;
  return hidden;
}

/// 6 mg/day of 20 mg/mL is 0.3 mL/day, 30 steps of 10 nL in 86.4 s; 28.8 mL/day over ten years fits.
bool arithmetic() {
  const Amount ten_years = Amount::over(FlowRate{at_run_time<std::int64_t>(28'800'000)}, days(3'652));
  const Amount day = Amount::over(FlowRate{at_run_time<std::int64_t>(300'000)}, days(1));
  return ten_years.floor().raw() == 105'177'600'000 && day.floor().raw() == 300'000 &&
         divide_up(at_run_time<std::int64_t>(300'001), 10) == 30'001 &&
         floor_divide(at_run_time<std::int64_t>(-1), 10) == -1;
}

/// RFC 3720, B.4: 32 bytes of zero, of one.
bool checksum() {
  Crc32c zeros, ones;
  for (int i = 0; i < 4; ++i) {
    zeros.add(at_run_time<std::uint64_t>(0));
    ones.add(at_run_time(~std::uint64_t{0}));
  }
  return zeros.value() == 0x8A91'36AA && ones.value() == 0x62A8'AB43;
}

/// FIPS 180-4: "abc".
bool digest() {
  const std::array<std::uint8_t, 3> abc{'a', 'b', at_run_time<std::uint8_t>('c')};
  Sha256 sum;
  sum.add(abc);
  const Digest found = sum.finish();
  return found[0] == 0xBA && found[1] == 0x78 && found[2] == 0x16 && found[31] == 0xAD;
}

/// A gate that lets ten steps an hour through lets ten of twenty through, and cries.
bool gate() {
  PumpModel model;
  model.step = nanolitres(10);
  model.max_flow = microlitres_per_day(24'000);
  DoseGate gate{model};
  const Volume ten = nanolitres(at_run_time<std::int64_t>(100));
  gate.set_ceilings({ten, ten, ten});
  const std::int64_t units = model.step.raw() * Amount::kUnitsPerNanolitre;
  const Train train{Instant{1}, 20, 48'000, units, 0};
  const DoseGate::Verdict verdict = gate.admit(train, TrainPurpose::kTherapy);
  return verdict.allowed == 10 && verdict.limit == Alarm::kHourCeiling;
}

constexpr std::array<SelfCheck, 4> kChecks{{{SelfTestPart::kArithmetic, arithmetic},
                                            {SelfTestPart::kChecksum, checksum},
                                            {SelfTestPart::kDigest, digest},
                                            {SelfTestPart::kGate, gate}}};

}  // namespace

std::uint8_t failed_parts(std::span<const SelfCheck> checks) {
  std::uint8_t failed = 0;
  for (const SelfCheck& check : checks) {
    if (!check.holds()) failed = static_cast<std::uint8_t>(failed | 1U << static_cast<unsigned>(check.part));
  }
  return failed;
}

std::span<const SelfCheck> self_checks() { return kChecks; }

}  // namespace theca
