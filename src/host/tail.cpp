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
#include "saga/holder.hpp"
#include "saga/journal.hpp"

namespace belay {

namespace {

constexpr auto between_life_signs = std::chrono::seconds(1);

/// Reads what was appended since; whole intact lines only. A line's beginning is read anew each time: a
/// recovery may have cut it off and put another in its place.
class Appended {
 public:
  explicit Appended(fs::path path)
      : path_(std::move(path)), file_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (!file_) throw system_error("cannot open the journal " + path_.string(), errno);
  }

  /// Throws Error if the journal is damaged.
  std::vector<Record> records() {
    auto decoded = decode_journal(unread());
    shown_ += static_cast<off_t>(decoded.intact_bytes);
    // A line that was cut off and replaced between two reads of it looks damaged, too: the file itself
    // decides.
    if (decoded.damaged_line != 0) Journal::read(path_);
    return std::move(decoded.records);
  }

 private:
  std::string unread() const {
    std::string text;
    std::array<char, 65536> part{};
    for (ssize_t got = 0; (got = ::pread(file_.get(), part.data(), part.size(),
                                         shown_ + static_cast<off_t>(text.size()))) > 0;)
      text.append(part.data(), static_cast<std::size_t>(got));
    return text;
  }

  fs::path path_;
  Fd file_;
  off_t shown_ = 0;
};

/// Empty where there is none to be had: a host has 128 for each user, and they may be used up. Then the look
/// once a second has to do; a deployment does not fail for it.
Fd watch_of(const fs::path& path) {
  Fd watch(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (watch && ::inotify_add_watch(watch.get(), path.c_str(), IN_MODIFY) < 0) watch.reset();
  return watch;
}

void forget_events(const Fd& watch) {
  if (!watch) return;
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
    const auto records = appended.records();
    for (std::size_t i = 0; i < records.size(); ++i) {
      const bool closes = std::holds_alternative<event::Closed>(records[i].event);
      // A run that was taken up again goes on behind its earlier close.
      if (closes && i + 1 < records.size()) continue;
      if (records[i].number >= from) show(records[i]);
      if (closes) return;
    }
    std::array<pollfd, 2> wanted{{{watch.get(), POLLIN, 0}, {wake.fd(), POLLIN, 0}}};
    const bool news = poll_until(wanted, Deadline::in(between_life_signs));
    forget_events(watch);
    if (!news && !is_held(layout)) on_abandoned();
  }
}

}  // namespace belay
