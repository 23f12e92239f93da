#include "cli/platform.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/hash.hpp"
#include "cli/github.hpp"
#include "cli/gitlab.hpp"
#include "cli/terminal.hpp"

namespace belay::cli {
namespace {

enum class Kind { none, github, gitlab };

Kind kind_of(const VariableLookup& variable) {
  const std::string said = variable("BELAY_CI").value_or("");
  if (said == "none") return Kind::none;
  if (said == "github") return Kind::github;
  if (said == "gitlab") return Kind::gitlab;
  if (!said.empty())
    throw Error(fmt::format("BELAY_CI is '{}', which names no CI platform", said), "",
                "BELAY_CI is github (also for Gitea and Forgejo), gitlab or none; without it belay looks "
                "itself",
                ExitCode::bad_input);
  if (variable("GITHUB_ACTIONS") == "true") return Kind::github;
  return variable("GITLAB_CI") == "true" ? Kind::gitlab : Kind::none;
}

/// The parent, by /proc/PID/stat: "12 (a name) S 11 …".
pid_t parent_of(pid_t process) {
  const auto text = read_file_if_exists(fmt::format("/proc/{}/stat", process));
  const auto name_ends = text ? text->rfind(')') : std::string::npos;
  if (name_ends == std::string::npos || name_ends + 4 > text->size()) return 0;
  return std::atoi(text->c_str() + name_ends + 4);
}

bool has_variable(pid_t process, const std::string& name) {
  try {
    const auto text = read_file_if_exists(fmt::format("/proc/{}/environ", process));
    return text &&
           (std::string(1, '\0') + *text).find(std::string(1, '\0') + name + "=") != std::string::npos;
  } catch (const Error&) {  // of another user: the job does not begin above it
    return false;
  }
}

/// The step that the platform started: the farthest ancestor in whose environment the marker is.
pid_t process_of_the_step(const std::string& marker) {
  pid_t step = ::getpid();
  for (pid_t above = parent_of(step); above > 1 && has_variable(above, marker); above = parent_of(above))
    step = above;
  return step;
}

}  // namespace

void Platform::ended(JobResult result, const std::string& summary) {
  results_.push_back(std::move(result));
  if (auto trouble = add_summary(masks_.masked(summary)); trouble_.empty()) trouble_ = std::move(trouble);
}

std::string Platform::finish() {
  if (results_.empty()) return trouble_;
  JobResult result = taken_together(results_);
  for (std::string* text : {&result.environment, &result.release, &result.url, &result.run})
    *text = masks_.masked(*text);
  auto trouble = write_result(result);
  return trouble_.empty() ? trouble : trouble_;
}

std::string Platform::append(const std::string& file, std::string_view text) const {
  if (file.empty()) return {};
  const Fd descriptor(::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  Output output(descriptor.get());
  if (descriptor) output.write(text);
  const int failure = descriptor ? output.failure() : errno;
  return failure == 0 ? "" : fmt::format("cannot write {}: {}", file, std::strerror(failure));
}

JobResult taken_together(const std::vector<JobResult>& results) {
  constexpr std::array<std::string_view, 6> worse = {"skipped", "unchanged",   "deployed",
                                                     "frozen",  "rolled-back", "failed"};
  const auto add = [](std::string& lines, const std::string& line) {
    if (!line.empty()) lines += (lines.empty() ? "" : "\n") + line;
  };
  JobResult all{.environment = {}, .outcome = "skipped"};
  for (const JobResult& one : results) {
    if (std::ranges::find(worse, all.outcome) < std::ranges::find(worse, one.outcome))
      all.outcome = one.outcome;
    add(all.environment, one.environment);
    add(all.release, one.release);
    add(all.url, one.url);
    add(all.run, one.run);
  }
  return all;
}

bool on_a_platform(const VariableLookup& variable) {
  return kind_of(variable) != Kind::none;
}

std::unique_ptr<Platform> platform_of(const VariableLookup& variable) {
  switch (kind_of(variable)) {
    case Kind::github:
      return std::make_unique<Github>(variable, random_nonce());
    case Kind::gitlab:
      return std::make_unique<Gitlab>(variable);
    case Kind::none:
      break;
  }
  return nullptr;
}

bool read_by_the_job(int descriptor, const std::string& marker) {
  struct stat own{}, of_step{};
  if (::fstat(descriptor, &own) != 0) return false;
  const auto step = fmt::format("/proc/{}/fd/1", process_of_the_step(marker));
  return ::stat(step.c_str(), &of_step) == 0 && own.st_dev == of_step.st_dev && own.st_ino == of_step.st_ino;
}

}  // namespace belay::cli
