#include "content_fetcher.hpp"

#include <attache/base/text.hpp>
#include <attache/store/cas_layout.hpp>

#include <utility>

namespace attache {

std::uint32_t DownloadContext::next_to_write(std::uint32_t file) const {
  while (file != kNoIndex && !survey.writes(file)) file = plan.files[file].next;
  return file;
}

std::uint32_t DownloadContext::present_file(const PlannedDownloadContent& content) const {
  std::uint32_t file = content.first;
  while (file != kNoIndex && survey.files[file] != FileState::kPresent) file = plan.files[file].next;
  return file;
}

void DownloadContext::note(std::uint32_t file, FileDelivery::Published published, ContentOrigin origin) {
  const PlannedDownloadFile& planned = plan.files[file];
  const bool is_written = published.is_made();
  if (is_written) files_written.fetch_add(1, std::memory_order_relaxed);
  const std::lock_guard lock(mutex);
  files.push_back({.path = std::move(published.path),
                   .outcome = published.outcome,
                   .size = plan.contents[planned.content].size,
                   .entry = planned.entry,
                   .origin = is_written ? origin : ContentOrigin::kNone});
}

Error DownloadContext::missing(const Digest& hash, std::uint32_t file) const {
  return Error(
      ErrorCode::kNotFound,
      "object '" + printable(store.uri(data_key(hash))) + "' does not exist; it is the content of '" +
          printable(plan.path_of(plan.files[file])) + "'",
      "upload the manifest's files to this store again, or check that this is the store they were uploaded to");
}

Error DownloadContext::damaged(const std::string& uri, const std::string& how) const {
  return Error(ErrorCode::kIntegrity, "object '" + printable(uri) + "' is damaged: " + how,
               "no file was made from it; remove the object and upload its file again");
}

Status deliver_bytes(DownloadContext& context, const PlannedDownloadContent& content, std::span<const std::byte> data,
                     ContentOrigin origin, const std::stop_token& stop) {
  bool is_first = true;
  for (std::uint32_t file = context.next_to_write(content.first); file != kNoIndex;
       file = context.next_to_write(context.plan.files[file].next)) {
    if (stop.stop_requested()) return cancelled();
    const PlannedDownloadFile& planned = context.plan.files[file];
    ATTACHE_ASSIGN(NewFile made, context.delivery.create(planned));
    if (const int error = made.file().write(data); error != 0) {
      return fail(context.delivery.write_error(planned, error));
    }
    ATTACHE_ASSIGN(FileDelivery::Published published, context.delivery.publish(planned, made));
    context.note(file, std::move(published), is_first ? origin : ContentOrigin::kLocal);
    if (!is_first) context.bytes_copied.fetch_add(data.size(), std::memory_order_relaxed);
    is_first = false;
    context.progress.add(1, data.size());
  }
  return {};
}

}  // namespace attache
