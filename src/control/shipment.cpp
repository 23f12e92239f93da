#include "control/shipment.hpp"

#include <sys/utsname.h>
#include <zlib.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/hash.hpp"

namespace belay {

std::filesystem::path own_executable() {
  std::error_code problem;
  const fs::path self = fs::read_symlink("/proc/self/exe", problem);
  if (problem) throw Error("cannot find this program's own file", problem.message(), "is /proc mounted?");
  return self;
}

namespace {

constexpr const char* architectures[] = {"x86_64", "aarch64"};

OwnBinary binary_of(fs::path file, fs::path image, std::string architecture) {
  OwnBinary binary;
  binary.file = std::move(file);
  binary.image = std::move(image);
  binary.sha256 = sha256_hex_of_file(binary.image);
  binary.id = binary.sha256.substr(0, 16);
  binary.architecture = std::move(architecture);
  return binary;
}

}  // namespace

OwnBinary own_binary() {
  utsname machine{};
  ::uname(&machine);
  return binary_of(own_executable(), "/proc/self/exe", machine.machine);
}

std::vector<OtherBinary> binaries_in_the_package() {
  const fs::path directory = own_executable().parent_path().parent_path() / "lib/belay";
  std::vector<OtherBinary> found;
  std::error_code unreadable;  // is as good as absent
  for (const std::string architecture : architectures)
    if (fs::path file = directory / ("belay-" + architecture); fs::is_regular_file(file, unreadable))
      found.push_back({architecture, std::move(file)});
  return found;
}

OwnBinary shippable(const OtherBinary& other) {
  return binary_of(other.file, other.file, other.architecture);
}

std::string gzipped(const std::filesystem::path& file) {
  std::string raw = read_file(file);
  z_stream stream{};
  constexpr int gzip_header = 16 + MAX_WBITS;
  if (deflateInit2(&stream, 6, Z_DEFLATED, gzip_header, 9, Z_DEFAULT_STRATEGY) != Z_OK)
    throw Error("cannot compress " + file.string(), "zlib did not start");
  std::string packed(deflateBound(&stream, raw.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(raw.data());
  stream.avail_in = static_cast<uInt>(raw.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int end = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (end != Z_STREAM_END) throw Error("cannot compress " + file.string(), "zlib stopped early");
  return packed;
}

std::filesystem::path install_binary(const OwnBinary& binary, const std::filesystem::path& directory) {
  make_directories(directory, 0700);
  const fs::path place = directory / ("belay-" + binary.id);
  if (fs::exists(place)) return place;
  const fs::path partial = place.string() + "." + random_nonce();
  write_file_atomically(partial, read_file(binary.image), 0700);
  if (sha256_hex_of_file(partial) != binary.sha256) {
    remove_tree(partial);
    throw Error("the copy of this program in " + directory.string() + " is not what was copied", {},
                "check that disk");
  }
  fs::rename(partial, place);
  fsync_directory(directory);
  return place;
}

}  // namespace belay
