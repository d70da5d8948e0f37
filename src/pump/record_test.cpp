#include "pump/record.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

#include "pump/flash_model.hpp"

namespace theca {
namespace {

constexpr std::uint32_t kFirst = word_of_page(2) + 17;  // records begin anywhere
constexpr std::uint32_t kRoom = 700;

struct Field {
  std::uint64_t value = 0;
  unsigned bytes = 8;
};
struct Record {
  RecordId id{};
  std::vector<Field> fields;
};

std::uint64_t low(std::uint64_t value, unsigned bytes) {
  return bytes == 8 ? value : value & ((std::uint64_t{1} << (8 * bytes)) - 1);
}
std::uint32_t words_of(const Record& record) {
  std::uint32_t bytes = 0;
  for (const Field& field : record.fields) bytes += field.bytes;
  return (bytes + 7) / 8;
}

rc::Gen<std::uint64_t> any_word() {
  return rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::uint64_t>());
}
std::vector<Field> any_fields(std::size_t most) {
  std::vector<Field> fields;
  const auto count = *rc::gen::inRange<std::size_t>(0, most + 1);
  for (std::size_t i = 0; i < count; ++i) fields.push_back({*any_word(), *rc::gen::inRange(1U, 9U)});
  return fields;
}
/// All of them or some, in their order; the last of them always.
std::vector<Record> any_records(std::size_t most_fields) {
  std::vector<Record> records;
  for (std::uint8_t id = 0; id < kRecordCount; ++id) {
    if (id + 1U == kRecordCount || *rc::gen::inRange(0, 4) > 0)
      records.push_back({RecordId{id}, any_fields(most_fields)});
  }
  return records;
}

bool write(FlashModel& flash, const std::vector<Record>& records, std::uint32_t room = kRoom) {
  RecordWriter writer{flash, kFirst, room};
  for (const Record& record : records) {
    writer.begin(record.id);
    for (const Field& field : record.fields) writer.put(field.value, field.bytes);
    writer.end();
  }
  return writer.ok();
}

RecordPlaces found(const FlashModel& flash) { return find_records(flash, kFirst, kRoom); }
bool same(const std::optional<RecordPlace>& a, const std::optional<RecordPlace>& b) {
  return a.has_value() == b.has_value() && (!a || (a->first == b->first && a->words == b->words));
}

// ---- what is put is what is read ------------------------------------------------------------------------

RC_GTEST_PROP(Record, what_is_put_is_what_is_read, ()) {
  FlashModel flash;
  const auto records = any_records(40);
  RC_ASSERT(write(flash, records));
  RC_ASSERT(flash.broken_rules() == 0);
  const auto places = found(flash);
  std::size_t count = 0;
  for (const auto& place : places) count += place ? 1U : 0U;
  RC_ASSERT(count == records.size());
  for (const Record& record : records) {
    const auto place = places[static_cast<std::size_t>(record.id)];
    RC_ASSERT(place.has_value());
    RC_ASSERT(place->words == words_of(record));
    RecordReader reader{flash, *place};
    for (const Field& field : record.fields)
      RC_ASSERT(reader.get(field.bytes) == low(field.value, field.bytes));
    RC_ASSERT(reader.finished());
  }
}

RC_GTEST_PROP(Record, a_reader_that_reads_more_or_less_has_not_finished, ()) {
  FlashModel flash;
  Record record{RecordId::kLimits, any_fields(20)};
  record.fields.push_back({*any_word(), 8});
  RC_ASSERT(write(flash, {record}));
  const auto place = found(flash)[1];
  RC_ASSERT(place.has_value());
  RecordReader less{flash, *place};
  for (std::size_t i = 0; i + 1 < record.fields.size(); ++i) less.get(record.fields[i].bytes);
  RC_ASSERT(less.ok());
  RC_ASSERT(!less.finished());
  RecordReader more{flash, *place};
  for (std::uint32_t i = 0; i <= place->words; ++i) more.get(8);
  RC_ASSERT(!more.ok());
  RC_ASSERT(!more.finished());
}

RC_GTEST_PROP(Record, one_that_does_not_fit_is_not_ok_and_touches_nothing_behind, ()) {
  FlashModel flash;
  const auto records = any_records(20);
  std::uint32_t words = 0;
  for (const Record& record : records) words += 1 + words_of(record);
  const auto room = *rc::gen::inRange(0U, words + 3);
  RC_ASSERT(write(flash, records, room) == (words <= room));
  for (std::uint32_t i = room; i < words + 3; ++i) RC_ASSERT(flash.read(kFirst + i) == kErased);
}

TEST(Record, is_not_ok_when_a_word_does_not_read_back) {
  FlashModel flash;
  flash.flip(kFirst + 2, 5);
  EXPECT_FALSE(write(flash, {{RecordId::kLimits, {{1, 8}, {~0ULL, 8}, {3, 8}}}}));
  EXPECT_FALSE(found(flash)[1]);
  FlashModel stuck;
  stuck.stick(kFirst / kPageWords);
  EXPECT_FALSE(write(stuck, {{RecordId::kLimits, {{1, 8}}}}));
}

TEST(Record, none_is_found_on_erased_words_or_on_zeros) {
  FlashModel flash;
  for (const auto& place : found(flash)) EXPECT_FALSE(place);
  for (std::uint32_t i = 0; i < kRoom; ++i) flash.program(kFirst + i, 0);
  for (const auto& place : found(flash)) EXPECT_FALSE(place);
}

TEST(Record, one_that_reaches_beyond_its_room_is_not_found) {
  FlashModel flash;
  ASSERT_TRUE(write(flash, {{RecordId::kTherapy, {{1, 8}}}, {RecordId::kLimits, {{2, 8}, {3, 8}}}}));
  for (std::uint32_t room = 0; room <= 5; ++room) {
    const auto places = find_records(flash, kFirst, room);
    EXPECT_EQ(places[0].has_value(), room >= 2) << room;
    EXPECT_EQ(places[1].has_value(), room >= 5) << room;
  }
}

TEST(Record, a_whole_head_that_no_writer_writes_ends_the_search) {
  struct Wrong {
    RecordId id;
    Word version;
  };
  for (const auto& [id, version] : {Wrong{RecordId::kTherapy, 1}, Wrong{RecordId::kTherapy, 3},
                                    Wrong{RecordId{kRecordCount}, 2}, Wrong{RecordId{255}, 2}}) {
    FlashModel flash;
    Crc32c sum;
    sum.add(77);
    const Word head = Word{static_cast<std::uint8_t>(id)} | version << 8 | Word{1} << 16;
    sum.add(head);
    flash.program(kFirst, head | Word{sum.value()} << 32);
    flash.program(kFirst + 1, 77);
    Crc32c next;
    next.add(78);
    flash.program(kFirst + 2, RecordHead::make(RecordId::kLimits, 1, next));
    flash.program(kFirst + 3, 78);
    for (const auto& place : found(flash)) EXPECT_FALSE(place);
  }
}

TEST(Record, a_head_holds_its_sum_above_what_it_tells) {
  Crc32c sum;
  sum.add(5);
  Crc32c whole = sum;
  whole.add(0x0002'0203);
  EXPECT_EQ(RecordHead::make(RecordId::kFluids, 2, sum), Word{0x0002'0203} | Word{whole.value()} << 32);
}

// ---- flips ----------------------------------------------------------------------------------------------

RC_GTEST_PROP(Record, INV_6_a_flipped_bit_hides_its_record_and_no_other, ()) {
  FlashModel flash;
  const auto records = any_records(12);
  RC_ASSERT(write(flash, records));
  const auto clean = found(flash);
  const auto flipped = static_cast<std::size_t>((*rc::gen::elementOf(records)).id);
  const RecordPlace place = clean[flipped].value();
  for (std::uint32_t i = 0; i < place.words; ++i) {
    for (int bit = 0; bit < 64; ++bit) {
      flash.flip(place.first + i, bit);
      const auto places = found(flash);
      for (std::size_t id = 0; id < kRecordCount; ++id) {
        if (!same(places[id], id == flipped ? std::nullopt : clean[id]))
          RC_FAIL("word " + std::to_string(i) + " bit " + std::to_string(bit) + " record " +
                  std::to_string(id));
      }
      flash.flip(place.first + i, bit);
    }
  }
}

/// A head tells where the next stands: those behind may be hidden, never mistaken.
RC_GTEST_PROP(Record, INV_6_a_flipped_bit_of_a_head_hides_its_record_and_mistakes_none, ()) {
  FlashModel flash;
  const auto records = any_records(12);
  RC_ASSERT(write(flash, records));
  const auto clean = found(flash);
  const auto flipped = static_cast<std::size_t>((*rc::gen::elementOf(records)).id);
  const std::uint32_t head = clean[flipped]->first - 1;
  for (int bit = 0; bit < 64; ++bit) {
    flash.flip(head, bit);
    const auto places = found(flash);
    for (std::size_t id = 0; id < kRecordCount; ++id) {
      const bool may_hide = id > flipped && bit < 32;
      const bool right =
          id == flipped ? !places[id] : same(places[id], clean[id]) || (may_hide && !places[id]);
      if (!right) RC_FAIL("bit " + std::to_string(bit) + " record " + std::to_string(id));
    }
    flash.flip(head, bit);
  }
}

// ---- fields ---------------------------------------------------------------------------------------------

enum class Colour : std::uint8_t { kRed, kGreen, kBlue };

/// Reads what was put with `bytes` bytes as `T` no larger than `last`.
template <class T>
std::optional<T> read_as(std::uint64_t raw, T last) {
  FlashModel flash;
  write(flash, {{RecordId::kTherapy, {{raw, sizeof(T)}}}});
  RecordReader reader{flash, found(flash)[0].value()};
  T value{};
  field(reader, value, last);
  return reader.finished() ? std::optional{value} : std::nullopt;
}

TEST(Record, an_enumerator_beyond_the_last_fails) {
  for (unsigned raw = 0; raw <= UINT8_MAX; ++raw) {
    const auto read = read_as(raw, Colour::kBlue);
    ASSERT_EQ(read.has_value(), raw <= 2) << raw;
    if (read) {
      ASSERT_EQ(static_cast<unsigned>(*read), raw);
    }
  }
}

RC_GTEST_PROP(Record, a_count_beyond_the_last_fails, ()) {
  const auto last = *rc::gen::arbitrary<std::uint32_t>();
  const auto raw =
      *rc::gen::oneOf(rc::gen::arbitrary<std::uint32_t>(), rc::gen::just(last), rc::gen::just(last + 1));
  const auto read = read_as(raw, last);
  RC_ASSERT(read.has_value() == (raw <= last));
  if (read) RC_ASSERT(*read == raw);
}

TEST(Record, a_negative_index_fails) { EXPECT_FALSE(read_as<std::int32_t>(0xFFFF'FFFF, 7)); }

TEST(Record, a_flag_is_0_or_1) {
  for (unsigned raw = 0; raw <= UINT8_MAX; ++raw) {
    FlashModel flash;
    write(flash, {{RecordId::kTherapy, {{raw, 1}}}});
    RecordReader reader{flash, found(flash)[0].value()};
    bool value = false;
    field(reader, value);
    ASSERT_EQ(reader.finished(), raw <= 1) << raw;
    if (reader.finished()) {
      ASSERT_EQ(value, raw == 1);
    }
  }
}

struct Everything {
  bool flag = false;
  std::uint8_t small = 0;
  std::int16_t negative = 0;
  Volume volume;
  Instant at;
  Colour colour = Colour::kRed;
  std::int64_t large = 0;
  std::uint16_t count = 0;
};
template <class Io, class T>
void list(Io& io, T& t) {
  fields(io, t.flag, t.small, t.negative, t.volume, t.at);
  field(io, t.colour, Colour::kBlue);
  fields(io, t.large, t.count);
}

RC_GTEST_PROP(Record, one_list_of_fields_writes_and_reads, ()) {
  const Everything written{*rc::gen::arbitrary<bool>(),
                           *rc::gen::arbitrary<std::uint8_t>(),
                           *rc::gen::arbitrary<std::int16_t>(),
                           Volume{*rc::gen::arbitrary<std::int64_t>()},
                           Instant{*rc::gen::arbitrary<std::int64_t>()},
                           *rc::gen::element(Colour::kRed, Colour::kGreen, Colour::kBlue),
                           *rc::gen::arbitrary<std::int64_t>(),
                           *rc::gen::arbitrary<std::uint16_t>()};
  FlashModel flash;
  RecordWriter writer{flash, kFirst, kRoom};
  writer.begin(RecordId::kDelivery);
  list(writer, written);
  writer.end();
  RC_ASSERT(writer.ok());
  RC_ASSERT(writer.next() == kFirst + 1 + 4);  // 31 bytes
  Everything read;
  RecordReader reader{flash, found(flash)[static_cast<std::size_t>(RecordId::kDelivery)].value()};
  list(reader, read);
  RC_ASSERT(reader.finished());
  RC_ASSERT(read.flag == written.flag);
  RC_ASSERT(read.small == written.small);
  RC_ASSERT(read.negative == written.negative);
  RC_ASSERT(read.volume == written.volume);
  RC_ASSERT(read.at == written.at);
  RC_ASSERT(read.colour == written.colour);
  RC_ASSERT(read.large == written.large);
  RC_ASSERT(read.count == written.count);
}

}  // namespace
}  // namespace theca
