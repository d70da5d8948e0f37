#pragma once
/// The red team: published attacks on pumps and implants, played against a real implant's process over its
/// sockets. Each has a control: the same attack against an implant of which one defence was taken away, which
/// must come out broken, or the attack would see nothing. docs/red-team.md

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace theca::verify {

class Arena;

/// What an attack saw.
struct Sight {
  bool broken = false;
  std::int64_t attempted = 0;  // frames, sessions or orders
  std::string happened = {};
};

struct Attack {
  std::string_view id;                    // "RT-02"
  std::string_view title;                 // "replay"
  std::string_view source;                // the published case
  std::string_view tried;                 // what was tried
  std::string_view without;               // the defence that its control lacks, one of controls.json
  Sight (*play)(Arena& arena) = nullptr;  // none: pending
  std::string_view pending{};             // on what
};
std::span<const Attack> attacks();

enum class AttackOutcome { kHeld, kBroken, kPending };
std::string_view name_of(AttackOutcome outcome);

struct AttackResult {
  const Attack* attack = nullptr;
  Sight sight;
  AttackOutcome outcome = AttackOutcome::kPending;
  std::optional<Sight> control;  // what came of it with the defence taken away
  std::string trouble;           // why it could not be played
};

/// Programs that are attacked: `theca`, and one that lacks what THECA_WITHOUT names. No `weak`: no control.
struct RedTeam {
  std::filesystem::path program, weak, scenarios, data;
  bool controls = false;
};
AttackResult play(const Attack& attack, const RedTeam& team);

}  // namespace theca::verify
