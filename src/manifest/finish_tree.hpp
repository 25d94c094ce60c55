#pragma once

#include <attache/base/result.hpp>

#include "tree_assembler.hpp"

#include <optional>
#include <string>
#include <utility>

namespace attache::detail {

/// What is wrong, in words that begin with the path (or stand alone).
std::string describe(const TreeAssembler::Finding& finding);

/// Where it is: "dirs ('a/b')", or empty.
std::string where(const TreeAssembler::Finding& finding);

/// What to do about it.
const char* remedy(const TreeAssembler::Finding& finding);

/// finish() and take(): the first finding is an error of the given code.
template <typename M>
Result<M> finish_tree(TreeAssembler&& assembler, ErrorCode code) {
  std::optional<TreeAssembler::Finding> fault;
  assembler.finish([&fault](const TreeAssembler::Finding& finding) {
    fault = finding;
    return false;
  });
  if (fault) return fail(code, describe(*fault), remedy(*fault));
  return std::move(assembler).template take<M>();
}

}  // namespace attache::detail
