#include "tree_changes.hpp"

#include <attache/base/text.hpp>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace attache {

namespace {

/// A link under a temporary name, which goes if it is not published.
class NewLink {
 public:
  NewLink(DestinationTree::Handle directory, std::string name)
      : directory_(std::move(directory)), name_(std::move(name)) {}
  NewLink(const NewLink&) = delete;
  NewLink& operator=(const NewLink&) = delete;
  ~NewLink() {
    if (!name_.empty()) directory_->remove_file(name_.c_str());
  }
  const std::string& name() const { return name_; }
  void release() { name_.clear(); }

 private:
  DestinationTree::Handle directory_;
  std::string name_;
};

Result<FileDelivery::Published> make_link(DownloadContext& context, const PlannedLink& link) {
  ATTACHE_ASSIGN(const DestinationTree::Handle directory, context.tree.make(link.directory));
  if (context.tree.is_reached_by_link(link.directory)) {
    return fail(ErrorCode::kOutsideRoot,
                "cannot make the link '" + context.tree.shown(link.directory, link.name) +
                    "': a symbolic link is on the way to its directory",
                "remove that link, or download into another directory");
  }
  context.journal.note_directory(link.directory);
  std::string temporary = context.delivery.temporary_name();
  if (const int error = directory->make_link(link.text.c_str(), temporary.c_str()); error != 0) {
    return fail(context.tree.error("cannot make the link", link.directory, link.name, error));
  }
  NewLink made(directory, std::move(temporary));
  // The same link under this name is what is wanted, whoever made it.
  const auto is_there = [&] {
    std::string text;
    return directory->read_link(link.name.c_str(), text) == 0 && text == link.text;
  };
  if (is_there()) {
    return FileDelivery::Published{DownloadOutcome::kPresent, context.plan.path_of(link.directory, link.name)};
  }
  ATTACHE_ASSIGN(FileDelivery::Published published,
                 context.delivery.give_name(*directory, link.directory, link.name, made.name()));
  if (published.is_made()) made.release();
  if (published.outcome == DownloadOutcome::kDiffers && is_there()) published.outcome = DownloadOutcome::kPresent;
  return published;
}

}  // namespace

Status apply_deletions(const DownloadContext& context, DownloadReport& report, const std::stop_token& stop) {
  for (const PlannedLink& file : context.plan.deleted_files) {
    if (stop.stop_requested()) return cancelled();
    ATTACHE_ASSIGN(const DestinationTree::Handle directory, context.tree.find(file.directory));
    if (!directory) continue;
    FileStatus status;
    int error = directory->status(file.name.c_str(), status);
    if (error == ENOENT) continue;
    if (error == 0 && status.kind == FileKind::kDirectory) continue;  // not what the manifest speaks of
    if (error == 0) error = directory->remove_file(file.name.c_str());
    if (error == ENOENT) continue;
    if (error != 0) return fail(context.tree.error("cannot remove", file.directory, file.name, error));
    report.deleted.push_back(context.plan.path_of(file.directory, file.name));
  }
  for (const std::uint32_t index : context.plan.deleted_directories) {
    if (stop.stop_requested()) return cancelled();
    const PlannedDirectory& planned = context.plan.directories[index];
    ATTACHE_ASSIGN(const DestinationTree::Handle parent, context.tree.find(planned.parent));
    if (!parent) continue;
    const int error = parent->remove_directory(planned.name.c_str());
    if (error == ENOENT || error == ENOTDIR || error == ELOOP) continue;
    if (error == ENOTEMPTY || error == EEXIST || error == EBUSY) {
      report.kept_directories.push_back(context.plan.path_of(index));
      continue;
    }
    if (error != 0) return fail(context.tree.error("cannot remove the directory", planned.parent, planned.name, error));
    context.tree.forget(index);
    report.deleted.push_back(context.plan.path_of(index));
  }
  return {};
}

Status make_directories(const DownloadContext& context, const std::stop_token& stop) {
  for (std::uint32_t i = 0; i < context.plan.directories.size(); ++i) {
    if (stop.stop_requested()) return cancelled();
    if (context.plan.directories[i].is_listed) ATTACHE_TRY(context.tree.make(i));
  }
  return {};
}

Status make_links(DownloadContext& context, const std::stop_token& stop) {
  for (std::size_t i = 0; i < context.plan.links.size(); ++i) {
    if (stop.stop_requested()) return cancelled();
    const PlannedLink& link = context.plan.links[i];
    FileDelivery::Published published;
    if (context.survey.links[i] == FileState::kPresent || context.survey.links[i] == FileState::kDiffers) {
      published.outcome =
          context.survey.links[i] == FileState::kPresent ? DownloadOutcome::kPresent : DownloadOutcome::kDiffers;
      const auto written = context.survey.links_written_as.find(i);
      published.path = context.plan.path_of(
          link.directory, written == context.survey.links_written_as.end() ? link.name : written->second);
    } else {
      ATTACHE_ASSIGN(published, make_link(context, link));
    }
    const bool is_made = published.is_made();
    context.files.push_back({.path = std::move(published.path),
                             .outcome = published.outcome,
                             .size = 0,
                             .entry = link.entry,
                             .origin = ContentOrigin::kNone,
                             .is_link = true});
    if (is_made) {
      context.files_written.fetch_add(1, std::memory_order_relaxed);
      context.progress.add(1, 0);
    } else {
      context.progress.skip(1, 0);
    }
  }
  return {};
}

Status set_directory_permissions(const DownloadContext& context, const std::stop_token& stop) {
  const DownloadPermissions& permissions = context.options.permissions;
  if (!permissions.group && permissions.directory_mode == 0) return {};
  std::vector<bool> concerned(context.plan.directories.size(), false);
  const auto add = [&](std::uint32_t directory) {
    while (!concerned[directory]) {
      concerned[directory] = true;
      directory = context.plan.directories[directory].parent;
    }
  };
  // What a dead run has written is there, but it did not come so far as to set its directories.
  const bool counts_present = context.journal.resumes();
  for (std::uint32_t i = 0; i < context.plan.files.size(); ++i) {
    const bool is_of_dead_run = counts_present && context.survey.files[i] == FileState::kPresent;
    if (is_of_dead_run || context.survey.writes(i)) add(context.plan.files[i].directory);
  }
  // The deepest first: a mode could take away the way to them.
  for (std::size_t i = concerned.size(); i-- > 0;) {
    if (!concerned[i]) continue;
    if (stop.stop_requested()) return cancelled();
    const auto index = static_cast<std::uint32_t>(i);
    ATTACHE_ASSIGN(const DestinationTree::Handle directory, context.tree.find(index));
    if (!directory) continue;
    int error = permissions.group ? directory->set_group(*permissions.group) : 0;
    if (error == 0 && permissions.directory_mode != 0) error = directory->add_mode(permissions.directory_mode);
    if (error != 0) return fail(context.tree.error("cannot set group and mode of the directory", index, {}, error));
  }
  return {};
}

}  // namespace attache
