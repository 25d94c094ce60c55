#pragma once

#include <attache/base/result.hpp>
#include <attache/store/object_store.hpp>
#include <attache/store/s3_admin.hpp>
#include <attache/store/s3_store.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

// The XML documents of S3, as text and values. Pure; a document is limits-checked by whoever received it, and nothing
// in one is trusted. Format: Amazon S3 API Reference.

/// An `<Error>` document, or what is known of it.
struct S3ErrorDocument {
  std::string code;
  std::string message;
  std::string request_id;
  std::string region;  ///< that a signature should have named
};

/// The error in `body`; nothing if it is not an `<Error>` document (a proxy's HTML, say).
std::optional<S3ErrorDocument> parse_s3_error(std::string_view body);

/// A page of ListObjectsV2: keys in full. Keys are decoded if the answer says that it is URL-encoded (servers that know
/// no `encoding-type` do not say so). kService if it is no such document, a size is no number, or the keys are not in
/// ascending order: paging over them would lose some.
struct S3ListAnswer {
  ListPage page;             ///< keys and common prefixes in full
  std::string continuation;  ///< by which the server finds the next page; empty: it did not say
};
Result<S3ListAnswer> parse_s3_list(std::string_view body);

/// The upload id in an `<InitiateMultipartUploadResult>`, else kService.
Result<std::string> parse_s3_upload_id(std::string_view body);

struct S3Part {
  std::string etag;
  std::string checksum;  ///< base64; empty: without
};

/// The `<CompleteMultipartUpload>` of parts 1, 2, ...
std::string s3_complete_document(const std::vector<S3Part>& parts, S3Checksum checksum);

/// The checksum of that kind in the answer to a completion; empty if there is none.
std::string parse_s3_checksum(std::string_view body, S3Checksum checksum);

/// The ETag in a `<CopyObjectResult>` or `<CopyPartResult>` (`root`), else kService.
Result<std::string> parse_s3_copy_etag(std::string_view body, const char* root);

/// A `<Delete>` that asks for what could not be deleted only. Keys are text that XML can hold.
std::string s3_delete_document(const std::vector<std::string>& keys);

struct S3DeleteError {
  std::string key;  ///< in full
  S3ErrorDocument error;
};
/// What a `<DeleteResult>` says was not deleted; kService if it is none.
Result<std::vector<S3DeleteError>> parse_s3_delete(std::string_view body);

/// A `<Tagging>`, and the reverse (kService if it is none).
std::string s3_tagging_document(const std::map<std::string, std::string>& tags);
Result<std::map<std::string, std::string>> parse_s3_tags(std::string_view body);

/// A page of ListMultipartUploads, keys in full and decoded as in a list.
Result<UploadPage> parse_s3_uploads(std::string_view body);

/// A page of ListParts.
Result<PartPage> parse_s3_parts(std::string_view body, S3Checksum checksum);

/// The region in a `<LocationConstraint>`, whose two old forms are translated: none is us-east-1, EU is eu-west-1.
Result<std::string> parse_s3_location(std::string_view body);

/// Microseconds since the epoch of `2024-05-22T22:17:03.409Z` (also without fraction), or nothing.
std::optional<std::int64_t> parse_s3_time(std::string_view text);

/// The same of an HTTP date, `Wed, 22 May 2024 22:17:03 GMT`.
std::optional<std::int64_t> parse_http_date(std::string_view text);

}  // namespace attache
