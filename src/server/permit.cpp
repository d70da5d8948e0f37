#include "server/permit.hpp"

namespace theca::server {

Verdict permit(const Actor& actor, Action action, const Object& object) {
  if (static_cast<std::size_t>(action) >= kActionCount) return Verdict::kNotThisRole;
  if (static_cast<std::size_t>(actor.role) >= kStaffRoleCount) return Verdict::kNotThisRole;
  const Reach reach = permit_table::reach(action, actor.role);
  if (reach == Reach::kAnybody) return Verdict::kYes;
  if (actor.role == StaffRole::kNone || actor.clinic <= 0 || actor.person <= 0) return Verdict::kNotSignedIn;
  if (reach == Reach::kNever) return Verdict::kNotThisRole;
  // What another clinic has does not exist here.
  if (object.clinic != actor.clinic) return Verdict::kNotFound;
  const bool team = object.in_care_team, broken = object.glass_broken;
  if (reach == Reach::kCareTeam && !team) return Verdict::kNotInCareTeam;
  if (reach == Reach::kCareOrBroken && !team && !broken) return Verdict::kNotInCareTeam;
  if (action == Action::kSecondSign || action == Action::kConfirmSyringe) {
    if (object.first_signer <= 0) return Verdict::kNotFound;
    if (object.first_signer == actor.person) return Verdict::kSamePerson;
  }
  return Verdict::kYes;
}

}  // namespace theca::server
