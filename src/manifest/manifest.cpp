#include <attache/base/guarded.hpp>
#include <attache/base/text.hpp>
#include <attache/manifest/manifest.hpp>

#include "trusted_appender.hpp"

#include <limits>

namespace attache {

namespace {

constexpr const char* kRenameRemedy = "rename the file, or leave it out";

}  // namespace

Status ManifestBuilder::reserve(std::size_t entries, std::size_t path_bytes) {
  return detail::guarded([&]() -> Status {
    manifest_.records_.reserve(entries);
    manifest_.text_.reserve(path_bytes);
    return {};
  });
}

Status ManifestBuilder::add(std::string_view path, const Digest& hash, std::uint64_t size, std::int64_t mtime_us) {
  return detail::guarded([&]() -> Status {
    if (path.size() > detail::TrustedAppender::kMaxPath) {
      return fail(ErrorCode::kInvalidArgument,
                  "path '" + printable(path.substr(0, 200)) + "...' is 4 GiB long or longer", kRenameRemedy);
    }
    if (!is_wtf8(path)) {
      return fail(ErrorCode::kInvalidArgument, "path '" + printable(path) + "' is not valid text", kRenameRemedy);
    }
    if (manifest_.size() == detail::TrustedAppender::kMaxEntries) {
      return fail(ErrorCode::kInvalidArgument, "path '" + printable(path) + "' is one more than a manifest can have",
                  "split the files over several manifests");
    }
    detail::TrustedAppender(*this).add(path, hash, size, mtime_us);
    return {};
  });
}

void ManifestBuilder::clear() {
  manifest_.records_.clear();
  manifest_.text_.clear();
}

Result<Manifest> ManifestBuilder::build() && {
  std::uint64_t total = 0;
  for (const Manifest::Record& record : manifest_.records_) {
    if (record.size > std::numeric_limits<std::uint64_t>::max() - total) {
      return fail(ErrorCode::kInvalidArgument, "the sizes of all files together exceed 64 bits",
                  "split the files over several manifests");
    }
    total += record.size;
  }
  return std::move(*this).build_with_total(total);
}

Manifest ManifestBuilder::build_with_total(std::uint64_t total_size) && {
  manifest_.total_size_ = total_size;
  return std::move(manifest_);
}

}  // namespace attache
