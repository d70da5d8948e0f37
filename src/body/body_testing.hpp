#pragma once
/// A patient and substances for the tests of this room: the files of data/, and canals that have an answer on
/// paper.

#include "body/anatomy.hpp"
#include "body/neuraxis.hpp"
#include "body/physiology.hpp"
#include "body/substance.hpp"

namespace theca::example {

inline const Sources& sources() {
  static const Sources kAll = [] {
    std::vector<DataError> errors;
    return load_sources(THECA_DATA_DIR, errors);
  }();
  return kAll;
}
inline const Anatomy& adult() {
  static const Anatomy kAdult = load_anatomy(THECA_DATA_DIR, sources()).value();
  return kAdult;
}
inline const std::vector<Substance>& substances() {
  static const std::vector<Substance> kAll = load_substances(THECA_DATA_DIR, sources()).value();
  return kAll;
}
inline const Substance& substance(const char* name) { return *find_substance(substances(), name); }
inline Kinetics kinetics(const char* name) {
  Kinetics k = centre_of(substance(name));
  k.subcutaneous_ka = adult().subcutaneous_ka.value;
  return k;
}

/// A tube of one area and one dispersion; nothing is produced, lost or exchanged, until somebody says so.
inline Physiology tube(double length, double area, double dispersion) {
  Physiology p;
  p.length = length;
  p.csf_area = {{0, area}, {length, area}};
  p.cord_area = {{0, 0.5}, {length, 0.5}};
  p.dispersion = {{0, dispersion}, {length, dispersion}};
  p.cistern_volume = 30;
  p.brain_volume = 30;
  return p;
}
inline Kinetics inert() {
  Kinetics k;
  k.plasma_volume = {5'000, 0, 0};
  return k;
}

}  // namespace theca::example
