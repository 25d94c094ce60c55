#include <attache/base/text.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/manifest/codec_v2023.hpp>

#include "kinds.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

namespace attache::vectors {

namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw MalformedCase("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

std::string whole_or_error(const Result<Manifest>& manifest) {
  return manifest ? encode_v2023(*manifest).value() : "an error: " + manifest.error().to_string();
}

// --- manifest_encode -------------------------------------------------------------------------------------------------

// Why a model of these numbers cannot be made at all.
std::set<Deviation> deviations_of_size(const Json& size) {
  if (uint64_of(size)) return {};
  return {integer_text_of(size).starts_with('-') ? Deviation::kNegativeSize : Deviation::kIntegerRange};
}

Outcome check_manifest_encode(const VectorCase& vector) {
  const Json& entries = vector.input.at("entries");
  std::set<Deviation> deviations = deviations_of_size(vector.input.at("totalSize"));
  ManifestBuilder builder;
  for (const Json& entry : entries) {
    deviations.merge(deviations_of_size(entry.at(2)));
    const std::optional<std::int64_t> mtime_us = int64_of(entry.at(3));
    if (!mtime_us) deviations.insert(Deviation::kIntegerRange);
    const Status added = builder.add(text_of(entry.at(0)), digest_of(text_of(entry.at(1))),
                                     uint64_of(entry.at(2)).value_or(0), mtime_us.value_or(0));
    if (!added) return failure("an entry", added.error().to_string());
  }
  if (!deviations.empty()) return deviation({deviations.begin(), deviations.end()});

  const Manifest manifest = std::move(builder).build_with_total(*uint64_of(vector.input.at("totalSize")));
  const std::string recorded = text_of(vector.expected.at("text"));
  const std::string expected = replace_placeholder_hashes(recorded);
  const std::string text = encode_v2023(manifest).value();
  if (text != expected) return failure(expected, text);

  const std::string hash =
      expected == recorded ? vector.expected.at("hash").get<std::string>() : xxh128(expected).to_hex();
  if (manifest_hash(manifest).value().to_hex() != hash) return failure(hash, manifest_hash(manifest).value().to_hex());

  // The order by itself: an index of the input as the size of each entry shows it, duplicates of a path included.
  ManifestBuilder indexed;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!indexed.add(text_of(entries[i].at(0)), Digest(), i, 0)) return failure("an entry", "an error");
  }
  const std::string sorted = encode_v2023(std::move(indexed).build_with_total(0)).value();
  if (entries.empty()) return compare(vector.expected.at("order"), Json::array());
  const Result<Manifest> reread = decode_v2023(sorted);
  if (!reread) return failure("a readable manifest", reread.error().to_string());
  Json order = Json::array();
  for (const ManifestEntry& entry : *reread) order.push_back(entry.size);
  return compare(vector.expected.at("order"), order);
}

// --- manifest_decode -------------------------------------------------------------------------------------------------

// Reads the incumbent's canonical text by position: what it kept that Attache refuses is seen without our own decoder.
class CanonicalText {
 public:
  explicit CanonicalText(std::string_view text) : rest_(text) {}

  std::set<Deviation> deviations() {
    std::set<Deviation> found;
    expect(R"({"hashAlg":"xxh128","manifestVersion":"2023-03-03","paths":[)");
    do {
      expect(R"({"hash":)");
      if (!Digest::parse(string())) found.insert(Deviation::kHashForm);
      expect(R"(,"mtime":)");
      found.merge(of_integer(false));
      expect(R"(,"path":)");
      string();
      expect(R"(,"size":)");
      found.merge(of_integer(true));
      expect("}");
    } while (skip(","));
    expect(R"(],"totalSize":)");
    found.merge(of_integer(true));
    expect("}");
    return found;
  }

 private:
  bool skip(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  void expect(std::string_view text) {
    if (!skip(text)) throw MalformedCase("the recorded text is not canonical at: " + std::string(rest_.substr(0, 40)));
  }
  std::string_view string() {
    expect("\"");
    std::size_t end = 0;
    while (end < rest_.size() && rest_[end] != '"') end += rest_[end] == '\\' ? 2 : 1;
    const std::string_view content = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end, rest_.size()));
    expect("\"");
    return content;
  }
  std::set<Deviation> of_integer(bool is_size) {
    if (skip("true") || skip("false")) return {Deviation::kBooleanInteger};
    const std::size_t length = std::min(rest_.find_first_not_of("-0123456789"), rest_.size());
    const Json value{{"int", std::string(rest_.substr(0, length))}};
    rest_.remove_prefix(length);
    if (is_size) return deviations_of_size(value);
    return int64_of(value) ? std::set<Deviation>() : std::set<Deviation>{Deviation::kIntegerRange};
  }

  std::string_view rest_;
};

// Levels of arrays and objects in a JSON text that the incumbent accepts.
std::size_t nesting_of(std::string_view text) {
  std::size_t open = 0;
  std::size_t deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      deepest = std::max(deepest, ++open);
    } else if (c == ']' || c == '}') {
      --open;
    }
  }
  return deepest;
}

std::set<Deviation> deviation_of(DecodeRule rule) {
  switch (rule) {
    case DecodeRule::kIntegerRange:
      return {Deviation::kIntegerRange};
    case DecodeRule::kNegativeSize:
      return {Deviation::kNegativeSize};
    case DecodeRule::kBoolean:
      return {Deviation::kBooleanInteger};
    case DecodeRule::kHashForm:
      return {Deviation::kHashForm};
    case DecodeRule::kNesting:
      return {Deviation::kNesting};
    case DecodeRule::kText:
      return {Deviation::kNotUtf8};
    default:
      return {};  // a rule of the incumbent too, or of the other format
  }
}

Outcome compare_decoded(const Result<Manifest>& manifest, const Json& ok, const std::string& expected) {
  const std::string recorded = text_of(ok.at("reencoded"));
  if (!manifest || encode_v2023(*manifest).value() != expected) return failure(expected, whole_or_error(manifest));
  const std::string hash = expected == recorded ? ok.at("hash").get<std::string>() : xxh128(expected).to_hex();
  if (manifest_hash(*manifest).value().to_hex() != hash)
    return failure(hash, manifest_hash(*manifest).value().to_hex());
  if (manifest->size() != uint64_of(ok.at("count"))) return compare(ok.at("count"), Json(manifest->size()));
  return compare(integer_text_of(ok.at("totalSize")), std::to_string(manifest->total_size()));
}

Outcome check_manifest_decode(const VectorCase& vector) {
  const std::string text = text_of(vector.input.at("text"));
  DecodeRule rule{};
  const Result<Manifest> manifest = decode_v2023(text, &rule);
  if (expects_error(vector.expected)) return manifest ? failure("an error", encode_v2023(*manifest).value()) : pass();

  const Json& ok = vector.expected.at("ok");
  const std::string recorded = text_of(ok.at("reencoded"));
  std::set<Deviation> deviations = CanonicalText(recorded).deviations();
  if (nesting_of(text) > kMaxNesting) deviations.insert(Deviation::kNesting);
  if (!is_utf8(text)) deviations.insert(Deviation::kNotUtf8);
  if (deviations.empty()) return compare_decoded(manifest, ok, recorded);
  if (manifest)
    return failure("refused, because " + std::string(reason(*deviations.begin())), whole_or_error(manifest));
  const std::set<Deviation> refused_for = deviation_of(rule);
  if (!std::includes(deviations.begin(), deviations.end(), refused_for.begin(), refused_for.end()) ||
      refused_for.empty()) {
    return failure("refused, because " + std::string(reason(*deviations.begin())), whole_or_error(manifest));
  }
  // A short hash text may be no more than a placeholder: with the digest it stands for, the document must be read.
  if (deviations == std::set<Deviation>{Deviation::kHashForm}) {
    Outcome replaced =
        compare_decoded(decode_v2023(replace_placeholder_hashes(text)), ok, replace_placeholder_hashes(recorded));
    if (replaced.verdict == Verdict::kFailure) return replaced;
  }
  return deviation({deviations.begin(), deviations.end()});
}

// --- manifest_file ---------------------------------------------------------------------------------------------------

// {"entries": "<file>", "manifest": "<file>", "totalSize", "bytes", "hash"}: entries in any order, and their manifest.
Outcome check_manifest_file(const VectorCase& vector) {
  const std::filesystem::path folder = std::filesystem::path(vector.file).parent_path();
  const Json entries = Json::parse(read_file(folder / vector.input.at("entries").get<std::string>()));
  const std::string recorded = read_file(folder / vector.input.at("manifest").get<std::string>());
  const std::string expected = replace_placeholder_hashes(recorded);
  if (recorded.size() != uint64_of(vector.input.at("bytes"))) return failure("a manifest of the stated size", recorded);
  ManifestBuilder builder;
  for (const Json& entry : entries) {
    const Status added = builder.add(text_of(entry.at(0)), digest_of(text_of(entry.at(1))),
                                     entry.at(2).get<std::uint64_t>(), entry.at(3).get<std::int64_t>());
    if (!added) return failure("an entry", added.error().to_string());
  }
  const Result<Manifest> built = std::move(builder).build();
  if (!built || encode_v2023(*built).value() != expected) return failure(expected, whole_or_error(built));
  if (built->total_size() != uint64_of(vector.input.at("totalSize"))) {
    return compare(integer_text_of(vector.input.at("totalSize")), std::to_string(built->total_size()));
  }
  const std::string hash =
      expected == recorded ? vector.input.at("hash").get<std::string>() : xxh128(expected).to_hex();
  if (manifest_hash(*built).value().to_hex() != hash) return failure(hash, manifest_hash(*built).value().to_hex());
  const Result<Manifest> read = decode_v2023(expected);
  return compare(expected, whole_or_error(read));
}

constexpr Kind kKinds[] = {{"manifest_encode", check_manifest_encode},
                           {"manifest_decode", check_manifest_decode},
                           {"manifest_file", check_manifest_file}};

}  // namespace

std::span<const Kind> manifest_kinds() {
  return kKinds;
}

}  // namespace attache::vectors
