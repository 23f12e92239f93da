#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "control/session.hpp"
#include "model/wire.hpp"

namespace belay {

/// What the host waits for and only the controller can do: send the source, ask the public URL. Done in a
/// thread of its own, so that records are shown meanwhile; the host is told the result over the session.
/// Destroying it stops it.
class Errand {
 public:
  struct Result {
    bool ok = false;
    std::string detail;
    std::optional<std::string> change{};  // wire::Tell::change
  };
  using Work = std::function<Result(std::stop_token)>;

  /// `answer` says what it answers; its result is filled in. An Error of `work` is told to the host as a
  /// failure: there the step that waits for it fails, is journalled and undone.
  Errand(Session&, wire::Tell answer, Work work);

  /// Stops it and waits. What was told, if it had come to its end.
  std::optional<wire::Tell> stopped();

 private:
  void go(Session&, const Work&, const std::stop_token&);

  std::mutex mutex_;
  wire::Tell answer_;
  bool told_ = false;
  std::jthread thread_;
};

}  // namespace belay
