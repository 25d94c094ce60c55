#pragma once

#include <memory>
#include <string>

struct evp_pkey_st;
struct x509_st;

namespace attache::testing {

/// A fresh key and self-signed certificate, for TLS on loopback.
class TestCertificate {
 public:
  /// Valid for a day for DNS name `host`, and for 127.0.0.1 if `host` is "localhost".
  explicit TestCertificate(const std::string& host);
  ~TestCertificate();
  TestCertificate(const TestCertificate&) = delete;
  TestCertificate& operator=(const TestCertificate&) = delete;

  evp_pkey_st* key() const { return key_; }
  x509_st* certificate() const { return certificate_; }
  /// The certificate as a PEM bundle that trusts it.
  std::string pem() const;

 private:
  evp_pkey_st* key_;
  x509_st* certificate_;
};

}  // namespace attache::testing
