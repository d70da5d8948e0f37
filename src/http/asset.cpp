#include "http/asset.hpp"

#include <sodium.h>

#include <array>
#include <charconv>
#include <stdexcept>

namespace theca::http {
namespace {

constexpr std::size_t kTagBytes = 16;   // of a SHA-256
constexpr std::size_t kHashInName = 8;  // characters, as the pages' bundler writes them

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

/// Calls `each` with the parts of a list between `separator`s, trimmed.
template <class Each>
void split(std::string_view list, char separator, Each each) {
  while (!list.empty()) {
    const std::string_view part = list.substr(0, list.find(separator));
    list.remove_prefix(std::min(part.size() + 1, list.size()));
    each(trimmed(part));
  }
}

std::string tag_of(const std::string& bytes) {
  if (sodium_init() < 0) throw std::runtime_error("the cryptographic library does not start");
  std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
  crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  std::array<char, kTagBytes * 2 + 1> text{};
  sodium_bin2hex(text.data(), text.size(), hash.data(), kTagBytes);
  return text.data();
}

/// Thousandths; a weight that cannot be read counts as none.
int weight_of(std::string_view q) {
  double value = 0;
  const auto [end, error] = std::from_chars(q.data(), q.data() + q.size(), value);
  if (error != std::errc{} || end != q.data() + q.size() || !(value >= 0 && value <= 1)) return 0;
  return static_cast<int>(value * 1000);
}

const char* name_of(Coding coding) {
  return coding == Coding::kBr ? "br" : coding == Coding::kGzip ? "gzip" : "";
}

}  // namespace

Coding choose_coding(std::string_view accept_encoding, bool has_gzip, bool has_br) {
  int gzip = -1, br = -1, plain = -1, any = -1;
  split(accept_encoding, ',', [&](std::string_view part) {
    const std::string_view name = trimmed(part.substr(0, part.find(';')));
    int weight = 1000;
    const std::size_t q = part.find("q=");
    if (q != std::string_view::npos) weight = weight_of(trimmed(part.substr(q + 2)));
    if (name == "gzip" || name == "x-gzip") gzip = weight;
    if (name == "br") br = weight;
    if (name == "identity") plain = weight;
    if (name == "*") any = weight;
  });
  if (gzip < 0) gzip = std::max(any, 0);
  if (br < 0) br = std::max(any, 0);
  // Plain is always sent rather than nothing; it only wins where it is asked for more.
  if (plain < 0) plain = 0;
  if (has_br && br > 0 && br >= plain && (!has_gzip || br >= gzip)) return Coding::kBr;
  if (has_gzip && gzip > 0 && gzip >= plain) return Coding::kGzip;
  if (has_br && br > 0 && br >= plain) return Coding::kBr;
  return Coding::kPlain;
}

bool is_hashed_name(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos || dot < kHashInName + 1) return false;
  const std::string_view hash = name.substr(dot - kHashInName, kHashInName);
  // Eight letters of a plain word are no hash: one digit or capital at least.
  bool mixed = false;
  for (const char c : hash) {
    const bool lower = c >= 'a' && c <= 'z';
    const bool other = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (!lower && !other) return false;
    mixed = mixed || (other && c != '-' && c != '_');
  }
  return mixed && name[dot - kHashInName - 1] == '-';
}

Assets::Assets(std::vector<Asset> assets) {
  for (Asset& asset : assets) {
    std::string tag = tag_of(asset.bytes);
    std::string path = asset.path;
    held_.insert_or_assign(std::move(path), Held{std::move(asset), std::move(tag)});
  }
}

const Assets::Held* Assets::find(std::string_view path) const {
  const auto found = held_.find(path == "/" ? std::string_view{"/index.html"} : path);
  return found == held_.end() ? nullptr : &found->second;
}

bool Assets::has(std::string_view path) const { return find(path) != nullptr; }

std::optional<Response> Assets::answer(const Request& request) const {
  const Held* held = find(request.target.path);
  if (held == nullptr || (request.method != Method::kGet && request.method != Method::kHead))
    return std::nullopt;
  const Asset& asset = held->asset;
  const Coding coding =
      choose_coding(request.header("accept-encoding"), !asset.gzip.empty(), !asset.br.empty());

  std::string tag = "\"" + held->tag;
  if (coding != Coding::kPlain) tag += std::string{"-"} + name_of(coding);
  tag += '"';
  Response response{200, asset.content_type, {}, {}};
  response.headers.push_back({"ETag", tag});
  response.headers.push_back({"Vary", "Accept-Encoding"});
  response.headers.push_back(
      {"Cache-Control", is_hashed_name(asset.path) ? "public, max-age=31536000, immutable" : "no-cache"});
  bool known = false;
  split(request.header("if-none-match"), ',', [&](std::string_view one) {
    if (one.starts_with("W/")) one.remove_prefix(2);
    known = known || one == tag || one == "*";
  });
  if (known) {
    response.status = 304;
    response.content_type.clear();
    return response;
  }
  if (coding != Coding::kPlain) response.headers.push_back({"Content-Encoding", name_of(coding)});
  response.body = coding == Coding::kBr ? asset.br : coding == Coding::kGzip ? asset.gzip : asset.bytes;
  return response;
}

}  // namespace theca::http
