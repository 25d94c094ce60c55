#include <attache/manifest/any_manifest.hpp>
#include <attache/manifest/codec_v2023.hpp>
#include <attache/manifest/codec_v2025.hpp>

#include "manifest_checks.hpp"
#include "targets.hpp"

#include <algorithm>
#include <string>

namespace attache::fuzz {

namespace {

constexpr std::size_t kAllViolations = 1'000'000;

void check_violations(const Violations& violations) {
  require(violations.not_listed() == 0, "what was found is listed");
  std::uint64_t errors = 0;
  for (const Violation& violation : violations.listed) {
    errors += violation.severity == Severity::kError ? 1U : 0U;
    require(!violation.message.empty() && is_printable_line(violation.message), "a violation is one printable line");
    require(is_printable_line(violation.where), "a place is one printable line");
    require(!violation.remedy.empty(), "a violation says what to do");
    require((violation.line == 0) == (violation.column == 0), "a place has a line and a column, or neither");
  }
  require(errors == violations.errors, "errors are counted");
}

bool has(const Violations& violations, DecodeRule rule, Severity severity) {
  return std::any_of(violations.listed.begin(), violations.listed.end(), [&](const Violation& violation) {
    return violation.rule == rule && violation.severity == severity;
  });
}

void check(std::string_view input, const DecodeOptions& options) {
  DecodeRule broken{};
  const Result<AnyTreeManifest> manifest = decode_v2025(input, options, &broken);
  const Violations violations = validate_v2025(input, options, kAllViolations).value();
  check_violations(violations);
  const bool acceptable = std::all_of(violations.listed.begin(), violations.listed.end(), [](const Violation& each) {
    return each.severity == Severity::kWarning || each.rule == DecodeRule::kUnhashed;
  });
  require(acceptable == manifest.has_value(), "decode refuses what validate finds, but for files without a hash");
  const Violations few = validate_v2025(input, options, 2).value();
  require(few.errors == violations.errors && few.warnings == violations.warnings, "what is not listed is counted");
  if (!manifest) {
    check_refusal(manifest.error());
    require(broken != DecodeRule::kUnhashed, "decode accepts files without a hash");
    return require(has(violations, broken, Severity::kError), "validate finds what decode refuses");
  }
  const TreeManifest& tree = tree_in(*manifest);
  const std::string text = check_tree(tree, options);
  if (violations.errors == 0) {
    require(has(violations, DecodeRule::kOrder, Severity::kWarning) == (text != input),
            "validate says whether a document is canonical");
    require(tree.totals().unhashed_files == 0, "validate finds files without a hash");
  } else {
    require(violations.errors == tree.totals().unhashed_files, "validate finds each file without a hash");
  }
}

void check_format(std::string_view input) {
  const bool later = detect_format(input).value() == ManifestFormat::kV2025_12;
  const Result<AnyTreeManifest> manifest = decode_v2025(input);
  if (manifest) {
    const Result<AnyManifest> any = decode_manifest(input);
    require(later && any.has_value(), "a document of format 2025-12 is taken for one");
    require(encode_manifest(*any).value() == encode_v2025(tree_in(*manifest)).value(),
            "a format that is found is decoded as such");
  } else if (decode_v2023(input)) {
    require(!later && decode_manifest(input).has_value(), "a document of format 2023-03-03 is taken for one");
  }
}

}  // namespace

void manifest_decode_v2025(std::string_view input) {
  check(input, {});
  check_format(input);
  // Chunks as large as a fuzzer is willing to fill.
  if (input.find("chunkhashes") != std::string_view::npos) check(input, {.chunk_size = 2});
}

}  // namespace attache::fuzz
