#pragma once

#include <attache/fsio/file_status.hpp>

#include "platform.hpp"

#include <dirent.h>

namespace attache::platform {

/// What a directory entry's d_type says.
inline FileKind kind_of_entry(unsigned char type) {
  switch (type) {
    case DT_REG:
      return FileKind::kRegular;
    case DT_DIR:
      return FileKind::kDirectory;
    case DT_LNK:
      return FileKind::kSymlink;
    case DT_UNKNOWN:
      return kUnknownKind;
    default:
      return FileKind::kOther;
  }
}

}  // namespace attache::platform
