#pragma once
/// Where an attack is played: an implant's process with a radio and a coil, the clinic and the patient it
/// belongs to, and whoever listens.

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "air/card.hpp"
#include "air/socket_line.hpp"
#include "link/dialogue.hpp"
#include "link/order_talk.hpp"
#include "link/sodium.hpp"
#include "plan/library.hpp"
#include "verify/red_team.hpp"
#include "world/scenario.hpp"

namespace theca::verify {

using Frames = std::vector<std::vector<std::uint8_t>>;

/// Somebody at the radio: hears everything, can send anything, has no coil.
class Listener {
 public:
  explicit Listener(const air::Address& address);
  void send(link::Bytes frame) { socket_.send(frame); }
  /// What was heard within this time.
  Frames hear(Duration time);
  [[nodiscard]] const Frames& all() const { return all_; }

 private:
  air::Socket socket_;
  air::FrameStream stream_;
  Frames all_;
};

using Talk = link::Dialogue<link::Sodium, air::SocketLine>;
/// A session of somebody who may have one.
struct Session {
  air::SocketLine line;
  Talk talk;
  Session(air::SocketLine&& reached, const link::CallerKeys& keys)
      : line(std::move(reached)), talk(keys, line) {}
};

/// A coil that is held to the skin, and the number the implant gave it: the field stands.
struct Field {
  air::SocketLine line;
  link::NearFieldNonce number;
};

class Arena {
 public:
  /// Throws std::runtime_error with a sentence when the implant does not come up.
  Arena(const RedTeam& team, bool weak, std::string_view without);
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  void start(const std::string& scenario);  // "morphine_with_patient_boluses"
  void kill();                              // -9; start() again is a reboot
  /// Stops it, and what it counted about its link: one of "frames", "gate_looks", "handshakes", "sessions".
  std::int64_t counted(const std::string& what);

  // ---- those it belongs to --------------------------------------------------------------------------------
  void pair();
  /// Paired, and delivering what the scenario prescribes.
  void implant();
  std::unique_ptr<Session> as(Role role);
  std::unique_ptr<Session> with(const link::CallerKeys& keys);
  [[nodiscard]] link::CallerKeys keys_of(Role role);
  link::StatusReply status();
  /// Anybody's coil. Throws when the implant gives no number.
  [[nodiscard]] Field field() const;
  /// The order in bytes, and how it went.
  link::OrderBytes order(Session& session, double times_the_dose, std::size_t signers,
                         link::Outcome& outcome);
  link::Outcome offer(Session& session, const link::OrderBytes& order, std::size_t signers);
  link::Outcome commit(Session& session, const link::OrderBytes& order, Volume filled = Volume{});

  /// A programmer as a process of its own: `theca link` with these words, for the implant at `to`. What it
  /// prints as JSON; null when that is none.
  nlohmann::json programmer(const std::vector<std::string>& words, const std::string& to);
  /// `theca` with these words, of the kind that is attacked, printing into a file.
  [[nodiscard]] pid_t spawn_program(const std::vector<std::string>& words,
                                    const std::filesystem::path& prints) const;
  [[nodiscard]] std::filesystem::path card_file() const { return folder_ / "memory.card"; }

  [[nodiscard]] const air::Address& address() const { return address_; }
  [[nodiscard]] std::string listens_at() const { return (folder_ / "implant").string(); }
  [[nodiscard]] const air::Card& card() const { return card_; }
  /// As it lies in the programmer that has paired.
  [[nodiscard]] const link::Pair& said_at_pairing() const { return said_at_pairing_; }
  [[nodiscard]] const Scenario& scenario() const { return *scenario_; }
  [[nodiscard]] std::filesystem::path folder() const { return folder_; }
  [[nodiscard]] std::string log() const;
  [[nodiscard]] const Library& library() const { return library_; }

  link::Key clinic_seed{};
  std::uint32_t epoch = 0;
  std::int64_t certificate_age_s = 0;  // of those that are issued from now on

 private:
  [[nodiscard]] air::SocketLine near() const;
  std::array<std::uint8_t, link::kCertificateBytes> certificate(Role role, std::uint32_t capabilities,
                                                                const link::Key& subject,
                                                                std::uint32_t serial) const;
  void stop(int signal);
  /// A process that prints into a file of the folder.
  [[nodiscard]] pid_t spawn(std::vector<std::string> words, const std::filesystem::path& prints) const;
  [[nodiscard]] std::string program() const { return (weak_ ? team_.weak : team_.program).string(); }

  const RedTeam& team_;
  bool weak_;
  std::string without_;
  std::filesystem::path folder_;
  air::Address address_;
  Library library_;
  std::optional<Scenario> scenario_;
  pid_t process_ = -1;
  air::Card card_;
  link::Pair said_at_pairing_;
  link::Key clinic_secret_{}, patient_secret_{};
  std::array<link::Key, kRoleCount> secrets_{};
  std::array<link::Key, 2> signers_{};
  std::uint32_t intent_ = 0;
};

}  // namespace theca::verify
