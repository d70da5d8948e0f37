#include "body/neuraxis.hpp"

#include <algorithm>
#include <cmath>

namespace theca {

Neuraxis make_neuraxis(const Physiology& patient, const Kinetics& substance, std::size_t cells,
                       FaceFlow flow) {
  Neuraxis axis;
  axis.cell_length = patient.length / static_cast<double>(cells);
  const double dz = axis.cell_length;
  const auto edge = [&](std::size_t i) { return static_cast<double>(i) * dz; };
  for (std::size_t i = 0; i < cells; ++i) {
    axis.volume.push_back(integral(patient.csf_area, edge(i), edge(i + 1)));
    axis.leaf_volume.push_back(integral(patient.cord_area, edge(i), edge(i + 1)));
  }
  axis.volume.push_back(patient.cistern_volume);
  axis.leaf_volume.push_back(patient.brain_volume);

  // Uniform absorption: what enters at the junction is used up at the closed end.
  const double spinal = patient.spinal_absorption * patient.production;  // mL/min, caudad at the junction
  for (std::size_t i = 0; i < cells; ++i) {
    const double z = edge(i + 1);
    const bool junction = i + 1 == cells;
    const double q = -spinal * z / patient.length;  // rostral positive
    const double spread =
        at(patient.csf_area, z) * at(patient.dispersion, z) / (junction ? dz / 2 : dz);  // mL/min
    // At the junction the fluid comes out of the well-mixed cistern; elsewhere a flow that outruns the mixing
    // would carry a cell below nothing.
    const bool between = flow == FaceFlow::kCentral && !junction && std::abs(q) < 2 * spread;
    const double up = between ? q / 2 : std::max(q, 0.0), down = between ? q / 2 : std::min(q, 0.0);
    axis.rostral.push_back((spread + up) / axis.volume[i]);
    axis.caudal.push_back((spread - down) / axis.volume[i + 1]);
  }
  for (std::size_t i = 0; i < cells; ++i) {
    axis.into_leaf.push_back(substance.cord_exchange);
    axis.from_leaf.push_back(substance.cord_exchange * axis.volume[i] /
                             (substance.cord_partition * axis.leaf_volume[i]));
    axis.lost.push_back(substance.dural_loss + spinal / patient.length * dz / axis.volume[i]);
    axis.leaf_lost.push_back(substance.cord_to_plasma);
  }
  axis.into_leaf.push_back(substance.brain_exchange);
  axis.from_leaf.push_back(substance.brain_exchange * patient.cistern_volume /
                           (substance.brain_partition * patient.brain_volume));
  axis.lost.push_back((patient.production - spinal) / patient.cistern_volume);
  axis.leaf_lost.push_back(0);
  return axis;
}

std::vector<double> cells_in(const Neuraxis& axis, Span span) {
  std::vector<double> share(axis.cells());
  for (std::size_t i = 0; i < axis.cells(); ++i) {
    const double low = static_cast<double>(i) * axis.cell_length, high = low + axis.cell_length;
    share[i] = std::max(0.0, std::min(high, span.high) - std::max(low, span.low)) / (span.high - span.low);
  }
  return share;
}

std::vector<double> source_at(const Neuraxis& axis, double z) {
  std::vector<double> share(axis.nodes());
  const auto last = static_cast<double>(axis.cells() - 1);
  const double place = std::clamp(z / axis.cell_length - 0.5, 0.0, last);
  const auto cell = std::min(static_cast<std::size_t>(place), axis.cells() - 2);
  const double beyond = place - static_cast<double>(cell);
  share[cell] = 1 - beyond;
  share[cell + 1] = beyond;
  return share;
}

std::vector<double> source_in_volume(const Neuraxis& axis, double z, double volume) {
  // In fluid from the caudal end on, so that equal volumes hold equal amounts.
  std::vector<double> share(axis.nodes());
  double all = 0, before = 0;
  for (std::size_t i = 0; i < axis.cells(); ++i) all += axis.volume[i];
  const double inside = std::clamp(z / axis.cell_length, 0.0, static_cast<double>(axis.cells()));
  for (std::size_t i = 0; i < axis.cells(); ++i)
    before += axis.volume[i] * std::clamp(inside - static_cast<double>(i), 0.0, 1.0);
  const double width = std::min(volume, all);
  const double from = std::clamp(before - width / 2, 0.0, all - width);
  double edge = 0;
  for (std::size_t i = 0; i < axis.cells(); ++i) {
    const double low = std::max(edge, from), high = std::min(edge + axis.volume[i], from + width);
    if (high > low) share[i] = (high - low) / width;
    edge += axis.volume[i];
  }
  return share;
}

}  // namespace theca
