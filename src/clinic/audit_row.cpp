#include "clinic/audit_row.hpp"

#include <fmt/format.h>

#include "clinic/encoding.hpp"

namespace theca::records {
namespace {

std::string text_of(const std::optional<std::int64_t>& number) {
  return number ? std::to_string(*number) : std::string{};
}

}  // namespace

std::string hashed_text(const AuditRow& row) {
  return fmt::format(
      "theca audit 1\nsequence={}\nat_ms={}\nclinic={}\nperson={}\naction={}\nobject={}\nobject_id={}\n"
      "patient={}\noutcome={}\ndetail={}\nprevious={}\n",
      row.sequence, row.at_ms, row.clinic, row.person, row.action, row.object, text_of(row.object_id),
      text_of(row.patient), row.outcome, row.detail, row.previous);
}

std::string hash_of(const AuditRow& row) { return sha256_hex(hashed_text(row)); }

void AuditRowInto::bind(soci::statement& statement) {
  std::size_t next = 0;
  for (std::int64_t* number : {&sequence_, &at_ms_, &clinic_, &person_})
    statement.exchange(soci::into(*number, has_[next++]));
  for (std::string* text : {&action_, &object_}) statement.exchange(soci::into(*text, has_[next++]));
  for (std::int64_t* number : {&object_id_, &patient_}) statement.exchange(soci::into(*number, has_[next++]));
  for (std::string* text : {&outcome_, &detail_, &previous_, &hash_})
    statement.exchange(soci::into(*text, has_[next++]));
}

AuditRow AuditRowInto::row() const {
  const auto has = [&](std::size_t column) { return has_[column] != soci::i_null; };
  const auto number = [&](std::size_t column, std::int64_t value) { return has(column) ? value : 0; };
  const auto text = [&](std::size_t column, const std::string& value) { return has(column) ? value : ""; };
  AuditRow row;
  row.sequence = number(0, sequence_);
  row.at_ms = number(1, at_ms_);
  row.clinic = number(2, clinic_);
  row.person = number(3, person_);
  row.action = text(4, action_);
  row.object = text(5, object_);
  if (has(6)) row.object_id = object_id_;
  if (has(7)) row.patient = patient_;
  row.outcome = text(8, outcome_);
  row.detail = text(9, detail_);
  row.previous = text(10, previous_);
  row.hash = text(11, hash_);
  return row;
}

void insert(soci::session& sql, const AuditRow& row) {
  const std::int64_t object_id = row.object_id.value_or(0), patient = row.patient.value_or(0);
  soci::indicator has_object = row.object_id ? soci::i_ok : soci::i_null;
  soci::indicator has_patient = row.patient ? soci::i_ok : soci::i_null;
  sql << "INSERT INTO audit (" << kAuditColumns
      << ") VALUES (:sequence, :at_ms, :clinic, :person, :action, :object, :object_id, :patient, :outcome, "
         ":detail, :previous, :hash)",
      soci::use(row.sequence), soci::use(row.at_ms), soci::use(row.clinic), soci::use(row.person),
      soci::use(row.action), soci::use(row.object), soci::use(object_id, has_object),
      soci::use(patient, has_patient), soci::use(row.outcome), soci::use(row.detail), soci::use(row.previous),
      soci::use(row.hash);
}

std::optional<AuditRow> last_row(soci::session& sql) {
  soci::statement statement{sql};
  AuditRowInto into;
  into.bind(statement);
  statement.alloc();
  statement.prepare(std::string{"SELECT "} + kAuditColumns + " FROM audit ORDER BY sequence DESC LIMIT 1");
  statement.define_and_bind();
  if (!statement.execute(true)) return std::nullopt;
  return into.row();
}

}  // namespace theca::records
