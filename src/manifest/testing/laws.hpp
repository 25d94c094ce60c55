#pragma once

#include "random_manifests.hpp"

#include <stdexcept>

// What must hold of manifests of format 2025-12, whatever they are: each law makes its own from `choices` and throws
// BrokenLaw. The property tests and the fuzz target `manifest_operations` run them.

namespace attache::testing {

class BrokenLaw : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// A law that looks at nothing (because what it needs did not come about) says so by false.
using Law = bool (*)(Choices& choices);

// Codec and builder.
bool encoding_is_that_of_the_reference(Choices& choices);
bool decoding_an_encoding_loses_nothing(Choices& choices);
bool lookups_agree_with_going_over_everything(Choices& choices);
bool files_come_in_the_order_of_code_units(Choices& choices);
bool totals_are_those_of_the_entries(Choices& choices);
bool loose_documents_say_the_same(Choices& choices);
bool unlisted_ancestors_are_settled_as_in_the_reference(Choices& choices);
bool conversion_to_v2025_and_back_is_exact(Choices& choices);
bool conversion_to_v2023_drops_what_it_reports(Choices& choices);

// diff, apply, compose, merge.
bool diff_is_that_of_the_reference(Choices& choices);
bool applying_a_diff_gives_the_other(Choices& choices);
bool apply_is_that_of_the_reference(Choices& choices);
bool apply_checks_each_parent(Choices& choices);
bool compose_is_that_of_the_reference(Choices& choices);
bool compose_of_diffs_is_that_of_the_reference(Choices& choices);
bool compose_is_associative(Choices& choices);
bool applying_composed_diffs_is_applying_them_in_order(Choices& choices);
bool applying_composed_loose_diffs_is_applying_them_in_order(Choices& choices);
bool merge_does_not_depend_on_the_order(Choices& choices);

// filter and parts.
bool filter_is_that_of_the_reference(Choices& choices);
bool filter_by_patterns_is_filter_by_their_matches(Choices& choices);
bool subtree_is_that_of_the_reference(Choices& choices);
bool subtree_is_the_inverse_of_join(Choices& choices);
bool to_relative_is_the_inverse_of_to_absolute(Choices& choices);
bool to_relative_is_that_of_the_reference(Choices& choices);
bool partition_is_that_of_the_reference(Choices& choices);
bool the_parts_of_a_partition_make_the_whole(Choices& choices);

}  // namespace attache::testing
