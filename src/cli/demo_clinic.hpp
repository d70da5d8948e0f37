#pragma once
/// A demo's clinic, made the way a real one is: pumps paired, a signer with the clinic's key, a gateway that
/// it names, records with people and patients, and a first order for each pump, signed and read back.

#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "link/order.hpp"

namespace theca {

struct DemoPump {
  const char* scenario;  // of scenarios/: the pump's model, the catheter, the patient and the first order
  const char* serial;
  bool on_the_shelf = false;  // paired, and without an order: its first one is written at the pages
};
/// The pumps of the demo's patients that a radio reaches.
std::vector<const DemoPump*> demo_pumps();
/// One in its pack, which nobody has yet: it lies under the gateway's coil, and is paired at the pages.
const DemoPump& demo_pump_in_its_pack();
std::filesystem::path scenario_file(const DemoPump& pump);

/// Where the parts of one clinic lie, all below one folder.
struct ClinicPlaces {
  std::filesystem::path folder;
  [[nodiscard]] std::filesystem::path link() const { return folder / "link"; }
  [[nodiscard]] std::filesystem::path signer() const { return folder / "signer"; }
  [[nodiscard]] std::filesystem::path gateway() const { return folder / "gateway"; }
  [[nodiscard]] std::filesystem::path server() const { return folder / "server"; }
  [[nodiscard]] std::filesystem::path handheld() const { return folder / "handheld"; }
  [[nodiscard]] std::filesystem::path log(const std::string& name) const {
    return folder / "log" / (name + ".log");
  }
  [[nodiscard]] std::filesystem::path pump(std::size_t n) const {
    return folder / ("pump-" + std::to_string(n + 1) + ".nvm");
  }
  [[nodiscard]] std::filesystem::path pump_in_its_pack() const { return pump(demo_pumps().size()); }
  [[nodiscard]] std::filesystem::path card_of_it() const { return pump_in_its_pack().string() + ".card"; }
};

/// Keys, people and patients. Every pump of demo_pumps() runs already, at `pumps_at` in their order. Errors
/// are sentences; what comes back are the ids of the pumps. `database`: "postgresql://...", of its own;
/// empty: an SQLite file in the folder.
std::expected<std::vector<link::ShortId>, std::string> make_demo_clinic(
    const ClinicPlaces& places, const std::string& origin, const std::string& database,
    const std::vector<std::string>& pumps_at);

/// The pass of a day, and where the pumps are this time; before the gateway starts, and twice a day.
std::expected<void, std::string> renew_read_pass(const ClinicPlaces& places);
std::expected<void, std::string> tell_pumps_places(const ClinicPlaces& places,
                                                   const std::vector<link::ShortId>& implants,
                                                   const std::vector<std::string>& pumps_at,
                                                   const std::string& coil_at);

/// The programmer of the first pump's patient, with a key of its own, the clinic's certificate and an
/// emergency card; nothing where there is one. `pump_at`: where its pump is this time.
std::expected<void, std::string> make_demo_handheld(const ClinicPlaces& places, const link::ShortId& implant,
                                                    const std::string& pump_at);

/// The first order of each pump that has none and is not to stay on the shelf, through the signer and the gateway that run.
std::expected<void, std::string> order_first_therapies(const ClinicPlaces& places,
                                                       const std::vector<link::ShortId>& implants,
                                                       const std::filesystem::path& signer_socket,
                                                       const std::filesystem::path& gateway_socket);

}  // namespace theca
