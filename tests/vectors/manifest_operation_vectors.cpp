#include <attache/hash/xxh3.hpp>
#include <attache/manifest/codec_v2023.hpp>
#include <attache/manifest/operations_v2023.hpp>

#include "kinds.hpp"

#include <algorithm>
#include <set>
#include <string>

namespace attache::vectors {

namespace {

// [path, hash, size, mtime]
ManifestBuilder builder_of(const Json& entries) {
  ManifestBuilder builder;
  for (const Json& entry : entries) {
    const Status added = builder.add(text_of(entry.at(0)), digest_of(text_of(entry.at(1))),
                                     entry.at(2).get<std::uint64_t>(), entry.at(3).get<std::int64_t>());
    if (!added) throw MalformedCase(added.error().to_string());
  }
  return builder;
}

Manifest manifest_of(const Json& entries) {
  Result<Manifest> manifest = builder_of(entries).build();
  if (!manifest) throw MalformedCase(manifest.error().to_string());
  return std::move(*manifest);
}

// --- merge -----------------------------------------------------------------------------------------------------------

Result<std::optional<Manifest>> merge_of(const VectorCase& vector, const std::vector<Manifest>& manifests) {
  if (vector.input.at("chronological").get<bool>()) {
    std::vector<Timed<Manifest>> list;
    for (std::size_t i = 0; i < manifests.size(); ++i) {
      list.push_back({&manifests[i], vector.input.at("manifests").at(i).at("last_modified").get<std::int64_t>()});
    }
    return merge_by_time(list);
  }
  std::vector<const Manifest*> list;
  for (const Manifest& manifest : manifests) list.push_back(&manifest);
  return merge(list);
}

Outcome check_merge(const VectorCase& vector) {
  std::vector<Manifest> manifests;
  for (const Json& each : vector.input.at("manifests")) {
    manifests.push_back(each.contains("totalSize")
                            ? builder_of(each.at("entries")).build_with_total(*uint64_of(each.at("totalSize")))
                            : manifest_of(each.at("entries")));
  }
  const Result<std::optional<Manifest>> merged = merge_of(vector, manifests);
  if (!merged) return failure("a manifest", merged.error().to_string());
  if (vector.expected.contains("none")) return *merged ? failure("nothing", encode_v2023(**merged).value()) : pass();
  if (!*merged) return failure("a manifest", "nothing");

  const Manifest& manifest = **merged;
  Json paths = Json::array();
  Json expected_paths = Json::array();
  for (const ManifestEntry& entry : manifest) {
    paths.push_back(Json::array({json_of_text(entry.path), entry.hash.to_hex(), entry.size}));
  }
  for (const Json& entry : vector.expected.at("paths")) {
    expected_paths.push_back(Json::array({entry.at(0), digest_of(text_of(entry.at(1))).to_hex(), entry.at(2)}));
  }
  if (paths != expected_paths) return compare(expected_paths, paths);
  if (manifest.total_size() != uint64_of(vector.expected.at("totalSize"))) {
    return compare(vector.expected.at("totalSize"), Json(manifest.total_size()));
  }
  const std::string recorded = text_of(vector.expected.at("text"));
  const std::string expected = replace_placeholder_hashes(recorded);
  if (encode_v2023(manifest).value() != expected) return failure(expected, encode_v2023(manifest).value());
  const std::string hash =
      expected == recorded ? vector.expected.at("hash").get<std::string>() : xxh128(expected).to_hex();
  return compare(hash, manifest_hash(manifest).value().to_hex());
}

// --- compare_manifest ------------------------------------------------------------------------------------------------

std::string status_text(FileChange status) {
  std::string text(to_string(status));
  std::transform(text.begin(), text.end(), text.begin(), [](char c) { return static_cast<char>(c - 'a' + 'A'); });
  return text;
}

Outcome check_compare_manifest(const VectorCase& vector) {
  const Manifest reference = manifest_of(vector.input.at("reference"));
  const Manifest current = manifest_of(vector.input.at("compare"));
  Json differences = Json::array();
  const std::vector<FileDifference> found = compare(reference, current).value();
  for (const FileDifference& difference : found) {
    const Manifest& side = difference.status == FileChange::kDeleted ? reference : current;
    const ManifestEntry entry = side[difference.index];
    differences.push_back(Json::array({status_text(difference.status), json_of_text(entry.path), entry.hash.to_hex()}));
  }
  Json expected = vector.expected;
  for (Json& each : expected) each.at(2) = digest_of(text_of(each.at(2))).to_hex();
  return compare(expected, differences);
}

// --- fast_diff -------------------------------------------------------------------------------------------------------

// True for what the incumbent's os.path.normpath changes.
bool is_normalised(const std::string& path) {
  if (path.empty() || path.front() == '/') return false;  // an absolute one may be, but is of no relative manifest
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string component = path.substr(begin, end - begin);
    if (component.empty() || component == "." || component == "..") return false;
    begin = end + 1;
  }
  return true;
}

// The incumbent divides in floating point, which has quarters of a microsecond today: the last eighth of one is rounded
// up to the next.
std::int64_t rounded_microseconds(std::int64_t nanoseconds) {
  return static_cast<std::int64_t>(static_cast<double>(static_cast<long double>(nanoseconds) / 1000));
}
std::int64_t exact_microseconds(std::int64_t nanoseconds) {
  return nanoseconds / 1000;
}

Json fast_diff(const VectorCase& vector, const Manifest& manifest, std::int64_t (*microseconds)(std::int64_t)) {
  std::vector<std::string> paths;
  for (const Json& file : vector.input.at("files")) paths.push_back(text_of(file.at(0)));
  std::vector<FileStat> files;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const Json& file = vector.input.at("files").at(i);
    files.push_back({paths[i], file.at(1).get<std::uint64_t>(), microseconds(file.at(2).get<std::int64_t>())});
  }
  Json differences = Json::array();
  const std::vector<FileDifference> found = compare_stat(manifest, files).value();
  for (const FileDifference& difference : found) {
    const bool deleted = difference.status == FileChange::kDeleted;
    const std::string_view path = deleted ? manifest.path(difference.index) : files[difference.index].path;
    differences.push_back(Json::array({json_of_text(path), status_text(difference.status)}));
  }
  return differences;
}

}  // namespace

Outcome check_fast_diff(const VectorCase& vector) {
  const Manifest manifest = manifest_of(vector.input.at("manifest"));
  const Json expected = vector.expected.at("ok");
  const Json exact = fast_diff(vector, manifest, exact_microseconds);
  if (exact == expected) return pass();
  if (fast_diff(vector, manifest, rounded_microseconds) == expected) return deviation(Deviation::kExactMicroseconds);
  Json once = Json::array();
  std::set<std::string> deleted;
  for (const Json& change : expected) {
    if (change.at(1) != "DELETED" || deleted.insert(text_of(change.at(0))).second) once.push_back(change);
  }
  if (exact == once) return deviation(Deviation::kDeletedOnce);
  const bool normalised = std::all_of(manifest.begin(), manifest.end(), [](const ManifestEntry& entry) {
    return is_normalised(std::string(entry.path));
  });
  return normalised ? compare(expected, exact) : deviation(Deviation::kPathsNotNormalised);
}

namespace {

constexpr Kind kKinds[] = {{"merge", check_merge}, {"compare_manifest", check_compare_manifest}};

}  // namespace

std::span<const Kind> manifest_operation_kinds() {
  return kKinds;
}

}  // namespace attache::vectors
