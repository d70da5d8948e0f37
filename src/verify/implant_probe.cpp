// A program of the implant rooms alone: every public header, every object, no C++ library. What it leaves
// undefined is held against implant_symbols.txt, on the host and for Cortex-M4.
#include "verify/implant_headers.hpp"

int main() { return 0; }
