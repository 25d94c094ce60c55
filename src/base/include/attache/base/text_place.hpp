#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace attache::detail {

/// A position in a text, counted from one; columns in characters.
struct Place {
  std::uint64_t line = 1;
  std::uint64_t column = 1;

  /// "line L, column C"
  std::string to_string() const;
};
/// Linear in `offset`: for a single error. PlaceFinder is for many.
Place place_of(std::string_view document, std::size_t offset);
/// place_of() in words.
std::string place(std::string_view document, std::size_t offset);

/// The places of many offsets. Linear in the document together, if they come in ascending order; any order is right.
class PlaceFinder {
 public:
  explicit PlaceFinder(std::string_view document) : document_(document) {}
  Place find(std::size_t offset);

 private:
  std::string_view document_;
  std::size_t at_ = 0;
  Place place_;  // of at_
};

}  // namespace attache::detail
