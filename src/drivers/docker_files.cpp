#include <fmt/core.h>

#include "drivers/docker_call.hpp"

namespace belay::docker {
namespace {

constexpr std::size_t block = 512;  // of a tar
constexpr std::size_t longest_name = 100;

void put(std::string& header, std::size_t at, std::string_view text) {
  header.replace(at, text.size(), text);
}

/// POSIX ustar, one file: header, text filled up to a block, two empty blocks.
std::string tar_of(const Engine::File& file, const std::string& name) {
  std::string header(block, '\0');
  put(header, 0, name);
  put(header, 100, fmt::format("{:07o}", file.mode));
  put(header, 108, fmt::format("{:07o}", file.uid));
  put(header, 116, fmt::format("{:07o}", file.gid));
  put(header, 124, fmt::format("{:011o}", file.text.size()));
  put(header, 136, "00000000000");
  put(header, 148, "        ");
  put(header, 156, "0");
  put(header, 257,
      std::string_view("ustar\0"
                       "00",
                       8));
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  put(header, 148, fmt::format("{:06o}", sum));
  header[154] = '\0';
  std::string tar = header + file.text;
  tar.resize((tar.size() + block - 1) / block * block, '\0');
  tar.append(2 * block, '\0');
  return tar;
}

}  // namespace

void Engine::put_file(const std::string& id, const File& file) const {
  const std::string what_failed =
      fmt::format("writing {} into container {} failed", file.path, id.substr(0, 12));
  const std::string name = file.path.substr(file.path.find_first_not_of('/'));
  if (name.size() > longest_name)
    throw Error(what_failed, fmt::format("the path is longer than {} bytes", longest_name),
                "choose a shorter target");
  // Owners are taken from the tar only on request; without, the file is root's, as compose writes it.
  const bool owned = file.uid != 0 || file.gid != 0;
  Call call = repeatable("PUT", fmt::format("/containers/{}/archive?path=/&noOverwriteDirNonDir=true{}",
                                            encoded(id), owned ? "&copyUIDGID=true" : ""));
  call.archive = tar_of(file, name);
  if (const Reply reply = ask(call, what_failed); !reply.ok()) throw refused(what_failed, reply);
}

}  // namespace belay::docker
