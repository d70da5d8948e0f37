#pragma once

#include <CLI/CLI.hpp>

namespace theca {

void add_plan_bridge(CLI::App& plan, int& exit_code);
void add_plan_prime(CLI::App& plan, int& exit_code);
void add_plan_refill(CLI::App& plan, int& exit_code);
void add_plan_constant_flow(CLI::App& plan, int& exit_code);
void add_plan_convert(CLI::App& plan, int& exit_code);
void add_plan_mix(CLI::App& plan, int& exit_code);
void add_plan_residual(CLI::App& plan, int& exit_code);

}  // namespace theca
