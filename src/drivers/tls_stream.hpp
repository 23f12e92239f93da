#pragma once

#include <memory>
#include <string>

#include <openssl/ssl.h>

#include "drivers/byte_stream.hpp"

namespace belay {

/// TLS on a connected socket, as a client that trusts the system's store (or SSL_CERT_FILE / SSL_CERT_DIR)
/// and verifies that the certificate is the host's, by name or by IP address.
class TlsStream : public ByteStream {
 public:
  TlsStream(Fd socket, const Limits& limits) : socket_(std::move(socket)), limits_(limits) {}
  /// The handshake. Failure says why in OpenSSL's words: "certificate has expired", "hostname mismatch".
  Io open(const std::string& host);
  Io read(char* into, std::size_t size) override;
  Io write(std::string_view) override;

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* connection) const { SSL_free(connection); }
  };
  /// What to do after an operation that returned `result`: done (try again) after waiting, or how it ended.
  Io after(int result);
  std::string handshake_reason() const;

  Fd socket_;
  const Limits& limits_;
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> connection_;
};

}  // namespace belay
