#pragma once
/// Every lasting field of the pump, named once, for writing and for reading alike. What is not named here is
/// reckoned again from what is.

#include "pump/pump.hpp"
#include "pump/record.hpp"

namespace theca {

struct Image {
  /// All records of the pump, one behind the other.
  static void write(const Pump& pump, RecordWriter& writer);
  /// Reads one record into the pump; false, and the pump's part is not to be used, when it holds a value that
  /// no pump writes.
  static bool read(Pump& pump, RecordId id, RecordReader reader);
  /// Reckons what follows from the fields that were read.
  static void complete(Pump& pump);
  /// Sum of the prescription, the limits and the safe states.
  static std::uint32_t seal_of(const Pump& pump);

 private:
  // The lists of fields; `P` is `Pump` or `const Pump`, as `Io` reads or writes.
  template <class Io, class P>
  static void list(Io& io, P& pump, RecordId id);
  template <class Io, class P>
  static void therapy(Io& io, P& pump);
  template <class Io, class P>
  static void delivery(Io& io, P& pump);
  template <class Io, class E>
  static void engine(Io& io, E& engine);
  template <class Io, class G>
  static void gate(Io& io, G& gate);
  template <class Io, class W>
  static void window(Io& io, W& window);
  template <class Io, class F>
  static void front(Io& io, F& front);
};

}  // namespace theca
