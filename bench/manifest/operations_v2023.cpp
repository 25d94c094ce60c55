#include <attache/manifest/codec_v2023.hpp>
#include <attache/manifest/manifest.hpp>
#include <attache/manifest/operations_v2023.hpp>

#include "operations.hpp"

#include <array>
#include <optional>

namespace attache::bench {

namespace {

std::string proof_of(const Manifest& manifest) {
  Checksum sum;
  for (const ManifestEntry& entry : manifest) {
    sum.add(entry.path.size(), entry.hash.bytes().data(), entry.size, entry.mtime_us);
  }
  return sum.text();
}

// The documents are unmapped again: only what decoding leaves counts.
Manifest load(const std::string& path) {
  const MappedFile document(path);
  return take(decode_v2023(document.text()));
}

void decode(std::span<const std::string> files) {
  const MappedFile document(files[0]);
  Measurement measurement;
  measurement.begin();
  const Manifest manifest = take(decode_v2023(document.text()));
  measurement.end();
  measurement.report(proof_of(manifest));
}

void validate(std::span<const std::string> files) {
  const MappedFile document(files[0]);
  Measurement measurement;
  measurement.begin();
  const Violations violations = validate_v2023(document.text()).value();
  measurement.end();
  measurement.report("violations " + std::to_string(violations.errors));  // a shuffled document is warned of
}

void encode(std::span<const std::string> files) {
  const Manifest manifest = load(files[0]);
  Measurement measurement;
  measurement.begin();
  const std::string text = encode_v2023(manifest).value();
  measurement.end();
  measurement.report(proof_of_text(text));
}

// To nobody: what the encoding itself takes, without memory or a file for the text.
void encode_to_sink(std::span<const std::string> files) {
  const Manifest manifest = load(files[0]);
  std::size_t bytes = 0;
  Measurement measurement;
  measurement.begin();
  const Status status = encode_v2023(manifest, [&bytes](std::string_view piece) {
    bytes += piece.size();
    return Status();
  });
  measurement.end();
  if (!status) die(status.error().to_string());
  measurement.report("bytes " + std::to_string(bytes));
}

void encode_to_file(std::span<const std::string> files) {
  const Manifest manifest = load(files[0]);
  const OutputFile out(files[1]);
  Measurement measurement;
  measurement.begin();
  const Status status = encode_v2023(manifest, [&out](std::string_view piece) { return out.write(piece); });
  measurement.end();
  if (!status) die(status.error().to_string());
  measurement.report(proof_of_file(files[1]));
}

void diff_two(std::span<const std::string> files) {
  const Manifest reference = load(files[0]);
  const Manifest current = load(files[1]);
  Measurement measurement;
  measurement.begin();
  const std::vector<FileDifference> differences = compare(reference, current).value();
  measurement.end();
  std::array<std::size_t, 4> counts{};
  for (const FileDifference& difference : differences) ++counts[static_cast<std::size_t>(difference.status)];
  const auto count = [&counts](FileChange status) { return std::to_string(counts[static_cast<std::size_t>(status)]); };
  measurement.report("new " + count(FileChange::kNew) + " changed " + count(FileChange::kModified) + " deleted " +
                     count(FileChange::kDeleted));
}

void merge_two(std::span<const std::string> files) {
  const Manifest below = load(files[0]);
  const Manifest above = load(files[1]);
  const std::array<const Manifest*, 2> manifests{&below, &above};
  Measurement measurement;
  measurement.begin();
  const std::optional<Manifest> result = take(merge(manifests));
  measurement.end();
  measurement.report(proof_of(result.value()));
}

// Every second frame.
void filter_by_predicate(std::span<const std::string> files) {
  const Manifest manifest = load(files[0]);
  const auto even = [](const ManifestEntry& entry) {
    return entry.path.size() > 5 && (entry.path[entry.path.size() - 5] - '0') % 2 == 0;
  };
  Measurement measurement;
  measurement.begin();
  const Manifest result = take(filter(manifest, even));
  measurement.end();
  measurement.report(proof_of(result));
}

// Everything lies below the directory: no selection costs more.
void select_all_below(std::span<const std::string> files) {
  ManifestBuilder builder;
  {
    const Manifest manifest = load(files[0]);
    for (const ManifestEntry& entry : manifest) {
      const std::string path = "farm/project/" + std::string(entry.path);
      if (!builder.add(path, entry.hash, entry.size, entry.mtime_us)) die("cannot add " + path);
    }
  }
  const Manifest manifest = take(std::move(builder).build());
  Measurement measurement;
  measurement.begin();
  const Manifest result = take(select_below(manifest, "farm/project"));
  measurement.end();
  measurement.report(proof_of(result));
}

}  // namespace

std::vector<Operation> operations_v2023() {
  return {
      {"v2023.decode", "DOCUMENT", 1, decode},
      {"v2023.validate", "DOCUMENT", 1, validate},
      {"v2023.encode", "DOCUMENT", 1, encode},
      {"v2023.encode-to-sink", "DOCUMENT", 1, encode_to_sink},
      {"v2023.encode-to-file", "DOCUMENT OUTPUT", 2, encode_to_file},
      {"v2023.diff", "REFERENCE CURRENT", 2, diff_two},
      {"v2023.merge", "LOWER UPPER", 2, merge_two},
      {"v2023.filter-by-predicate", "DOCUMENT", 1, filter_by_predicate},
      {"v2023.subtree", "DOCUMENT", 1, select_all_below},
  };
}

}  // namespace attache::bench
