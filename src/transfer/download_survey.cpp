#include "download_survey.hpp"

#include <attache/base/byte_size.hpp>
#include <attache/base/text.hpp>
#include <attache/exec/worker_group.hpp>
#include <attache/fsio/file.hpp>
#include <attache/fsio/host_path.hpp>

#include "content_check.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <map>
#include <string_view>
#include <utility>

namespace attache {

namespace {

class Surveyor {
 public:
  Surveyor(const DownloadPlan& plan, DestinationTree& tree, const DownloadJournal& journal,
           const DownloadOptions& options, const std::stop_token& stop)
      : plan_(plan), tree_(tree), journal_(journal), options_(options), stop_(stop) {}

  Result<DownloadSurvey> run() {
    survey_.files.resize(plan_.files.size(), FileState::kWrite);
    survey_.links.resize(plan_.links.size(), FileState::kWrite);
    existing_.resize(plan_.files.size(), 0);
    for (std::uint32_t i = 0; i < plan_.files.size(); ++i) {
      if (stop_.stop_requested()) return cancelled();
      ATTACHE_ASSIGN(survey_.files[i], look_at(i));
    }
    for (std::size_t i = 0; i < plan_.links.size(); ++i) {
      if (stop_.stop_requested()) return cancelled();
      ATTACHE_ASSIGN(survey_.links[i], look_at_link(i));
    }
    for (std::uint32_t i = 0; i < plan_.directories.size(); ++i) {
      if (stop_.stop_requested()) return cancelled();
      ATTACHE_TRY(tree_.find(i));  // those that only directories are in
    }
    ATTACHE_TRY(check_aliases());
    ATTACHE_TRY(check_contents());
    ATTACHE_TRY(check_space());
    return std::move(survey_);
  }

 private:
  /// A file whose content has to be read, under which name, and what it is if the content is another.
  struct Candidate {
    std::uint32_t file;
    std::string name;
    FileState otherwise;
    bool is_copy = false;
  };

  tl::unexpected<Error> in_the_way(std::uint32_t directory, const std::string& name, const char* what) const {
    return fail(ErrorCode::kAlreadyExists,
                "'" + tree_.shown(directory, name) +
                    "' is in the way: it is not a regular file, and the manifest has " + what + " there",
                "move it away, or download into another directory");
  }

  /// An error names the file for which the directory is needed.
  Result<DestinationTree::Handle> directory_of(std::uint32_t directory, const std::string& name) const {
    Result<DestinationTree::Handle> found = tree_.find(directory);
    if (found) return found;
    return fail(found.error().within("'" + tree_.shown(directory, name) + "'"));
  }

  bool is_deleted_directory(std::uint32_t parent, const std::string& name) const {
    return std::any_of(plan_.deleted_directories.begin(), plan_.deleted_directories.end(), [&](std::uint32_t deleted) {
      return plan_.directories[deleted].parent == parent && plan_.directories[deleted].name == name;
    });
  }

  FileState taken() const {
    switch (options_.conflict) {
      case ConflictResolution::kSkip:
        return FileState::kDiffers;
      case ConflictResolution::kOverwrite:
        return FileState::kReplace;
      case ConflictResolution::kCreateCopy:
        break;
    }
    return FileState::kTaken;
  }

  Result<FileState> look_at(std::uint32_t index) {
    const PlannedDownloadFile& file = plan_.files[index];
    ATTACHE_ASSIGN(const DestinationTree::Handle directory, directory_of(file.directory, file.name));
    if (!directory) return FileState::kWrite;
    if (journal_.resumes()) {
      if (const auto copy = journal_.copy_of(file.directory, file.name)) {
        FileStatus status;
        if (directory->status(copy->c_str(), status) == 0 && looks_like(status, plan_, file)) {
          candidates_.push_back({index, *copy, FileState::kTaken, true});
        }
      }
    }
    FileStatus status;
    const int error = directory->status(file.name.c_str(), status);
    if (error == ENOENT) return FileState::kWrite;
    if (error != 0) return fail(tree_.error("cannot read the status of", file.directory, file.name, error));
    const bool is_link = status.kind == FileKind::kSymlink;
    if (is_link) {
      // What it leads to counts, as long as that is inside.
      ATTACHE_ASSIGN(const RelativePath path, RelativePath::parse(plan_.path_of(file)));
      ATTACHE_ASSIGN(const auto target, tree_.root().stat(path));
      if (!target) return taken();
      status = *target;
    }
    if (status.kind == FileKind::kDirectory && is_deleted_directory(file.directory, file.name)) {
      return FileState::kWrite;
    }
    if (status.kind != FileKind::kRegular) return in_the_way(file.directory, file.name, "a file");
    existing_[index] = status.size;
    if (!looks_like(status, plan_, file)) return taken();
    survey_.follows_links = survey_.follows_links || is_link || tree_.is_reached_by_link(file.directory);
    // What is replaced may be what a link leads to: who looked at the link would then find other bytes.
    if (is_link && options_.conflict == ConflictResolution::kOverwrite) return taken();
    const bool asks_content = options_.verify || journal_.resumes();
    if (options_.conflict == ConflictResolution::kSkip && !options_.verify) return FileState::kPresent;
    // What is there may be what is wanted: of a dead run, or because the user wants it to be looked at.
    if (asks_content && (options_.conflict != ConflictResolution::kCreateCopy || journal_.resumes())) {
      candidates_.push_back({index, file.name, taken(), false});
    }
    return taken();
  }

  Result<FileState> look_at_link(std::size_t index) {
    const PlannedLink& link = plan_.links[index];
    ATTACHE_ASSIGN(const DestinationTree::Handle directory, directory_of(link.directory, link.name));
    if (!directory) return FileState::kWrite;
    if (tree_.is_reached_by_link(link.directory)) {
      // Its text is right where the manifest has it. Elsewhere it could lead anywhere.
      return fail(ErrorCode::kOutsideRoot,
                  "cannot make the link '" + tree_.shown(link.directory, link.name) +
                      "': a symbolic link is on the way to its directory",
                  "remove that link, or download into another directory");
    }
    FileStatus status;
    const int error = directory->status(link.name.c_str(), status);
    if (error == ENOENT) return FileState::kWrite;
    if (error != 0) return fail(tree_.error("cannot read the status of", link.directory, link.name, error));
    if (status.kind == FileKind::kDirectory) {
      if (is_deleted_directory(link.directory, link.name)) return FileState::kWrite;
      return in_the_way(link.directory, link.name, "a link");
    }
    const auto has_text = [&](const std::string& name) {
      std::string text;
      return directory->read_link(name.c_str(), text) == 0 && text == link.text;
    };
    if (has_text(link.name)) return FileState::kPresent;
    if (journal_.resumes()) {
      if (const auto copy = journal_.copy_of(link.directory, link.name); copy && has_text(*copy)) {
        survey_.links_written_as.emplace(index, *copy);
        return FileState::kPresent;
      }
    }
    return taken();
  }

  /// Two paths may be one, by a link between directories that was there: of two contents the first would be
  /// overwritten. (With kSkip the second is kept out and reported, with kCreateCopy it gets another name.)
  Status check_aliases() {
    if (options_.conflict != ConflictResolution::kOverwrite) return {};
    const auto count = static_cast<std::uint32_t>(plan_.directories.size());
    std::uint32_t by_link = 0;
    while (by_link < count && !tree_.is_reached_by_link(by_link)) ++by_link;
    if (by_link == count) return {};
    // The first directory that is the same as each: one by its inode, or of one name in the same one.
    std::vector<std::uint32_t> same(count);
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint32_t> by_inode;
    std::map<std::pair<std::uint32_t, std::string_view>, std::uint32_t> by_name;
    for (std::uint32_t i = 0; i < count; ++i) {
      if (stop_.stop_requested()) return cancelled();
      ATTACHE_ASSIGN(const DestinationTree::Handle handle, tree_.find(i));
      FileStatus status;
      if (!handle) {
        const PlannedDirectory& directory = plan_.directories[i];
        same[i] = i == 0 ? 0 : by_name.try_emplace({same[directory.parent], directory.name}, i).first->second;
      } else if (const int error = handle->status(status); error != 0) {
        return fail(tree_.error("cannot read the status of", i, {}, error));
      } else {
        same[i] = by_inode.try_emplace({status.device, status.inode}, i).first->second;
      }
    }
    std::map<std::pair<std::uint32_t, std::string_view>, std::uint32_t> files;
    for (std::uint32_t i = 0; i < plan_.files.size(); ++i) {
      if (stop_.stop_requested()) return cancelled();
      const PlannedDownloadFile& file = plan_.files[i];
      const auto [found, is_new] = files.try_emplace({same[file.directory], file.name}, i);
      if (is_new) continue;
      const PlannedDownloadFile& other = plan_.files[found->second];
      if (other.content == file.content && other.mtime_us == file.mtime_us) continue;
      return fail(ErrorCode::kAlreadyExists,
                  "'" + tree_.shown(other.directory, other.name) + "' and '" + tree_.shown(file.directory, file.name) +
                      "' are one file here, since a symbolic link is on the way, and the manifest has two",
                  "remove that link, or download into another directory");
    }
    return {};
  }

  /// Reads the candidates, several at a time.
  Status check_contents() {
    if (candidates_.empty()) return {};
    std::vector<std::uint8_t> is_right(candidates_.size(), 0);
    std::atomic<std::size_t> next = 0;
    const auto threads = static_cast<unsigned>(std::min<std::size_t>(candidates_.size(), WorkerGroup::default_size()));
    WorkerGroup group(threads, stop_, [&](unsigned, const std::stop_token& stop) -> Status {
      for (std::size_t i = next++; i < candidates_.size(); i = next++) {
        ATTACHE_ASSIGN(const bool right, has_right_content(candidates_[i], stop));
        is_right[i] = right ? 1 : 0;
      }
      return {};
    });
    ATTACHE_TRY(group.join());
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      const Candidate& candidate = candidates_[i];
      FileState& state = survey_.files[candidate.file];
      if (is_right[i] == 0) {
        if (!candidate.is_copy && state != FileState::kPresent) state = candidate.otherwise;
        continue;
      }
      if (state == FileState::kPresent) continue;  // under its own name, too
      state = FileState::kPresent;
      if (candidate.is_copy) survey_.written_as.emplace(candidate.file, candidate.name);
    }
    return {};
  }

  Result<bool> has_right_content(const Candidate& candidate, const std::stop_token& stop) const {
    const PlannedDownloadFile& file = plan_.files[candidate.file];
    ATTACHE_ASSIGN(const RelativePath path, RelativePath::parse(plan_.path_of(file.directory, candidate.name)));
    const Result<File> opened = tree_.root().open_for_reading(path);
    if (!opened) return false;  // gone, or not to be read: it cannot be said to be right
    auto right = has_content(*opened, plan_, plan_.contents[file.content], stop);
    if (!right && right.error().code() == ErrorCode::kIo) return false;
    return right;
  }

  /// Room on a file system, by its device.
  struct Space {
    std::uint64_t needed = 0;
    std::uint64_t freed = 0;
    std::vector<std::uint64_t> largest{};
    std::uint64_t available = UINT64_MAX;
    std::uint32_t directory = 0;

    void add_available(std::uint64_t bytes) { available += std::min(bytes, UINT64_MAX - available); }
  };

  Status check_space() {
    std::map<std::uint64_t, Space> spaces;
    std::vector<Space*> space_of(plan_.directories.size(), nullptr);
    for (std::uint32_t i = 0; i < plan_.directories.size(); ++i) {
      // A directory that is not there will be where the one above it is, which comes before it.
      ATTACHE_ASSIGN(const DestinationTree::Handle handle, tree_.find(i));
      if (!handle) {
        space_of[i] = i == 0 ? nullptr : space_of[plan_.directories[i].parent];
        continue;
      }
      FileStatus status;
      if (const int error = handle->status(status); error != 0) {
        return fail(tree_.error("cannot read the status of", i, {}, error));
      }
      const auto [found, is_new] = spaces.try_emplace(status.device);
      if (is_new) {
        found->second.available = handle->free_space();
        found->second.directory = i;
      }
      space_of[i] = &found->second;
    }
    Space without_root;
    if (space_of[0] == nullptr) {
      ATTACHE_ASSIGN(without_root.available, space_above());
    }
    constexpr std::uint32_t kStopInterval = 4096;
    for (std::uint32_t i = 0; i < plan_.files.size(); ++i) {
      if (i % kStopInterval == 0 && stop_.stop_requested()) return cancelled();
      if (!survey_.writes(i)) continue;
      const PlannedDownloadFile& file = plan_.files[i];
      const std::uint64_t size = plan_.contents[file.content].size;
      ++survey_.files_to_write;
      survey_.bytes_to_write += size;
      Space& space = space_of[file.directory] == nullptr ? without_root : *space_of[file.directory];
      space.needed += size;
      space.largest.push_back(size);
      if (survey_.files[i] == FileState::kReplace) space.freed += existing_[i];
    }
    if (tree_.has_root() && journal_.has_taken_over()) {
      for (const auto& [device, bytes] : journal_.space_of_leftovers(tree_.root())) {
        if (const auto found = spaces.find(device); found != spaces.end()) found->second.add_available(bytes);
      }
    }
    ATTACHE_TRY(count_deletions(spaces));
    for (auto& [device, space] : spaces) ATTACHE_TRY(check(space));
    return check(without_root);
  }

  /// What the plan deletes is gone before the first file comes.
  Status count_deletions(std::map<std::uint64_t, Space>& spaces) {
    for (const PlannedLink& file : plan_.deleted_files) {
      if (stop_.stop_requested()) return cancelled();
      ATTACHE_ASSIGN(const DestinationTree::Handle directory, tree_.find(file.directory));
      FileStatus status;
      if (!directory || directory->status(file.name.c_str(), status) != 0 || status.kind != FileKind::kRegular)
        continue;
      if (const auto found = spaces.find(status.device); found != spaces.end()) {
        found->second.add_available(directory->space_of(file.name.c_str()));
      }
    }
    return {};
  }

  Status check(Space& space) const {
    // Replaced files make room only one after the other, so the largest that can be in flight count in full.
    const std::size_t at_once = std::min<std::size_t>(std::max(options_.large_at_once, 1U), space.largest.size());
    std::partial_sort(space.largest.begin(), space.largest.begin() + static_cast<std::ptrdiff_t>(at_once),
                      space.largest.end(), std::greater<>());
    std::uint64_t in_flight = 0;
    for (std::size_t i = 0; i < at_once; ++i) in_flight += space.largest[i];
    const std::uint64_t needed =
        std::max(space.needed - std::min(space.needed, space.freed), std::min(space.needed, in_flight));
    if (needed <= space.available) return {};
    return fail(ErrorCode::kNoSpace,
                "the files need " + human_size(needed) + ", but only " + human_size(space.available) +
                    " are free below '" + tree_.shown(space.directory, {}) + "'",
                "free some space or choose another destination; nothing was written");
  }

  /// Where the destination is going to be.
  Result<std::uint64_t> space_above() const {
    std::string path = options_.destination;
    for (;;) {
      if (Result<std::uint64_t> space = free_space(path.empty() ? "." : path); space) return space;
      const std::size_t end = path.find_last_not_of('/');
      const std::size_t slash = end == std::string::npos ? end : path.rfind('/', end);
      if (slash == std::string::npos) return free_space(path.starts_with('/') ? "/" : ".");
      path.resize(slash == 0 ? 1 : slash);
    }
  }

  const DownloadPlan& plan_;
  DestinationTree& tree_;
  const DownloadJournal& journal_;
  const DownloadOptions& options_;
  const std::stop_token& stop_;
  DownloadSurvey survey_;
  std::vector<std::uint64_t> existing_;  // sizes of what is there, by file
  std::vector<Candidate> candidates_;
};

}  // namespace

Result<DownloadSurvey> survey_destination(const DownloadPlan& plan, DestinationTree& tree,
                                          const DownloadJournal& journal, const DownloadOptions& options,
                                          const std::stop_token& stop) {
  return Surveyor(plan, tree, journal, options, stop).run();
}

}  // namespace attache
