#pragma once

#include "fake_s3.hpp"

#include <map>
#include <string>
#include <string_view>

namespace attache::testing {

// What the two sources of FakeS3 share.

/// A request taken apart.
struct FakeS3::Parsed {
  std::string key;
  std::map<std::string, std::string> query;

  bool has(const std::string& name) const { return query.contains(name); }
  std::string value(const std::string& name) const {
    const auto found = query.find(name);
    return found == query.end() ? std::string() : found->second;
  }
};

std::string escape_xml(std::string_view text);
/// The reverse.
std::string unescape_xml(std::string text);
/// As S3 does for encoding-type=url: a space becomes `+`.
std::string form_encode(std::string_view text);
/// The field, or nothing.
std::string find(const HttpHeaders& headers, std::string_view name);
/// The text between two others, from `from` on, which moves behind it; empty if they are not there.
std::string between(const std::string& text, const std::string& open, const std::string& close, std::size_t& from);

/// The CRC of a text as S3 writes it.
std::string checksum_of(S3Checksum checksum, std::string_view content);
/// "x-amz-checksum-crc64nvme" and its like
std::string checksum_field(S3Checksum checksum);

}  // namespace attache::testing
