#pragma once
/// A request in, an answer out, and an implant on the air in between. docs/gateway.md

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "clinic/visiting.hpp"
#include "files/private_folder.hpp"
#include "gateway/books.hpp"
#include "gateway/pairing.hpp"
#include "gateway/visit.hpp"

namespace theca::gateway {

class Gateway {
 public:
  /// `files` outlives it. Refused where the folder holds no gateway.
  static std::expected<Gateway, std::string> open(Files& files);

  /// To a line without its end.
  [[nodiscard]] VisitAnswer answer_to(std::string_view request);
  [[nodiscard]] VisitAnswer visit(const VisitRequest& request);
  /// The pump's own journal, by the pass to read.
  [[nodiscard]] Linked<JournalRead> journal(const link::ShortId& implant);
  [[nodiscard]] link::Key key() const { return public_of(secret_); }

  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;
  Gateway(Gateway&& other) noexcept;
  Gateway& operator=(Gateway&&) = delete;
  ~Gateway();

 private:
  Gateway(Files& files, const link::Key& secret) : files_(&files), secret_(secret) {}

  VisitAnswer read(const ReadImplant& wanted);
  VisitAnswer send(const SendOrder& wanted);
  VisitAnswer settle(const SettleSend& wanted);
  VisitAnswer fill(const FillImplant& wanted);
  VisitAnswer settle(const SettleFill& wanted);
  /// This clinic's word about the gateway's own key, for this implant; over or not.
  [[nodiscard]] bool is_by(const link::Key& clinic, const CertificateBytes& pass,
                           const link::ShortId& implant) const;
  VisitAnswer pages(const ReadPages& wanted);
  VisitAnswer look_back(const LookBack& wanted);
  VisitAnswer lower(const LowerImplant& wanted);
  VisitAnswer begin(const BeginPairing& wanted);
  VisitAnswer pair(const PairImplant& wanted);
  Linked<SessionPtr> open_to(KnownImplant& implant, const CertificateBytes& pass);
  Linked<SessionPtr> open_to_read(KnownImplant& implant);

  Files* files_;
  link::Key secret_;
  std::optional<OpenPairing> pairing_;  // one lies under the coil at a time
};

}  // namespace theca::gateway
