#include "host/control_socket.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/line_reader.hpp"
#include "base/poll.hpp"
#include "base/stop_wake.hpp"

namespace belay {

namespace {

constexpr int backlog = 16;

/// A socket's path is limited to 107 bytes, a live directory's is not: the directory is named by its
/// descriptor.
struct ShortAddress {
  Fd directory;
  sockaddr_un address{};
};

ShortAddress address_in(const fs::path& run_directory) {
  ShortAddress made;
  made.directory.reset(::open(run_directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!made.directory) throw system_error("cannot open " + run_directory.string(), errno);
  made.address.sun_family = AF_UNIX;
  const auto path = fmt::format("/proc/self/fd/{}/control.sock", made.directory.get());
  std::memcpy(&made.address.sun_path[0], path.data(), path.size());
  return made;
}

Fd unix_socket() {
  Fd made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!made) throw system_error("cannot make a socket", errno);
  return made;
}

const sockaddr* generic(const ShortAddress& address) {
  return reinterpret_cast<const sockaddr*>(&address.address);
}

}  // namespace

Fd ControlSocket::listen(const fs::path& run_directory) {
  auto socket = unix_socket();
  const auto address = address_in(run_directory);
  if (::bind(socket.get(), generic(address), sizeof(sockaddr_un)) != 0 ||
      ::listen(socket.get(), backlog) != 0)
    throw system_error("cannot listen in " + run_directory.string(), errno);
  return socket;
}

std::optional<Fd> ControlSocket::connect(const fs::path& run_directory) {
  auto socket = unix_socket();
  const auto address = address_in(run_directory);
  if (::connect(socket.get(), generic(address), sizeof(sockaddr_un)) == 0) return socket;
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
  {
    const std::scoped_lock lock(mutex_);
    ++connections_;
  }
  LineReader reader(connection.get());
  std::string line;
  try {
    while (reader.next(line, stop, Deadline::never()) == LineReader::Status::line) heard(line);
  } catch (const Error&) {
    // A session that speaks nonsense is a session that is gone: its controller attaches again.
  }
  const std::scoped_lock lock(mutex_);
  --connections_;
  last_connected_ = std::chrono::steady_clock::now();
  changed_.notify_all();
}

void ControlSocket::heard(const std::string& line) {
  const auto message = wire::decode_to_host(line);
  if (const auto* tell = std::get_if<wire::Tell>(&message); tell != nullptr && tell->nonce == nonce_) {
    const std::scoped_lock lock(mutex_);
    told_.try_emplace(tell->what, *tell);  // the first answer wins
    changed_.notify_all();
  } else if (const auto* cancel = std::get_if<wire::Cancel>(&message);
             cancel != nullptr && cancel->nonce == nonce_) {
    cancel_.request_stop();
  }
}

std::optional<wire::Tell> ControlSocket::wait_for(const std::string& what, std::chrono::milliseconds limit,
                                                  std::chrono::milliseconds patience, std::stop_token stop) {
  const auto until = std::chrono::steady_clock::now() + limit;
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (const auto found = told_.find(what); found != told_.end()) return found->second;
    const auto time = std::chrono::steady_clock::now();
    if (time >= until || (connections_ == 0 && time - last_connected_ >= patience)) return std::nullopt;
    const auto next = connections_ == 0 ? std::min(until, last_connected_ + patience) : until;
    changed_.wait_until(lock, stop, next, [&] { return told_.contains(what) || connections_ == 0; });
    if (connections_ == 0 && !told_.contains(what))  // somebody may attach again
      changed_.wait_for(lock, stop, std::chrono::milliseconds(100), [&] { return told_.contains(what); });
  }
  return std::nullopt;
}

bool ControlSocket::take(const std::string& what) {
  const std::scoped_lock lock(mutex_);
  return told_.erase(what) > 0;
}

}  // namespace belay
