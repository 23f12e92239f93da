#include "control/offered_key.hpp"

#include <cerrno>
#include <cstdint>
#include <optional>

#include <fcntl.h>
#include <unistd.h>

#include "base/base64.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/files.hpp"
#include "base/hash.hpp"

namespace belay {

namespace {

constexpr std::string_view certificate_mark = "-cert-v01@openssh.com";

/// Reads the fields of a key, one after the other (RFC 4251: a length in 4 bytes, then the bytes).
class Fields {
 public:
  explicit Fields(std::string_view bytes) : bytes_(bytes) {}

  /// Throws Error where the bytes end too early.
  std::string_view text() {
    const std::string_view length = raw(4);
    std::uint32_t size = 0;
    for (const char c : length) size = (size << 8) | static_cast<unsigned char>(c);
    return raw(size);
  }
  std::string_view raw(std::size_t size) {
    if (size > bytes_.size() - at_) throw Error("the certificate ends too early");
    at_ += size;
    return bytes_.substr(at_ - size, size);
  }
  std::size_t at() const { return at_; }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
};

std::string as_field(std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  std::string field;
  for (const int shift : {24, 16, 8, 0})
    field += static_cast<char>(static_cast<unsigned char>(size >> shift));
  return field += text;
}

/// "ssh-ed25519" of "ssh-ed25519-cert-v01@openssh.com". Keys on a token have OpenSSH's own names.
std::string plain_type(const std::string& type) {
  const std::string plain = type.substr(0, type.size() - certificate_mark.size());
  return plain.starts_with("sk-") ? plain + "@openssh.com" : plain;
}

/// How many fields the public key itself has.
int fields_of_key(std::string_view plain) {
  if (plain == "ssh-ed25519") return 1;
  if (plain == "ssh-rsa" || plain.starts_with("ecdsa-") || plain == "sk-ssh-ed25519@openssh.com") return 2;
  return plain.starts_with("sk-ecdsa-") ? 3 : 0;
}

/// OpenSSH's PROTOCOL.certkeys: type, nonce, key, serial, kind, id, principals, from, until, options,
/// extensions, reserved, authority's key, signature.
HostCertificate read_certificate(const OfferedKey& offered) {
  const std::string blob = base64_decoded(offered.key);
  Fields fields(blob);
  fields.text();
  fields.text();
  const std::string type = plain_type(offered.type);
  const std::size_t begin = fields.at();
  for (int left = fields_of_key(type); left > 0; --left) fields.text();
  const std::string key = as_field(type) + blob.substr(begin, fields.at() - begin);
  fields.raw(8 + 4);
  fields.text();
  fields.text();
  fields.raw(8 + 8);
  for (int i = 0; i < 3; ++i) fields.text();
  const std::string_view authority = fields.text();
  return {.own = {.type = type, .key = base64_encoded(key), .host = offered.host},
          .authority = {.type = std::string(Fields(authority).text()),
                        .key = base64_encoded(authority),
                        .host = offered.host}};
}

std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t begin = line.find_first_not_of(' ', at);
    if (begin == std::string::npos) break;
    const std::size_t end = std::min(line.find(' ', begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    at = end + 1;
  }
  return words;
}

}  // namespace

std::string OfferedKey::fingerprint() const {
  // ssh-keygen shows of a certificate the fingerprint of the key in it.
  const auto certificate = certificate_in(*this);
  return ssh_fingerprint(certificate ? certificate->own.key : key);
}

std::optional<HostCertificate> certificate_in(const OfferedKey& offered) {
  if (!offered.type.ends_with(certificate_mark)) return std::nullopt;
  // Caught because a host may send anything: what is no certificate is told, and refused, as a plain key is.
  try {
    return read_certificate(offered);
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::string line_believing(const std::string& pin, const OfferedKey& offered) {
  const auto certificate = certificate_in(offered);
  if (!certificate && offered.type.ends_with(certificate_mark)) return {};
  if (!certificate) return offered.fingerprint() == pin ? offered.known_hosts_line() : std::string{};
  if (certificate->authority.fingerprint() == pin) return certificate->known_hosts_line();
  return certificate->own.fingerprint() == pin ? certificate->own.known_hosts_line() : std::string{};
}

std::string known_hosts_answer(const std::string& pin, const std::string& reason, const OfferedKey& offered) {
  if (reason == "ORDER" || pin == "-") return {};
  const std::string line = line_believing(pin, offered);
  return line.empty() ? line : line + "\n";
}

int known_host_command(const std::vector<std::string>& arguments) {
  if (arguments.size() != 6)
    throw Error("internal known-host needs RECORD PIN REASON TYPE KEY HOST", {}, {}, ExitCode::bad_input);
  const std::string &record = arguments[0], &pin = arguments[1], &reason = arguments[2];
  const OfferedKey offered{.type = arguments[3], .key = arguments[4], .host = arguments[5]};
  if (reason == "HOSTNAME") note_offered(record, {offered});
  write_all(STDOUT_FILENO, known_hosts_answer(pin, reason, offered));
  return 0;
}

void note_offered(const std::filesystem::path& record, const std::vector<OfferedKey>& keys) {
  const Fd file(::open(record.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  if (!file) throw system_error("cannot write " + record.string(), errno);
  std::string lines;
  for (const auto& key : keys) lines += key.known_hosts_line() + "\n";
  write_all(file.get(), lines);
}

std::vector<OfferedKey> offered_keys(const std::filesystem::path& record) {
  return keys_in(read_file_if_exists(record).value_or(""));
}

std::vector<OfferedKey> keys_in(const std::string& lines) {
  std::vector<OfferedKey> keys;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size());
    const auto words = words_of(lines.substr(at, end - at));
    if (words.size() == 3 && words[0] != "#")
      keys.push_back({.type = words[1], .key = words[2], .host = words[0]});
    at = end + 1;
  }
  return keys;
}

}  // namespace belay
