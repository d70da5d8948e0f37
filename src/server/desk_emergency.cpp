// Break-glass from a page: less drug, at once.
#include "clinic/gateway_client.hpp"
#include "clinic/visits.hpp"
#include "server/desk_words.hpp"

namespace theca::server {

Desk::Answered Desk::lower(const Call& call) {
  const records::Actor actor = at_records(call.actor);
  const auto pump = [&] {
    const std::scoped_lock lock{mutex_};
    return records::pump(parts_.database, actor, records::PumpId{id_in(call, "pump")});
  }();
  if (!pump) return No(problem_for(pump.error()));
  // Nothing is written before it is asked: whoever suffocates does not wait for the records.
  const auto answer = ask_gateway(parts_.gateway, LowerImplant{pump->details.implant});
  SendOutcome outcome{link::Delivery::kUncertain, "", std::nullopt};
  if (answer && !*answer) return No(out_of_reach("The pump was not lowered: " + answer->error().why + "."));
  if (answer) outcome = std::get<SendOutcome>(**answer);
  if (!answer) outcome.message = "It is not known whether the pump is lowered: " + answer.error() + ".";
  const std::scoped_lock lock{mutex_};
  const auto noted = records::add_visit(parts_.database, actor, step_of(call, "lower"), pump->patient,
                                        {parts_.utc_ms(), records::VisitReason::kProblem,
                                         std::string{"Delivery lowered in an emergency: "} +
                                             theca::name_of(outcome.delivery) + ". " + outcome.message});
  return Answer{{{"state", theca::name_of(outcome.delivery)},
                 {"message", outcome.message},
                 {"in_the_records", noted.has_value()}},
                {}};
}

}  // namespace theca::server
