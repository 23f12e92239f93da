#include <fmt/core.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "cli/context.hpp"
#include "cli/init_server.hpp"
#include "control/repository_files.hpp"
#include "importer/draft.hpp"
#include "model/config_values.hpp"

namespace belay::cli {
namespace {

constexpr const char* ci_file = ".github/workflows/belay.yml";

importer::Repository repository_here() {
  importer::Repository made;
  const fs::path here = fs::current_path();
  made.name = here.filename().string();
  RepositoryFiles files = repository_files(here, importer::is_read);
  made.paths = std::move(files.paths);
  for (auto& [path, text] : files.read) made.files.push_back({path, std::move(text)});
  return made;
}

void refuse_existing(const fs::path& file) {
  std::error_code error;
  if (fs::symlink_status(file, error).type() == fs::file_type::not_found) return;
  throw Error(fmt::format("{} is there already: nothing was written", file.string()), "",
              "belay init --print shows the draft without writing it.", ExitCode::bad_input);
}

void refuse_bad_login(const std::string& host) {
  if (host.empty()) return;
  if (const auto address = host_value(host); !address)
    throw Error("--host " + address.error().message, "", address.error().remedy, ExitCode::bad_input);
}

// On a terminal belay asks for what the repository does not say; Enter leaves the gap.
importer::Draft asked_for_the_rest(const importer::Repository& repository, importer::Draft draft,
                                   importer::Answers answers, Context& context) {
  const importer::Unanswered& open = draft.unanswered;
  if (draft.found_nothing || !can_ask(context) || !(open.host || open.path || open.health_url)) return draft;
  if (open.host) answers.host = answer_to(context, "Where does it run? (user@host, or local)");
  if (open.path) answers.path = answer_to(context, "In which directory there? (absolute)");
  if (open.health_url)
    answers.health_url = answer_to(context, "Which URL proves that it works? (Enter: none)");
  return importer::draft_of(repository, answers);
}

void tell_not_taken(const importer::Draft& draft, Output& to, const Style& style) {
  if (draft.not_taken.empty()) return;
  to.line("\nNot taken over:");
  for (const importer::NotTaken& one : draft.not_taken)
    to.line(fmt::format("  {} {}: {}\n      {}", one.warning ? style.yellow("!") : "-", one.at.shown(),
                        one.what, one.why));
}

}  // namespace

int run(const command::Init& asked, Context& context) {
  const fs::path file = context.config.value_or("belay.yml");
  if (!asked.print) refuse_existing(file);
  if (asked.ci) refuse_existing(ci_file);
  refuse_bad_login(asked.host);
  importer::Repository repository = repository_here();
  const importer::Answers given{.host = asked.host, .path = {}, .health_url = {}};
  importer::Draft draft =
      with_server_scripts(repository, importer::draft_of(repository, given), given, asked, context);
  draft = asked_for_the_rest(repository, std::move(draft), given, context);
  if (draft.found_nothing)
    throw Error(
        "there is nothing to draft belay.yml from: no compose file, and no workflow or script that deploys "
        "one",
        "", "Run belay init at the root of the repository, or write belay.yml by hand: belay help.",
        ExitCode::bad_input);
  if (asked.print) {
    context.out.write(draft.belay_yml);
  } else {
    write_file_atomically(file, draft.belay_yml, 0644);
    context.out.line(fmt::format("Wrote {}.", file.string()));
  }
  // With --print the standard output is belay.yml and nothing else.
  Output& notes = asked.print ? context.err : context.out;
  const Style& style = asked.print ? context.err_surface.style : context.out_surface.style;
  if (asked.ci) {
    make_directories(fs::path(ci_file).parent_path(), 0755);
    write_file_atomically(ci_file, draft.github_workflow, 0644);
    notes.line(fmt::format("Wrote {}. Remove the old workflow once it has deployed.", ci_file));
  } else {
    notes.line(fmt::format("\nThe CI's part:\n\n{}",
                           draft.gitlab_job.empty() ? draft.github_workflow : draft.gitlab_job));
  }
  tell_not_taken(draft, notes, style);
  if (draft.gaps > 0)
    notes.line(fmt::format("\n{} left to fill in: look for TODO in belay.yml.",
                           draft.gaps == 1 ? "1 value is" : fmt::format("{} values are", draft.gaps)));
  notes.line("\nNext: belay check");
  return 0;
}

}  // namespace belay::cli
