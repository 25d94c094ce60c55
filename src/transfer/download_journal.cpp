#include "download_journal.hpp"

#include <attache/base/text.hpp>
#include <attache/fsio/directory.hpp>
#include <attache/fsio/host_path.hpp>
#include <attache/fsio/system_error.hpp>
#include <attache/hash/xxh3.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <system_error>
#include <utility>

namespace attache {

namespace {

constexpr std::string_view kKind = "download-1";
// Whoever may write into the destination may go on; what the journal says is not believed but checked.
constexpr std::uint32_t kJournalMode = 0666;
constexpr std::string_view kPrefix = ".attache-";
constexpr std::string_view kJournalSuffix = ".journal";
constexpr std::string_view kTemporarySuffix = ".tmp";
constexpr std::size_t kRunDigits = 16;

std::string random_run() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

bool is_hexadecimal(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_run(std::string_view text) {
  return text.size() == kRunDigits && is_hexadecimal(text);
}

/// One component, as TargetDirectory takes it.
bool is_name(std::string_view text) {
  return !text.empty() && text != "." && text != ".." && text.find('/') == std::string_view::npos;
}

/// ".attache-<run>.journal"
bool is_journal_name(std::string_view name) {
  return name.size() == kPrefix.size() + kRunDigits + kJournalSuffix.size() && name.starts_with(kPrefix) &&
         name.ends_with(kJournalSuffix) && is_run(name.substr(kPrefix.size(), kRunDigits));
}

/// The run of ".attache-<run>-<number>.tmp"; empty for any other name. Every character is looked at: a journal is
/// written by whoever may write into the destination, and a path in the place of a name would lead out of it.
std::string_view run_of_temporary(std::string_view name) {
  constexpr std::size_t kBegin = kPrefix.size() + kRunDigits + 1;  // of the number
  if (name.size() <= kBegin + kTemporarySuffix.size() || !name.starts_with(kPrefix) ||
      !name.ends_with(kTemporarySuffix)) {
    return {};
  }
  const std::string_view run = name.substr(kPrefix.size(), kRunDigits);
  const std::string_view number = name.substr(kBegin, name.size() - kBegin - kTemporarySuffix.size());
  return is_run(run) && name[kBegin - 1] == '-' && is_hexadecimal(number) ? run : std::string_view();
}

/// The same for every spelling of the path, also when it is not there yet.
std::string name_of_destination(const std::string& destination) {
  std::error_code error;
  const auto real = std::filesystem::weakly_canonical(destination, error);
  std::string path = error ? destination : real.string();
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return xxh128(path).to_hex();
}

/// A file as records have it; the directory may be empty, which is the destination itself.
std::string file_key(std::string_view directory, std::string_view name) {
  std::string key(directory);
  key += '\0';
  key += name;
  return key;
}

/// The fields of a record; the first may be empty.
std::vector<std::string> fields_of(std::string_view text) {
  std::vector<std::string> fields;
  for (;;) {
    const std::size_t end = text.find('\0');
    fields.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return fields;
    text.remove_prefix(end + 1);
  }
}

/// The directory of a record, opened as everything below the root; none if it is not there any more.
std::optional<TargetDirectory> open_directory(const RootDirectory& root, const std::string& directory) {
  if (directory.empty()) {
    Result<TargetDirectory> top = root.target();
    return top ? std::optional(*std::move(top)) : std::nullopt;
  }
  const auto path = RelativePath::parse(from_posix_bytes(directory));
  if (!path) return std::nullopt;
  auto opened = root.target(*path);
  if (!opened || !*opened) return std::nullopt;
  return **std::move(opened);
}

}  // namespace

DownloadJournal::DownloadJournal(const DownloadPlan& plan, const Digest& digest, const DownloadOptions& options)
    : plan_(plan),
      digest_(digest),
      is_wanted_(options.journal),
      is_apart_(!options.journal_directory.empty()),
      directory_(is_apart_ ? join_path(options.journal_directory, name_of_destination(options.destination))
                           : options.destination),
      run_(random_run()),
      noted_(plan.directories.size()) {}

void DownloadJournal::take_over() {
  if (!is_wanted_) return;
  auto opened = Directory::open(directory_);
  if (!opened) return;
  const auto entries = opened->entries();
  if (!entries) return;  // a directory that may not be read; no journal could be found
  for (const DirectoryEntry& entry : *entries) {
    if (!is_journal_name(entry.name)) continue;
    auto journal = Journal::open(join_path(directory_, entry.name), kKind, kJournalMode);
    if (!journal) {
      warn(journal.error());
      continue;
    }
    if (!*journal) continue;  // of a run that lives
    read((*journal)->records());
    (*journal)->forget_records();
    taken_over_.push_back(**std::move(journal));
  }
  resumes_ = plans_.contains(digest_.to_hex());
  has_dead_plans_ = !plans_.empty();
}

Status DownloadJournal::make_directory() const {
  if (!is_apart_) return {};
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  if (!error) return {};
  return fail(system_error("cannot create the directory", directory_, error.value()));
}

void DownloadJournal::read(const std::vector<std::string>& records) {
  for (const std::string& record : records) {
    if (record.empty()) continue;
    const std::string_view rest = std::string_view(record).substr(1);
    switch (record.front()) {
      case 'R':
        if (is_run(rest)) runs_.emplace(rest);
        break;
      case 'S':
        plans_.emplace(rest);
        break;
      case 'D':
        directories_.emplace(rest);
        break;
      case 'P': {
        const auto hash = Digest::parse(rest.substr(0, Digest::kHexDigits));
        if (!hash) break;
        std::vector<std::string> fields = fields_of(rest.substr(Digest::kHexDigits));
        if (fields.size() == 2 && !run_of_temporary(fields[1]).empty()) {
          parts_.insert_or_assign(*hash, Part{std::move(fields[0]), std::move(fields[1])});
        }
        break;
      }
      case 'C': {
        std::vector<std::string> fields = fields_of(rest);
        if (fields.size() == 3 && is_name(fields[2])) {
          copies_.insert_or_assign(file_key(fields[0], fields[1]), std::move(fields[2]));
        }
        break;
      }
      default:
        break;  // of a later version, perhaps
    }
  }
}

std::optional<DownloadJournal::Part> DownloadJournal::take_part(const Digest& hash) {
  const std::lock_guard lock(mutex_);
  const auto found = parts_.find(hash);
  if (found == parts_.end()) return std::nullopt;
  std::optional<Part> part = std::move(found->second);
  parts_.erase(found);
  return part;
}

bool DownloadJournal::holds_parts() const {
  const std::lock_guard lock(mutex_);
  return !parts_.empty();
}

std::optional<std::string> DownloadJournal::copy_of(std::uint32_t directory, const std::string& name) const {
  if (copies_.empty()) return std::nullopt;
  const auto found = copies_.find(file_key(native_path(directory), name));
  return found == copies_.end() ? std::nullopt : std::optional(found->second);
}

void DownloadJournal::begin(const RootDirectory& root, const WantsPart& wants) {
  if (!is_wanted_) return;
  const std::string path = join_path(directory_, fmt::format("{}{}{}", kPrefix, run_, kJournalSuffix));
  Result<std::optional<Journal>> journal = std::nullopt;
  for (int tries = 0; tries < 3; ++tries) {
    if (const Status made = make_directory(); !made) return warn(made.error());
    journal = Journal::open(path, kKind, kJournalMode);
    // Another run that ended has removed the directory for journals, which was empty.
    if (journal || journal.error().code() != ErrorCode::kNotFound) break;
  }
  if (!journal || !*journal) {
    if (!journal) warn(journal.error());
    return;
  }
  const bool is_first = taken_over_.empty();
  plans_.insert(digest_.to_hex());
  runs_.insert(run_);
  Status written = (*journal)->append(records_to_keep());
  if (!written) {
    warn(written.error());
    static_cast<void>((*journal)->remove());
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    journal_.emplace(**std::move(journal));
  }
  if (is_first) return;
  for (Journal& old : taken_over_) {
    if (const Status removed = old.remove(); !removed) warn(removed.error());
  }
  taken_over_.clear();
  clean(root, wants);
  const std::lock_guard lock(mutex_);
  if (const Status rewritten = journal_->rewrite(records_to_keep()); !rewritten) {
    warnings_.push_back(rewritten.error().to_string());
  }
}

std::vector<std::string> DownloadJournal::records_to_keep() const {
  std::vector<std::string> records;
  for (const std::string& run : runs_) records.push_back("R" + run);
  for (const std::string& plan : plans_) records.push_back("S" + plan);
  for (const std::string& directory : directories_) records.push_back("D" + directory);
  for (const auto& [hash, part] : parts_) {
    records.push_back("P" + hash.to_hex() + part.directory + '\0' + part.name);
  }
  for (const auto& [file, copy] : copies_) records.push_back("C" + file + '\0' + copy);
  return records;
}

void DownloadJournal::clean(const RootDirectory& root, const WantsPart& wants) {
  std::map<std::string, std::set<std::string>> wanted_names;  // by directory
  for (auto part = parts_.begin(); part != parts_.end();) {
    if (wants(part->first, part->second.directory)) {
      wanted_names[part->second.directory].insert(part->second.name);
      ++part;
    } else {
      directories_.insert(part->second.directory);
      part = parts_.erase(part);
    }
  }
  runs_.erase(run_);
  for (const std::string& directory : directories_) clean_directory(root, directory, wanted_names[directory]);
  runs_.clear();
  runs_.insert(run_);
  directories_.clear();
  // What is kept is not forgotten: it is removed by a later run that has no use for it.
  for (const auto& [hash, part] : parts_) {
    runs_.emplace(run_of_temporary(part.name));
    directories_.insert(part.directory);
  }
}

void DownloadJournal::clean_directory(const RootDirectory& root, const std::string& directory,
                                      const std::set<std::string>& wanted_names) {
  const auto opened = open_directory(root, directory);
  if (!opened) return;
  for (const std::string& name : leftovers_in(*opened)) {
    if (!wanted_names.contains(name)) opened->remove_file(name.c_str());
  }
}

std::vector<std::string> DownloadJournal::leftovers_in(const TargetDirectory& directory) const {
  auto names = directory.names();
  if (!names) return {};
  std::erase_if(*names, [this](const std::string& name) {
    const std::string_view run = run_of_temporary(name);
    return run.empty() || !runs_.contains(std::string(run));
  });
  return *std::move(names);
}

std::map<std::uint64_t, std::uint64_t> DownloadJournal::space_of_leftovers(const RootDirectory& root) const {
  std::map<std::uint64_t, std::uint64_t> spaces;
  std::set<std::string> directories = directories_;
  for (const auto& [hash, part] : parts_) directories.insert(part.directory);
  for (const std::string& directory : directories) {
    const auto opened = open_directory(root, directory);
    FileStatus status;
    if (!opened || opened->status(status) != 0) continue;
    for (const std::string& name : leftovers_in(*opened)) spaces[status.device] += opened->space_of(name.c_str());
  }
  return spaces;
}

void DownloadJournal::note_directory(std::uint32_t directory) {
  if (noted_[directory].load(std::memory_order_relaxed)) return;
  const std::lock_guard lock(mutex_);
  if (noted_[directory].load(std::memory_order_relaxed)) return;
  append("D" + native_path(directory));
  // After the record is there: another thread must not make a file before.
  noted_[directory].store(true, std::memory_order_relaxed);
}

bool DownloadJournal::note_part(const Digest& hash, std::uint32_t directory, const std::string& name) {
  const std::lock_guard lock(mutex_);
  return append("P" + hash.to_hex() + native_path(directory) + '\0' + name);
}

void DownloadJournal::note_copy(std::uint32_t directory, const std::string& name, const std::string& copy) {
  const std::lock_guard lock(mutex_);
  append("C" + file_key(native_path(directory), name) + '\0' + copy);
}

bool DownloadJournal::append(const std::string& record) {
  if (!journal_) return false;
  const Status appended = journal_->append(record);
  if (appended) return true;
  // A full disk, mostly, which the files themselves will meet next.
  std::string text = appended.error().to_string();
  if (warnings_.empty() || warnings_.back() != text) warnings_.push_back(std::move(text));
  return false;
}

void DownloadJournal::end(bool keep) {
  if (keep && journal_) {
    journal_.reset();
    return;
  }
  if (journal_) {
    if (const Status removed = journal_->remove(); !removed) warn(removed.error());
    journal_.reset();
  }
  if (keep) return;
  // What begin() could not take over, for want of a journal of this run's, is for the next one: its temporary files are
  // still there.
  taken_over_.clear();
  std::error_code is_used_by_others;
  if (is_apart_) std::filesystem::remove(directory_, is_used_by_others);
}

void DownloadJournal::warn(const Error& error) {
  const std::lock_guard lock(mutex_);
  warnings_.push_back(error.to_string());
}

std::vector<std::string> DownloadJournal::warnings() const {
  const std::lock_guard lock(mutex_);
  return warnings_;
}

std::string DownloadJournal::native_path(std::uint32_t directory) const {
  return to_posix_bytes(plan_.path_of(directory)).value_or("");
}

}  // namespace attache
