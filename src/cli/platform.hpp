#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "cli/style.hpp"
#include "model/config.hpp"
#include "model/masks.hpp"
#include "model/problem.hpp"

namespace belay::cli {

/// What a CI platform shows apart from the log: beside the file it names, or on the job's page.
struct Annotation {
  enum class Level { warning, error };
  Level level = Level::error;
  std::string title, message;
  std::string file{};  // of the repository, as a path here; empty: none
  Location at{};
};

/// How the command ended for one environment, for the jobs that come after this one.
struct JobResult {
  std::string environment;  // empty: the command failed before it was known
  std::string outcome;      // deployed, unchanged, frozen, rolled-back, failed, skipped
  std::string release{};    // that serves
  std::string url{};        // where people reach it
  std::string run{};
};

/// A CI platform that belay runs on. The functions that return text return what belay prints to its log; all
/// of it is whole lines, or empty where the platform has no such thing.
class Platform {
 public:
  Platform() = default;
  virtual ~Platform() = default;
  Platform(const Platform&) = delete;
  Platform& operator=(const Platform&) = delete;

  /// Lines that may hold anything, printed so that the platform takes none of them for a command.
  virtual std::string as_text(std::string_view lines) const = 0;
  virtual std::string fold_begins(const std::string& title, Time) = 0;
  virtual std::string fold_ends(Time) = 0;
  virtual std::string annotated(const Annotation&) const = 0;
  /// Commands after which the platform hides the values in the whole job, each line of them by itself.
  virtual std::string hides(const std::vector<std::string>& values) const = 0;
  /// Whether it is the platform that reads this process's stdout, so that those commands may be printed.
  virtual bool reads_stdout() const { return false; }

  /// Whether the command brings a release or takes one back, so that its failure is the job's result.
  bool deploys = false;
  /// What the files below must not show.
  void hide(Masks masks) { masks_ = std::move(masks); }
  /// One environment is done. `summary` is Markdown.
  void ended(JobResult, const std::string& summary);
  /// Writes the results, once, when the command is over. Returns what went wrong, as a sentence; empty:
  /// nothing.
  std::string finish();

 protected:
  virtual std::string add_summary(const std::string& markdown) = 0;
  virtual std::string write_result(const JobResult&) = 0;
  /// Returns what went wrong.
  std::string append(const std::string& file, std::string_view text) const;

 private:
  std::vector<JobResult> results_;
  std::string trouble_;
  Masks masks_;
};

/// Of several environments: the worst outcome, and of each field one line per environment that has it.
JobResult taken_together(const std::vector<JobResult>&);

/// Whether this process runs in a job of a CI platform that belay knows. BELAY_CI names one (github, gitlab)
/// or says none; else the variables that the platforms set decide. Throws Error{bad_input} for another
/// BELAY_CI.
bool on_a_platform(const VariableLookup&);
/// The platform, or null where there is none. Gitea and Forgejo understand what GitHub does.
std::unique_ptr<Platform> platform_of(const VariableLookup&);

/// Whether the log of the job is what reads `descriptor`, and no pipe or file of a script within the job:
/// only there may a line hold a secret, since the platform hides it. `marker` is the variable that each
/// process of the job has.
bool read_by_the_job(int descriptor, const std::string& marker);

}  // namespace belay::cli
