#include <attache/manifest/testing/laws.hpp>

#include "targets.hpp"

#include <iterator>
#include <span>

// Input: a byte that chooses a law, and the bytes that the law makes its manifests from. The library's operations are
// compared with those of a plain model.

namespace attache::fuzz {

namespace {

constexpr testing::Law kLaws[] = {
    testing::encoding_is_that_of_the_reference,
    testing::decoding_an_encoding_loses_nothing,
    testing::lookups_agree_with_going_over_everything,
    testing::files_come_in_the_order_of_code_units,
    testing::totals_are_those_of_the_entries,
    testing::loose_documents_say_the_same,
    testing::unlisted_ancestors_are_settled_as_in_the_reference,
    testing::conversion_to_v2025_and_back_is_exact,
    testing::conversion_to_v2023_drops_what_it_reports,
    testing::diff_is_that_of_the_reference,
    testing::applying_a_diff_gives_the_other,
    testing::apply_is_that_of_the_reference,
    testing::apply_checks_each_parent,
    testing::compose_is_that_of_the_reference,
    testing::compose_of_diffs_is_that_of_the_reference,
    testing::compose_is_associative,
    testing::applying_composed_diffs_is_applying_them_in_order,
    testing::applying_composed_loose_diffs_is_applying_them_in_order,
    testing::merge_does_not_depend_on_the_order,
    testing::filter_is_that_of_the_reference,
    testing::filter_by_patterns_is_filter_by_their_matches,
    testing::subtree_is_that_of_the_reference,
    testing::subtree_is_the_inverse_of_join,
    testing::to_relative_is_the_inverse_of_to_absolute,
    testing::to_relative_is_that_of_the_reference,
    testing::partition_is_that_of_the_reference,
    testing::the_parts_of_a_partition_make_the_whole,
};

}  // namespace

void manifest_operations(std::string_view input) {
  if (input.empty()) return;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(input.data());
  testing::Choices choices(std::span(bytes + 1, input.size() - 1));
  (void)kLaws[bytes[0] % std::size(kLaws)](choices);
}

}  // namespace attache::fuzz
