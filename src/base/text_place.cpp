#include <attache/base/text_place.hpp>

#include <fmt/format.h>

namespace attache::detail {

std::string Place::to_string() const {
  return fmt::format("line {}, column {}", line, column);
}

Place place_of(std::string_view document, std::size_t offset) {
  return PlaceFinder(document).find(offset);
}

std::string place(std::string_view document, std::size_t offset) {
  return place_of(document, offset).to_string();
}

Place PlaceFinder::find(std::size_t offset) {
  if (offset < at_) {
    at_ = 0;
    place_ = Place();
  }
  for (; at_ < offset && at_ < document_.size(); ++at_) {
    const auto byte = static_cast<unsigned char>(document_[at_]);
    if (byte == '\n') {
      ++place_.line;
      place_.column = 1;
    } else if ((byte & 0xC0U) != 0x80U) {
      ++place_.column;
    }
  }
  return place_;
}

}  // namespace attache::detail
