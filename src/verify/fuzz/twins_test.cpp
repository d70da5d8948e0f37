// Decoders and ciphers with something taken out: the corpus, and what is changed from it, sees each of them.
#include <gtest/gtest.h>

#include "verify/fuzz/certificate.hpp"
#include "verify/fuzz/frame.hpp"
#include "verify/fuzz/gate.hpp"
#include "verify/fuzz/handshake.hpp"
#include "verify/fuzz/prescription.hpp"
#include "verify/fuzz/replay.hpp"

namespace theca::fuzz {
namespace {

constexpr std::uint64_t kSeed = 1;

void expect_seen(const char* name, const Target& twin, int count = 4'000) {
  const std::string seen = broken_by_corpus(twin, name, kSeed, count);
  EXPECT_NE(seen, "") << "nobody sees it";
  EXPECT_NE(seen, "no corpus");
}

TEST(FuzzTwins, a_frame_whose_length_nobody_looks_at_is_seen) {
  expect_seen("frame", [](Bytes data) {
    Script script{data};
    script.byte();
    frame_holds(script.bytes(data.size()), [](Bytes bytes) -> std::optional<link::FrameView> {
      if (bytes.size() < link::kFrameHead || bytes.size() > link::kMostFrame) return std::nullopt;
      return link::FrameView{static_cast<link::FrameType>(bytes[1]), bytes.subspan(link::kFrameHead)};
    });
  });
}

TEST(FuzzTwins, a_stream_that_forgets_what_it_waits_for_is_seen) {
  class Forgetful : public air::FrameStream {
   public:
    void add(const std::vector<std::uint8_t>& bytes) {
      static_cast<air::FrameStream&>(*this) = air::FrameStream{};
      air::FrameStream::add(bytes);
    }
  };
  expect_seen("frame", [](Bytes data) {
    Script script{data};
    const std::size_t piece = 1 + std::size_t{script.byte()};
    stream_holds<Forgetful>(script.bytes(data.size()), piece);
  });
}

TEST(FuzzTwins, a_prescription_whose_unused_slots_may_hold_anything_is_seen) {
  expect_seen("prescription", [](Bytes data) {
    (void)prescription_holds(
        exactly<kPrescriptionBytes>(data),
        [](const PrescriptionBytes& bytes) -> std::expected<Prescription, DecodeFailure> {
          const auto decoded = decode(bytes);
          if (!decoded && decoded.error().error == DecodeError::kUnusedNotZero)
            return decode_unchecked(bytes);
          return decoded;
        });
  });
}

TEST(FuzzTwins, a_prescription_whose_ranges_nobody_checks_is_seen) {
  expect_seen("prescription", [](Bytes data) {
    (void)prescription_holds(
        exactly<kPrescriptionBytes>(data),
        [](const PrescriptionBytes& bytes) -> std::expected<Prescription, DecodeFailure> {
          const auto decoded = decode(bytes);
          if (!decoded && decoded.error().error == DecodeError::kValueOutOfRange)
            return decode_unchecked(bytes);
          return decoded;
        });
  });
}

/// A version that is not known, read as one that is.
struct AnyVersion {
  template <class M>
  static std::optional<M> read(Bytes bytes) {
    Blob copy = blob(bytes);
    if (!copy.empty()) copy[0] = link::kCertificateVersion;
    return link::read<M>(copy);
  }
};
TEST(FuzzTwins, a_certificate_whose_version_nobody_checks_is_seen) {
  expect_seen("certificate", [](Bytes data) { certificate_holds<Sodium, AnyVersion>(data); });
}

/// Every value is taken as it comes.
struct AnyValue {
  struct Reader : link::WireReader {
    using WireReader::WireReader;
    template <class T>
    void upto(const char* name, const char* meaning, T& value, std::type_identity_t<T>) {
      number(name, meaning, value);
    }
  };
  template <class M>
  static std::optional<M> read(Bytes bytes) {
    if (bytes.size() != link::kWireBytes<M>) return std::nullopt;
    M message{};
    Reader reader{bytes};
    M::fields(reader, message);
    return message.consistent() ? std::optional{message} : std::nullopt;
  }
};
TEST(FuzzTwins, a_message_whose_ranges_nobody_checks_is_seen) {
  expect_seen("certificate", [](Bytes data) { certificate_holds<Sodium, AnyValue>(data); });
}

struct AnySignature : Sodium {
  static bool verify(const link::Key&, const link::Hash&, const std::array<std::uint8_t, 64>&) {
    return true;
  }
};
TEST(FuzzTwins, a_signature_that_nobody_verifies_is_seen) {
  expect_seen("certificate", [](Bytes data) { certificate_holds<AnySignature>(data); });
}

/// Opens what is sealed without looking at the tag: the stream that seals twice is the text.
struct NoTags : Sodium {
  static bool open(link::Room out, const link::Key& key, std::uint64_t nonce, Bytes associated,
                   Bytes sealed) {
    if (sealed.size() < link::kTagBytes) return false;
    Blob text(sealed.size());
    seal(text, key, nonce, associated, sealed.first(sealed.size() - link::kTagBytes));
    std::copy_n(text.begin(), sealed.size() - link::kTagBytes, out.begin());
    return true;
  }
};
TEST(FuzzTwins, a_handshake_that_looks_at_no_tag_is_seen) {
  expect_seen(
      "handshake", [](Bytes data) { handshake_holds<NoTags>(data); }, 1'000);
}

struct AllEqual : Sodium {
  static bool equal(Bytes, Bytes) { return true; }
};
TEST(FuzzTwins, a_gate_that_opens_for_any_tag_is_seen) {
  expect_seen(
      "gate", [](Bytes data) { gate_holds<AllEqual>(data); }, 200);
}

}  // namespace
}  // namespace theca::fuzz
