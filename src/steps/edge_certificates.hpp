#pragma once

#include <vector>

#include "drivers/docker.hpp"
#include "model/config.hpp"
#include "model/host_facts.hpp"
#include "steps/context.hpp"

namespace belay {

/// The certificates with which the edge ends TLS: copies, in its directory, of files that are looked after by
/// somebody else on the host (certbot, an operator).

/// As those files are now; what is wrong with one stands in it.
std::vector<EdgeCertificate> certificates_now(const TlsConfig&, const Layout&);

/// Copies them into the edge's directory, and has an edge that runs go on with what is new; nobody is cut
/// off. Throws Error before anything is copied: one is not there, or its key is not its own.
std::vector<EdgeCertificate> take_up_certificates(const TlsConfig&, const Layout&,
                                                  const std::filesystem::path& edge_directory);
/// The same of an attempt's edge, where TLS ends there; tells of one that is over.
void take_up_certificates(Context&, const std::filesystem::path& edge_directory);
/// The same for the edge that is there, by what was said at its deployment; empty: it ends no TLS.
std::vector<EdgeCertificate> reload_certificates(const Layout&, const docker::Container& edge);
/// What that edge has.
std::vector<EdgeCertificate> certificates_at(const Layout&, const docker::Container& edge);

/// Removes the copies that the edge's file does not name any more.
void remove_other_certificates(const std::optional<TlsConfig>&, const std::filesystem::path& edge_directory);

}  // namespace belay
