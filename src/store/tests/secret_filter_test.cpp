#include "secret_filter.hpp"

#include <gtest/gtest.h>

namespace attache {
namespace {

const Credentials kCredentials{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG", "FwoGZXIvYXdzEBYaDtoken==", "", {}};

TEST(SecretFilter, HidesKeySecretAndToken) {
  EXPECT_EQ(without_secrets("key AKIAIOSFODNN7EXAMPLE, secret wJalrXUtnFEMI/K7MDENG wJalrXUtnFEMI/K7MDENG, token "
                            "FwoGZXIvYXdzEBYaDtoken==.",
                            kCredentials),
            "key ****, secret **** ****, token ****.");
}

TEST(SecretFilter, HidesSignatures) {
  const std::string signature(64, 'a');
  EXPECT_EQ(without_secrets("Signature=" + signature + ", next", {}), "Signature=****, next");
  EXPECT_EQ(without_secrets("?X-Amz-Signature=" + signature, {}), "?X-Amz-Signature=****");
  EXPECT_EQ(without_secrets("x-amz-signature: " + signature + " and Signature=" + signature, {}),
            "x-amz-signature: **** and Signature=****");
}

TEST(SecretFilter, LeavesOrdinaryTextAlone) {
  for (const char* text : {"", "The request signature we calculated does not match the signature you provided.",
                           "signature", "Signature="}) {
    EXPECT_EQ(without_secrets(text, kCredentials), text);
  }
  EXPECT_EQ(without_secrets("a b c", Credentials{"a", "b", "c", "", {}}), "a b c") << "no secrets, and no nonsense";
  EXPECT_EQ(without_secrets("text", {}), "text");
}

}  // namespace
}  // namespace attache
