#include "drivers/tcp_connect.hpp"

#include <algorithm>
#include <cerrno>
#include <span>
#include <vector>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "drivers/name_lookup.hpp"

namespace belay {
namespace {

constexpr std::chrono::milliseconds head_start{250};

/// The attempts under way towards one host.
class Race {
 public:
  Race(std::span<const Address> addresses, const Limits& limits) : waiting_(addresses), limits_(limits) {}

  Io run(Fd& winner) {
    while (true) {
      if (!waiting_.empty() && start_due()) start(winner);
      if (winner) return {};
      if (running_.empty() && waiting_.empty()) return Io::failed(why_);
      if (running_.empty()) continue;
      if (Io waited = wait(winner); !waited.ok()) return waited;
      if (winner) return {};
    }
  }

 private:
  bool start_due() const { return running_.empty() || next_start_.expired(); }

  void start(Fd& winner) {
    const Address& address = waiting_.front();
    waiting_ = waiting_.subspan(1);
    next_start_ = Deadline::in(head_start);
    Fd made(::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!made) return lose(errno);
    if (::connect(made.get(), reinterpret_cast<const sockaddr*>(&address.bytes), address.size) == 0) {
      winner = std::move(made);
    } else if (errno == EINPROGRESS) {
      running_.push_back(std::move(made));
    } else {
      lose(errno);
    }
  }

  /// Until an attempt ends, the next one is due, or the limits are reached.
  Io wait(Fd& winner) {
    std::vector<pollfd> polled{{limits_.wake_fd(), POLLIN, 0}};
    for (const Fd& fd : running_) polled.push_back({fd.get(), POLLOUT, 0});
    int patience = limits_.deadline().poll_milliseconds();
    if (!waiting_.empty()) patience = std::min(patience, next_start_.poll_milliseconds());
    const int ready = ::poll(polled.data(), polled.size(), patience);
    if (ready < 0 && errno != EINTR) return Io::failed(reason_of(errno));
    if (ready <= 0) return limits_.deadline().expired() ? Io{Io::Status::deadline} : Io{};
    if (polled[0].revents != 0) return {Io::Status::stopped};
    for (std::size_t i = running_.size(); i-- > 0;)
      if (polled[i + 1].revents != 0) finish(i, winner);
    return {};
  }

  void finish(std::size_t i, Fd& winner) {
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(running_[i].get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    if (error == 0) {
      winner = std::move(running_[i]);
    } else {
      lose(error);
    }
    running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
  }

  /// A refusal says more than "network is unreachable" from an address family this machine does not have.
  void lose(int error) {
    if (why_.empty() || error == ECONNREFUSED) why_ = reason_of(error);
  }

  std::span<const Address> waiting_;  // not tried yet
  const Limits& limits_;
  std::vector<Fd> running_;
  Deadline next_start_ = Deadline::never();
  std::string why_;
};

}  // namespace

Io connect_tcp(const std::string& host, const std::string& port, const Limits& limits, Fd& socket) {
  std::vector<Address> found;
  if (Io looked = look_up(host, port, limits, found); !looked.ok()) return looked;
  Io raced = Race(found, limits).run(socket);
  if (!raced.ok()) return raced;
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // a wish; nothing depends on it
  return raced;
}

}  // namespace belay
