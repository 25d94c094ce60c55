#pragma once

#include <attache/base/result.hpp>
#include <attache/store/object_store.hpp>

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
Result<ListPage> parse_s3_list(std::string_view body);

/// The upload id in an `<InitiateMultipartUploadResult>`, else kService.
Result<std::string> parse_s3_upload_id(std::string_view body);

struct S3Part {
  std::string etag;
  std::string crc32c;  ///< base64; empty: without
};

/// The `<CompleteMultipartUpload>` of parts 1, 2, ...
std::string s3_complete_document(const std::vector<S3Part>& parts);

/// Microseconds since the epoch of `2024-05-22T22:17:03.409Z` (also without fraction), or nothing.
std::optional<std::int64_t> parse_s3_time(std::string_view text);

/// The same of an HTTP date, `Wed, 22 May 2024 22:17:03 GMT`.
std::optional<std::int64_t> parse_http_date(std::string_view text);

}  // namespace attache
