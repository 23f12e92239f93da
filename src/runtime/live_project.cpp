#include "runtime/live_project.hpp"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/nearest.hpp"
#include "runtime/compose_model.hpp"
#include "runtime/release_project.hpp"

namespace belay {

namespace {

constexpr auto compose_time = std::chrono::seconds(60);

bool has(const boost::json::object& model, const std::string& service) {
  const auto names = services_in(model);
  return std::ranges::find(names, service) != names.end();
}

}  // namespace

compose::Project live_project(const Layout& layout, const EnvironmentConfig& environment,
                              const Release& current) {
  auto project = ReleaseProject(place_of(layout, current.id), environment).in_live();
  if (!current.project.empty()) project.name = current.project;
  if (!current.directory.empty()) project.directory = current.directory;
  return project;
}

boost::json::object live_model(compose::Project project, const std::string& service, std::stop_token stop) {
  auto model = compose::resolved(project, stop, Deadline::in(compose_time));
  if (has(model, service)) return model;
  project.profiles = {"*"};
  auto everything = compose::resolved(project, std::move(stop), Deadline::in(compose_time));
  if (has(everything, service)) return everything;
  const auto names = services_in(everything);
  const auto close = nearest(service, names);
  throw Error(fmt::format("the compose file has no service \"{}\"", service),
              fmt::format("it has: {}", fmt::join(names, ", ")),
              close ? fmt::format("did you mean {}?", *close) : "name one of these", ExitCode::bad_input);
}

}  // namespace belay
