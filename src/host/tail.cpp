#include "host/tail.hpp"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/poll.hpp"
#include "base/stop_wake.hpp"
#include "host/holder.hpp"

namespace belay {

namespace {

constexpr auto between_life_signs = std::chrono::seconds(1);

/// Reads what was appended since; whole lines only. A line's beginning is read anew each time: a recovery may
/// have cut it off and put another in its place.
class Appended {
 public:
  explicit Appended(const fs::path& path) : file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (!file_) throw system_error("cannot open the journal " + path.string(), errno);
  }

  std::string lines() {
    std::string text;
    std::array<char, 65536> part{};
    for (ssize_t got = 0; (got = ::pread(file_.get(), part.data(), part.size(),
                                         shown_ + static_cast<off_t>(text.size()))) > 0;)
      text.append(part.data(), static_cast<std::size_t>(got));
    text.erase(text.rfind('\n') + 1);  // all of it where there is none
    shown_ += static_cast<off_t>(text.size());
    return text;
  }

 private:
  Fd file_;
  off_t shown_ = 0;
};

Fd watch_of(const fs::path& path) {
  Fd watch(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!watch || ::inotify_add_watch(watch.get(), path.c_str(), IN_MODIFY) < 0)
    throw system_error("cannot watch " + path.string(), errno);
  return watch;
}

void forget_events(const Fd& watch) {
  std::array<char, 4096> events{};
  while (::read(watch.get(), events.data(), events.size()) > 0) {
  }
}

}  // namespace

void tail_journal(const Layout& layout, const std::string& run, std::uint64_t from,
                  const std::function<void(const Record&)>& show, const std::function<void()>& on_abandoned,
                  std::stop_token stop) {
  const auto path = layout.journal(run);
  const auto watch = watch_of(path);  // before the first read: nothing falls between
  Appended appended(path);
  const StopWake wake(stop);
  while (!stop.stop_requested()) {
    for (const auto& record : decode_journal(appended.lines()).records) {
      if (record.number >= from) show(record);
      if (std::holds_alternative<event::Closed>(record.event)) return;
    }
    std::array<pollfd, 2> wanted{{{watch.get(), POLLIN, 0}, {wake.fd(), POLLIN, 0}}};
    const bool news = poll_until(wanted, Deadline::in(between_life_signs));
    forget_events(watch);
    if (!news && !is_held(layout)) on_abandoned();
  }
}

}  // namespace belay
