#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace attache::detail {

/// Characters that are appended and stay. A std::vector<char> would set to zero what a decoder is about to overwrite,
/// and a short std::string would move its characters with itself, and the views would dangle.
class TextArena {
 public:
  TextArena() = default;
  TextArena(TextArena&& other) noexcept
      : text_(std::move(other.text_)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  TextArena& operator=(TextArena&& other) noexcept {
    text_ = std::move(other.text_);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
    return *this;
  }
  TextArena(const TextArena&) = delete;
  TextArena& operator=(const TextArena&) = delete;
  ~TextArena() = default;

  const char* data() const { return text_.get(); }
  std::size_t size() const { return size_; }
  void clear() { size_ = 0; }
  /// Room for this many characters in all.
  void reserve(std::size_t capacity) {
    if (capacity > capacity_) move_to(capacity);
  }
  void append(std::string_view text) {
    if (text.empty()) return;
    if (capacity_ - size_ < text.size()) move_to(std::max(size_ + text.size(), 2 * capacity_));
    std::memcpy(text_.get() + size_, text.data(), text.size());
    size_ += text.size();
  }
  /// What may be written behind the end; extend() makes it part of the text.
  char* room() { return text_.get() + size_; }
  std::size_t room_size() const { return capacity_ - size_; }
  void extend(std::size_t size) { size_ += size; }

 private:
  void move_to(std::size_t capacity) {
    std::unique_ptr<char[]> text(new char[capacity]);  // not make_unique, which sets it to zero
    if (size_ > 0) std::memcpy(text.get(), text_.get(), size_);
    text_ = std::move(text);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> text_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace attache::detail
