#include <attache/hash/xxh3.hpp>
#include <attache/manifest/any_manifest.hpp>
#include <attache/manifest/codec_v2023.hpp>
#include <attache/manifest/codec_v2025.hpp>

#include "kinds.hpp"
#include "v2025_faults.hpp"
#include "v2025_model.hpp"
#include "v2025_operation_support.hpp"

#include <algorithm>
#include <optional>
#include <set>

namespace attache::vectors {

namespace {

std::string text_or_error(const Result<AnyTreeManifest>& manifest) {
  return manifest ? encode_v2025(tree_manifest_of(*manifest)).value() : "an error: " + manifest.error().to_string();
}

// The recorded text and its hash as a case has them, which must go together: else nothing can be recomputed from them.
std::string recorded_text(const VectorCase& vector) {
  std::string text = text_of(vector.expected.at("json"));
  if (xxh128(text).to_hex() != vector.expected.at("xxh128")) throw MalformedCase("the hash is not that of the text");
  return text;
}

// --- encode_v2023 ----------------------------------------------------------------------------------------------------

Outcome check_encode_v2023(const VectorCase& vector) {
  const Result<Manifest> manifest = build_v2023(vector.input);
  if (!manifest) return failure("a manifest", manifest.error().to_string());
  const std::string expected = replace_placeholders(ascii_escaped(recorded_text(vector)));
  if (const std::string text = encode_v2023(*manifest).value(); text != expected) return failure(expected, text);
  return compare(xxh128(expected).to_hex(), manifest_hash(*manifest).value().to_hex());
}

// --- encode_v2025 ----------------------------------------------------------------------------------------------------

// Text, hash and pieces of a manifest, and that decode makes the same of them.
Outcome check_text(const std::string& expected, const AnyTreeManifest& manifest) {
  const TreeManifest& tree = tree_manifest_of(manifest);
  if (const std::string text = encode_v2025(tree).value(); text != expected) return failure(expected, text);
  if (const std::string hash = manifest_hash(tree).value().to_hex(); hash != xxh128(expected).to_hex()) {
    return failure(xxh128(expected).to_hex(), hash);
  }
  return compare(expected, text_or_error(decode_v2025(expected)));
}

// Without the entries that are refused for themselves.
Model without_faulty_entries(const Model& model) {
  const auto alone = [&](std::vector<ModelDirectory> directories, std::vector<ModelFile> files) {
    return !faults_of(Model{model.style, model.kind, model.parent_hash, std::move(directories), std::move(files)})
                .empty();
  };
  Model rest = model;
  std::erase_if(rest.directories, [&](const ModelDirectory& each) { return alone({each}, {}); });
  std::erase_if(rest.files, [&](const ModelFile& file) { return alone({}, {file}); });
  return rest;
}

Outcome check_encode_v2025(const VectorCase& vector) {
  const Model model = parse_model(vector.input);
  const std::string recorded = recorded_text(vector);
  const std::string expected = replace_placeholders(ascii_escaped(recorded));
  const Result<AnyTreeManifest> manifest = build(model);
  if (manifest && encode_v2025(tree_manifest_of(*manifest)).value() == expected) return check_text(expected, *manifest);

  // Then the recorded text must be what the recorded program makes of this model, or nothing is understood.
  if (const std::string understood = text_of_model(parse_model(vector.input, Placeholders::kKeep), {.ascii = false});
      understood != recorded) {
    return failure(recorded, understood);
  }
  std::set<Deviation> reasons;
  Model decided = model;
  if (has_links(faults_of(model))) {
    decided = with_root_targets(model);
    reasons.insert(Deviation::kRootTargets);
  }
  const Faults faults = faults_of(decided);
  if (!faults.empty()) {
    if (const Result<AnyTreeManifest> refused = build(decided)) return failure("an error", text_or_error(refused));
    Outcome outcome = must_be_refused(text_of_model(decided, {.all_members = true}), faults);
    // What is sound about the case must be written as recorded all the same.
    decided = without_faulty_entries(decided);
    if (outcome.verdict != Verdict::kDeviation || !faults_of(decided).empty()) return outcome;
    for (const Deviation why : deviations_of(faults)) reasons.insert(why);
  }
  if (!is_complete(decided)) reasons.insert(Deviation::kImpliedAncestors);
  const std::string text = text_of_model(decided, {.ancestors = true});
  if (reasons.empty()) return failure(expected, text_or_error(manifest));
  const Result<AnyTreeManifest> converted = build(decided);
  if (!converted) return failure(text, text_or_error(converted));
  const Outcome outcome = check_text(text, *converted);
  return outcome.verdict == Verdict::kPass ? deviation(std::vector(reasons.begin(), reasons.end())) : outcome;
}

// --- decode ----------------------------------------------------------------------------------------------------------

Outcome compare_v2025(const Json& expected, const Model& model, const AnyManifest& any) {
  const TreeManifest* tree = tree_of(any);
  if (tree == nullptr) return failure("a manifest of 2025-12", std::string(type_name(any)));
  const Json wanted = json_of(complete(tree_of(model)));
  if (const Json got = json_of(tree_of(*tree)); got != wanted) return compare(wanted, got);
  return compare(integer_text_of(expected.at("totalSize")), std::to_string(tree->total_size()));
}

// A text without what Python's `json` reads and JSON does not have: halves of surrogate pairs, NaN and Infinity.
std::string strict_json(std::string_view text) {
  const auto unit_at = [&](std::size_t at) -> unsigned {
    if (at + 6 > text.size() || text.substr(at, 2) != "\\u") return 0;
    unsigned unit = 0;
    for (const char c : text.substr(at + 2, 4)) {
      const std::size_t digit = std::string_view("0123456789abcdefABCDEF").find(c);
      if (digit == std::string_view::npos) return 0;
      unit = unit * 16 + static_cast<unsigned>(digit < 16 ? digit : digit - 6);
    }
    return unit;
  };
  std::string out;
  bool in_string = false;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t length = 1;
    std::string_view replacement;
    if (in_string && text[at] == '\\') {
      const unsigned unit = unit_at(at);
      const unsigned next = unit_at(at + 6);
      length = unit == 0 ? 2 : 6;
      if (unit >= 0xD800 && unit < 0xDC00 && next >= 0xDC00 && next < 0xE000) {
        length = 12;
      } else if (unit >= 0xD800 && unit < 0xE000) {
        replacement = "\\ufffd";
      }
    } else if (text[at] == '"') {
      in_string = !in_string;
    } else if (!in_string) {
      for (const std::string_view word : {"NaN", "-Infinity", "Infinity"}) {
        if (!text.substr(at).starts_with(word)) continue;
        length = word.size();
        replacement = "null";
        break;
      }
    }
    out.append(replacement.empty() ? text.substr(at, length) : replacement);
    at += length;
  }
  return out;
}

Outcome check_decode(const VectorCase& vector) {
  const std::string text = replace_placeholders(text_of(vector.input.at("json")));
  DecodeRule rule{};
  const Result<AnyManifest> manifest = decode_manifest(text, {}, &rule);
  if (expects_error(vector.expected)) {
    if (!manifest) return pass();
    if (!Json::accept(text) && Json::accept(strict_json(text))) return deviation(Deviation::kPythonJson);
    return failure("an error", encode_manifest(*manifest).value());
  }
  const Json& ok = vector.expected.at("ok");
  const Json document = Json::parse(text);
  const bool old = ok.at("version") == "2023-03-03";
  // The recorded answer must be what the recorded decoder makes of the document, or nothing is understood.
  if (old) {
    if (ok.at("totalSize") != document.at("totalSize") || ok.at("paths").size() != document.at("paths").size()) {
      return failure(ok.dump(), document.dump());
    }
  } else {
    if (ok.at("version") != "2025-12") throw MalformedCase("unknown version");
    const Model understood = lenient_model(document);
    if (!same_entries(parse_model(ok), understood)) return failure(ok.dump(), json_of(tree_of(understood)).dump());
    if (!total_is_sum(ok)) return failure("the sum of the sizes", ok.at("totalSize").dump());
  }
  const Faults faults = old ? faults_of_v2023(document) : faults_of_v2025(document);
  if (faults.empty()) {
    if (!manifest) return failure(ok.dump(), manifest.error().to_string());
    if (const auto* v2023 = std::get_if<Manifest>(&*manifest)) {
      return old ? compare_v2023(ok, *v2023) : failure("a manifest of 2025-12", "one of 2023-03-03");
    }
    return compare_v2025(ok, parse_model(ok), *manifest);
  }
  if (!old && only_links(faults)) {
    // The document with targets that mean the same and are written as decided must give the recorded answer.
    const Model model = with_root_targets(parse_model(ok));
    if (faults_of(model).empty()) {
      const Result<AnyManifest> converted = decode_manifest(text_of_model(model, {}));
      if (!converted) return failure(ok.dump(), converted.error().to_string());
      if (Outcome outcome = compare_v2025(ok, model, *converted); outcome.verdict != Verdict::kPass) return outcome;
    }
  }
  return must_be_refused(text, faults);
}

// --- validate --------------------------------------------------------------------------------------------------------

Outcome check_validate(const VectorCase& vector) {
  const Model model = parse_model(vector.input.at("manifest"));
  const bool allows_unhashed = vector.input.at("allowUnhashed").get<bool>();
  const bool recorded = vector.expected.at("valid").get<bool>();
  const std::string text = text_of_model(model, {.all_members = true});
  const std::optional<std::string> understood = recorded_error(model, allows_unhashed);
  if (recorded == understood.has_value() || vector.expected.value("error", "") != understood.value_or("")) {
    return failure(vector.expected.dump(), "the recorded program says: " + understood.value_or("valid"));
  }

  const Violations violations = validate_v2025(text).value();
  const auto is_error = [](const Violation& each) { return each.severity == Severity::kError; };
  const auto found = std::find_if(violations.listed.begin(), violations.listed.end(), is_error);
  const std::string complaint = found == violations.listed.end() ? "valid" : found->where + " " + found->message;
  // Unhashed files are errors for validate, and none for decode, which is what "allowUnhashed" asks for.
  const Result<AnyTreeManifest> decoded = decode_v2025(text);
  if (decoded.has_value() && !has_unhashed(model) && violations.errors > 0) return failure("no error", complaint);
  if (!decoded && violations.errors == 0) return failure(decoded.error().to_string(), "no error");
  const bool valid = allows_unhashed ? decoded.has_value() : violations.errors == 0;

  const Faults faults = faults_of(model);
  const bool expected = faults.empty() && (allows_unhashed || !has_unhashed(model));
  if (valid != expected) return failure(expected ? "valid" : "refused", complaint);
  if (valid == recorded) return pass();
  if (recorded) {
    if (only_links(faults) && faults_of(with_root_targets(model)).contains(DecodeRule::kLinkEscapes)) {
      // A link leaves the root under either reading: seen at any depth, not at the top alone.
      return deviation(Deviation::kLinksLeaveRoot);
    }
    return must_be_refused(text, faults);
  }
  // The recorded program refuses what only looks like leaving the root (`..x`), and the absolute targets of absolute
  // manifests.
  if (understood == "EscapingSymlinkTarget" ||
      (understood == "AbsoluteSymlinkTarget" && model.style == PathStyle::kAbsolute)) {
    return deviation(Deviation::kRootTargets);
  }
  return failure("refused: " + *understood, complaint);
}

constexpr Kind kKinds[] = {{"v2025-12/encode_v2023", check_encode_v2023},
                           {"v2025-12/encode_v2025", check_encode_v2025},
                           {"v2025-12/decode", check_decode},
                           {"v2025-12/validate", check_validate}};

}  // namespace

std::span<const Kind> v2025_codec_kinds() {
  return kKinds;
}

}  // namespace attache::vectors
