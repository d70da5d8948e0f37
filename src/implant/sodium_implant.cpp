#include "implant/sodium_implant.hpp"

namespace theca {

template class Implant<link::Sodium>;

}  // namespace theca
