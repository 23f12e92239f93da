#include "steps/env_files.hpp"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "model/config_json.hpp"
#include "model/json_archive.hpp"

namespace belay {

namespace {

namespace json = boost::json;

constexpr auto own_eyes_only = 0600;

std::vector<EnvFile> kept_files(const Layout& layout, const std::string& release) {
  const auto text = release.empty() ? std::nullopt : read_file_if_exists(layout.env_values(release));
  std::vector<EnvFile> files;
  if (!text) return files;
  const auto object = json_archive::parse_object(*text, layout.env_values(release).string());
  for (const auto& one : object.at("files").as_array())
    files.push_back(value_of<EnvFile>(one.as_object(), "env_file"));
  return files;
}

std::vector<std::string> names_written_before(const std::vector<EnvFile>& before, const EnvFile& file) {
  const auto same = std::ranges::find(before, file.path, &EnvFile::path);
  return same == before.end() ? std::vector<std::string>{} : same->names();
}

void lay_out(const std::vector<EnvFile>& files, const std::vector<EnvFile>& before, const fs::path& live,
             const fs::path& to) {
  remove_tree(to);
  for (const auto& file : files) {
    const auto now = read_file_if_exists(live / file.path).value_or("");
    make_directories((to / file.path).parent_path(), 0755);
    write_file_atomically(to / file.path, text_of(file, now, names_written_before(before, file)),
                          own_eyes_only);
  }
}

/// What lies there, or on the way there, is no directory or file of the server's: a symlink, a device.
fs::path what_is_in_the_way(const fs::path& live, const fs::path& file) {
  std::error_code unreadable;
  fs::path way = live;
  for (const auto& name : file.parent_path())
    if (const auto type = fs::symlink_status(way /= name, unreadable).type();
        type != fs::file_type::not_found && type != fs::file_type::directory)
      return way;
  const auto type = fs::symlink_status(live / file, unreadable).type();
  return type == fs::file_type::not_found || type == fs::file_type::regular ? fs::path() : live / file;
}

void require_may_be_written(const Context& context, const EnvFile& file) {
  if (fs::exists(fs::symlink_status(context.layout.source(context.release) / file.path)))
    throw Error(fmt::format("{} is in the repository, and belay.yml has it under env_file", file.path),
                "two would write one file: the release, and its variables",
                fmt::format("take {} out of git, leave it out of the release (sync: exclude:), or write its "
                            "variables into another file",
                            file.path),
                ExitCode::bad_input);
  const auto other = what_is_in_the_way(context.layout.live, file.path);
  if (!other.empty())
    throw Error(fmt::format("belay cannot write {}: {} is no {}", file.path, other.string(),
                            other == context.layout.live / file.path ? "file" : "directory"),
                "belay replaces no symlink of the server's, and writes nothing behind one",
                "put a file in its place, or name another one under env_file in belay.yml",
                ExitCode::bad_input);
}

void require_values(const EnvFile& file, const Values& values) {
  const auto missing = file.missing(values);
  if (!missing.empty())
    throw Error(fmt::format("env_file: {} needs variables that have no value: {}", file.path,
                            fmt::join(missing, ", ")),
                {}, "set them where belay is started", ExitCode::bad_input);
}

}  // namespace

void keep_env_files(Context& context) {
  const auto& wanted = context.environment().env_file;
  if (wanted.empty()) return;
  json::array kept;
  for (const auto& file : wanted) {
    require_may_be_written(context, file);
    require_values(file, context.variables);
    kept.push_back(object_of(file.filled(context.variables)));
  }
  write_file_atomically(context.layout.env_values(context.release),
                        json::serialize(json::object{{"files", std::move(kept)}}), own_eyes_only);
  lay_out_env_files(context);
}

void lay_out_env_files(const Context& context) {
  lay_out(kept_files(context.layout, context.release), kept_files(context.layout, context.previous),
          context.layout.live, context.layout.env_files(context.release));
}

Publication publication_of_env_files(const Context& context) {
  const auto laid_out = context.layout.env_files(context.release);
  if (!fs::is_directory(laid_out)) return {};
  auto publication = plan_publication({.live = context.layout.live, .source = laid_out});
  // One that others may read is written anew, also where its text stays.
  for (const auto& file : kept_files(context.layout, context.release)) {
    struct stat status{};
    if (::lstat((context.layout.live / file.path).c_str(), &status) == 0 && (status.st_mode & 077u) != 0 &&
        std::ranges::find(publication.changes, file.path, &LiveChange::path) == publication.changes.end())
      publication.changes.push_back({LiveChange::Kind::changed, file.path});
  }
  return publication;
}

bool has_env_file(const Context& context, const fs::path& file) {
  return std::ranges::any_of(kept_files(context.layout, context.release), [&](const EnvFile& one) {
    return fs::path(one.path).lexically_normal() == file.lexically_normal();
  });
}

void lay_out_env_files(const Layout& layout, const EnvironmentConfig& environment, const std::string& current,
                       const fs::path& to) {
  std::vector<EnvFile> files;
  for (const auto& file : environment.env_file) files.push_back(file.filled(environment.variables));
  lay_out(files, kept_files(layout, current), layout.live, to);
}

}  // namespace belay
