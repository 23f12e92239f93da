#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace belay {

/// This program as a thing to be shipped: a host runs exactly the version that gives it orders. On the host
/// it is named by its content, .belay/bin/belay-<id>, so a version is shipped once and never overwritten.

/// Where this program lies.
std::filesystem::path own_executable();

struct OwnBinary {
  std::filesystem::path file;   // what it is started as
  std::filesystem::path image;  // what is read: the program that runs, whatever an upgrade put at `file`
  std::string sha256;           // of the image
  std::string id;               // its first 16 digits
  std::string architecture;     // as `uname -m` says it
};
OwnBinary own_binary();

/// This version's program for hosts of another architecture, as a package of belay brings it:
/// ../lib/belay/belay-<architecture>, as seen from this program's directory.
struct OtherBinary {
  std::string architecture;  // as `uname -m` says it
  std::filesystem::path file;
};
std::vector<OtherBinary> binaries_in_the_package();
/// As a thing to be shipped. Throws Error if it cannot be read.
OwnBinary shippable(const OtherBinary&);

/// The file as gzip, for the way.
std::string gzipped(const std::filesystem::path&);

/// Puts the binary into `directory` (made if absent, 0700) under its name unless it is there; checked after
/// the copy. Returns its path.
std::filesystem::path install_binary(const OwnBinary&, const std::filesystem::path& directory);

}  // namespace belay
