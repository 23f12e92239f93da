#include "base/hash.hpp"

#include <array>
#include <cerrno>
#include <memory>

#include <fcntl.h>
#include <fmt/core.h>
#include <openssl/evp.h>
#include <unistd.h>
#include <zlib.h>

#include "base/base64.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/files.hpp"
#include "base/hex.hpp"

namespace belay {

namespace {

class Sha256 {
 public:
  using Digest = std::array<unsigned char, 32>;

  Sha256() : context_(EVP_MD_CTX_new()) {
    check(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
  }
  void add(const void* bytes, std::size_t size) { check(EVP_DigestUpdate(context_.get(), bytes, size) == 1); }
  Digest digest() {
    Digest digest;
    check(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1);
    return digest;
  }

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  static void check(bool fine) {
    if (!fine) throw Error("cannot compute SHA-256", "OpenSSL refuses");
  }
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

const unsigned char* unsigned_bytes(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace

std::uint32_t crc32(std::string_view bytes) {
  return static_cast<std::uint32_t>(::crc32_z(0, unsigned_bytes(bytes), bytes.size()));
}

std::string sha256_hex(std::string_view bytes) {
  Sha256 sha;
  sha.add(bytes.data(), bytes.size());
  return hex_of(sha.digest());
}

std::string sha256_hex_of_file(const std::filesystem::path& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) throw system_error(fmt::format("cannot read {}", path.native()), errno);
  Sha256 sha;
  std::array<char, read_size> chunk;
  for (;;) {
    const ssize_t got = ::read(file.get(), chunk.data(), chunk.size());
    if (got == 0) return hex_of(sha.digest());
    if (got > 0) {
      sha.add(chunk.data(), static_cast<std::size_t>(got));
    } else if (errno != EINTR) {
      throw system_error(fmt::format("cannot read {}", path.native()), errno);
    }
  }
}

std::string git_blob_id(const std::filesystem::path& file) {
  const std::string content = read_file(file);
  const std::string blob = fmt::format("blob {}{}{}", content.size(), '\0', content);
  std::array<unsigned char, 20> digest{};
  if (EVP_Digest(blob.data(), blob.size(), digest.data(), nullptr, EVP_sha1(), nullptr) != 1)
    throw Error("cannot compute SHA-1", "OpenSSL refuses");
  return hex_of(digest);
}

std::string ssh_fingerprint(std::string_view base64_key) {
  const auto key = base64_decoded(base64_key);
  Sha256 sha;
  sha.add(key.data(), key.size());
  const auto digest = sha.digest();
  const auto text = base64_encoded({reinterpret_cast<const char*>(digest.data()), digest.size()});
  return "SHA256:" + text.substr(0, 43);  // without the one '=' of padding
}

}  // namespace belay
