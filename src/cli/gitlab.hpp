#pragma once

#include "cli/platform.hpp"

namespace belay::cli {

/// GitLab CI: sections that can be folded, and a dotenv report that hands the result to later jobs.
class Gitlab : public Platform {
 public:
  explicit Gitlab(const VariableLookup&);

  /// A section's marks need the escape character, which belay prints of nobody else.
  std::string as_text(std::string_view lines) const override { return std::string(lines); }
  std::string fold_begins(const std::string& title, Time) override;
  std::string fold_ends(Time) override;
  std::string annotated(const Annotation&) const override { return {}; }  // the log has the text already
  std::string hides(const std::vector<std::string>&) const override { return {}; }

 protected:
  std::string add_summary(const std::string&) override { return {}; }
  std::string write_result(const JobResult&) override;

 private:
  std::string dotenv_;
  std::string section_;  // that is open
  int sections_ = 0;     // so far: a name stands once in a log
};

}  // namespace belay::cli
