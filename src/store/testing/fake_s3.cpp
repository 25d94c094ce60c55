#include "fake_s3.hpp"

#include <attache/aws/sigv4.hpp>

#include "../crc32c.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>

namespace attache::testing {

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

namespace {

constexpr const char* kDate = "Wed, 22 May 2024 22:17:03 GMT";

std::string escape_xml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

/// As S3 does for encoding-type=url: a space becomes `+`.
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

HttpHeaders kept_headers(const HttpHeaders& headers) {
  HttpHeaders kept;
  for (const auto& [name, value] : headers.fields()) {
    if (name.starts_with("x-amz-meta-") || name == "content-type") kept.add(name, value);
  }
  return kept;
}

}  // namespace

FakeS3::FakeS3()
    : credentials_(Credentials{"AKIDEXAMPLE", "secret", "", std::string(kAccount), std::nullopt}),
      transport_([this](const SeenRequest& request, const std::stop_token& stop) { return answer(request, stop); }) {}

AwsSettings FakeS3::settings(bool is_tls) {
  AwsSettings settings;
  settings.endpoint_url = is_tls ? "https://s3.test" : "http://s3.test";
  return settings;
}

S3StoreOptions FakeS3::store_options() {
  S3StoreOptions options;
  options.bucket = kBucket;
  options.prefix = "root";
  options.multipart_threshold = 5 * kMiB;
  options.part_bytes = 5 * kMiB;
  options.retry.base_delay = std::chrono::milliseconds(2);
  return options;
}

std::unique_ptr<ObjectStore> FakeS3::store(const S3StoreOptions& options, bool is_tls) {
  Result<std::unique_ptr<ObjectStore>> made = make_s3_store(options, settings(is_tls), transport_, credentials_);
  if (!made) {
    std::fputs(made.error().to_string().c_str(), stderr);
    std::abort();
  }
  return *std::move(made);
}

void FakeS3::intercept(Intercept intercept) {
  const std::lock_guard lock(mutex_);
  intercept_ = std::move(intercept);
}

void FakeS3::ignore_encoding_type() {
  const std::lock_guard lock(mutex_);
  knows_encoding_type_ = false;
}

void FakeS3::add(const std::string& key, std::string content) {
  const std::lock_guard lock(mutex_);
  store_object(key, std::move(content), {});
}

std::map<std::string, std::string> FakeS3::objects() const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, std::string> contents;
  for (const auto& [key, object] : objects_) contents.emplace(key, object.content);
  return contents;
}

std::size_t FakeS3::unfinished_uploads() const {
  const std::lock_guard lock(mutex_);
  return uploads_.size();
}

HttpResponse FakeS3::error(int status, std::string_view code, std::string_view message, std::string_view more) {
  return respond(status,
                 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>" + escape_xml(code) + "</Code><Message>" +
                     escape_xml(message) + "</Message>" + std::string(more) + "<RequestId>REQUEST1</RequestId></Error>",
                 {{"content-type", "application/xml"}});
}

Result<HttpResponse> FakeS3::answer(const SeenRequest& request, const std::stop_token& stop) {
  Intercept intercept;
  std::size_t count = 0;
  {
    const std::lock_guard lock(mutex_);
    intercept = intercept_;
    count = requests_++;
  }
  if (intercept) {
    if (auto instead = intercept(request, count, stop)) return *std::move(instead);
  }
  const std::lock_guard lock(mutex_);
  if (auto refusal = refuse(request)) return *std::move(refusal);

  const Url url = parse_url(request.url).value();
  const std::string path = percent_decode(url.path).value();
  Parsed parsed;
  const QueryParameters query = decode_query(url.query).value();
  for (const auto& [name, value] : query) parsed.query.emplace(name, value);
  const std::string root = "/" + std::string(kBucket);
  if (!path.starts_with(root + "/") && path != root) return error(404, "NoSuchBucket");
  parsed.key = path.substr(std::min(path.size(), root.size() + 1));

  switch (request.method) {
    case HttpMethod::kHead:
      return get(request, parsed);
    case HttpMethod::kGet:
      return parsed.has("list-type") ? list(parsed) : get(request, parsed);
    case HttpMethod::kPut:
      return parsed.has("uploadId") ? put_part(request, parsed) : put(request, parsed);
    case HttpMethod::kPost:
      if (parsed.has("uploads")) {
        const std::string id = "upload/" + std::to_string(++versions_) + "+=";
        uploads_[id] = {parsed.key, request.headers, {}};
        return respond(
            200, "<InitiateMultipartUploadResult><UploadId>" + id + "</UploadId></InitiateMultipartUploadResult>");
      }
      return complete(request, parsed);
    case HttpMethod::kDelete:
      if (parsed.has("uploadId")) {
        if (uploads_.erase(parsed.value("uploadId")) == 0) return error(404, "NoSuchUpload");
      } else {
        objects_.erase(parsed.key);
      }
      return respond(204);
  }
  return error(501, "NotImplemented");
}

/// What every request must be.
std::optional<HttpResponse> FakeS3::refuse(const SeenRequest& request) const {
  if (!find(request.headers, "authorization").starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")) {
    return error(403, "AccessDenied", "no signature");
  }
  if (find(request.headers, "x-amz-expected-bucket-owner") != kAccount) return error(403, "AccessDenied", "owner");
  const std::string hash = find(request.headers, "x-amz-content-sha256");
  if (hash != kUnsignedPayload && hash != sha256_hex(request.body).value()) {
    return error(400, "XAmzContentSHA256Mismatch");
  }
  if (hash == kUnsignedPayload && request.url.starts_with("http:")) return error(400, "InvalidRequest", "unsigned");
  const std::string crc = find(request.headers, "x-amz-checksum-crc32c");
  if (!crc.empty() && crc != crc32c_header(crc32c(std::as_bytes(std::span(request.body))))) {
    return error(400, "BadDigest");
  }
  return std::nullopt;
}

HttpResponse FakeS3::get(const SeenRequest& request, const Parsed& parsed) const {
  const auto found = objects_.find(parsed.key);
  if (found == objects_.end()) return error(404, "NoSuchKey");
  const Object& object = found->second;
  const std::string if_match = find(request.headers, "if-match");
  if (!if_match.empty() && if_match != object.etag) return error(412, "PreconditionFailed");

  std::size_t begin = 0;
  std::size_t end = object.content.size();
  int status = 200;
  const std::string range = find(request.headers, "range");
  if (!range.empty()) {
    unsigned long long first = 0;
    unsigned long long last = 0;
    if (std::sscanf(range.c_str(), "bytes=%llu-%llu", &first, &last) != 2) return error(400, "InvalidArgument");
    if (first >= object.content.size()) return error(416, "InvalidRange");
    begin = static_cast<std::size_t>(first);
    end = static_cast<std::size_t>(std::min<unsigned long long>(last, object.content.size() - 1)) + 1;
    status = 206;
  }
  HttpResponse response = respond(status, object.content.substr(begin, end - begin));
  response.headers = object.headers;
  response.headers.add("ETag", object.etag);
  response.headers.add("Last-Modified", kDate);
  response.headers.add("Content-Length", std::to_string(end - begin));
  // Of the object, so only with all of it.
  if (find(request.headers, "x-amz-checksum-mode") == "ENABLED" && end - begin == object.content.size()) {
    response.headers.add("x-amz-checksum-crc32c", crc32c_header(crc32c(std::as_bytes(std::span(object.content)))));
    response.headers.add("x-amz-checksum-type", "FULL_OBJECT");
  }
  if (status == 206) {
    response.headers.add("Content-Range", "bytes " + std::to_string(begin) + "-" + std::to_string(end - 1) + "/" +
                                              std::to_string(object.content.size()));
  }
  return response;
}

void FakeS3::store_object(const std::string& key, std::string content, const HttpHeaders& headers) {
  objects_[key] = {std::move(content), "\"version-" + std::to_string(++versions_) + "\"", kept_headers(headers)};
}

HttpResponse FakeS3::put(const SeenRequest& request, const Parsed& parsed) {
  if (find(request.headers, "if-none-match") == "*" && objects_.contains(parsed.key)) {
    return error(412, "PreconditionFailed");
  }
  store_object(parsed.key, request.body, request.headers);
  return respond(200, "", {{"ETag", objects_[parsed.key].etag}});
}

HttpResponse FakeS3::put_part(const SeenRequest& request, const Parsed& parsed) {
  const auto upload = uploads_.find(parsed.value("uploadId"));
  if (upload == uploads_.end()) return error(404, "NoSuchUpload");
  Object& part = upload->second.parts[std::atoi(parsed.value("partNumber").c_str())];
  part = {request.body, "\"part-" + std::to_string(++versions_) + "\"", request.headers};
  return respond(200, "", {{"ETag", part.etag}});
}

HttpResponse FakeS3::complete(const SeenRequest& request, const Parsed& parsed) {
  const auto upload = uploads_.find(parsed.value("uploadId"));
  if (upload == uploads_.end()) return error(404, "NoSuchUpload");
  if (find(request.headers, "if-none-match") == "*" && objects_.contains(upload->second.key)) {
    return error(412, "PreconditionFailed");
  }
  std::string content;
  std::size_t at = 0;
  for (const auto& [number, part] : upload->second.parts) {
    const std::size_t begin = at;
    const std::string named = between(request.body, "<PartNumber>", "</PartNumber>", at);
    const std::string etag = between(request.body, "<ETag>", "</ETag>", at);
    if (named != std::to_string(number) || etag.find(part.etag.substr(1, part.etag.size() - 2)) == std::string::npos) {
      return error(400, "InvalidPart", request.body.substr(begin));
    }
    const std::string crc = find(part.headers, "x-amz-checksum-crc32c");
    if (!crc.empty() && between(request.body, "<ChecksumCRC32C>", "</ChecksumCRC32C>", at) != crc) {
      return error(400, "InvalidPart", "checksum");
    }
    content += part.content;
  }
  store_object(upload->second.key, std::move(content), upload->second.headers);
  uploads_.erase(upload);
  return respond(200, "<CompleteMultipartUploadResult/>");
}

HttpResponse FakeS3::list(const Parsed& parsed) const {
  const std::string prefix = parsed.value("prefix");
  const std::string start_after = parsed.value("start-after");
  const auto max_keys = static_cast<std::size_t>(std::atoi(parsed.value("max-keys").c_str()));
  const bool encodes = knows_encoding_type_ && parsed.value("encoding-type") == "url";
  std::string contents;
  std::size_t count = 0;
  bool truncated = false;
  for (const auto& [key, object] : objects_) {
    if (!key.starts_with(prefix) || key <= start_after) continue;
    if (count == max_keys) {
      truncated = true;
      break;
    }
    ++count;
    contents += "<Contents><Key>" + (encodes ? form_encode(key) : escape_xml(key)) +
                "</Key><LastModified>2024-05-22T22:17:03.000Z</LastModified><ETag>" + escape_xml(object.etag) +
                "</ETag><Size>" + std::to_string(object.content.size()) + "</Size></Contents>";
  }
  return respond(200, "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" +
                          std::string(encodes ? "<EncodingType>url</EncodingType>" : "") + "<IsTruncated>" +
                          (truncated ? "true" : "false") + "</IsTruncated>" + contents + "</ListBucketResult>");
}

}  // namespace attache::testing
