#pragma once

#include <attache/cli/exit_status.hpp>
#include <attache/cli/run.hpp>
#include <attache/manifest/any_manifest.hpp>
#include <attache/transfer/verify.hpp>

#include "console.hpp"

#include <optional>
#include <string>
#include <vector>

namespace attache {

// One aggregate and one function per command that checks content, or puts it right.

struct VerifyCommand {
  std::vector<std::string> manifests;
  std::string chunk_size;
  std::string root;      ///< a tree that is compared, too, or instead if no store is named
  bool content = false;  ///< read everything
  StoreRequest store;
};
Result<ExitStatus> run_verify(const VerifyCommand& command, const CliEnvironment& environment, Console& console);

struct RepairCommand {
  std::vector<std::string> manifests;
  std::string chunk_size;
  std::string root;      ///< a tree to send from
  StoreRequest from;     ///< a store to copy from, if it has a URI
  bool content = false;  ///< find wrong bytes, too
  StoreRequest store;
};
Result<ExitStatus> run_repair(const RepairCommand& command, const CliEnvironment& environment, Console& console);

// What both say.

/// All of them; standard input at most once.
Result<std::vector<AnyManifest>> read_manifests(const std::vector<std::string>& files,
                                                const CliEnvironment& environment, const std::string& chunk_size);

/// "'shot.mov' and 2 more": where a content is needed.
std::string uses_text(const std::vector<ContentUse>& uses);
/// A line for people: what is wrong, where it is needed, and which object it is.
std::string fault_text(const FaultyContent& fault);
/// Members of the current object. `files` are the names of the manifests.
void add_fault(JsonWriter& json, const FaultyContent& fault, const std::vector<std::string>& files);
/// "2 missing, 1 of another size"
std::string fault_counts(const std::vector<FaultyContent>& faults);

}  // namespace attache
