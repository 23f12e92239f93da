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

OwnBinary own_binary() {
  OwnBinary binary;
  binary.file = own_executable();
  binary.image = "/proc/self/exe";
  binary.sha256 = sha256_hex_of_file(binary.image);
  binary.id = binary.sha256.substr(0, 16);
  utsname machine{};
  ::uname(&machine);
  binary.architecture = machine.machine;
  return binary;
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
