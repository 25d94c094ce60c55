#pragma once

#include <attache/base/result.hpp>
#include <attache/paths/names.hpp>
#include <attache/store/object_store.hpp>
#include <attache/store/upload_admin.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace attache {

/// What a command says about the store it wants.
struct StoreRequest {
  std::string uri;  ///< `s3://bucket/prefix`, `file:///path` or a plain path; empty: the embedded store
  std::string profile;
  std::string region;
  std::string endpoint_url;
  std::string expected_bucket_owner{};  ///< account; empty: that of the credentials
  bool requester_pays = false;
  std::string memory_budget{};  ///< for content on its way; as the user wrote it, empty: the default
  std::string limit_rate{};     ///< bytes per second; as the user wrote it, empty: no limit
  std::size_t concurrency = 0;  ///< requests at a time; 0: the default
};

/// A store and what its implementation needs to stay alive.
using StoreFactory = std::function<Result<std::unique_ptr<ObjectStore>>(const StoreRequest&)>;

/// The same of what uploads have left behind in one.
using UploadAdminFactory = std::function<Result<std::unique_ptr<UploadAdmin>>(const StoreRequest&)>;

/// Fills the buffer's beginning with the next bytes of an input; 0 at its end. kCancelled if Ctrl-C came while it
/// waited.
using InputReader = std::function<Result<std::size_t>(std::span<std::byte> buffer)>;

/// The world a command runs in: everything it reads or writes besides the files it is told about. A test passes its
/// own.
struct CliEnvironment {
  std::ostream& out;                                                            ///< results
  std::ostream& err;                                                            ///< messages and progress
  std::function<std::optional<std::string>(const std::string& name)> variable;  ///< environment
  std::function<LocalTime()> local_time;
  std::string current_directory;  ///< absolute host path
  bool err_is_terminal = false;   ///< progress is drawn, not logged
  StoreFactory open_store;
  std::stop_token stop;          ///< Ctrl-C
  InputReader read_input{};      ///< standard input; empty: there is none
  bool out_is_terminal = false;  ///< a manifest on it gets a line break
  UploadAdminFactory open_upload_admin{};
  /// Columns of the terminal that `err` is, asked for at each drawing; empty or 0: not known, 80.
  std::function<std::size_t()> terminal_width{};
  /// Monotone, for rates and the times between two reports of progress.
  std::function<std::chrono::steady_clock::time_point()> steady_time = std::chrono::steady_clock::now;
  /// How often progress is shown anew though nothing happens; 0: only when something does.
  std::chrono::milliseconds progress_tick{0};
};

/// Runs the `attache` command: arguments without the program's name, and the exit status (docs/exit-statuses.md).
/// Blocks; throws nothing.
int run(const std::vector<std::string>& args, const CliEnvironment& environment);

/// Where the embedded store is: `$XDG_DATA_HOME/attache/store`, else `~/.local/share/attache/store`; nothing without a
/// home.
std::optional<std::string> embedded_store_path(
    const std::function<std::optional<std::string>(const std::string&)>& variable);

}  // namespace attache
