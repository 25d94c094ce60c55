#include "s3_documents.hpp"

#include <attache/base/number.hpp>
#include <attache/http/url.hpp>

#include "s3_checksum.hpp"

#include <pugixml.hpp>

#include <algorithm>
#include <array>
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
bool load(pugi::xml_document& document, std::string_view body, unsigned int options = pugi::parse_default) {
  return static_cast<bool>(document.load_buffer(body.data(), body.size(), options, pugi::encoding_utf8));
}

std::string text_of(const pugi::xml_node& node, const char* child) {
  return node.child(child).text().get();
}

/// The root element of the answer to `question`, which must have that name.
Result<pugi::xml_node> load_root(pugi::xml_document& document, std::string_view body, const char* name,
                                 const std::string& question, unsigned int options = pugi::parse_default) {
  if (!load(document, body, options)) return bad_answer("to " + question + " is not XML");
  const pugi::xml_node root = document.child(name);
  if (!root) return bad_answer("to " + question + " is no " + name);
  return root;
}

void add_text(pugi::xml_node& parent, const char* name, const std::string& text) {
  parent.append_child(name).text().set(text.c_str());
}

std::string to_text(const pugi::xml_document& document) {
  std::ostringstream out;
  document.save(out, "", pugi::format_raw | pugi::format_no_declaration);
  return out.str();
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

Result<S3ListAnswer> parse_s3_list(std::string_view body) {
  pugi::xml_document document;
  ATTACHE_ASSIGN(const pugi::xml_node result, load_root(document, body, "ListBucketResult", "a list"));
  const bool is_encoded = text_of(result, "EncodingType") == "url";
  S3ListAnswer answer;
  answer.page.more = text_of(result, "IsTruncated") == "true";
  answer.continuation = text_of(result, "NextContinuationToken");
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
    if (!answer.page.objects.empty() && info.key <= answer.page.objects.back().key) {
      return bad_answer("to a list is not in ascending order of keys");
    }
    answer.page.objects.push_back(std::move(info));
  }
  for (const pugi::xml_node& common : result.children("CommonPrefixes")) {
    std::optional<std::string> prefix = decode_key(text_of(common, "Prefix"), is_encoded);
    if (!prefix) return bad_answer("to a list has a common prefix with a broken encoding");
    if (!answer.page.prefixes.empty() && *prefix <= answer.page.prefixes.back()) {
      return bad_answer("to a list is not in ascending order of common prefixes");
    }
    answer.page.prefixes.push_back(*std::move(prefix));
  }
  // A service that has passed over much that it does not list may give nothing yet, and say where it goes on.
  if (answer.page.more && answer.page.last().empty() && answer.continuation.empty()) {
    return bad_answer("to a list says that more follows after nothing");
  }
  return answer;
}

Result<std::string> parse_s3_upload_id(std::string_view body) {
  pugi::xml_document document;
  ATTACHE_ASSIGN(const pugi::xml_node result,
                 load_root(document, body, "InitiateMultipartUploadResult", "the start of an upload"));
  std::string id = text_of(result, "UploadId");
  if (id.empty()) return bad_answer("to the start of an upload names no upload");
  return id;
}

std::string s3_complete_document(const std::vector<S3Part>& parts, S3Checksum checksum) {
  pugi::xml_document document;
  pugi::xml_node root = document.append_child("CompleteMultipartUpload");
  for (std::size_t i = 0; i < parts.size(); ++i) {
    pugi::xml_node part = root.append_child("Part");
    add_text(part, "PartNumber", std::to_string(i + 1));
    add_text(part, "ETag", parts[i].etag);
    if (!parts[i].checksum.empty()) add_text(part, s3_checksum_element(checksum).c_str(), parts[i].checksum);
  }
  return to_text(document);
}

std::string parse_s3_checksum(std::string_view body, S3Checksum checksum) {
  pugi::xml_document document;
  if (!load(document, body)) return {};
  return text_of(document.child("CompleteMultipartUploadResult"), s3_checksum_element(checksum).c_str());
}

Result<std::string> parse_s3_copy_etag(std::string_view body, const char* root) {
  pugi::xml_document document;
  ATTACHE_ASSIGN(const pugi::xml_node result, load_root(document, body, root, "a copy"));
  std::string etag = text_of(result, "ETag");
  if (etag.empty()) return bad_answer("to a copy has no ETag");
  return etag;
}

std::string s3_delete_document(const std::vector<std::string>& keys) {
  pugi::xml_document document;
  pugi::xml_node root = document.append_child("Delete");
  for (const std::string& key : keys) {
    pugi::xml_node object = root.append_child("Object");
    add_text(object, "Key", key);
  }
  add_text(root, "Quiet", "true");
  return to_text(document);
}

Result<std::vector<S3DeleteError>> parse_s3_delete(std::string_view body) {
  pugi::xml_document document;
  ATTACHE_ASSIGN(const pugi::xml_node result, load_root(document, body, "DeleteResult", "a removal"));
  std::vector<S3DeleteError> errors;
  for (const pugi::xml_node& error : result.children("Error")) {
    errors.push_back({text_of(error, "Key"), {text_of(error, "Code"), text_of(error, "Message"), {}, {}}});
  }
  return errors;
}

std::string s3_tagging_document(const std::map<std::string, std::string>& tags) {
  pugi::xml_document document;
  pugi::xml_node set = document.append_child("Tagging").append_child("TagSet");
  for (const auto& [name, value] : tags) {
    pugi::xml_node tag = set.append_child("Tag");
    add_text(tag, "Key", name);
    add_text(tag, "Value", value);
  }
  return to_text(document);
}

Result<std::map<std::string, std::string>> parse_s3_tags(std::string_view body) {
  pugi::xml_document document;
  // A tag of nothing but spaces is one; elsewhere such a text is how a document was laid out.
  ATTACHE_ASSIGN(const pugi::xml_node result, load_root(document, body, "Tagging", "a question for tags",
                                                        pugi::parse_default | pugi::parse_ws_pcdata_single));
  std::map<std::string, std::string> tags;
  for (const pugi::xml_node& tag : result.child("TagSet").children("Tag")) {
    tags.emplace(text_of(tag, "Key"), text_of(tag, "Value"));
  }
  return tags;
}

Result<UploadPage> parse_s3_uploads(std::string_view body) {
  pugi::xml_document document;
  ATTACHE_ASSIGN(const pugi::xml_node result,
                 load_root(document, body, "ListMultipartUploadsResult", "a list of uploads"));
  const bool is_encoded = text_of(result, "EncodingType") == "url";
  UploadPage page;
  for (const pugi::xml_node& node : result.children("Upload")) {
    UnfinishedUpload upload;
    std::optional<std::string> key = decode_key(text_of(node, "Key"), is_encoded);
    upload.id = text_of(node, "UploadId");
    if (!key || upload.id.empty()) return bad_answer("to a list of uploads has one without key or id");
    upload.key = *std::move(key);
    upload.started_us = parse_s3_time(text_of(node, "Initiated"));
    const pugi::xml_node initiator = node.child("Initiator");
    upload.initiator = text_of(initiator, "DisplayName");
    if (upload.initiator.empty()) upload.initiator = text_of(initiator, "ID");
    page.uploads.push_back(std::move(upload));
  }
  if (text_of(result, "IsTruncated") != "true") return page;
  std::optional<std::string> key = decode_key(text_of(result, "NextKeyMarker"), is_encoded);
  if (!key || key->empty()) return bad_answer("to a list of uploads does not say where more follows");
  page.next = UploadCursor{*std::move(key), text_of(result, "NextUploadIdMarker")};
  return page;
}

Result<PartPage> parse_s3_parts(std::string_view body, S3Checksum checksum) {
  pugi::xml_document document;
  ATTACHE_ASSIGN(const pugi::xml_node result, load_root(document, body, "ListPartsResult", "a list of parts"));
  PartPage page;
  for (const pugi::xml_node& node : result.children("Part")) {
    const auto number = parse_number<std::uint32_t>(text_of(node, "PartNumber"));
    const auto size = parse_number<std::uint64_t>(text_of(node, "Size"));
    if (!number || !size) return bad_answer("to a list of parts has one without number or size");
    if (!page.parts.empty() && *number <= page.parts.back().number) {
      return bad_answer("to a list of parts is not in ascending order");
    }
    UploadPart part{*number, *size, text_of(node, "ETag"), {}};
    if (checksum != S3Checksum::kNone) part.checksum = text_of(node, s3_checksum_element(checksum).c_str());
    page.parts.push_back(std::move(part));
  }
  if (text_of(result, "IsTruncated") != "true") return page;
  page.next = parse_number<std::uint32_t>(text_of(result, "NextPartNumberMarker"));
  if (!page.next) return bad_answer("to a list of parts does not say where more follows");
  return page;
}

Result<std::string> parse_s3_location(std::string_view body) {
  pugi::xml_document document;
  ATTACHE_ASSIGN(const pugi::xml_node result,
                 load_root(document, body, "LocationConstraint", "the question for a bucket's region"));
  std::string region = result.text().get();
  if (region.empty()) return "us-east-1";
  return region == "EU" ? "eu-west-1" : region;
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
