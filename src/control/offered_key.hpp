#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace belay {

/// A key that a host offered; or its certificate, whose type ends in -cert-v01@openssh.com.
struct OfferedKey {
  std::string type;  // ssh-ed25519
  std::string key;   // base64
  std::string host;  // as known_hosts names it: "example.org" or "[example.org]:2222"

  std::string fingerprint() const;
  std::string known_hosts_line() const { return host + " " + type + " " + key; }
};

/// What a host certificate holds: the host's own key, and the key of the authority that signed it.
struct HostCertificate {
  OfferedKey own, authority;

  std::string known_hosts_line() const { return "@cert-authority " + authority.known_hosts_line(); }
};
/// Empty if it is a plain key, or no certificate that can be read. Its signature is ssh's to check.
std::optional<HostCertificate> certificate_in(const OfferedKey&);

/// The known_hosts line that makes ssh believe an offered key, if `pin` is its fingerprint; of a certificate,
/// that of the host's own key or of the authority's. Else nothing.
std::string line_believing(const std::string& pin, const OfferedKey&);

/// The answer to ssh's KnownHostsCommand. `reason` is ssh's %I: in ORDER nothing was offered yet.
std::string known_hosts_answer(const std::string& pin, const std::string& reason, const OfferedKey&);

/// `belay internal known-host RECORD PIN REASON TYPE KEY HOST`, run by ssh. Notes the offered key in the file
/// RECORD and prints a known_hosts line if it is believed by PIN ("-": nothing is pinned, and nothing
/// printed).
int known_host_command(const std::vector<std::string>& arguments);

/// Notes keys in RECORD, as that command does.
void note_offered(const std::filesystem::path& record, const std::vector<OfferedKey>&);
/// The keys noted in RECORD; none if ssh never got that far.
std::vector<OfferedKey> offered_keys(const std::filesystem::path& record);
/// The keys in lines of known_hosts.
std::vector<OfferedKey> keys_in(const std::string& lines);

}  // namespace belay
