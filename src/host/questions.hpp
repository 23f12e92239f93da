#pragma once

#include <stop_token>

#include <boost/json/value.hpp>

#include "model/layout.hpp"
#include "model/wire.hpp"

namespace belay {

/// Answers a wire::Ask about this host; docs/architecture.md has the list.
/// All but "facts" first recover what a dead deployment left. Throws Error for an unknown question.
boost::json::value answer(const Layout&, const wire::Ask&, std::stop_token);

}  // namespace belay
