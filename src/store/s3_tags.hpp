#pragma once

#include <attache/base/result.hpp>

#include "s3_checksum.hpp"
#include "s3_transfer.hpp"

#include <map>
#include <optional>
#include <stop_token>
#include <string>

namespace attache {

using S3Tags = std::map<std::string, std::string>;

/// The value of x-amz-tagging.
std::string s3_tagging_header(const S3Tags& tags);

/// Nothing if there is no such object.
Result<std::optional<S3Tags>> s3_get_tags(S3Client& client, const S3ObjectName& name, const std::stop_token& stop);

/// Replaces all tags; false if there is no such object.
Result<bool> s3_set_tags(S3Client& client, S3ChecksumChoice& choice, const S3ObjectName& name, const S3Tags& tags,
                         const std::stop_token& stop);

}  // namespace attache
