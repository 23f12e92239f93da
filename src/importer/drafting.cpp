#include "importer/drafting.hpp"

#include <algorithm>

namespace belay::importer {

std::string Drafting::in_source(const std::string& file) const {
  return source == "." ? file : source + "/" + file;
}

const ComposeService* Drafting::service(std::string_view name) const {
  for (const ComposeFile* file : files)
    if (const ComposeService* const found = file->find(name)) return found;
  return nullptr;
}

std::vector<const ComposeService*> Drafting::all_services() const {
  std::vector<const ComposeService*> all;
  for (const ComposeFile* file : files)
    for (const ComposeService& service : file->services)
      if (std::ranges::none_of(all, [&](const ComposeService* other) { return other->name == service.name; }))
        all.push_back(&service);
  return all;
}

const ComposeService* Drafting::with_container(std::string_view container) const {
  for (const ComposeFile* file : files)
    if (const ComposeService* const found = file->with_container(container)) return found;
  return nullptr;
}

bool Drafting::releases(std::string_view service) const {
  return std::ranges::find(released, service) != released.end();
}

const Transport* main_transport(const Findings& findings) {
  for (const auto kind : {Transport::Kind::rsync, Transport::Kind::git, Transport::Kind::copy})
    for (const Transport& transport : findings.transports)
      if (transport.kind == kind) return &transport;
  return nullptr;
}

Entry gap(std::string key, std::string what) {
  return {std::move(key), {}, "TODO belay init: " + std::move(what), true};
}

std::string from(const Place& at) {
  return at.line > 0 ? at.shown() : "";
}

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

std::optional<std::string> below(const std::string& directory, const std::string& path) {
  if (path == directory) return "";
  if (path.starts_with(directory + "/")) return path.substr(directory.size() + 1);
  return std::nullopt;
}

std::string base_name(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return std::string(path.substr(path.rfind('/') + 1));
}

void add_new(std::vector<std::string>& to, const std::vector<std::string>& from) {
  for (const std::string& one : from)
    if (!one.empty() && std::ranges::find(to, one) == to.end()) to.push_back(one);
}

}  // namespace belay::importer
