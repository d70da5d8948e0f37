#include "clinic/staff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "clinic/encoding.hpp"

namespace theca::records {
namespace {

constexpr std::size_t kLongestName = 200, kLongestKey = 2'048;
constexpr std::array<const char*, 4> kRoleWords{"physician", "nurse", "pharmacist", "administrator"};

StaffRole role_of(const std::string& word) {
  const auto found = std::ranges::find(kRoleWords, word);
  return found == kRoleWords.end() ? StaffRole::kNurse : static_cast<StaffRole>(found - kRoleWords.begin());
}

Recorded<void> check_name(const std::string& what, const std::string& name) {
  if (!name.empty() && name.size() <= kLongestName && plain_text(name, false)) return {};
  return failed(RecordFault::kInvalid,
                fmt::format("{} is 1 to {} bytes of plain text in one line; this one has {}", what,
                            kLongestName, name.size()));
}

bool is_base64(const std::string& text) {
  return !text.empty() && text.size() <= kLongestKey && from_base64(text).has_value();
}

void insert_person(Work& work, PersonId id, StaffRole role, const std::string& name) {
  const std::string word = word_of(role);
  work.sql << "INSERT INTO people (id, clinic, role, name, created_ms) "
              "VALUES (:id, :clinic, :role, :name, :created_ms)",
      soci::use(id.value), soci::use(work.actor.clinic.value), soci::use(word), soci::use(name),
      soci::use(work.now_ms);
}

Recorded<Passkey> passkey_of(Work& work, const std::string& credential) {
  Passkey passkey{credential, work.actor, StaffRole::kNurse, {}, 0};
  std::string role;
  work.sql << "SELECT k.public_key, k.counter, p.role FROM passkeys k JOIN people p ON p.id = k.person "
              "WHERE k.credential = :credential AND k.person = :person AND k.clinic = :clinic",
      soci::into(passkey.public_key), soci::into(passkey.counter), soci::into(role), soci::use(credential),
      soci::use(work.actor.person.value), soci::use(work.actor.clinic.value);
  if (!work.sql.got_data())
    return failed(RecordFault::kMissing, "no such passkey of this person; enrol it again");
  passkey.role = role_of(role);
  return passkey;
}

}  // namespace

const char* word_of(StaffRole role) { return kRoleWords.at(static_cast<std::size_t>(role)); }

Recorded<Actor> found_clinic(Database& database, const std::string& clinic,
                             const std::string& administrator) {
  if (const auto fit = check_name("a clinic's name", clinic); !fit) return std::unexpected(fit.error());
  if (const auto fit = check_name("a person's name", administrator); !fit)
    return std::unexpected(fit.error());
  const auto key = make_clinic_key(database.opening().keys);
  if (!key) return std::unexpected(key.error());
  const Actor founder{{new_id()}, {new_id()}};
  const auto done = database.found(
      founder, *key, {"found clinic", "clinics", founder.clinic.value}, [&](Work& work) -> Recorded<void> {
        work.sql
            << "INSERT INTO clinics (id, name, key_id, created_ms) VALUES (:id, :name, :key_id, :created_ms)",
            soci::use(founder.clinic.value), soci::use(clinic), soci::use(*key), soci::use(work.now_ms);
        insert_person(work, founder.person, StaffRole::kAdministrator, administrator);
        return {};
      });
  if (!done) return std::unexpected(done.error());
  return founder;
}

Recorded<PersonId> add_person(Database& database, const Actor& actor, const RequestId& request,
                              StaffRole role, const std::string& name) {
  const auto id = database.change(actor, request, {"add person", "people"}, joined({word_of(role), name}),
                                  [&](Work& work) -> Recorded<std::int64_t> {
                                    if (const auto fit = check_name("a person's name", name); !fit)
                                      return std::unexpected(fit.error());
                                    const PersonId person{new_id()};
                                    insert_person(work, person, role, name);
                                    return person.value;
                                  });
  if (!id) return std::unexpected(id.error());
  return PersonId{*id};
}

Recorded<void> let_go(Database& database, const Actor& actor, const RequestId& request, PersonId person) {
  const auto done = database.change(
      actor, request, {"let go", "people", person.value}, std::to_string(person.value),
      [&](Work& work) -> Recorded<std::int64_t> {
        soci::statement update =
            (work.sql.prepare << "UPDATE people SET left_ms = :left_ms "
                                 "WHERE id = :id AND clinic = :clinic AND left_ms IS NULL",
             soci::use(work.now_ms), soci::use(person.value), soci::use(actor.clinic.value));
        update.execute(true);
        if (update.get_affected_rows() != 1)
          return failed(RecordFault::kMissing, fmt::format("person {} does not work here", person.value));
        return person.value;
      });
  if (!done) return std::unexpected(done.error());
  return {};
}

Recorded<std::vector<Staff>> staff(Database& database, const Actor& actor) {
  return database.act<std::vector<Staff>>(
      actor, {"list people", "people"}, [&](Work& work) -> Recorded<std::vector<Staff>> {
        std::vector<Staff> all;
        Staff one;
        std::string role;
        std::int64_t left_ms = 0;
        soci::indicator has_left = soci::i_null;
        soci::statement query = (work.sql.prepare << "SELECT id, role, name, left_ms FROM people "
                                                     "WHERE clinic = :clinic ORDER BY name, id",
                                 soci::into(one.id.value), soci::into(role), soci::into(one.name),
                                 soci::into(left_ms, has_left), soci::use(actor.clinic.value));
        for (query.execute(); query.fetch();) {
          one.role = role_of(role);
          one.left_ms = has_left == soci::i_ok ? std::optional{left_ms} : std::nullopt;
          all.push_back(one);
        }
        return all;
      });
}

Recorded<void> add_passkey(Database& database, const Actor& actor, const RequestId& request,
                           const Passkey& passkey) {
  const auto done = database.change(
      actor, request, {"add passkey", "passkeys", passkey.owner.person.value},
      joined({passkey.credential, passkey.public_key, std::to_string(passkey.owner.person.value)}),
      [&](Work& work) -> Recorded<std::int64_t> {
        if (!is_base64(passkey.credential) || !is_base64(passkey.public_key) || passkey.counter < 0)
          return failed(
              RecordFault::kInvalid,
              fmt::format("a passkey's id and key are base64url of 1 to {} characters", kLongestKey));
        std::int64_t there = 0;
        work.sql << "SELECT COUNT(*) FROM people WHERE id = :id AND clinic = :clinic AND left_ms IS NULL",
            soci::into(there), soci::use(passkey.owner.person.value), soci::use(actor.clinic.value);
        if (there != 1)
          return failed(RecordFault::kMissing,
                        fmt::format("person {} does not work here", passkey.owner.person.value));
        work.sql << "SELECT COUNT(*) FROM passkeys WHERE credential = :credential", soci::into(there),
            soci::use(passkey.credential);
        if (there != 0)
          return failed(RecordFault::kConflict, "this passkey is enrolled already; use another one");
        work.sql << "INSERT INTO passkeys (credential, clinic, person, public_key, counter, created_ms) "
                    "VALUES (:credential, :clinic, :person, :public_key, :counter, :created_ms)",
            soci::use(passkey.credential), soci::use(actor.clinic.value),
            soci::use(passkey.owner.person.value), soci::use(passkey.public_key), soci::use(passkey.counter),
            soci::use(work.now_ms);
        return passkey.owner.person.value;
      });
  if (!done) return std::unexpected(done.error());
  return {};
}

Recorded<Passkey> find_passkey(Database& database, const std::string& credential) {
  std::optional<Actor> owner;
  const auto looked = database.look([&](soci::session& sql) {
    Actor found;
    sql << "SELECT clinic, person FROM passkeys WHERE credential = :credential",
        soci::into(found.clinic.value), soci::into(found.person.value), soci::use(credential);
    if (sql.got_data()) owner = found;
  });
  if (!looked) return std::unexpected(looked.error());
  if (!owner) return failed(RecordFault::kMissing, "nobody has enrolled this passkey");
  return database.act<Passkey>(*owner, {"show passkey", "passkeys", owner->person.value},
                               [&](Work& work) { return passkey_of(work, credential); });
}

Recorded<void> use_passkey(Database& database, const Actor& owner, const std::string& credential,
                           std::int64_t counter) {
  const auto done = database.act<bool>(
      owner, {"sign in", "passkeys", owner.person.value}, [&](Work& work) -> Recorded<bool> {
        const auto kept = passkey_of(work, credential);
        if (!kept) return std::unexpected(kept.error());
        if (counter <= kept->counter && !(counter == 0 && kept->counter == 0))
          return failed(
              RecordFault::kConflict,
              fmt::format("the passkey counts {} and was at {} already: it may have been copied; enrol a "
                          "new one",
                          counter, kept->counter));
        work.sql
            << "UPDATE passkeys SET counter = :counter WHERE credential = :credential AND clinic = :clinic",
            soci::use(counter), soci::use(credential), soci::use(owner.clinic.value);
        return true;
      });
  if (!done) return std::unexpected(done.error());
  return {};
}

Recorded<std::vector<Passkey>> passkeys(Database& database, const Actor& actor, PersonId person) {
  return database.act<std::vector<Passkey>>(
      actor, {"list passkeys", "passkeys", person.value}, [&](Work& work) -> Recorded<std::vector<Passkey>> {
        std::vector<Passkey> all;
        Passkey one;
        one.owner = {actor.clinic, person};
        std::string role;
        soci::statement query =
            (work.sql.prepare
                 << "SELECT k.credential, k.public_key, k.counter, p.role FROM passkeys k "
                    "JOIN people p ON p.id = k.person "
                    "WHERE k.person = :person AND k.clinic = :clinic ORDER BY k.created_ms, k.credential",
             soci::into(one.credential), soci::into(one.public_key), soci::into(one.counter),
             soci::into(role), soci::use(person.value), soci::use(actor.clinic.value));
        for (query.execute(); query.fetch();) {
          one.role = role_of(role);
          all.push_back(one);
        }
        return all;
      });
}

}  // namespace theca::records
