#include "notation.hpp"

#include <attache/manifest/canonical_runs.hpp>
#include <attache/manifest/tree_builder.hpp>

#include <gtest/gtest.h>

#include <array>
#include <charconv>

namespace attache::testing {

namespace {

Digest hash_of_size(std::uint64_t size) {
  std::array<std::uint8_t, Digest::kBytes> bytes{};
  bytes.back() = static_cast<std::uint8_t>(size);
  return Digest(bytes);
}

// The number after `sign`, which is taken off the word with it.
std::int64_t take_number(std::string_view& word, char sign, std::int64_t otherwise) {
  const std::size_t at = word.rfind(sign);
  if (at == std::string_view::npos) return otherwise;
  std::int64_t number = 0;
  std::from_chars(word.data() + at + 1, word.data() + word.size(), number);
  word = word.substr(0, at);
  return number;
}

bool take(std::string_view& word, char sign) {
  if (!word.ends_with(sign)) return false;
  word.remove_suffix(1);
  return true;
}

Status add(TreeBuilderBase& builder, std::string_view word) {
  const bool deleted = word.starts_with('-');
  if (deleted) word.remove_prefix(1);
  if (take(word, '/')) return deleted ? builder.add_deleted_directory(word) : builder.add_directory(word);
  if (deleted) return builder.add_file(word, FileData::deleted());
  const std::size_t arrow = word.find("->");
  if (arrow != std::string_view::npos) {
    return builder.add_file(word.substr(0, arrow), FileData::link(word.substr(arrow + 2)));
  }
  const bool runnable = take(word, '!');
  const bool unhashed = take(word, '?');
  const std::int64_t time = take_number(word, '@', 0);
  const auto size = static_cast<std::uint64_t>(take_number(word, '=', 1));
  return builder.add_file(word, unhashed ? FileData::unhashed(size, time, runnable)
                                         : FileData::hashed(hash_of_size(size), size, time, runnable));
}

std::string word_of(const TreeManifest& manifest, const FileEntry& entry) {
  const std::string path = manifest.path_of(entry);
  if (entry.data.content == FileContent::kDeleted) return "-" + path;
  if (entry.data.content == FileContent::kLink) return path + "->" + std::string(entry.data.link_target);
  std::string word = path;
  if (entry.data.size != 1) word += "=" + std::to_string(entry.data.size);
  if (entry.data.mtime_us != 0) word += "@" + std::to_string(entry.data.mtime_us);
  if (entry.data.content == FileContent::kUnhashed) word += "?";
  return entry.data.runnable ? word + "!" : word;
}

}  // namespace

template <typename M>
M manifest_of(std::initializer_list<std::string_view> words) {
  TreeBuilder<M> builder;
  for (const std::string_view word : words) {
    const Status added = add(builder, word);
    EXPECT_TRUE(added) << word << ": " << added.error().to_string();
  }
  Result<M> made = [&] {
    if constexpr (M::kKind == ManifestKind::kDiff) {
      return std::move(builder).build(Digest());
    } else {
      return std::move(builder).build();
    }
  }();
  EXPECT_TRUE(made) << made.error().to_string();
  return *std::move(made);
}

template Snapshot manifest_of(std::initializer_list<std::string_view>);
template SnapshotDiff manifest_of(std::initializer_list<std::string_view>);
template AbsSnapshot manifest_of(std::initializer_list<std::string_view>);
template AbsSnapshotDiff manifest_of(std::initializer_list<std::string_view>);

std::vector<std::string> words_of(const TreeManifest& manifest) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < manifest.directory_count(); ++i) {
    const auto id = static_cast<DirectoryId>(i);
    if (!manifest.is_listed(id)) continue;
    words.push_back((manifest.directory(id).deleted ? "-" : "") + manifest.path_of(id) + "/");
  }
  CanonicalRuns runs(manifest);
  while (const auto run = runs.next()) {
    for (std::size_t i = run->first; i < run->last; ++i) words.push_back(word_of(manifest, manifest.file(i)));
  }
  return words;
}

}  // namespace attache::testing
