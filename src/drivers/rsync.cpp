#include "drivers/rsync.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <deque>
#include <set>

#include <fmt/core.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/process.hpp"
#include "drivers/program.hpp"
#include "model/visible_text.hpp"

namespace belay::rsync {
namespace {

std::string as_directory(std::string path) {
  return path.ends_with('/') ? path : path + "/";
}

/// Whether a remote shell, of whatever kind, and every version of rsync take it as it stands.
bool is_plain(const std::string& path) {
  return std::ranges::all_of(path, [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("/._-:@[]").contains(static_cast<char>(c));
  });
}

/// With --protect-args the far rsync gets its arguments only after both have said their versions: one round
/// trip more.
bool needs_protection(const Request& request) {
  const auto place = request.to.find(":/");
  return place == std::string::npos || !is_plain(request.to.substr(place + 1)) ||
         !is_plain(request.link_destination);
}

/// -rlp, and -t only where times are kept: what is unchanged is else hard-linked whatever its time. Numbers
/// come plain, and unbuffered for the progress.
Command command(const Request& request, std::vector<std::string> further) {
  Command made{.argv = {"rsync", "--recursive", "--links", "--perms", "--no-human-readable", "--outbuf=L"}};
  std::vector<std::string>& argv = made.argv;
  argv.insert(argv.end(), further.begin(), further.end());
  if (request.compare == Compare::contents) argv.push_back("--checksum");
  if (request.keep_times || request.compare == Compare::size_and_time)
    argv.insert(argv.end(), {"--times", "--omit-dir-times", "--omit-link-times"});
  for (const std::string& pattern : request.exclude) argv.push_back("--exclude=" + pattern);
  for (const std::string& pattern : request.never_remove) argv.push_back("--filter=protect " + pattern);
  if (request.remove_extraneous) argv.push_back("--delete");
  if (request.make_room) argv.push_back("--force");
  if (request.holds_links) argv.insert(argv.end(), {"--delete", "--delete-excluded"});
  if (!request.link_destination.empty()) argv.push_back("--link-dest=" + request.link_destination);
  if (!request.remote_shell.empty()) {
    // The list of files in one piece: in parts, each costs a round trip.
    argv.insert(argv.end(), {"--compress", "--no-inc-recursive", "--rsh=" + request.remote_shell});
    if (needs_protection(request)) argv.push_back("--protect-args");
  }
  argv.push_back("--");
  argv.push_back(as_directory(request.from.string()));
  argv.push_back(as_directory(request.to));
  made.set.emplace("LC_ALL", "C");
  return made;
}

std::optional<std::uint64_t> number(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data()) return {};
  return value;
}

/// "        32768  45%  1.2MB/s    0:00:01 (xfr#5, to-chk=10/20)"
bool take_progress(std::string_view line, const ProgressSink& sink) {
  const auto percent = line.find("% ");
  if (percent == std::string_view::npos || !line.starts_with(' ')) return false;
  const auto before = line.rfind(' ', percent);
  const auto bytes = number(line);
  const auto share =
      before == std::string_view::npos ? std::nullopt : number(line.substr(before, percent - before));
  if (!bytes || !share) return false;
  if (sink) sink(*bytes, static_cast<int>(*share));
  return true;
}

/// A line of --stats: "Number of files: 12 (reg: 10, dir: 2)".
void take_statistic(std::string_view line, Transfer& transfer) {
  const auto colon = line.find(": ");
  if (colon == std::string_view::npos) return;
  const std::string_view name = line.substr(0, colon), value = line.substr(colon + 2);
  if (name == "Number of files") {
    const auto regular = value.find("reg: ");
    transfer.files = regular == std::string_view::npos ? 0 : number(value.substr(regular + 5)).value_or(0);
  } else if (name == "Number of regular files transferred") {
    transfer.files_sent = number(value).value_or(0);
  } else if (name == "Total file size") {
    transfer.bytes_total = number(value).value_or(0);
  } else if (name == "Total bytes sent") {
    transfer.bytes_sent = number(value).value_or(0);
  }
}

void require_rsync() {
  if (!program_exists("rsync"))
    throw Error("rsync is missing", "there is no program `rsync` on the PATH", "install rsync");
}

/// sh, bash, csh and fish each say in their own words that there is no such program.
std::string remedy_for(const std::string& why) {
  for (const auto* missing :
       {"rsync: command not found", "rsync: not found", "rsync: Command not found", "Unknown command: rsync"})
    if (why.contains(missing)) return "install rsync on the host";
  if (why.contains("Session open refused"))
    return "MaxSessions in that host's sshd_config is too low: 10, its default, is enough";
  return {};
}

[[noreturn]] void fail(const Request& request, const Outcome& outcome, const std::deque<std::string>& words) {
  std::string why = outcome.described();
  for (const std::string& line : words) why += "\n" + visible_text(line);  // the other side's, too
  throw Error(fmt::format("copying {} to {} failed", request.from.string(), request.to), why,
              remedy_for(why));
}

void keep_last(std::deque<std::string>& words, std::string_view line) {
  words.emplace_back(line);
  if (words.size() > 20) words.pop_front();
}

/// rsync writes a byte that cannot be printed as \#012.
std::string unescaped(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto is_octal = [&](std::size_t i) { return i < text.size() && text[i] >= '0' && text[i] <= '7'; };
    if (text.substr(at).starts_with("\\#") && is_octal(at + 2) && is_octal(at + 3) && is_octal(at + 4)) {
      result +=
          static_cast<char>((text[at + 2] - '0') * 64 + (text[at + 3] - '0') * 8 + (text[at + 4] - '0'));
      at += 4;
    } else {
      result += text[at];
    }
  }
  return result;
}

/// What rsync says of one excluded entry with --debug=FILTER1: "[sender] hiding directory src/uploads because
/// of pattern uploads".
struct Hiding {
  std::string path, pattern;
};
std::optional<Hiding> hiding_in(std::string_view line) {
  constexpr std::string_view start = "[sender] hiding ", reason = " because of pattern ";
  const auto because = line.find(reason);
  if (!line.starts_with(start) || because == std::string_view::npos) return {};
  std::string_view what = line.substr(start.size(), because - start.size());
  what.remove_prefix(std::min(what.find(' ') + 1, what.size()));  // "file", "directory"
  return Hiding{unescaped(what), std::string(line.substr(because + reason.size()))};
}

/// Our lines begin with it; all others are messages of rsync's ("created directory …").
constexpr std::string_view change_mark = "change:";
constexpr const char* change_format = "--out-format=change:%i %n";

/// An itemised line: eleven columns, a space, the path. The first is what is done ('.': only attributes), the
/// third '+' for what is new, the sixth 'p' where the mode differs.
std::optional<Change> change_in(std::string_view line, Modes modes) {
  if (!line.starts_with(change_mark)) return {};
  line.remove_prefix(change_mark.size());
  constexpr std::size_t columns = 12;
  if (line.size() <= columns) return {};
  std::string path = unescaped(line.substr(columns));
  if (path == "./") return {};
  if (line.starts_with("*deleting")) return Change{Change::Kind::removed, std::move(path)};
  if (line[2] == '+') return Change{Change::Kind::added, std::move(path)};
  const bool other_mode = modes == Modes::count && line[1] == 'f' && line[5] == 'p';
  if (line[0] == '.' && !other_mode) return {};
  return Change{Change::Kind::changed, std::move(path)};
}

}  // namespace

Transfer transfer(const Request& request, const ProgressSink& sink, std::stop_token stop, Deadline deadline) {
  require_rsync();
  Transfer transferred;
  std::deque<std::string> words;
  const Outcome outcome = run(command(request, {"--info=progress2", "--stats"}), std::move(stop), deadline,
                              [&](Stream stream, std::string_view line) {
                                if (stream == Stream::err) return keep_last(words, line);
                                if (!take_progress(line, sink)) take_statistic(line, transferred);
                              });
  if (!outcome.ok()) fail(request, outcome, words);
  return transferred;
}

std::optional<std::vector<Change>> preview(const Request& request, Modes modes, std::stop_token stop,
                                           Deadline deadline) {
  require_rsync();
  std::vector<Change> changes;
  bool is_there = true;
  std::deque<std::string> words;
  const Outcome outcome = run(command(request, {"--dry-run", change_format, "--8-bit-output"}),
                              std::move(stop), deadline, [&](Stream stream, std::string_view line) {
                                if (stream == Stream::err) return keep_last(words, line);
                                if (auto change = change_in(line, modes))
                                  changes.push_back(std::move(*change));
                                if (line.starts_with("created directory ")) is_there = false;
                              });
  if (!outcome.ok()) fail(request, outcome, words);
  if (!is_there) return {};
  return changes;
}

namespace {

struct Sifted {
  std::set<std::string> shown{};  // a directory's path ends in a slash
  std::vector<Hiding> hidings{};
};

/// What rsync would do with a tree if the other side had nothing.
Sifted sifted(const std::vector<std::string>& exclude, const fs::path& tree, std::stop_token stop) {
  require_rsync();
  const TemporaryDirectory nowhere("belay-excludes");
  const Request request{.from = tree, .to = nowhere.path().string(), .exclude = exclude};
  Sifted result;
  std::deque<std::string> words;
  const Outcome outcome =
      run(command(request, {"--dry-run", "--8-bit-output", "--debug=FILTER1", "--out-format=%n"}),
          std::move(stop), Deadline::in(std::chrono::minutes(2)), [&](Stream stream, std::string_view line) {
            if (stream == Stream::err) return keep_last(words, line);
            if (const auto hiding = hiding_in(line)) {
              result.hidings.push_back(*hiding);
            } else {
              result.shown.insert(unescaped(line));
            }
          });
  if (!outcome.ok()) fail(request, outcome, words);
  return result;
}

}  // namespace

std::set<std::string> sent_of(const fs::path& tree, const std::vector<std::string>& exclude,
                              std::stop_token stop) {
  std::set<std::string> paths;
  for (std::string path : sifted(exclude, tree, std::move(stop)).shown) {
    if (path.ends_with('/')) path.pop_back();
    paths.insert(std::move(path));
  }
  return paths;
}

std::vector<Hidden> hidden_by(const std::vector<std::string>& exclude, const fs::path& tree,
                              const std::vector<std::string>& files, std::stop_token stop) {
  const auto [shown, hidings] = sifted(exclude, tree, std::move(stop));
  std::vector<Hidden> hidden;
  for (const std::string& file : files) {
    if (shown.contains(file) || !fs::exists(fs::symlink_status(tree / file))) continue;
    const auto at_fault = std::ranges::find_if(hidings, [&](const Hiding& hiding) {
      return file == hiding.path || file.starts_with(hiding.path + "/");
    });
    if (at_fault != hidings.end()) hidden.push_back({file, at_fault->pattern});
  }
  return hidden;
}

std::string version(std::stop_token stop) {
  if (!program_exists("rsync")) return {};
  return version_in(
      capture({.argv = {"rsync", "--version"}}, std::move(stop), Deadline::in(std::chrono::seconds(10))).out);
}

}  // namespace belay::rsync
