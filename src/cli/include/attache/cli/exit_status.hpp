#pragma once

#include <attache/base/error.hpp>

namespace attache {

/// Exit statuses of the `attache` command. Stable; docs/exit-statuses.md explains them to users.
enum class ExitStatus : int {
  kOk = 0,
  kFailure = 1,         ///< anything that has no status of its own
  kUsage = 2,           ///< a flag or an argument is wrong
  kBadDocument = 3,     ///< a manifest or a rules file is malformed
  kNotFound = 4,        ///< a file, object, bucket or profile is missing
  kRefused = 5,         ///< permissions or credentials
  kIntegrity = 6,       ///< wrong bytes, or a file that changed
  kOutsideRoot = 7,     ///< a path would leave its root
  kLocal = 8,           ///< local input/output, full disk, something in the way
  kNetwork = 9,         ///< no connection, or the service failed
  kKeptDifferent = 10,  ///< finished, but existing files that differ were kept (SKIP)
  kIncomplete = 11,     ///< finished, but what could not be read was left out (--skip-unreadable)
  kDamaged = 12,        ///< checked, and something is missing or wrong (verify; repair that could not put it right)
  kCancelled = 130,     ///< Ctrl-C
};

/// The one mapping from errors to exit statuses.
ExitStatus exit_status_of(ErrorCode code);

}  // namespace attache
