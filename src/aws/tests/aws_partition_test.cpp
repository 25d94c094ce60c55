#include "aws_partition.hpp"

#include <gtest/gtest.h>

#include <string>

namespace attache {
namespace {

TEST(AwsPartition, IsKnownByTheRegionsPrefix) {
  EXPECT_EQ(aws_partition("eu-west-1").id, "aws");
  EXPECT_EQ(aws_partition("us-east-1").id, "aws");
  EXPECT_EQ(aws_partition("mx-central-1").id, "aws");
  EXPECT_EQ(aws_partition("somewhere-new-1").id, "aws");
  EXPECT_EQ(aws_partition("cn-northwest-1").id, "aws-cn");
  EXPECT_EQ(aws_partition("us-gov-east-1").id, "aws-us-gov");
  EXPECT_EQ(aws_partition("us-iso-east-1").id, "aws-iso");
  EXPECT_EQ(aws_partition("us-isob-east-1").id, "aws-iso-b");
  EXPECT_EQ(aws_partition("eu-isoe-west-1").id, "aws-iso-e");
  EXPECT_EQ(aws_partition("us-isof-south-1").id, "aws-iso-f");
  EXPECT_EQ(aws_partition("eusc-de-east-1").id, "aws-eusc");
}

TEST(AwsServiceHost, FollowsTheRulesOfBotocore) {
  EXPECT_EQ(aws_service_host("sts", "us-east-1", false, false), "sts.us-east-1.amazonaws.com");
  EXPECT_EQ(aws_service_host("sts", "us-east-1", false, true), "sts.us-east-1.api.aws");
  EXPECT_EQ(aws_service_host("sts", "us-east-1", true, false), "sts-fips.us-east-1.amazonaws.com");
  EXPECT_EQ(aws_service_host("sts", "us-east-1", true, true), "sts-fips.us-east-1.api.aws");
  EXPECT_EQ(aws_service_host("sts", "us-gov-west-1", true, false), "sts.us-gov-west-1.amazonaws.com");
  EXPECT_EQ(aws_service_host("sts", "us-gov-west-1", true, true), "sts-fips.us-gov-west-1.api.aws");
  EXPECT_EQ(aws_service_host("oidc", "cn-north-1", false, false), "oidc.cn-north-1.amazonaws.com.cn");
  EXPECT_EQ(aws_service_host("portal.sso", "cn-north-1", false, true),
            "portal.sso.cn-north-1.api.amazonwebservices.com.cn");
}

TEST(RegionName, IsOneLabelOfAHostName) {
  EXPECT_TRUE(is_region_name("eu-west-1"));
  EXPECT_TRUE(is_region_name(std::string(63, 'a')));
  for (const std::string& text : {std::string(), std::string("a.b"), std::string("-a"), std::string("a-"),
                                  std::string("a/b"), std::string("a b"), std::string(64, 'a')}) {
    EXPECT_FALSE(is_region_name(text)) << text;
  }
}

}  // namespace
}  // namespace attache
