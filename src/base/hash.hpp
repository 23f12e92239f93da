#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace belay {

std::uint32_t crc32(std::string_view);
/// Lower-case hexadecimal.
std::string sha256_hex(std::string_view);
/// Throws Error if it cannot be read.
std::string sha256_hex_of_file(const std::filesystem::path&);
/// git's name (SHA-1) for a file's content. Throws Error if it cannot be read.
std::string git_blob_id(const std::filesystem::path&);
/// OpenSSH's fingerprint form, "SHA256:" + unpadded base64, of a base64-encoded key blob. Throws Error on bad
/// base64.
std::string ssh_fingerprint(std::string_view base64_key);
/// 16 hexadecimal digits from the kernel's random source.
std::string random_nonce();

}  // namespace belay
