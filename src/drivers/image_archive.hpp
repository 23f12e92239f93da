#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "base/deadline.hpp"

namespace belay::docker {

/// Images on their way from one Engine to another: what `docker save` writes, as a directory. It goes through
/// Docker's own program, which reaches the Engine of every context. All throw Error with the program's words.

/// The platform of the Engine that `docker` speaks to: "linux/amd64".
std::string platform_here(std::stop_token);

/// Writes these images into `directory`, which is made. It needs room for them twice while it works.
void save_images(const std::vector<std::string>& names, const std::filesystem::path& directory,
                 std::stop_token, Deadline);

/// An image of such a directory: its platform as images name it, and of each layer, lowest first, the diff id
/// and the file, relative to the directory.
struct ArchivedImage {
  struct Layer {
    std::string diff_id, file;
  };
  std::vector<std::string> names;
  std::string platform;
  std::vector<Layer> layers;
};
std::vector<ArchivedImage> images_in(const std::filesystem::path& directory);

/// The files of layers that an Engine has already, relative to the directory. `layers_there`: the diff ids of
/// each of its images, lowest first. `docker load` does not read a layer whose whole chain down to the lowest
/// is there. An Engine that keeps layers as they were pulled (the containerd store) may miss one all the
/// same: then load_images() fails there, and all layers are needed.
std::vector<std::string> known_layers(const std::filesystem::path& directory,
                                      const std::vector<std::vector<std::string>>& layers_there);

/// Takes the names away, and with its last name an image.
void forget_images(const std::vector<std::string>& names, std::stop_token, Deadline);

/// Gives the directory's images to the Engine. It needs room for them once more while it works.
void load_images(const std::filesystem::path& directory, std::stop_token, Deadline);

}  // namespace belay::docker
