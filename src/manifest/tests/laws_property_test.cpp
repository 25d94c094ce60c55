#include <attache/manifest/testing/laws.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <vector>

namespace attache {
namespace {

// Each law makes its manifests from bytes, which rapidcheck can take away until the least that breaks it is left.
void obey(testing::Law law) {
  const auto bytes = *rc::gen::scale(
      5.0, rc::gen::container<std::vector<std::uint8_t>>(rc::gen::resize(100, rc::gen::arbitrary<std::uint8_t>())));
  testing::Choices choices(bytes);
  if (!law(choices)) RC_TAG("says nothing");
}

RC_GTEST_PROP(ManifestCodecLaw, EncodingIsThatOfTheReference, ()) {
  obey(testing::encoding_is_that_of_the_reference);
}
RC_GTEST_PROP(ManifestCodecLaw, DecodingAnEncodingLosesNothing, ()) {
  obey(testing::decoding_an_encoding_loses_nothing);
}
RC_GTEST_PROP(ManifestCodecLaw, LookupsAgreeWithGoingOverEverything, ()) {
  obey(testing::lookups_agree_with_going_over_everything);
}
RC_GTEST_PROP(ManifestCodecLaw, FilesComeInTheOrderOfCodeUnits, ()) {
  obey(testing::files_come_in_the_order_of_code_units);
}
RC_GTEST_PROP(ManifestCodecLaw, TotalsAreThoseOfTheEntries, ()) {
  obey(testing::totals_are_those_of_the_entries);
}
RC_GTEST_PROP(ManifestCodecLaw, LooseDocumentsSayTheSame, ()) {
  obey(testing::loose_documents_say_the_same);
}
RC_GTEST_PROP(ManifestCodecLaw, UnlistedAncestorsAreSettledAsInTheReference, ()) {
  obey(testing::unlisted_ancestors_are_settled_as_in_the_reference);
}
RC_GTEST_PROP(ManifestCodecLaw, ConversionToV2025AndBackIsExact, ()) {
  obey(testing::conversion_to_v2025_and_back_is_exact);
}
RC_GTEST_PROP(ManifestCodecLaw, ConversionToV2023DropsWhatItReports, ()) {
  obey(testing::conversion_to_v2023_drops_what_it_reports);
}

RC_GTEST_PROP(ManifestOverlayLaw, DiffIsThatOfTheReference, ()) {
  obey(testing::diff_is_that_of_the_reference);
}
RC_GTEST_PROP(ManifestOverlayLaw, ApplyingADiffGivesTheOther, ()) {
  obey(testing::applying_a_diff_gives_the_other);
}
RC_GTEST_PROP(ManifestOverlayLaw, ApplyIsThatOfTheReference, ()) {
  obey(testing::apply_is_that_of_the_reference);
}
RC_GTEST_PROP(ManifestOverlayLaw, ApplyChecksEachParent, ()) {
  obey(testing::apply_checks_each_parent);
}
RC_GTEST_PROP(ManifestOverlayLaw, ComposeIsThatOfTheReference, ()) {
  obey(testing::compose_is_that_of_the_reference);
}
RC_GTEST_PROP(ManifestOverlayLaw, ComposeOfDiffsIsThatOfTheReference, ()) {
  obey(testing::compose_of_diffs_is_that_of_the_reference);
}
RC_GTEST_PROP(ManifestOverlayLaw, ComposeIsAssociative, ()) {
  obey(testing::compose_is_associative);
}
RC_GTEST_PROP(ManifestOverlayLaw, ApplyingComposedDiffsIsApplyingThemInOrder, ()) {
  obey(testing::applying_composed_diffs_is_applying_them_in_order);
}
RC_GTEST_PROP(ManifestOverlayLaw, ApplyingComposedLooseDiffsIsApplyingThemInOrder, ()) {
  obey(testing::applying_composed_loose_diffs_is_applying_them_in_order);
}
RC_GTEST_PROP(ManifestOverlayLaw, MergeDoesNotDependOnTheOrder, ()) {
  obey(testing::merge_does_not_depend_on_the_order);
}

RC_GTEST_PROP(ManifestPartLaw, FilterIsThatOfTheReference, ()) {
  obey(testing::filter_is_that_of_the_reference);
}
RC_GTEST_PROP(ManifestPartLaw, FilterByPatternsIsFilterByTheirMatches, ()) {
  obey(testing::filter_by_patterns_is_filter_by_their_matches);
}
RC_GTEST_PROP(ManifestPartLaw, SubtreeIsThatOfTheReference, ()) {
  obey(testing::subtree_is_that_of_the_reference);
}
RC_GTEST_PROP(ManifestPartLaw, SubtreeIsTheInverseOfJoin, ()) {
  obey(testing::subtree_is_the_inverse_of_join);
}
RC_GTEST_PROP(ManifestPartLaw, ToRelativeIsTheInverseOfToAbsolute, ()) {
  obey(testing::to_relative_is_the_inverse_of_to_absolute);
}
RC_GTEST_PROP(ManifestPartLaw, ToRelativeIsThatOfTheReference, ()) {
  obey(testing::to_relative_is_that_of_the_reference);
}
RC_GTEST_PROP(ManifestPartLaw, PartitionIsThatOfTheReference, ()) {
  obey(testing::partition_is_that_of_the_reference);
}
RC_GTEST_PROP(ManifestPartLaw, ThePartsOfAPartitionMakeTheWhole, ()) {
  obey(testing::the_parts_of_a_partition_make_the_whole);
}

}  // namespace
}  // namespace attache
