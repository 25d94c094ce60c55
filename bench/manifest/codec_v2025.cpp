#include <attache/manifest/codec_v2025.hpp>

#include "operations.hpp"
#include "snapshots.hpp"

#include <utility>
#include <variant>

namespace attache::bench {

std::string proof_of(const TreeManifest& manifest) {
  std::vector<std::size_t> lengths;  // of the full path of each directory and the slash behind it
  std::string path;
  for (std::size_t i = 0; i < manifest.directory_count(); ++i) {
    path.clear();
    manifest.append_path(path, static_cast<DirectoryId>(i));
    lengths.push_back(path.empty() || path.ends_with('/') ? path.size() : path.size() + 1);
  }
  Checksum sum;
  for (std::size_t i = 0; i < manifest.file_count(); ++i) {
    const FileEntry file = manifest.file(i);
    sum.add(lengths[static_cast<std::size_t>(file.directory)] + file.name.size(), file.data.hash.bytes().data(),
            file.data.size, file.data.mtime_us);
  }
  return sum.text();
}

Snapshot load_snapshot(const std::string& path) {
  const MappedFile document(path);
  AnyTreeManifest manifest = take(decode_v2025(document.text()));
  if (!std::holds_alternative<Snapshot>(manifest)) die("not a relative snapshot: " + path);
  return std::get<Snapshot>(std::move(manifest));
}

namespace {

void decode(std::span<const std::string> files) {
  const MappedFile document(files[0]);
  Measurement measurement;
  measurement.begin();
  const AnyTreeManifest manifest = take(decode_v2025(document.text()));
  measurement.end();
  measurement.report(proof_of(std::get<Snapshot>(manifest)));
}

void validate(std::span<const std::string> files) {
  const MappedFile document(files[0]);
  Measurement measurement;
  measurement.begin();
  const Violations violations = validate_v2025(document.text()).value();
  measurement.end();
  measurement.report("violations " + std::to_string(violations.errors));  // a shuffled document is warned of
}

void encode(std::span<const std::string> files) {
  const Snapshot manifest = load_snapshot(files[0]);
  Measurement measurement;
  measurement.begin();
  const std::string text = encode_v2025(manifest).value();
  measurement.end();
  measurement.report(proof_of_text(text));
}

void encode_to_sink(std::span<const std::string> files) {
  const Snapshot manifest = load_snapshot(files[0]);
  std::size_t bytes = 0;
  Measurement measurement;
  measurement.begin();
  const Status status = encode_v2025(manifest, [&bytes](std::string_view piece) {
    bytes += piece.size();
    return Status();
  });
  measurement.end();
  if (!status) die(status.error().to_string());
  measurement.report("bytes " + std::to_string(bytes));
}

void encode_to_file(std::span<const std::string> files) {
  const Snapshot manifest = load_snapshot(files[0]);
  const OutputFile out(files[1]);
  Measurement measurement;
  measurement.begin();
  const Status status = encode_v2025(manifest, [&out](std::string_view piece) { return out.write(piece); });
  measurement.end();
  if (!status) die(status.error().to_string());
  measurement.report(proof_of_file(files[1]));
}

}  // namespace

std::vector<Operation> codec_operations_v2025() {
  return {
      {"v2025.decode", "DOCUMENT", 1, decode},
      {"v2025.validate", "DOCUMENT", 1, validate},
      {"v2025.encode", "DOCUMENT", 1, encode},
      {"v2025.encode-to-sink", "DOCUMENT", 1, encode_to_sink},
      {"v2025.encode-to-file", "DOCUMENT OUTPUT", 2, encode_to_file},
  };
}

}  // namespace attache::bench
