#include "tree_order.hpp"

#include <attache/base/text.hpp>

#include <algorithm>

namespace attache {

std::string_view text_of(std::string_view native, std::string& scratch) {
  if (is_utf8(native)) return native;
  scratch = from_posix_bytes(native);
  return scratch;
}

void order_files(ScanDirectory& directory) {
  if (directory.ascii) return;
  struct Item {
    std::string text;
    ScanFile file;
  };
  std::vector<Item> items;
  items.reserve(directory.file_count);
  for (const ScanFile& file : directory.files()) {
    items.push_back({from_posix_bytes(directory.name_of(file)), file});
  }
  std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return compare_utf16(a.text, b.text) < 0; });
  std::transform(items.begin(), items.end(), directory.slots.get(), [](const Item& item) { return item.file; });
}

void order_children(ScanDirectory& directory) {
  auto& children = directory.children;
  std::erase_if(children, [](const ScanDirectory* child) { return child->gone; });
  std::sort(children.begin(), children.end(), [](const ScanDirectory* a, const ScanDirectory* b) {
    return from_posix_bytes(a->name) < from_posix_bytes(b->name);
  });
}

namespace {

// By name and `/`, in UTF-16 units.
void order_children_by_units(ScanDirectory& directory) {
  auto& children = directory.children;
  std::erase_if(children, [](const ScanDirectory* child) { return child->gone; });
  std::sort(children.begin(), children.end(), [](const ScanDirectory* a, const ScanDirectory* b) {
    if (is_ascii(a->name) && is_ascii(b->name)) return a->name + '/' < b->name + '/';
    return compare_utf16(from_posix_bytes(a->name) + '/', from_posix_bytes(b->name) + '/') < 0;
  });
}

}  // namespace

void TreeOrder::enter(ScanDirectory& directory) {
  order_files(directory);
  order_children_by_units(directory);
  if (directory.parent) {
    prefix_ += text_of(directory.name, scratch_);
    prefix_ += '/';
  }
  frames_.push_back({&directory, 0, 0, prefix_.size()});
}

// The first file from `from` on whose name comes after the directory's name and `/`.
std::uint32_t TreeOrder::files_before(const ScanDirectory& directory, std::uint32_t from, const ScanDirectory& child) {
  const std::string key = from_posix_bytes(child.name) + '/';
  const std::span<ScanFile> files = directory.files();
  std::string scratch;
  const auto place = std::partition_point(files.begin() + from, files.end(), [&](const ScanFile& file) {
    return compare_utf16(text_of(directory.name_of(file), scratch), key) < 0;
  });
  return static_cast<std::uint32_t>(place - files.begin());
}

bool TreeOrder::next(Run& run) {
  while (!frames_.empty()) {
    Frame& frame = frames_.back();
    ScanDirectory& directory = *frame.directory;
    prefix_.resize(frame.prefix);
    const bool finished = frame.child >= directory.children.size();  // beyond: released
    const std::uint32_t last =
        finished ? directory.file_count : files_before(directory, frame.file, *directory.children[frame.child]);
    if (frame.file < last || (finished && frame.file != UINT32_MAX)) {
      run = {&directory, frame.file, last, finished};
      frame.file = finished ? UINT32_MAX : last;
      return true;
    }
    if (finished) {
      frames_.pop_back();
    } else {
      enter(*directory.children[frame.child++]);
    }
  }
  return false;
}

}  // namespace attache
