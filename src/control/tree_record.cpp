#include "control/tree_record.hpp"

#include <cerrno>
#include <charconv>
#include <string_view>

#include <fcntl.h>
#include <fmt/core.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/hash.hpp"

namespace belay {

namespace {

constexpr std::string_view first_line = "belay tree 1\n";

std::int64_t in_ns(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

/// Takes the text up to `separator` off the front of `rest`.
std::string_view take(std::string_view& rest, char separator) {
  const std::size_t at = rest.find(separator);
  const std::string_view word = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
  return word;
}

template <class Number>
bool take_number(std::string_view& rest, Number& number) {
  const std::string_view word = take(rest, ' ');
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  return error == std::errc() && end == word.data() + word.size();
}

constexpr std::string_view kinds = "fpls";  // in the order of Entry::Kind

void append(std::string& text, const TreeRecord::File& file) {
  text += fmt::format("{}{} {} {} {} {} {} {} {}", kinds[static_cast<std::size_t>(file.entry.kind)],
                      static_cast<char>(file.lfs), file.entry.id, file.size, file.inode, file.mode,
                      file.modified, file.changed, file.entry.path);
  text += '\0';
}

std::optional<TreeRecord::File> file_in(std::string_view line) {
  using Lfs = TreeRecord::File::Lfs;
  TreeRecord::File file;
  const std::string_view what = take(line, ' ');
  if (what.size() != 2) return {};
  const std::size_t kind = kinds.find(what[0]);
  const auto lfs = static_cast<Lfs>(what[1]);
  if (kind == std::string_view::npos || !std::string_view("-apf").contains(what[1])) return {};
  file.entry.kind = static_cast<git::Entry::Kind>(kind);
  file.lfs = lfs;
  file.entry.id = take(line, ' ');
  if (!take_number(line, file.size) || !take_number(line, file.inode) || !take_number(line, file.mode) ||
      !take_number(line, file.modified) || !take_number(line, file.changed) || line.empty())
    return {};
  file.entry.path = line;
  return file;
}

}  // namespace

void TreeRecord::File::take_marks(const struct stat& status) {
  size = static_cast<std::uint64_t>(status.st_size);
  inode = status.st_ino;
  mode = status.st_mode;
  modified = in_ns(status.st_mtim);
  changed = in_ns(status.st_ctim);
}

bool TreeRecord::File::has_marks_of(const struct stat& status) const {
  return size == static_cast<std::uint64_t>(status.st_size) && inode == status.st_ino &&
         mode == status.st_mode && modified == in_ns(status.st_mtim) && changed == in_ns(status.st_ctim);
}

std::optional<TreeRecord> read_tree_record(const fs::path& path) {
  const std::optional<std::string> text = read_file_if_exists(path);
  if (!text || !text->starts_with(first_line)) return {};
  std::string_view rest = std::string_view(*text).substr(first_line.size());
  std::uint32_t checksum = 0;
  std::string_view checksum_line = take(rest, '\n');
  if (!take_number(checksum_line, checksum) || checksum != crc32(rest)) return {};
  TreeRecord record;
  std::string_view about = take(rest, '\n');
  record.tree = take(about, ' ');
  if (!take_number(about, record.stamp)) return {};
  while (!rest.empty()) {
    auto file = file_in(take(rest, '\0'));
    if (!file) return {};
    record.files.push_back(std::move(*file));
  }
  return record;
}

void write_tree_record(const fs::path& path, const TreeRecord& record) {
  std::string body = fmt::format("{} {}\n", record.tree, record.stamp);
  for (const auto& file : record.files) append(body, file);
  const fs::path beside = path.string() + ".new";
  const Fd file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file) throw system_error("cannot write " + beside.string(), errno);
  write_all(file.get(), fmt::format("{}{}\n{}", first_line, crc32(body), body));
  fs::rename(beside, path);
}

}  // namespace belay
