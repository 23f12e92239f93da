#pragma once

#include <filesystem>

#include "cli/platform.hpp"

namespace belay::cli {

/// GitHub Actions, and what understands its workflow commands: Gitea and Forgejo.
class Github : public Platform {
 public:
  /// `token`: random, so that no output of an app can hold it.
  Github(const VariableLookup&, std::string token);

  std::string as_text(std::string_view lines) const override;
  std::string fold_begins(const std::string& title, Time) override;
  std::string fold_ends(Time) override;
  std::string annotated(const Annotation&) const override;
  std::string hides(const std::vector<std::string>& values) const override;
  bool reads_stdout() const override;

 protected:
  std::string add_summary(const std::string& markdown) override;
  std::string write_result(const JobResult&) override;

 private:
  /// As the repository names it; empty: it lies outside.
  std::string in_workspace(const std::string& file) const;

  std::string token_, output_, summary_;
  std::filesystem::path workspace_;
  bool in_job_;
};

}  // namespace belay::cli
