#pragma once

#include <attache/manifest/any_manifest.hpp>
#include <attache/transfer/upload.hpp>

#include "console.hpp"
#include "json_writer.hpp"

#include <chrono>
#include <string>

namespace attache {

// What `attachment upload` says of what it did.

/// Of all manifests together.
class UploadTotal {
 public:
  void add(const UploadReport& report) { sum_.add(report); }
  /// Lines for people, and the members of the report.
  void report(const std::string& store, bool dry_run, Console& console, JsonWriter& json) const;

 private:
  UploadReport sum_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

/// The members of one manifest: counts, and `entries` with path, outcome and size of each, in a dry run with the
/// reason, too. With --verbose a line for each.
void report_upload(const AnyManifest& manifest, const UploadReport& report, bool dry_run, Console& console,
                   JsonWriter& json);

}  // namespace attache
