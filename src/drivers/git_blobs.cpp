#include "drivers/git_blobs.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include <fmt/core.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/poll.hpp"
#include "base/stop_wake.hpp"

namespace belay::git {

namespace {

/// So many ids fit into a pipe at once, of SHA-256 too: writing them never waits for git, which may itself be
/// waiting for its answers to be read.
constexpr std::size_t asked_at_once = 500;

constexpr const char* what_failed = "reading committed files failed";

std::optional<std::uint64_t> size_in(const std::string& header) {  // "<id> blob <size>"
  const auto space = header.rfind(' ');
  if (space == std::string::npos || !header.contains(" blob ")) return {};
  std::uint64_t size = 0;
  const char* const end = header.data() + header.size();
  const auto [stopped, error] = std::from_chars(header.data() + space + 1, end, size);
  if (error != std::errc() || stopped != end) return {};
  return size;
}

}  // namespace

Blobs::Blobs(const Objects& objects, std::stop_token stop, Deadline deadline)
    : git_(command(objects, {"cat-file", "--batch"})), stop_(std::move(stop)), deadline_(deadline) {}

void Blobs::read(const std::vector<std::string>& ids,
                 const std::function<void(std::size_t number, Content&)>& take) {
  for (std::size_t first = 0; first < ids.size(); first += asked_at_once) {
    const std::size_t end = std::min(ids.size(), first + asked_at_once);
    std::string asked;
    for (std::size_t i = first; i < end; ++i) asked += ids[i] + "\n";
    if (try_write_all(git_.in().get(), asked) != 0) fail("git ended early");
    for (std::size_t i = first; i < end; ++i) {
      const std::string said = header();
      const auto size = size_in(said);
      if (!size) fail("git says: " + said);
      Content content(*this, *size);
      take(i, content);
      while (!content.next().empty()) continue;
      piece(1);  // the newline behind it
    }
  }
}

std::string_view Blobs::Content::next() {
  if (left_ == 0) return {};
  const std::string_view piece =
      blobs_.piece(static_cast<std::size_t>(std::min<std::uint64_t>(left_, read_size)));
  left_ -= piece.size();
  return piece;
}

std::string Blobs::header() {
  for (;;) {
    const auto newline = buffer_.find('\n', begin_);
    if (newline != std::string::npos) {
      std::string line = buffer_.substr(begin_, newline - begin_);
      begin_ = newline + 1;
      return line;
    }
    more();
  }
}

/// What has come already, `most` bytes of it; waits if that is nothing.
std::string_view Blobs::piece(std::size_t most) {
  while (begin_ == buffer_.size()) more();
  const std::string_view found = std::string_view(buffer_).substr(begin_, most);
  begin_ += found.size();
  return found;
}

void Blobs::more() {
  buffer_.erase(0, begin_);
  begin_ = 0;
  const StopWake wake(stop_);
  std::array<pollfd, 2> ready{{{git_.out().get(), POLLIN, 0}, {wake.fd(), POLLIN, 0}}};
  if (!poll_until(ready, deadline_)) fail("it took too long");
  if (ready[1].revents != 0) fail("cancelled");
  std::array<char, read_size> chunk;
  const ssize_t got = ::read(git_.out().get(), chunk.data(), chunk.size());
  if (got < 0 && errno == EINTR) return;
  if (got <= 0) fail("git ended early");
  buffer_.append(chunk.data(), static_cast<std::size_t>(got));
}

/// With git's own last words, if it has said any.
void Blobs::fail(const std::string& why) {
  git_.kill_and_reap();
  std::array<char, read_size> words;
  const ssize_t got = ::read(git_.err().get(), words.data(), words.size());
  std::string all = why;
  if (got > 0) all += "\n" + std::string(words.data(), static_cast<std::size_t>(got));
  while (all.ends_with('\n')) all.pop_back();
  throw Error(what_failed, all, "is the repository damaged? git fsck shows it");
}

}  // namespace belay::git
