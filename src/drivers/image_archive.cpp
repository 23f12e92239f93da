#include "drivers/image_archive.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <boost/json/parse.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/process.hpp"
#include "drivers/program.hpp"
#include "model/json_parts.hpp"

namespace belay::docker {

namespace json = boost::json;

namespace {

constexpr auto enough_room = "is there room on that disk, and is Docker running?";

/// Beside the directory, so that it is on the same disk; gone with this object.
class Tar {
 public:
  explicit Tar(const fs::path& directory) : file_(directory.string() + ".tar") { remove_tree(file_); }
  ~Tar() {
    std::error_code left;  // it lies in a directory that is removed as a whole
    fs::remove(file_, left);
  }
  Tar(const Tar&) = delete;
  Tar& operator=(const Tar&) = delete;
  std::string path() const { return file_.string(); }

 private:
  fs::path file_;
};

json::value parsed_file(const fs::path& file) {
  json::error_code bad;
  auto value = json::parse(read_file(file), bad);
  if (bad) throw Error(file.string() + " is no JSON", bad.message(), "docker save wrote it");
  return value;
}

ArchivedImage image_of(const fs::path& directory, const json::object& listed) {
  const auto read = parsed_file(directory / text_at(listed, "Config"));
  const auto& config = read.as_object();
  ArchivedImage image{.names = texts_at(listed, "RepoTags"),
                      .platform = text_at(config, "os") + "/" + text_at(config, "architecture"),
                      .layers = {}};
  const auto ids = texts_at(object_at(config, "rootfs"), "diff_ids"), files = texts_at(listed, "Layers");
  if (ids.size() != files.size())
    throw Error(fmt::format("the image {} has {} layers and {} files", fmt::join(image.names, ", "),
                            ids.size(), files.size()),
                "docker save wrote it", "report it, with `docker version`");
  for (std::size_t at = 0; at < ids.size(); ++at) image.layers.push_back({ids[at], files[at]});
  return image;
}

/// How many of its layers, from the lowest on, one of these images has as well.
std::size_t known_run(const ArchivedImage& image, const std::vector<std::vector<std::string>>& layers_there) {
  std::size_t longest = 0;
  for (const auto& there : layers_there) {
    const auto [mine, theirs] =
        std::ranges::mismatch(image.layers, there, {}, &ArchivedImage::Layer::diff_id);
    longest = std::max(longest, static_cast<std::size_t>(mine - image.layers.begin()));
  }
  return longest;
}

}  // namespace

std::string platform_here(std::stop_token stop) {
  const auto said =
      require_output({.argv = {"docker", "version", "--format", "{{.Server.Os}}/{{.Server.Arch}}"}},
                     std::move(stop), Deadline::in(std::chrono::seconds(20)), "no Docker Engine answers here",
                     "start Docker here, or name another Engine with `docker context use`");
  return said.substr(0, said.find('\n'));
}

void save_images(const std::vector<std::string>& names, const fs::path& directory, std::stop_token stop,
                 Deadline deadline) {
  const auto what_failed = fmt::format("saving {} failed", fmt::join(names, ", "));
  const Tar tar(directory);
  make_directories(directory);
  Command save{.argv = {"docker", "save", "--output", tar.path()}};
  save.argv.insert(save.argv.end(), names.begin(), names.end());
  require_output(save, stop, deadline, what_failed, enough_room);
  require_output({.argv = {"tar", "-x", "-f", tar.path(), "-C", directory.string()}}, stop, deadline,
                 what_failed, enough_room);
}

std::vector<ArchivedImage> images_in(const fs::path& directory) {
  const auto manifest = parsed_file(directory / "manifest.json");
  std::vector<ArchivedImage> images;
  if (manifest.is_array())
    for (const auto& listed : manifest.get_array())
      if (listed.is_object()) images.push_back(image_of(directory, listed.get_object()));
  return images;
}

std::vector<std::string> known_layers(const fs::path& directory,
                                      const std::vector<std::vector<std::string>>& layers_there) {
  // One file may be a layer of several images, and in older formats a link to the same layer elsewhere.
  std::set<fs::path> known, needed;
  for (const auto& image : images_in(directory)) {
    const auto run = known_run(image, layers_there);
    for (std::size_t at = 0; at < image.layers.size(); ++at)
      (at < run ? known : needed).insert(fs::weakly_canonical(directory / image.layers[at].file));
  }
  std::vector<std::string> files;
  const auto root = fs::weakly_canonical(directory);
  for (const auto& file : known)
    if (!needed.contains(file)) files.push_back(file.lexically_relative(root).string());
  return files;
}

void forget_images(const std::vector<std::string>& names, std::stop_token stop, Deadline deadline) {
  Command remove{.argv = {"docker", "image", "rm", "--"}};
  remove.argv.insert(remove.argv.end(), names.begin(), names.end());
  require_output(remove, std::move(stop), deadline, "removing the images that were built here failed");
}

void load_images(const fs::path& directory, std::stop_token stop, Deadline deadline) {
  const std::string what_failed = "loading the images that were built failed";
  const Tar tar(directory);
  Command pack{.argv = {"tar", "-c", "-f", tar.path(), "-C", directory.string(), "--"}};
  for (const auto& entry : fs::directory_iterator(directory))
    pack.argv.push_back(entry.path().filename().string());
  require_output(pack, stop, deadline, what_failed, enough_room);
  require_output({.argv = {"docker", "load", "--quiet", "--input", tar.path()}}, stop, deadline, what_failed,
                 enough_room);
}

}  // namespace belay::docker
