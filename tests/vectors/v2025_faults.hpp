#pragma once

#include <attache/manifest/violation.hpp>

#include "v2025_model.hpp"

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

// Why a document must be refused (section 0.1), found by a second reading of the rules: whether the library refuses the
// right documents, and for a reason that is really there, is judged by it.

namespace attache::vectors {

using Faults = std::set<DecodeRule>;

/// Every rule that a v2025-12 document breaks, unhashed files aside; in canonical order or not. Of a fault that can be
/// called by two names both are in the set. `document` is what nlohmann's parser makes of it.
Faults faults_of_v2025(const Json& document);
/// The same of a v2023-03-03 document.
Faults faults_of_v2023(const Json& document);
/// Of a model, written as a document with everything that it says.
Faults faults_of(const Model& model);
/// A file has neither hash, chunk hashes nor link.
bool has_unhashed(const Model& model);

/// Faults of links, which another reading of their targets may heal.
bool has_links(const Faults& faults);
bool only_links(const Faults& faults);

/// The reasons for the report.
std::vector<Deviation> deviations_of(const Faults& faults);

// What the recorded program makes of the same, faults and all: so that a recorded answer that nobody understands is not
// taken for a deviation.

/// Its decoder (section 2): values of a wrong type are absent, and nothing is validated. Of a document that it accepts.
Model lenient_model(const Json& document);
/// Its validation (section 2.5): the first error, by its name.
std::optional<std::string> recorded_error(const Model& model, bool allows_unhashed);
/// Two models list the same entries, duplicates included, in whatever order.
bool same_entries(const Model& a, const Model& b);
/// "totalSize" of an answer is what its entries add up to.
bool total_is_sum(const Json& answer);

/// A deviation if decode refuses the document for one of the faults, else a failure.
Outcome must_be_refused(std::string_view document, const Faults& faults);

}  // namespace attache::vectors
