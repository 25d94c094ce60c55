#include <attache/hash/crc.hpp>

#include "fake_s3_parts.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>

// The operations of FakeS3 whose requests or answers are documents.

namespace attache::testing {

namespace {

constexpr std::pair<const char*, const char*> kEntities[] = {
    {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"&", "&amp;"}};

std::string document(const std::string& root, const std::string& inside) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<" + root +
         " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" + inside + "</" + root + ">";
}

std::string element(const std::string& name, const std::string& text) {
  return "<" + name + ">" + text + "</" + name + ">";
}

}  // namespace

std::string escape_xml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto* const entity = std::ranges::find_if(kEntities, [c](const auto& pair) { return *pair.first == c; });
    out += entity == std::end(kEntities) ? std::string(1, c) : entity->second;
  }
  return out;
}

std::string unescape_xml(std::string text) {
  for (const auto& [character, entity] : kEntities) {
    for (std::size_t at = 0; (at = text.find(entity, at)) != std::string::npos; ++at) {
      text.replace(at, std::string_view(entity).size(), character);
    }
  }
  return text;
}

std::string form_encode(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == ' ' ? "+" : percent_encode(std::string_view(&c, 1), Slash::kKeep);
  return out;
}

std::string find(const HttpHeaders& headers, std::string_view name) {
  return std::string(headers.find(name).value_or(std::string_view()));
}

std::string between(const std::string& text, const std::string& open, const std::string& close, std::size_t& from) {
  const std::size_t begin = text.find(open, from);
  if (begin == std::string::npos) return {};
  const std::size_t end = text.find(close, begin);
  from = end;
  return text.substr(begin + open.size(), end - begin - open.size());
}

std::string checksum_field(S3Checksum checksum) {
  return checksum == S3Checksum::kCrc64Nvme ? "x-amz-checksum-crc64nvme" : "x-amz-checksum-crc32c";
}

std::string checksum_of(S3Checksum checksum, std::string_view content) {
  const auto bytes = std::as_bytes(std::span(content));
  const bool is_long = checksum == S3Checksum::kCrc64Nvme;
  const std::uint64_t crc = is_long ? crc64nvme(bytes) : crc32c(bytes);
  // Base64, written otherwise than in the store: by groups of three bytes.
  std::string raw;
  for (int shift = is_long ? 56 : 24; shift >= 0; shift -= 8) raw += static_cast<char>((crc >> shift) & 0xff);
  const std::size_t padding = (3 - raw.size() % 3) % 3;
  raw.append(padding, '\0');
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < raw.size(); i += 3) {
    const auto at = [&](std::size_t k) { return static_cast<std::uint32_t>(static_cast<unsigned char>(raw[i + k])); };
    const std::uint32_t group = at(0) << 16 | at(1) << 8 | at(2);
    for (int shift = 18; shift >= 0; shift -= 6) text += kDigits[(group >> shift) & 0x3f];
  }
  text.replace(text.size() - padding, padding, padding, '=');
  return text;
}

HttpResponse FakeS3::list(const Parsed& parsed) const {
  const std::string prefix = parsed.value("prefix");
  const std::string delimiter = parsed.value("delimiter");
  // Our continuation tokens are the last thing that was listed.
  const std::string token = parsed.value("continuation-token");
  const std::string start_after = token.empty() ? parsed.value("start-after") : token;
  const auto max_keys = static_cast<std::size_t>(std::atoi(parsed.value("max-keys").c_str()));
  const bool encodes = knows_encoding_type_ && parsed.value("encoding-type") == "url";
  const auto encode = [encodes](const std::string& text) { return encodes ? form_encode(text) : escape_xml(text); };
  std::string contents;
  std::string last;
  std::set<std::string> prefixes;
  std::size_t count = 0;
  bool truncated = false;
  for (const auto& [key, object] : objects_) {
    if (!key.starts_with(prefix) || key <= start_after) continue;
    const std::size_t end = delimiter.empty() ? std::string::npos : key.find(delimiter, prefix.size());
    const std::string common = end == std::string::npos ? std::string() : key.substr(0, end + delimiter.size());
    if (!common.empty() && (prefixes.contains(common) || common == token)) continue;
    if (count == max_keys) {
      truncated = true;
      break;
    }
    ++count;
    last = common.empty() ? key : common;
    if (!common.empty()) {
      prefixes.insert(common);
      continue;
    }
    contents += "<Contents><Key>" + encode(key) + "</Key><LastModified>2024-05-22T22:17:03.000Z</LastModified><ETag>" +
                escape_xml(object.etag) + "</ETag><Size>" + std::to_string(object.content.size()) +
                "</Size></Contents>";
  }
  for (const std::string& common : prefixes) contents += element("CommonPrefixes", element("Prefix", encode(common)));
  if (truncated) contents += element("NextContinuationToken", escape_xml(last));
  return respond(200,
                 document("ListBucketResult", (encodes ? element("EncodingType", "url") : "") +
                                                  element("IsTruncated", truncated ? "true" : "false") + contents));
}

HttpResponse FakeS3::get_document(const Parsed& parsed) const {
  if (parsed.has("location")) return respond(200, document("LocationConstraint", ""));
  if (parsed.has("uploads")) return list_uploads(parsed);
  if (parsed.has("uploadId")) return list_parts(parsed);
  if (parsed.has("tagging")) return get_tags(parsed);
  return error(501, "NotImplemented");
}

HttpResponse FakeS3::list_uploads(const Parsed& parsed) const {
  std::map<std::pair<std::string, std::string>, const Upload*> ordered;
  for (const auto& [id, upload] : uploads_) {
    if (upload.key.starts_with(parsed.value("prefix"))) ordered[{upload.key, id}] = &upload;
  }
  const std::pair from(parsed.value("key-marker"), parsed.value("upload-id-marker"));
  const auto most = static_cast<std::size_t>(std::atoi(parsed.value("max-uploads").c_str()));
  std::string uploads;
  std::size_t count = 0;
  std::pair<std::string, std::string> last;
  bool truncated = false;
  for (const auto& [name, upload] : ordered) {
    if (name <= from) continue;
    if (count++ == most) {
      truncated = true;
      break;
    }
    last = name;
    uploads += element(
        "Upload", element("Key", form_encode(name.first)) + element("UploadId", name.second) +
                      element("Initiator", element("ID", std::string(kAccount)) + element("DisplayName", "artist")) +
                      element("Initiated", "2024-05-22T22:17:03.000Z"));
  }
  if (truncated) {
    uploads += element("NextKeyMarker", form_encode(last.first)) + element("NextUploadIdMarker", last.second);
  }
  return respond(
      200, document("ListMultipartUploadsResult",
                    element("EncodingType", "url") + element("IsTruncated", truncated ? "true" : "false") + uploads));
}

HttpResponse FakeS3::list_parts(const Parsed& parsed) const {
  const auto found = uploads_.find(parsed.value("uploadId"));
  if (found == uploads_.end() || found->second.key != parsed.key) return error(404, "NoSuchUpload");
  const int after = std::atoi(parsed.value("part-number-marker").c_str());
  const auto most = static_cast<std::size_t>(std::atoi(parsed.value("max-parts").c_str()));
  std::string parts;
  std::size_t count = 0;
  int last = 0;
  bool truncated = false;
  for (const auto& [number, part] : found->second.parts) {
    if (number <= after) continue;
    if (count++ == most) {
      truncated = true;
      break;
    }
    last = number;
    std::string inside = element("PartNumber", std::to_string(number)) + element("ETag", escape_xml(part.etag)) +
                         element("Size", std::to_string(part.content.size()));
    if (found->second.checksum == S3Checksum::kCrc64Nvme) {
      inside += element("ChecksumCRC64NVME", checksum_of(S3Checksum::kCrc64Nvme, part.content));
    }
    parts += element("Part", inside);
  }
  if (truncated) parts += element("NextPartNumberMarker", std::to_string(last));
  return respond(200, document("ListPartsResult", element("IsTruncated", truncated ? "true" : "false") + parts));
}

HttpResponse FakeS3::get_tags(const Parsed& parsed) const {
  const auto found = objects_.find(parsed.key);
  if (found == objects_.end()) return error(404, "NoSuchKey");
  std::string set;
  if (!found->second.tags.empty()) {
    const QueryParameters tags = decode_query(found->second.tags).value();
    for (const auto& [name, value] : tags) {
      set += element("Tag", element("Key", escape_xml(name)) + element("Value", escape_xml(value)));
    }
  }
  return respond(200, document("Tagging", element("TagSet", set)));
}

HttpResponse FakeS3::put_tags(const SeenRequest& request, const Parsed& parsed) {
  const auto found = objects_.find(parsed.key);
  if (found == objects_.end()) return error(404, "NoSuchKey");
  if (find(request.headers, "x-amz-checksum-crc64nvme").empty() &&
      find(request.headers, "x-amz-checksum-crc32c").empty() && greatest_checksum_ != S3Checksum::kNone) {
    return error(400, "InvalidRequest", "Missing required header for this request: Content-MD5");
  }
  QueryParameters tags;
  for (std::size_t at = 0;;) {
    const std::string name = between(request.body, "<Key>", "</Key>", at);
    if (name.empty()) break;
    tags.emplace_back(unescape_xml(name), unescape_xml(between(request.body, "<Value>", "</Value>", at)));
  }
  found->second.tags = encode_query(tags);
  return respond(200);
}

HttpResponse FakeS3::copy(const SeenRequest& request, const Parsed& parsed) {
  if (find(request.headers, "x-amz-source-expected-bucket-owner") != kAccount &&
      find(request.headers, "x-amz-request-payer").empty()) {
    return error(403, "AccessDenied", "source owner");
  }
  const std::string source = percent_decode(find(request.headers, "x-amz-copy-source")).value();
  const std::string root = std::string(kBucket) + "/";
  if (!source.starts_with(root)) return error(404, "NoSuchBucket");
  const auto found = objects_.find(source.substr(root.size()));
  if (found == objects_.end()) return error(404, "NoSuchKey");
  const std::string if_match = find(request.headers, "x-amz-copy-source-if-match");
  if (!if_match.empty() && if_match != found->second.etag) return error(412, "PreconditionFailed");
  if (parsed.has("uploadId")) {
    const auto upload = uploads_.find(parsed.value("uploadId"));
    if (upload == uploads_.end()) return error(404, "NoSuchUpload");
    unsigned long long first = 0;
    unsigned long long last = 0;
    const std::string range = find(request.headers, "x-amz-copy-source-range");
    if (std::sscanf(range.c_str(), "bytes=%llu-%llu", &first, &last) != 2 || last >= found->second.content.size()) {
      return error(400, "InvalidArgument", range);
    }
    Object& part = upload->second.parts[std::atoi(parsed.value("partNumber").c_str())];
    part.content =
        found->second.content.substr(static_cast<std::size_t>(first), static_cast<std::size_t>(last - first + 1));
    part.etag = "\"part-" + std::to_string(++versions_) + "\"";
    return respond(200, document("CopyPartResult", element("ETag", escape_xml(part.etag))));
  }
  if (found->second.content.size() > copy_limit_) {
    return error(400, "InvalidRequest", "The specified copy source is larger than the maximum allowable size");
  }
  Object object = found->second;
  object.etag = "\"version-" + std::to_string(++versions_) + "\"";
  const std::string answer = document("CopyObjectResult", element("ETag", escape_xml(object.etag)));
  objects_[parsed.key] = std::move(object);
  return respond(200, answer);
}

HttpResponse FakeS3::remove_many(const SeenRequest& request) {
  if (find(request.headers, "x-amz-checksum-crc64nvme").empty() &&
      find(request.headers, "x-amz-checksum-crc32c").empty()) {
    return error(400, "InvalidRequest", "Missing required header for this request: Content-MD5");
  }
  std::string errors;
  std::size_t count = 0;
  for (std::size_t at = 0;;) {
    const std::string key = unescape_xml(between(request.body, "<Key>", "</Key>", at));
    if (key.empty()) break;
    if (++count > 1000) return error(400, "MalformedXML");
    if (const auto refusal = protected_.find(key); refusal != protected_.end()) {
      errors += element("Error", element("Key", escape_xml(key)) + element("Code", refusal->second) +
                                     element("Message", "said the fake"));
    } else {
      objects_.erase(key);
    }
  }
  if (count == 0) return error(400, "MalformedXML");
  return respond(200, document("DeleteResult", errors));
}

HttpResponse FakeS3::head_bucket() const {
  return respond(200, "", {{"x-amz-bucket-region", "us-east-1"}});
}

}  // namespace attache::testing
