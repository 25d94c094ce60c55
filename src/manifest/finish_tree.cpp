#include "finish_tree.hpp"

#include "decode_support.hpp"

namespace attache::detail {

std::string describe(const TreeAssembler::Finding& finding) {
  const std::string path = quoted(finding.path);
  // finish() finds no other rules broken
  switch (finding.rule) {
    case DecodeRule::kDuplicate:
      return path + " occurs twice";
    case DecodeRule::kFileIsDirectory:
      return path + " is both a file and a directory";
    case DecodeRule::kLinkTarget:
      return path + " is a link whose target begins with '$' and would be read as a reference to a directory";
    case DecodeRule::kIntegerRange:
      return "the sizes of all files together exceed 64 bits";
    default:
      return "there are more entries than a manifest can hold (4,294,967,294 files or directories)";
  }
}

const char* remedy(const TreeAssembler::Finding& finding) {
  switch (finding.rule) {
    case DecodeRule::kDuplicate:
    case DecodeRule::kFileIsDirectory:
      return "leave one of the two out";
    case DecodeRule::kLinkTarget:
      return "rename the directory whose name begins with '$', or leave the link out";
    default:
      return "split the files over several manifests";
  }
}

std::string where(const TreeAssembler::Finding& finding) {
  if (finding.path.empty()) return {};
  return std::string(finding.is_directory ? "dirs (" : "files (") + quoted(finding.path) + ")";
}

}  // namespace attache::detail
