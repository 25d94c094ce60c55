#include "tree_assembler.hpp"

#include <attache/base/text.hpp>
#include <attache/hash/xxh3.hpp>

#include "absolute_path.hpp"
#include "side_data.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace attache {

namespace {

using Fault = TreeAssembler::Fault;

// Why a component cannot be one, if so.
std::optional<Fault> check_component(std::string_view name) {
  if (name.empty()) return Fault{DecodeRule::kPath, "has an empty component"};
  if (name == ".") return Fault{DecodeRule::kPath, "has a component '.'"};
  if (name == "..") return Fault{DecodeRule::kPath, "has a component '..'"};
  if (name.size() > kMaxComponentBytes) return Fault{DecodeRule::kLimit, "has a component longer than 65535 bytes"};
  return std::nullopt;
}

Fault too_deep() {
  return {DecodeRule::kLimit, "lies below more than 10000 directories"};
}

// Every component of a path, and how many there are.
std::optional<Fault> check_components(std::string_view path, std::size_t& count) {
  count = 0;
  for (std::size_t begin = 0; begin <= path.size(); ++count) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (auto fault = check_component(path.substr(begin, end - begin))) return fault;
    begin = end + 1;
  }
  return std::nullopt;
}

}  // namespace

TreeAssembler::TreeAssembler(PathStyle style, ManifestKind kind) : tree_(style, kind) {
  tree_.directories_.pop_back();
}

void TreeAssembler::reserve(std::size_t files, std::size_t text_bytes) {
  tree_.files_.reserve(files);
  tree_.text_.reserve(text_bytes);
}

std::uint64_t TreeAssembler::store_text(std::string_view text) {
  const std::uint64_t offset = tree_.text_.size();
  tree_.text_.append(text);
  return offset;
}

std::optional<Fault> TreeAssembler::place(std::string_view path, std::uint32_t base, Place& result) {
  if (path.find('\0') != std::string_view::npos) return Fault{DecodeRule::kPath, "holds a NUL character"};
  std::string_view rest = path;
  std::optional<detail::AbsolutePath> absolute;
  if (base == kRoot) {
    if (path.empty()) return Fault{DecodeRule::kPath, "is empty"};
    absolute = detail::split_absolute(path);
    if (style() == PathStyle::kRelative && absolute) {
      return Fault{DecodeRule::kPathStyle, "is absolute, in a manifest of relative paths"};
    }
    if (style() == PathStyle::kAbsolute && !absolute) {
      return Fault{DecodeRule::kPathStyle, "is not absolute ('/...', 'X:/...' or '//server/share/...')"};
    }
    if (absolute) rest = absolute->rest;
  }
  // All checks come before the first directory is made.
  const bool is_anchor = absolute && rest.empty();
  std::size_t components = 0;
  if (!is_anchor) {
    if (auto fault = check_components(rest, components)) return fault;
  }
  if (components > 0 && depth(base) + components - 1 > kMaxDirectoryDepth) return too_deep();
  std::uint32_t directory = base;
  if (absolute) {
    std::string start(absolute->start);
    if (!start.ends_with('/')) start.push_back('/');
    directory = intern(kRoot, start, DirectoryRecord::kAnchor);
    if (!absolute->share.empty()) {
      if (absolute->share.size() >= kMaxComponentBytes) {
        return Fault{DecodeRule::kLimit, "has a component longer than 65535 bytes"};
      }
      directory = intern(directory, std::string(absolute->share) + "/", DirectoryRecord::kAnchor);
    }
  }
  for (std::size_t slash = rest.find('/'); slash != std::string_view::npos; slash = rest.find('/')) {
    directory = intern(directory, rest.substr(0, slash));
    rest.remove_prefix(slash + 1);
  }
  result = {directory, rest};
  return std::nullopt;
}

std::optional<Fault> TreeAssembler::check_name(std::uint32_t directory, std::string_view name) const {
  if (name.find_first_of(std::string_view("/\0", 2)) != std::string_view::npos) {
    return Fault{DecodeRule::kPath, "holds a '/' or a NUL character, and so is not one component"};
  }
  if (directory == kRoot && style() == PathStyle::kRelative && detail::split_absolute(name)) {
    return Fault{DecodeRule::kPathStyle, "is absolute, in a manifest of relative paths"};
  }
  return check_component(name);
}

std::optional<Fault> TreeAssembler::check_nesting(std::uint32_t parent) const {
  if (depth(parent) >= kMaxDirectoryDepth) return too_deep();
  return std::nullopt;
}

std::optional<Fault> TreeAssembler::check_target(std::string_view target) const {
  if (target.empty()) return Fault{DecodeRule::kLinkTarget, "is empty"};
  if (target.find('\0') != std::string_view::npos) return Fault{DecodeRule::kLinkTarget, "holds a NUL character"};
  if (target.size() > kMaxLinkTargetBytes) return Fault{DecodeRule::kLimit, "is longer than 65535 bytes"};
  const bool absolute = detail::split_absolute(target).has_value();
  if (style() == PathStyle::kAbsolute) {
    if (!absolute) return Fault{DecodeRule::kLinkTarget, "is not absolute, in a manifest of absolute paths"};
    return std::nullopt;
  }
  // What Windows takes for absolute is refused too: "C:x", and two backslashes.
  const bool drive = target.size() >= 2 && target[1] == ':';
  if (absolute || drive || target.starts_with("\\\\")) {
    return Fault{DecodeRule::kLinkTarget, "is absolute, in a manifest of relative paths"};
  }
  std::size_t depth = 0;
  for (std::size_t begin = 0; begin <= target.size();) {
    const std::size_t end = std::min(target.find('/', begin), target.size());
    const std::string_view component = target.substr(begin, end - begin);
    begin = end + 1;
    if (component == "..") {
      if (depth == 0) return Fault{DecodeRule::kLinkEscapes, "leads out of the root"};
      --depth;
    } else if (!component.empty() && component != ".") {
      ++depth;
    }
  }
  return std::nullopt;
}

std::uint64_t TreeAssembler::hash_of(std::uint32_t parent, std::string_view name) {
  std::uint64_t hash = 0;
  const Digest digest = xxh128(name);
  std::memcpy(&hash, digest.bytes().data(), sizeof hash);
  return (hash ^ parent) * 0x9E3779B97F4A7C15U;
}

void TreeAssembler::grow_table() {
  std::vector<std::uint32_t> old(std::max<std::size_t>(64, table_.size() * 2));
  old.swap(table_);
  const std::size_t mask = table_.size() - 1;
  for (const std::uint32_t slot : old) {
    if (slot == 0) continue;
    const DirectoryRecord& record = tree_.directories_[slot - 1];
    std::size_t at = hash_of(record.parent, name_of(record)) >> 32 & mask;
    while (table_[at] != 0) at = (at + 1) & mask;
    table_[at] = slot;
  }
}

std::uint32_t TreeAssembler::intern(std::uint32_t parent, std::string_view name, std::uint32_t new_flags) {
  if (interned_ * 2 >= table_.size()) grow_table();
  const std::size_t mask = table_.size() - 1;
  std::size_t at = hash_of(parent, name) >> 32 & mask;
  for (; table_[at] != 0; at = (at + 1) & mask) {
    const DirectoryRecord& record = tree_.directories_[table_[at] - 1];
    if (record.parent == parent && name_of(record) == name) return table_[at] - 1;
  }
  const std::uint32_t made = add_directory(parent, name, new_flags);
  table_[at] = made + 1;
  ++interned_;
  return made;
}

std::uint32_t TreeAssembler::add_directory(std::uint32_t parent, std::string_view name, std::uint32_t flags) {
  DirectoryRecord record;
  record.name_offset = store_text(name);
  record.length_and_flags = static_cast<std::uint32_t>(name.size()) | flags;
  record.parent = parent;
  record.first_file = depth(parent) + ((flags & DirectoryRecord::kAnchor) != 0 ? 0 : 1);
  tree_.directories_.push_back(record);
  return static_cast<std::uint32_t>(tree_.directories_.size() - 1);
}

bool TreeAssembler::list(std::uint32_t directory, bool deleted) {
  if (is_listed(directory)) return false;
  relist(directory, deleted);
  return true;
}

void TreeAssembler::relist(std::uint32_t directory, bool deleted) {
  std::uint32_t& flags = tree_.directories_[directory].length_and_flags;
  flags = (flags & ~DirectoryRecord::kDeleted) | DirectoryRecord::kListed |
          (deleted ? std::uint32_t{DirectoryRecord::kDeleted} : 0U);
}

void TreeAssembler::add_file(std::uint32_t directory, std::string_view name, const FileData& data) {
  FileRecord record;
  record.name_offset = store_text(name);
  record.length_and_flags = static_cast<std::uint32_t>(name.size()) | static_cast<std::uint32_t>(data.content)
                                                                          << FileRecord::kContentShift;
  record.directory = directory;
  switch (data.content) {
    case FileContent::kHash:
      record.hash = data.hash;
      break;
    case FileContent::kChunks:
      record.hash = detail::side_field({tree_.chunks_.size(), data.chunks.size()});
      tree_.chunks_.insert(tree_.chunks_.end(), data.chunks.begin(), data.chunks.end());
      break;
    case FileContent::kLink:
      record.hash = detail::side_field({store_text(data.link_target), data.link_target.size()});
      break;
    case FileContent::kUnhashed:
    case FileContent::kDeleted:
      break;
  }
  if (data.content != FileContent::kLink && data.content != FileContent::kDeleted) {
    record.size = data.size;
    record.mtime_us = data.mtime_us;
    if (data.runnable) record.length_and_flags |= FileRecord::kRunnable;
  }
  tree_.files_.push_back(record);
}

void TreeAssembler::copy_file(const TreeManifest& from, std::size_t index, std::uint32_t directory) {
  const FileRecord& source = from.files_[index];
  const FileContent content = source.content();
  if (content == FileContent::kChunks || content == FileContent::kLink) {
    const FileEntry entry = from.file(index);
    add_file(directory, entry.name, entry.data);
    return;
  }
  FileRecord record = source;
  record.name_offset = store_text(from.name_of(source));
  record.directory = directory;
  tree_.files_.push_back(record);
}

}  // namespace attache
