#pragma once

#include <CLI/CLI.hpp>

namespace theca {

void add_plan_bridge(CLI::App& plan, int& exit_code);
void add_plan_prime(CLI::App& plan, int& exit_code);
void add_plan_refill(CLI::App& plan, int& exit_code);

}  // namespace theca
