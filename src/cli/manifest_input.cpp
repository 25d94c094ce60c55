#include "manifest_input.hpp"

#include <attache/base/byte_size.hpp>
#include <attache/base/text.hpp>
#include <attache/exec/detached.hpp>
#include <attache/fsio/file.hpp>
#include <attache/fsio/system_error.hpp>
#include <attache/manifest/convert.hpp>

#include "byte_count.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <utility>

namespace attache {

namespace {

constexpr const char* kStandardInput = "-";

Result<std::string> read_standard_input(const CliEnvironment& environment, std::uint64_t max_bytes) {
  if (!environment.read_input) {
    return fail(ErrorCode::kIo, "there is no standard input to read a manifest from", "name a file");
  }
  // Grows like a file of unknown size; one byte more than allowed shows that there are too many.
  std::string content;
  std::size_t filled = 0;
  for (;;) {
    if (filled == content.size()) {
      const std::uint64_t wanted = std::max<std::uint64_t>(64 * kKiB, std::uint64_t{filled} * 2);
      content.resize(static_cast<std::size_t>(std::min(wanted, max_bytes)) + 1);
    }
    ATTACHE_ASSIGN(const std::size_t count,
                   environment.read_input(std::as_writable_bytes(std::span(content)).subspan(filled)));
    filled += count;
    if (filled > max_bytes) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("standard input is longer than the limit of {} bytes", max_bytes),
                  "check that it is a manifest");
    }
    if (count == 0) break;
  }
  // Ctrl-C in a shell also ends the program that writes into the pipe: half a document is no malformed one.
  if (environment.stop.stop_requested()) return cancelled();
  content.resize(filled);
  return content;
}

}  // namespace

std::string input_name(const std::string& file) {
  return file == kStandardInput ? "standard input" : quoted_path(file);
}

std::string input_label(const std::string& file) {
  return file == kStandardInput ? "<stdin>" : printable(from_posix_bytes(file));
}

Status check_inputs(const std::vector<std::string>& files) {
  if (std::count(files.begin(), files.end(), kStandardInput) <= 1) return {};
  return fail(ErrorCode::kInvalidArgument, "'-' is named more than once, but standard input can be read only once",
              "name a file for all but one of them");
}

Result<std::string> read_document(const std::string& file, const CliEnvironment& environment, std::uint64_t max_bytes) {
  if (environment.stop.stop_requested()) return cancelled();
  if (file == kStandardInput) return read_standard_input(environment, max_bytes);
  return read_file(file, max_bytes);
}

Result<std::int64_t> modification_time(const std::string& file) {
  if (file == kStandardInput) {
    return fail(ErrorCode::kInvalidArgument, "standard input has no modification time", "name a file");
  }
  ATTACHE_ASSIGN(const File opened, File::open_for_reading(file));
  return opened.opened_status().mtime_ns;
}

Result<std::uint64_t> parse_chunk_size(std::string_view text) {
  if (text.empty()) return kDefaultChunkSize;
  if (text == "none") return kWholeFile;
  if (const std::optional<std::uint64_t> bytes = parse_byte_count(text)) return *bytes;
  return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is not a chunk size", printable(text)),
              "give a number of bytes, one with a unit such as 256MiB (KiB, MiB, GiB), or 'none'");
}

Result<AnyManifest> decode_document(std::string_view document, const std::string& file, std::string_view chunk_size) {
  DecodeOptions options;
  ATTACHE_ASSIGN(options.chunk_size, parse_chunk_size(chunk_size));
  auto manifest = decode_manifest(document, options);
  if (manifest) return manifest;
  const Error error = manifest.error().within(input_name(file) + " is not a usable manifest");
  if (error.code() != ErrorCode::kInvalidManifest) return fail(error);
  return fail(error.code(), error.message(), error.remedy() + "; 'attache manifest validate' lists every fault");
}

namespace {

/// The decoders look at no token: whoever presses Ctrl-C does not wait for the million entries of a long document.
constexpr std::size_t kLongDocument = 16 * kMiB;

}  // namespace

Result<AnyManifest> read_manifest(const std::string& file, const CliEnvironment& environment,
                                  std::string_view chunk_size) {
  ATTACHE_ASSIGN(std::string document, read_document(file, environment));
  if (document.size() < kLongDocument) return decode_document(document, file, chunk_size);
  std::optional<Result<AnyManifest>> manifest = run_unless_stopped<Result<AnyManifest>>(
      [text = std::move(document), file, size = std::string(chunk_size)] { return decode_document(text, file, size); },
      environment.stop);
  if (!manifest) return cancelled();
  return *std::move(manifest);
}

Result<TreeInput> to_tree_input(AnyManifest&& manifest, const std::string& file) {
  return std::visit(
      [&](auto&& each) -> Result<TreeInput> {
        if constexpr (std::is_same_v<std::decay_t<decltype(each)>, Manifest>) {
          auto tree = to_v2025(each);
          if (!tree) return fail(tree.error().within(input_name(file)));
          ATTACHE_ASSIGN(const Digest hash, manifest_hash(each));
          return TreeInput{file, *std::move(tree), hash};
        } else {
          return TreeInput{file, std::forward<decltype(each)>(each), std::nullopt};
        }
      },
      std::move(manifest));
}

Result<TreeInput> read_tree(const std::string& file, const CliEnvironment& environment, std::string_view chunk_size) {
  ATTACHE_ASSIGN(AnyManifest manifest, read_manifest(file, environment, chunk_size));
  return to_tree_input(std::move(manifest), file);
}

Result<std::vector<TreeInput>> read_trees(const std::vector<std::string>& files, const CliEnvironment& environment,
                                          std::string_view chunk_size) {
  ATTACHE_TRY(check_inputs(files));
  std::vector<TreeInput> inputs;
  inputs.reserve(files.size());
  for (const std::string& file : files) {
    ATTACHE_ASSIGN(TreeInput input, read_tree(file, environment, chunk_size));
    inputs.push_back(std::move(input));
  }
  return inputs;
}

const TreeManifest& tree_in(const AnyTreeManifest& manifest) {
  return std::visit([](const TreeManifest& tree) -> const TreeManifest& { return tree; }, manifest);
}

std::string_view type_with_article(const TreeManifest& manifest) {
  const bool snapshot = manifest.kind() == ManifestKind::kSnapshot;
  if (manifest.style() == PathStyle::kRelative) return snapshot ? "a relative snapshot" : "a relative diff";
  return snapshot ? "an absolute snapshot" : "an absolute diff";
}

Error differing_type(const TreeInput& input, const TreeInput& expected) {
  const TreeManifest& one = tree_in(input.manifest);
  const TreeManifest& other = tree_in(expected.manifest);
  return Error(ErrorCode::kInvalidArgument,
               fmt::format("{} is {}, but {} is {}", input_name(input.file), type_with_article(one),
                           input_name(expected.file), type_with_article(other)),
               one.style() != other.style()
                   ? "bring them to one path style: 'attache manifest join' makes paths absolute, 'subtree' relative"
                   : "give manifests of one type");
}

}  // namespace attache
