#include <attache/base/text.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/store/cas_layout.hpp>

#include "content_fetcher.hpp"

#include <cerrno>
#include <optional>
#include <utility>

namespace attache {

namespace {

/// The rest of an object, behind what is in the file already.
class PartSink final : public ObjectSink {
 public:
  PartSink(DownloadContext& context, const PlannedDownloadFile& file, OutputFile& output, Xxh128Stream& hash,
           std::uint64_t part_size, std::uint64_t begin, std::string uri)
      : context_(context),
        file_(file),
        output_(output),
        hash_(hash),
        part_size_(part_size),
        position_(begin),
        uri_(std::move(uri)) {}

  Status begin(const ObjectInfo& info) override {
    // Refused before a byte is written: a wrong size needs no transfer to be known.
    if (info.size == part_size_) return {};
    return damaged("it has " + std::to_string(info.size) + " bytes, the manifest says " + std::to_string(part_size_));
  }

  Status write(std::span<const std::byte> data) override {
    if (data.size() > part_size_ - position_) {
      return damaged("more than the " + std::to_string(part_size_) + " bytes that the manifest says came");
    }
    if (const int error = output_.write(data); error != 0) return fail(context_.delivery.write_error(file_, error));
    hash_.update(data);
    position_ += data.size();
    context_.progress.add(0, data.size());
    return {};
  }

  std::uint64_t position() const { return position_; }
  tl::unexpected<Error> damaged(const std::string& how) const { return fail(context_.damaged(uri_, how)); }

 private:
  DownloadContext& context_;
  const PlannedDownloadFile& file_;
  OutputFile& output_;
  Xxh128Stream& hash_;
  const std::uint64_t part_size_;
  std::uint64_t position_;
  const std::string uri_;
};

/// True if another try, or another run, can go on with what has come.
bool may_go_on(ErrorCode code) {
  switch (code) {
    case ErrorCode::kCancelled:
    case ErrorCode::kNetwork:
    case ErrorCode::kService:
    case ErrorCode::kUnauthenticated:
    case ErrorCode::kPermissionDenied:
      return true;
    default:
      return false;
  }
}

class LargeFetch {
 public:
  LargeFetch(DownloadContext& context, const PlannedDownloadContent& content, const std::stop_token& stop)
      : context_(context), plan_(context.plan), content_(content), stop_(stop) {
    for (std::uint32_t file = context.next_to_write(content.first); file != kNoIndex;
         file = context.next_to_write(plan_.files[file].next)) {
      files_.push_back(file);
    }
  }

  Status run() {
    ATTACHE_ASSIGN(NewFile made, begin());
    Status filled = fill(made.file());
    if (!filled) {
      keep_for_later(made, filled.error().code());
      return filled;
    }
    return deliver(made);
  }

 private:
  const PlannedDownloadFile& first() const { return plan_.files[files_.front()]; }

  /// The temporary file: what a dead run has left of it, or a new one.
  Result<NewFile> begin() {
    if (const auto part = context_.journal.take_part(content_.hash)) {
      ATTACHE_ASSIGN(std::optional<NewFile> old, reopen(*part));
      if (old) return *std::move(old);
    }
    ATTACHE_ASSIGN(NewFile made, context_.delivery.create(first()));
    is_noted_ = context_.journal.note_part(content_.hash, first().directory, made.name());
    end_ = 0;
    return made;
  }

  Result<std::optional<NewFile>> reopen(const DownloadJournal::Part& part) {
    for (std::uint32_t& file : files_) {
      const std::uint32_t directory = plan_.files[file].directory;
      if (context_.journal.native_path(directory) != part.directory) continue;
      ATTACHE_ASSIGN(DestinationTree::Handle handle, context_.tree.make(directory));
      context_.journal.note_directory(directory);
      auto reopened = handle->reopen_file(part.name.c_str());
      if (!reopened) {
        handle->remove_file(part.name.c_str());
        return std::nullopt;
      }
      std::swap(file, files_.front());
      FileStatus status;
      if (const int error = reopened->status(status); error != 0) return fail(write_error(error));
      on_disk_ = status.size <= content_.size ? status.size : 0;
      is_noted_ = context_.journal.note_part(content_.hash, directory, part.name);
      return NewFile(std::move(handle), part.name, *std::move(reopened));
    }
    return std::nullopt;
  }

  Error write_error(int error) const { return context_.delivery.write_error(first(), error); }

  /// A full disk is to show before the bytes come.
  Status make_room(OutputFile& output) {
    const int error = output.reserve(content_.size);
    if (error == 0) return {};
    return fail(context_.tree.error("cannot reserve " + std::to_string(content_.size) + " bytes for", first().directory,
                                    first().name, error));
  }

  /// Cuts the file (or extends it), so that what is written next comes there. Only if it is not so already: a cut also
  /// gives back what is reserved.
  Status cut(OutputFile& output, std::uint64_t size) {
    if (end_ == size) return {};
    if (const int error = output.set_size(size); error != 0) return fail(write_error(error));
    ATTACHE_TRY(make_room(output));
    end_ = size;
    return {};
  }

  /// On the way to the next run, if there is something in it.
  void keep_for_later(NewFile& made, ErrorCode code) {
    FileStatus status;
    if (!is_noted_ || !may_go_on(code) || made.file().status(status) != 0 || status.size == 0) return;
    static_cast<void>(made.file().set_size(status.size));  // gives back what is reserved behind it
    made.release();
    context_.parts_kept.fetch_add(1, std::memory_order_relaxed);
  }

  // --- content ---

  Status fill(OutputFile& output) {
    if (on_disk_ == 0) {
      ATTACHE_TRY(cut(output, 0));
      ATTACHE_ASSIGN(const bool is_there, copy_from_present(output));
      if (is_there) {
        origin_ = ContentOrigin::kLocal;
        context_.bytes_copied.fetch_add(content_.size, std::memory_order_relaxed);
        return {};
      }
    }
    ATTACHE_TRY(make_room(output));
    for (std::size_t index = 0; index < plan_.parts_of(content_); ++index) {
      ATTACHE_TRY(fill_part(output, plan_.part_of(content_, index)));
    }
    return {};
  }

  Status fill_part(OutputFile& output, const ContentPart& part) {
    Xxh128Stream hash;
    std::uint64_t have = on_disk_ > part.offset ? std::min(on_disk_ - part.offset, part.size) : 0;
    if (have > 0) {
      ATTACHE_TRY(hash_disk(output, part.offset, part.offset + have, hash));
      if (have == part.size && hash.digest() == part.hash) {
        context_.progress.add(0, have);
        context_.bytes_resumed.fetch_add(have, std::memory_order_relaxed);
        return {};
      }
      if (have == part.size) have = 0;  // all of it, and wrong
    }
    if (have == 0) hash.reset();
    ATTACHE_TRY(cut(output, part.offset + have));
    on_disk_ = 0;  // of what is behind this part, nothing is left
    if (have == 0 && context_.cache != nullptr) {
      ATTACHE_ASSIGN(const bool is_cached, copy_from_cache(output, part));
      if (is_cached) return {};
    }
    context_.progress.add(0, have);
    Result<bool> is_right = fetch_part(output, part, have, hash);
    if (!is_right) return fail(std::move(is_right).error());
    if (!*is_right) {
      // The beginning was not what it seemed to be: once more, without it.
      context_.progress.take_back(part.size);
      hash.reset();
      have = 0;
      ATTACHE_TRY(cut(output, part.offset));
      ATTACHE_TRY(fetch_part(output, part, 0, hash));
    }
    end_ = part.offset + part.size;
    context_.bytes_resumed.fetch_add(have, std::memory_order_relaxed);
    context_.bytes_fetched.fetch_add(part.size - have, std::memory_order_relaxed);
    context_.objects_fetched.fetch_add(1, std::memory_order_relaxed);
    if (context_.cache != nullptr) {
      context_.cache->keep(part.hash, output, part.offset, part.size, content_.chunks.empty(), stop_);
    }
    return {};
  }

  /// False if the bytes are wrong and some of them did not come now.
  Result<bool> fetch_part(OutputFile& output, const ContentPart& part, std::uint64_t have, Xxh128Stream& hash) {
    for (const bool is_legacy : {false, true}) {
      // Objects that old versions of the incumbent stored have no suffix.
      const std::string key = is_legacy ? legacy_data_key(part.hash) : data_key(part.hash);
      PartSink sink(context_, first(), output, hash, part.size, have, context_.store.uri(key));
      GetOptions options;
      options.offset = have;
      options.if_size = part.size;
      options.metadata = false;
      ATTACHE_ASSIGN(const auto found, context_.store.get(key, sink, options, stop_));
      if (!found) continue;
      if (sink.position() != part.size) {
        return sink.damaged("only " + std::to_string(sink.position()) + " of " + std::to_string(part.size) +
                            " bytes came");
      }
      const Digest actual = hash.digest();
      if (actual == part.hash) return true;
      if (have > 0) return false;
      return sink.damaged("its bytes have hash " + actual.to_hex() + " instead of " + part.hash.to_hex());
    }
    return fail(context_.missing(part.hash, files_.front()));
  }

  Status hash_disk(const OutputFile& output, std::uint64_t begin, std::uint64_t end, Xxh128Stream& hash) {
    const auto add = [&hash](std::span<const std::byte> data) -> Status {
      hash.update(data);
      return {};
    };
    ATTACHE_ASSIGN(const bool is_whole, read_blocks(reader(output), begin, end, add, stop_));
    if (is_whole) return {};
    return fail(ErrorCode::kIo,
                "a temporary file for '" + context_.tree.shown(first().directory, first().name) +
                    "' became shorter while it was read",
                "see to it that nothing else works in the destination, then run the same command again");
  }

  ReadAt reader(const OutputFile& output) const {
    return [this, &output](std::span<std::byte> buffer, std::uint64_t offset) -> Result<std::size_t> {
      const auto count = output.read_at(buffer, offset);
      if (count) return *count;
      return fail(context_.tree.error("cannot read", first().directory, first().name, count.error()));
    };
  }

  /// Copies a part and hashes it. False: not those bytes; the output is to be cut.
  Result<bool> copy_part(const ReadAt& read, std::uint64_t from, OutputFile& output, const ContentPart& part,
                         const PlannedDownloadFile& file) {
    Xxh128Stream hash;
    Status written;
    const auto use = [&](std::span<const std::byte> data) -> Status {
      hash.update(data);
      const int error = output.write(data);
      if (error == 0) return {};
      written = fail(context_.delivery.write_error(file, error));
      return written;
    };
    const Result<bool> copied = read_blocks(read, from, from + part.size, use, stop_);
    if (!written) return fail(written.error());
    if (!copied && copied.error().code() == ErrorCode::kCancelled) return fail(copied.error());
    return copied && *copied && hash.digest() == part.hash;
  }

  Result<bool> copy_from_cache(OutputFile& output, const ContentPart& part) {
    const std::optional<File> cached = context_.cache->find(part.hash, part.size);
    if (!cached) return false;
    const ReadAt read = [&](std::span<std::byte> buffer, std::uint64_t offset) {
      return cached->read_at(buffer, offset);
    };
    std::optional<bool> is_right;
    if (content_.chunks.empty()) {
      ATTACHE_ASSIGN(is_right, share(*cached, output));
    }
    if (!is_right) {
      end_.reset();
      ATTACHE_ASSIGN(is_right, copy_part(read, 0, output, part, first()));
      if (*is_right) end_ = part.offset + part.size;
    }
    if (!*is_right) {
      context_.cache->drop(part.hash);
      ATTACHE_TRY(cut(output, part.offset));
      return false;
    }
    origin_ = ContentOrigin::kCache;
    context_.bytes_from_cache.fetch_add(part.size, std::memory_order_relaxed);
    context_.progress.add(0, part.size);
    return true;
  }

  /// From a file of the destination that was found to have this content.
  Result<bool> copy_from_present(OutputFile& output) {
    const std::uint32_t present = context_.present_file(content_);
    if (present == kNoIndex) return false;
    const PlannedDownloadFile& file = plan_.files[present];
    const auto written = context_.survey.written_as.find(present);
    const std::string& name = written == context_.survey.written_as.end() ? file.name : written->second;
    ATTACHE_ASSIGN(const RelativePath path, RelativePath::parse(plan_.path_of(file.directory, name)));
    const Result<File> source = context_.tree.root().open_for_reading(path);
    if (!source || source->opened_status().size != content_.size) return false;
    ATTACHE_ASSIGN(std::optional<bool> is_right, share(*source, output));
    if (!is_right) {
      end_.reset();
      ATTACHE_TRY(make_room(output));
      const ReadAt read = [&](std::span<std::byte> buffer, std::uint64_t offset) {
        return source->read_at(buffer, offset);
      };
      ATTACHE_ASSIGN(is_right, copy_all(read, output, first()));
    }
    if (!*is_right) {
      ATTACHE_TRY(cut(output, 0));
      return false;
    }
    context_.progress.add(0, content_.size);
    return true;
  }

  /// Makes the empty output share the bytes of a file that seems to be this content (a reflink), and reads them there:
  /// are they right? Nothing where the file system cannot share them; the output is empty then.
  Result<std::optional<bool>> share(const File& source, OutputFile& output) {
    if (output.clone_from(source.descriptor()) != 0) return std::nullopt;
    end_.reset();
    ATTACHE_ASSIGN(const bool is_right, is_right_on_disk(output));
    return is_right;
  }

  Result<bool> is_right_on_disk(const OutputFile& output) {
    FileStatus status;
    if (const int error = output.status(status); error != 0) return fail(write_error(error));
    if (status.size != content_.size) return false;  // the source has changed since it was looked at
    for (std::size_t index = 0; index < plan_.parts_of(content_); ++index) {
      const ContentPart part = plan_.part_of(content_, index);
      Xxh128Stream hash;
      ATTACHE_TRY(hash_disk(output, part.offset, part.offset + part.size, hash));
      if (hash.digest() != part.hash) return false;
    }
    return true;
  }

  Result<bool> copy_all(const ReadAt& read, OutputFile& output, const PlannedDownloadFile& file) {
    for (std::size_t index = 0; index < plan_.parts_of(content_); ++index) {
      const ContentPart part = plan_.part_of(content_, index);
      ATTACHE_ASSIGN(const bool is_right, copy_part(read, part.offset, output, part, file));
      if (!is_right) return false;
    }
    return true;
  }

  // --- files ---

  /// Its other files are made from the temporary one, which nobody else has written to, before it gets its name.
  Status deliver(NewFile& made) {
    for (std::size_t i = 1; i < files_.size(); ++i) {
      if (stop_.stop_requested()) return cancelled();
      const PlannedDownloadFile& file = plan_.files[files_[i]];
      ATTACHE_ASSIGN(NewFile copy, context_.delivery.create(file));
      ATTACHE_TRY(clone(made.file(), copy.file(), file));
      ATTACHE_ASSIGN(FileDelivery::Published published, context_.delivery.publish(file, copy));
      context_.note(files_[i], std::move(published), ContentOrigin::kLocal);
      context_.bytes_copied.fetch_add(content_.size, std::memory_order_relaxed);
      context_.progress.add(1, content_.size);
    }
    ATTACHE_ASSIGN(FileDelivery::Published published, context_.delivery.publish(first(), made));
    context_.note(files_.front(), std::move(published), origin_);
    context_.progress.add(1, 0);
    return {};
  }

  Status clone(const OutputFile& from, OutputFile& to, const PlannedDownloadFile& file) {
    if (to.clone_from(from) == 0) return {};
    if (const int error = to.reserve(content_.size); error != 0)
      return fail(context_.delivery.write_error(file, error));
    ATTACHE_ASSIGN(const bool is_right, copy_all(reader(from), to, file));
    if (is_right) return {};
    return fail(ErrorCode::kIntegrity,
                "the bytes of '" + context_.tree.shown(first().directory, first().name) +
                    "' changed on the disk before they were copied to '" +
                    context_.tree.shown(file.directory, file.name) + "'",
                "check the disk, and that nothing else works in the destination; then run the same command again");
  }

  DownloadContext& context_;
  const DownloadPlan& plan_;
  const PlannedDownloadContent& content_;
  const std::stop_token& stop_;
  std::vector<std::uint32_t> files_;  // to be written; the temporary file is beside the first
  std::uint64_t on_disk_ = 0;         // of the temporary file, from a dead run; not verified
  std::optional<std::uint64_t> end_;  // of the temporary file, where the next write goes; none: not known
  bool is_noted_ = false;             // the next run will find the temporary file
  ContentOrigin origin_ = ContentOrigin::kStore;
};

}  // namespace

Status fetch_large(DownloadContext& context, const PlannedDownloadContent& content, const std::stop_token& stop) {
  return LargeFetch(context, content, stop).run();
}

}  // namespace attache
