#include "canonical_writer.hpp"

#include <attache/base/json_text.hpp>
#include <attache/base/text.hpp>

namespace attache::detail {

void CanonicalWriter::text(std::string_view text) {
  while (!text.empty()) {
    const std::string_view part = text.substr(0, kMaxRoom);
    advance(put(room(part.size()), part));
    text.remove_prefix(part.size());
  }
}

void CanonicalWriter::path_with_escapes(std::string_view path) {
  while (!path.empty()) {
    std::size_t plain = 0;
    while (plain < path.size() && is_plain(static_cast<unsigned char>(path[plain]))) ++plain;
    text(path.substr(0, plain));
    path.remove_prefix(plain);
    if (path.empty()) return;
    std::size_t length = 0;
    const char32_t c = next_code_point(path, length);
    advance(put_json_escape(room(kMaxJsonEscape), c));
    path.remove_prefix(length);
  }
}

Status CanonicalWriter::finish() {
  flush();
  return std::move(status_);
}

void CanonicalWriter::flush() {
  if (used_ > 0 && status_) status_ = sink_(std::string_view(buffer_.get(), used_));
  used_ = 0;
}

}  // namespace attache::detail
