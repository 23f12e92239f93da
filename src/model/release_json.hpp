#pragma once

#include <array>

#include "model/json_archive.hpp"
#include "model/release.hpp"

/// How a release is stored; for the rooms' other formats that contain one.
namespace belay {

constexpr auto enum_names(Release::Origin) {
  using enum Release::Origin;
  return std::to_array<std::pair<Release::Origin, std::string_view>>(
      {{deployed, "deployed"}, {adopted, "adopted"}});
}

constexpr auto enum_names(Release::State) {
  using enum Release::State;
  return std::to_array<std::pair<Release::State, std::string_view>>(
      {{candidate, "candidate"}, {good, "good"}, {failed, "failed"}});
}

void fields(auto& archive, Is<Commit> auto& commit) {
  archive("id", commit.id);
  archive("subject", commit.subject);
  archive("branch", commit.branch);
  archive("version", commit.version);
  archive("dirty", commit.dirty);
}

void fields(auto& archive, Is<BuiltHere> auto& built) {
  archive("files", built.files);
  archive("bytes", built.bytes);
  archive("added", built.added);
  archive("changed", built.changed);
}

void fields(auto& archive, Is<Reason> auto& reason) {
  archive.required("text", reason.text);
  archive("freeze", reason.freeze);
}

void fields(auto& archive, Is<Author> auto& author) {
  archive("user", author.user);
  archive("machine", author.machine);
}

void fields(auto& archive, Is<Dependency> auto& dependency) {
  archive.required("service", dependency.service);
  archive("condition", dependency.condition);
  archive("restart", dependency.restart);
}

void fields(auto& archive, Is<SharedWithOthers> auto& shared) {
  archive("network", shared.network);
  archive("ipc", shared.ipc);
  archive("pid", shared.pid);
  archive("volumes", shared.volumes);
  archive("links", shared.links);
}

void fields(auto& archive, Is<InjectedFile> auto& file) {
  archive.required("target", file.target);
  archive("text", file.text);
  archive("mode", file.mode);
  archive("uid", file.uid);
  archive("gid", file.gid);
}

void fields(auto& archive, Is<ContainerCommand> auto& command) {
  archive.required("words", command.words);
  archive("user", command.user);
  archive("directory", command.directory);
  archive("environment", command.environment);
  archive("privileged", command.privileged);
}

void fields(auto& archive, Is<ReleasedService> auto& service) {
  archive.required("name", service.name);
  archive("image_id", service.image_id);
  archive("frozen_image", service.frozen_image);
  archive("live_image", service.live_image);
  archive("container_names", service.container_names);
  archive("containers", service.containers);
  archive("dependencies", service.dependencies);
  archive("shared", service.shared);
  archive("injected", service.injected);
  archive("after_start", service.after_start);
  archive("digest", service.digest);
  archive("asked", service.asked);
}

void fields(auto& archive, Is<Release> auto& release) {
  archive.format(Release::format);
  archive.required("id", release.id);
  archive("origin", release.origin);
  archive.required("state", release.state);
  archive("commit", release.commit);
  archive("by", release.by);
  archive("created", release.created);
  archive("switched", release.switched);
  archive("replaced", release.replaced);
  archive("compose_file", release.compose_file);
  archive("project", release.project);
  archive("directory", release.directory);
  archive("services", release.services);
  archive("accessories", release.accessories);
  archive("built", release.built);
  archive("reason", release.reason);
}

}  // namespace belay
