#include "host/control_socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <sys/socket.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/line_reader.hpp"
#include "base/poll.hpp"
#include "base/stop_wake.hpp"
#include "base/unix_address.hpp"

namespace belay {

namespace {

constexpr int backlog = 16;

fs::path socket_in(const fs::path& run_directory) {
  return run_directory / "control.sock";
}

}  // namespace

Fd ControlSocket::listen(const fs::path& run_directory) {
  auto socket = unix_socket(SOCK_STREAM);
  if (!UnixAddress(socket_in(run_directory)).bind(socket) || ::listen(socket.get(), backlog) != 0)
    throw system_error("cannot listen in " + run_directory.string(), errno);
  return socket;
}

std::optional<Fd> ControlSocket::connect(const fs::path& run_directory) {
  auto socket = unix_socket(SOCK_STREAM);
  if (UnixAddress(socket_in(run_directory)).connect(socket)) return socket;
  if (errno == ENOENT || errno == ECONNREFUSED) return std::nullopt;
  throw system_error("cannot reach the executor in " + run_directory.string(), errno);
}

ControlSocket::ControlSocket(Fd listener, std::string nonce, std::stop_source cancel)
    : listener_(std::move(listener)), nonce_(std::move(nonce)), cancel_(std::move(cancel)) {
  server_ = std::jthread([this](std::stop_token stop) { serve(stop); });
}

ControlSocket::~ControlSocket() {
  server_.request_stop();
  if (server_.joinable()) server_.join();
  for (auto& reader : readers_) reader.request_stop();
}

void ControlSocket::serve(std::stop_token stop) {
  const StopWake wake(stop);
  while (!stop.stop_requested()) {
    std::array<pollfd, 2> wanted{{{listener_.get(), POLLIN, 0}, {wake.fd(), POLLIN, 0}}};
    if (!poll_until(wanted, Deadline::never()) || wanted[1].revents != 0) continue;
    Fd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!connection) continue;  // it went away again
    readers_.emplace_back([this, moved = std::move(connection)](std::stop_token reader_stop) mutable {
      listen_to(std::move(moved), reader_stop);
    });
  }
}

void ControlSocket::listen_to(Fd connection, std::stop_token stop) {
  const auto own = [&] {
    const std::scoped_lock lock(mutex_);
    return connections_.emplace(connections_.end());
  }();
  LineReader reader(connection.get());
  std::string line;
  try {
    while (reader.next(line, stop, Deadline::never()) == LineReader::Status::line) heard(line, *own);
  } catch (const Error&) {
    // A session that speaks nonsense is a session that is gone: its controller attaches again.
  }
  const std::scoped_lock lock(mutex_);
  connections_.erase(own);
  last_connected_ = std::chrono::steady_clock::now();
  changed_.notify_all();
}

void ControlSocket::heard(const std::string& line, Connection& from) {
  const auto message = wire::decode_to_host(line);
  if (const auto* tell = std::get_if<wire::Tell>(&message); tell != nullptr && tell->nonce == nonce_) {
    const std::scoped_lock lock(mutex_);
    told_.try_emplace(tell->what, *tell);  // the first answer wins
    changed_.notify_all();
  } else if (const auto* cancel = std::get_if<wire::Cancel>(&message);
             cancel != nullptr && cancel->nonce == nonce_) {
    cancel_.request_stop();
  } else if (const auto* unable = std::get_if<wire::Unable>(&message);
             unable != nullptr && unable->nonce == nonce_) {
    const std::scoped_lock lock(mutex_);
    from.unable.insert(unable->what);
    last_connected_ = std::chrono::steady_clock::now();
    changed_.notify_all();
  }
}

bool ControlSocket::anyone_able(const std::string& what) const {
  return std::ranges::any_of(connections_, [&](const Connection& one) { return !one.unable.contains(what); });
}

std::optional<wire::Tell> ControlSocket::wait_for(const std::string& what, std::chrono::milliseconds limit,
                                                  std::chrono::milliseconds patience, std::stop_token stop) {
  const auto until = std::chrono::steady_clock::now() + limit;
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (const auto found = told_.find(what); found != told_.end()) return found->second;
    const auto time = std::chrono::steady_clock::now();
    const bool alone = !anyone_able(what);
    if (time >= until || (alone && time - last_connected_ >= patience)) return std::nullopt;
    const auto next = alone ? std::min(until, last_connected_ + patience) : until;
    changed_.wait_until(lock, stop, next, [&] { return told_.contains(what) || !anyone_able(what); });
    if (!anyone_able(what) && !told_.contains(what))  // somebody may attach again
      changed_.wait_for(lock, stop, std::chrono::milliseconds(100), [&] { return told_.contains(what); });
  }
  return std::nullopt;
}

std::optional<std::string> ControlSocket::take(const std::string& what) {
  const std::scoped_lock lock(mutex_);
  const auto told = told_.extract(what);
  return told ? std::optional(told.mapped().detail) : std::nullopt;
}

}  // namespace belay
