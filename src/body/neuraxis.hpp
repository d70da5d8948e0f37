#pragma once
/// The compartments of one substance in one patient: cells of spinal fluid in a row, the cistern behind the
/// last, a leaf of tissue on each (cord; brain on the cistern). A comb, so no way leads round, and every rate
/// is a share of an amount: nothing is made and nothing is lost. docs/model.md
///
/// The fluid absorbed along the spine takes its solute with it; fresh fluid enters the cistern without any.

#include <cstddef>
#include <vector>

#include "body/physiology.hpp"

namespace theca {

/// How the bulk flow crosses a face: between two cells' concentrations (second order), or with that of the
/// cell it comes from (first order, never below zero).
enum class FaceFlow { kCentral, kUpwind };

struct Neuraxis {
  double cell_length = 0;  // cm
  // Of node i; the last one is the cistern.
  std::vector<double> volume;       // mL of fluid
  std::vector<double> leaf_volume;  // mL of tissue
  // Shares of an amount in a minute.
  std::vector<double> rostral;    // of node i to i + 1; one less than there are nodes
  std::vector<double> caudal;     // of node i + 1 to i
  std::vector<double> into_leaf;  // of node i to its leaf
  std::vector<double> from_leaf;
  std::vector<double> lost;       // of node i to plasma: absorption, dura
  std::vector<double> leaf_lost;  // of a leaf to plasma

  [[nodiscard]] std::size_t nodes() const { return volume.size(); }
  [[nodiscard]] std::size_t cells() const { return volume.size() - 1; }
  /// Middle of a cell in cm.
  [[nodiscard]] double middle(std::size_t cell) const {
    return (static_cast<double>(cell) + 0.5) * cell_length;
  }
};

inline constexpr std::size_t kSpinalCells = 120;  // half a centimetre

Neuraxis make_neuraxis(const Physiology& patient, const Kinetics& substance, std::size_t cells = kSpinalCells,
                       FaceFlow flow = FaceFlow::kCentral);

/// The share of a span that each cell holds, by length; a mean over the span is the sum of cells times
/// shares. `span` lies inside the canal.
std::vector<double> cells_in(const Neuraxis& axis, Span span);

// How a source falls on the nodes: shares whose sum is 1. `z` is kept inside the canal.

/// On the two cells around z, so that its first moment is kept.
std::vector<double> source_at(const Neuraxis& axis, double z);
/// Evenly in a volume of fluid around z, moved to lie inside the canal.
std::vector<double> source_in_volume(const Neuraxis& axis, double z, double volume);

}  // namespace theca
