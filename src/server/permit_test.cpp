// Who may do what, a second time: written down by hand, person by person, in words. Both must say the same of
// every role, every action, every byte outside the tables, and every way an object can stand to the actor.
#include "server/permit.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace theca::server {
namespace {

using Words = std::set<std::string>;
struct Person {
  const char* role;
  Words anything;     // asks for no patient and no clinic
  Words own_clinic;   // of the own clinic, whosever patient it is
  Words own_patient;  // only in the care team
  Words in_need;      // in the care team, or with broken glass
};

const Words kForAll{"sign in", "read the emergency page", "read the interface"};
const Words kForStaff{"sign in", "own account", "read the emergency page", "read the interface"};

const std::vector<Person> kByHand{
    {"administrator",
     kForStaff,
     {"back up", "manage people", "read the audit", "review broken glass"},
     {},
     {}},
    {"pharmacist",
     kForStaff,
     {"change the drug library", "confirm a syringe", "search"},
     {"read a patient"},
     {}},
    {"not signed in", kForAll, {}, {}, {}},
    {"nurse",
     kForStaff,
     {"break the glass", "confirm a syringe", "enrol a patient", "search"},
     {"add a pump", "change a care team", "draft", "export", "note what is seen",
      "refill with the same fluid", "restart"},
     {"read a patient", "read a pump", "stop or lower"}},
    {"physician",
     kForStaff,
     {"break the glass", "confirm a syringe", "enrol a patient", "search", "sign as the second"},
     {"add a pump", "change a care team", "draft", "export", "note what is seen", "pair a pump",
      "refill with another fluid", "refill with the same fluid", "restart", "send", "sign"},
     {"read a patient", "read a pump", "stop or lower"}},
};

/// What a role's words say of one action.
struct Cell {
  bool known = false, somebody = false, anything = false, clinic = false, patient = false, need = false,
       second = false;
};

Cell cell_of(std::size_t role, const std::string& action) {
  Cell cell;
  for (const Person& person : kByHand) {
    const bool named = person.anything.contains(action) || person.own_clinic.contains(action) ||
                       person.own_patient.contains(action) || person.in_need.contains(action);
    cell.known = cell.known || (named && role < kStaffRoleCount);
    if (role >= kStaffRoleCount || std::string{person.role} != kStaffRoleNames.at(role)) continue;
    cell.somebody = std::string{person.role} != "not signed in";
    cell.anything = person.anything.contains(action);
    cell.clinic = person.own_clinic.contains(action);
    cell.patient = person.own_patient.contains(action);
    cell.need = person.in_need.contains(action);
    cell.second = action == "sign as the second" || action == "confirm a syringe";
  }
  return cell;
}

Verdict by_hand(const Cell& cell, const Actor& actor, const Object& object) {
  if (!cell.known) return Verdict::kNotThisRole;
  if (cell.anything) return Verdict::kYes;
  if (!cell.somebody || actor.clinic <= 0 || actor.person <= 0) return Verdict::kNotSignedIn;
  if (!cell.clinic && !cell.patient && !cell.need) return Verdict::kNotThisRole;
  if (object.clinic != actor.clinic) return Verdict::kNotFound;
  if (cell.second && object.first_signer <= 0) return Verdict::kNotFound;
  if (cell.second && object.first_signer == actor.person) return Verdict::kSamePerson;
  if (cell.clinic || object.in_care_team || (cell.need && object.glass_broken)) return Verdict::kYes;
  return Verdict::kNotInCareTeam;
}

using Permitted = std::function<Verdict(const Actor&, Action, const Object&)>;

std::vector<std::string> differences(const Permitted& permitted, std::size_t most) {
  constexpr std::array<std::int64_t, 3> kSigners{0, 7, 8};
  std::vector<std::string> out;
  for (std::size_t role = 0; role < 256; ++role) {
    for (std::size_t action = 0; action < 256; ++action) {
      const std::string name =
          action < kActionCount ? permit_table::kTable.at(action).name : std::to_string(action);
      const Cell cell = cell_of(role, name);
      for (std::size_t way = 0; way < 2 * 2 * 3 * 2 * 2 * kSigners.size(); ++way) {
        std::size_t rest = way;
        const auto pick = [&](std::size_t choices) {
          const std::size_t one = rest % choices;
          rest /= choices;
          return one;
        };
        const auto number = [&](std::size_t choices) { return static_cast<std::int64_t>(pick(choices)); };
        const Actor actor{static_cast<StaffRole>(role), number(2), 7 * number(2)};
        const Object object{number(3), pick(2) != 0, pick(2) != 0, kSigners.at(pick(kSigners.size()))};
        const Verdict hand = by_hand(cell, actor, object);
        const Verdict table = permitted(actor, static_cast<Action>(action), object);
        if (table == hand) continue;
        out.push_back((role < kStaffRoleCount ? kStaffRoleNames.at(role) : std::to_string(role)) +
                      " of clinic " + std::to_string(actor.clinic) + ", " + name + ", object of clinic " +
                      std::to_string(object.clinic) + (object.in_care_team ? ", in the care team" : "") +
                      (object.glass_broken ? ", glass broken" : "") + ", signed by " +
                      std::to_string(object.first_signer) + ": the table says " +
                      std::to_string(static_cast<int>(table)) + ", by hand " +
                      std::to_string(static_cast<int>(hand)));
        if (out.size() == most) return out;
      }
    }
  }
  return out;
}

TEST(Permit, the_table_and_the_hand_say_the_same_of_everything) {
  for (const std::string& difference : differences(permit, 20)) ADD_FAILURE() << difference;
}

TEST(Permit, every_word_by_hand_is_an_action) {
  Words names;
  for (const PermitRow& row : permit_table::kTable) names.insert(row.name);
  EXPECT_EQ(names.size(), kActionCount) << "two actions of one name";
  for (const Person& person : kByHand) {
    for (const Words* words : {&person.anything, &person.own_clinic, &person.own_patient, &person.in_need}) {
      for (const std::string& word : *words) EXPECT_TRUE(names.contains(word)) << word;
    }
  }
}

struct Twin {
  const char* lacks;
  Permitted permitted;
};

TEST(PermitBrokenTwin, each_missing_guard_is_seen) {
  const std::vector<Twin> twins{
      {"the clinic",
       [](const Actor& a, Action x, Object o) {
         o.clinic = a.clinic;
         return permit(a, x, o);
       }},
      {"the care team",
       [](const Actor& a, Action x, Object o) {
         o.in_care_team = true;
         return permit(a, x, o);
       }},
      {"the glass's limits",
       [](const Actor& a, Action x, Object o) {
         o.in_care_team = o.in_care_team || o.glass_broken;
         return permit(a, x, o);
       }},
      {"the second person",
       [](const Actor& a, Action x, const Object& o) {
         const Verdict verdict = permit(a, x, o);
         return verdict == Verdict::kSamePerson ? Verdict::kYes : verdict;
       }},
      {"the nurse's limits",
       [](Actor a, Action x, const Object& o) {
         if (a.role == StaffRole::kNurse && x == Action::kSign) a.role = StaffRole::kPhysician;
         return permit(a, x, o);
       }},
      {"the sign-in",
       [](Actor a, Action x, const Object& o) {
         if (a.role == StaffRole::kNone && x == Action::kSearch) a = {StaffRole::kNurse, 1, 7};
         return permit(a, x, o);
       }},
  };
  for (const Twin& twin : twins) EXPECT_FALSE(differences(twin.permitted, 1).empty()) << twin.lacks;
}

}  // namespace
}  // namespace theca::server
