#pragma once
/// A study on one patient: what its probes see, and what is made of it.

#include <vector>

#include "body/study.hpp"

namespace theca {

/// What a study saw in one patient: a course for each probe, and how much came to the blood.
struct StudyCourses {
  std::vector<double> minutes;               // rising, 0 first; at a bolus twice, before and after it
  std::vector<std::vector<double>> courses;  // by probe, by time
  double dosed_ug = 0, absorbed_ug = 0;
};

/// What a titration hangs on beside the body. Doses by hand hang on none of it.
struct Implanted {
  double tip_shift = 0;   // cm from where the tip was meant to lie, rostral positive
  double flow_error = 0;  // share of the counted flow that is too much, or missing (below 0)
  double proneness = 0;   // to side effects, in standard deviations; below 0: has them earlier than others
};

/// Doses by hand by the reference solver; a titration, which takes years, in twenty decays.
StudyCourses courses_of(const Study& study, const Individual& who, const Anatomy& anatomy,
                        const Implanted& implanted = {});

/// A quantity of its own study in its own unit; not a number when the courses do not have it, and of those
/// that are not made of courses.
double value_of(const Study& study, const StudyQuantity& quantity, const StudyCourses& courses);

}  // namespace theca
