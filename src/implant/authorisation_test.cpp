// Who may do what, a second time: written down by hand from the roles of docs/link.md, class of operation by
// class of operation, in codes and letters, without a look at the first table. Both must say the same of
// every role, every byte that can come, every state and every condition.
#include "implant/authorisation.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace theca {
namespace {

// A cell names the states in which it may be done, a letter each, as they stand in kDeviceStateNames:
//   U unpaired  H on the shelf  D delivering  S stopped  F safe state  M motor off  E explanted
// and behind them what must hold besides. An empty cell: never.
constexpr std::string_view kLetters = "UHDSFME";
constexpr std::string_view kIfPrescribed = " if prescribed", kOwnPause = " own pause";

struct Class {
  const char* name;
  std::vector<int> codes;
  std::string_view physician, nurse, patient, emergency, service, card_holder;
};

const std::vector<Class> kClasses{
    // operations                      codes             physician  nurse     patient  emerg. service  card
    {"to show who one is", {0x01}, "HDSFME", "HDSFME", "HDSFME", "", "HDSFME", "U"},
    {"read status and alarms", {0x02}, "HDSFME", "HDSFME", "", "", "HDSFME", "U"},
    {"read the own subset", {0x03, 0x08}, "", "", "HDSFME", "", "", ""},
    {"read the log and the order", {0x04, 0x05}, "HDSFME", "HDSFME", "", "", "", ""},
    {"by coil: status page", {0x06}, "", "", "", "UHDSFME", "", ""},
    {"by coil: less drug", {0x29}, "", "", "", "DSFM", "", ""},
    {"propose, commit", {0x10, 0x11, 0x12, 0x13, 0x14}, "HDSF", "", "", "", "", ""},
    {"refill of the same fluid", {0x22}, "DSF", "DSF", "", "", "", ""},
    {"patient bolus", {0x23}, "", "", "DSFM", "", "", ""},
    {"pause", {0x20}, "DSF", "DSF", "DF if prescribed", "", "", ""},
    // Less drug, and basal goes on: nobody in the patient's room is asked for leave.
    {"end a bolus", {0x2A}, "DSFM", "DSFM", "DSFM", "", "", ""},
    {"resume", {0x21}, "S", "S", "S own pause", "", "", ""},
    {"time of day", {0x24}, "DSFM", "", "", "", "", ""},
    {"alarms were seen", {0x25}, "DSFM", "DSFM", "", "", "", ""},
    {"the clinic holds the log", {0x26}, "HDSFME", "HDSFME", "", "", "", ""},
    {"out of the patient", {0x27}, "DSFM", "", "", "", "", ""},
    {"forget the patient", {0x28}, "E", "", "", "", "", ""},
    {"keys: first pairing", {0x30}, "", "", "", "", "", "U"},
    {"keys: a patient's programmer", {0x31}, "HDSFME", "", "", "", "", ""},
    // It carries the clinic's own signature: who brings it does not matter.
    {"keys: a higher epoch", {0x32}, "HDSFME", "HDSFME", "HDSFME", "", "HDSFME", ""},
    {"keys: a new secret of the clinic's", {0x33}, "HDSFME", "", "", "", "", ""},
    {"keys: a promise to another clinic", {0x34}, "HDSFME", "", "", "", "", ""},
    // The clinic's or the patient's word against it.
    {"keys: no to that promise", {0x35}, "HDSFME", "", "HDSFME", "", "", ""},
    // By coil, without a key of this link: two of the registry's three have signed it.
    {"keys: a promise by the registry", {0x36}, "", "", "", "HDSFME", "", ""},
    {"firmware: how far it is", {0x07}, "HDSFME", "HDSFME", "", "", "HDSFME", ""},
    {"firmware update: a physician says so", {0x40}, "HDSF", "", "", "", "", ""},
    // Service only brings what a physician has just authorised: update_test.cpp.
    {"firmware update: bring and try", {0x41, 0x42, 0x43}, "HDSF", "", "", "", "HDSF", ""},
};

std::string_view cell_of(const Class& of, Role role) {
  switch (role) {
    case Role::kPhysician:
      return of.physician;
    case Role::kNurse:
      return of.nurse;
    case Role::kPatient:
      return of.patient;
    case Role::kEmergency:
      return of.emergency;
    case Role::kService:
      return of.service;
    case Role::kCardHolder:
      return of.card_holder;
  }
  return "";
}

Verdict by_hand(Role role, int code, DeviceState state, const Standing& standing) {
  for (const Class& one : kClasses) {
    for (const int has : one.codes) {
      if (has != code) continue;
      const std::string_view cell = cell_of(one, role);
      const std::string_view states = cell.substr(0, cell.find(' '));
      if (states.empty()) return Verdict::kNotThisRole;
      if (cell.ends_with(kIfPrescribed) && !standing.patient_may_pause) return Verdict::kNotThisRole;
      if (!states.contains(kLetters[static_cast<std::size_t>(state)])) return Verdict::kNotInThisState;
      if (cell.ends_with(kOwnPause) && standing.stopped_by != role) return Verdict::kNotThisRole;
      return Verdict::kYes;
    }
  }
  return Verdict::kUnknown;
}

using Permitted = std::function<Verdict(Role, Opcode, DeviceState, const Standing&)>;

std::vector<std::string> differences(const Permitted& permitted) {
  std::vector<std::string> out;
  std::vector<std::optional<Role>> stoppers{std::nullopt};
  for (const RoleRow& row : kRoles) stoppers.emplace_back(row.role);
  for (const RoleRow& role : kRoles) {
    for (int code = 0; code < 256; ++code) {
      for (std::size_t s = 0; s < kDeviceStateCount; ++s) {
        for (const bool may_pause : {false, true}) {
          for (const auto& stopper : stoppers) {
            const auto state = static_cast<DeviceState>(s);
            const Standing standing{may_pause, stopper};
            const Verdict table = permitted(role.role, static_cast<Opcode>(code), state, standing);
            const Verdict hand = by_hand(role.role, code, state, standing);
            if (table == hand) continue;
            out.push_back(std::string{role.name} + ", code " + std::to_string(code) + ", " +
                          kDeviceStateNames[s] + (may_pause ? ", patient may pause" : "") +
                          (stopper ? std::string{", stopped by "} + row_of(*stopper).name : "") +
                          ": the table says " + std::to_string(static_cast<int>(table)) + ", by hand " +
                          std::to_string(static_cast<int>(hand)));
          }
        }
      }
    }
  }
  return out;
}

TEST(Authorisation, INV_10_says_of_every_cell_what_was_written_by_hand) {
  for (const std::string& one : differences(permit)) ADD_FAILURE() << one;
}

TEST(Authorisation, INV_10_every_operation_stands_in_one_class_of_the_hand_written_table) {
  std::vector<int> seen(256);
  for (const Class& one : kClasses) {
    for (const int code : one.codes) ++seen[static_cast<std::size_t>(code)];
  }
  for (int code = 0; code < 256; ++code) {
    EXPECT_EQ(seen[static_cast<std::size_t>(code)], place_of(static_cast<Opcode>(code)) ? 1 : 0)
        << "code " << code;
  }
}

TEST(Authorisation, INV_10_a_code_that_is_none_is_refused_to_everybody_always) {
  for (const RoleRow& role : kRoles) {
    for (int code = 0; code < 256; ++code) {
      if (place_of(static_cast<Opcode>(code))) continue;
      for (std::size_t s = 0; s < kDeviceStateCount; ++s) {
        EXPECT_EQ(
            permit(role.role, static_cast<Opcode>(code), static_cast<DeviceState>(s), {true, role.role}),
            Verdict::kUnknown);
      }
    }
  }
}

/// The table is made while compiling; what makes its sets is asked here while the program runs.
TEST(Authorisation, INV_10_a_set_of_states_holds_those_that_it_was_made_of) {
  const auto state = [](std::size_t i) { return static_cast<DeviceState>(i); };
  for (std::size_t a = 0; a < kDeviceStateCount; ++a) {
    for (std::size_t b = 0; b < kDeviceStateCount; ++b) {
      const States one = in(state(a)), two = in(state(a), state(b));
      for (std::size_t s = 0; s < kDeviceStateCount; ++s) {
        EXPECT_EQ(one.has(state(s)), s == a);
        EXPECT_EQ(two.has(state(s)), s == a || s == b);
        EXPECT_FALSE(in().has(state(s)));
      }
    }
  }
}

// What the comparison is worth: each of these is one wrong cell, and each is found.
TEST(Authorisation, INV_10_the_comparison_finds_one_wrong_cell) {
  const auto twin = [](Role role, Opcode opcode, DeviceState state, Verdict says) {
    return [=](Role r, Opcode o, DeviceState s, const Standing& standing) {
      return r == role && o == opcode && s == state ? says : permit(r, o, s, standing);
    };
  };
  constexpr std::size_t kConditions = 2 * (1 + kRoleCount);
  EXPECT_EQ(differences(permit).size(), 0U);
  EXPECT_EQ(differences(twin(Role::kNurse, Opcode::kCommit, DeviceState::kStopped, Verdict::kYes)).size(),
            kConditions);
  EXPECT_EQ(
      differences(twin(Role::kService, static_cast<Opcode>(0xFE), DeviceState::kShelf, Verdict::kYes)).size(),
      kConditions);
  // A patient goes on with a stop of somebody else: all but his own, with and without leave to pause.
  EXPECT_EQ(differences(twin(Role::kPatient, Opcode::kResume, DeviceState::kStopped, Verdict::kYes)).size(),
            kConditions - 2);
  EXPECT_EQ(differences(twin(Role::kPatient, Opcode::kStop, DeviceState::kDelivering, Verdict::kYes)).size(),
            kConditions / 2);
}

}  // namespace
}  // namespace theca
