#pragma once
/// A clinic around an attacked implant: a signer and a gateway in processes of their own, one physician with
/// an authenticator, and a server that is the attacker's: it has the sockets of both, and whatever was ever
/// told to it.

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "clinic/draft.hpp"
#include "clinic/signing.hpp"
#include "clinic/software_key.hpp"
#include "clinic/visiting.hpp"
#include "verify/arena.hpp"

namespace theca::verify {

class ClinicArena {
 public:
  /// The implant runs and belongs to nobody yet. Throws std::runtime_error with a sentence where something
  /// does not come up.
  explicit ClinicArena(Arena& arena);
  ~ClinicArena();
  ClinicArena(const ClinicArena&) = delete;
  ClinicArena& operator=(const ClinicArena&) = delete;

  // ---- what a server may do: ask both sockets -------------------------------------------------------------
  [[nodiscard]] Running read() const;
  [[nodiscard]] SigningAnswer sign(const SigningRequest& request) const;
  [[nodiscard]] VisitAnswer hand_over(const SendOrder& order) const;

  // ---- what a physician does ------------------------------------------------------------------------------
  /// Therapy of the scenario, at so much of its daily dose.
  [[nodiscard]] link::OrderBytes order(const Running& running, double times_the_dose) const;
  [[nodiscard]] PasskeyAssertion asserts(link::Bytes challenge);
  [[nodiscard]] static SigningRequest asked(const Running& running, const link::OrderBytes& order,
                                            PasskeyAssertion assertion);
  [[nodiscard]] static SendOrder sending(const Running& running, const link::OrderBytes& order,
                                         const SignedAnswer& answer, std::uint32_t intent);
  [[nodiscard]] const PasskeySite& site() const { return site_; }

 private:
  /// `theca <words>` to its end.
  void run(const std::vector<std::string>& words);
  pid_t serve(const std::vector<std::string>& words, const std::filesystem::path& socket);
  [[nodiscard]] std::string at(const char* name) const { return (arena_.folder() / name).string(); }

  Arena& arena_;
  PasskeySite site_{"clinic.example", "https://clinic.example"};
  SoftwareKey doctor_;
  std::vector<pid_t> serving_;
};

}  // namespace theca::verify
