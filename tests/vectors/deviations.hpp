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
  kGlobCrossesSlash,
  kGlobBytes,
  kGlobEscapedBackslash,
  kRootMetacharacters,
  kLinkLoop,
  kPathsNotNormalised,
  kExactMicroseconds,
  kWrongType,
  kHashAlgorithm,
  kNoPaths,
  kReferenceForm,
  kPathForm,
  kOneEntryPerPath,
  kAlwaysValidated,
  kRootTargets,
  kLinksLeaveRoot,
  kPythonJson,
  kImpliedAncestors,
  kComponents,
  kDeletesWhatIsEmpty,
  kLaterKind,
  kFilterSyntax,
  kEmptyDirectories,
  kInnerStars,
  kRootIsDirectory,
  kEntriesOutside,
  kLinksLeavePart,
  kOverlappingRoots,
  kPartRootForm,
  kPartRoots,
  kMixedMerge,
  kMergedDiffs,
  kCacheNeverFails,
  kCacheHashForm,
  kCacheTimeForm,
  kCachePathForm,
  kOtherCaches,
  kFollowedLinks,
  kPatternLists,
  kFailureIsNotAbsence,
  kSpaceIsReserved,
  kAggregationLosesNothing,
};

/// The reason, for the report.
std::string_view reason(Deviation deviation);

}  // namespace attache::vectors
