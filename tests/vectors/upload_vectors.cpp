#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/fsio/testing/tree_builder.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/http/url.hpp>
#include <attache/manifest_store/attachment_settings.hpp>
#include <attache/manifest_store/publish_manifest.hpp>
#include <attache/paths/asset_groups.hpp>
#include <attache/paths/attachments.hpp>
#include <attache/scan/path_facts.hpp>
#include <attache/scan/testing/memory_hash_cache.hpp>
#include <attache/store/cas_layout.hpp>
#include <attache/store/directory_store.hpp>
#include <attache/store/testing/fake_s3.hpp>
#include <attache/transfer/chunk_ranges.hpp>
#include <attache/transfer/hash_upload.hpp>
#include <attache/transfer/local_manifest.hpp>
#include <attache/transfer/upload_queues.hpp>

#include "kinds.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace attache::vectors {

namespace {

namespace fs = std::filesystem;

constexpr const char* kRootPrefix = "DeadlineCloud";
constexpr const char* kFarm = "farm-1";
constexpr const char* kQueue = "queue-1";

template <typename T>
T taken(Result<T>&& result, const char* what) {
  if (!result) throw MalformedCase(std::string(what) + ": " + result.error().to_string());
  return *std::move(result);
}

// --- upload_queues

Outcome check_upload_queues(const VectorCase& vector) {
  const auto multiplier = int64_of(vector.input.at("multiplier"));
  const auto pool = int64_of(vector.input.at("pool"));
  if (!multiplier || !pool) throw MalformedCase("settings beyond 64 bits");
  const Result<UploadQueues> queues =
      upload_queues({.small_file_threshold_multiplier = *multiplier, .s3_max_pool_connections = *pool});
  if (expects_error(vector.expected)) return queues ? failure("refused", "accepted") : pass();
  if (!queues) return failure(vector.expected.dump(), queues.error().to_string());
  const Json& expected = vector.expected.at("ok");
  Json got{{"threshold", queues->small_file_bytes},
           {"workers", queues->workers},
           {"sizes", expected.at("sizes")},
           {"small", Json::array()},
           {"large", Json::array()}};
  for (std::size_t i = 0; i < expected.at("sizes").size(); ++i) {
    got[queues->is_small(expected.at("sizes").at(i).get<std::uint64_t>()) ? "small" : "large"].push_back(i);
  }
  return compare(expected, got);
}

// --- v2025-12/cas

Outcome check_chunks(const VectorCase& vector) {
  const auto size = vector.input.at("size").get<std::uint64_t>();
  const auto chunk_size = vector.input.at("chunkSize").get<std::uint64_t>();
  Json chunks = Json::array();
  const std::uint64_t count = content_count(size, chunk_size);
  for (std::uint64_t i = 0; i < count; ++i) {
    const ChunkRange range = content_range(size, chunk_size, i);
    chunks.push_back({range.offset, range.size});
  }
  return compare(vector.expected,
                 Json{{"chunks", chunks}, {"expectedCount", count}, {"needsChunking", needs_chunks(size, chunk_size)}});
}

Outcome check_keys(const VectorCase& vector) {
  const std::string hash = text_of(vector.input.at("hash"));
  const std::string prefix = text_of(vector.input.at("rootPrefix"));
  const std::string real = digest_of(hash).to_hex();
  const auto in_full = [&](const std::string& key) {
    // Without a prefix a key is what it is in a directory.
    return prefix.empty() ? key : taken(whole_key({.bucket = "b", .root_prefix = prefix}, key), "key");
  };
  const auto folder = [&](const std::string& key) { return key.substr(0, key.rfind('/')); };
  std::string path = text_of(vector.input.at("path"));
  const std::size_t slash = path.rfind('/');
  const std::string name = path.substr(slash + 1);
  path = slash == std::string::npos ? "" : path.substr(0, slash);
  const std::string data = in_full(data_key(digest_of(hash)));
  const std::string manifest = in_full(manifest_key(path, name));
  Json expected = vector.expected;
  std::string cas = expected.at("cas").get<std::string>();
  if (const std::size_t at = cas.rfind(hash); !hash.empty() && at != std::string::npos) {
    cas.replace(at, hash.size(), real);
  }
  expected["cas"] = cas;
  const Json got{
      {"cas", data}, {"fullCas", folder(data)}, {"fullManifest", in_full("Manifests")}, {"manifest", manifest}};
  const bool has_usual_folders =
      vector.input.at("casPrefix") == "Data" && vector.input.at("manifestPrefix") == "Manifests";
  if (!has_usual_folders) return deviation(Deviation::kKeyLayout);
  return compare(expected, got);
}

Outcome check_cas(const VectorCase& vector) {
  if (vector.op == "chunks") return check_chunks(vector);
  if (vector.op == "keys") return check_keys(vector);
  throw MalformedCase("unknown op " + vector.op);
}

// --- upload_layout

/// The tree of a case, in a directory that stands for `/`.
class Submission {
 public:
  explicit Submission(const VectorCase& vector) : input_(vector.input), root_(text_of(vector.input.at("root"))) {
    fs::create_directories(in_place(root_));
    TreeBuilder tree(in_place(root_));
    for (const Json& file : input_.at("files")) {
      tree.file_at(text_of(file.at(0)), text_of(file.at(1)), file.at(2).get<std::int64_t>());
    }
    for (const Json& link : input_.at("symlinks")) tree.symlink(text_of(link.at(1)), text_of(link.at(0)));
  }

  std::string in_place(const std::string& path) const { return directory_.path() + path; }
  /// The reverse.
  std::string recorded(const std::string& path) const { return path.substr(directory_.path().size()); }

  /// Inputs that lead to a file that another one leads to: links beside their targets.
  std::uint64_t same_files() const {
    std::set<fs::path> names;
    std::set<fs::path> files;
    for (const std::string& path : texts_of(input_.at("inputs"))) {
      const fs::path name = fs::path(in_place(root_ + "/" + path)).lexically_normal();
      if (!fs::is_regular_file(name) || !names.insert(name).second) continue;
      files.insert(fs::canonical(name));
    }
    return names.size() - files.size();
  }

  std::vector<AssetRootGroup> groups() const {
    AssetPaths paths;
    for (const auto& [name, list] : std::map<const char*, std::vector<std::string>*>{
             {"inputs", &paths.inputs}, {"outputs", &paths.outputs}, {"refs", &paths.references}}) {
      for (const std::string& path : texts_of(input_.at(name))) list->push_back(in_place(root_ + "/" + path));
    }
    StorageProfile profile;
    if (!input_.at("profile").is_null()) {
      for (const Json& location : input_.at("profile")) {
        profile.locations.push_back(
            {.name = text_of(location.at(0)),
             .path = in_place(root_ + "/" + text_of(location.at(1))),
             .type = location.at(2) == "SHARED" ? LocationType::kShared : LocationType::kLocal});
      }
    }
    const auto facts = taken(DiskPathFacts::open(), "facts");
    GroupingOptions options;
    options.current_directory = in_place(root_);
    options.profile = input_.at("profile").is_null() ? nullptr : &profile;
    return taken(group_asset_paths(paths, options, *facts), "grouping").groups;
  }

 private:
  const Json& input_;
  std::string root_;
  TemporaryDirectory directory_;
};

struct Summary {
  std::uint64_t total_files = 0, total_bytes = 0, processed_files = 0, processed_bytes = 0;

  Json json() const {
    return {{"total_files", total_files},
            {"total_bytes", total_bytes},
            {"processed_files", processed_files},
            {"processed_bytes", processed_bytes},
            {"skipped_files", total_files - processed_files},
            {"skipped_bytes", total_bytes - processed_bytes}};
  }
};

/// What one submission says of itself.
struct Submitted {
  Attachments attachments;
  Summary hashed;
  Summary uploaded;
  std::uint64_t duplicates = 0;
  std::map<std::string, std::uint64_t> sizes;  ///< of the contents that belong to it, by their hashes
};

struct Place {
  ObjectStore& store;
  std::string key_prefix;  ///< of what a local copy says; empty: none is kept
  std::string local;
  std::uint64_t& guids;
};

Submitted submit(const Submission& submission, HashCache& cache, const Place& place) {
  Submitted done;
  for (const AssetRootGroup& group : submission.groups()) {
    ManifestProperties properties;
    properties.root_path = submission.recorded(group.root);
    properties.file_system_location_name = group.location_name;
    properties.output_relative_directories =
        taken(output_relative_directories(PathFormat::kPosix, group.root, group.outputs), "outputs");
    if (!group.inputs.empty()) {
      SnapshotOptions scan;
      scan.root = group.root;
      scan.files = group.inputs;
      scan.cache = &cache;
      UploadOptions options;
      options.keep_times = true;
      const auto result = taken(hash_upload(scan, place.store, options, {}), "upload");
      const ManifestDocument document = taken(document_of(result.scan.manifest), "manifest");
      std::string guid = std::to_string(++place.guids);
      guid.insert(0, 32 - guid.size(), '0');
      const PublishedManifest published = taken(
          publish_input_manifest(document, kFarm, kQueue, guid, properties.root_path, place.store, {}, {}), "publish");
      properties.input_manifest_path = published.path;
      properties.input_manifest_hash = published.hash.to_hex();
      if (!place.local.empty()) {
        if (!keep_local_manifest({.directory = place.local, .s3_key = place.key_prefix + published.key},
                                 document.bytes)) {
          throw MalformedCase("no local copy");
        }
      }
      done.hashed.total_files += result.scan.manifest.size();
      done.hashed.total_bytes += result.upload.bytes;
      done.hashed.processed_files += result.scan.manifest.size() - result.scan.files_from_cache;
      done.hashed.processed_bytes += result.scan.bytes_hashed;
      done.uploaded.total_files += result.upload.files;
      done.uploaded.total_bytes += result.upload.bytes;
      for (const auto& entry : result.scan.manifest) done.sizes[entry.hash.to_hex()] = entry.size;
      for (std::size_t i = 0; i < result.upload.outcomes.size(); ++i) {
        const UploadOutcome outcome = result.upload.outcomes[i];
        if (outcome == UploadOutcome::kDuplicate) ++done.duplicates;
        if (outcome != UploadOutcome::kSent && outcome != UploadOutcome::kResent) continue;
        ++done.uploaded.processed_files;
        done.uploaded.processed_bytes += result.scan.manifest[i].size;
      }
    }
    done.attachments.manifests.push_back(std::move(properties));
  }
  return done;
}

Json objects_in(const testing::FakeS3& s3) {
  Json list = Json::array();
  for (const auto& [key, content] : s3.objects()) {
    list.push_back({{"key", key}, {"size", content.size()}, {"xxh128", xxh128(content).to_hex()}});
    list.back()["text"] = key.find("/Manifests/") == std::string::npos ? Json() : Json(content);
  }
  return list;
}

Json files_below(const std::string& root) {
  Json files = Json::object();
  if (!fs::exists(root)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream stream(entry.path(), std::ios::binary);
    files[entry.path().lexically_relative(root).string()] = std::string(std::istreambuf_iterator<char>(stream), {});
  }
  return files;
}

/// What stands for an object that was there before. Only its size and hash were recorded: bytes of that size, the right
/// ones if they are.
std::string stand_in(const VectorCase& vector, const Json& object) {
  for (const Json& file : vector.input.at("files")) {
    if (xxh128(text_of(file.at(1))).to_hex() == object.at("xxh128")) return text_of(file.at(1));
  }
  return std::string(object.at("size").get<std::size_t>(), '?');
}

bool was_there(const VectorCase& vector, const Json& object) {
  const Json& before = vector.input.at("preexisting");
  return std::ranges::find(before, object.at("key")) != before.end();
}

std::uint64_t count_of(const Json& summary, const char* counter) {
  return summary.at(counter).get<std::uint64_t>();
}

/// True if both share out the same totals.
bool have_same_totals(const Json& recorded, const Summary& own) {
  return count_of(recorded, "processed_files") + count_of(recorded, "skipped_files") == own.total_files &&
         count_of(recorded, "processed_bytes") + count_of(recorded, "skipped_bytes") == own.total_bytes &&
         recorded.at("total_files") == own.total_files && recorded.at("total_bytes") == own.total_bytes;
}

/// Objects that were there before, made what Attache leaves of them, with the counters; true if it sends one again.
bool adjust_objects(Json& expected, const VectorCase& vector, const Submitted& got) {
  bool is_resent = false;
  Json& summary = expected["upload_summary"];
  for (Json& object : expected["objects"]) {
    // What else the recorded program's library stores with an object is not compared: content types are Attache's own.
    object = Json{{"key", object.at("key")},
                  {"size", object.at("size")},
                  {"xxh128", object.at("xxh128")},
                  {"text", object.at("text")}};
    const std::string key = object.at("key").get<std::string>();
    const std::size_t data = key.find("/Data/");
    if (data == std::string::npos || !was_there(vector, object)) continue;
    const std::string hash = key.substr(data + 6, Digest::kHexDigits);
    const auto content = got.sizes.find(hash);
    const bool is_kept =
        vector.input.at("snapshot").get<bool>() || content == got.sizes.end() || object.at("size") == content->second;
    if (is_kept) {
      object["xxh128"] = xxh128(stand_in(vector, object)).to_hex();
      continue;
    }
    object["size"] = content->second;
    object["xxh128"] = hash;
    is_resent = true;
    // The second submission, whose counters these are, finds what the first has sent.
    if (vector.input.at("twice").get<bool>()) continue;
    summary["processed_files"] = count_of(summary, "processed_files") + 1;
    summary["skipped_files"] = count_of(summary, "skipped_files") - 1;
    summary["processed_bytes"] = count_of(summary, "processed_bytes") + content->second;
    summary["skipped_bytes"] = count_of(summary, "skipped_bytes") - content->second;
  }
  return is_resent;
}

/// The counters of a snapshot, made ours; the reasons.
std::vector<Deviation> adjust_snapshot(Json& recorded, const Submitted& got, bool is_twice) {
  const Summary& own = got.uploaded;
  if (recorded == own.json()) return {};
  // The recorded program copies every file, however often, and counts their bytes only.
  const Summary bytes_only{.total_files = own.total_files,
                           .total_bytes = own.total_bytes,
                           .processed_files = own.total_files,
                           .processed_bytes = own.total_bytes};
  Json all = bytes_only.json();
  all["processed_files"] = 0;
  if (recorded != all || own.processed_files != (is_twice ? 0 : got.sizes.size())) return {};
  recorded = own.json();
  if (is_twice) return {Deviation::kSnapshotHolds};
  if (own.processed_files == own.total_files) return {Deviation::kSnapshotCounts};
  return {Deviation::kSnapshotCounts, Deviation::kSentOnce};
}

/// What Attache decides otherwise about, made ours; the reasons.
std::vector<Deviation> adjust(Json& expected, const VectorCase& vector, const Submission& submission,
                              const Submitted& got) {
  std::vector<Deviation> reasons;
  const bool is_twice = vector.input.at("twice").get<bool>();
  if (adjust_objects(expected, vector, got)) reasons.push_back(Deviation::kVerifiedSizes);
  Json& uploaded = expected["upload_summary"];
  if (vector.input.at("snapshot").get<bool>()) {
    const std::vector<Deviation> more = adjust_snapshot(uploaded, got, is_twice);
    reasons.insert(reasons.end(), more.begin(), more.end());
  } else if (got.duplicates > 0 && uploaded != got.uploaded.json() && have_same_totals(uploaded, got.uploaded) &&
             count_of(uploaded, "processed_files") >= got.uploaded.processed_files) {
    // The recorded program's threads race for contents that several files have.
    uploaded = got.uploaded.json();
    reasons.push_back(Deviation::kSentOnce);
  }
  Json& hashed = expected["hash_summary"];
  const bool are_all_hashed = got.hashed.processed_files == got.hashed.total_files;
  if (are_all_hashed && hashed != got.hashed.json() && have_same_totals(hashed, got.hashed) &&
      count_of(hashed, "skipped_files") <= submission.same_files()) {
    // The recorded program's threads race for the hash of a file that a link leads to.
    hashed = got.hashed.json();
    reasons.push_back(Deviation::kLinksHashed);
  }
  return reasons;
}

Outcome check_upload_layout(const VectorCase& vector) {
  if (expects_error(vector.expected)) throw MalformedCase("no submission is refused here");
  const Submission submission(vector);
  MemoryHashCache cache;
  const TemporaryDirectory local;
  const bool is_snapshot = vector.input.at("snapshot").get<bool>();
  testing::FakeS3 s3;
  S3StoreOptions options = testing::FakeS3::store_options();
  options.prefix = kRootPrefix;
  const std::unique_ptr<ObjectStore> store =
      is_snapshot ? make_directory_store({.path = local.path()}) : s3.store(options);
  for (const Json& key : vector.input.at("preexisting")) {
    for (const Json& object : vector.expected.at("objects")) {
      if (object.at("key") != key) continue;
      s3.add(text_of(key), stand_in(vector, object));
    }
  }
  const bool keeps_local = vector.input.at("manifest_write_dir").get<bool>() && !is_snapshot;
  std::uint64_t guids = 0;
  const Place place{*store, std::string(kRootPrefix) + "/", keeps_local ? local.path() : "", guids};
  Submitted submitted = submit(submission, cache, place);
  if (vector.input.at("twice").get<bool>()) submitted = submit(submission, cache, place);

  Json expected{{"attachments", vector.expected.at("attachments")},
                {"hash_summary", vector.expected.at("hash_summary")},
                {"upload_summary", vector.expected.at("upload_summary")},
                {"objects", vector.expected.at("objects")},
                {"local", vector.expected.at("local")}};
  const std::vector<Deviation> reasons = adjust(expected, vector, submission, submitted);
  const Json got{{"attachments", Json::parse(encode_attachments(submitted.attachments))},
                 {"hash_summary", submitted.hashed.json()},
                 {"upload_summary", submitted.uploaded.json()},
                 {"objects", objects_in(s3)},
                 {"local", files_below(local.path())}};
  if (got != expected) return compare(expected, got);
  return reasons.empty() ? pass() : deviation(reasons);
}

constexpr Kind kKinds[] = {
    {"upload_layout", check_upload_layout}, {"upload_queues", check_upload_queues}, {"v2025-12/cas", check_cas}};

// --- s3_requests, of uploads

/// A request as the recorded program's library names it, by what both have: operation, key, part, metadata, owner.
Json request_of(const testing::SeenRequest& seen, const std::map<std::string, std::string>& names) {
  const std::string host_and_path = seen.url.substr(seen.url.find("://") + 3);
  const std::size_t query_at = host_and_path.find('?');
  std::string key =
      percent_decode(host_and_path.substr(host_and_path.find('/'), query_at - host_and_path.find('/'))).value();
  const std::string query = query_at == std::string::npos ? "" : host_and_path.substr(query_at + 1);
  const std::string bucket = "/" + std::string(testing::FakeS3::kBucket) + "/";
  if (key.starts_with(bucket)) key.erase(0, bucket.size());
  for (const auto& [real, recorded] : names) {
    if (const std::size_t at = key.find(real); at != std::string::npos) key.replace(at, real.size(), recorded);
  }
  std::string operation = seen.method == HttpMethod::kHead ? "HeadObject" : "PutObject";
  if (seen.method == HttpMethod::kGet) operation = "ListObjectsV2";
  if (query.find("uploads") != std::string::npos) operation = "CreateMultipartUpload";
  if (query.find("partNumber=") != std::string::npos) operation = "UploadPart";
  if (seen.method == HttpMethod::kPost && query.find("uploadId=") != std::string::npos) {
    operation = "CompleteMultipartUpload";
  }
  Json request{{"operation", operation},
               {"key", key},
               {"owner", seen.headers.find("x-amz-expected-bucket-owner").value_or("none")}};
  if (operation == "UploadPart") {
    const std::size_t at = query.find("partNumber=") + 11;
    request["part"] = std::stoi(query.substr(at));
  }
  if (const auto root = seen.headers.find("x-amz-meta-asset-root")) request["asset-root"] = *root;
  return request;
}

Json recorded_request(const Json& recorded) {
  const Json& parameters = recorded.at(1);
  Json request{
      {"operation", recorded.at(0)}, {"key", parameters.at("Key")}, {"owner", parameters.at("ExpectedBucketOwner")}};
  if (parameters.contains("PartNumber")) request["part"] = parameters.at("PartNumber");
  if (parameters.contains("Metadata")) request["asset-root"] = parameters.at("Metadata").at("asset-root");
  return request;
}

bool is_of_manifest(const Json& request) {
  return request.at("key").get<std::string>().find("/Manifests/") != std::string::npos;
}

Json sorted_requests(std::vector<Json> requests) {
  std::ranges::sort(requests, [](const Json& a, const Json& b) { return a.dump() < b.dump(); });
  return requests;
}

}  // namespace

Outcome check_upload_requests(const VectorCase& vector) {
  testing::FakeS3 s3;
  S3StoreOptions store_options = testing::FakeS3::store_options();
  store_options.prefix = kRootPrefix;
  store_options.part_bytes = S3StoreOptions().part_bytes;
  store_options.multipart_threshold = S3StoreOptions().multipart_threshold;
  const std::unique_ptr<ObjectStore> store = s3.store(store_options);
  const TemporaryDirectory directory;
  std::map<std::string, std::string> names;
  std::map<std::string, std::uint64_t> sizes;  // by recorded key
  ManifestBuilder builder;
  const bool is_missing = !vector.input.contains("files");
  if (is_missing) {
    if (!builder.add("gone", Digest(), 1, 1)) throw MalformedCase("no manifest");
  } else {
    for (const Json& file : vector.input.at("files")) {
      const std::string name = text_of(file.at(0));
      // Contents of their own, as those that are equal are sent once.
      const std::string content(file.at(1).get<std::size_t>(), static_cast<char>('a' + names.size() % 26));
      std::ofstream(directory.path() + "/" + name, std::ios::binary) << content;
      if (!builder.add(name, xxh128(content), content.size(), 1)) throw MalformedCase("no manifest");
      names[xxh128(content).to_hex()] = "hash" + name;
      sizes[std::string(kRootPrefix) + "/Data/hash" + name + ".xxh128"] = content.size();
    }
  }
  std::vector<Json> expected;
  Json manifest_request;
  for (const Json& recorded : vector.expected) {
    Json request = recorded_request(recorded);
    if (is_of_manifest(request)) {
      manifest_request = std::move(request);
    } else {
      expected.push_back(std::move(request));
    }
  }
  if (manifest_request.is_null()) throw MalformedCase("no manifest is stored");
  UploadOptions options;
  options.root = directory.path();
  options.manifest_key = manifest_request.at("key").get<std::string>().substr(std::string(kRootPrefix).size() + 1);
  if (manifest_request.contains("asset-root")) {
    options.manifest_metadata =
        taken(origin_metadata({manifest_request.at("asset-root").get<std::string>()}), "metadata");
  }
  const Result<UploadReport> report =
      upload_manifest(taken(std::move(builder).build(), "manifest"), *store, options, {});
  std::vector<Json> got;
  for (const testing::SeenRequest& seen : s3.transport().requests()) got.push_back(request_of(seen, names));
  if (is_missing) {
    // Found before anything is sent, and never called uploaded.
    if (report || report.error().code() != ErrorCode::kNotFound) return failure("kNotFound", "accepted");
    return got.empty() ? deviation(Deviation::kMissingSource) : failure("no request", Json(got).dump());
  }
  if (!report) return failure("uploaded", report.error().to_string());
  if (got.empty() || got.back() != manifest_request) {
    return failure("the manifest last: " + manifest_request.dump(), Json(got).dump());
  }
  got.pop_back();
  std::vector<Deviation> reasons{Deviation::kDataFirst};
  // A small content is sent on condition, instead of being asked for and sent.
  constexpr std::uint64_t kConditional = 64 * kKiB;
  const auto is_replaced = [&](const Json& request) {
    return request.at("operation") == "HeadObject" && sizes.at(request.at("key").get<std::string>()) <= kConditional;
  };
  if (std::erase_if(expected, is_replaced) > 0) reasons.push_back(Deviation::kConditionalPut);
  const Json wanted = sorted_requests(std::move(expected));
  const Json seen = sorted_requests(std::move(got));
  return wanted == seen ? deviation(reasons) : compare(wanted, seen);
}

std::span<const Kind> upload_kinds() {
  return kKinds;
}

}  // namespace attache::vectors
