#pragma once

#include <attache/base/result.hpp>
#include <attache/cli/run.hpp>
#include <attache/hash/digest.hpp>
#include <attache/manifest/any_manifest.hpp>

#include "documents.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

// How the manifest commands read what the command line names: files, or standard input as `-`.

/// For messages: "'a/b.manifest'" or "standard input".
std::string input_name(const std::string& file);
/// For the beginning of a line and for headings: "a/b.manifest" or "<stdin>".
std::string input_label(const std::string& file);

/// kInvalidArgument if standard input is named more than once: it can be read only once.
Status check_inputs(const std::vector<std::string>& files);

/// The bytes of a file or of standard input. kInvalidArgument with the limit in the message if they are more.
Result<std::string> read_document(const std::string& file, const CliEnvironment& environment,
                                  std::uint64_t max_bytes = kMaxManifestBytes);

/// When a file was modified, in nanoseconds since the epoch; kInvalidArgument for standard input.
Result<std::int64_t> modification_time(const std::string& file);

/// A chunk size as the command line says it: bytes, or a number with KiB, MiB or GiB, or "none"; empty: the default.
Result<std::uint64_t> parse_chunk_size(std::string_view text);

/// A manifest of either format; an error names the file and, for a malformed document, the command that lists all its
/// faults.
Result<AnyManifest> decode_document(std::string_view document, const std::string& file, std::string_view chunk_size);
Result<AnyManifest> read_manifest(const std::string& file, const CliEnvironment& environment,
                                  std::string_view chunk_size);

/// A manifest as operations take it. They know format v2025-12 only; one of v2023-03-03 is converted, which loses
/// nothing.
struct TreeInput {
  std::string file;
  AnyTreeManifest manifest;
  /// The hash of the v2023-03-03 manifest that was read, which diffs of it name as their parent; nothing if it was
  /// none.
  std::optional<Digest> v2023_hash;
};
Result<TreeInput> to_tree_input(AnyManifest&& manifest, const std::string& file);
Result<TreeInput> read_tree(const std::string& file, const CliEnvironment& environment, std::string_view chunk_size);
Result<std::vector<TreeInput>> read_trees(const std::vector<std::string>& files, const CliEnvironment& environment,
                                          std::string_view chunk_size);

/// The manifests from `begin` on as one type, or kInvalidArgument naming the file that is of another.
template <typename M>
Result<std::vector<const M*>> all_of_type(const std::vector<TreeInput>& inputs, std::size_t begin = 0);

/// What all four types share.
const TreeManifest& tree_in(const AnyTreeManifest& manifest);
/// "a relative snapshot", "an absolute diff", ...
std::string_view type_with_article(const TreeManifest& manifest);

// Implementation

Error differing_type(const TreeInput& input, const TreeInput& expected);

template <typename M>
Result<std::vector<const M*>> all_of_type(const std::vector<TreeInput>& inputs, std::size_t begin) {
  std::vector<const M*> manifests;
  for (std::size_t i = begin; i < inputs.size(); ++i) {
    const M* manifest = std::get_if<M>(&inputs[i].manifest);
    if (manifest == nullptr) return fail(differing_type(inputs[i], inputs[begin]));
    manifests.push_back(manifest);
  }
  return manifests;
}

}  // namespace attache
