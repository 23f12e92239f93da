#include "certified.hpp"

#include "base/files.hpp"

namespace belay::testing {

Authority::Authority() {
  sh({"ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", key().string()});
}

std::string Authority::fingerprint() const {
  return fingerprint_in(key().string() + ".pub");
}

std::string Authority::known_hosts_line() const {
  return "@cert-authority * " + read_file(key().string() + ".pub");
}

void Authority::certify(Sshd& sshd, const std::string& name, const std::string& valid) const {
  sh({"ssh-keygen", "-q", "-s", key().string(), "-I", "the shop", "-h", "-n", name, "-V", valid,
      sshd.host_key().string() + ".pub"});
  sshd.set("HostCertificate " + sshd.host_key().string() + "-cert.pub");
}

std::string fingerprint_in(const fs::path& public_key) {
  const std::string listed = sh({"ssh-keygen", "-lf", public_key.string()});
  const std::size_t at = listed.find("SHA256:");
  return listed.substr(at, listed.find(' ', at) - at);
}

}  // namespace belay::testing
