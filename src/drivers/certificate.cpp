#include "drivers/certificate.hpp"

#include <ctime>
#include <memory>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/error.hpp"

namespace belay {

namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

Error wrong(const std::string& file, const std::string& what, const std::string& next) {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return Error(file + what, reason != nullptr ? reason : "", next);
}

Owned<BIO> reader_of(const std::string& pem) {
  ERR_clear_error();
  return Owned<BIO>(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

/// Without it OpenSSL would ask at the terminal.
int no_passphrase(char*, int, int, void*) {
  return 0;
}

std::string common_name(X509& certificate) {
  char text[256] = {};
  X509_NAME_get_text_by_NID(X509_get_subject_name(&certificate), NID_commonName, &text[0], sizeof text);
  return &text[0];
}

std::vector<std::string> names_of(X509& certificate) {
  std::vector<std::string> found;
  const Owned<GENERAL_NAMES> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const auto* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DNS) continue;
    const auto* text = name->d.dNSName;
    found.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                       static_cast<std::size_t>(ASN1_STRING_length(text)));
  }
  if (found.empty()) found.push_back(common_name(certificate));
  return found;
}

Time end_of(const X509& certificate, const std::string& file) {
  std::tm end{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(&certificate), &end) != 1)
    throw wrong(file, " holds a certificate with an unreadable end", "have it issued again");
  return Time(std::chrono::seconds(::timegm(&end)));
}

}  // namespace

Certificate certificate_with_key(const std::string& pem, const std::string& file) {
  const auto certificates = reader_of(pem);
  const Owned<X509> certificate(PEM_read_bio_X509(certificates.get(), nullptr, no_passphrase, nullptr));
  if (!certificate)
    throw wrong(file, " holds no certificate",
                "it is a PEM text that begins with -----BEGIN CERTIFICATE-----");
  const auto keys = reader_of(pem);
  const Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(keys.get(), nullptr, no_passphrase, nullptr));
  if (!key)
    throw wrong(file, " comes without a private key that can be read",
                "name the key's file (PEM, without a passphrase): tls: { certificates: […], keys: […] }");
  if (X509_check_private_key(certificate.get(), key.get()) != 1)
    throw wrong(file, " has another key than the one given",
                "the key's file has to be the one that this certificate was issued for");
  return {.names = names_of(*certificate), .until = end_of(*certificate, file)};
}

}  // namespace belay
