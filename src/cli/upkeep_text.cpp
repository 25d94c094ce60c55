#include <attache/base/byte_size.hpp>
#include <attache/base/text.hpp>

#include "manifest_facts.hpp"
#include "manifest_input.hpp"
#include "upkeep_commands.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <utility>

namespace attache {

Result<std::vector<AnyManifest>> read_manifests(const std::vector<std::string>& files,
                                                const CliEnvironment& environment, const std::string& chunk_size) {
  ATTACHE_TRY(check_inputs(files));
  std::vector<AnyManifest> manifests;
  manifests.reserve(files.size());
  for (const std::string& file : files) {
    ATTACHE_ASSIGN(AnyManifest manifest, read_manifest(file, environment, chunk_size));
    manifests.push_back(std::move(manifest));
  }
  return manifests;
}

std::string uses_text(const std::vector<ContentUse>& uses) {
  if (uses.empty()) return "nothing";
  std::string text = "'" + printable(uses.front().path) + "'";
  if (uses.front().is_chunk) text += fmt::format(" (from byte {})", uses.front().offset);
  if (uses.size() > 1) text += fmt::format(" and {} more", uses.size() - 1);
  return text;
}

std::string fault_text(const FaultyContent& fault) {
  std::string what;
  switch (fault.fault) {
    case ContentFault::kMissing:
      what = "missing";
      break;
    case ContentFault::kWrongSize:
      what = fmt::format("{} instead of {}", counted(fault.found_size, "byte", "bytes"),
                         counted(fault.size, "byte", "bytes"));
      break;
    case ContentFault::kWrongContent:
      what = "other bytes";
      break;
    case ContentFault::kUnreadable:
      what = "unreadable";
      break;
  }
  if (!fault.detail.empty()) what += " (" + printable(fault.detail) + ")";
  return fmt::format("{}: needed by {}: {}", printable(fault.key), uses_text(fault.uses), what);
}

void add_fault(JsonWriter& json, const FaultyContent& fault, const std::vector<std::string>& files) {
  json.member("fault", to_string(fault.fault)).member("hash", fault.hash.to_hex()).member("size", fault.size);
  json.member("key", fault.key);
  if (fault.fault == ContentFault::kWrongSize) json.member("foundSize", fault.found_size);
  if (!fault.detail.empty()) json.member("detail", fault.detail);
  json.key("uses").begin_array();
  for (const ContentUse& use : fault.uses) {
    json.begin_object().member("manifest", from_posix_bytes(files.at(use.manifest))).member("path", use.path);
    if (use.is_chunk) json.member("offset", use.offset);
    json.end_object();
  }
  json.end_array();
}

std::string fault_counts(const std::vector<FaultyContent>& faults) {
  struct Kind {
    ContentFault fault;
    const char* text;
  };
  constexpr std::array<Kind, 4> kKinds{{{ContentFault::kMissing, "missing"},
                                        {ContentFault::kWrongSize, "of another size"},
                                        {ContentFault::kWrongContent, "with other bytes"},
                                        {ContentFault::kUnreadable, "unreadable"}}};
  std::string text;
  for (const Kind& kind : kKinds) {
    std::uint64_t count = 0;
    for (const FaultyContent& fault : faults) count += fault.fault == kind.fault ? 1U : 0U;
    if (count == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, kind.text);
  }
  return text;
}

}  // namespace attache
