#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.hpp"
#include "saga/controller.hpp"

namespace belay {

/// The executor's ear: a unix socket in the run's directory, to which sessions forward what their controller
/// says. A connection that stands means that a controller watches, who may answer unless it says that it will
/// not; answers wait here until a step asks for them.
class ControlSocket : public Controller {
 public:
  /// Binds and listens; the guard does so before anyone is told of the run.
  static Fd listen(const std::filesystem::path& run_directory);
  /// A session's end of it; empty if nobody listens (any more).
  static std::optional<Fd> connect(const std::filesystem::path& run_directory);

  /// `cancel` is requested when a controller says Cancel with this nonce.
  ControlSocket(Fd listener, std::string nonce, std::stop_source cancel);
  ~ControlSocket() override;

  std::optional<wire::Tell> wait_for(const std::string& what, std::chrono::milliseconds limit,
                                     std::chrono::milliseconds patience, std::stop_token) override;
  std::optional<std::string> take(const std::string& what) override;

 private:
  void serve(std::stop_token);
  void listen_to(Fd connection, std::stop_token);
  struct Connection {
    std::set<std::string> unable;  // what it will not answer
  };

  void heard(const std::string& line, Connection&);
  bool anyone_able(const std::string& what) const;  // with mutex_ held

  Fd listener_;
  std::string nonce_;
  std::stop_source cancel_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::string, wire::Tell> told_;
  std::list<Connection> connections_;  // guarded by mutex_, as all from told_ on
  /// When a controller left, or said that it will not answer.
  std::chrono::steady_clock::time_point last_connected_ = std::chrono::steady_clock::now();
  std::vector<std::jthread> readers_;
  std::jthread server_;
};

}  // namespace belay
