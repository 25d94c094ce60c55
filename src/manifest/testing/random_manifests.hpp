#pragma once

#include "reference_model.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace attache::testing {

/// Where random manifests take their decisions from: bytes, so that a fuzzer can make them and rapidcheck can shrink
/// them. When they are used up every answer is 0, which is the simplest choice everywhere.
class Choices {
 public:
  explicit Choices(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  bool used_up() const { return bytes_.empty(); }
  /// From 0 to `count` - 1; `count` is at most 65,536.
  std::size_t below(std::size_t count);
  /// True once in `times`, and never when the bytes are used up.
  bool rarely(std::size_t times) { return below(times) == times - 1 && times > 1; }
  template <typename T>
  const T& of(const std::vector<T>& values) {
    return values[below(values.size())];
  }

 private:
  std::span<const std::uint8_t> bytes_;
};

struct TreeOptions {
  PathStyle style = PathStyle::kRelative;
  std::size_t max_entries = 16;
  bool links = true;
  /// Hashed files alone: for what can become a manifest of format 2023-03-03.
  bool only_hashed = false;
  /// Absolute paths of several file systems.
  bool many_file_systems = true;
};

/// A valid snapshot: few names that collide and sort badly, files and directories and links of every kind.
Model random_tree(Choices& choices, const TreeOptions& options = {});
/// A copy with some changes: entries that are new, gone, other, or of another kind.
Model changed_tree(Choices& choices, const Model& tree, const TreeOptions& options);
/// A diff that says anything a diff can say, whatever it is applied to: directories that are deleted without what is in
/// them, deletions of what never was.
Model random_diff(Choices& choices, const TreeOptions& options);

/// A directory that may or may not be in the manifest, in the form that path_of() gives. Sometimes what paths begin
/// with.
std::string random_directory(Choices& choices, const Model& model);
/// A relative directory of one to three components.
std::string random_prefix(Choices& choices);
/// An absolute directory, sometimes what paths begin with: "/", "C:/", "//server/share/".
std::string random_root(Choices& choices);

/// A document that says the same as the canonical one: lists and keys in any order, references or whole paths,
/// directories that go without saying left out, white space, unknown keys, raw UTF-8, superfluous fields.
std::string loose_document(Choices& choices, const Model& model);

}  // namespace attache::testing
