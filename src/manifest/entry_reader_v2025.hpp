#pragma once

#include <attache/base/json_reader.hpp>
#include <attache/manifest/codec_v2025.hpp>

#include "decode_support.hpp"
#include "findings.hpp"
#include "tree_assembler.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attache::detail {

/// Reads `dirs` and `files` of a document of format 2025-12 into an assembler. `dirs` must be read first.
class EntryReader {
 public:
  EntryReader(std::string_view document, const DecodeOptions& options, PathStyle style, ManifestKind kind,
              Findings& findings);

  /// With the reader before the array. False if the text is broken; faults of entries go to the findings.
  bool read_directories(JsonReader& reader);
  bool read_files(JsonReader& reader);

  TreeAssembler& assembler() { return assembler_; }

 private:
  /// The members of an entry, as they stand in the text.
  struct Members {
    JsonValue path, hash, size, mtime, runnable, deleted;
    JsonValue::Kind chunks = JsonValue::Kind::kMissing;
    JsonValue::Kind link = JsonValue::Kind::kMissing;
    JsonValue target;
  };

  bool read_entry(JsonReader& reader, bool is_directory, std::size_t index);
  bool read_members(JsonReader& reader, bool is_directory);
  bool read_file_member(JsonReader& reader, std::string_view key);
  bool read_chunks(JsonReader& reader);
  bool read_link(JsonReader& reader);
  std::optional<Refusal> add_directory();
  std::optional<Refusal> add_file();
  std::optional<Refusal> check_deleted_file() const;
  std::optional<Refusal> fill_content(FileData& data);
  std::optional<Refusal> fill_chunks(FileData& data);
  std::optional<Refusal> fill_link(FileData& data);
  std::optional<Refusal> locate(std::string_view path, TreeAssembler::Place& place);
  std::optional<Refusal> reference(std::string_view& path, std::uint32_t& directory) const;
  void estimate(const JsonReader& reader, std::size_t entries);
  std::string where(bool is_directory, std::size_t index) const;
  void refuse(bool is_directory, std::size_t index, std::size_t offset, const Refusal& refusal);

  std::string_view document_;
  const DecodeOptions& options_;
  Findings& findings_;
  TreeAssembler assembler_;
  std::vector<std::uint32_t> directories_;  // of `dirs`, as the assembler numbers them
  std::size_t list_offset_ = 0;
  std::size_t next_estimate_ = 0;
  std::size_t expanded_targets_ = 0;  // bytes

  Members members_;
  bool unhashed_ = false;  // the file at hand
  // A chunk hash that is not one: what to say about it.
  std::optional<Refusal> bad_chunk_;
  std::vector<Digest> chunks_;
  std::string target_;
  // Decoded strings of the entry at hand; reused so that escapes cost no allocation.
  std::string path_scratch_, hash_scratch_, target_scratch_, skipped_;
};

}  // namespace attache::detail
