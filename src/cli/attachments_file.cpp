#include "attachments_file.hpp"

#include <attache/base/byte_size.hpp>
#include <attache/base/json_reader.hpp>
#include <attache/base/text.hpp>
#include <attache/fsio/file.hpp>

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace attache {

namespace {

constexpr std::uint64_t kMaxBytes = 64 * kMiB;

/// The member `attachments` of an object, as text; the document itself if it has none, or is broken: then the reader of
/// attachments says how.
std::string_view attachments_in(std::string_view document) {
  detail::JsonReader reader(document);
  if (reader.peek() != '{') return document;
  reader.enter();
  bool first = true;
  std::string_view key;
  std::string_view found = document;
  while (reader.next_member(first, key)) {
    const bool wanted = key == "attachments";
    const std::size_t begin = reader.offset();
    detail::JsonValue value;
    std::string scratch;
    if (!reader.read_value(value, scratch, 1)) return document;
    if (wanted) found = document.substr(begin, reader.offset() - begin);
  }
  return reader.failed() || !reader.finish() ? document : found;
}

}  // namespace

Result<std::vector<ManifestProperties>> read_attachments_file(const std::string& path) {
  ATTACHE_ASSIGN(const std::string document, read_file(path, kMaxBytes));
  auto attachments = parse_attachments(attachments_in(document));
  if (!attachments) {
    // A malformed document, not a wrong flag.
    const Error error = attachments.error().within("'" + printable(path) + "'");
    return fail(ErrorCode::kInvalidManifest, error.message(), error.remedy());
  }
  if (!*attachments) return std::vector<ManifestProperties>();
  return std::move((*attachments)->manifests);
}

}  // namespace attache
