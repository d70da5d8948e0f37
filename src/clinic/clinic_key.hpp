#pragma once
/// The key of a clinic: a file of its own outside the database, named by what it holds. Whoever has the
/// database without it reads no patient; whoever loses it has lost every patient, so it is kept twice, apart.

#include <filesystem>
#include <string>

#include "clinic/record_error.hpp"
#include "clinic/secret_key.hpp"

namespace theca::records {

/// Sixteen hexadecimal digits of a hash of the key: which file it stands in, and that it is the right one.
using KeyId = std::string;

/// A new key in `folder`, which is made when it is missing (0700). The file (0600) is on the disk when this
/// returns.
Recorded<KeyId> make_clinic_key(const std::filesystem::path& folder);
/// The same key in another folder; nothing where it stands there already.
Recorded<void> keep_clinic_key(const std::filesystem::path& folder, const SecretKey& key);
/// Refuses a file that is missing, open to others, somebody else's, or holds another key.
Recorded<SecretKey> read_clinic_key(const std::filesystem::path& folder, const KeyId& id);

}  // namespace theca::records
