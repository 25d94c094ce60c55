#pragma once

#include <attache/fsio/temporary_file.hpp>

#include "descriptor.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace attache {

struct TemporaryFile::Impl {
  Descriptor directory;        ///< where the file is and stays
  std::string directory_path;  ///< for messages
  std::string name;            ///< the final one, native bytes
  std::string temporary_name;  ///< empty once published
  Descriptor file;             ///< none after the first attempt to publish

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl();

  static Result<std::unique_ptr<Impl>> create(Descriptor directory, std::string directory_path, std::string name);
  std::string path_of(const std::string& file_name) const;
  /// Once: mode and close, whose error may be the first sign of a full disk on a network file system.
  Status complete();
  Status publish(const std::string& final_name, IfExists if_exists);
};

/// `.attache-<16 hex digits>.tmp`: 29 bytes in all, whatever the length of the final name, so that a name of 255 bytes
/// works too.
std::string temporary_file_name(std::uint64_t random);

/// Renames unless `to` exists, by a hard link: for file systems that cannot do it in one call. 0 or an errno value.
int rename_by_link(int directory, const char* from, const char* to);

}  // namespace attache
