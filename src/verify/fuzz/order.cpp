#include "link/order.hpp"

#include "implant/offering.hpp"
#include "verify/fuzz/people.hpp"
#include "verify/fuzz/prescription.hpp"
#include "verify/fuzz/round_trip.hpp"
#include "verify/fuzz/targets.hpp"

namespace theca::fuzz {
namespace {

/// Handed over in blocks it is what it was; a part out of its place discards all of it.
void blocks_hold(const link::OrderBytes& bytes, Script& script) {
  Offering offering;
  link::Offer offer;
  offer.digest = link::digest_of<Sodium>(bytes);
  offer.signers = static_cast<std::uint8_t>(1 + script.byte() % 2);
  offering.begin(offer, Instant{0});
  const std::uint8_t wrong = script.byte();  // this part is not as it should be
  std::uint8_t part = 0;
  for (std::uint8_t i = 0; i < offer.signers; ++i, ++part) {
    link::OfferSignature signature;
    signature.index = part == wrong ? static_cast<std::uint8_t>(1 - i) : i;
    if (!offering.add(signature)) return hold(!offering.any() && part == wrong, "only a wrong part discards");
  }
  for (std::uint8_t i = 0; i < link::kOrderBlocks; ++i, ++part) {
    link::OfferBlock block{i, link::block_of(bytes, i)};
    if (part == wrong) block.index = script.byte() % link::kOrderBlocks;
    if (part == wrong && block.index == i) block.bytes.back() ^= 1;
    const bool fits = offering.add(block);
    const bool last_is_wrong = part == wrong && i + 1 == link::kOrderBlocks;
    hold(fits ? part != wrong || !last_is_wrong : part == wrong, "a block counts in its place alone");
    if (!fits) return hold(!offering.any() && !offering.complete(), "and discards all else");
    if (part == wrong) return;
  }
  hold(offering.complete() && offering.bytes() == bytes, "the blocks together are the order");
  hold(offering.signers().size() == offer.signers && offering.digest() == offer.digest, "as it was offered");
  hold(
      offering.too_old(Instant{0} + kOfferLasts + Duration{1}) && !offering.too_old(Instant{0} + kOfferLasts),
      "an offer lasts its time");
}

}  // namespace

void order(Bytes data) {
  Script script{data};
  const std::uint8_t how = script.byte();
  const auto bytes = exactly<link::kOrderBytes>(script.bytes(link::kOrderBytes));
  blocks_hold(bytes, script);
  reads_back<link::Order>(data);  // of any length
  auto order = reads_back<link::Order>(bytes);
  if (!order) return;
  const auto prescription = prescription_holds(order->prescription, decode);

  // Judged by an implant in a patient, for which it names the right implant and parent or not.
  static Rig<Sodium> rig{*snapshot(Life::kDelivering).memory, 5};
  if ((how & 1) != 0) order->implant = rig.implant().id();
  if ((how & 2) != 0) order->parent = rig.implant().stored().order();
  OrderBackground background{rig.implant().stored().pump(), rig.implant().id(),
                             rig.implant().stored().order(), std::nullopt, 1 + std::size_t{(how & 4) != 0}};
  if ((how & 8) != 0) background.before = usual_order(link::OrderKind::kPrescribe, 2);
  const Judged judged = judge(*order, background);
  if (judged.outcome.answer != LinkAnswer::kDone) return;
  hold(prescription && judged.prescription == *prescription, "what may be taken is what was decoded");
  hold(order->implant == rig.implant().id() && order->parent == rig.implant().stored().order() &&
           order->number == prescription->number && order->number > background.pump.newest_prescription(),
       "for this implant, after the order that runs");
  if (order->kind == link::OrderKind::kImplant) return;
  const PumpModel& model = background.pump.model();
  hold(check(*prescription, model, order->path, order->ceilings, background.pump.newest_prescription() + 1)
           .empty(),
       "and within the pump's limits and its own ceilings");
}

}  // namespace theca::fuzz
