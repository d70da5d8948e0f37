#include "clinic/clinic_key.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "clinic/encoding.hpp"
#include "files/whole_file.hpp"

namespace theca::records {
namespace {

constexpr std::string_view kBegins = "theca clinic key 1 ";
constexpr mode_t kOthers = S_IRWXG | S_IRWXO;

std::filesystem::path file_of(const std::filesystem::path& folder, const KeyId& id) {
  return folder / (id + ".key");
}

KeyId id_of(const SecretKey& key) {
  std::array<std::uint8_t, crypto_generichash_BYTES> hash{};
  const auto purpose = bytes_of("theca clinic key id 1");
  crypto_generichash(hash.data(), hash.size(), purpose.data(), purpose.size(), key.bytes.data(),
                     key.bytes.size());
  return hex(Bytes{hash}.first(8));
}

std::unexpected<RecordError> wrong(const std::filesystem::path& path, const std::string& why) {
  return failed(RecordFault::kKey, fmt::format("{}: {}", path.string(), why));
}

Recorded<void> private_folder(const std::filesystem::path& folder) {
  struct stat there {};
  if (::stat(folder.c_str(), &there) != 0) return wrong(folder, std::strerror(errno));
  if (!S_ISDIR(there.st_mode)) return wrong(folder, "is no folder");
  if ((there.st_mode & kOthers) != 0)
    return wrong(folder, "is for keys and is open to others; chmod 700 it if you trust it still");
  return {};
}

Recorded<void> write_key(const std::filesystem::path& folder, const SecretKey& key) {
  if (::mkdir(folder.c_str(), S_IRWXU) != 0 && errno != EEXIST) return wrong(folder, std::strerror(errno));
  if (const auto fit = private_folder(folder); !fit) return fit;
  std::string text = fmt::format("{}{}\n", kBegins, hex(key.bytes));
  const auto written = write_whole(file_of(folder, id_of(key)), text, S_IRUSR | S_IWUSR);
  sodium_memzero(text.data(), text.size());
  if (!written) return failed(RecordFault::kKey, written.error());
  return {};
}

}  // namespace

Recorded<KeyId> make_clinic_key(const std::filesystem::path& folder) {
  const SecretKey key = SecretKey::random();
  if (const auto written = write_key(folder, key); !written) return std::unexpected(written.error());
  return id_of(key);
}

Recorded<void> keep_clinic_key(const std::filesystem::path& folder, const SecretKey& key) {
  if (read_clinic_key(folder, id_of(key))) return {};
  return write_key(folder, key);
}

Recorded<SecretKey> read_clinic_key(const std::filesystem::path& folder, const KeyId& id) {
  const auto path = file_of(folder, id);
  if (const auto fit = private_folder(folder); !fit) return std::unexpected(fit.error());
  const OpenFile file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
  if (!file.is_open())
    return wrong(path, fmt::format("{}; this clinic's patients open with this key alone, put it back",
                                   std::strerror(errno)));
  struct stat there {};
  if (::fstat(file.fd(), &there) != 0) return wrong(path, std::strerror(errno));
  if (!S_ISREG(there.st_mode)) return wrong(path, "is no file");
  if (there.st_uid != ::geteuid()) return wrong(path, "holds a key and belongs to somebody else");
  if ((there.st_mode & kOthers) != 0)
    return wrong(path, "holds a key and is open to others; chmod 600 it if you trust it still");
  std::array<char, 256> read{};
  const ssize_t length = ::read(file.fd(), read.data(), read.size());
  std::string text(read.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
  sodium_memzero(read.data(), read.size());
  SecretKey key;
  const bool shaped = text.size() == kBegins.size() + 2 * key.bytes.size() + 1 && text.starts_with(kBegins) &&
                      text.ends_with('\n');
  auto bytes =
      shaped ? from_hex(std::string_view{text}.substr(kBegins.size(), 2 * key.bytes.size())) : std::nullopt;
  sodium_memzero(text.data(), text.size());
  if (!bytes) return wrong(path, "is no clinic's key");
  std::ranges::copy(*bytes, key.bytes.begin());
  sodium_memzero(bytes->data(), bytes->size());
  if (id_of(key) != id) return wrong(path, "holds another key than its name says");
  return key;
}

}  // namespace theca::records
