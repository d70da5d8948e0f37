// Our handshakes and records, live, against an engine that others wrote: noise-c in a process of its own
// (noise_oracle.mjs). Without node or the package these tests fail; `./theca test` installs both.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "link/link_testing.hpp"
#include "link/session.hpp"
#include "verify/random_life.hpp"

namespace theca::verify {
namespace {

using link::Bytes;
using link::Handshake;
using link::Key;
using link::Pattern;
using link::Side;
using link::Sodium;
using link::example::from_hex;
using link::example::key_of;
using link::example::Vector;

constexpr const char* kNode = "node";
constexpr const char* kScript = THECA_SOURCE_DIR "/src/verify/noise_oracle.mjs";
constexpr int kPatienceMs = 60'000;
constexpr std::int64_t kRounds = 60, kRoundsLong = 3'000;
const std::vector<const Pattern*> kWithoutPsk{&link::kXx, &link::kIk, &link::kKk};

std::string hex(Bytes bytes) {
  static constexpr const char* kDigits = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : bytes) out += {kDigits[byte >> 4], kDigits[byte & 15]};
  return out;
}

/// The other engine: a process that is asked by lines.
class Oracle {
 public:
  explicit Oracle(const char* program = kNode, const char* script = kScript) {
    std::signal(SIGPIPE, SIG_IGN);  // a process that is gone is told by its silence
    int to[2], from[2];
    if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0) return;
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, to[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, from[1], STDOUT_FILENO);
    const std::array<const char*, 3> command{program, script, nullptr};
    if (posix_spawnp(&process_, program, &files, nullptr, const_cast<char* const*>(command.data()),
                     environ) != 0)
      process_ = -1;
    posix_spawn_file_actions_destroy(&files);
    close(to[0]);
    close(from[1]);
    to_ = to[1];
    from_ = from[0];
  }
  Oracle(const Oracle&) = delete;
  Oracle& operator=(const Oracle&) = delete;
  ~Oracle() {
    close(to_);
    close(from_);
    if (process_ > 0) waitpid(process_, nullptr, 0);  // its input has ended
  }

  /// What came of it, split at the spaces; or why nothing did.
  std::expected<std::vector<Vector>, std::string> ask(const std::string& line) {
    std::string answer;
    if (!say(line + "\n") || !hear(answer))
      return std::unexpected("no answer: node or noise-c.wasm is not there");
    if (!answer.starts_with("ok")) return std::unexpected(answer);
    std::vector<Vector> told;
    for (std::size_t at = answer.find(' '); at != std::string::npos;) {
      const std::size_t next = answer.find(' ', at + 1);
      told.push_back(from_hex(answer.substr(at + 1, next - at - 1)));
      at = next;
    }
    return told;
  }

 private:
  bool say(const std::string& text) const {
    for (std::size_t at = 0; at < text.size();) {
      const ssize_t written = write(to_, text.data() + at, text.size() - at);
      if (written <= 0) return false;
      at += static_cast<std::size_t>(written);
    }
    return true;
  }
  bool hear(std::string& line) {
    std::size_t end;
    while ((end = heard_.find('\n')) == std::string::npos) {
      std::array<char, 65'536> some;
      pollfd waiting{from_, POLLIN, 0};
      if (poll(&waiting, 1, kPatienceMs) <= 0) return false;
      const ssize_t got = ::read(from_, some.data(), some.size());
      if (got <= 0) return false;
      heard_.append(some.data(), static_cast<std::size_t>(got));
    }
    line = heard_.substr(0, end);
    heard_.erase(0, end + 1);
    return true;
  }

  pid_t process_ = -1;
  int to_ = -1, from_ = -1;
  std::string heard_;
};

/// What is made different for one side, once.
enum class Twist { kNone, kPrologue, kStatic, kMessage, kRecord };

Vector some(Random& random, std::int64_t least, std::int64_t most) {
  Vector out(static_cast<std::size_t>(
      random.one_in(6) ? least : random.spread(std::max<std::int64_t>(least, 1), most)));
  for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(random.bits());
  return out;
}
void turn_a_bit(Vector& bytes, Random& random) {
  const auto bit =
      static_cast<std::size_t>(random.between(0, static_cast<std::int64_t>(8 * bytes.size()) - 1));
  bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ 1U << bit % 8);
}

/// One handshake and the records after it, ours on `side` and theirs on the other; empty when they agree on
/// every payload, on the hash, on each other's key and on every record.
std::string disagreement(Oracle& oracle, const Pattern& pattern, Side side, Random& random,
                         Twist twist = Twist::kNone) {
  const auto key = [&] { return key_of(some(random, 32, 32)); };
  const Key our_secret = key(), our_ephemeral = key(), their_secret = key(), their_ephemeral = key();
  const Key ours = Sodium::public_of(our_secret), theirs = Sodium::public_of(their_secret);
  const bool we_begin = side == Side::kInitiator;
  const bool we_know = we_begin ? pattern.knows_responder : pattern.knows_initiator;
  const bool they_know = we_begin ? pattern.knows_initiator : pattern.knows_responder;

  Vector prologue = some(random, 1, 100);
  Key known_to_us = theirs;
  const Vector their_prologue = prologue;
  if (twist == Twist::kPrologue) turn_a_bit(prologue, random);
  if (twist == Twist::kStatic) known_to_us = Sodium::public_of(key());
  Handshake<Sodium> handshake{
      pattern,
      side,
      prologue,
      {our_secret, our_ephemeral, we_know ? std::optional{known_to_us} : std::nullopt, {}}};
  if (const auto begun =
          oracle.ask("new Noise_" + std::string(pattern.name) + "_25519_ChaChaPoly_SHA256 " +
                     (we_begin ? "responder " : "initiator ") + hex(their_prologue) + " " +
                     hex(their_secret) + " " + (they_know ? hex(ours) : "") + " " + hex(their_ephemeral));
      !begun)
    return "new: " + begun.error();

  const auto twisted_message =
      static_cast<std::size_t>(random.between(0, static_cast<std::int64_t>(pattern.messages) - 1));
  Vector room(link::kMostMessage);
  for (std::size_t number = 0; number < pattern.messages; ++number) {
    // Noise's longest message now and then.
    const auto longest = static_cast<std::int64_t>(link::kMostMessage - handshake.overhead());
    const Vector payload = random.one_in(40) ? some(random, longest, longest) : some(random, 0, 300);
    const bool twisted = twist == Twist::kMessage && number == twisted_message;
    Vector arrived;
    if ((number % 2 == 0) == we_begin) {
      const auto length = handshake.write(payload, room);
      if (!length) return "our engine wrote no message";
      Vector message(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(*length));
      if (twisted) turn_a_bit(message, random);
      const auto got = oracle.ask("read " + hex(message));
      if (!got) return "their read: " + got.error();
      arrived = got->front();
    } else {
      auto message = oracle.ask("write " + hex(payload));
      if (!message) return "their write: " + message.error();
      if (twisted) turn_a_bit(message->front(), random);
      const auto length = handshake.read(message->front(), room);
      if (!length) return "our engine took no message";
      arrived.assign(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(*length));
    }
    if (arrived != payload) return "another payload arrived";
  }
  if (!handshake.done()) return "our engine is not done";
  const auto split = oracle.ask("split");
  if (!split) return "split: " + split.error();
  if (!std::ranges::equal(handshake.hash(), split->at(0))) return "another hash";
  if (key_of(split->at(1)) != ours) return "they know another key of ours";
  if (handshake.other() != theirs) return "we know another key of theirs";

  // Records are Noise's transport messages with their header as associated data.
  link::Session<Sodium> session{handshake, side, Instant{}};
  const std::int64_t records = random.between(4, 12);
  const std::int64_t twisted_record = random.between(0, records - 1);
  std::uint8_t we_sent = 0, they_sent = 0;
  for (std::int64_t number = 0; number < records; ++number) {
    const Vector plain = some(random, 0, 300);
    const bool twisted = twist == Twist::kRecord && number == twisted_record;
    Vector arrived;
    if (random.one_in(2)) {
      Vector record(plain.size() + link::kRecordOverhead);
      if (!session.seal(Instant{}, plain, record)) return "our engine sealed no record";
      if (record[2] != we_sent++) return "another count of ours";
      if (twisted) turn_a_bit(record, random);
      const Bytes whole = record;
      const auto got = oracle.ask("open " + hex(whole.first(link::kRecordHeader)) + " " +
                                  hex(whole.subspan(link::kRecordHeader)));
      if (!got) return "their open: " + got.error();
      arrived = got->front();
    } else {
      Vector record{link::kRecordVersion, 0, they_sent++, 0, 0, 0};
      const auto sealed = oracle.ask("seal " + hex(record) + " " + hex(plain));
      if (!sealed) return "their seal: " + sealed.error();
      record.insert(record.end(), sealed->front().begin(), sealed->front().end());
      if (twisted) turn_a_bit(record, random);
      const auto length = session.open(Instant{}, record, room);
      if (!length) return "our engine opened no record";
      arrived.assign(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(*length));
    }
    if (arrived != plain) return "another record arrived";
  }
  return {};
}

/// All patterns, ours on both sides, in many rounds of random keys and lengths.
void play(std::int64_t rounds, Twist twist, const std::vector<const Pattern*>& patterns, const auto& check) {
  const Campaign campaign{rounds, twist == Twist::kNone ? kRoundsLong : rounds};
  std::printf("%s\n", campaign.name(campaign.first).c_str());
  Oracle oracle;
  for (std::int64_t round = campaign.first; round < campaign.end; ++round) {
    Random random{campaign.seed_of(round)};
    for (const Pattern* pattern : patterns) {
      for (const Side side : {Side::kInitiator, Side::kResponder}) {
        const std::string why = disagreement(oracle, *pattern, side, random, twist);
        check(why);
        if (::testing::Test::HasFailure()) {
          ADD_FAILURE() << campaign.name(round) << " " << pattern->name
                        << (side == Side::kInitiator ? ", ours begins" : ", theirs begins");
          return;
        }
      }
    }
  }
}

TEST(NoiseOracle, agrees_with_ours_on_either_side) {
  play(kRounds, Twist::kNone, kWithoutPsk, [](const std::string& why) { EXPECT_EQ(why, ""); });
}

// The same comparison sees one thing that is not alike.

void expect_refused(const std::string& why) {
  const bool refused = why.ends_with("NOISE_ERROR_MAC_FAILURE") || why == "our engine took no message" ||
                       why == "our engine opened no record";
  EXPECT_TRUE(refused) << "'" << why << "'";
}
constexpr std::int64_t kTwistedRounds = 8;

TEST(NoiseOracleBrokenTwin, one_bit_of_a_prologue_is_seen) {
  play(kTwistedRounds, Twist::kPrologue, kWithoutPsk, expect_refused);
}
TEST(NoiseOracleBrokenTwin, another_static_key_is_seen) {
  // Where ours knows theirs before.
  play(kTwistedRounds, Twist::kStatic, {&link::kKk}, expect_refused);
}
TEST(NoiseOracleBrokenTwin, one_bit_of_a_record_is_seen) {
  play(kTwistedRounds, Twist::kRecord, kWithoutPsk, expect_refused);
}
TEST(NoiseOracleBrokenTwin, one_bit_of_a_message_is_seen) {
  // In the clear first message of XX it may be the payload itself, which then arrives as another.
  play(kTwistedRounds, Twist::kMessage, kWithoutPsk, [](const std::string& why) {
    if (why != "another payload arrived") expect_refused(why);
  });
}

TEST(NoiseOracleBrokenTwin, without_node_or_the_package_nothing_agrees) {
  Random random{1};
  Oracle no_node{"no-such-node"};
  EXPECT_NE(disagreement(no_node, link::kXx, Side::kInitiator, random), "");

  // A copy of the script beside which no package lies.
  const std::filesystem::path elsewhere =
      ::testing::TempDir() + "theca_noise_oracle_" + std::to_string(getpid()) + ".mjs";
  std::filesystem::copy_file(kScript, elsewhere);
  ::testing::internal::CaptureStderr();
  {
    Oracle no_package{kNode, elsewhere.c_str()};
    EXPECT_NE(disagreement(no_package, link::kXx, Side::kInitiator, random), "");
  }
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("noise-c.wasm"), std::string::npos);
  std::filesystem::remove(elsewhere);
}

}  // namespace
}  // namespace theca::verify
