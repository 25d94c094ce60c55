#include "source_reader.hpp"

#include <attache/base/text.hpp>

#include <algorithm>
#include <array>

namespace attache {

namespace {
constexpr const char* kRemedy = "let whatever writes the file finish, then run the command again";
}

Result<std::size_t> SourceReader::fill(std::span<std::byte> buffer, const std::stop_token& stop) {
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), remaining()));
  std::size_t filled = 0;
  while (filled < wanted) {
    if (stop.stop_requested()) return cancelled();
    const std::span<std::byte> rest = buffer.subspan(filled, wanted - filled);
    ATTACHE_ASSIGN(const std::size_t count, source_.read(rest));
    if (count == 0) {
      return fail(ErrorCode::kSourceChanged,
                  "content for " + printable(uri_) + " ended after " + std::to_string(offset_) + " of " +
                      std::to_string(size_) + " bytes",
                  kRemedy);
    }
    const std::size_t taken = std::min(count, rest.size());
    filled += taken;
    offset_ += taken;
  }
  return filled;
}

Status SourceReader::finish(const std::stop_token& stop) {
  if (stop.stop_requested()) return cancelled();
  std::array<std::byte, 1> extra{};
  ATTACHE_ASSIGN(const std::size_t count, source_.read(extra));
  if (count != 0) {
    return fail(ErrorCode::kSourceChanged,
                "content for " + printable(uri_) + " is longer than its " + std::to_string(size_) + " bytes", kRemedy);
  }
  return source_.verify();
}

}  // namespace attache
