#pragma once

#include <attache/fsio/file_status.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// The names in a directory, one behind the other in one piece of memory that is kept from one directory to the next:
/// listing a million names takes a few allocations. Not thread-safe.
class NameList {
 public:
  std::size_t size() const { return items_.size(); }
  bool empty() const { return items_.empty(); }
  /// Native bytes; the character behind the end is NUL.
  std::string_view name(std::size_t index) const { return {text_.data() + items_[index].offset, items_[index].length}; }
  /// Of the name itself: a link is kSymlink.
  FileKind kind(std::size_t index) const { return items_[index].kind; }

  void clear() {
    text_.clear();
    items_.clear();
  }
  void add(std::string_view name, FileKind kind) {
    items_.push_back({text_.size(), static_cast<std::uint32_t>(name.size()), kind});
    text_.append(name).push_back('\0');
  }
  void set_kind(std::size_t index, FileKind kind) { items_[index].kind = kind; }

 private:
  struct Item {
    std::size_t offset;
    std::uint32_t length;
    FileKind kind;
  };

  std::string text_;
  std::vector<Item> items_;
};

}  // namespace attache
