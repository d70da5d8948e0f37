#include "cli/result_folder.hpp"

#include <cstdlib>  // mkdtemp
#include <fstream>
#include <system_error>

namespace theca {
namespace {

namespace fs = std::filesystem;

std::expected<void, std::string> write_file(const fs::path& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.close();
  if (!out)
    return std::unexpected{"cannot write " + path.string() + "; is there room, and may you write there?"};
  return {};
}

std::expected<void, std::string> put_in_place(const fs::path& from, const fs::path& dir,
                                              std::span<const ResultFile> files) {
  std::error_code error;
  fs::create_directories(dir, error);
  if (error) return std::unexpected{"cannot make the folder " + dir.string() + ": " + error.message()};
  for (const ResultFile& file : files) {
    if (fs::is_directory(dir / file.name, error))
      return std::unexpected{(dir / file.name).string() + " is a folder, where a file of that name belongs"};
  }
  for (const ResultFile& file : files) {
    fs::rename(from / file.name, dir / file.name, error);
    if (error) return std::unexpected{"cannot write " + (dir / file.name).string() + ": " + error.message()};
  }
  return {};
}

}  // namespace

std::expected<void, std::string> write_results(std::span<const ResultFile> files, const fs::path& dir) {
  std::error_code error;
  fs::path target = fs::absolute(dir, error).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();
  if (fs::exists(target, error) && !fs::is_directory(target, error)) {
    return std::unexpected{target.string() + " is a file; name a folder for the results"};
  }
  fs::create_directories(target.parent_path(), error);
  std::string beside_name = target.string() + ".part-XXXXXX";
  if (error || mkdtemp(beside_name.data()) == nullptr) {
    return std::unexpected{"cannot make a folder in " + target.parent_path().string() +
                           "; may you write there?"};
  }
  const fs::path beside = beside_name;
  std::expected<void, std::string> done;
  for (const ResultFile& file : files) {
    if (done) done = write_file(beside / file.name, file.text);
  }
  if (done) done = put_in_place(beside, target, files);
  fs::remove_all(beside, error);
  return done;
}

}  // namespace theca
