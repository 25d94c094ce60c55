// What the public functions do when memory runs out: each is called again and again, and its 1st, 2nd, 3rd, ...
// allocation fails, until a call has asked for less. A program of its own, without GoogleTest, because it replaces
// operator new for everything in it; and for that reason also the program of the core that links no thread library
// (tests/symbol_check.py looks at it).
//
// Of each failed call it says whether the failure came back as an error (kOutOfMemory) or left as an exception, and it
// checks what holds in either case: a call that seems to succeed has the right result, nothing leaks, nothing else but
// std::bad_alloc is thrown, and the same call succeeds afterwards. To add a function, add a line to cases().

#include <attache/hash/xxh3.hpp>
#include <attache/manifest/codec_v2023.hpp>
#include <attache/manifest/codec_v2025.hpp>
#include <attache/manifest/operations.hpp>
#include <attache/manifest/operations_v2023.hpp>
#include <attache/manifest/tree_builder.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <new>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace {

enum class Failing {
  kOne,    ///< one allocation fails, as when a single request is too large
  kAllOn,  ///< every allocation from one on, as when memory has run out: reporting that needs some, too
};

// What the replaced operator new goes by.
bool armed = false;
Failing failing = Failing::kOne;
std::size_t first_failure = 0;  // the number of the first allocation that fails
std::size_t asked = 0;          // allocations since arming
std::ptrdiff_t live = 0;        // blocks given and not returned

bool refuse() {
  if (!armed) return false;
  ++asked;
  return failing == Failing::kOne ? asked == first_failure : asked >= first_failure;
}

void* allocate(std::size_t size, std::size_t alignment) noexcept {
  if (refuse()) return nullptr;
  // aligned_alloc wants a multiple of the alignment
  void* block = std::aligned_alloc(alignment, (size + alignment) / alignment * alignment);
  if (block != nullptr) ++live;
  return block;
}

void* allocate_or_throw(std::size_t size, std::size_t alignment) {
  void* block = allocate(size, alignment);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

void release(void* block) noexcept {
  if (block != nullptr) --live;
  std::free(block);
}

}  // namespace

void* operator new(std::size_t size) {
  return allocate_or_throw(size, __STDCPP_DEFAULT_NEW_ALIGNMENT__);
}
void* operator new[](std::size_t size) {
  return allocate_or_throw(size, __STDCPP_DEFAULT_NEW_ALIGNMENT__);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate_or_throw(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return allocate_or_throw(size, static_cast<std::size_t>(alignment));
}
// std::stable_sort uses this one. By default it calls the first, but not where a sanitizer has put its own.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size, __STDCPP_DEFAULT_NEW_ALIGNMENT__);
}
void operator delete(void* block) noexcept {
  release(block);
}
void operator delete[](void* block) noexcept {
  release(block);
}
void operator delete(void* block, const std::nothrow_t&) noexcept {
  release(block);
}
void operator delete(void* block, std::size_t) noexcept {
  release(block);
}
void operator delete[](void* block, std::size_t) noexcept {
  release(block);
}
void operator delete(void* block, std::align_val_t) noexcept {
  release(block);
}
void operator delete[](void* block, std::align_val_t) noexcept {
  release(block);
}
void operator delete(void* block, std::size_t, std::align_val_t) noexcept {
  release(block);
}
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept {
  release(block);
}

namespace attache {
namespace {

// What a function promises of std::bad_alloc. A promise that is too modest fails the test as well: when a function
// learns to report the failure, its line says so.
enum class Promise {
  kReports,  ///< it comes back as an error
  kThrows,   ///< it leaves as std::bad_alloc
};

/// A result as text, to compare it with that of a call that lacked nothing; nothing if it is the error kOutOfMemory.
using Shown = std::optional<std::string>;

struct Case {
  const char* name;
  Promise promise;
  std::function<Shown()> call;
};

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
  armed = false;
  return text_of(value);
}
template <typename T>
Shown show(const Result<T>& result) {
  armed = false;
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

std::vector<Case> cases() {
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

struct Tally {
  std::size_t allocations = 0;  // of a call that succeeds
  std::size_t reported = 0;
  std::size_t thrown = 0;
  std::string fault;  // the first thing that must never happen
};

enum class Outcome { kRight, kWrong, kReported, kBadAlloc, kOther };

Outcome outcome_of(const Case& tested, const std::string& right) {
  try {
    const Shown shown = tested.call();
    if (!shown) return Outcome::kReported;
    return *shown == right ? Outcome::kRight : Outcome::kWrong;
  } catch (const std::bad_alloc&) {
    return Outcome::kBadAlloc;
  } catch (...) {
    return Outcome::kOther;
  }
}

// One call in which allocation `first` fails; false when the call asked for fewer, or at the first fault.
bool try_one(const Case& tested, const std::string& right, std::size_t first, Tally& tally) {
  const std::ptrdiff_t before = live;
  first_failure = first;
  asked = 0;
  armed = true;
  const Outcome outcome = outcome_of(tested, right);
  armed = false;
  const std::ptrdiff_t leaked = live - before;
  const bool failed = asked >= first;

  const char* fault = nullptr;
  if (outcome == Outcome::kOther) fault = "throws another exception than std::bad_alloc";
  if (outcome == Outcome::kWrong) fault = "seems to succeed, and gives a wrong result";
  if (leaked != 0) fault = "leaks";
  if (!failed && outcome != Outcome::kRight) fault = "fails without a failing allocation";
  if (fault == nullptr && failed && outcome_of(tested, right) != Outcome::kRight) fault = "does not succeed afterwards";
  if (fault != nullptr) {
    tally.fault = "allocation " + std::to_string(first) + ": " + fault;
    return false;
  }
  if (outcome == Outcome::kBadAlloc) ++tally.thrown;
  if (outcome == Outcome::kReported) ++tally.reported;
  if (!failed) tally.allocations = asked;
  return failed;
}

Tally try_every_failure(const Case& tested) {
  Tally tally;
  const Shown right = tested.call();
  if (!right) {
    tally.fault = "does not succeed with all memory";
    return tally;
  }
  for (const Failing how : {Failing::kOne, Failing::kAllOn}) {
    failing = how;
    std::size_t first = 1;
    while (try_one(tested, *right, first, tally)) ++first;
    if (!tally.fault.empty()) return tally;
  }
  if (tally.allocations == 0) {
    tally.fault = "allocates nothing: its line is of no use";
  } else if (tally.thrown > 0 && tested.promise == Promise::kReports) {
    tally.fault = "throws, and promises to report";
  } else if (tally.thrown == 0 && tested.promise == Promise::kThrows) {
    tally.fault = "throws no longer: its line must say so";
  }
  return tally;
}

int run() {
  int broken = 0;
  for (const Case& tested : cases()) {
    const Tally tally = try_every_failure(tested);
    std::printf("%-34s %4zu allocations; when they fail: %4zu reported, %4zu thrown%s%s\n", tested.name,
                tally.allocations, tally.reported, tally.thrown,
                tally.fault.empty() ? "" : "; FAILED: ", tally.fault.c_str());
    if (!tally.fault.empty()) ++broken;
  }
  return broken == 0 ? 0 : 1;
}

}  // namespace
}  // namespace attache

int main() {
  return attache::run();
}
