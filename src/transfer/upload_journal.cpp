#include <attache/base/number.hpp>
#include <attache/fsio/host_path.hpp>
#include <attache/fsio/journal.hpp>
#include <attache/fsio/system_error.hpp>
#include <attache/transfer/upload_journal.hpp>

#include <array>
#include <filesystem>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace attache {

namespace {

constexpr std::string_view kKind = "uploads-1";
constexpr char kBegun = 'b';
constexpr char kEnded = 'e';

// A record is fields, each ended by NUL, which neither keys nor what a service names can hold:
//   b  store  key  upload id  size  part bytes  checksum  whole checksum (0 or 1)
//   e  store  key  upload id
using Fields = std::vector<std::string_view>;

void add_field(std::string& record, std::string_view field) {
  record += field;
  record += '\0';
}

Fields fields_of(std::string_view record) {
  Fields fields;
  while (!record.empty()) {
    const std::size_t end = record.find('\0');
    if (end == std::string_view::npos) return {};
    fields.push_back(record.substr(0, end));
    record.remove_prefix(end + 1);
  }
  return fields;
}

std::string begun_record(std::string_view store, std::string_view key, const UnfinishedPut& put) {
  std::string record;
  add_field(record, std::string_view(&kBegun, 1));
  for (const std::string_view field : {store, key, std::string_view(put.upload_id)}) add_field(record, field);
  add_field(record, std::to_string(put.size));
  add_field(record, std::to_string(put.part_bytes));
  add_field(record, put.checksum);
  add_field(record, put.has_whole_checksum ? "1" : "0");
  return record;
}

std::string ended_record(std::string_view store, std::string_view key, const UnfinishedPut& put) {
  std::string record;
  add_field(record, std::string_view(&kEnded, 1));
  for (const std::string_view field : {store, key, std::string_view(put.upload_id)}) add_field(record, field);
  return record;
}

std::optional<UnfinishedPut> put_of(const Fields& fields) {
  const auto size = parse_number<std::uint64_t>(fields[4]);
  const auto part_bytes = parse_number<std::uint64_t>(fields[5]);
  if (!size || !part_bytes) return std::nullopt;
  UnfinishedPut put;
  put.upload_id = fields[3];
  put.size = *size;
  put.part_bytes = *part_bytes;
  put.checksum = fields[6];
  put.has_whole_checksum = fields[7] == "1";
  return put;
}

}  // namespace

struct UploadJournal::Impl {
  using Place = std::pair<std::string, std::string>;  // store and key

  UploadJournalOptions options;
  std::mutex mutex;
  std::optional<Journal> journal;  // none: nothing is remembered
  std::map<Place, UnfinishedPut> puts;
  bool has_warned = false;

  void give_up(const Error& error) {
    journal.reset();
    if (!std::exchange(has_warned, true) && options.warn) {
      options.warn(Error(error.code(), "interrupted uploads of large files cannot be gone on with: " + error.message(),
                         error.remedy()));
    }
  }

  void replay(std::string_view record) {
    const Fields fields = fields_of(record);
    if (fields.size() < 4 || fields[0].size() != 1) return;
    const Place place(fields[1], fields[2]);
    if (fields[0][0] == kEnded) {
      const auto found = puts.find(place);
      if (found != puts.end() && found->second.upload_id == fields[3]) puts.erase(found);
    } else if (fields[0][0] == kBegun && fields.size() == 8) {
      if (auto put = put_of(fields)) puts[place] = *std::move(put);
    }
  }

  Status read() {
    std::error_code error;
    const std::filesystem::path directory = std::filesystem::path(options.path).parent_path();
    if (!directory.empty() && std::filesystem::create_directories(directory, error)) {
      std::filesystem::permissions(directory, std::filesystem::perms::owner_all, error);
    }
    ATTACHE_ASSIGN(journal, Journal::open(options.path, kKind));
    if (!journal) return {};
    for (const std::string& record : journal->records()) replay(record);
    const bool has_dead_records = journal->records().size() > puts.size();
    journal->forget_records();
    if (!has_dead_records) return {};
    std::vector<std::string> records;
    for (const auto& [place, put] : puts) records.push_back(begun_record(place.first, place.second, put));
    return journal->rewrite(records);
  }
};

std::unique_ptr<UploadJournal> UploadJournal::open(UploadJournalOptions options) {
  auto impl = std::make_unique<Impl>();
  impl->options = std::move(options);
  if (const Status status = impl->read(); !status) impl->give_up(status.error());
  return std::unique_ptr<UploadJournal>(new UploadJournal(std::move(impl)));
}

UploadJournal::UploadJournal(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
UploadJournal::~UploadJournal() = default;

bool UploadJournal::works() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->journal.has_value();
}

std::optional<UnfinishedPut> UploadJournal::unfinished(std::string_view key) {
  const std::lock_guard lock(impl_->mutex);
  const auto found = impl_->puts.find({impl_->options.store, std::string(key)});
  return found == impl_->puts.end() ? std::nullopt : std::optional(found->second);
}

Status UploadJournal::begun(std::string_view key, const UnfinishedPut& put) {
  const std::lock_guard lock(impl_->mutex);
  if (!impl_->journal) return {};
  if (const Status status = impl_->journal->append(begun_record(impl_->options.store, key, put)); !status) {
    impl_->give_up(status.error());
    return {};
  }
  impl_->puts[{impl_->options.store, std::string(key)}] = put;
  return {};
}

void UploadJournal::ended(std::string_view key, const UnfinishedPut& put) {
  const std::lock_guard lock(impl_->mutex);
  const auto found = impl_->puts.find({impl_->options.store, std::string(key)});
  if (found == impl_->puts.end() || found->second.upload_id != put.upload_id) return;
  impl_->puts.erase(found);
  if (!impl_->journal) return;
  if (const Status status = impl_->journal->append(ended_record(impl_->options.store, key, put)); !status) {
    impl_->give_up(status.error());
  }
}

std::string upload_journal_path(const std::string& directory) {
  return join_path(directory, "attache_uploads.journal");
}

}  // namespace attache
