#pragma once
/// The clinic's server speaks of requests, responses, problems and shapes in the words of the engine below
/// it.

#include "http/clock.hpp"
#include "http/front.hpp"
#include "http/problem.hpp"
#include "http/schema.hpp"
#include "http/serve.hpp"

namespace theca::server {

using http::Assets;
using http::BootClock;
using http::Ears;
using http::Field;
using http::FieldError;
using http::Front;
using http::Header;
using http::Method;
using http::Moment;
using http::Problem;
using http::Request;
using http::Response;
using http::Shape;

// What a row of the interface is made of.
using http::choice;
using http::flag;
using http::integer;
using http::list;
using http::needed;
using http::object;
using http::optional;
using http::text;

using http::check;
using http::is_safe;
using http::name_of;
using http::parse_json;
using http::problem;
using http::title_of;
using http::to_json_schema;
using http::to_response;

}  // namespace theca::server
