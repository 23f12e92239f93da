#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "drivers/docker.hpp"

namespace belay {

/// Watches containers on the Engine's event stream, so that a candidate that dies is noticed when it dies.
/// Stands before the first start and goes on until destroyed; survives a restart of the Engine.
class ContainerWatch {
 public:
  /// Returns when the stream stands: what happens from now on is seen. An end of one of `may_end` with exit code 0 is
  /// no death.
  ContainerWatch(docker::Engine, std::vector<std::string> ids, const std::vector<std::string>& may_end = {});
  ~ContainerWatch();
  ContainerWatch(const ContainerWatch&) = delete;
  ContainerWatch& operator=(const ContainerWatch&) = delete;

  struct Death {
    std::string id, how;  // "exited with code 1", "killed: out of memory", …
  };
  /// The first death seen, if any.
  std::optional<Death> death() const;
  /// Requested when a watched container dies: whatever waits on it wakes.
  std::stop_token died() const { return died_.get_token(); }

 private:
  void follow(const std::stop_token&);
  void seen(const docker::Event&);
  void look_once();
  std::string how_it_ended(const std::string& id, const std::string& exit_code);
  void report(const std::string& id, std::string how);

  docker::Engine engine_;
  std::set<std::string> ids_, may_end_;
  mutable std::mutex mutex_;
  std::condition_variable standing_changed_;
  bool standing_ = false;
  // Of the following thread alone.
  std::set<std::string> out_of_memory_;
  std::int64_t last_event_nano_ = 0;

  std::optional<Death> death_;
  std::stop_source died_;
  std::jthread thread_;
};

/// A stop token that is requested when either of two is.
class EitherStop {
 public:
  EitherStop(std::stop_token one, std::stop_token other);
  std::stop_token token() const { return source_.get_token(); }

 private:
  struct Request {
    std::stop_source& source;
    void operator()() const { source.request_stop(); }
  };
  std::stop_source source_;
  std::stop_callback<Request> one_, other_;
};

}  // namespace belay
