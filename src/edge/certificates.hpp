#pragma once

#include <vector>

#include "edge/place.hpp"
#include "model/host_facts.hpp"

namespace belay {

/// The certificates with which the edge ends TLS: copies, in its directory, of files on the host that certbot
/// or an operator looks after.

/// Reads those files as they are now. A problem with one stands in its entry.
std::vector<EdgeCertificate> certificates_now(const TlsConfig&, const Layout&);

/// Copies them into the edge's directory. A running edge uses the new ones for new connections; none is cut.
/// Throws Error before it copies anything: a file is missing, or a key does not belong to its certificate.
std::vector<EdgeCertificate> take_up_certificates(const TlsConfig&, const Layout&,
                                                  const std::filesystem::path& edge_directory);
/// Does so for an attempt's edge, if it ends TLS, and says which certificates have expired.
void take_up_certificates(const EdgePlace&, const std::filesystem::path& edge_directory);
/// Does so for an edge that runs, with the `edge.tls` of its deployment. Empty: it ends no TLS.
std::vector<EdgeCertificate> reload_certificates(const Layout&, const docker::Container& edge);
/// Reads the copies that an edge has.
std::vector<EdgeCertificate> certificates_at(const Layout&, const docker::Container& edge);

/// Removes the copies that the edge's file does not name any more.
void remove_other_certificates(const std::optional<TlsConfig>&, const std::filesystem::path& edge_directory);

}  // namespace belay
