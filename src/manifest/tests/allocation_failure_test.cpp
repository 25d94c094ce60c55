// Every public function of the manifest module when memory runs out (attache/base/testing/allocation_failure.hpp). To
// add a function, add a line to cases().

#include <attache/base/testing/allocation_failure.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/manifest/codec_v2023.hpp>
#include <attache/manifest/codec_v2025.hpp>
#include <attache/manifest/operations.hpp>
#include <attache/manifest/operations_v2023.hpp>
#include <attache/manifest/tree_builder.hpp>

#include <array>
#include <cstdlib>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace attache {
namespace {

// How results are shown. That takes memory, and is not what is tested.
std::string text_of(const std::string& text) {
  return text;
}
std::string text_of(const Digest& digest) {
  return digest.to_hex();
}
std::string text_of(const Manifest& manifest) {
  return encode_v2023(manifest).value();
}
std::string text_of(const TreeManifest& tree) {
  return encode_v2025(tree).value();
}
std::string text_of(const AnyTreeManifest& tree) {
  return encode_v2025(std::get<Snapshot>(tree)).value();
}
std::string text_of(const Violations& violations) {
  std::string text = std::to_string(violations.errors) + " " + std::to_string(violations.warnings);
  for (const Violation& one : violations.listed) text += " " + one.where + one.message;
  return text;
}
std::string text_of(const std::vector<FileDifference>& differences) {
  std::string text;
  for (const FileDifference& one : differences) text.append(to_string(one.status)) += std::to_string(one.index) + " ";
  return text;
}
template <typename M>
std::string text_of(const std::optional<M>& manifest) {
  return manifest ? text_of(*manifest) : "nothing";
}
template <typename M>
std::string text_of(const std::vector<Part<M>>& parts) {
  std::string text;
  for (const Part<M>& part : parts) text += part.root + text_of(part.manifest);
  return text;
}

template <typename T>
Shown show(const T& value) {
  end_of_call();
  return text_of(value);
}
template <typename T>
Shown show(const Result<T>& result) {
  end_of_call();
  if (!result && result.error().code() == ErrorCode::kOutOfMemory) return std::nullopt;
  if (!result) return result.error().to_string();
  if constexpr (std::is_void_v<T>) {
    return "done";
  } else {
    return text_of(*result);
  }
}

// Several hundred entries, so that the arrays grow, not in canonical order, with names that need escapes, and a field
// that no reader knows.
std::string document() {
  std::string text = R"({"hashAlg":"xxh128","manifestVersion":"2023-03-03","note":{"a":["\u00e9"]},"paths":[)";
  for (int i = 0; i < 700; ++i) {
    if (i > 0) text += ',';
    text += R"({"hash":"0123456789abcdef0123456789abcdef","mtime":1700000000000000,"path":")";
    if (i % 3 == 0) text += R"(\u00e9/\ud83d\ude00/)";
    text += "seq_" + std::to_string((i * 311) % 700) + R"(/frame.exr","size":)" + std::to_string(i) + "}";
  }
  return text + R"(],"totalSize":244650})";
}

std::string broken_document() {
  std::string text = document();
  text.replace(text.rfind("\"size\":"), 7, "\"size\":-");
  return text;
}

// The manifest with every second entry left out and one more.
Manifest another(const Manifest& manifest) {
  ManifestBuilder builder;
  for (std::size_t i = 0; i < manifest.size(); i += 2) {
    const ManifestEntry entry = manifest[i];
    if (!builder.add(entry.path, entry.hash, entry.size, entry.mtime_us)) std::abort();
  }
  if (!builder.add("another", Digest(), 1, 1)) std::abort();
  return std::move(builder).build().value();
}

// The tree without half of its files.
Snapshot another(const Snapshot& tree) {
  return filter(tree, [](std::string_view path, const FileEntry*) { return path.size() % 2 == 0; }).value();
}

std::vector<std::string> paths_of(const TreeManifest& tree) {
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < tree.file_count(); ++i) paths.push_back(tree.path_of(tree.file(i)));
  return paths;
}

// A tree of 100 directories with 700 files, not in order, among them chunked ones, links and names that need escapes.
std::string tree_document() {
  std::string text = R"({"dirs":[{"path":"\u00e9"})";
  for (int i = 0; i < 100; ++i) text += R"(,{"path":"$0/seq_)" + std::to_string((i * 37) % 100) + R"("})";
  text += R"(],"files":[)";
  for (int i = 0; i < 700; ++i) {
    if (i > 0) text += ',';
    const std::string path = "\"path\":\"$" + std::to_string(i % 100 + 1) + "/frame_" + std::to_string(i) + "\"";
    const std::string hash = R"("0123456789abcdef0123456789abcdef")";
    if (i % 10 == 0) {
      text += "{" + path + R"(,"symlink":{"target":"$3/frame_2"}})";
    } else if (i % 10 == 1) {
      text += R"({"chunkhashes":[)" + hash + "," + hash + R"(],"mtime":1,)" + path + R"(,"size":300000000})";
    } else {
      text += R"({"hash":)" + hash + R"(,"mtime":1700000000000000,)" + path + R"(,"size":7})";
    }
  }
  return text +
         R"(],"hashAlg":"xxh128","specificationVersion":"relative-manifest-snapshot-beta-2025-12","totalSize":1})";
}

std::vector<AllocationCase> cases() {
  // Made once, while there is memory; the calls share them.
  static const std::string good = document();
  static const std::string bad = broken_document();
  static const std::string truncated = good.substr(0, good.size() / 2);
  static const Manifest manifest = decode_v2023(good).value();
  static const std::string tree_text = tree_document();
  static const Snapshot tree = std::get<Snapshot>(decode_v2025(tree_text).value());
  static const Manifest other_manifest = another(manifest);
  static const Snapshot other_tree = another(tree);
  static const SnapshotDiff difference = diff(tree, other_tree).value();
  static const AbsSnapshot absolute = to_absolute(tree, "/mnt/farm").value();
  static const std::array manifests{&manifest, &other_manifest};
  static const std::array trees{&other_tree, &tree};
  static const std::array diffs{&difference};

  static const std::vector<std::string> tree_paths = paths_of(tree);
  const auto short_path = [](std::string_view path, const FileEntry*) { return path.size() < 17; };
  const auto large = [](const ManifestEntry& entry) { return entry.size > 100; };

  return {
      {"decode_v2023", Promise::kReports, [] { return show(decode_v2023(good)); }},
      {"decode_v2023, refusing an entry", Promise::kReports, [] { return show(decode_v2023(bad)); }},
      {"decode_v2023, refusing the syntax", Promise::kReports, [] { return show(decode_v2023(truncated)); }},
      {"validate_v2023", Promise::kReports, [] { return show(validate_v2023(bad)); }},
      {"encode_v2023 to a sink", Promise::kReports,
       [] { return show(encode_v2023(manifest, [](std::string_view) { return Status(); })); }},
      {"encode_v2023 to a string", Promise::kReports, [] { return show(encode_v2023(manifest)); }},
      {"manifest_hash", Promise::kReports, [] { return show(manifest_hash(manifest)); }},
      {"ManifestBuilder", Promise::kReports,
       [] {
         ManifestBuilder builder;
         if (const Status status = builder.reserve(2, 16); !status) return show(status);
         for (const ManifestEntry& entry : manifest) {
           const Status status = builder.add(entry.path, entry.hash, entry.size, entry.mtime_us);
           if (!status) return show(status);
         }
         return show(std::move(builder).build());
       }},
      {"merge (v2023)", Promise::kReports, [] { return show(merge(manifests)); }},
      {"compare (v2023)", Promise::kReports, [] { return show(compare(manifest, other_manifest)); }},
      {"filter (v2023)", Promise::kReports, [large] { return show(filter(manifest, large)); }},

      {"decode_v2025", Promise::kReports, [] { return show(decode_v2025(tree_text)); }},
      {"decode_v2025, refusing", Promise::kReports, [] { return show(decode_v2025(good)); }},
      {"validate_v2025", Promise::kReports, [] { return show(validate_v2025(tree_text)); }},
      {"encode_v2025 to a sink", Promise::kReports,
       [] { return show(encode_v2025(tree, [](std::string_view) { return Status(); })); }},
      {"encode_v2025 to a string", Promise::kReports, [] { return show(encode_v2025(tree)); }},
      {"manifest_hash of a tree", Promise::kReports, [] { return show(manifest_hash(tree)); }},
      {"TreeBuilder", Promise::kReports,
       [] {
         TreeBuilder<Snapshot> builder;
         for (std::size_t i = 0; i < tree_paths.size(); ++i) {
           const Status status = builder.add_file(tree_paths[i], tree.file(i).data);
           if (!status) return show(status);
         }
         return show(std::move(builder).build());
       }},
      {"diff", Promise::kReports, [] { return show(diff(tree, other_tree)); }},
      {"apply_diffs", Promise::kReports, [] { return show(apply_diffs(tree, diffs)); }},
      {"compose", Promise::kReports, [] { return show(compose(trees)); }},
      {"filter", Promise::kReports, [short_path] { return show(filter(tree, short_path)); }},
      {"subtree", Promise::kReports, [] { return show(subtree(tree, "\u00e9", {LinkPolicy::kExclude})); }},
      {"partition", Promise::kReports, [] { return show(partition(absolute)); }},
      {"join", Promise::kReports, [] { return show(join(tree, "a/b")); }},

      {"Xxh128Stream", Promise::kThrows,
       [] {
         Xxh128Stream stream;
         stream.update({});
         return show(stream.digest());
       }},
  };
}

}  // namespace
}  // namespace attache

int main() {
  return attache::run_allocation_cases(attache::cases());
}
