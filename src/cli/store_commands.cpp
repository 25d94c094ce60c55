#include "store_commands.hpp"

#include <attache/base/byte_size.hpp>
#include <attache/base/text.hpp>
#include <attache/store/upload_admin.hpp>

#include "age.hpp"
#include "command_line.hpp"
#include "manifest_facts.hpp"
#include "utc_time.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <optional>

namespace attache {

namespace {

/// An upload that is younger may well be under way: a large file on a slow line.
constexpr std::uint64_t kAbortAge = 86'400;

struct PartsTotal {
  std::uint64_t parts = 0;
  std::uint64_t bytes = 0;
};

/// Nothing if the upload is gone.
Result<std::optional<PartsTotal>> total_of(UploadAdmin& admin, const UnfinishedUpload& upload,
                                           const std::stop_token& stop) {
  PartsTotal total;
  std::uint32_t after = 0;
  for (;;) {
    ATTACHE_ASSIGN(const std::optional<PartPage> page, admin.list_parts(upload.key, upload.id, after, stop));
    if (!page) return std::nullopt;
    for (const UploadPart& part : page->parts) {
      ++total.parts;
      total.bytes += part.size;
    }
    if (!page->next) return total;
    after = *page->next;
  }
}

/// One run of the command.
class Uploads {
 public:
  Uploads(const StoreUploadsCommand& command, const CliEnvironment& environment, Console& console, UploadAdmin& admin,
          std::uint64_t least_age)
      : command_(command), stop_(environment.stop), console_(console), admin_(admin), least_age_(least_age) {}

  Result<ExitStatus> run() {
    json_.begin_object().member("schemaVersion", std::uint64_t{1}).member("store", admin_.root_uri());
    json_.key("uploads").begin_array();
    UploadCursor from;
    for (;;) {
      ATTACHE_ASSIGN(const UploadPage page, admin_.list_uploads(command_.prefix, from, stop_));
      for (const UnfinishedUpload& upload : page.uploads) {
        if (is_old_enough(upload)) ATTACHE_TRY(one(upload));
      }
      if (!page.next) break;
      from = *page.next;
    }
    json_.end_array().member("count", count_).member("bytes", bytes_).member("aborted", aborted_).end_object();
    print_summary();
    console_.print(json_);
    return status_;
  }

 private:
  std::optional<double> age_of(const UnfinishedUpload& upload) const {
    if (!upload.started_us) return std::nullopt;
    const auto now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    return now - static_cast<double>(*upload.started_us) / 1e6;
  }

  /// One of unknown age is never old enough to be named by its age.
  bool is_old_enough(const UnfinishedUpload& upload) const {
    return least_age_ == 0 || age_of(upload).value_or(-1) >= static_cast<double>(least_age_);
  }

  Status one(const UnfinishedUpload& upload) {
    Result<std::optional<PartsTotal>> total = total_of(admin_, upload, stop_);
    if (!total) {
      if (total.error().code() == ErrorCode::kCancelled) return cancelled();
      if (!warned_of_parts_) console_.warn(total.error());
      warned_of_parts_ = true;
    } else if (!*total) {
      return {};  // completed or aborted since it was listed
    }
    ++count_;
    if (total) bytes_ += (*total)->bytes;
    describe(upload, total ? &**total : nullptr);
    if (command_.abort) ATTACHE_TRY(abort(upload));
    json_.end_object();
    return {};
  }

  void describe(const UnfinishedUpload& upload, const PartsTotal* total) {
    const std::optional<double> age = age_of(upload);
    console_.print(printable(upload.key));
    // That of a directory is a temporary file, of which only the last write is known.
    const bool is_file = upload.id.empty();
    if (!is_file) console_.print("  Upload   " + printable(upload.id));
    console_.print((is_file ? "  Written  " : "  Started  ") + (age ? age_text(*age) : "at an unknown time") +
                   (upload.initiator.empty() ? "" : " by " + printable(upload.initiator)));
    console_.print("  Parts    " + (total != nullptr ? fmt::format("{}, {}", total->parts, human_size(total->bytes))
                                                     : std::string("unknown")));
    json_.begin_object().member("key", upload.key);
    if (!is_file) json_.member("uploadId", upload.id);
    if (upload.started_us) {
      json_.member(is_file ? "written" : "started", utc_text(*upload.started_us)).member("ageSeconds", *age);
    }
    if (!upload.initiator.empty()) json_.member("initiator", upload.initiator);
    if (total != nullptr) json_.member("parts", total->parts).member("bytes", total->bytes);
  }

  /// One that cannot be aborted does not keep the others from it.
  Status abort(const UnfinishedUpload& upload) {
    Status status = admin_.abort_upload(upload.key, upload.id, stop_);
    json_.member("aborted", status.has_value());
    if (status) {
      ++aborted_;
      console_.print("  Aborted");
      return {};
    }
    if (status.error().code() == ErrorCode::kCancelled) return status;
    json_.member("error", status.error().to_string());
    console_.warn(status.error());
    if (status_ == ExitStatus::kOk) status_ = exit_status_of(status.error().code());
    return {};
  }

  void print_summary() {
    const std::string found = counted(count_, "unfinished upload", "unfinished uploads");
    const std::string size = warned_of_parts_ ? "" : ", " + human_size(bytes_);
    if (command_.abort) {
      console_.print(fmt::format("{}{}; {} aborted", found, size, aborted_));
    } else {
      console_.print(found + size);
      if (count_ > 0) console_.print("'attache store uploads --abort' gives up those older than a day");
    }
  }

  const StoreUploadsCommand& command_;
  const std::stop_token stop_;
  Console& console_;
  UploadAdmin& admin_;
  const std::uint64_t least_age_;
  JsonWriter json_;
  std::uint64_t count_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t aborted_ = 0;
  bool warned_of_parts_ = false;
  ExitStatus status_ = ExitStatus::kOk;
};

}  // namespace

Result<ExitStatus> run_store_uploads(const StoreUploadsCommand& command, const CliEnvironment& environment,
                                     Console& console) {
  std::uint64_t least_age = command.abort ? kAbortAge : 0;
  if (!command.older_than.empty()) {
    const std::optional<std::uint64_t> age = parse_age(command.older_than);
    if (!age) {
      return fail(ErrorCode::kInvalidArgument, "'" + printable(command.older_than) + "' is no age",
                  "write a number and s, m, h, d or w, such as --older-than 7d");
    }
    least_age = *age;
  }
  ATTACHE_ASSIGN(const std::unique_ptr<UploadAdmin> admin, environment.open_upload_admin(command.store));
  return Uploads(command, environment, console, *admin, least_age).run();
}

void add_store(CLI::App& app, CommandLine& line) {
  CLI::App* store = app.add_subcommand("store", "Look after a store");
  store->require_subcommand(1);
  CLI::App* uploads = store->add_subcommand(
      "uploads", "List uploads that were begun and never finished and take up space, and give them up");
  const auto command = std::make_shared<StoreUploadsCommand>();
  uploads->add_option("--prefix", command->prefix, "Only those of keys that start so, e.g. Data/");
  uploads->add_option("--older-than", command->older_than,
                      "Only those begun longer ago: a number and s, m, h, d or w. Default: any age; with --abort: 1d");
  uploads->add_flag("--abort", command->abort, "Give them up, without asking. One that is under way then fails");
  add_store_options(*uploads, command->store);
  add_output_options(*uploads, line.output);
  uploads->footer(
      "In S3 these are multipart uploads; a rule of the bucket that removes incomplete ones makes this needless. In a "
      "directory they are temporary files of processes that were killed.\n\n"
      "Example:\n"
      "  attache store uploads --s3-root-uri s3://my-bucket/my-farm\n"
      "  attache store uploads --s3-root-uri s3://my-bucket/my-farm --abort --older-than 7d");
  choose(*uploads, line, command, run_store_uploads);
  add_store_ls(*store, line);
  add_store_gc(*store, line);
}

}  // namespace attache
