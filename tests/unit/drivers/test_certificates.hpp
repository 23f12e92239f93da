#pragma once

#include <memory>
#include <string>

#include <openssl/ssl.h>

namespace belay::testing {

struct FreeTls {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* connection) const { SSL_free(connection); }
};
template <class T>
using Tls = std::unique_ptr<T, FreeTls>;

struct Identity {
  Tls<EVP_PKEY> key;
  Tls<X509> certificate;
  std::string pem() const;
  std::string key_pem() const;
};

/// A certificate authority of one's own.
Identity make_authority(const std::string& name);
/// A server's certificate; `names` as in subjectAltName: "DNS:localhost,IP:127.0.0.1". Valid for a day from
/// `starting_in_hours` on.
Identity make_server(const Identity& authority, const std::string& names, int starting_in_hours = -1);

/// Answers one request over TLS on a connected socket, as the given server; says nothing if the handshake
/// fails.
void serve_over_tls(int fd, const Identity& server, const std::string& answer);

}  // namespace belay::testing
