#include "steps/one_off.hpp"

#include <boost/json.hpp>
#include <fmt/core.h>

#include "base/files.hpp"
#include "model/labels.hpp"
#include "runtime/released_mounts.hpp"

namespace belay {

namespace json = boost::json;

namespace {

/// The release's code in directories that the command may write to.
fs::path copies_for(const Context& context, const std::string& role) {
  return context.layout.release(context.release) / role;
}

void add_environment(json::object& body, const std::vector<std::string>& more) {
  auto& environment = body["Env"];
  if (!environment.is_array()) environment.emplace_array();
  for (const auto& one : more) environment.get_array().emplace_back(one);
}

void hide_from_networks(json::object& body) {
  auto* networking = body.if_contains("NetworkingConfig");
  if (networking == nullptr || !networking->is_object()) return;
  auto* endpoints = networking->as_object().if_contains("EndpointsConfig");
  if (endpoints == nullptr || !endpoints->is_object()) return;
  for (auto& endpoint : endpoints->as_object()) {
    if (!endpoint.value().is_object()) continue;
    endpoint.value().as_object().erase("Aliases");
    endpoint.value().as_object().erase("IPAMConfig");
  }
}

/// The candidate's container, with the command in place of its program, and reachable by nobody.
json::object one_off_body(json::object body, const OneOff& one, const std::string& nonce) {
  if (!one.entrypoint)
    body["Entrypoint"] = json::array{""};  // as `--entrypoint ""`: none, the image's neither
  // Nobody types there. A terminal is an input that never ends.
  for (const auto* key : {"Tty", "OpenStdin", "StdinOnce", "AttachStdin"}) body[key] = false;
  body["Cmd"] = json::array(one.command.words.begin(), one.command.words.end());
  add_environment(body, one.command.environment);
  body["Labels"] = json::object{{label::nonce, nonce}, {label::role, one.role}};
  body["Healthcheck"] = json::object{{"Test", json::array{"NONE"}}};
  body.erase("ExposedPorts");
  auto& host = body["HostConfig"].as_object();
  host["RestartPolicy"] = json::object{{"Name", "no"}};
  host["PortBindings"] = json::object{};
  host["AutoRemove"] = false;
  hide_from_networks(body);
  return body;
}

}  // namespace

int run_one_off(Context& context, const OneOff& one, const docker::Engine::LineSink& sink,
                Deadline deadline) {
  remove_one_offs(context, one.role);
  const auto& service = one.service;
  auto body = with_released_mounts(service.containers.front(),
                                   {context.layout, context.release, copies_for(context, one.role)});
  body["Image"] = service.frozen_image;
  const auto id =
      context.engine.create(fmt::format("{}-{}-{}", service.container_names.front(), one.role, context.nonce),
                            one_off_body(std::move(body), one, context.nonce));
  for (const auto& file : service.injected)
    context.engine.put_file(id, {file.target, file.text, file.mode, file.uid, file.gid});
  context.engine.attach(id, [&] { context.engine.start(id); }, sink, context.stop, deadline);
  const int code = context.engine.wait(id, context.stop, deadline);
  if (code == 0) remove_one_offs(context, one.role);
  return code;
}

void remove_one_offs(const Context& context, const std::string& role) {
  for (const auto& container : made_by_this_attempt(context, role))
    context.engine.remove(container.id, docker::Engine::AnonymousVolumes::remove);
  remove_tree(copies_for(context, role));
}

}  // namespace belay
