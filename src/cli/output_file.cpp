#include "output_file.hpp"

#include <attache/fsio/directory.hpp>
#include <attache/fsio/system_error.hpp>
#include <attache/fsio/temporary_file.hpp>

#include <fstream>
#include <optional>
#include <span>

namespace attache {

namespace {

Error exists(const std::string& path) {
  return Error(ErrorCode::kAlreadyExists, quoted_path(path) + " exists already",
               "choose another name, or replace the file with --force");
}

/// What is at a path, links followed; an error if it cannot be the path of a file.
Result<std::optional<FileStatus>> status_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  const std::string parent = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  if (name.empty() || name == "." || name == "..") {
    return fail(ErrorCode::kInvalidArgument, quoted_path(path) + " is not the name of a file", "name a file to write");
  }
  const auto directory = Directory::open(parent);
  if (!directory) return fail(directory.error().within(action_on("cannot write", path)));
  return directory->status(name);
}

/// /dev/null, /dev/stderr, a FIFO: renaming a file over it would take it away.
bool is_device(const std::optional<FileStatus>& status) {
  return status && status->kind == FileKind::kOther;
}

Status write_device(const std::string& path, const std::function<Status(const OutputSink&)>& produce) {
  // Appending: should a file have taken its place meanwhile, it keeps what it holds.
  std::ofstream stream(path, std::ios::binary | std::ios::app);
  const auto check = [&]() -> Status {
    if (stream) return {};
    return fail(ErrorCode::kIo, action_on("cannot write", path) + ": the device refuses it", "name another file");
  };
  ATTACHE_TRY(check());
  ATTACHE_TRY(produce([&](std::string_view piece) {
    stream.write(piece.data(), static_cast<std::streamsize>(piece.size()));
    return check();
  }));
  stream.close();
  return check();
}

}  // namespace

Status check_output_file(const std::string& path, bool force) {
  ATTACHE_ASSIGN(const std::optional<FileStatus> status, status_of(path));
  if (!status || is_device(status)) return {};
  if (status->kind == FileKind::kDirectory) {
    return fail(ErrorCode::kAlreadyExists, action_on("cannot write", path) + ": it is a directory",
                "name a file, in that directory or elsewhere");
  }
  if (!force) return fail(exists(path));
  return {};
}

Status check_output_directory(const std::string& path) {
  return Directory::open(path).map([](const Directory&) {});
}

Status write_output_file(const std::string& path, bool force, const std::function<Status(const OutputSink&)>& produce) {
  ATTACHE_ASSIGN(const std::optional<FileStatus> status, status_of(path));
  if (is_device(status)) return write_device(path, produce);
  ATTACHE_ASSIGN(TemporaryFile file, TemporaryFile::create(path));
  ATTACHE_TRY(produce([&](std::string_view piece) { return file.write(std::as_bytes(std::span(piece))); }));
  ATTACHE_TRY(file.sync());
  Status published = file.publish(force ? TemporaryFile::IfExists::kReplace : TemporaryFile::IfExists::kFail);
  if (!published && published.error().code() == ErrorCode::kAlreadyExists) return fail(exists(path));
  return published;
}

}  // namespace attache
