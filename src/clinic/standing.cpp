#include "clinic/standing.hpp"

#include <fmt/format.h>

#include <array>
#include <vector>

namespace theca::records {
namespace {

struct Place {
  const char* table;
  const char* patient;  // the column
};
constexpr std::array<Place, 6> kPlaces{{{"patients", "id"},
                                        {"pumps", "patient"},
                                        {"readings", "patient"},
                                        {"drafts", "patient"},
                                        {"sends", "patient"},
                                        {"refills", "patient"}}};

}  // namespace

Recorded<Standing> standing(Database& database, const Actor& actor, PatientsThing what, std::int64_t id,
                            std::int64_t now_ms) {
  const Place place = kPlaces.at(static_cast<std::size_t>(what));
  Standing found;
  const auto looked = database.look([&](soci::session& sql) {
    std::int64_t patient = 0, member = 0;
    sql << fmt::format("SELECT {} FROM {} WHERE id = :id AND clinic = :clinic", place.patient, place.table),
        soci::into(patient), soci::use(id), soci::use(actor.clinic.value);
    found = Standing{
        .exists = sql.got_data(), .patient = {patient}, .in_care_team = false, .glass_broken = false};
    if (!found.exists) return;
    sql << "SELECT COUNT(*) FROM care_teams WHERE patient = :patient AND person = :person AND clinic = "
           ":clinic",
        soci::into(member), soci::use(patient), soci::use(actor.person.value), soci::use(actor.clinic.value);
    found.in_care_team = member > 0;
    std::int64_t broken = 0;
    sql << "SELECT COUNT(*) FROM glass WHERE person = :person AND patient = :patient AND clinic = :clinic "
           "AND "
           "until_ms > :now",
        soci::into(broken), soci::use(actor.person.value), soci::use(patient), soci::use(actor.clinic.value),
        soci::use(now_ms);
    found.glass_broken = broken > 0;
  });
  if (!looked) return std::unexpected(looked.error());
  return found;
}

Recorded<std::set<PatientId>> in_care_of(Database& database, const Actor& actor,
                                         std::span<const PatientId> patients) {
  std::set<PatientId> found;
  if (patients.empty()) return found;
  std::vector<std::int64_t> ids;
  for (const PatientId one : patients) ids.push_back(one.value);
  const auto looked = database.look([&](soci::session& sql) {
    std::int64_t patient = 0;
    soci::statement query =
        (sql.prepare << fmt::format("SELECT patient FROM care_teams WHERE person = :person AND "
                                    "clinic = :clinic AND patient IN ({})",
                                    fmt::join(ids, ", ")),
         soci::into(patient), soci::use(actor.person.value), soci::use(actor.clinic.value));
    for (query.execute(); query.fetch();) found.insert(PatientId{patient});
  });
  if (!looked) return std::unexpected(looked.error());
  return found;
}

}  // namespace theca::records
