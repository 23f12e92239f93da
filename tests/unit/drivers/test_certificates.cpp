#include "test_certificates.hpp"

#include <stdexcept>

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace belay::testing {
namespace {

void check(bool good) {
  if (!good) throw std::runtime_error("OpenSSL refuses to make a certificate");
}

Tls<X509> blank(EVP_PKEY* key, const std::string& name, int starting_in_hours) {
  static long serial = 1;
  Tls<X509> made(X509_new());
  X509_set_version(made.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), starting_in_hours * 3600L);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), (starting_in_hours + 24) * 3600L);
  check(X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_ASC,
                                   reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0) == 1);
  check(X509_set_pubkey(made.get(), key) == 1);
  return made;
}

void extend(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  check(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

Tls<EVP_PKEY> new_key() {
  return Tls<EVP_PKEY>(EVP_EC_gen("P-256"));
}

struct Memory {
  BIO* bio = BIO_new(BIO_s_mem());
  Memory() = default;
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  ~Memory() { BIO_free(bio); }

  std::string text() const {
    char* data = nullptr;
    const long size = BIO_ctrl(bio, BIO_CTRL_INFO, 0, static_cast<void*>(&data));
    return {data, static_cast<std::size_t>(size)};
  }
};

}  // namespace

std::string Identity::pem() const {
  const Memory memory;
  PEM_write_bio_X509(memory.bio, certificate.get());
  return memory.text();
}

std::string Identity::key_pem() const {
  const Memory memory;
  PEM_write_bio_PrivateKey(memory.bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return memory.text();
}

Identity make_authority(const std::string& name) {
  Identity made{new_key(), {}};
  made.certificate = blank(made.key.get(), name, -1000);
  X509_gmtime_adj(X509_getm_notAfter(made.certificate.get()), 24 * 3600L);
  X509_set_issuer_name(made.certificate.get(), X509_get_subject_name(made.certificate.get()));
  extend(made.certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
  check(X509_sign(made.certificate.get(), made.key.get(), EVP_sha256()) > 0);
  return made;
}

Identity make_server(const Identity& authority, const std::string& names, int starting_in_hours) {
  Identity made{new_key(), {}};
  made.certificate = blank(made.key.get(), "a server", starting_in_hours);
  X509_set_issuer_name(made.certificate.get(), X509_get_subject_name(authority.certificate.get()));
  extend(made.certificate.get(), NID_subject_alt_name, names);
  check(X509_sign(made.certificate.get(), authority.key.get(), EVP_sha256()) > 0);
  return made;
}

void serve_over_tls(int fd, const Identity& server, const std::string& answer) {
  const Tls<SSL_CTX> context(SSL_CTX_new(TLS_server_method()));
  check(SSL_CTX_use_certificate(context.get(), server.certificate.get()) == 1 &&
        SSL_CTX_use_PrivateKey(context.get(), server.key.get()) == 1);
  const Tls<SSL> connection(SSL_new(context.get()));
  SSL_set_fd(connection.get(), fd);
  if (SSL_accept(connection.get()) != 1) return;
  char request[4096];
  if (SSL_read(connection.get(), request, sizeof request) <= 0) return;
  SSL_write(connection.get(), answer.data(), static_cast<int>(answer.size()));
  SSL_shutdown(connection.get());
}

}  // namespace belay::testing
