#include "control/build_here.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/human.hpp"
#include "control/host_questions.hpp"
#include "control/tree_space.hpp"
#include "drivers/compose.hpp"
#include "drivers/docker_logins.hpp"
#include "drivers/image_archive.hpp"
#include "drivers/rsync.hpp"
#include "model/build_paths.hpp"
#include "model/json_parts.hpp"
#include "model/visible_text.hpp"

namespace belay {

namespace json = boost::json;

namespace {

BuildOrder order_in(Session& session, const std::string& room, std::stop_token stop) {
  const auto read = session.capture_there({"cat", room + "/order.json"}, {}, std::move(stop),
                                          Deadline::in(std::chrono::minutes(1)));
  if (!read.ok())
    throw Error("the host's order to build cannot be read",
                read.outcome.described() + "\n" + visible_text(read.err));
  return build_order_from_text(read.out);
}

/// This machine may build with the very Engine that the host runs, whatever name each has for it. The image
/// has the release's own name, which comes from nowhere else.
bool has_image(Session& session, const std::string& name, std::stop_token stop) {
  return session
      .capture_there({"docker", "image", "inspect", "--format", "{{.Id}}", name}, {}, std::move(stop),
                     Deadline::in(std::chrono::minutes(1)))
      .ok();
}

/// The host's paths become those of the same files here.
json::value moved(const json::object& model, const std::string& from, const std::string& to) {
  return with_texts(model, [&](const std::string& text) {
    const bool is_path_there = text == from || text.starts_with(from + "/");
    return is_path_there ? to + text.substr(from.size()) : text;
  });
}

/// An image for another platform would come to the host and not start there. A service that names its
/// platform means it.
void require_platform(const std::vector<docker::ArchivedImage>& images, const BuildOrder& order) {
  for (const auto& [service, settings] : object_at(order.model, "services"))
    if (settings.is_object() && settings.get_object().contains("platform")) return;
  for (const auto& image : images)
    if (image.platform != order.platform)
      throw Error(fmt::format("{} was built for {}, and the host is {}", fmt::join(image.names, ", "),
                              image.platform, visible_text(order.platform)),
                  {},
                  "let FROM in its Dockerfile name no platform; or build on the server: write build: host");
}

}  // namespace

BuildHere::BuildHere(const EnvironmentConfig& environment, fs::path source, Watched watched)
    : environment_(environment),
      source_(std::move(source)),
      watched_(std::move(watched)),
      life_(tree_space(), "build-") {}

/// The build sees what is shipped, and nothing else.
fs::path BuildHere::shipped_source(std::stop_token stop, Deadline deadline) const {
  if (environment_.sync.exclude.empty()) return source_;
  const auto shipped = life_.directory() / "source";
  make_directories(shipped, 0755);
  rsync::transfer({.from = source_,
                   .to = shipped.string(),
                   .exclude = environment_.sync.exclude,
                   .link_destination = source_.string()},
                  {}, std::move(stop), deadline);
  return shipped;
}

void BuildHere::build(const BuildOrder& order, const std::string& default_platform, std::stop_token stop,
                      Deadline deadline) {
  const auto source = shipped_source(stop, deadline);
  const auto file = life_.directory() / "build.json";
  const auto model = moved(order.model, order.source, source.string());
  require_build_paths_below(source, model.get_object());  // the host's word is no reason to read other files
  write_file_atomically(file, json::serialize(model));
  compose::Project project{.directory = source,
                           .files = {file},
                           .name = text_at(order.model, "name"),
                           .values = environment_.values};
  std::optional<docker::Logins> logins;
  if (!environment_.registries.empty()) {
    logins.emplace(life_.directory() / "docker", docker::own_config_directory(), environment_.registries);
    project.values["DOCKER_CONFIG"] = logins->directory().string();
  }
  if (default_platform != order.platform) project.values["DOCKER_DEFAULT_PLATFORM"] = order.platform;
  compose::build(project, order.services, watched_.line, std::move(stop), deadline);
}

void BuildHere::save(const BuildOrder& order, const fs::path& directory, std::stop_token stop,
                     Deadline deadline) const {
  const auto partial = life_.directory() / "saved";
  const auto forget = [&] { docker::forget_images(order.images, {}, Deadline::in(std::chrono::minutes(1))); };
  remove_tree(partial);
  try {
    docker::save_images(order.images, partial, std::move(stop), deadline);
  } catch (const Error&) {
    forget();
    throw;
  }
  forget();
  require_platform(docker::images_in(partial), order);
  fs::rename(partial, directory);
}

std::string BuildHere::send(Session& session, const std::string& room, bool all_layers, std::stop_token stop,
                            Deadline deadline) {
  const auto order = order_in(session, room, stop);
  const auto images = life_.directory() / "images";
  if (!fs::exists(images)) {
    build(order, docker::platform_here(stop), stop, deadline);
    if (has_image(session, order.images.front(), stop)) return "built by the host's own Engine";
    save(order, images, stop, deadline);
  }
  rsync::Request request{.from = images,
                         .to = session.rsync_target(fs::path(room) / "images"),
                         .remove_extraneous = true,
                         .remote_shell = session.remote_shell()};
  if (!all_layers)
    for (const auto& file : docker::known_layers(images, order.layers)) request.exclude.push_back("/" + file);
  const auto sent = rsync::transfer(request, watched_.progress, std::move(stop), deadline);
  return fmt::format("built where belay was started, for {}; {} of {} sent", order.platform,
                     human_bytes(sent.bytes_sent), human_bytes(bytes_in(images)));
}

std::string require_builder_here(std::stop_token stop) {
  try {
    return fmt::format("Docker for {}, Compose {}", docker::platform_here(stop),
                       compose::require_version(stop));
  } catch (const Error& error) {
    throw Error("`build: here` has nothing to build with: " + error.message(), error.why(), error.next(),
                ExitCode::bad_input);
  }
}

}  // namespace belay
