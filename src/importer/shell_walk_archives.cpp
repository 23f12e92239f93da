#include <algorithm>

#include <fmt/core.h>

#include "importer/command_words.hpp"
#include "importer/shell_walk.hpp"

namespace belay::importer {

// tar c here, tar x there: together they are a transport.
void ShellWalk::tar(const Lines& all, std::size_t i, std::vector<std::string> words, ShellState& state) {
  if (words.size() < 2) return;
  if (!words[1].starts_with('-')) words[1].insert(0, "-");
  const Arguments given = arguments_of(
      words, 1, {"-f", "--file", "-C", "--directory", "--exclude", "-X", "--exclude-from", "-T"}, false);
  const Place at = place(all[i], state);
  const std::string file = given.value({"-f", "--file"});
  if (given.has({"-c", "--create"}) && !state.on_server) {
    ArchiveFound made{at, file == "-" ? "" : file, given.words, given.values({"--exclude"})};
    for (std::string& one : made.excludes)
      while (one.starts_with("./")) one.erase(0, 2);
    if (const std::string from = path_of(given.value({"-C", "--directory"}), state);
        !from.empty() && from != ".")
      for (std::string& source : made.sources)
        source = source == "." || source == "*" ? from + "/" : from + "/" + source;
    out_.archives.push_back(std::move(made));
  }
  if (given.has({"-x", "--extract", "--get"}) && state.on_server)
    unpacked(file == "-" ? "" : file, path_of(given.value({"-C", "--directory"}), state), at, state);
}

// git archive HEAD: the whole repository, as committed.
void ShellWalk::git_archive(const std::vector<std::string>& words, const Place& at, const ShellState& state) {
  const Arguments given = arguments_of(words, 1, {"-o", "--output", "--format", "--prefix"}, false);
  if (!state.on_server) out_.archives.push_back({at, given.value({"-o", "--output"}), {"."}, {}});
}

void ShellWalk::unpacked(const std::string& file, const std::string& directory, const Place& at,
                         const ShellState& state) {
  const auto base = [](const std::string& path) { return path.substr(path.rfind('/') + 1); };
  const auto made = std::ranges::find_if(
      out_.archives, [&](const ArchiveFound& one) { return base(one.file) == base(file); });
  if (made == out_.archives.end()) {
    out_.leave(at, "tar " + file, "what is in the archive is not said here");
    return;
  }
  out_.transports.push_back({Transport::Kind::rsync, made->at, made->sources,
                             directory.empty() ? state.directory : directory, made->excludes, false});
}

bool Findings::is_archive(const std::string& path) const {
  const auto base = [](const std::string& one) { return one.substr(one.rfind('/') + 1); };
  return std::ranges::any_of(
      archives, [&](const ArchiveFound& one) { return !one.file.empty() && base(one.file) == base(path); });
}

}  // namespace belay::importer
