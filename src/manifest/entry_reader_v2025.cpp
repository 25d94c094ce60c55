#include "entry_reader_v2025.hpp"

#include <attache/base/byte_size.hpp>

#include "canonical_files.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace attache::detail {

namespace {

using Kind = JsonValue::Kind;

// Stands for an entry of `dirs` that was refused: what refers to it is passed over, or one fault would show up as many.
constexpr std::uint32_t kRefused = TreeAssembler::kNoDirectory;
constexpr unsigned kEntryDepth = 3;  // the document, the list, the entry
constexpr std::size_t kFirstEstimate = 256;
// A target `$N/x` of ten bytes stands for a whole path: without a limit a small document could claim any memory. Real
// ones stay far below this.
constexpr std::size_t kExpandedTargetsBase = std::size_t{64} * 1024 * 1024;
constexpr std::size_t kExpandedTargetsPerByte = 16;

std::optional<Refusal> check_flag(std::string_view name, const JsonValue& value) {
  if (value.kind == Kind::kMissing || value.kind == Kind::kTrue || value.kind == Kind::kFalse) return std::nullopt;
  return Refusal{DecodeRule::kType, fmt::format("'{}' must be true or false, not {}", name, name_of(value.kind))};
}

std::optional<Refusal> check_string(std::string_view name, const JsonValue& value) {
  if (value.kind == Kind::kString) return std::nullopt;
  return Refusal{DecodeRule::kType, fmt::format("'{}' must be a string, not {}", name, name_of(value.kind))};
}

Refusal hash_form(std::string_view name, std::string_view text) {
  return {DecodeRule::kHashForm, fmt::format("'{}' must be 32 lower-case hex digits, not {}", name, quoted(text))};
}

Refusal of_path(const TreeAssembler::Fault& fault) {
  return {fault.rule, "'path' " + fault.what};
}

}  // namespace

EntryReader::EntryReader(std::string_view document, const DecodeOptions& options, PathStyle style, ManifestKind kind,
                         Findings& findings)
    : document_(document), options_(options), findings_(findings), assembler_(style, kind) {}

bool EntryReader::read_directories(JsonReader& reader) {
  reader.peek();
  reader.enter();
  std::size_t index = 0;
  for (bool first = true; reader.next_element(first); ++index) {
    if (!read_entry(reader, true, index)) return false;
  }
  return !reader.failed();
}

bool EntryReader::read_files(JsonReader& reader) {
  reader.peek();
  list_offset_ = reader.offset();
  next_estimate_ = kFirstEstimate;
  reader.enter();
  std::size_t index = 0;
  for (bool first = true; reader.next_element(first);) {
    if (index == next_estimate_) estimate(reader, index);
    std::size_t plain = 0;
    // With a fault only the text is of interest, so nothing need be kept.
    if (findings_.empty()) plain = read_canonical_files(reader, assembler_, directories_, next_estimate_ - index);
    if (plain == 0) {
      if (!read_entry(reader, false, index)) return false;
      plain = 1;
    }
    index += plain;
  }
  return !reader.failed();
}

bool EntryReader::read_entry(JsonReader& reader, bool is_directory, std::size_t index) {
  const bool is_object = reader.peek() == '{';
  const std::size_t offset = reader.offset();
  if (!is_object) {
    JsonValue other;
    if (!reader.read_value(other, skipped_, kEntryDepth - 1)) return false;
    members_ = {};
    refuse(is_directory, index, offset,
           {DecodeRule::kNotAnObject, fmt::format("must be an object, not {}", name_of(other.kind))});
    return true;
  }
  reader.enter();
  if (!read_members(reader, is_directory)) return false;
  // After the fault that decides, only the text is still of interest.
  if (findings_.mode() == Findings::Mode::kStrict && findings_.full()) return true;
  const std::optional<Refusal> refusal = is_directory ? add_directory() : add_file();
  if (is_directory && refusal) directories_.push_back(kRefused);  // keeps the numbers of those that follow
  if (refusal) refuse(is_directory, index, offset, *refusal);
  if (!is_directory && !refusal && unhashed_ && findings_.mode() == Findings::Mode::kAll) {
    findings_.add_unhashed({DecodeRule::kUnhashed, offset, where(is_directory, index),
                            "has none of 'hash', 'chunkhashes' and 'symlink': it was never hashed",
                            "hash the files, then make the manifest"});
  }
  return true;
}

bool EntryReader::read_members(JsonReader& reader, bool is_directory) {
  members_ = {};
  JsonValue ignored;
  std::string_view key;
  for (bool first = true; reader.next_member(first, key);) {
    bool good = false;
    if (key == "path") {
      good = reader.read_value(members_.path, path_scratch_, kEntryDepth);
    } else if (key == "deleted") {
      good = reader.read_value(members_.deleted, skipped_, kEntryDepth);
    } else if (is_directory) {
      good = reader.read_value(ignored, skipped_, kEntryDepth);
    } else {
      good = read_file_member(reader, key);
    }
    if (!good) return false;
  }
  return !reader.failed();
}

bool EntryReader::read_file_member(JsonReader& reader, std::string_view key) {
  if (key == "hash") return reader.read_value(members_.hash, hash_scratch_, kEntryDepth);
  if (key == "mtime") return reader.read_value(members_.mtime, skipped_, kEntryDepth);
  if (key == "size") return reader.read_value(members_.size, skipped_, kEntryDepth);
  if (key == "runnable") return reader.read_value(members_.runnable, skipped_, kEntryDepth);
  if (key == "chunkhashes") return read_chunks(reader);
  if (key == "symlink") return read_link(reader);
  JsonValue ignored;
  return reader.read_value(ignored, skipped_, kEntryDepth);
}

bool EntryReader::read_chunks(JsonReader& reader) {
  chunks_.clear();
  bad_chunk_.reset();
  JsonValue value;
  if (reader.peek() != '[') {
    if (!reader.read_value(value, skipped_, kEntryDepth)) return false;
    members_.chunks = value.kind;
    return true;
  }
  members_.chunks = Kind::kArray;
  reader.enter();
  for (bool first = true; reader.next_element(first);) {
    if (!reader.read_value(value, hash_scratch_, kEntryDepth + 1)) return false;
    if (bad_chunk_) continue;
    if (value.kind != Kind::kString) {
      bad_chunk_ =
          Refusal{DecodeRule::kType, fmt::format("'chunkhashes' must hold strings, not {}", name_of(value.kind))};
    } else if (const auto digest = Digest::parse(value.text)) {
      chunks_.push_back(*digest);
    } else {
      bad_chunk_ = hash_form("chunkhashes", value.text);
    }
  }
  return !reader.failed();
}

bool EntryReader::read_link(JsonReader& reader) {
  JsonValue value;
  if (reader.peek() != '{') {
    if (!reader.read_value(value, skipped_, kEntryDepth)) return false;
    members_.link = value.kind;
    return true;
  }
  members_.link = Kind::kObject;
  members_.target = {};
  reader.enter();
  std::string_view key;
  for (bool first = true; reader.next_member(first, key);) {
    JsonValue& member = key == "target" ? members_.target : value;
    if (!reader.read_value(member, key == "target" ? target_scratch_ : skipped_, kEntryDepth + 1)) return false;
  }
  return !reader.failed();
}

// The entries seen so far foretell the rest, so that the arrays are not copied while they grow.
void EntryReader::estimate(const JsonReader& reader, std::size_t entries) {
  const auto seen = static_cast<double>(reader.offset() - list_offset_);
  const double ratio = static_cast<double>(document_.size() - list_offset_) / seen * 1.02;
  const auto all = [ratio](std::size_t part) {
    return static_cast<std::size_t>(static_cast<double>(part) * ratio) + 64;
  };
  assembler_.reserve(all(entries), all(assembler_.text_bytes()));
  next_estimate_ *= 16;
}

// `$N/rest`: takes the reference off and gives the directory. Other paths stay as they are.
std::optional<Refusal> EntryReader::reference(std::string_view& path, std::uint32_t& directory) const {
  directory = TreeAssembler::kRoot;
  const std::size_t slash = path.starts_with('$') ? path.find('/') : std::string_view::npos;
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view digits = path.substr(1, slash - 1);
  constexpr std::size_t kMaxDigits = 10;  // of a count that fits 32 bits
  std::uint64_t number = 0;
  for (const char digit : digits) number = number * 10 + static_cast<std::uint64_t>(digit - '0');
  if (digits.empty() || digits.size() > kMaxDigits ||
      !std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    return Refusal{DecodeRule::kReference,
                   fmt::format("begins with {}, which is no reference to a directory: '$' and its number",
                               quoted(path.substr(0, slash + 1)))};
  }
  if (number >= directories_.size()) {
    return Refusal{DecodeRule::kReference,
                   fmt::format("refers to directory {}, but only {} come before it", number, directories_.size())};
  }
  directory = directories_[number];
  path.remove_prefix(slash + 1);
  return std::nullopt;
}

std::optional<Refusal> EntryReader::locate(std::string_view path, TreeAssembler::Place& place) {
  std::uint32_t base = TreeAssembler::kRoot;
  const std::size_t whole = path.size();
  if (auto refusal = reference(path, base)) {
    refusal->what = "'path' " + refusal->what;
    return refusal;
  }
  const bool is_reference = path.size() != whole;
  if (base == kRefused) {
    place = {kRefused, path};
    return std::nullopt;
  }
  if (is_reference && path.find('/') == std::string_view::npos) {
    // Nearly all paths of a canonical document: one component in a directory that is there already.
    if (auto fault = assembler_.check_name(base, path)) return of_path(*fault);
    place = {base, path};
    return std::nullopt;
  }
  if (auto fault = assembler_.place(path, base, place)) return of_path(*fault);
  return std::nullopt;
}

std::optional<Refusal> EntryReader::add_directory() {
  if (members_.path.kind == Kind::kMissing) return Refusal{DecodeRule::kMissingField, "lacks 'path'"};
  if (auto refusal = check_string("path", members_.path)) return refusal;
  if (auto refusal = check_flag("deleted", members_.deleted)) return refusal;
  const bool deleted = members_.deleted.kind == Kind::kTrue;
  if (deleted && assembler_.kind() == ManifestKind::kSnapshot) {
    return Refusal{DecodeRule::kDeletion, "is deleted, which is for diffs only"};
  }
  TreeAssembler::Place place;
  if (auto refusal = locate(members_.path.text, place)) return refusal;
  if (place.directory == kRefused) {
    directories_.push_back(kRefused);
    return std::nullopt;
  }
  if (place.name.empty()) {  // where absolute paths begin: always there, so nothing need be said of it
    if (deleted) return Refusal{DecodeRule::kPath, "is where paths begin, which cannot be deleted"};
    directories_.push_back(place.directory);
    return std::nullopt;
  }
  if (auto fault = assembler_.check_nesting(place.directory)) return of_path(*fault);
  const std::uint32_t directory = assembler_.intern(place.directory, place.name);
  if (!assembler_.list(directory, deleted)) return Refusal{DecodeRule::kDuplicate, "occurs twice"};
  directories_.push_back(directory);
  return std::nullopt;
}

std::optional<Refusal> EntryReader::add_file() {
  if (members_.path.kind == Kind::kMissing) return Refusal{DecodeRule::kMissingField, "lacks 'path'"};
  if (auto refusal = check_string("path", members_.path)) return refusal;
  if (auto refusal = check_flag("deleted", members_.deleted)) return refusal;
  if (auto refusal = check_flag("runnable", members_.runnable)) return refusal;
  FileData data;
  unhashed_ = false;
  if (members_.deleted.kind == Kind::kTrue) {
    if (auto refusal = check_deleted_file()) return refusal;
    data = FileData::deleted();
  } else {
    data.runnable = members_.runnable.kind == Kind::kTrue;
    if (auto refusal = fill_content(data)) return refusal;
  }
  TreeAssembler::Place place;
  if (auto refusal = locate(members_.path.text, place)) return refusal;
  if (place.directory == kRefused) return std::nullopt;
  if (place.name.empty()) return Refusal{DecodeRule::kPath, "'path' is where paths begin, not a file"};
  assembler_.add_file(place.directory, place.name, data);
  return std::nullopt;
}

std::optional<Refusal> EntryReader::check_deleted_file() const {
  if (assembler_.kind() == ManifestKind::kSnapshot) {
    return Refusal{DecodeRule::kDeletion, "is deleted, which is for diffs only"};
  }
  const auto has = [](const char* name) {
    return Refusal{DecodeRule::kDeletedEntryField, fmt::format("is deleted, but has '{}'", name)};
  };
  if (members_.hash.kind != Kind::kMissing) return has("hash");
  if (members_.chunks != Kind::kMissing) return has("chunkhashes");
  if (members_.link != Kind::kMissing) return has("symlink");
  if (members_.runnable.kind == Kind::kTrue) return has("runnable");
  if (members_.size.kind != Kind::kMissing) return has("size");
  if (members_.mtime.kind != Kind::kMissing) return has("mtime");
  return std::nullopt;
}

std::optional<Refusal> EntryReader::fill_content(FileData& data) {
  const bool hash = members_.hash.kind != Kind::kMissing;
  const bool chunks = members_.chunks != Kind::kMissing;
  const bool link = members_.link != Kind::kMissing;
  if (static_cast<int>(hash) + static_cast<int>(chunks) + static_cast<int>(link) > 1) {
    return Refusal{DecodeRule::kContent, "has more than one of 'hash', 'chunkhashes' and 'symlink'"};
  }
  unhashed_ = !hash && !chunks && !link;
  if (members_.size.kind != Kind::kMissing) {
    if (auto refusal = check_size("size", members_.size)) return refusal;
    data.size = members_.size.magnitude;
  } else if (!link) {
    return Refusal{DecodeRule::kMissingSize, "lacks 'size'"};
  }
  if (members_.mtime.kind != Kind::kMissing) {
    if (auto refusal = check_time("mtime", members_.mtime, data.mtime_us)) return refusal;
  } else if (!link) {
    return Refusal{DecodeRule::kMissingMtime, "lacks 'mtime'"};
  }
  if (link) return fill_link(data);
  if (chunks) return fill_chunks(data);
  if (!hash) return std::nullopt;
  if (auto refusal = check_string("hash", members_.hash)) return refusal;
  const std::optional<Digest> digest = Digest::parse(members_.hash.text);
  if (!digest) return hash_form("hash", members_.hash.text);
  data.content = FileContent::kHash;
  data.hash = *digest;
  return std::nullopt;
}

std::optional<Refusal> EntryReader::fill_chunks(FileData& data) {
  if (members_.chunks != Kind::kArray) {
    return Refusal{DecodeRule::kType, fmt::format("'chunkhashes' must be an array, not {}", name_of(members_.chunks))};
  }
  if (bad_chunk_) return bad_chunk_;
  const std::uint64_t chunk = options_.chunk_size;
  if (chunk == kWholeFile) return Refusal{DecodeRule::kChunks, "has 'chunkhashes', but files are not cut into chunks"};
  if (data.size <= chunk) {
    return Refusal{DecodeRule::kChunks, fmt::format("has 'chunkhashes', but its size, {}, is not above the size of a "
                                                    "chunk, {}",
                                                    data.size, chunk)};
  }
  const std::uint64_t expected = chunk_count(data.size, chunk);
  if (chunks_.size() != expected) {
    return Refusal{DecodeRule::kChunks, fmt::format("must have {} 'chunkhashes' for its size, {}, but has {}", expected,
                                                    data.size, chunks_.size())};
  }
  data.content = FileContent::kChunks;
  data.chunks = chunks_;
  return std::nullopt;
}

std::optional<Refusal> EntryReader::fill_link(FileData& data) {
  if (members_.link != Kind::kObject) {
    return Refusal{DecodeRule::kType, fmt::format("'symlink' must be an object, not {}", name_of(members_.link))};
  }
  if (members_.target.kind == Kind::kMissing) return Refusal{DecodeRule::kMissingField, "lacks 'target' of 'symlink'"};
  if (auto refusal = check_string("target", members_.target)) return refusal;
  std::string_view rest = members_.target.text;
  std::uint32_t base = TreeAssembler::kRoot;
  if (auto refusal = reference(rest, base)) {
    refusal->what = "the link's target " + refusal->what;
    return refusal;
  }
  std::string_view target = rest;
  if (base == kRefused) return std::nullopt;
  if (rest.size() != members_.target.text.size()) {
    target_ = assembler_.path_of(base);
    if (base != TreeAssembler::kRoot && !assembler_.is_anchor(base)) target_.push_back('/');
    target_.append(rest);
    target = target_;
    expanded_targets_ += target.size();
    if (expanded_targets_ / kExpandedTargetsPerByte >
        document_.size() + kExpandedTargetsBase / kExpandedTargetsPerByte) {
      return Refusal{DecodeRule::kLimit,
                     "is a link too many: the targets are longer than a document of this size may make"};
    }
  }
  if (auto fault = assembler_.check_target(target)) {
    return Refusal{fault->rule, fmt::format("the link's target, {}, {}", quoted(target), fault->what)};
  }
  data.content = FileContent::kLink;
  data.link_target = target;
  return std::nullopt;
}

std::string EntryReader::where(bool is_directory, std::size_t index) const {
  std::string text = fmt::format("{}[{}]", is_directory ? "dirs" : "files", index);
  if (members_.path.kind == Kind::kString) text += fmt::format(" ({})", quoted(members_.path.text));
  return text;
}

void EntryReader::refuse(bool is_directory, std::size_t index, std::size_t offset, const Refusal& refusal) {
  if (findings_.full()) return findings_.count_entry();
  findings_.add_entry({refusal.rule, offset, where(is_directory, index), refusal.what, refusal.remedy});
}

}  // namespace attache::detail
