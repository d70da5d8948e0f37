// The air as sockets and files: where an implant is, frames out of any stream, what belongs to its owner
// alone.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "air/address.hpp"
#include "air/card.hpp"
#include "air/hub.hpp"
#include "air/private_file.hpp"
#include "link/sodium.hpp"

namespace theca::air {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

struct Folder {
  Folder() {
    std::string name = (fs::temp_directory_path() / "theca_air_XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path); }
  fs::path path;
};

TEST(Address, is_host_and_port_or_folder_and_name) {
  const auto tcp = parse_address("10.0.0.1:7400");
  ASSERT_TRUE(tcp);
  EXPECT_EQ(to_text(tcp->radio), "10.0.0.1:7400");
  EXPECT_EQ(to_text(tcp->coil), "10.0.0.1:7401");
  const auto file = parse_address("run/pump");
  ASSERT_TRUE(file);
  EXPECT_EQ(to_text(file->radio), "run/pump.radio");
  EXPECT_EQ(to_text(file->coil), "run/pump.coil");
  for (const std::string good : {"h:1", "h:65534", "::1:80", "/a", "./a", kUsualAddress})
    EXPECT_TRUE(parse_address(good)) << good;
  EXPECT_TRUE(parse_address("/" + std::string(99, 'a')));
  for (const std::string bad : {"", "host", ":80", "h:", "h:0", "h:65535", "h:-1", "h:+1", "h:80x", "h: 80",
                                "h:1e3", "h:99999999999999999999", "run/", "/"}) {
    const auto parsed = parse_address(bad);
    ASSERT_FALSE(parsed) << bad;
    EXPECT_NE(parsed.error().find(kUsualAddress), std::string::npos) << "says how it is written";
  }
  EXPECT_FALSE(parse_address("/" + std::string(100, 'a'))) << "too long for a socket";
}

Bytes a_frame(const Bytes& body) {
  const link::Frame frame{link::FrameType::kToImplant, body};
  return {frame.bytes().begin(), frame.bytes().end()};
}
std::vector<Bytes> cut(FrameStream& stream) {
  std::vector<Bytes> frames;
  while (auto frame = stream.next()) frames.push_back(*frame);
  return frames;
}

RC_GTEST_PROP(FrameStream, gives_the_same_frames_however_they_come_in, (const std::vector<Bytes>& bodies)) {
  Bytes all;
  std::vector<Bytes> wanted;
  for (const Bytes& body : bodies) {
    wanted.push_back(a_frame(body));
    all.insert(all.end(), wanted.back().begin(), wanted.back().end());
  }
  FrameStream stream;
  std::vector<Bytes> got;
  for (std::size_t at = 0; at < all.size();) {
    const auto some = std::min(all.size() - at, *rc::gen::inRange<std::size_t>(1, 80));
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(at);
    stream.add(Bytes{first, first + static_cast<std::ptrdiff_t>(some)});
    at += some;
    for (Bytes& frame : cut(stream)) got.push_back(std::move(frame));
  }
  RC_ASSERT(got == wanted);
}

RC_GTEST_PROP(FrameStream, junk_never_leaves_more_than_the_beginning_of_a_frame,
              (const std::vector<Bytes>& junk)) {
  FrameStream stream;
  std::size_t in = 0, out = 0, zeros = 0;
  for (const Bytes& some : junk) {
    stream.add(some);
    in += some.size();
    for (const std::uint8_t byte : some) zeros += byte == 0 || byte >= link::kMostFrame ? 1 : 0;
    for (const Bytes& frame : cut(stream)) {
      RC_ASSERT(!frame.empty() && frame.size() <= link::kMostFrame);
      RC_ASSERT(frame.size() == std::size_t{frame[0]} + 1);
      out += frame.size();
    }
    RC_ASSERT(in >= out);
    RC_ASSERT(in - out <= link::kMostFrame + zeros);
  }
}

TEST(PrivateFile, is_its_owners_alone_and_written_whole) {
  const Folder folder;
  const fs::path file = folder.path / "key";
  ASSERT_TRUE(write_private(file, "secret"));
  struct stat there {};
  ASSERT_EQ(::stat(file.c_str(), &there), 0);
  EXPECT_EQ(there.st_mode & 0777, 0600U);
  EXPECT_EQ(*read_private(file), "secret");
  ASSERT_TRUE(write_private(file, "another"));
  EXPECT_EQ(*read_private(file), "another");
  EXPECT_FALSE(fs::exists(file.string() + ".new"));
  for (const mode_t mode : {0640U, 0604U, 0660U, 0606U, 0610U, 0601U}) {
    ::chmod(file.c_str(), mode);
    const auto read = read_private(file);
    ASSERT_FALSE(read) << std::oct << mode;
    EXPECT_NE(read.error().find("open to others"), std::string::npos);
  }
  ::chmod(file.c_str(), 0400);
  EXPECT_TRUE(read_private(file));
  EXPECT_FALSE(read_private(folder.path / "none"));
  EXPECT_FALSE(read_private(folder.path)) << "a folder";
  EXPECT_FALSE(write_private(folder.path / "no" / "such", "x"));
  if (::geteuid() == 0) {
    ::chmod(file.c_str(), 0600);
    ASSERT_EQ(::chown(file.c_str(), 12'345, 12'345), 0);
    const auto read = read_private(file);
    ASSERT_FALSE(read);
    EXPECT_NE(read.error().find("somebody else"), std::string::npos);
  }
  EXPECT_TRUE(private_folder(folder.path / "new"));
  EXPECT_TRUE(private_folder(folder.path / "new")) << "there already";
  ::chmod((folder.path / "new").c_str(), 0750);
  EXPECT_FALSE(private_folder(folder.path / "new"));
  EXPECT_FALSE(private_folder(file)) << "a file";
}

TEST(Card, is_read_as_it_was_written_and_a_damaged_one_is_none) {
  const Folder folder;
  Card card;
  card.public_key.fill(3);
  card.secret.fill(4);
  card.implant = link::short_id<link::Sodium>(card.public_key);
  const fs::path file = folder.path / "card";
  ASSERT_TRUE(write_card(card, file));
  const auto back = read_card(file);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->public_key, card.public_key);
  EXPECT_EQ(back->secret, card.secret);
  const std::string text = *read_private(file);
  for (const std::string& bad :
       {std::string{}, std::string{"[]"}, std::string{"{}"}, text.substr(0, text.size() / 2)}) {
    ASSERT_TRUE(write_private(file, bad));
    EXPECT_FALSE(read_card(file)) << bad;
  }
  card.implant[0] ^= 1;
  ASSERT_TRUE(write_card(card, file));
  EXPECT_FALSE(read_card(file)) << "the id of another key";
}

TEST(Hex, is_exactly_so_many_bytes_of_small_digits) {
  std::array<std::uint8_t, 2> out{};
  EXPECT_TRUE(from_hex("0aff", out));
  EXPECT_EQ(to_hex(out), "0aff");
  for (const char* bad : {"", "0a", "0aff0", "0aff00", "0AFF", "0ag0", "0a f"})
    EXPECT_FALSE(from_hex(bad, out)) << bad;
}

TEST(Hub, radio_is_a_room_and_the_coil_reaches_only_who_holds_it) {
  const Folder folder;
  const auto address = parse_address((folder.path / "pump").string());
  auto hub = Hub::listen(*address);
  ASSERT_TRUE(hub) << hub.error();
  EXPECT_FALSE(Hub::listen(*address)) << "somebody listens there";
  auto one = connect_to(address->radio), other = connect_to(address->radio), coil = connect_to(address->coil);
  ASSERT_TRUE(one && other && coil);
  std::vector<Bytes> heard;
  std::vector<bool> field;
  const Hub::Ears ears{.field = [&](bool there) { field.push_back(there); },
                       .coil = [](link::Bytes) {},
                       .radio = [&](link::Bytes frame) { heard.emplace_back(frame.begin(), frame.end()); }};
  const auto serve = [&] {
    for (int i = 0; i < 5; ++i) hub->serve(5, ears);
  };
  serve();
  EXPECT_TRUE(hub->near());
  EXPECT_EQ(hub->listeners(), 2U);
  one->send(a_frame({1, 2, 3}));
  serve();
  EXPECT_EQ(heard, std::vector<Bytes>{a_frame({1, 2, 3})});
  EXPECT_EQ(other->receive(), a_frame({1, 2, 3})) << "the other one hears it";
  EXPECT_TRUE(one->receive().empty()) << "and its sender does not";
  hub->send_coil(a_frame({9}));
  EXPECT_EQ(coil->receive(), a_frame({9}));
  EXPECT_TRUE(one->receive().empty() && other->receive().empty()) << "never by radio";
  hub->send_radio(a_frame({7}));
  EXPECT_EQ(one->receive(), a_frame({7}));
  EXPECT_EQ(other->receive(), a_frame({7}));
  EXPECT_TRUE(coil->receive().empty());
  *coil = Socket{};
  serve();
  EXPECT_EQ(field, (std::vector{true, false}));
  EXPECT_FALSE(hub->near());
}

}  // namespace
}  // namespace theca::air
