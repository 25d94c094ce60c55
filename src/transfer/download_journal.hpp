#pragma once

#include <attache/base/result.hpp>
#include <attache/fsio/journal.hpp>
#include <attache/fsio/root_directory.hpp>
#include <attache/hash/digest.hpp>

#include "download_plan.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// What runs of downloads into a destination have begun, for the run that comes after one that died: Journals named
/// `.attache-<run>.journal`, where <run> are 16 random digits that are also in the name of each temporary file of that
/// run. They are in the destination, or, if there is a directory for them, in its `<hash of the destination's path>`:
/// see DownloadOptions::journal_directory. Every run has one of its own, so that several may work in one destination;
/// those of dead runs are not locked, and are taken over.
///
///   R <run>                             a run, whose temporary files are nobody's once it is dead
///   S <digest>                          a plan that a run worked on (DownloadPlan::digest)
///   D <directory>                       one in which it made temporary files
///   P <hash> <directory> NUL <name>     the temporary file of a large content: the beginning of it, if it is there
///   C <directory> NUL <name> NUL <copy> the new name that the file `name` is about to get (CREATE_COPY)
///
/// Each is written before what it speaks of is done. A run that succeeds removes its journal. Trouble with a journal
/// never fails a download: there is a warning, and the next run begins anew. note_*() from any thread.
class DownloadJournal {
 public:
  /// The plan must outlive it; `digest` is its own. Without DownloadOptions::journal it does nothing.
  DownloadJournal(const DownloadPlan& plan, const Digest& digest, const DownloadOptions& options);

  /// 16 hexadecimal digits.
  const std::string& run() const { return run_; }

  /// Takes over the journals of dead runs. Of the destination nothing is changed, other than the ends of journals that
  /// were torn.
  void take_over();

  struct Part {
    std::string directory;  ///< native bytes, relative to the destination; "" for itself
    std::string name;
  };
  bool has_taken_over() const { return !taken_over_.empty(); }
  /// A dead run worked on this very plan: files that are as they should be may be its.
  bool resumes() const { return resumes_; }
  /// Dead runs worked on plans, this one or others, that may still be gone on with.
  bool has_dead_plans() const { return has_dead_plans_; }
  /// The beginning of a content, as a dead run left it: given once, to whoever goes on with it or removes it.
  std::optional<Part> take_part(const Digest& hash);
  /// There are beginnings that nobody has taken.
  bool holds_parts() const;
  /// What the temporary files of dead runs take on each file system, by its device: begin() gives it back, or a
  /// content goes on with it.
  std::map<std::uint64_t, std::uint64_t> space_of_leftovers(const RootDirectory& root) const;
  /// The name under which a dead run has, or was about to have, written a file.
  std::optional<std::string> copy_of(std::uint32_t directory, const std::string& name) const;

  /// About a beginning: its content, and the directory (native bytes) that it is in.
  using WantsPart = std::function<bool(const Digest&, const std::string& directory)>;
  /// Begins this run's journal with what was taken over, and removes temporary files that dead runs have left but
  /// for the beginnings of what `wants` wants.
  void begin(const RootDirectory& root, const WantsPart& wants);
  void note_directory(std::uint32_t directory);
  /// The path of a directory as the journal has it.
  std::string native_path(std::uint32_t directory) const;
  /// False if it could not be noted: nobody would find the file.
  bool note_part(const Digest& hash, std::uint32_t directory, const std::string& name);
  void note_copy(std::uint32_t directory, const std::string& name, const std::string& copy);
  /// The end of the run. If it is not kept, nothing is left of it and of the dead runs that begin() took over.
  void end(bool keep);

  std::vector<std::string> warnings() const;

 private:
  void read(const std::vector<std::string>& records);
  std::vector<std::string> records_to_keep() const;
  void clean(const RootDirectory& root, const WantsPart& wants);
  void clean_directory(const RootDirectory& root, const std::string& directory,
                       const std::set<std::string>& wanted_names);
  /// The names of temporary files of dead runs in a directory.
  std::vector<std::string> leftovers_in(const TargetDirectory& directory) const;
  Status make_directory() const;
  bool append(const std::string& record);
  void warn(const Error& error);

  const DownloadPlan& plan_;
  const Digest digest_;
  const bool is_wanted_;
  const bool is_apart_;          ///< not in the destination
  const std::string directory_;  ///< where the journals are
  const std::string run_;

  // Of dead runs.
  std::vector<Journal> taken_over_;
  bool resumes_ = false;
  bool has_dead_plans_ = false;
  std::set<std::string> runs_;
  std::set<std::string> plans_;
  std::set<std::string> directories_;
  std::map<Digest, Part> parts_;               // guarded by mutex_ after begin()
  std::map<std::string, std::string> copies_;  // by directory NUL name

  std::vector<std::atomic<bool>> noted_;  // by directory of the plan
  mutable std::mutex mutex_;
  std::optional<Journal> journal_;     // guarded by mutex_
  std::vector<std::string> warnings_;  // guarded by mutex_
};

}  // namespace attache
