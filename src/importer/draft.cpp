#include "importer/draft.hpp"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "importer/ci_part.hpp"
#include "importer/drafting.hpp"

namespace belay::importer {
namespace {

class Drafter {
 public:
  Drafter(const Repository& repository, const Answers& answers)
      : repository_(repository), answers_(answers) {}

  Draft draft() {
    for (const SourceFile& file : repository_.files)
      if (is_compose_file_name(file.path)) {
        ComposeFile compose = compose_file(file);
        if (!compose.services.empty()) compose_files_.push_back(std::move(compose));
      }
    Environments found = environments_of(repository_);
    environments_ = std::move(found.all);
    made_.unread = std::move(found.unread);
    if (environments_.empty() && compose_files_.empty()) {
      made_.found_nothing = true;
      return std::move(made_);
    }
    if (environments_.empty()) environments_.emplace_back().name = "production";
    for (Environment& one : environments_) fill(one);
    unite_equal();
    write();
    add_not_taken(found.not_taken);
    made_.github_workflow = github_part(repository_, environments_);
    if (repository_.find(".gitlab-ci.yml")) made_.gitlab_job = gitlab_part(environments_);
    return std::move(made_);
  }

 private:
  void fill(Environment& one) {
    Drafting d{repository_, answers_, compose_files_, one, made_.unanswered};
    find_place(d);
    if (d.source != ".") d.add({"source", {scalar(d.source)}, from(d.source_at)});
    draft_triggers(one);
    draft_host(d);
    draft_path(d);
    draft_compose(d);
    draft_services(d);
    draft_images(d);
    draft_tests(d);
    draft_sync(d);
    draft_migrations(d);
    draft_env_file(d);
    draft_hooks(d);
    draft_backup(d);
    draft_health(d);
  }

  static bool equal(const Environment& a, const Environment& b) {
    const auto value = [](const Environment& one) {
      std::vector<Entry> entries;
      for (const Entry& entry : one.entries)
        if (entry.key != "on") entries.push_back(entry);
      return entries;
    };
    return std::ranges::equal(value(a), value(b),
                              [](const Entry& x, const Entry& y) { return x.same_value(y); });
  }

  void unite_equal() {
    std::vector<Environment> united;
    for (Environment& one : environments_) {
      const auto same = std::ranges::find_if(
          united, [&](const Environment& other) { return equal(one, other) && !one.branches.empty(); });
      if (same == united.end()) {
        united.push_back(std::move(one));
        continue;
      }
      add_new(same->branches, one.branches);
      std::erase_if(same->entries, [](const Entry& entry) { return entry.key == "on"; });
      std::vector<Entry> entries = std::move(same->entries);
      same->entries.clear();
      draft_triggers(*same);
      same->entries.insert(same->entries.end(), entries.begin(), entries.end());
    }
    environments_ = std::move(united);
  }

  bool is_shared(const std::string& key) const {
    if (!one_of(key, {"source", "services", "accessories", "values", "build", "registries", "test",
                      "sync.exclude", "migrate", "env_file", "hooks"}))
      return false;
    const auto entry_in = [&](const Environment& one) {
      return std::ranges::find(one.entries, key, &Entry::key);
    };
    const auto first = entry_in(environments_.front());
    return first != environments_.front().entries.end() &&
           std::ranges::all_of(environments_, [&](const Environment& one) {
             const auto found = entry_in(one);
             return found != one.entries.end() && found->same_value(*first);
           });
  }

  static std::string rendered_entry(const Entry& entry, int indent) {
    const std::string margin(static_cast<std::size_t>(indent), ' ');
    if (entry.key.starts_with("# "))
      return fmt::format("{}# TODO belay init: {}: {}\n", margin, entry.key.substr(2), entry.comment);
    if (entry.key == "sync.exclude")
      return rendered(Entry{"sync", {"{ exclude: " + entry.lines.front() + " }"}, entry.comment}, indent);
    if (entry.key == "sync.delete")
      return rendered(Entry{"sync", {"{ delete: true }"}, entry.comment}, indent);
    return rendered(entry, indent);
  }

  static std::string rendered_sync(const Environment& one, bool with_exclude, int indent) {
    std::string inside, comment;
    for (const Entry& entry : one.entries) {
      if ((entry.key == "sync.exclude" && with_exclude) || entry.key == "sync.delete") {
        inside += (inside.empty() ? "" : ", ") + entry.key.substr(5) + ": " + entry.lines.front();
        comment = entry.comment;
      }
    }
    return inside.empty() ? "" : rendered(Entry{"sync", {"{ " + inside + " }"}, comment}, indent);
  }

  void write() {
    std::string text =
        "# Written by belay init from what the repository says; each comment names the line a value comes "
        "from.\n";
    const std::string name = application_name(repository_.name);
    text += name.empty() ? rendered(gap("app", "the application's name"), 0)
                         : rendered(Entry{"app", {scalar(name)}}, 0);
    if (name.empty()) ++made_.gaps;
    for (const Entry& entry : environments_.front().entries)
      if (is_shared(entry.key)) {
        text += rendered_entry(entry, 0);
        made_.gaps += entry.gap ? 1 : 0;
      }
    text += "\nenvironments:\n";
    for (const Environment& one : environments_) {
      text += fmt::format("  {}:\n", one.name);
      const bool exclude_here = !is_shared("sync.exclude");
      bool synced = false;
      for (const Entry& entry : one.entries) {
        if (entry.key.starts_with("sync.")) {
          if (!std::exchange(synced, true)) text += rendered_sync(one, exclude_here, 4);
          continue;
        }
        if (is_shared(entry.key)) continue;
        text += rendered_entry(entry, 4);
        made_.gaps += entry.gap ? 1 : 0;
      }
      add_not_taken(one.findings.not_taken);
    }
    made_.belay_yml = std::move(text);
  }

  // Each once, by file and line.
  void add_not_taken(const std::vector<NotTaken>& more) {
    for (const NotTaken& left : more)
      if (std::ranges::none_of(made_.not_taken, [&](const NotTaken& other) {
            return other.key() == left.key() && other.at.file == left.at.file &&
                   other.at.line == left.at.line;
          }))
        made_.not_taken.push_back(left);
    std::ranges::stable_sort(made_.not_taken, {},
                             [](const NotTaken& one) { return std::pair(one.at.file, one.at.line); });
  }

  const Repository& repository_;
  const Answers& answers_;
  Draft made_;
  std::vector<ComposeFile> compose_files_;
  std::vector<Environment> environments_;
};

}  // namespace

namespace {

// Makefiles and package.json name what a workflow calls.
bool is_task_file(std::string_view path) {
  return one_of(base_name(path), {"Makefile", "makefile", "GNUmakefile", "package.json"});
}

// Files that .gitlab-ci.yml may include.
bool is_gitlab_part(std::string_view path) {
  if (!path.ends_with(".yml") && !path.ends_with(".yaml")) return false;
  return path.starts_with(".gitlab/") || path.starts_with("ci/") || path.starts_with(".ci/") ||
         path.find("gitlab") != std::string_view::npos;
}

bool is_kamal_file(std::string_view path) {
  return path.starts_with(".kamal/hooks/") || (path.starts_with("config/deploy") && path.ends_with(".yml"));
}

}  // namespace

bool is_read(std::string_view path) {
  return is_workflow(path) || path == ".gitlab-ci.yml" || is_compose_file_name(path) ||
         path.ends_with(".sh") || is_kamal_file(path) || is_task_file(path) || is_gitlab_part(path) ||
         path.find("exclude") != std::string_view::npos || path.ends_with(".rsyncignore") ||
         path.ends_with("ignore");
}

Draft draft_of(const Repository& repository, const Answers& answers) {
  return Drafter(repository, answers).draft();
}

}  // namespace belay::importer
