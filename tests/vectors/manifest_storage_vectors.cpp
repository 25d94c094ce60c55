#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/http/url.hpp>
#include <attache/manifest/any_manifest.hpp>
#include <attache/manifest_store/attachment_settings.hpp>
#include <attache/manifest_store/fetch_manifests.hpp>
#include <attache/manifest_store/find_manifests.hpp>
#include <attache/manifest_store/manifest_origin.hpp>
#include <attache/manifest_store/manifest_places.hpp>
#include <attache/manifest_store/match_roots.hpp>
#include <attache/manifest_store/output_selection.hpp>
#include <attache/manifest_store/publish_manifest.hpp>
#include <attache/paths/names.hpp>
#include <attache/store/cas_layout.hpp>
#include <attache/store/s3_store.hpp>
#include <attache/store/testing/fake_s3.hpp>
#include <attache/transfer/download.hpp>

#include "kinds.hpp"
#include "manifest_store_support.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace attache::vectors {

namespace {

// --- v2025-12 manifest_storage

Outcome check_prefixes(const VectorCase& vector) {
  const auto text = [&](const char* name) { return text_of(vector.input.at(name)); };
  JobScope scope{text("farmId"), text("queueId"), text("jobId"), {}, {}};
  const std::string root_prefix = text("rootPrefix");
  if (root_prefix.empty()) {
    return whole_key({"bucket", root_prefix}, "Manifests") ? failure("refusal of an empty prefix", "accepted")
                                                           : deviation(Deviation::kNoRootPrefix);
  }
  const auto below_root = [&](const std::string& key) { return whole_key({"bucket", root_prefix}, key).value(); };
  const std::string session_folder = text("timestamp") + "_" + text("sessionActionId");
  Json got;
  got["manifestPrefix"] = below_root(std::string(kManifestsPrefix.substr(0, kManifestsPrefix.size() - 1)));
  const std::string inputs = inputs_prefix(scope.farm_id, scope.queue_id).value();
  got["inputPrefix"] = below_root(inputs.substr(0, inputs.size() - 1));
  got["inputKey"] =
      below_root(manifest_key(input_folder(scope.farm_id, scope.queue_id, text("guid")).value(), "h_input"));
  got["job"] = below_root(outputs_prefix(scope).value());
  scope.step_id = text("stepId");
  got["step"] = below_root(outputs_prefix(scope).value());
  got["stepKey"] = got["step"].get<std::string>() + session_folder + "/" + text("name");
  scope.task_id = text("taskId");
  got["task"] = below_root(outputs_prefix(scope).value());
  got["taskKey"] = got["task"].get<std::string>() + session_folder + "/" + text("name");
  return compare(vector.expected, got);
}

Outcome check_discover(const VectorCase& vector) {
  Json keys = Json::array();
  for (const Json& object : vector.input.at("objects")) keys.push_back(object.at("key"));
  Listing listing = listing_of(keys);
  for (std::size_t i = 0; i < listing.manifests.size(); ++i) {
    listing.manifests[i].last_modified_us = vector.input.at("objects").at(i).at("lastModified").get<std::int64_t>();
  }
  Json parsed = Json::array();
  for (const ListedManifest& manifest : listing.manifests) {
    const std::optional<OutputKey> key = parse_output_key(manifest.key, listing.job_prefix);
    if (!key) continue;
    parsed.push_back({{"key", manifest.key},
                      {"sessionActionId", key->session_action},
                      {"sessionFolder", key->folder},
                      {"taskId", key->task.empty() ? Json() : Json(key->task)}});
  }
  if (parsed != vector.expected.at("parsed")) return compare(vector.expected.at("parsed"), parsed);
  const auto selected = [&](LatestBy latest_by, bool& disagrees) {
    const OutputSelection selection = select_latest_outputs(listing.manifests, listing.job_prefix, latest_by);
    disagrees = !selection.disagreements.empty();
    std::vector<std::string> chosen = keys_of(listing, selection.indexes);
    std::sort(chosen.begin(), chosen.end());
    return chosen;
  };
  bool disagrees = false;
  const std::vector<std::string> expected = texts_of(vector.expected.at("selectedSorted"));
  const std::vector<std::string> by_time = selected(LatestBy::kModified, disagrees);
  if (by_time != expected) return compare(Json(expected), Json(by_time));
  const std::vector<std::string> by_name = selected(LatestBy::kName, disagrees);
  if (by_name == expected) return pass();
  return disagrees ? deviation(Deviation::kLatestByName) : failure("a warning", "none");
}

Outcome check_match_roots(const VectorCase& vector) {
  const Listing listing = listing_of(vector.input.at("keys"));
  std::vector<JobRoot> roots;
  for (const Json& root : vector.input.at("roots")) {
    roots.push_back({text_of(root.at("rootPath")),
                     root.contains("fileSystemLocationName") ? text_of(root.at("fileSystemLocationName")) : ""});
  }
  const Result<std::map<std::string, KeysByRoot>> matched = match_outputs(listing.manifests, listing.job_prefix, roots);
  if (expects_error(vector.expected)) return matched ? failure("refusal", "accepted") : pass();
  if (!matched) return failure(vector.expected.dump(), matched.error().to_string());
  Json got = Json::object();
  for (const auto& [id, keys] : *matched) {
    for (const std::optional<std::string>& key : keys) got[id].push_back(key ? Json(*key) : Json());
  }
  return compare(vector.expected, got);
}

Outcome check_origin_v2025(const VectorCase& vector) {
  if (vector.op == "metadata_out") {
    const Result<std::map<std::string, std::string>> metadata = origin_metadata(
        {text_of(vector.input.at("assetRoot")), optional_text_of(vector.input.at("location")).value_or("")});
    if (!metadata) return failure(vector.expected.dump(), metadata.error().to_string());
    const Json got = json_of(*metadata);
    if (got == vector.expected) return pass();
    // Its JSON text is raw UTF-8, and metadata is ASCII.
    const std::string root = text_of(vector.input.at("assetRoot"));
    return is_plain_ascii(root) ? compare(vector.expected, got) : deviation(Deviation::kIncumbentMetadata);
  }
  const Result<StatedOrigin> origin = read_origin(metadata_of(vector.input));
  if (!origin) {
    // It falls back to the plain text.
    return deviation(Deviation::kIncumbentMetadata);
  }
  if (!origin->asset_root) return compare(vector.expected, Json());
  return compare(vector.expected,
                 Json{{"assetRoot", json_of_text(*origin->asset_root)},
                      {"location", origin->location.empty() ? Json() : json_of_text(origin->location)}});
}

Outcome check_root_hash(const VectorCase& vector) {
  const std::string location = optional_text_of(vector.input.at("fileSystemLocationName")).value_or("");
  const bool is_input = vector.op == "input_manifest_name";
  const Result<std::string> name = is_input ? input_manifest_name(text_of(vector.input.at("sourceRoot")))
                                            : output_manifest_name(location, text_of(vector.input.at("rootPath")));
  if (!name) return failure(vector.expected.dump(), name.error().to_string());
  return compare(vector.expected, Json(is_input ? *name : name->substr(0, Digest::kHexDigits)));
}

Outcome check_content_type(const VectorCase& vector) {
  if (vector.input.contains("manifestVersion") && vector.input.at("manifestVersion") == "2023-03-03") {
    return compare(vector.expected, Json(content_type(AnyManifest(Manifest()))));
  }
  return deviation(Deviation::kContentTypeBySpec);
}

Outcome check_manifest_storage(const VectorCase& vector) {
  if (vector.op == "prefixes") return check_prefixes(vector);
  if (vector.op == "discover") return check_discover(vector);
  if (vector.op == "match_roots") return check_match_roots(vector);
  if (vector.op == "metadata_in" || vector.op == "metadata_out") return check_origin_v2025(vector);
  if (vector.op == "root_path_hash" || vector.op == "input_manifest_name") return check_root_hash(vector);
  if (vector.op == "content_type") return check_content_type(vector);
  if (vector.op != "timestamp") throw MalformedCase("unknown op " + vector.op);
  const Result<std::string> folder =
      output_folder({"farm-1", "queue-1", "job-1", "step-1", "task-1"}, "x", vector.input.at("seconds").get<double>());
  if (!folder) return failure(vector.expected.dump(), folder.error().to_string());
  const std::string name = folder->substr(folder->rfind('/') + 1);
  return compare(vector.expected, Json(name.substr(0, name.find('_'))));
}

// --- s3_requests

constexpr std::string_view kRecordedBucket = "ja-bucket";
constexpr std::string_view kRecordedPrefix = "DeadlineCloud";

/// Decodes what a query holds.
std::string query_value(const std::string& url, std::string_view name) {
  const std::size_t query = url.find('?');
  if (query == std::string::npos) return {};
  std::string_view rest = std::string_view(url).substr(query + 1);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    if (pair.starts_with(std::string(name) + "=")) {
      return percent_decode(pair.substr(name.size() + 1)).value_or("?");
    }
  }
  return {};
}

/// A request as the recorded program's library names it.
Json request_of(const testing::SeenRequest& seen) {
  const std::string host_and_path = seen.url.substr(seen.url.find("://") + 3);
  std::string path =
      percent_decode(host_and_path.substr(host_and_path.find('/'), host_and_path.find('?') - host_and_path.find('/')))
          .value_or("?");
  const std::string bucket = "/" + std::string(testing::FakeS3::kBucket);
  if (path.starts_with(bucket)) path.erase(0, bucket.size());
  path.erase(0, std::min(path.find_first_not_of('/'), path.size()));
  Json parameters{{"Bucket", kRecordedBucket},
                  {"ExpectedBucketOwner", seen.headers.find("x-amz-expected-bucket-owner").value_or("none")}};
  if (path.empty()) {
    parameters["Prefix"] = query_value(seen.url, "prefix");
    return Json::array({"ListObjectsV2", parameters});
  }
  parameters["Key"] = path;
  return Json::array({seen.method == HttpMethod::kGet ? "GetObject" : "?", parameters});
}

/// The outputs of a job: which requests they take.
Json requests_for_outputs(const std::vector<std::pair<std::string, std::string>>& objects) {
  testing::FakeS3 s3;
  for (const auto& [key, content] : objects) s3.add(key, content);
  S3StoreOptions options = testing::FakeS3::store_options();
  options.prefix = kRecordedPrefix;
  const std::unique_ptr<ObjectStore> store = s3.store(options);
  const Result<FoundOutputs> found = find_outputs(*store, {.scope = {"f", "q", "j"}}, {}, {});
  if (!found) throw MalformedCase(found.error().to_string());
  if (!found->manifests.empty()) {
    const Result<std::vector<FetchedManifest>> fetched = fetch_manifests(*store, found->manifests, {}, {});
    if (!fetched) throw MalformedCase(fetched.error().to_string());
  }
  Json requests = Json::array();
  for (const testing::SeenRequest& seen : s3.transport().requests()) requests.push_back(request_of(seen));
  return requests;
}

/// The bytes that a request asks for, by its range; all of them without one.
Json bytes_of(std::optional<std::string_view> range, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (!range) return {0, size};
  if (!range->starts_with(kUnit)) throw MalformedCase("not a range: " + std::string(*range));
  const std::string text(range->substr(kUnit.size()));
  const std::size_t dash = text.find('-');
  const std::uint64_t begin = std::stoull(text);
  const bool is_open = dash + 1 == text.size();
  return {begin, is_open ? size : std::min<std::uint64_t>(size, std::stoull(text.substr(dash + 1)) + 1)};
}

/// In order of the bytes: ranges of one object are asked for side by side.
Json in_order_of_bytes(std::vector<Json> requests) {
  std::ranges::stable_sort(requests, {},
                           [](const Json& request) { return request.at("bytes").at(0).get<std::uint64_t>(); });
  return requests;
}

/// The download of one object: which requests it takes.
Outcome check_download_requests(const VectorCase& vector) {
  const std::string name = text_of(vector.input.at("object"));
  const auto size = vector.input.at("size").get<std::uint64_t>();
  const bool is_absent = vector.expected.back().at(0) == "exception";
  std::vector<Json> expected;
  std::vector<std::string> expected_ranges;
  for (const Json& recorded : vector.expected) {
    if (recorded.at(0) == "exception") continue;
    const Json& parameters = recorded.at(1);
    const auto range = parameters.at("Range").get<std::string>();
    expected_ranges.push_back(range);
    expected.push_back({{"operation", recorded.at(0)},
                        {"key", parameters.at("Key")},
                        {"owner", parameters.at("ExpectedBucketOwner")},
                        {"bytes", bytes_of(range, size)},
                        {"if-match", parameters.contains("IfMatch")}});
  }
  if (expected.empty()) throw MalformedCase("nothing is asked for");
  const std::string content(size, 'x');
  const Digest hash = xxh128(content);
  testing::FakeS3 s3;
  if (!is_absent) {
    std::string key = expected.back().at("key").get<std::string>();
    s3.add(key.replace(key.rfind('/') + 1, name.size(), hash.to_hex()), content);
  }
  S3StoreOptions store_options = testing::FakeS3::store_options();
  store_options.prefix = kRecordedPrefix;
  store_options.part_bytes = S3StoreOptions().part_bytes;
  const std::unique_ptr<ObjectStore> store = s3.store(store_options);
  ManifestBuilder builder;
  if (!builder.add("file", hash, size, 1)) throw MalformedCase("no manifest");
  const TemporaryDirectory directory;
  DownloadOptions options;
  options.destination = directory.path();
  options.journal = false;
  const auto report = download_manifest(std::move(builder).build().value(), *store, options, {});
  if (report.has_value() == is_absent) {
    return failure(vector.expected.dump(), report ? "it is downloaded" : report.error().to_string());
  }
  std::vector<Json> got;
  std::vector<std::string> ranges;
  for (const testing::SeenRequest& seen : s3.transport().requests()) {
    Json request = request_of(seen);
    const auto range = seen.headers.find("range");
    ranges.emplace_back(range.value_or(""));
    std::string key = request.at(1).at("Key").get<std::string>();
    if (const std::size_t at = key.find(hash.to_hex()); at != std::string::npos) {
      key.replace(at, hash.to_hex().size(), name);
    }
    got.push_back({{"operation", request.at(0)},
                   {"key", key},
                   {"owner", request.at(1).at("ExpectedBucketOwner")},
                   {"bytes", bytes_of(range, size)},
                   {"if-match", seen.headers.find("if-match").has_value()}});
  }
  const Json wanted = in_order_of_bytes(std::move(expected));
  const Json seen = in_order_of_bytes(std::move(got));
  if (wanted != seen) return compare(wanted, seen);
  std::ranges::sort(ranges);
  std::ranges::sort(expected_ranges);
  return ranges == expected_ranges ? pass() : deviation(Deviation::kExactRanges);
}

Outcome check_s3_requests(const VectorCase& vector) {
  const std::string op = vector.input.at("op").get<std::string>();
  Json expected = vector.expected;
  if (op == "list job manifests (empty)") {
    // A job without outputs is no failure of ours, and of the incumbent one that its callers expect.
    if (expected.back().at(0) != "exception") throw MalformedCase("no exception");
    expected.erase(expected.size() - 1);
    return compare(expected, requests_for_outputs({}));
  }
  if (op == "get output manifests of a job") {
    const std::string key = expected.back().at(1).at("Key").get<std::string>();
    ManifestBuilder builder;
    if (!builder.add("a", Digest(), 1, 1)) throw MalformedCase("no manifest");
    const Result<ManifestDocument> document = document_of(std::move(builder).build().value());
    return compare(expected, requests_for_outputs({{key, document->bytes}}));
  }
  if (op.starts_with("upload")) return check_upload_requests(vector);
  if (op == "download") return check_download_requests(vector);
  throw MalformedCase("unknown op " + op);
}

constexpr Kind kKinds[] = {{"s3_requests", check_s3_requests}, {"v2025-12/manifest_storage", check_manifest_storage}};

}  // namespace

std::span<const Kind> manifest_storage_kinds() {
  return kKinds;
}

}  // namespace attache::vectors
