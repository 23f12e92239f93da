/// The ports of the program, as the simulated host has them. Each is a place where the schedule may strike.

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/background.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/files.hpp"
#include "base/forked.hpp"
#include "base/hash.hpp"
#include "base/process.hpp"
#include "base/run.hpp"
#include "drivers/docker_line.hpp"
#include "drivers/http.hpp"
#include "host.hpp"
#include "saga/executor.hpp"
#include "saga/log_file.hpp"

namespace belay {

using sim::Death;
using sim::Fibers;
using sim::Host;

// --- time ---

Time now() {
  return Time(std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now().time_since_epoch()));
}

SteadyClock::time_point SteadyClock::now() noexcept {
  return Host::here().fibers.time();
}

bool pause(std::chrono::milliseconds time, const std::stop_token& stop) {
  auto& host = Host::here();
  if (host.enter("pause"))
    host.wait([&] { return stop.stop_requested(); },
              host.fibers.time() + std::max(time, std::chrono::milliseconds(1)));
  return !stop.stop_requested();
}

// --- what goes on beside ---

struct Background::Body {
  int fiber = 0;
  std::stop_source stop;
};

Background::Background(std::function<void(const std::stop_token&)> work) : body_(std::make_unique<Body>()) {
  auto& host = Host::here();
  auto* const process = host.process_of(host.fibers.current());
  body_->fiber = host.fibers.start([work = std::move(work), stop = body_->stop.get_token()] {
    try {
      work(stop);
    } catch (const Death&) {  // NOLINT(bugprone-empty-catch)
      // The process's, and the one who waits for this fiber sees it.
    }
  });
  host.set_process_of(body_->fiber, process);
}

Background::~Background() {
  if (!body_) return;
  body_->stop.request_stop();
  auto& fibers = Host::here().fibers;
  if (!fibers.ended(body_->fiber))
    fibers.wait([&] { return fibers.ended(body_->fiber); }, Fibers::Moment::max());
}
Background::Background(Background&&) noexcept = default;
Background& Background::operator=(Background&&) noexcept = default;

void Background::request_stop() {
  body_->stop.request_stop();
}

void Background::join() {
  auto& host = Host::here();
  host.wait([&] { return host.fibers.ended(body_->fiber); }, Fibers::Moment::max());
  const auto* self = host.process_of(host.fibers.current());
  if (self != nullptr && self->dead) throw Death{};
}

std::string random_nonce() {
  return fmt::format("{:016x}", Host::here().dice.roll());
}

// --- processes ---

ForkedEnd run_forked(const std::function<void()>& work, const std::function<void()>& in_parent) {
  if (in_parent) in_parent();
  ForkedEnd end{.why = "it was killed"};
  auto& host = Host::here();
  host.run_process([&] {
    try {
      work();
      end = {.well = true};
    } catch (const Error& error) {
      end.why = error.message_and_why();
    } catch (const std::exception& error) {
      end.why = error.what();
    }
  });
  if (const auto* self = host.process_of(host.fibers.current()); self != nullptr && self->dead) throw Death{};
  host.tell(end.well ? "the child ended well" : "the child ended: " + end.why);
  return end;
}

int kill_processes_with(const std::string&, const std::string&) {
  return 0;
}

/// There is one program: `hook POINT`. It takes a second.
Outcome run_raw(const Command& command, std::stop_token, Deadline, const ByteSink&) {
  if (command.argv.front() != "hook") throw Error("the simulated host has no program " + command.shown());
  auto& host = Host::here();
  const auto point = command.argv.at(1);
  if (host.enter("hook", point)) {
    const char* run = ::getenv(run_variable);
    ++host.hooks[run == nullptr ? "" : run][point];
    host.pass(std::chrono::seconds(1));
  }
  return {};
}

// --- the disk ---

namespace {

Fd opened_to_write(const fs::path& path, mode_t mode, int flags) {
  Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, mode));
  if (!file) throw system_error("cannot write " + path.string(), errno);
  return file;
}

void put(const Fd& file, const fs::path& path, std::string_view content) {
  if (const int reason = try_write_all(file.get(), content))
    throw system_error("cannot write " + path.string(), reason);
}

void put(const fs::path& path, std::string_view content, mode_t mode, int flags) {
  put(opened_to_write(path, mode, flags), path, content);
}

std::optional<std::string> content_of(const fs::path& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;
  std::string content;
  char part[16384];
  for (ssize_t got = 0; (got = ::read(file.get(), part, sizeof part)) > 0;)
    content.append(part, static_cast<std::size_t>(got));
  return content;
}

}  // namespace

std::string read_file(const fs::path& path) {
  auto content = content_of(path);
  if (!content) throw system_error("cannot read " + path.string(), errno);
  return std::move(*content);
}

std::optional<std::string> read_file_if_exists(const fs::path& path) {
  return content_of(path);
}

void write_file_atomically(const fs::path& path, std::string_view content, mode_t mode) {
  auto& host = Host::here();
  const auto beside = path.parent_path() / fmt::format(".{}.{}", path.filename().string(), random_nonce());
  // Who dies here may leave the file beside it, half.
  if (!host.enter("write", path.filename().native(),
                  [&] { put(beside, content.substr(0, content.size() / 2), mode, O_TRUNC); }))
    return;
  host.write_to_disk(path);
  put(beside, content, mode, O_TRUNC);
  if (::rename(beside.c_str(), path.c_str()) != 0)
    throw system_error("cannot replace " + path.string(), errno);
}

void make_directories(const fs::path& path, mode_t) {
  auto& host = Host::here();
  if (fs::is_directory(path) || !host.enter("mkdir", path.filename().native())) return;
  host.write_to_disk(path);
  fs::create_directories(path);
}

void fsync_directory(const fs::path&) {}
void fsync_file(const fs::path&) {}

void remove_tree(const fs::path& path) {
  if (!Host::here().enter("rm", path.filename().native())) return;
  // What could bring it back is gone.
  if (path.filename() == "previous.json") Host::here().lets_go_of_it();
  fs::remove_all(path);
}

void replace_symlink(const fs::path& link, const fs::path& target) {
  auto& host = Host::here();
  if (!host.enter("link", link.filename().native())) return;
  host.write_to_disk(link);
  const auto beside = link.parent_path() / (".link." + random_nonce());
  fs::create_symlink(target, beside);
  fs::rename(beside, link);
}

bool is_real_directory(const fs::path& path) {
  std::error_code unreadable;
  return fs::is_directory(fs::symlink_status(path, unreadable));
}

bool may_be_entered(const fs::path& directory) {
  return ::faccessat(AT_FDCWD, directory.c_str(), R_OK | X_OK, AT_EACCESS) == 0;
}

Space free_space(const fs::path&) {
  return Host::here().disk_is_full() ? Space{}
                                     : Space{.bytes_free = 1'000'000'000'000, .inodes_free = 1'000'000};
}

TemporaryDirectory::TemporaryDirectory(std::string_view prefix) : TemporaryDirectory("/dev/shm", prefix) {}
TemporaryDirectory::TemporaryDirectory(const fs::path& parent, std::string_view prefix)
    : path_(parent / fmt::format("{}{}", prefix, random_nonce())) {
  fs::create_directories(path_);
}
TemporaryDirectory::~TemporaryDirectory() {
  std::error_code left;
  fs::remove_all(path_, left);
}

struct LogFile::Body {
  fs::path path;
  Fd file{};  // none: the process died before it was there
  std::uint64_t length = 0;
};

LogFile::LogFile(std::unique_ptr<Body> body) : body_(std::move(body)) {}
LogFile::LogFile(LogFile&&) noexcept = default;
LogFile::~LogFile() = default;

LogFile LogFile::create(const fs::path& path) {
  auto& host = Host::here();
  auto body = std::make_unique<Body>(path);
  if (host.enter("create", path.filename().native())) {
    host.write_to_disk(path);
    body->file = opened_to_write(path, 0600, O_EXCL | O_APPEND);
    host.synced[path] = 0;
  }
  return LogFile(std::move(body));
}

LogFile LogFile::open(const fs::path& path) {
  const auto length = fs::file_size(path);
  return LogFile(std::make_unique<Body>(path, opened_to_write(path, 0600, O_APPEND), length));
}

int LogFile::append(std::string_view bytes) {
  auto& host = Host::here();
  const auto& path = body_->path;
  const auto some = [&] {
    put(body_->file, path,
        bytes.substr(0, static_cast<std::size_t>(host.dice.below(static_cast<int>(bytes.size()) + 1))));
  };
  const auto begin = bytes.find("\"type\":\"");
  if (!host.enter("append", bytes.substr(begin == std::string_view::npos ? 0 : begin, 60), some)) return 0;
  try {
    if (!host.disk_is_full() || body_->length + bytes.size() > host.reserved[path]) host.write_to_disk(path);
  } catch (const Error&) {
    some();
    return host.disk_is_full() ? ENOSPC : EIO;
  }
  put(body_->file, path, bytes);
  if (bytes.contains(R"("type":"step-done","step":"preflight")")) host.looks_after_it();
  if (bytes.contains(R"("type":"closed")")) host.lets_go_of_it();
  body_->length += bytes.size();
  return 0;
}

int LogFile::sync() {
  auto& host = Host::here();
  if (host.enter("sync")) host.synced[body_->path] = body_->length;
  return 0;
}

int LogFile::cut(std::uint64_t length) {
  auto& host = Host::here();
  if (!host.enter("cut")) return 0;
  fs::resize_file(body_->path, length);
  body_->length = length;
  host.reserved[body_->path] = 0;
  return 0;
}

bool LogFile::reserve(std::uint64_t from, std::uint64_t bytes) {
  auto& host = Host::here();
  if (host.disk_is_full()) return false;
  host.reserved[body_->path] = from + bytes;
  return true;
}

// --- the Engine, and the network ---

namespace docker {

namespace {

constexpr auto an_answer = std::chrono::milliseconds(10);

/// Follows the Engine's events until the stop, or until the Engine goes away.
Try events_for(const Exchange& what) {
  auto& host = Host::here();
  const auto since = what.target.find("since=") + 6;
  const auto dot = what.target.find('.', since);
  const auto after = std::stoll(what.target.substr(since, dot - since)) * 1'000'000'000 +
                     std::stoll(what.target.substr(dot + 1, 9));
  Try one{.reply = {.status = 200}, .connected = true};
  if (what.on_head) what.on_head();
  std::size_t next = 0;
  const auto& events = host.engine.events();
  while (next < events.size() && events[next].nano < after) ++next;
  while (true) {
    while (next < events.size()) what.on_bytes(events[next++].text);
    host.wait([&] { return what.stop.stop_requested() || host.engine_is_away() || next < events.size(); },
              Fibers::Moment::max());
    if (what.stop.stop_requested()) return one.ended = {.status = Io::Status::stopped}, one;
    if (host.engine_is_away()) return one.ended = {.status = Io::Status::end}, one;
  }
}

}  // namespace

Try say_once(const Exchange& what) {
  auto& host = Host::here();
  if (!host.enter(what.method, std::string_view(what.target).substr(0, 100)))
    return {.ended = {.status = Io::Status::stopped}};
  const auto away = [] { return Try{.ended = Io::failed(reason_of(ECONNREFUSED))}; };
  if (host.engine_is_away()) return away();
  const auto fault = host.take_engine_fault();
  if (fault && fault->kind == sim::Fault::Kind::refused)
    return {.reply = {.status = 500, .body = R"({"message":"the schedule wants an error"})"},
            .connected = true};
  if (fault && fault->other_way) return {.ended = {.status = Io::Status::end}, .connected = true};
  if (what.target.contains("/events?")) return events_for(what);
  if (what.target.contains("/stop")) {
    const auto from = what.target.find("/containers/") + 12;
    host.pass(host.engine.time_to_stop(what.target.substr(from, what.target.find("/stop") - from)));
    if (host.engine_is_away()) return {.ended = {.status = Io::Status::end}, .connected = true};
  }
  auto reply = host.engine.answer(what);
  if (what.method == "GET") host.looked();
  if (reply.status >= 500) host.tell("    " + reply.body);
  host.pass(an_answer);
  if (fault || (host.engine_is_away() && what.method != "GET"))
    return {.ended = {.status = Io::Status::end}, .connected = true};
  if (reply.ok() && what.on_head) what.on_head();
  if (reply.ok() && what.on_bytes) what.on_bytes(std::exchange(reply.body, {}));
  return {.reply = std::move(reply), .connected = true};
}

}  // namespace docker

namespace http {

Exchange get(const Url& url, std::stop_token, Deadline, const Headers&) {
  auto& host = Host::here();
  if (!host.enter("ask", url.target)) return {{}, "cancelled"};
  const auto status = host.engine.asked(std::stoi(url.port));
  host.looked();
  host.pass(std::chrono::milliseconds(3));
  if (!status) return {{}, "connection refused"};
  return {Answer{.status = *status, .headers = {}, .body = {}, .took = std::chrono::milliseconds(3)}, {}};
}

Listens listens(const std::string& address, int port, Deadline) {
  auto& host = Host::here();
  if (!host.enter("connect", address)) return Listens::unreachable;
  if (address == "127.0.0.1") return host.engine.asked(port) ? Listens::yes : Listens::no;
  const auto* container = host.engine.at_address(address);
  if (container == nullptr) return Listens::unreachable;
  return host.engine.listens(*container) ? Listens::yes : Listens::no;
}

}  // namespace http

}  // namespace belay
