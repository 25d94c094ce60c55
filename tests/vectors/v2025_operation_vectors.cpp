#include <attache/base/glob.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/manifest/codec_v2025.hpp>
#include <attache/manifest/operations.hpp>

#include "kinds.hpp"
#include "v2025_faults.hpp"
#include "v2025_model.hpp"
#include "v2025_operation_support.hpp"
#include "v2025_reference.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
#include <type_traits>
#include <variant>

namespace attache::vectors {

namespace {

// --- diff ------------------------------------------------------------------------------------------------------------

Outcome check_diff(const VectorCase& vector) {
  const Model parent = input_model(vector.input.at("parent"));
  const Model current = input_model(vector.input.at("current"));
  const Built built({parent, current});
  if (built.refused) return *built.refused;
  const std::string parent_hash = digest_of(text_of(vector.input.at("parentManifestHash"))).to_hex();
  const DiffOptions options{.ignore_hashes = vector.input.at("ignoreHashes").get<bool>(),
                            .preserve_runnable = vector.input.at("preserveRunnable").get<bool>(),
                            .parent_hash = Digest::parse(parent_hash)};
  const auto run = [&](const auto& old, const auto& now) -> Result<AnyTreeManifest> {
    using M = std::decay_t<decltype(old)>;
    if constexpr (std::is_same_v<M, std::decay_t<decltype(now)>> && M::kKind == ManifestKind::kSnapshot) {
      return as_any(diff(old, now, options));
    } else {
      throw MalformedCase("a diff is made of two snapshots of one style");
    }
  };
  const Result<AnyTreeManifest> made = std::visit(run, built.manifests.at(0), built.manifests.at(1));
  if (expects_error(vector.expected)) return made ? failure("an error", shown(*made)) : pass();
  if (!made) return failure(vector.expected.dump(), made.error().to_string());
  const auto variant = [&](unsigned mask) {
    return plain_diff(tree_of(parent), tree_of(current), parent_hash,
                      {.ignore_hashes = options.ignore_hashes,
                       .preserve_runnable = options.preserve_runnable,
                       .only_listed = (mask & 1U) != 0,
                       .text_prefix = (mask & 2U) != 0});
  };
  return settle(vector.expected, *made, {Deviation::kImpliedAncestors, Deviation::kComponents}, variant);
}

// --- compose ---------------------------------------------------------------------------------------------------------

// The recorded hash is that of the recorded bytes. Where it can be made again from the answer, ours is that of the same
// manifest as it is written today.
Outcome check_encoded_hash(const VectorCase& vector, const AnyTreeManifest& made) {
  if (!vector.expected.contains("encodedHash")) return pass();
  const Model recorded = parse_model(vector.expected, Placeholders::kKeep);
  if (!is_complete(recorded)) return pass();  // the bytes depend on what is implied
  const std::string text = text_of_model(recorded, {.ascii = false});
  if (const std::string hash = xxh128(text).to_hex(); hash != vector.expected["encodedHash"]) {
    return failure("the hash of the recorded answer, " + hash, vector.expected["encodedHash"].dump());
  }
  const std::string today = text_of_model(input_model(vector.expected), {});
  return compare(xxh128(today).to_hex(), manifest_hash(tree_manifest_of(made)).value().to_hex());
}

// Of one type: pointers to it for the operations that take a span.
template <typename M>
std::vector<const M*> all_of_type(const std::vector<AnyTreeManifest>& manifests, std::size_t first = 0) {
  std::vector<const M*> pointers;
  for (std::size_t i = first; i < manifests.size(); ++i) {
    const auto* manifest = std::get_if<M>(&manifests[i]);
    if (manifest == nullptr) throw MalformedCase("manifests of different kinds");
    pointers.push_back(manifest);
  }
  return pointers;
}

Outcome settle_layers(const VectorCase& vector, const Result<AnyTreeManifest>& made,
                      const std::vector<Deviation>& differences, const std::function<Tree(unsigned)>& variant) {
  if (expects_error(vector.expected)) return made ? failure("an error", shown(*made)) : pass();
  if (!made) return failure(vector.expected.dump(), made.error().to_string());
  const Outcome outcome = settle(vector.expected, *made, differences, variant);
  return outcome.verdict == Verdict::kPass ? check_encoded_hash(vector, *made) : outcome;
}

Outcome check_apply(const VectorCase& vector) {
  std::vector<Model> models{input_model(vector.input.at("base"))};
  for (const Json& diff : vector.input.at("diffs")) models.push_back(input_model(diff));
  const Built built(models);
  if (built.refused) return *built.refused;
  const auto run = [&](const auto& base) -> Result<AnyTreeManifest> {
    using M = std::decay_t<decltype(base)>;
    if constexpr (M::kKind == ManifestKind::kSnapshot) {
      const std::vector<const DiffOf<M>*> diffs = all_of_type<DiffOf<M>>(built.manifests, 1);
      return as_any(apply_diffs(base, diffs, {.check_parent = false}));
    } else {
      throw MalformedCase("diffs are applied to a snapshot");
    }
  };
  std::vector<Tree> diffs;
  for (std::size_t i = 1; i < models.size(); ++i) diffs.push_back(tree_of(models[i]));
  const auto variant = [&](unsigned mask) {
    return plain_apply(
        tree_of(models[0]), diffs,
        {.only_listed = (mask & 1U) != 0, .delete_trees = (mask & 2U) != 0, .coexist = (mask & 4U) != 0});
  };
  return settle_layers(vector, std::visit(run, built.manifests.at(0)),
                       {Deviation::kImpliedAncestors, Deviation::kDeletesWhatIsEmpty, Deviation::kLaterKind}, variant);
}

Result<AnyTreeManifest> compose_all(const std::vector<AnyTreeManifest>& manifests) {
  const auto run = [&](const auto& first) -> Result<AnyTreeManifest> {
    using M = std::decay_t<decltype(first)>;
    const std::vector<const M*> layers = all_of_type<M>(manifests);
    return some(compose(std::span<const M* const>(layers)));
  };
  return std::visit(run, manifests.at(0));
}

bool nothing_from_nothing() {
  return is_nothing(compose(std::span<const Snapshot* const>())) &&
         is_nothing(compose(std::span<const AbsSnapshot* const>()));
}

Outcome check_compose(const VectorCase& vector) {
  if (vector.op == "apply_diffs") return check_apply(vector);
  if (vector.op != "compose") throw MalformedCase("unknown operation " + vector.op);
  std::vector<Model> models;
  for (const Json& manifest : vector.input.at("manifests")) models.push_back(input_model(manifest));
  if (models.empty()) return compare(vector.expected, nothing_from_nothing() ? Json() : Json("a manifest"));
  const Built built(models);
  if (built.refused) return *built.refused;
  std::vector<Tree> layers;
  layers.reserve(models.size());
  for (const Model& model : models) layers.push_back(tree_of(model));
  const auto variant = [&](unsigned mask) {
    return plain_compose(layers, {.only_listed = (mask & 1U) != 0, .coexist = (mask & 2U) != 0});
  };
  return settle_layers(vector, compose_all(built.manifests), {Deviation::kImpliedAncestors, Deviation::kLaterKind},
                       variant);
}

// --- filter ----------------------------------------------------------------------------------------------------------

// `**` as a part of a component, which the recorded engine refuses and the design reads as two stars.
bool has_inner_stars(const std::vector<std::string>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(), [](const std::string& pattern) {
    for (std::size_t begin = 0; begin <= pattern.size();) {
      const std::size_t end = std::min(pattern.find('/', begin), pattern.size());
      const std::string component = pattern.substr(begin, end - begin);
      if (component != "**" && component.find("**") != std::string::npos) return true;
      begin = end + 1;
    }
    return false;
  });
}

bool goes_up(const std::vector<std::string>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(), [](const std::string& pattern) {
    return ("/" + pattern + "/").find("/../") != std::string::npos;
  });
}

Result<GlobSet> compile_design(const std::vector<std::string>& include, const std::vector<std::string>& exclude) {
  return GlobSet::compile(include, exclude, {.dialect = GlobDialect::kDesign});
}

// Whether the recorded engine accepts the patterns, so far as it can be told: as written with the design's syntax.
bool are_literal(const std::vector<std::string>& patterns) {
  std::vector<std::string> literal;
  for (const std::string& pattern : patterns) {
    literal.push_back(literal_pattern(pattern));
    // Going up is refused for what it means, and is text there.
    std::string& text = literal.back();
    for (std::size_t at = 0; (at = text.find("..", at)) != std::string::npos;) text.replace(at, 2, "xx");
  }
  return compile_design(literal, {}).has_value();
}

// The library refuses what the recorded engine accepts: only for what that does not know, and if its answer is what it
// should be.
Outcome explain_refusal(const VectorCase& vector, const Model& model, const std::vector<std::string>& include,
                        const std::vector<std::string>& exclude, const Error& error) {
  const bool up = goes_up(include) || goes_up(exclude);
  if (!are_literal(include) || !are_literal(exclude)) return failure("patterns", error.to_string());
  for (const bool text_prefix : {false, true}) {
    const Tree understood =
        plain_filter(tree_of(model), include, exclude,
                     {.crosses_slash = true, .literal = true, .drop_empty = true, .text_prefix = text_prefix});
    if (!recorded_as(vector.expected, understood)) continue;
    return deviation(up ? Deviation::kGlobOutsideRoot : Deviation::kFilterSyntax);
  }
  return failure(vector.expected.dump(), error.to_string());
}

Outcome check_filter(const VectorCase& vector) {
  const Model model = input_model(vector.input.at("manifest"));
  const std::vector<std::string> include = texts_of(vector.input.at("include"));
  const std::vector<std::string> exclude = texts_of(vector.input.at("exclude"));
  const Built built({model});
  if (built.refused) return *built.refused;
  const Result<GlobSet> set = compile_design(include, exclude);
  const bool literal = are_literal(include) && are_literal(exclude);
  if (expects_error(vector.expected)) {
    if (!set) return pass();
    if (has_inner_stars(include) || has_inner_stars(exclude)) return deviation(Deviation::kInnerStars);
    return literal ? failure(vector.expected.dump(), "the patterns compile") : deviation(Deviation::kFilterSyntax);
  }
  if (!set) return explain_refusal(vector, model, include, exclude, set.error());
  const Result<AnyTreeManifest> made =
      std::visit([&](const auto& manifest) { return as_any(filter(manifest, *set)); }, built.manifests.at(0));
  if (!made) return failure(vector.expected.dump(), made.error().to_string());
  const auto variant = [&](unsigned mask) {
    return plain_filter(tree_of(model), include, exclude,
                        {.crosses_slash = (mask & 1U) != 0,
                         .literal = literal && (mask & 2U) != 0,
                         .drop_empty = (mask & 4U) != 0,
                         .text_prefix = (mask & 8U) != 0});
  };
  return settle(
      vector.expected, *made,
      {Deviation::kGlobCrossesSlash, Deviation::kFilterSyntax, Deviation::kEmptyDirectories, Deviation::kComponents},
      variant);
}

// --- subtree, join, path_style ---------------------------------------------------------------------------------------

// What lies below a directory, by subtree() or to_relative(): `cut` with the link policy.
using CutFunction = std::function<Result<AnyTreeManifest>(const AnyTreeManifest&, const CutOptions&)>;

// Against the plain cut, and the recorded answer against the textual one.
Outcome settle_cut(const Model& raw, const Json& expected, const std::string& directory, const CutFunction& cut) {
  const Model model = with_root_targets(raw);
  const Built built({model});
  if (built.refused) return *built.refused;
  const Result<AnyTreeManifest> made = cut(built.manifests.at(0), {});
  if (const auto fault = path_fault(directory, model.style)) {
    if (directory.empty() && model.style == PathStyle::kRelative) {
      // everything, by definition
    } else if (made) {
      return failure("refused, because " + std::string(reason(*fault)), shown(*made));
    } else {
      return recorded_is(expected, textual_subtree(raw, directory), {*fault});
    }
  }
  const Cut plain = plain_subtree(tree_of(model), directory);
  if (plain.outside.empty()) {
    if (!made) return failure(expected.dump(), made.error().to_string());
    return settle_moved(expected, *made, complete(plain.part), textual_subtree(raw, directory));
  }
  // A link that leads out of the part: refused, or left out and named.
  if (made || made.error().code() != ErrorCode::kOutsideRoot) {
    return failure("kOutsideRoot", made ? shown(*made) : made.error().to_string());
  }
  ExcludedLinks excluded;
  const Result<AnyTreeManifest> rest =
      cut(built.manifests.at(0), {.links = LinkPolicy::kExclude, .excluded = &excluded});
  std::sort(excluded.begin(), excluded.end());
  if (excluded != plain.outside) return compare(Json(plain.outside), Json(excluded));
  const Json wanted = json_of(complete(plain.part));
  if (!rest || json_of(tree_of(tree_manifest_of(*rest))) != wanted) {
    return failure(wanted.dump(), rest ? shown(*rest) : rest.error().to_string());
  }
  return recorded_is(expected, textual_subtree(raw, directory), {Deviation::kLinksLeavePart});
}

Outcome check_subtree(const VectorCase& vector) {
  const std::string directory = text_of(vector.input.at("subtree"));
  return settle_cut(parse_model(vector.input.at("manifest")), vector.expected, directory,
                    [&](const AnyTreeManifest& manifest, const CutOptions& options) {
                      return std::visit([&](const auto& each) { return as_any(subtree(each, directory, options)); },
                                        manifest);
                    });
}

Result<AnyTreeManifest> moved(const AnyTreeManifest& manifest, const std::string& prefix, bool absolute) {
  const auto run = [&](const auto& each) -> Result<AnyTreeManifest> {
    using M = std::decay_t<decltype(each)>;
    if constexpr (M::kStyle == PathStyle::kRelative) {
      return absolute ? as_any(to_absolute(each, prefix)) : as_any(join(each, prefix));
    } else {
      throw MalformedCase("only relative manifests are moved below a directory");
    }
  };
  return std::visit(run, manifest);
}

Outcome settle_join(const VectorCase& vector, const std::string& prefix, bool absolute) {
  const Model raw = parse_model(vector.input.at("manifest"));
  const Model model = with_root_targets(raw);
  const Built built({model});
  if (built.refused) return *built.refused;
  const Result<AnyTreeManifest> made = moved(built.manifests.at(0), prefix, absolute);
  const PathStyle style = absolute ? PathStyle::kAbsolute : PathStyle::kRelative;
  if (const auto fault = path_fault(prefix, style); fault && (absolute || !prefix.empty())) {
    if (made) return failure("refused, because " + std::string(reason(*fault)), shown(*made));
    if (expects_error(vector.expected)) return pass();
    return recorded_is(vector.expected, textual_join(raw, prefix), {*fault});
  }
  if (!made) return failure(vector.expected.dump(), made.error().to_string());
  return settle_moved(vector.expected, *made, plain_join(tree_of(model), prefix, style), textual_join(raw, prefix));
}

Outcome check_join(const VectorCase& vector) {
  const std::string prefix = text_of(vector.input.at("prefix"));
  std::string slashes = prefix;
  std::replace(slashes.begin(), slashes.end(), '\\', '/');
  return settle_join(vector, prefix, slashes.starts_with('/') || (slashes.size() > 1 && slashes[1] == ':'));
}

// Which of the four types a document is read as.
Outcome check_typed_view(const VectorCase& vector) {
  Json document{{"dirs", Json::array()}, {"files", Json::array()}, {"hashAlg", "xxh128"}, {"totalSize", 0}};
  document["specificationVersion"] = vector.input.at("spec");
  if (kind_of(text_of(vector.input.at("spec"))) == ManifestKind::kDiff) {
    document["parentManifestHash"] = digest_of("parent").to_hex();
  }
  const Result<AnyTreeManifest> manifest = decode_v2025(document.dump());
  if (!manifest) return failure("a manifest", manifest.error().to_string());
  const std::pair<const char*, bool> types[] = {
      {"Snapshot", std::holds_alternative<Snapshot>(*manifest)},
      {"SnapshotDiff", std::holds_alternative<SnapshotDiff>(*manifest)},
      {"AbsSnapshot", std::holds_alternative<AbsSnapshot>(*manifest)},
      {"AbsSnapshotDiff", std::holds_alternative<AbsSnapshotDiff>(*manifest)},
  };
  Json expected = Json::object();
  Json got = Json::object();
  for (const auto& [name, is_one] : types) {
    if (!vector.expected.contains(name)) continue;
    expected[name] = vector.expected[name] == "ok";
    got[name] = is_one;
  }
  return compare(expected, got);
}

Outcome check_path_style(const VectorCase& vector) {
  if (vector.op == "typed_view") return check_typed_view(vector);
  const std::string root = text_of(vector.input.at("root"));
  if (vector.op == "to_absolute") return settle_join(vector, root, true);
  if (vector.op != "to_relative") throw MalformedCase("unknown operation " + vector.op);
  const Model raw = parse_model(vector.input.at("manifest"));
  if (raw.style != PathStyle::kAbsolute) {
    // Other types have no such operation.
    return expects_error(vector.expected) ? pass() : failure(vector.expected.dump(), "not absolute already");
  }
  const CutFunction cut = [&](const AnyTreeManifest& manifest, const CutOptions& options) -> Result<AnyTreeManifest> {
    const auto run = [&](const auto& each) -> Result<AnyTreeManifest> {
      if constexpr (std::decay_t<decltype(each)>::kStyle == PathStyle::kAbsolute) {
        return as_any(to_relative(each, root, options));
      } else {
        throw MalformedCase("not an absolute manifest");
      }
    };
    return std::visit(run, manifest);
  };
  // What lies outside is an error here, and in the recorded answer keeps its absolute path.
  const std::string directory = normalised(root).empty() && !root.empty() ? "/" : normalised(root);
  const Tree whole = complete(tree_of(raw));
  const auto outside = [&](const auto& each) {
    return !is_below(each.first, directory) && each.first != directory && !is_below(directory, each.first);
  };
  const bool leaves = std::any_of(whole.files.begin(), whole.files.end(), outside) ||
                      std::any_of(whole.directories.begin(), whole.directories.end(), outside);
  if (!leaves) return settle_cut(raw, vector.expected, root, cut);
  const Built built({with_root_targets(raw)});
  if (built.refused) return *built.refused;
  const Result<AnyTreeManifest> made = cut(built.manifests.at(0), {});
  if (made) return failure("refused, because " + std::string(reason(Deviation::kEntriesOutside)), shown(*made));
  Model textual{PathStyle::kRelative, raw.kind, raw.parent_hash, {}, {}};
  const auto stripped = [&](const std::string& path) {
    return path.starts_with(directory + "/") ? path.substr(directory.size() + 1) : path;
  };
  for (const ModelDirectory& each : raw.directories) textual.directories.push_back({stripped(each.path), each.deleted});
  for (const ModelFile& file : raw.files) textual.files.push_back({stripped(file.path), file.members});
  return recorded_is(vector.expected, textual, {Deviation::kEntriesOutside});
}

constexpr Kind kKinds[] = {{"v2025-12/diff", check_diff},     {"v2025-12/compose", check_compose},
                           {"v2025-12/filter", check_filter}, {"v2025-12/subtree", check_subtree},
                           {"v2025-12/join", check_join},     {"v2025-12/path_style", check_path_style}};

}  // namespace

std::span<const Kind> v2025_operation_kinds() {
  return kKinds;
}

}  // namespace attache::vectors
