#include "cli/plan_command.hpp"

#include "cli/plan_commands.hpp"

namespace theca {

void add_plan_command(CLI::App& app, int& exit_code) {
  CLI::App* plan =
      app.add_subcommand("plan", "Reckon what a pump is to do or has done, with the formulas shown");
  plan->footer(
      "Values carry their unit and stand in quotes: \"20 mg/mL\", \"3 mg/day\", \"80 cm\".\n"
      "Example: theca plan bridge --from \"10 mg/mL\" --to \"20 mg/mL\" --dose \"3 mg/day\" \\\n"
      "                           --catheter \"80 cm\"\n"
      "Formulas and sources: docs/arithmetic.md");
  plan->require_subcommand(1);
  add_plan_bridge(*plan, exit_code);
  add_plan_prime(*plan, exit_code);
  add_plan_refill(*plan, exit_code);
  add_plan_residual(*plan, exit_code);
  add_plan_mix(*plan, exit_code);
  add_plan_constant_flow(*plan, exit_code);
  add_plan_convert(*plan, exit_code);
}

}  // namespace theca
