#include "edge/certificates.hpp"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/core.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "drivers/certificate.hpp"
#include "drivers/haproxy.hpp"
#include "edge/container.hpp"

namespace belay {

namespace {

constexpr auto remembered = "tls.json";
constexpr mode_t secret = 0600;

struct Read {
  std::string pem;  // as HAProxy wants it: certificate, chain and key in one
  Certificate certificate;
};

std::string text_of(const Layout& layout, const std::string& file) {
  const auto path = layout.live / file;  // an absolute one stays as it is
  auto text = read_file_if_exists(path);
  if (!text)
    throw Error("there is no " + path.string(), "`edge.tls` in belay.yml names it",
                "put the certificate there, or correct belay.yml");
  if (!text->ends_with('\n')) *text += '\n';
  return std::move(*text);
}

Read read(const TlsConfig& tls, std::size_t number, const Layout& layout) {
  auto pem = text_of(layout, tls.certificates[number]);
  if (!tls.keys.empty()) pem += text_of(layout, tls.keys[number]);
  auto certificate = certificate_with_key(pem, tls.certificates[number]);
  return {.pem = std::move(pem), .certificate = std::move(certificate)};
}

EdgeCertificate described(const std::string& file, const Certificate& certificate) {
  return {.file = file, .names = certificate.names, .until = certificate.until};
}

std::optional<TlsConfig> remembered_in(const fs::path& directory) {
  const auto text = read_file_if_exists(directory / remembered);
  if (!text) return std::nullopt;
  return tls_from_json(boost::json::parse(*text).as_object());
}

}  // namespace

std::vector<EdgeCertificate> certificates_now(const TlsConfig& tls, const Layout& layout) {
  std::vector<EdgeCertificate> found;
  for (std::size_t i = 0; i < tls.certificates.size(); ++i) try {
      found.push_back(described(tls.certificates[i], read(tls, i, layout).certificate));
    } catch (const Error& error) {  // which is what was asked for
      found.push_back({.file = tls.certificates[i], .problem = error.message_and_why()});
    }
  return found;
}

std::vector<EdgeCertificate> take_up_certificates(const TlsConfig& tls, const Layout& layout,
                                                  const fs::path& edge_directory) {
  std::vector<Read> all;
  all.reserve(tls.certificates.size());
  for (std::size_t i = 0; i < tls.certificates.size(); ++i) all.push_back(read(tls, i, layout));
  const auto names = certificate_names(tls);
  const haproxy::Runtime runtime(edge_directory / haproxy::socket_name);
  const bool runs = runtime.answers();
  std::vector<EdgeCertificate> taken;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto copy = edge_directory / names[i];
    taken.push_back(described(tls.certificates[i], all[i].certificate));
    taken.back().taken_up = read_file_if_exists(copy) != all[i].pem;
    if (!taken.back().taken_up) continue;
    // One that it does not know yet stands in the file that it is about to read.
    if (runs) runtime.replace_certificate(names[i], all[i].pem);
    write_file_atomically(copy, all[i].pem, secret);
  }
  write_file_atomically(edge_directory / remembered, boost::json::serialize(tls_to_json(tls)));
  return taken;
}

void take_up_certificates(const EdgePlace& place, const fs::path& edge_directory) {
  const auto& tls = place.config.tls;
  if (!tls) return;
  for (const auto& one : take_up_certificates(*tls, place.layout, edge_directory))
    if (one.until < now())
      place.say(fmt::format("the certificate {} expired at {}", one.file, iso8601(one.until)));
}

std::vector<EdgeCertificate> reload_certificates(const Layout& layout, const docker::Container& edge) {
  const auto directory = edge_directory(layout, edge);
  const auto tls = remembered_in(directory);
  return tls ? take_up_certificates(*tls, layout, directory) : std::vector<EdgeCertificate>{};
}

std::vector<EdgeCertificate> certificates_at(const Layout& layout, const docker::Container& edge) {
  const auto directory = edge_directory(layout, edge);
  const auto tls = remembered_in(directory);
  std::vector<EdgeCertificate> found;
  if (!tls) return found;
  const auto names = certificate_names(*tls);
  for (std::size_t i = 0; i < names.size(); ++i)
    if (const auto pem = read_file_if_exists(directory / names[i]))
      found.push_back(described(tls->certificates[i], certificate_with_key(*pem, names[i])));
  return found;
}

void remove_other_certificates(const std::optional<TlsConfig>& tls, const fs::path& edge_directory) {
  const auto names = tls ? certificate_names(*tls) : std::vector<std::string>{};
  std::vector<fs::path> others;
  for (const auto& entry : fs::directory_iterator(edge_directory)) {
    const auto name = entry.path().filename().string();
    if (name.starts_with("certificate-") && std::ranges::find(names, name) == names.end())
      others.push_back(entry.path());
  }
  for (const auto& file : others) remove_tree(file);
}

}  // namespace belay
