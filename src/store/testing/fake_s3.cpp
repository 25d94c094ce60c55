#include "fake_s3.hpp"

#include <attache/aws/sigv4.hpp>

#include "fake_s3_parts.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>

namespace attache::testing {

namespace {

constexpr const char* kDate = "Wed, 22 May 2024 22:17:03 GMT";

/// The checksum that a request carries.
S3Checksum sent_checksum(const HttpHeaders& headers) {
  for (const S3Checksum checksum : {S3Checksum::kCrc64Nvme, S3Checksum::kCrc32c}) {
    if (!find(headers, checksum_field(checksum)).empty()) return checksum;
  }
  return S3Checksum::kNone;
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

void FakeS3::refuse_checksums_above(S3Checksum greatest, int status, std::string code) {
  const std::lock_guard lock(mutex_);
  greatest_checksum_ = greatest;
  checksum_refusal_status_ = status;
  checksum_refusal_ = std::move(code);
}

void FakeS3::ignore_checksum_type() {
  const std::lock_guard lock(mutex_);
  knows_checksum_type_ = false;
}

void FakeS3::limit_copies(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  copy_limit_ = bytes;
}

void FakeS3::protect(const std::string& full_key, const std::string& code) {
  const std::lock_guard lock(mutex_);
  protected_[full_key] = code;
}

std::string FakeS3::tags(const std::string& full_key) const {
  const std::lock_guard lock(mutex_);
  const auto found = objects_.find(full_key);
  return found == objects_.end() ? "<absent>" : found->second.tags;
}

HttpHeaders FakeS3::headers(const std::string& full_key) const {
  const std::lock_guard lock(mutex_);
  const auto found = objects_.find(full_key);
  return found == objects_.end() ? HttpHeaders() : found->second.headers;
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
      return parsed.key.empty() ? head_bucket() : get(request, parsed);
    case HttpMethod::kGet:
      if (parsed.has("list-type")) return list(parsed);
      return parsed.query.empty() ? get(request, parsed) : get_document(parsed);
    case HttpMethod::kPut:
      if (parsed.has("tagging")) return put_tags(request, parsed);
      if (!find(request.headers, "x-amz-copy-source").empty()) return copy(request, parsed);
      return parsed.has("uploadId") ? put_part(request, parsed) : put(request, parsed);
    case HttpMethod::kPost:
      if (parsed.has("delete")) return remove_many(request);
      return parsed.has("uploads") ? create_upload(request, parsed) : complete(request, parsed);
    case HttpMethod::kDelete:
      if (parsed.has("uploadId")) {
        if (uploads_.erase(parsed.value("uploadId")) == 0) return error(404, "NoSuchUpload");
      } else {
        if (protected_.contains(parsed.key)) return error(403, "AccessDenied");
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
  const std::string owner = find(request.headers, "x-amz-expected-bucket-owner");
  const bool may_be_anybodys = !find(request.headers, "x-amz-request-payer").empty();
  if (owner.empty() ? !may_be_anybodys : owner != kAccount) return error(403, "AccessDenied", "owner");
  const std::string hash = find(request.headers, "x-amz-content-sha256");
  if (hash != kUnsignedPayload && hash != sha256_hex(request.body).value()) {
    return error(400, "XAmzContentSHA256Mismatch");
  }
  if (hash == kUnsignedPayload && request.url.starts_with("http:")) return error(400, "InvalidRequest", "unsigned");
  const S3Checksum checksum = sent_checksum(request.headers);
  const bool is_new_upload = find(request.headers, "x-amz-checksum-algorithm") == "CRC64NVME";
  if (checksum > greatest_checksum_ || (is_new_upload && greatest_checksum_ < S3Checksum::kCrc64Nvme) ||
      (!find(request.headers, "x-amz-checksum-algorithm").empty() && greatest_checksum_ == S3Checksum::kNone)) {
    return error(checksum_refusal_status_, checksum_refusal_);
  }
  // In a completion it is that of the whole object.
  const bool is_completion = request.method == HttpMethod::kPost && request.url.find("uploadId=") != std::string::npos;
  if (checksum != S3Checksum::kNone && !is_completion &&
      find(request.headers, checksum_field(checksum)) != checksum_of(checksum, request.body)) {
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
  if (!object.tags.empty()) {
    response.headers.add("x-amz-tagging-count", std::to_string(std::ranges::count(object.tags, '&') + 1));
  }
  const bool is_whole = end - begin == object.content.size();
  if (is_whole && find(request.headers, "x-amz-checksum-mode") == "ENABLED") {
    for (const auto& [name, value] : object.checksum.fields()) response.headers.add(name, value);
  }
  if (status == 206) {
    response.headers.add("Content-Range", "bytes " + std::to_string(begin) + "-" + std::to_string(end - 1) + "/" +
                                              std::to_string(object.content.size()));
  }
  return response;
}

FakeS3::Object& FakeS3::store_object(const std::string& key, std::string content, const HttpHeaders& headers) {
  Object object{std::move(content),
                "\"version-" + std::to_string(++versions_) + "\"",
                kept_headers(headers),
                find(headers, "x-amz-tagging"),
                {}};
  // What was not sent S3 computes itself.
  S3Checksum checksum = sent_checksum(headers);
  if (checksum == S3Checksum::kNone) checksum = greatest_checksum_;
  if (checksum != S3Checksum::kNone) {
    object.checksum.add(checksum_field(checksum), checksum_of(checksum, object.content));
    object.checksum.add("x-amz-checksum-type", "FULL_OBJECT");
  }
  return objects_[key] = std::move(object);
}

HttpResponse FakeS3::put(const SeenRequest& request, const Parsed& parsed) {
  if (find(request.headers, "if-none-match") == "*" && objects_.contains(parsed.key)) {
    return error(412, "PreconditionFailed");
  }
  const Object& object = store_object(parsed.key, request.body, request.headers);
  HttpResponse response = respond(200, "", {{"ETag", object.etag}});
  for (const auto& [name, value] : object.checksum.fields()) response.headers.add(name, value);
  return response;
}

HttpResponse FakeS3::create_upload(const SeenRequest& request, const Parsed& parsed) {
  const std::string id = "upload/" + std::to_string(++versions_) + "+=";
  Upload& upload = uploads_[id];
  upload.key = parsed.key;
  upload.headers = request.headers;
  HttpResponse response =
      respond(200, "<InitiateMultipartUploadResult><UploadId>" + id + "</UploadId></InitiateMultipartUploadResult>");
  const std::string algorithm = find(request.headers, "x-amz-checksum-algorithm");
  if (algorithm.empty()) return response;
  upload.checksum = algorithm == "CRC64NVME" ? S3Checksum::kCrc64Nvme : S3Checksum::kCrc32c;
  upload.is_full_object = knows_checksum_type_ && find(request.headers, "x-amz-checksum-type") == "FULL_OBJECT";
  response.headers.add("x-amz-checksum-algorithm", algorithm);
  if (knows_checksum_type_) {
    response.headers.add("x-amz-checksum-type", upload.is_full_object ? "FULL_OBJECT" : "COMPOSITE");
  }
  return response;
}

HttpResponse FakeS3::put_part(const SeenRequest& request, const Parsed& parsed) {
  const auto upload = uploads_.find(parsed.value("uploadId"));
  if (upload == uploads_.end()) return error(404, "NoSuchUpload");
  Object& part = upload->second.parts[std::atoi(parsed.value("partNumber").c_str())];
  part = {request.body, "\"part-" + std::to_string(++versions_) + "\"", request.headers, {}, {}};
  HttpResponse response = respond(200, "", {{"ETag", part.etag}});
  if (const S3Checksum checksum = sent_checksum(request.headers); checksum != S3Checksum::kNone) {
    response.headers.add(checksum_field(checksum), checksum_of(checksum, request.body));
  }
  return response;
}

HttpResponse FakeS3::complete(const SeenRequest& request, const Parsed& parsed) {
  const auto found = uploads_.find(parsed.value("uploadId"));
  if (found == uploads_.end()) return error(404, "NoSuchUpload");
  const Upload& upload = found->second;
  if (find(request.headers, "if-none-match") == "*" && objects_.contains(upload.key)) {
    return error(412, "PreconditionFailed");
  }
  if (upload.parts.empty()) return error(400, "MalformedXML");
  const std::string element = upload.checksum == S3Checksum::kCrc64Nvme ? "ChecksumCRC64NVME" : "ChecksumCRC32C";
  std::string content;
  std::size_t at = 0;
  for (const auto& [number, part] : upload.parts) {
    const std::size_t begin = at;
    const std::string named = between(request.body, "<PartNumber>", "</PartNumber>", at);
    const std::string etag = between(request.body, "<ETag>", "</ETag>", at);
    if (named != std::to_string(number) || etag.find(part.etag.substr(1, part.etag.size() - 2)) == std::string::npos) {
      return error(400, "InvalidPart", request.body.substr(begin));
    }
    const std::string crc = find(part.headers, checksum_field(upload.checksum));
    if (!crc.empty() && between(request.body, "<" + element + ">", "</" + element + ">", at) != crc) {
      return error(400, "InvalidPart", "checksum");
    }
    content += part.content;
  }
  const std::string size = find(request.headers, "x-amz-mp-object-size");
  if (!size.empty() && size != std::to_string(content.size())) return error(400, "InvalidRequest", "size");
  std::string result = "<CompleteMultipartUploadResult>";
  if (upload.checksum != S3Checksum::kNone) {
    std::string crc = checksum_of(upload.checksum, content);
    const std::string claimed = find(request.headers, checksum_field(upload.checksum));
    if (!upload.is_full_object) crc += "-" + std::to_string(upload.parts.size());
    if (!claimed.empty() && claimed != crc) return error(400, "BadDigest");
    result += "<" + element + ">" + crc + "</" + element + "><ChecksumType>" +
              (upload.is_full_object ? "FULL_OBJECT" : "COMPOSITE") + "</ChecksumType>";
  }
  store_object(upload.key, std::move(content), upload.headers);
  uploads_.erase(found);
  return respond(200, result + "</CompleteMultipartUploadResult>");
}

}  // namespace attache::testing
