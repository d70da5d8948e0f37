// What fuzzing begins from: fuzz_seeds FOLDER writes FOLDER/<target>/<number>, made by the real encoders.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>

#include "air/card.hpp"
#include "air/private_file.hpp"
#include "implant/keyring.hpp"
#include "simulator/trail.hpp"
#include "verify/fuzz/people.hpp"
#include "world/journal_file.hpp"

namespace theca::fuzz {
namespace {

namespace fs = std::filesystem;

class Seeds {
 public:
  explicit Seeds(fs::path folder) : folder_(std::move(folder)) {}
  void add(const std::string& target, Bytes bytes) {
    const fs::path folder = folder_ / target;
    fs::create_directories(folder);
    std::ofstream out{folder / std::to_string(count_[target]++), std::ios::binary};
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  void add(const std::string& target, const std::string& text) {
    add(target, Bytes{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  }
  /// Bytes one behind the other.
  void add(const std::string& target, std::initializer_list<Bytes> parts) {
    Blob all;
    for (const Bytes part : parts) all.insert(all.end(), part.begin(), part.end());
    add(target, Bytes{all});
  }

 private:
  fs::path folder_;
  std::map<std::string, int> count_;
};

Blob b(std::initializer_list<int> bytes) {
  Blob out;
  for (const int byte : bytes) out.push_back(static_cast<std::uint8_t>(byte));
  return out;
}
Blob with_length(Bytes bytes) {
  Blob out = blob(bytes.first(std::min<std::size_t>(bytes.size(), 255)));
  out.insert(out.begin(), static_cast<std::uint8_t>(out.size()));
  return out;
}

void frames(Seeds& seeds) {
  const Snapshot& from = snapshot(Life::kDelivering);
  Blob stream;
  for (const Blob& frame : from.to_implant) {
    seeds.add("frame", {b({7}), frame});
    stream.insert(stream.end(), frame.begin(), frame.end());
  }
  seeds.add("frame", {b({40}), Bytes{stream}.first(std::min<std::size_t>(stream.size(), 2'000))});
  seeds.add("frame", {b({0}), b({0, 250, 1, 1, 3, 4, 9, 9, 240, 0})});
}

template <class M>
M filled(std::uint8_t with) {
  std::array<std::uint8_t, link::kWireBytes<M>> bytes{};
  bytes.fill(with);
  return link::read<M>(bytes).value_or(M{});
}
void messages(Seeds& seeds) {
  link::for_each_request([&]<class M>() {
    for (const std::uint8_t with : {0, 1}) {
      seeds.add("message", link::asking(0x0102, filled<M>(with)).bytes());
      if constexpr (requires { typename M::Reply; })
        seeds.add("message", link::replying<M>(0x0102, filled<typename M::Reply>(with)).bytes());
    }
  });
  seeds.add("message", link::telling(7, link::Outcome{}).bytes());
  seeds.add("message", link::telling(7, filled<link::Outcome>(1)).bytes());
  const std::array<std::uint8_t, 102> many{};
  seeds.add("message", {b({0x7E, 0, 0x80}), many});
  seeds.add("message", {b({0x7F, 0, 0}), link::written(link::SecondPayload{{1, 2}, 3, 4})});
  seeds.add("message", b({0xFF, 1, 0x80}));
}

void signed_things(Seeds& seeds) {
  for (std::uint8_t whose = 0; whose < issued().size(); ++whose) {
    for (std::uint8_t needs = 0; needs < 4; ++needs)
      seeds.add("certificate", {b({whose, needs}), issued()[whose].bytes});
    seeds.add("certificate", issued()[whose].bytes);
  }
  Prescription flex = usual(3);
  example::every_day(flex.basal, {{0, microlitres_per_day(200)}, {480, microlitres_per_day(300)}});
  flex.schedule = example::at_minutes(example::over(microlitres(10), minutes(5)), {60, 600});
  flex.patient = {};
  Prescription bridge = usual(3);
  bridge.bridge = {microlitres(300), microlitres_per_day(288), 1};
  bridge.prime = example::over(microlitres(100), minutes(20));
  bridge.single = example::over(microlitres(20), minutes(10));
  bridge.schedule = example::each(example::over(microlitres(10), minutes(5)), 8 * 3'600, 3'600);
  bridge.formulation =
      example::fluid(2, {{example::kMorphine, DrugClass::kOpioid, milligrams_per_millilitre(2)},
                         {example::kBupivacaine, DrugClass::kNeither, milligrams_per_millilitre(3)}});
  Prescription dated = usual(3);
  dated.starts_utc_s = example::kSummer2026;
  dated.expires_utc_s = example::kSummer2026 + 86'400;
  dated.zone = {60, 120, example::kSummer2026};
  for (const Prescription& p : {usual(3), flex, bridge, dated, Prescription{}}) {
    seeds.add("prescription", encode(p));
    for (const auto kind : {link::OrderKind::kImplant, link::OrderKind::kPrescribe, link::OrderKind::kRefill,
                            link::OrderKind::kRevise}) {
      link::Order order = usual_order(kind, p.number);
      order.prescription = encode(p);
      if (p == usual(3) || kind == link::OrderKind::kPrescribe) {
        for (const int how : {3, 11, 15}) seeds.add("order", {b({how}), link::written(order), b({0, 99})});
      }
    }
  }
  link::Order order = usual_order(link::OrderKind::kPrescribe, 3);
  for (int part = 0; part < 11; ++part) {
    order.largest_rise_ppm = static_cast<std::uint32_t>(1'000 * part);
    seeds.add("order", {b({11}), link::written(order), b({1, part, part % 5})});
    seeds.add("order", {b({3}), link::written(order), b({0, part, 9 - part % 5})});
  }
  seeds.add("order", link::written(order));
}

void keyrings(Seeds& seeds) {
  Keyring keyring;
  keyring.secret.fill(1);
  keyring.paired = Paired::kYes;
  keyring.boots = 3;
  const Blob kept = with_length(link::written(keyring));
  seeds.add("keyring", {b({2, 0}), kept});
  seeds.add("keyring", {b({2, 0}), kept, b({2, 0}), kept});
  seeds.add("keyring", {b({2, 0}), kept, b({4, 0, 30, 2, 9, 2, 0}), kept, b({5, 0, 2, 0}), kept});
  seeds.add("keyring", {b({2, 0}), kept, b({2, 0}), kept, b({3, 2, 1, 0, 5, 3, 3, 2, 0, 6})});
  seeds.add("keyring", {b({1, 0, 9, 0, 0, 0, 1, 7, 0, 1, 2, 3, 4, 5, 6, 7})});
  seeds.add("keyring", {b({0x81, 0, 9, 0, 0, 0, 1, 7, 0, 1, 2, 3, 4, 5, 6, 7})});
  seeds.add("keyring", {b({6, 0, 2, 0xF0, 0x0F, 5, 0, 0, 0, 6, 1, 3, 0xF1, 0x0F, 0, 5, 0, 0, 0})});
  seeds.add("keyring", {b({0, 1, 3, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0xFF, 1, 1, 2, 3, 4, 5, 6, 7, 8})});
  seeds.add("keyring", {b({7, 0, 0, 7, 1, 0, 2, 0}), kept, b({7, 0, 1, 7, 1, 1})});
}

void conversations(Seeds& seeds) {
  for (int pattern = 0; pattern < 13; ++pattern) {
    const auto head = [&](int wrong) { return b({pattern, wrong}); };
    const Blob right = b({0, 3, 1, 2, 3, 3, 1, 2, 4, 5, 2, 0, 0, 3});
    seeds.add("handshake", {head(0), right});
    for (const int wrong : {1, 2, 4, 8}) seeds.add("handshake", {head(wrong), right});
    seeds.add("handshake", {head(0), b({0, 0, 7, 0, 40, 1, 0, 2, 0, 0, 3})});
    seeds.add("handshake", {head(0), b({0, 0, 3, 1, 0, 6, 10, 70, 0, 0, 3})});
    seeds.add("handshake", {head(0), b({0, 0, 5, 0, 1, 0, 4, 1, 0, 0, 3, 2})});
    seeds.add("handshake", {head(0), b({0, 0, 0x85, 4, 1, 2, 3, 4, 1, 0})});
  }
  seeds.add("session", b({1, 3, 7, 7, 7, 3, 3, 0, 2, 9, 9, 2, 1, 0, 5, 0}));
  seeds.add("session", b({1, 0, 1, 0, 1, 0, 4, 2, 4, 0, 4, 1, 2}));
  seeds.add("session", b({15, 1, 0, 3, 14, 1, 0, 2}));
  seeds.add("session", b({1, 0, 7, 0, 20, 7, 0, 21, 7, 0, 22, 2}));
  seeds.add("session", b({12, 10, 10, 10, 20, 140, 10, 10, 1, 0, 3}));
  seeds.add("session", b({10, 200, 0, 0, 2, 143, 1, 0, 3}));
  seeds.add("session", b({1, 0, 8, 30, 1, 0, 1, 0, 0, 0, 9, 0, 136, 3}));
  seeds.add("caller", b({0, 1, 3, 1, 5, 0, 2, 5, 3, 1, 2, 3, 6, 3, 4, 5, 6, 7, 7, 15}));
  seeds.add("caller", b({0, 1, 3, 1, 5, 0, 3, 0, 40, 2}));
  seeds.add("caller", b({0, 1, 3, 1, 5, 255, 2, 5, 0}));
  seeds.add("caller", b({0, 1, 3, 1, 5, 0, 2, 6, 3, 4, 5, 6, 6, 1, 7, 135, 0, 30, 7, 15, 7}));
  seeds.add("caller", b({0, 1, 3, 1, 5, 0, 2, 4, 250, 5, 0, 6, 0, 7, 0, 1, 3, 1, 6, 0, 2, 6, 0, 7}));
}

/// The frames of a real visit, as somebody who listened would send them again.
void visits(Seeds& seeds) {
  for (int life = 0; life < 3; ++life) {
    const Snapshot& from = snapshot(static_cast<Life>(life));
    Blob played = b({life, 0});
    int index = 0;
    for (const Blob& frame : from.to_implant) {
      seeds.add("gate", {b({life, 0, 5}), with_length(frame), b({2, 200, 5}), with_length(frame)});
      const Blob again = b({3, 0, index, 2, 30});
      played.insert(played.end(), again.begin(), again.end());
      seeds.add("gate", {b({life, 0, 4, 0, index, 0, 30, 2, 200, 4, 0, index, 1, 200, 1, 0, 3, 0, index})});
      ++index;
    }
    seeds.add("gate", Bytes{played});
    // Junk as fast as it can be sent, and as slowly as it is listened to.
    for (const int pause : {1, 27, 255}) {
      Blob junk = b({life, 0});
      for (int i = 0; i < 30; ++i) {
        const Blob one = b({3, 0, 0, pause == 255 ? 128 : 2, pause});
        junk.insert(junk.end(), one.begin(), one.end());
      }
      seeds.add("gate", Bytes{junk});
    }
  }
  for (const int who : {0, 1, 2, 3, 4, 0x80 + 85 - 128, 0x80, 0x81, 0x82, 0x83}) {
    link::for_each_request([&]<class M>() {
      const int code = static_cast<int>(M::kOpcode);
      seeds.add("visit", b({who, 0x80, code, 8, 0, 0, 0, 0, 9, 0, 0, 0}));
      seeds.add("visit", b({who, 0x80, code, 0, 0, code, 2, 1, 1}));
    });
  }
  for (const int kind : {0, 1, 2, 3}) {
    seeds.add("visit", b({0, 1, kind, 0, 2, 5, 4, 0, 90, 98, 2, 0, 0, 0}));
    seeds.add("visit", b({0, 0x81, kind, 0, 2, 6, 4, 0, 90, 98, 2, 0, 0, 8, 1, 2, 3, 4, 5}));
    seeds.add("visit", b({0, 1, kind, 1, 60, 0, 2, 9, 9, 2, 5, 0, 0, 0, 0}));
  }
  seeds.add("visit", b({0, 6, 5, 0, 0, 0, 6, 4, 0, 0, 0, 133, 5, 3, 255, 5, 133, 0x87}));
  seeds.add("visit", b({2, 0x80, 0x23, 4, 2, 0, 0, 0, 0x80, 0x23, 4, 2, 0, 0, 0, 0x80, 0x23, 4, 3, 0, 0, 0}));
  for (const int last : {0x80, 0x7F, 0}) {  // a time of day at each end
    const int rest = last == 0x7F ? 0xFF : 0;
    seeds.add("visit",
              b({0, 0x80, 0x24, 16, 0, 0, 0, 0, 9, 0, 0, 0, rest, rest, rest, rest, rest, rest, rest, last}));
  }
  for (const int code : {0x06, 0x29, 0x20, 0x99}) {  // by coil
    seeds.add("visit", b({1, 0x86, code, 0, 3, 10, 0x86, code, 0}));
    seeds.add("visit", b({4, 0x86, code, 1, 1, 3, 10, 0x86, 0x29, 0}));
    seeds.add("visit", b({0x80, 0x86, code, 0}));
  }
  seeds.add("visit", b({0, 4, 0, 9, 4, 1, 3, 4, 3, 5, 4, 1, 2, 3, 4}));
}

void files(Seeds& seeds, const fs::path& scratch) {
  for (const auto& entry : fs::recursive_directory_iterator(THECA_SOURCE_DIR "/scenarios")) {
    if (entry.path().extension() != ".toml") continue;
    std::ifstream in{entry.path()};
    seeds.add("scenario", std::string{std::istreambuf_iterator<char>{in}, {}});
  }
  const Snapshot& from = snapshot(Life::kDelivering);
  Journal journal{*from.memory};
  journal.open();
  const std::string whole = journal_jsonl(journal);
  seeds.add("journal", whole);
  seeds.add("journal", whole.substr(0, whole.find('\n') + 1));
  seeds.add("journal", whole + R"({"place":100,"spoilt":[1,2,3,4,5,6]})" + "\n");
  seeds.add("journal", whole + R"({"place":100,"spoilt":[1,2,3,4]})" + "\n");
  seeds.add("journal", whole + whole);
  seeds.add("journal", "{\"place\":1}\n");

  const fs::path file = scratch / "trail";
  fs::remove(file);
  {
    auto trail = Trail::append_to(file);
    DeviceAct act;
    act.kind = DeviceAct::Kind::kPathReplaced;
    act.volume = microlitres(375);
    trail->add(act);
    act.kind = DeviceAct::Kind::kFilled;
    act.fluid = example::morphine(1, 20);
    trail->add(act);
    act.kind = DeviceAct::Kind::kMoved;
    act.steps = 100;
    trail->add(act);
    trail->beat(Instant{} + hours(1));
  }
  std::ifstream in{file};
  const std::string lines{std::istreambuf_iterator<char>{in}, {}};
  seeds.add("trail", lines);
  seeds.add("trail", lines + "{\"at_ms\":");

  for (const char* text :
       {"127.0.0.1:7400", "run/pump", "[::1]:65534", "host:0", ":1", "a/", "/tmp/x", "h:70000"})
    seeds.add("address", std::string{text});
  seeds.add("address", std::string(101, '/') + "x");

  air::Card card;
  card.public_key = from.public_key;
  card.implant = from.id;
  card.secret = from.card;
  if (air::write_card(card, scratch / "card")) seeds.add("card", air::read_private(scratch / "card").value());
  seeds.add("card", std::string{"{\"implant\":\"00\"}"});
}

}  // namespace
}  // namespace theca::fuzz

int main(int argc, char** argv) {
  using namespace theca::fuzz;
  if (argc != 2) {
    std::fputs("fuzz_seeds FOLDER\n", stderr);
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  const std::filesystem::path scratch = folder / "scratch";
  std::filesystem::create_directories(scratch);
  Seeds seeds{folder};
  frames(seeds);
  messages(seeds);
  signed_things(seeds);
  keyrings(seeds);
  conversations(seeds);
  visits(seeds);
  files(seeds, scratch);
  std::filesystem::remove_all(scratch);
  return 0;
}
