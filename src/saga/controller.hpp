#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "model/wire.hpp"

namespace belay {

/// The one who watches a run from afar, as the executor knows it. ControlSocket implements it.
class Controller {
 public:
  virtual ~Controller() = default;
  /// What the controller told about `what`; empty if it told nothing within `limit`, if for
  /// `patience` none has been connected that could tell, or on stop.
  virtual std::optional<wire::Tell> wait_for(const std::string& what, std::chrono::milliseconds limit,
                                             std::chrono::milliseconds patience, std::stop_token) = 0;
  /// What the controller said with `what`, if it told it since it was taken last.
  virtual std::optional<std::string> take(const std::string& what) = 0;
};

/// Makes an executor's controller, in the executor's own process: by the run's nonce it knows who may speak,
/// and a cancel is requested of the stop source. A recovery has none.
using Hearing = std::function<std::unique_ptr<Controller>(const std::string& nonce, std::stop_source cancel)>;

}  // namespace belay
