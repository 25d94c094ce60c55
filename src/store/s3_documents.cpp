#include "s3_documents.hpp"

#include <attache/http/url.hpp>

#include <pugixml.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <sstream>

namespace attache {

namespace {

tl::unexpected<Error> bad_answer(const std::string& what) {
  return fail(ErrorCode::kService, "the service's answer " + what,
              "check that the endpoint is an S3 service, and that no proxy answers in its place");
}

/// pugixml knows no document type definitions, so nothing can be expanded or fetched.
bool load(pugi::xml_document& document, std::string_view body) {
  return static_cast<bool>(document.load_buffer(body.data(), body.size(), pugi::parse_default, pugi::encoding_utf8));
}

std::string text_of(const pugi::xml_node& node, const char* child) {
  return node.child(child).text().get();
}

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// S3 encodes keys as forms are: a space is `+`.
std::optional<std::string> decode_key(std::string key, bool is_encoded) {
  if (!is_encoded) return key;
  std::ranges::replace(key, '+', ' ');
  return percent_decode(key);
}

std::optional<std::int64_t> microseconds(int year, unsigned month, unsigned day, std::int64_t hour, std::int64_t minute,
                                         std::int64_t second, std::int64_t fraction) {
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1'000'000 + fraction;
}

}  // namespace

std::optional<S3ErrorDocument> parse_s3_error(std::string_view body) {
  pugi::xml_document document;
  if (!load(document, body)) return std::nullopt;
  const pugi::xml_node error = document.child("Error");
  if (!error) return std::nullopt;
  return S3ErrorDocument{text_of(error, "Code"), text_of(error, "Message"), text_of(error, "RequestId"),
                         text_of(error, "Region")};
}

Result<ListPage> parse_s3_list(std::string_view body) {
  pugi::xml_document document;
  if (!load(document, body)) return bad_answer("to a list is not XML");
  const pugi::xml_node result = document.child("ListBucketResult");
  if (!result) return bad_answer("to a list is no ListBucketResult");
  const bool is_encoded = text_of(result, "EncodingType") == "url";
  ListPage page;
  page.more = text_of(result, "IsTruncated") == "true";
  for (const pugi::xml_node& contents : result.children("Contents")) {
    ObjectInfo info;
    std::optional<std::string> key = decode_key(text_of(contents, "Key"), is_encoded);
    if (!key) return bad_answer("to a list has a key with a broken encoding");
    info.key = *std::move(key);
    const std::optional<std::uint64_t> size = parse_number<std::uint64_t>(text_of(contents, "Size"));
    if (!size) return bad_answer("to a list has an object without a size");
    info.size = *size;
    info.etag = text_of(contents, "ETag");
    info.last_modified_us = parse_s3_time(text_of(contents, "LastModified"));
    if (!page.objects.empty() && info.key <= page.objects.back().key) {
      return bad_answer("to a list is not in ascending order of keys");
    }
    page.objects.push_back(std::move(info));
  }
  if (page.more && page.objects.empty()) return bad_answer("to a list says that more follows after nothing");
  return page;
}

Result<std::string> parse_s3_upload_id(std::string_view body) {
  pugi::xml_document document;
  if (!load(document, body)) return bad_answer("to the start of an upload is not XML");
  std::string id = text_of(document.child("InitiateMultipartUploadResult"), "UploadId");
  if (id.empty()) return bad_answer("to the start of an upload names no upload");
  return id;
}

std::string s3_complete_document(const std::vector<S3Part>& parts) {
  pugi::xml_document document;
  pugi::xml_node root = document.append_child("CompleteMultipartUpload");
  for (std::size_t i = 0; i < parts.size(); ++i) {
    pugi::xml_node part = root.append_child("Part");
    part.append_child("PartNumber").text().set(std::to_string(i + 1).c_str());
    part.append_child("ETag").text().set(parts[i].etag.c_str());
    if (!parts[i].crc32c.empty()) part.append_child("ChecksumCRC32C").text().set(parts[i].crc32c.c_str());
  }
  std::ostringstream out;
  document.save(out, "", pugi::format_raw | pugi::format_no_declaration);
  return out.str();
}

std::optional<std::int64_t> parse_s3_time(std::string_view text) {
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
      text.back() != 'Z') {
    return std::nullopt;
  }
  const auto year = parse_number<std::uint16_t>(text.substr(0, 4));
  const auto month = parse_number<std::uint8_t>(text.substr(5, 2));
  const auto day = parse_number<std::uint8_t>(text.substr(8, 2));
  const auto hour = parse_number<std::uint8_t>(text.substr(11, 2));
  const auto minute = parse_number<std::uint8_t>(text.substr(14, 2));
  const auto second = parse_number<std::uint8_t>(text.substr(17, 2));
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  std::int64_t fraction = 0;
  if (text.size() > 20) {
    std::string digits(text.substr(20, text.size() - 21));
    if (text[19] != '.' || digits.empty()) return std::nullopt;
    digits.resize(6, '0');
    const auto value = parse_number<std::uint32_t>(digits);
    if (!value) return std::nullopt;
    fraction = *value;
  }
  return microseconds(*year, *month, *day, *hour, *minute, *second, fraction);
}

std::optional<std::int64_t> parse_http_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  // Wed, 22 May 2024 22:17:03 GMT
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT") return std::nullopt;
  const auto* const month = std::ranges::find(kMonths, text.substr(8, 3));
  const auto day = parse_number<std::uint8_t>(text.substr(5, 2));
  const auto year = parse_number<std::uint16_t>(text.substr(12, 4));
  const auto hour = parse_number<std::uint8_t>(text.substr(17, 2));
  const auto minute = parse_number<std::uint8_t>(text.substr(20, 2));
  const auto second = parse_number<std::uint8_t>(text.substr(23, 2));
  if (month == kMonths.end() || !year || !day || !hour || !minute || !second) return std::nullopt;
  return microseconds(*year, static_cast<unsigned>(month - kMonths.begin()) + 1, *day, *hour, *minute, *second, 0);
}

}  // namespace attache
