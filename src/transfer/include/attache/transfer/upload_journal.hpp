#pragma once

#include <attache/base/error.hpp>
#include <attache/base/result.hpp>
#include <attache/store/object_store.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace attache {

struct UploadJournalOptions {
  /// Host path of the file; the usual one is `upload_journal_path(cache directory)`. Its directory is made (0700) if it
  /// is missing.
  std::string path{};
  /// Where the objects go, ObjectStore::root_uri(): the journal may know those of several stores.
  std::string store{};
  /// Told at most once of what makes the journal unusable; on the thread that meets it.
  std::function<void(const Error&)> warn{};
};

/// Remembers large objects that are being sent in parts, in a journal (fsio/journal.hpp), so that the next upload of
/// the same content goes on where a killed or cancelled one ended. A journal never fails an upload: without a usable
/// one, or while another process has it, interrupted objects begin anew.
///
/// What a record names is found again by its key, which is the hash of the content; every part is compared with the
/// bytes that are read (PutResumption). So a record says nothing of the file, which may have moved. An upload that is
/// never gone on with stays in the service until its rule for incomplete uploads, or `attache store uploads`, removes
/// it. Records of uploads that ended are dropped when the journal is opened. Thread-safe.
class UploadJournal final : public PutResumption {
 public:
  /// Always gives a journal; one that could not be opened has warned, unless another process has it.
  static std::unique_ptr<UploadJournal> open(UploadJournalOptions options);
  ~UploadJournal() override;

  /// False if nothing is remembered.
  bool works() const;

  std::optional<UnfinishedPut> unfinished(std::string_view key) override;
  Status begun(std::string_view key, const UnfinishedPut& put) override;
  void ended(std::string_view key, const UnfinishedPut& put) override;

 private:
  struct Impl;
  explicit UploadJournal(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// `<directory>/attache_uploads.journal`
std::string upload_journal_path(const std::string& directory);

}  // namespace attache
