#include "drivers/tls_stream.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <poll.h>

namespace belay {
namespace {

std::string last_tls_reason() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason != nullptr ? reason : "TLS failed";
}

/// A static OpenSSL knows only Debian's place for certificates; other systems keep them elsewhere.
bool trust_system_store(SSL_CTX* context) {
  if (std::getenv("SSL_CERT_FILE") != nullptr || std::getenv("SSL_CERT_DIR") != nullptr)
    return SSL_CTX_set_default_verify_paths(context) == 1;
  for (const char* bundle : {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                             "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"}) {
    std::error_code absent;
    if (std::filesystem::exists(bundle, absent))
      return SSL_CTX_load_verify_locations(context, bundle, nullptr) == 1;
  }
  return SSL_CTX_set_default_verify_paths(context) == 1;
}

bool is_ip_address(const std::string& host) {
  unsigned char buffer[sizeof(in6_addr)];
  return ::inet_pton(AF_INET, host.c_str(), buffer) == 1 || ::inet_pton(AF_INET6, host.c_str(), buffer) == 1;
}

/// Names are matched as names, addresses against the certificate's IP entries; only names are sent as SNI.
bool expect_host(SSL* connection, const std::string& host) {
  if (is_ip_address(host))
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), host.c_str()) == 1;
  SSL_set_hostflags(connection, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // SSL_set_tlsext_host_name() without its old-style cast.
  return SSL_set1_host(connection, host.c_str()) == 1 &&
         SSL_ctrl(connection, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                  const_cast<char*>(host.c_str())) == 1;
}

}  // namespace

Io TlsStream::open(const std::string& host) {
  ERR_clear_error();
  context_.reset(SSL_CTX_new(TLS_client_method()));
  if (!context_ || !trust_system_store(context_.get()))
    return Io::failed("the system's certificates cannot be read: " + last_tls_reason());
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);

  connection_.reset(SSL_new(context_.get()));
  if (!connection_ || !expect_host(connection_.get(), host) ||
      SSL_set_fd(connection_.get(), socket_.get()) != 1)
    return Io::failed(last_tls_reason());
  while (true) {
    ERR_clear_error();
    const int result = SSL_connect(connection_.get());
    if (result == 1) return {};
    Io next = after(result);
    if (next.status == Io::Status::end)
      return Io::failed("the connection was closed during the TLS handshake");
    if (next.status == Io::Status::failed) return Io::failed(handshake_reason());
    if (!next.ok()) return next;
  }
}

Io TlsStream::read(char* into, std::size_t size) {
  while (true) {
    ERR_clear_error();
    std::size_t got = 0;
    const int result = SSL_read_ex(connection_.get(), into, size, &got);
    if (result == 1) return {Io::Status::done, got};
    if (Io next = after(result); !next.ok()) return next;
  }
}

Io TlsStream::write(std::string_view bytes) {
  while (!bytes.empty()) {
    ERR_clear_error();
    std::size_t sent = 0;
    const int result = SSL_write_ex(connection_.get(), bytes.data(), bytes.size(), &sent);
    if (result == 1) {
      bytes.remove_prefix(sent);
    } else if (Io next = after(result); !next.ok()) {
      return next;
    }
  }
  return {};
}

Io TlsStream::after(int result) {
  const int errno_then = errno;
  switch (SSL_get_error(connection_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return limits_.wait(socket_.get(), POLLIN);
    case SSL_ERROR_WANT_WRITE:
      return limits_.wait(socket_.get(), POLLOUT);
    case SSL_ERROR_ZERO_RETURN:
      return {Io::Status::end};
    case SSL_ERROR_SYSCALL:
      return errno_then == 0 ? Io{Io::Status::end} : Io::failed(reason_of(errno_then));
    default:
      // OpenSSL 3 reports a peer that hangs up without close_notify as an error of its own.
      if (ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        return {Io::Status::end};
      return Io::failed(last_tls_reason());
  }
}

std::string TlsStream::handshake_reason() const {
  const long verdict = SSL_get_verify_result(connection_.get());
  return verdict != X509_V_OK ? X509_verify_cert_error_string(verdict) : last_tls_reason();
}

}  // namespace belay
