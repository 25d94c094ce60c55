#include "s3_documents.hpp"

#include <gtest/gtest.h>

namespace attache {
namespace {

std::string list_of(const std::string& inside) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult "
         "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" +
         inside + "</ListBucketResult>";
}

std::string contents(const std::string& key, const std::string& size = "1") {
  return "<Contents><Key>" + key + "</Key><Size>" + size + "</Size></Contents>";
}

TEST(S3Documents, ReadsAnErrorDocument) {
  const auto error = parse_s3_error(
      "<?xml version=\"1.0\"?><Error><Code>AuthorizationHeaderMalformed</Code><Message>a &lt;b&gt;</Message>"
      "<Region>eu-west-1</Region><RequestId>R1</RequestId><HostId>h</HostId></Error>");
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, "AuthorizationHeaderMalformed");
  EXPECT_EQ(error->message, "a <b>");
  EXPECT_EQ(error->region, "eu-west-1");
  EXPECT_EQ(error->request_id, "R1");
}

TEST(S3Documents, TakesNothingElseForAnErrorDocument) {
  for (const char* text : {"", "<html><body>Bad gateway</body></html>", "not xml", "<Error><Code>", "{}",
                           "<CompleteMultipartUploadResult/>"}) {
    EXPECT_FALSE(parse_s3_error(text)) << text;
  }
}

TEST(S3Documents, ReadsAListPage) {
  const auto page = parse_s3_list(list_of(
      "<IsTruncated>true</IsTruncated><Contents><Key>a&amp;b</Key><LastModified>2024-05-22T22:17:03.409Z</LastModified>"
      "<ETag>&quot;e&quot;</ETag><Size>12345678901234</Size></Contents>" +
      contents("b")));
  ASSERT_TRUE(page) << page.error().to_string();
  EXPECT_TRUE(page->page.more);
  ASSERT_EQ(page->page.objects.size(), 2U);
  EXPECT_EQ(page->page.objects[0].key, "a&b");
  EXPECT_EQ(page->page.objects[0].size, 12345678901234U);
  EXPECT_EQ(page->page.objects[0].etag, "\"e\"");
  EXPECT_EQ(page->page.objects[0].last_modified_us, 1716416223409000);
  EXPECT_FALSE(page->page.objects[1].last_modified_us);
}

TEST(S3Documents, DecodesKeysOnlyIfTheAnswerSaysThatTheyAreEncoded) {
  const auto encoded = parse_s3_list(list_of("<EncodingType>url</EncodingType>" + contents("a+b%2Bc%0A%C3%A9")));
  ASSERT_TRUE(encoded);
  EXPECT_EQ(encoded->page.objects[0].key, "a b+c\né");
  const auto plain = parse_s3_list(list_of(contents("a+b%2Bc")));
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->page.objects[0].key, "a+b%2Bc");
  EXPECT_FALSE(parse_s3_list(list_of("<EncodingType>url</EncodingType>" + contents("a%2"))));
}

TEST(S3Documents, RefusesListsThatCannotBeTrusted) {
  for (const std::string& text :
       {std::string("not xml"), std::string("<html/>"), std::string(), list_of(contents("a", "-1")),
        list_of(contents("a", "")), list_of(contents("a", "18446744073709551616")), list_of(contents("a", "1x")),
        list_of(contents("b") + contents("a")), list_of(contents("a") + contents("a")),
        list_of("<IsTruncated>true</IsTruncated>")}) {
    const auto page = parse_s3_list(text);
    ASSERT_FALSE(page) << text;
    EXPECT_EQ(page.error().code(), ErrorCode::kService);
    EXPECT_FALSE(page.error().remedy().empty());
  }
}

TEST(S3Documents, ExpandsNoEntities) {
  const auto page =
      parse_s3_list("<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>" + list_of(contents("&e;")));
  if (page) {
    EXPECT_EQ(page->page.objects[0].key, "&e;");
  }
}

TEST(S3Documents, ReadsAnUploadId) {
  EXPECT_EQ(
      parse_s3_upload_id("<InitiateMultipartUploadResult><UploadId>a+/=b</UploadId></InitiateMultipartUploadResult>")
          .value(),
      "a+/=b");
  EXPECT_FALSE(parse_s3_upload_id("<InitiateMultipartUploadResult/>"));
  EXPECT_FALSE(parse_s3_upload_id("<Error><Code>x</Code></Error>"));
  EXPECT_FALSE(parse_s3_upload_id("garbage"));
}

TEST(S3Documents, WritesACompletion) {
  EXPECT_EQ(s3_complete_document({{"\"e1\"", "AAAAAA=="}, {"<e2>", ""}}, S3Checksum::kCrc32c),
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\"e1\"</ETag><ChecksumCRC32C>AAAAAA=="
            "</ChecksumCRC32C></Part><Part><PartNumber>2</PartNumber><ETag>&lt;e2&gt;</ETag></Part>"
            "</CompleteMultipartUpload>");
  EXPECT_EQ(s3_complete_document({{"e", "x"}}, S3Checksum::kCrc64Nvme),
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>e</ETag><ChecksumCRC64NVME>x"
            "</ChecksumCRC64NVME></Part></CompleteMultipartUpload>");
}

TEST(S3Documents, ReadsCommonPrefixesAndWhereTheListGoesOn) {
  const auto answer =
      parse_s3_list(list_of("<EncodingType>url</EncodingType><IsTruncated>true</"
                            "IsTruncated><NextContinuationToken>a+b%</NextContinuationToken>"
                            "<CommonPrefixes><Prefix>a+b/</Prefix></CommonPrefixes><CommonPrefixes><Prefix>%C3%A9/</"
                            "Prefix></CommonPrefixes>"));
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(answer->page.prefixes, (std::vector<std::string>{"a b/", "é/"}));
  EXPECT_EQ(answer->continuation, "a+b%") << "is not encoded";
  EXPECT_EQ(answer->page.last(), "é/");
  for (const char* bad : {"<CommonPrefixes><Prefix>b/</Prefix></CommonPrefixes><CommonPrefixes><Prefix>a/</Prefix>"
                          "</CommonPrefixes>",
                          "<EncodingType>url</EncodingType><CommonPrefixes><Prefix>%</Prefix></CommonPrefixes>"}) {
    EXPECT_FALSE(parse_s3_list(list_of(bad))) << bad;
  }
}

TEST(S3Documents, ReadsTheChecksumOfACompletion) {
  const char* text =
      "<CompleteMultipartUploadResult><ETag>e</ETag><ChecksumCRC64NVME>abc=</ChecksumCRC64NVME>"
      "</CompleteMultipartUploadResult>";
  EXPECT_EQ(parse_s3_checksum(text, S3Checksum::kCrc64Nvme), "abc=");
  EXPECT_EQ(parse_s3_checksum(text, S3Checksum::kCrc32c), "");
  EXPECT_EQ(parse_s3_checksum("", S3Checksum::kCrc32c), "");
}

TEST(S3Documents, ReadsTheEtagOfACopy) {
  EXPECT_EQ(parse_s3_copy_etag("<CopyObjectResult><ETag>\"e\"</ETag></CopyObjectResult>", "CopyObjectResult").value(),
            "\"e\"");
  EXPECT_FALSE(parse_s3_copy_etag("<CopyObjectResult/>", "CopyObjectResult"));
  EXPECT_FALSE(parse_s3_copy_etag("", "CopyObjectResult"));
  EXPECT_FALSE(parse_s3_copy_etag("<CopyPartResult><ETag>e</ETag></CopyPartResult>", "CopyObjectResult"));
}

TEST(S3Documents, WritesAndReadsARemoval) {
  EXPECT_EQ(
      s3_delete_document({"a", "<&>"}),
      "<Delete><Object><Key>a</Key></Object><Object><Key>&lt;&amp;&gt;</Key></Object><Quiet>true</Quiet></Delete>");
  const auto errors = parse_s3_delete(
      "<DeleteResult><Deleted><Key>a</Key></Deleted><Error><Key>b&amp;</Key><Code>AccessDenied</Code><Message>no"
      "</Message></Error></DeleteResult>");
  ASSERT_TRUE(errors);
  ASSERT_EQ(errors->size(), 1U);
  EXPECT_EQ(errors->front().key, "b&");
  EXPECT_EQ(errors->front().error.code, "AccessDenied");
  EXPECT_EQ(errors->front().error.message, "no");
  EXPECT_FALSE(parse_s3_delete("<html/>"));
}

TEST(S3Documents, WritesAndReadsTags) {
  const std::map<std::string, std::string> tags = {{" ", "  "}, {"a", "1 & 2"}, {"b", " "}, {"é", ""}};
  EXPECT_EQ(parse_s3_tags(s3_tagging_document(tags)).value(), tags);
  EXPECT_EQ(s3_tagging_document({}), "<Tagging><TagSet/></Tagging>");
  EXPECT_TRUE(parse_s3_tags("<Tagging><TagSet/></Tagging>").value().empty());
  EXPECT_FALSE(parse_s3_tags("<TagSet/>"));
}

TEST(S3Documents, ReadsUnfinishedUploadsAndTheirParts) {
  const auto page = parse_s3_uploads(
      "<ListMultipartUploadsResult><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>"
      "<NextKeyMarker>a+b</NextKeyMarker><NextUploadIdMarker>u2</NextUploadIdMarker>"
      "<Upload><Key>a+b</Key><UploadId>u1</UploadId><Initiated>1970-01-01T00:00:01Z</Initiated><Initiator><ID>i</ID>"
      "</Initiator></Upload><Upload><Key>a+b</Key><UploadId>u2</UploadId></Upload></ListMultipartUploadsResult>");
  ASSERT_TRUE(page) << page.error().to_string();
  ASSERT_EQ(page->uploads.size(), 2U);
  EXPECT_EQ(page->uploads[0].key, "a b");
  EXPECT_EQ(page->uploads[0].id, "u1");
  EXPECT_EQ(page->uploads[0].started_us, 1'000'000);
  EXPECT_EQ(page->uploads[0].initiator, "i");
  EXPECT_FALSE(page->uploads[1].started_us);
  EXPECT_EQ(page->next->key, "a b");
  EXPECT_EQ(page->next->id, "u2");
  for (const char* bad : {"", "<x/>",
                          "<ListMultipartUploadsResult><Upload><Key>a</Key></Upload>"
                          "</ListMultipartUploadsResult>",
                          "<ListMultipartUploadsResult><IsTruncated>true</IsTruncated></ListMultipartUploadsResult>"}) {
    EXPECT_FALSE(parse_s3_uploads(bad)) << bad;
  }

  const auto parts = parse_s3_parts(
      "<ListPartsResult><IsTruncated>true</IsTruncated><NextPartNumberMarker>3</NextPartNumberMarker>"
      "<Part><PartNumber>1</PartNumber><Size>5</Size><ETag>e</ETag><ChecksumCRC64NVME>c</ChecksumCRC64NVME></Part>"
      "<Part><PartNumber>3</PartNumber><Size>7</Size></Part></ListPartsResult>",
      S3Checksum::kCrc64Nvme);
  ASSERT_TRUE(parts) << parts.error().to_string();
  ASSERT_EQ(parts->parts.size(), 2U);
  EXPECT_EQ(parts->parts[0].checksum, "c");
  EXPECT_EQ(parts->parts[1].number, 3U);
  EXPECT_EQ(parts->parts[1].size, 7U);
  EXPECT_EQ(parts->next, 3U);
  for (const char* bad :
       {"", "<x/>", "<ListPartsResult><Part><PartNumber>x</PartNumber><Size>5</Size></Part></ListPartsResult>",
        "<ListPartsResult><Part><PartNumber>2</PartNumber><Size>5</Size></Part><Part><PartNumber>2</PartNumber>"
        "<Size>5</Size></Part></ListPartsResult>",
        "<ListPartsResult><IsTruncated>true</IsTruncated></ListPartsResult>"}) {
    EXPECT_FALSE(parse_s3_parts(bad, S3Checksum::kNone)) << bad;
  }
}

TEST(S3Documents, ReadsARegionInEveryForm) {
  EXPECT_EQ(parse_s3_location("<LocationConstraint>eu-central-1</LocationConstraint>").value(), "eu-central-1");
  EXPECT_EQ(parse_s3_location("<LocationConstraint>EU</LocationConstraint>").value(), "eu-west-1");
  EXPECT_EQ(parse_s3_location("<LocationConstraint/>").value(), "us-east-1");
  EXPECT_FALSE(parse_s3_location("<html/>"));
}

TEST(S3Documents, ReadsTimes) {
  EXPECT_EQ(parse_s3_time("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(parse_s3_time("2024-05-22T22:17:03.409Z"), 1716416223409000);
  EXPECT_EQ(parse_s3_time("2024-05-22T22:17:03.123456789Z"), 1716416223123456);
  EXPECT_EQ(parse_http_date("Wed, 22 May 2024 22:17:03 GMT"), 1716416223000000);
  for (const char* bad :
       {"", "2024-05-22", "2024-13-22T22:17:03Z", "2024-02-30T22:17:03Z", "2024-05-22T24:17:03Z", "2024-05-22T22:17:03",
        "2024-05-22T22:17:03.Z", "2024-05-22T22:17:03.xZ", "2024-05-22T22:17:0-Z"}) {
    EXPECT_FALSE(parse_s3_time(bad)) << bad;
  }
  for (const char* bad : {"", "Wed, 22 Mai 2024 22:17:03 GMT", "Wed, 32 May 2024 22:17:03 GMT",
                          "Wednesday, 22-May-24 22:17:03 GMT", "Wed, 22 May 2024 22:17:03 CET"}) {
    EXPECT_FALSE(parse_http_date(bad)) << bad;
  }
}

}  // namespace
}  // namespace attache
