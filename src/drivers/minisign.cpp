#include "drivers/minisign.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <fmt/core.h>
#include <sodium.h>

#include "base/base64.hpp"
#include "base/error.hpp"

namespace belay {

namespace {

constexpr std::string_view of_keys = "Ed", prehashed = "ED", not_prehashed = "Ed";
constexpr std::string_view untrusted = "untrusted comment: ", trusted = "trusted comment: ";
constexpr std::size_t id_size = 8, signature_size = crypto_sign_BYTES, hash_size = 64;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// Empty unless the text is base64 of exactly so many bytes.
std::string decoded(std::string_view text, std::size_t size) {
  try {
    std::string bytes = base64_decoded(text);
    return bytes.size() == size ? bytes : std::string();
  } catch (const Error&) {  // the caller says which line it is
    return {};
  }
}

std::string hexadecimal(std::span<const unsigned char> id) {
  std::uint64_t number = 0;  // it is little-endian there
  for (std::size_t i = id.size(); i-- > 0;) number = number << 8 | id[i];
  return fmt::format("{:X}", number);
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// What stands in a .minisig file.
struct Signature {
  std::string algorithm, id, of_bytes;  // 2, 8 and 64 bytes
  std::string_view comment;
  std::string of_comment;  // of `of_bytes` and the comment
};

std::expected<Signature, std::string> signature_in(std::string_view text) {
  const auto lines = lines_of(text);
  const auto bad = [](int line, std::string_view wanted) {
    return std::unexpected(fmt::format("it is no signature of minisign: line {} is not {}", line, wanted));
  };
  if (lines.empty() || !lines[0].starts_with(untrusted)) return bad(1, "an untrusted comment");
  const std::string head = lines.size() > 1 ? decoded(lines[1], 2 + id_size + signature_size) : std::string();
  if (head.empty()) return bad(2, "a signature");
  if (lines.size() < 3 || !lines[2].starts_with(trusted)) return bad(3, "a trusted comment");
  std::string global = lines.size() > 3 ? decoded(lines[3], signature_size) : std::string();
  if (global.empty()) return bad(4, "a signature");
  if (lines.size() > 4) return bad(5, "the end");
  return Signature{.algorithm = head.substr(0, 2),
                   .id = head.substr(2, id_size),
                   .of_bytes = head.substr(2 + id_size),
                   .comment = lines[2].substr(trusted.size()),
                   .of_comment = std::move(global)};
}

bool signed_by(const std::array<unsigned char, 32>& key, std::string_view signature, std::string_view what) {
  return crypto_sign_verify_detached(bytes_of(signature), bytes_of(what), what.size(), key.data()) == 0;
}

}  // namespace

std::expected<MinisignKey, std::string> MinisignKey::from_text(std::string_view text) {
  const std::string bytes = decoded(text, 2 + id_size + crypto_sign_PUBLICKEYBYTES);
  if (!bytes.starts_with(of_keys))
    return std::unexpected("it is no public key of minisign: 56 characters that begin with RW");
  MinisignKey key;
  std::copy_n(bytes_of(bytes) + 2, key.id_.size(), key.id_.begin());
  std::copy_n(bytes_of(bytes) + 2 + id_size, key.key_.size(), key.key_.begin());
  return key;
}

std::string MinisignKey::id() const {
  return hexadecimal(id_);
}

std::expected<std::string, std::string> MinisignKey::signed_comment(std::string_view text,
                                                                    std::string_view bytes) const {
  const auto signature = signature_in(text);
  if (!signature) return std::unexpected(signature.error());
  if (signature->algorithm == not_prehashed)
    return std::unexpected("it is of minisign's old kind, which signs the file and not its hash");
  if (signature->algorithm != prehashed)
    return std::unexpected("it is no signature of minisign: its algorithm is unknown");
  const std::span id(bytes_of(signature->id), id_size);
  if (!std::ranges::equal(id, id_))
    return std::unexpected(fmt::format("key {} made it, and belay's key is {}", hexadecimal(id), this->id()));
  std::string hash(hash_size, '\0');
  crypto_generichash(reinterpret_cast<unsigned char*>(hash.data()), hash.size(), bytes_of(bytes),
                     bytes.size(), nullptr, 0);
  if (!signed_by(key_, signature->of_bytes, hash))
    return std::unexpected("these are not the bytes that were signed");
  if (!signed_by(key_, signature->of_comment, signature->of_bytes + std::string(signature->comment)))
    return std::unexpected("its trusted comment is not the one that was signed");
  return std::string(signature->comment);
}

}  // namespace belay
