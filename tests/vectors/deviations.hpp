#pragma once

#include <string_view>

namespace attache::vectors {

/// Where Attache decides otherwise than the recorded program, on purpose.
enum class Deviation {
  kIntegerRange,
  kNegativeSize,
  kBooleanInteger,
  kHashForm,
  kNesting,
  kNotUtf8,
  kManifestNameSeparators,
  kSameManifestName,
  kSameDestination,
  kComponentLeavesDestination,
  kSigma,
  kGlobOutsideRoot,
  kGlobUp,
  kRootMetacharacters,
  kLinkLoop,
};

/// The reason, for the report.
std::string_view reason(Deviation deviation);

}  // namespace attache::vectors
