#include "gateway/gateway.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "air/break_glass.hpp"
#include "air/change.hpp"
#include "air/private_file.hpp"
#include "quantity/text.hpp"

namespace theca::gateway {
namespace {

std::unexpected<NoVisit> no_visit(std::string why) { return std::unexpected(NoVisit{std::move(why)}); }

std::int64_t utc_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

const char* words_of(link::Delivery delivery) {
  switch (delivery) {
    case link::Delivery::kConfirmed:
      return "The implant has taken it.";
    case link::Delivery::kFailed:
      return "The implant has not taken it, for certain.";
    case link::Delivery::kUncertain:
      break;
  }
  return "It is not known whether the implant has taken it: read the implant again before anything else.";
}

/// By the order that runs first: a change that came behind it hides the intent.
link::Delivery what_became(const link::StatusReply& status, const link::Hash& digest, std::uint32_t sequence,
                           std::uint32_t intent) {
  if (status.order == digest) return link::Delivery::kConfirmed;
  if (status.sequence == sequence) return link::Delivery::kFailed;
  // Its own intent, and another order: that was another change under the same name, unless the order was
  // lost.
  const bool told_apart = status.intent != intent || status.order != link::Hash{};
  return status.sequence == sequence + 1 && told_apart ? link::Delivery::kFailed : link::Delivery::kUncertain;
}

/// What the implant runs, read once more.
SendOutcome confirmed(LinkSession& session, const Reach& reach, const link::Hash& digest) {
  SendOutcome outcome{link::Delivery::kConfirmed, words_of(link::Delivery::kConfirmed), std::nullopt};
  const auto runs = read_running(session.talk, reach);
  if (runs && runs->order) outcome.runs = link::written(*runs->order);
  if (runs && runs->status.order != digest) {
    outcome.delivery = link::Delivery::kUncertain;
    outcome.message = words_of(outcome.delivery);
  }
  return outcome;
}

}  // namespace

Gateway::Gateway(Gateway&& other) noexcept
    : files_(other.files_), secret_(other.secret_), pairing_(std::move(other.pairing_)) {
  link::Sodium::wipe(other.secret_);
}
Gateway::~Gateway() { link::Sodium::wipe(secret_); }

std::expected<Gateway, std::string> Gateway::open(Files& files) {
  const auto secret = read_key(files);
  if (!secret) return std::unexpected(secret.error());
  return Gateway{files, *secret};
}

VisitAnswer Gateway::answer_to(std::string_view line) {
  const auto request = parse_visit_request(line);
  if (!request) return no_visit(request.error());
  return visit(*request);
}

VisitAnswer Gateway::visit(const VisitRequest& request) {
  if (const auto* wanted = std::get_if<ReadImplant>(&request)) return read(*wanted);
  if (const auto* wanted = std::get_if<SettleSend>(&request)) return settle(*wanted);
  if (const auto* wanted = std::get_if<FillImplant>(&request)) return fill(*wanted);
  if (const auto* wanted = std::get_if<SettleFill>(&request)) return settle(*wanted);
  if (const auto* wanted = std::get_if<ReadPages>(&request)) return pages(*wanted);
  if (const auto* wanted = std::get_if<LookBack>(&request)) return look_back(*wanted);
  if (const auto* wanted = std::get_if<LowerImplant>(&request)) return lower(*wanted);
  if (const auto* wanted = std::get_if<BeginPairing>(&request)) return begin(*wanted);
  if (const auto* wanted = std::get_if<PairImplant>(&request)) return pair(*wanted);
  return send(std::get<SendOrder>(request));
}

Linked<SessionPtr> Gateway::open_to(KnownImplant& implant, const CertificateBytes& pass) {
  return gateway::open_to(*files_, implant, secret_, pass);
}

Linked<SessionPtr> Gateway::open_to_read(KnownImplant& implant) {
  const auto pass = read_pass(*files_);
  if (!pass) return std::unexpected(LinkFailure{pass.error(), LinkFailure::Kind::kInput});
  return open_to(implant, *pass);
}

VisitAnswer Gateway::read(const ReadImplant& wanted) {
  auto implant = read_implant(*files_, wanted.implant);
  if (!implant) return no_visit(implant.error());
  const auto session = open_to_read(*implant);
  if (!session) return no_visit(session.error().why);
  const auto running = read_running((*session)->talk, implant->reach);
  if (!running) return no_visit(running.error().why);
  ImplantSaid said{.status = link::written(running->status), .order = {}};
  if (running->order) said.order = link::written(*running->order);
  return said;
}

Linked<JournalRead> Gateway::journal(const link::ShortId& id) {
  auto implant = read_implant(*files_, id);
  if (!implant) return std::unexpected(LinkFailure{implant.error(), LinkFailure::Kind::kInput});
  const auto session = open_to_read(*implant);
  if (!session) return std::unexpected(session.error());
  return read_journal((*session)->talk, implant->reach);
}

VisitAnswer Gateway::send(const SendOrder& wanted) {
  const auto order = link::read<link::Order>(wanted.order);
  if (!order) return no_visit("the bytes to send are no order");
  const bool fills = order->kind == link::OrderKind::kImplant || order->kind == link::OrderKind::kRefill;
  const link::Bedside& bedside = wanted.bedside;
  const bool filled = bedside.filled.raw() != 0 || bedside.left_in.raw() != 0 || bedside.aspirated_told;
  if (filled && !fills) return no_visit("no fill comes with an order of this kind");
  const link::Hash digest = link::digest_of<link::Sodium>(wanted.order);
  auto implant = read_implant(*files_, order->implant);
  if (!implant) return no_visit(implant.error());
  auto session = open_to(*implant, wanted.pass);
  if (!session) return no_visit(session.error().why);
  const auto status = ask((*session)->talk, implant->reach, link::ReadStatus{});
  if (!status) return no_visit(status.error().why);
  // Taken before, and its answer lost; or something else came meanwhile.
  const auto became = what_became(*status, digest, wanted.sequence, wanted.intent);
  if (became == link::Delivery::kConfirmed) return confirmed(**session, implant->reach, digest);
  if (status->sequence != wanted.sequence) return SendOutcome{became, words_of(became), std::nullopt};

  const auto judged = offer_and_read_back((*session)->talk, implant->reach, wanted.order, wanted.signatures);
  if (!judged) return no_visit(judged.error().why);  // an offer that is not committed changes nothing
  if (judged->answer != LinkAnswer::kDone)
    return SendOutcome{link::Delivery::kFailed, text_of(*judged), std::nullopt};
  link::Commit commit;
  commit.sequence = wanted.sequence;
  commit.intent = wanted.intent;
  commit.number = order->number;
  commit.digest = digest;
  static_cast<link::Bedside&>(commit) = bedside;
  if (order->kind == link::OrderKind::kImplant) commit.utc_ms = utc_ms();
  const Told told = change(
      *session, [&] { return open_to(*implant, wanted.pass); }, implant->reach, Role::kPhysician, commit);
  SendOutcome outcome{told.delivery, words_of(told.delivery), std::nullopt};
  if (told.delivery == link::Delivery::kConfirmed && *session)
    outcome = confirmed(**session, implant->reach, digest);
  // The implant's own words: why not, or that it could not write it down and has to be replaced.
  if (told.outcome && told.outcome->answer != LinkAnswer::kDone) outcome.message = text_of(*told.outcome);
  return outcome;
}

VisitAnswer Gateway::settle(const SettleSend& wanted) {
  auto implant = read_implant(*files_, wanted.implant);
  if (!implant) return no_visit(implant.error());
  const auto session = open_to_read(*implant);
  if (!session) return no_visit(session.error().why);
  const auto status = ask((*session)->talk, implant->reach, link::ReadStatus{});
  if (!status) return no_visit(status.error().why);
  const auto became = what_became(*status, wanted.digest, wanted.sequence, wanted.intent);
  return SendOutcome{became, words_of(became), std::nullopt};
}

VisitAnswer Gateway::fill(const FillImplant& wanted) {
  const auto certificate = link::read<link::RoleCertificate>(wanted.pass);
  if (!certificate) return no_visit("the pass is none");
  auto implant = read_implant(*files_, wanted.implant);
  if (!implant) return no_visit(implant.error());
  auto session = open_to(*implant, wanted.pass);
  if (!session) return no_visit(session.error().why);
  link::Refill message;
  static_cast<link::Bedside&>(message) = wanted.bedside;
  message.sequence = wanted.sequence;
  message.intent = wanted.intent;
  message.fluid = wanted.fluid;
  const Told told = change(
      *session, [&] { return open_to(*implant, wanted.pass); }, implant->reach, certificate->role, message);
  SendOutcome outcome{told.delivery, words_of(told.delivery), std::nullopt};
  if (told.outcome && told.outcome->answer != LinkAnswer::kDone) outcome.message = text_of(*told.outcome);
  return outcome;
}

VisitAnswer Gateway::settle(const SettleFill& wanted) {
  auto implant = read_implant(*files_, wanted.implant);
  if (!implant) return no_visit(implant.error());
  const auto session = open_to_read(*implant);
  if (!session) return no_visit(session.error().why);
  const auto status = ask((*session)->talk, implant->reach, link::ReadStatus{});
  if (!status) return no_visit(status.error().why);
  link::Change change;
  change.sequence = wanted.sequence;
  change.intent = wanted.intent;
  const auto became = link::settle(change, status->sequence, status->intent);
  return SendOutcome{became, words_of(became), std::nullopt};
}

VisitAnswer Gateway::lower(const LowerImplant& wanted) {
  const auto implant = read_implant(*files_, wanted.implant);
  if (!implant) return no_visit(implant.error());
  const auto lowered = lower_by_coil(implant->reach);
  if (!lowered) return no_visit(lowered.error().why);
  using enum link::Delivery;
  if (!lowered->outcome) return SendOutcome{kUncertain, words_of(kUncertain), std::nullopt};
  if (lowered->outcome->answer != LinkAnswer::kDone)
    return SendOutcome{kFailed, text_of(*lowered->outcome), std::nullopt};
  std::string message = words_of(kConfirmed);
  if (lowered->page)
    message = fmt::format(
        "Delivery stays lowered for {}, and no bolus is given meanwhile; then what ran before "
        "comes back by itself.",
        to_text(lowered->page->lowered_for, minutes(1)));
  return SendOutcome{kConfirmed, message, std::nullopt};
}

VisitAnswer Gateway::begin(const BeginPairing& wanted) {
  // Where a pairing's answer was lost the secret that was kept may open nothing, and the card opens it still.
  if (auto known = read_implant(*files_, wanted.implant); known && open_to_read(*known))
    return no_visit(
        fmt::format("implant {} is paired with this clinic already and needs no card: write it in by that "
                    "id, as a pump that was paired before",
                    air::to_hex(wanted.implant)));
  const auto coil = read_coil(*files_);
  if (!coil) return no_visit(coil.error());
  pairing_.reset();  // what lay there before is there no more
  auto opened = open_with_card(
      *coil, {.implant = wanted.implant, .public_key = wanted.public_key, .secret = wanted.secret}, secret_);
  if (!opened) return no_visit(opened.error().why);
  const auto status = ask(opened->session->talk, *coil, link::ReadStatus{});
  if (!status) return no_visit(status.error().why);
  pairing_ = std::move(*opened);
  return PairingBegun{.status = link::written(*status), .number = pairing_->session->talk.number()};
}

bool Gateway::is_by(const link::Key& clinic, const CertificateBytes& pass,
                    const link::ShortId& implant) const {
  const auto certificate = link::read<link::RoleCertificate>(pass);
  return certificate &&
         link::check<link::Sodium>(*certificate, public_of(secret_), link::kMaySpeak,
                                   {.clinic = clinic, .implant = implant}) == link::CertificateFault::kNone;
}

VisitAnswer Gateway::pair(const PairImplant& wanted) {
  if (!pairing_ || pairing_->implant.id != wanted.implant || !pairing_->session->talk.alive())
    return no_visit("the session with that implant is over: nothing was told to it; read its card again");
  const auto message = opened_with(secret_, wanted.pairing);
  if (!message) return no_visit("what the signer gave was not sealed for this gateway; nothing was told");
  // Anybody can seal for the gateway, and a fresh implant takes any clinic's key: whose this gateway is, the
  // pass says that was put into its folder.
  const auto own = read_pass(*files_);
  if (!own) return no_visit(own.error());
  if (!is_by(message->clinic, *own, wanted.implant) || !is_by(message->clinic, wanted.pass, wanted.implant))
    return no_visit("what came is not of this gateway's own clinic; nothing was told to the implant");
  // One try each: whatever comes of it, the session is used up.
  OpenPairing open = *std::exchange(pairing_, std::nullopt);
  using enum link::Delivery;
  const auto secret = make_ours(open, *message);
  if (!secret)
    return SendOutcome{secret.error() ? kFailed : kUncertain,
                       secret.error() ? text_of(*secret.error())
                                      : "It is not known whether the implant has taken it. Its card opens it "
                                        "until it was: read it again.",
                       std::nullopt};
  // Kept before it is used: from its first use on the card opens nothing.
  open.implant.secrets = {*secret};
  if (const auto kept = keep_implant(*files_, open.implant); !kept)
    return SendOutcome{
        kUncertain, kept.error() + ". The implant's card opens it still: read it again once that is mended.",
        std::nullopt};
  const auto session = open_to(open.implant, wanted.pass);
  if (!session)
    return SendOutcome{kUncertain,
                       "The implant is this clinic's, and did not answer since: " + session.error().why,
                       std::nullopt};
  if (const auto patients = make_patients_secret(**session, open.implant.reach)) {
    if (const auto kept = keep_patients_secret(*files_, wanted.implant, *patients); kept)
      return SendOutcome{kConfirmed, "The implant is this clinic's now. Its card opens nothing any more.",
                         std::nullopt};
  }
  return SendOutcome{
      kConfirmed,
      "The implant is this clinic's now, and its card opens nothing any more. For its patient's "
      "programmer there is no secret yet.",
      std::nullopt};
}

VisitAnswer Gateway::pages(const ReadPages& wanted) {
  auto implant = read_implant(*files_, wanted.implant);
  if (!implant) return no_visit(implant.error());
  const auto session = open_to_read(*implant);
  if (!session) return no_visit(session.error().why);
  auto told = read_pages((*session)->talk, implant->reach, wanted.from);
  if (!told) return no_visit(told.error().why);
  return *std::move(told);
}

VisitAnswer Gateway::look_back(const LookBack& wanted) {
  auto implant = read_implant(*files_, wanted.implant);
  if (!implant) return no_visit(implant.error());
  const auto session = open_to_read(*implant);
  if (!session) return no_visit(session.error().why);
  const auto status = ask((*session)->talk, implant->reach, link::ReadStatus{});
  if (!status) return no_visit(status.error().why);
  const auto told = read_fills((*session)->talk, implant->reach, status->now);
  if (!told) return no_visit(told.error().why);
  return *told;
}

}  // namespace theca::gateway
