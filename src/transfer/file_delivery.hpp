#pragma once

#include <attache/base/result.hpp>
#include <attache/fsio/output_file.hpp>
#include <attache/transfer/download.hpp>

#include "destination_tree.hpp"
#include "download_journal.hpp"
#include "download_plan.hpp"

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

namespace attache {

/// A file under a temporary name. Destroyed, it is removed, unless it was published or is kept for a later run.
class NewFile {
 public:
  NewFile(DestinationTree::Handle directory, std::string name, OutputFile file)
      : directory_(std::move(directory)), name_(std::move(name)), file_(std::move(file)) {}
  NewFile(NewFile&& other) noexcept
      : directory_(std::move(other.directory_)), name_(std::move(other.name_)), file_(std::move(other.file_)) {
    other.name_.clear();
  }
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile() {
    if (!name_.empty()) directory_->remove_file(name_.c_str());
  }

  OutputFile& file() { return file_; }
  const TargetDirectory& directory() const { return *directory_; }
  const std::string& name() const { return name_; }
  /// It has another name now, or stays as it is.
  void release() { name_.clear(); }

 private:
  DestinationTree::Handle directory_;
  std::string name_;
  OutputFile file_;
};

/// Makes files and gives them their names. Thread-safe.
class FileDelivery {
 public:
  /// All must outlive it.
  FileDelivery(const DownloadPlan& plan, DestinationTree& tree, DownloadJournal& journal,
               const DownloadOptions& options)
      : plan_(plan), tree_(tree), journal_(journal), options_(options) {}

  /// An empty file beside where `file` is to be; missing directories are made.
  Result<NewFile> create(const PlannedDownloadFile& file);
  /// The name of a temporary file that is not there yet.
  std::string temporary_name();

  struct Published {
    DownloadOutcome outcome = DownloadOutcome::kDownloaded;
    std::string path;  ///< as written, relative to the destination

    /// Otherwise what is there was kept.
    bool is_made() const { return outcome == DownloadOutcome::kDownloaded || outcome == DownloadOutcome::kCopied; }
  };
  /// Time, modes, and the final name: content is complete.
  Result<Published> publish(const PlannedDownloadFile& file, NewFile& made);

  /// The name for something that lies under `temporary`: the planned one, or a free one (kCreateCopy).
  Result<Published> give_name(const TargetDirectory& directory, std::uint32_t index, const std::string& name,
                              const std::string& temporary);

  Error write_error(const PlannedDownloadFile& file, int error_number) const {
    return tree_.error("cannot write", file.directory, file.name, error_number);
  }

 private:
  const DownloadPlan& plan_;
  DestinationTree& tree_;
  DownloadJournal& journal_;
  const DownloadOptions& options_;
  std::atomic<std::uint64_t> next_{0};
};

}  // namespace attache
