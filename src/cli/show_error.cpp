#include "cli/show_error.hpp"

#include <boost/json/object.hpp>

#include "cli/environment_choice.hpp"
#include "cli/error_text.hpp"
#include "cli/step_summary.hpp"

namespace belay::cli {
namespace {

std::string annotations_of(const Error& error, const Problems& problems, const Platform& platform) {
  if (problems.empty())
    return platform.annotated({.title = error.message(),
                               .message = error.why().empty() && error.next().empty() ? error.message()
                                          : error.next().empty()                      ? error.why()
                                          : error.why().empty()                       ? error.next()
                                                                : error.why() + "\n" + error.next()});
  std::string all;
  for (const Problem& problem : problems)
    all += platform.annotated(
        {.title = "belay.yml",
         .message = problem.remedy.empty() ? problem.message : problem.message + "\n" + problem.remedy,
         .file = problem.file,
         .at = problem.at});
  return all;
}

void show_on_platform(const Error& error, const Problems& problems, const std::string& text,
                      const ErrorPlace& place) {
  Platform& platform = *place.platform;
  place.err.write(platform.as_text(text) + annotations_of(error, problems, platform));
  if (platform.deploys)
    platform.ended({.environment = place.environment,
                    .outcome = error.exit_code() == ExitCode::frozen ? "frozen" : "failed"},
                   error_summary(error, text, place.environment));
}

}  // namespace

ExitCode show_error(const Error& error, const ErrorPlace& place) {
  const auto* config = dynamic_cast<const BadConfig*>(&error);
  const Problems problems = config ? config->problems() : Problems{};
  if (place.json) {
    auto event = error_json(error);
    if (config) event["problems"] = problems_json(problems);
    place.out.json(event);
  }
  const auto text = [&](const Style& style) {
    return config ? problems_text(problems, style) : error_text(error, style);
  };
  if (place.platform)
    show_on_platform(error, problems, text(place.style), place);
  else
    place.err.write(text(place.style));
  return error.exit_code();
}

}  // namespace belay::cli
