#pragma once
/// What can be asked of an implant over the link, one row each. An operation that has no row does not exist:
/// its code is refused. What each carries stands in link/message.hpp.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace theca {

/// The code on the air. Codes are never used again for something else.
enum class Opcode : std::uint8_t {
  kReady = 0x01,
  kReadStatus = 0x02,
  kReadOwn = 0x03,
  kReadOrder = 0x04,
  kReadJournal = 0x05,
  kReadPage = 0x06,
  kReadFirmware = 0x07,
  kReadOwnTherapy = 0x08,
  kOffer = 0x10,
  kOfferSignature = 0x11,
  kOfferBlock = 0x12,
  kDiscard = 0x13,
  kCommit = 0x14,
  kStop = 0x20,
  kResume = 0x21,
  kRefill = 0x22,
  kRequestBolus = 0x23,
  kSetClock = 0x24,
  kAcknowledgeAlarms = 0x25,
  kAcknowledgeJournal = 0x26,
  kExplant = 0x27,
  kEraseSecrets = 0x28,
  kLower = 0x29,
  kCutBolus = 0x2A,
  kPair = 0x30,
  kPairPatient = 0x31,
  kRaiseEpoch = 0x32,
  kRenew = 0x33,
  kTransfer = 0x34,
  kRefuseTransfer = 0x35,
  kClaim = 0x36,
  kAuthoriseFirmware = 0x40,
  kOfferFirmware = 0x41,
  kFirmwareBlock = 0x42,
  kTryFirmware = 0x43,
};

enum class OpcodeKind : std::uint8_t {
  kRead,     // changes nothing
  kPrepare,  // changes nothing that lasts: an offer in RAM
  kChange,   // changes something that lasts, and stands in the journal
};

struct OpcodeRow {
  Opcode opcode;
  OpcodeKind kind;
  const char* name;
  const char* text;
};

inline constexpr std::array kOpcodes{
    OpcodeRow{Opcode::kReady, OpcodeKind::kRead, "ready",
              "The first record: it proves that the caller holds the session's keys."},
    OpcodeRow{Opcode::kReadStatus, OpcodeKind::kRead, "read status",
              "Mode, flow, alarms, volumes, counters."},
    OpcodeRow{Opcode::kReadOwn, OpcodeKind::kRead, "read own", "What a patient is told of the own pump."},
    OpcodeRow{Opcode::kReadOrder, OpcodeKind::kRead, "read order",
              "Part of the order that runs, or of the one offered, as the implant has decoded it."},
    OpcodeRow{Opcode::kReadJournal, OpcodeKind::kRead, "read journal", "Entries of the journal."},
    OpcodeRow{Opcode::kReadPage, OpcodeKind::kRead, "read page",
              "By coil, without a key: is the pump running, and what alarms stand."},
    OpcodeRow{Opcode::kReadFirmware, OpcodeKind::kRead, "read firmware",
              "Which program runs, and how far an update is."},
    OpcodeRow{Opcode::kReadOwnTherapy, OpcodeKind::kRead, "read own therapy",
              "What a patient is told of the own prescription: drugs, daily volumes, doses to be asked for."},
    OpcodeRow{Opcode::kOffer, OpcodeKind::kPrepare, "offer", "Begins to hand over a signed order."},
    OpcodeRow{Opcode::kOfferSignature, OpcodeKind::kPrepare, "offer signature",
              "A signature of the order on offer."},
    OpcodeRow{Opcode::kOfferBlock, OpcodeKind::kPrepare, "offer block", "A part of the order on offer."},
    OpcodeRow{Opcode::kDiscard, OpcodeKind::kPrepare, "discard", "Drops the order on offer."},
    OpcodeRow{Opcode::kCommit, OpcodeKind::kChange, "commit", "Takes the order on offer."},
    OpcodeRow{Opcode::kStop, OpcodeKind::kChange, "stop", "Stops delivery."},
    OpcodeRow{Opcode::kResume, OpcodeKind::kChange, "resume", "Goes on with what was stopped."},
    OpcodeRow{Opcode::kRefill, OpcodeKind::kChange, "refill",
              "More of the same fluid, under the same prescription."},
    OpcodeRow{Opcode::kRequestBolus, OpcodeKind::kChange, "request bolus",
              "Asks for a dose that is allotted."},
    OpcodeRow{Opcode::kSetClock, OpcodeKind::kChange, "set clock", "Tells the time of day."},
    OpcodeRow{Opcode::kAcknowledgeAlarms, OpcodeKind::kChange, "acknowledge alarms",
              "Alarms were seen; those that tell of something past end."},
    OpcodeRow{Opcode::kAcknowledgeJournal, OpcodeKind::kChange, "acknowledge journal",
              "The clinic holds the journal up to an entry."},
    OpcodeRow{Opcode::kExplant, OpcodeKind::kChange, "explant",
              "Out of the patient: gives nothing any more."},
    OpcodeRow{Opcode::kEraseSecrets, OpcodeKind::kChange, "erase secrets",
              "Erases all that tells of the patient."},
    OpcodeRow{Opcode::kLower, OpcodeKind::kChange, "lower",
              "By coil, without a key: less drug for a signed time (break-glass)."},
    OpcodeRow{Opcode::kCutBolus, OpcodeKind::kChange, "cut bolus",
              "Ends the bolus that is being given; basal goes on."},
    OpcodeRow{Opcode::kPair, OpcodeKind::kChange, "pair", "The implant belongs to a clinic from now on."},
    OpcodeRow{Opcode::kPairPatient, OpcodeKind::kChange, "pair patient",
              "A patient's programmer gets a secret of its own."},
    OpcodeRow{Opcode::kRaiseEpoch, OpcodeKind::kChange, "raise epoch",
              "Certificates of earlier epochs are refused from now on."},
    OpcodeRow{Opcode::kRenew, OpcodeKind::kChange, "renew",
              "The clinic's programmers get a new secret; the one before opens until it was used."},
    OpcodeRow{Opcode::kTransfer, OpcodeKind::kChange, "transfer",
              "Promises the implant to another clinic. Until that has come all stays as it is."},
    OpcodeRow{Opcode::kRefuseTransfer, OpcodeKind::kChange, "refuse transfer",
              "Takes the promise to another clinic back."},
    OpcodeRow{Opcode::kClaim, OpcodeKind::kChange, "claim",
              "By coil, without a key: two of the registry's three promise the implant to another clinic. It "
              "may come a day later."},
    OpcodeRow{Opcode::kAuthoriseFirmware, OpcodeKind::kChange, "authorise firmware",
              "A physician lets this one firmware come, for a while."},
    OpcodeRow{Opcode::kOfferFirmware, OpcodeKind::kChange, "offer firmware",
              "Header and two vendor signatures; begins the transfer, or goes on with it."},
    OpcodeRow{Opcode::kFirmwareBlock, OpcodeKind::kChange, "firmware block",
              "The next part of the image; with the last one all of it is verified."},
    OpcodeRow{Opcode::kTryFirmware, OpcodeKind::kChange, "try firmware",
              "At the next start the verified program is on trial."},
};
inline constexpr std::size_t kOpcodeCount = kOpcodes.size();

/// Place in the table; nothing for a code that is none.
constexpr std::optional<std::size_t> place_of(Opcode opcode) {
  for (std::size_t i = 0; i < kOpcodeCount; ++i) {
    if (kOpcodes[i].opcode == opcode) return i;
  }
  return std::nullopt;
}

static_assert([] {
  for (std::size_t i = 1; i < kOpcodeCount; ++i) {
    if (kOpcodes[i - 1].opcode >= kOpcodes[i].opcode) return false;
  }
  return true;
}());

/// What an implant says to it.
enum class LinkAnswer : std::uint8_t {
  kDone = 0,
  kRefusedByPump,  // the pump's own refusal is told with it
  kNotThisRole,
  kNotInThisState,
  kUnknown,
  kMalformed,
  kNothingOffered,
  kOfferIncomplete,
  kOfferForeign,
  kOfferTooOld,
  kDigestDiffers,
  kSignatureWrong,
  kSignerNotAllowed,
  kOrderMalformed,
  kOtherImplant,
  kNumberNotNext,
  kParentDiffers,
  kSettingsDiffer,
  kSecondSigner,
  kSequenceDiffers,
  kMemory,
  kRandom,
  kNotKept,
  kNotTheHeir,
  kNotAuthorised,
  kOtherDevice,
  kCounterTooLow,
  kBlockNotNext,
  kNotAtThisStage,
};
struct LinkAnswerRow {
  LinkAnswer answer;
  const char* name;
  const char* text;
};
inline constexpr std::array kLinkAnswers{
    LinkAnswerRow{LinkAnswer::kDone, "done", "Done."},
    LinkAnswerRow{LinkAnswer::kRefusedByPump, "refused by the pump",
                  "The pump refuses; its reason stands beside."},
    LinkAnswerRow{LinkAnswer::kNotThisRole, "not this role", "This role may never do that."},
    LinkAnswerRow{LinkAnswer::kNotInThisState, "not in this state",
                  "This role may do that, but not as the implant is now."},
    LinkAnswerRow{LinkAnswer::kUnknown, "unknown", "The implant knows no such operation."},
    LinkAnswerRow{LinkAnswer::kMalformed, "malformed",
                  "The message has a wrong length, or a value outside its range."},
    LinkAnswerRow{LinkAnswer::kNothingOffered, "nothing offered", "No order is on offer."},
    LinkAnswerRow{LinkAnswer::kOfferIncomplete, "offer incomplete",
                  "Parts of the order on offer are missing."},
    LinkAnswerRow{LinkAnswer::kOfferForeign, "offer foreign",
                  "A part came twice, out of its place or of another order: the offer is discarded."},
    LinkAnswerRow{LinkAnswer::kOfferTooOld, "offer too old",
                  "The offer was not committed in time and is discarded."},
    LinkAnswerRow{LinkAnswer::kDigestDiffers, "digest differs", "The digest is not that of the order."},
    LinkAnswerRow{LinkAnswer::kSignatureWrong, "signature wrong",
                  "A signature or its certificate is not right."},
    LinkAnswerRow{
        LinkAnswer::kSignerNotAllowed, "signer not allowed",
        "The certificate is outside its time, of an old epoch, for another implant, or not for signing."},
    LinkAnswerRow{LinkAnswer::kOrderMalformed, "order malformed", "The bytes are no order."},
    LinkAnswerRow{LinkAnswer::kOtherImplant, "other implant", "The order is for another implant."},
    LinkAnswerRow{LinkAnswer::kNumberNotNext, "number not next",
                  "The order's number is not above the last one taken."},
    LinkAnswerRow{LinkAnswer::kParentDiffers, "parent differs",
                  "The order was written behind another one than the one that runs."},
    LinkAnswerRow{
        LinkAnswer::kSettingsDiffer, "settings differ",
        "The order states a path, an alarm level or ceilings that its kind does not change and that "
        "are not the implant's."},
    LinkAnswerRow{LinkAnswer::kSecondSigner, "second signer needed",
                  "The change is larger than one signer may order at one visit."},
    LinkAnswerRow{LinkAnswer::kSequenceDiffers, "sequence differs",
                  "Somebody changed something since this programmer last read the implant."},
    LinkAnswerRow{LinkAnswer::kMemory, "memory", "The implant's memory does not take it."},
    LinkAnswerRow{LinkAnswer::kRandom, "random", "The implant has no random numbers that it trusts."},
    LinkAnswerRow{LinkAnswer::kNotKept, "done and not kept",
                  "It is done, and the implant's memory has not taken it: a loss of power would undo it. The "
                  "pump has to be replaced."},
    LinkAnswerRow{LinkAnswer::kNotTheHeir, "not the heir",
                  "The implant is promised to another clinic than this one, or the promise was taken back."},
    LinkAnswerRow{LinkAnswer::kNotAuthorised, "not authorised",
                  "No physician has authorised this firmware, or it is too long ago."},
    LinkAnswerRow{LinkAnswer::kOtherDevice, "other class of device",
                  "The firmware is for another class of device."},
    LinkAnswerRow{LinkAnswer::kCounterTooLow, "security counter too low",
                  "The firmware's security counter was passed, or was reached by another image."},
    LinkAnswerRow{LinkAnswer::kBlockNotNext, "block not next",
                  "Another block of the firmware comes next; its number stands beside."},
    LinkAnswerRow{LinkAnswer::kNotAtThisStage, "not at this stage",
                  "The update is not as far, or the program that runs stands on trial."},
};
inline constexpr std::size_t kLinkAnswerCount = kLinkAnswers.size();
constexpr const LinkAnswerRow& row_of(LinkAnswer answer) {
  return kLinkAnswers[static_cast<std::size_t>(answer)];
}

static_assert([] {
  for (std::size_t i = 0; i < kLinkAnswerCount; ++i) {
    if (static_cast<std::size_t>(kLinkAnswers[i].answer) != i) return false;
  }
  return true;
}());

}  // namespace theca
