#include "control/shipped_times.hpp"

#include <algorithm>
#include <ranges>
#include <sstream>

#include "base/files.hpp"

namespace belay {

namespace {

constexpr std::size_t lines_kept = 200;

std::string times_are_in(const std::string& host, const fs::path& directory) {
  return "times " + host + " " + directory.string();
}

/// `directory` is …/releases/<id>/source: where all the releases are.
std::string has_been_at(const std::string& host, const fs::path& directory) {
  return "visited " + host + " " + directory.parent_path().parent_path().string();
}

}  // namespace

ShippedTimes::ShippedTimes(fs::path memory) : memory_(std::move(memory)) {
  if (memory_.empty()) return;
  std::istringstream text(read_file_if_exists(memory_).value_or(""));
  for (std::string line; std::getline(text, line);) lines_.push_back(line);
}

bool ShippedTimes::remembers(const std::string& line) const {
  return std::ranges::find(lines_, line) != lines_.end();
}

bool ShippedTimes::are_in(const std::string& host, const fs::path& directory) const {
  return remembers(times_are_in(host, directory));
}

std::vector<std::string> ShippedTimes::directories_on(const std::string& host) const {
  constexpr std::size_t most = 20;
  const auto beginning = times_are_in(host, {});
  std::vector<std::string> directories;
  for (const auto& line : lines_ | std::views::reverse)
    if (directories.size() < most && line.starts_with(beginning))
      directories.push_back(line.substr(beginning.size()));
  return directories;
}

void ShippedTimes::choose(rsync::Request& request, const std::string& host, const fs::path& directory) const {
  if (memory_.empty()) return;
  if (request.link_destination.empty()) request.compare = rsync::Compare::size_and_time;
  request.keep_times =
      request.compare == rsync::Compare::size_and_time || remembers(has_been_at(host, directory));
}

void ShippedTimes::note(const rsync::Request& request, const std::string& host,
                        const fs::path& directory) const {
  note(host, directory, request.keep_times);
}

void ShippedTimes::note_links(const std::string& host, const fs::path& directory) const {
  note(host, directory, true);
}

void ShippedTimes::note(const std::string& host, const fs::path& directory, bool with_times) const {
  if (memory_.empty()) return;
  std::vector<std::string> lines = lines_;
  const auto add = [&](const std::string& line) {
    std::erase(lines, line);
    lines.push_back(line);
  };
  add(has_been_at(host, directory));
  if (with_times) add(times_are_in(host, directory));
  std::string text;
  for (std::size_t i = lines.size() - std::min(lines.size(), lines_kept); i < lines.size(); ++i)
    text += lines[i] + "\n";
  write_file_atomically(memory_, text);
}

}  // namespace belay
