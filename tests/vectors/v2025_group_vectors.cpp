#include <attache/manifest/operations.hpp>
#include <attache/manifest/operations_v2023.hpp>

#include "kinds.hpp"
#include "v2025_operation_support.hpp"
#include "v2025_reference.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <type_traits>
#include <variant>

// One manifest into several, and several into one.

namespace attache::vectors {

namespace {

// --- partition -------------------------------------------------------------------------------------------------------

std::string without_slash(std::string root) {
  while (root.size() > 1 && root.ends_with('/')) root.pop_back();
  return root;
}

// The answer as JSON: root and manifest.
Json json_of_parts(const std::map<std::string, Tree>& parts) {
  Json json = Json::array();
  for (const auto& [root, tree] : parts)
    json.push_back({{"root", root}, {"manifest", json_of(with_resolved_targets(complete(tree)))}});
  return json;
}

bool is_empty(const Tree& tree) {
  return tree.files.empty() && tree.directories.empty();
}

std::map<std::string, Tree> recorded_parts(const Json& expected) {
  std::map<std::string, Tree> parts;
  for (const Json& part : expected) {
    if (!total_is_sum(part.at("manifest"))) throw MalformedCase("a total that is not the sum of the sizes");
    parts[text_of(part.at("root"))] = tree_of(input_model(part.at("manifest")));
  }
  return parts;
}

// As the recorded program cuts: a directory that all its roots leave out is lost.
std::map<std::string, Tree> textual_parts(const Model& raw, const std::vector<std::string>& roots) {
  std::map<std::string, Tree> parts;
  for (const std::string& root : roots) {
    Model part = textual_subtree(raw, root);
    if (root == "/") {
      for (ModelDirectory& each : part.directories) each.path.erase(0, 1);
      for (ModelFile& file : part.files) file.path.erase(0, 1);
    }
    if (const Tree tree = tree_of(with_root_targets(std::move(part))); !is_empty(tree)) parts[root] = tree;
  }
  return parts;
}

// One of the roots lies in another.
bool overlap(const std::vector<std::string>& roots) {
  for (std::size_t i = 0; i < roots.size(); ++i) {
    for (std::size_t j = 0; j < roots.size(); ++j) {
      if (i == j) continue;
      std::string a = normalised(roots[i]);
      std::string b = normalised(roots[j]);
      if (a.empty()) a = "/";
      if (b.empty()) b = "/";
      if (a == b || is_below(a, b)) return true;
    }
  }
  return false;
}

struct PartsResult {
  std::optional<std::map<std::string, Tree>> parts;
  std::string error;
  std::optional<ErrorCode> code;
};

PartsResult run_partition(const AnyTreeManifest& manifest, const PartitionOptions& options) {
  PartsResult result;
  const auto run = [&](const auto& each) {
    if constexpr (std::decay_t<decltype(each)>::kStyle == PathStyle::kAbsolute) {
      const auto parts = partition(each, options);
      if (!parts) {
        result.error = parts.error().to_string();
        result.code = parts.error().code();
        return;
      }
      result.parts.emplace();
      for (const auto& part : *parts) result.parts->emplace(part.root, tree_of(part.manifest));
    } else {
      throw MalformedCase("only absolute manifests are cut into parts");
    }
  };
  std::visit(run, manifest);
  return result;
}

Outcome check_partition(const VectorCase& vector) {
  const Model raw = parse_model(vector.input.at("manifest"));
  const Model model = with_root_targets(raw);
  const Built built({model});
  if (built.refused) return *built.refused;
  const bool automatic = vector.input.at("roots").is_null();
  const std::vector<std::string> given = automatic ? std::vector<std::string>() : texts_of(vector.input.at("roots"));
  PartitionOptions options;
  options.roots = given;
  const PartsResult made = run_partition(built.manifests.at(0), options);
  if (expects_error(vector.expected)) return made.parts ? failure("an error", "parts") : pass();

  const std::map<std::string, Tree> recorded = recorded_parts(vector.expected);
  const std::vector<std::string> recorded_roots = given.empty() ? textual_roots(raw) : given;
  const auto as_recorded = [&](Deviation why) {
    const Json understood = json_of_parts(textual_parts(raw, recorded_roots));
    return json_of_parts(recorded) == understood ? deviation(why) : compare(json_of_parts(recorded), understood);
  };
  const auto refused_for = [&](Deviation why) {
    if (made.parts) return failure("refused, because " + std::string(reason(why)), json_of_parts(*made.parts).dump());
    return as_recorded(why);
  };
  for (const std::string& root : given) {
    if (const auto fault = path_fault(root, PathStyle::kAbsolute)) return refused_for(*fault);
  }
  if (overlap(given)) return refused_for(Deviation::kOverlappingRoots);

  std::map<std::string, Tree> decided;
  bool outside = false;
  for (const std::string& root : given.empty() ? plain_roots(tree_of(model)) : given) {
    const Cut cut = plain_subtree(tree_of(model), root);
    outside = outside || !cut.outside.empty();
    if (!is_empty(cut.part)) decided[normalised(root).empty() ? "/" : normalised(root)] = cut.part;
  }
  if (outside) {
    if (made.code != ErrorCode::kOutsideRoot) return failure("kOutsideRoot", made.error);
    return refused_for(Deviation::kLinksLeavePart);
  }
  if (!made.parts) return failure(json_of_parts(decided).dump(), made.error);
  if (json_of_parts(*made.parts) != json_of_parts(decided)) {
    return compare(json_of_parts(decided), json_of_parts(*made.parts));
  }
  if (json_of_parts(recorded) == json_of_parts(decided)) return pass();
  std::map<std::string, Tree> trimmed;
  for (const auto& [root, tree] : recorded) trimmed[without_slash(root)] = tree;
  if (json_of_parts(trimmed) == json_of_parts(decided)) return as_recorded(Deviation::kPartRootForm);
  return as_recorded(given.empty() ? Deviation::kPartRoots : Deviation::kImpliedAncestors);
}

// --- merge -----------------------------------------------------------------------------------------------------------

// Per path the last counts, files and directories apart.
Tree united(const std::vector<Tree>& layers) {
  Tree result = layers.front();
  for (const Tree& layer : layers) {
    for (const auto& [path, deleted] : layer.directories) result.directories[path] = deleted;
    for (const auto& [path, members] : layer.files) result.files[path] = members;
  }
  return result;
}

// A diff of several does what they do one after the other.
std::optional<Outcome> check_composed_diff(const std::vector<Tree>& layers, const Tree& composed) {
  Tree nothing{composed.style, ManifestKind::kSnapshot, {}, {}, {}};
  Tree everything = nothing;
  for (const Tree& layer : layers) {
    for (const auto& [path, members] : layer.files) {
      if (members.contains("deleted")) everything.files.emplace(path, Json{{"size", 1}, {"mtime", 1}});
    }
  }
  // What is a file in one diff and a directory in another cannot be both before.
  std::erase_if(everything.files, [&](const auto& file) {
    return std::any_of(everything.files.begin(), everything.files.end(),
                       [&](const auto& other) { return is_below(other.first, file.first); });
  });
  for (const Tree& base : {nothing, complete(everything)}) {
    const Json one_by_one = json_of(complete(plain_apply(base, layers, {})));
    const Json at_once = json_of(complete(plain_apply(base, {composed}, {})));
    if (one_by_one != at_once) return compare(one_by_one, at_once);
  }
  return std::nullopt;
}

struct Layer {
  std::int64_t time = 0;
  Json manifest;
};

template <typename M>
Result<AnyTreeManifest> merge_trees(const std::vector<AnyTreeManifest>& manifests, const std::vector<Layer>& layers,
                                    bool by_time) {
  std::vector<Timed<M>> timed;
  std::vector<const M*> pointers;
  for (std::size_t i = 0; i < manifests.size(); ++i) {
    timed.push_back({&std::get<M>(manifests[i]), layers[i].time});
    pointers.push_back(timed.back().manifest);
  }
  if (by_time) return some(merge_by_time(std::span<const Timed<M>>(timed)));
  return some(compose(std::span<const M* const>(pointers)));
}

Outcome merge_v2025(const VectorCase& vector, const std::vector<Layer>& layers, bool by_time) {
  std::vector<Model> models;
  models.reserve(layers.size());
  for (const Layer& layer : layers) models.push_back(input_model(layer.manifest));
  std::vector<std::size_t> order(layers.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  if (by_time) {
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return layers[a].time < layers[b].time; });
  }
  std::vector<Tree> trees;
  trees.reserve(order.size());
  for (const std::size_t i : order) trees.push_back(tree_of(models[i]));
  const bool mixed = std::any_of(models.begin(), models.end(), [&](const Model& model) {
    return model.style != models[0].style || model.kind != models[0].kind;
  });
  if (mixed) {
    // Two types: there is no function to call. The recorded program takes the type of the first.
    if (expects_error(vector.expected)) return pass();
    Tree understood = united(trees);
    understood.parent_hash.reset();
    const Json recorded = json_of(tree_of(input_model(vector.expected)));
    return json_of(understood) == recorded ? deviation(Deviation::kMixedMerge) : compare(recorded, json_of(understood));
  }
  const Built built(models);
  if (built.refused) return *built.refused;
  const Result<AnyTreeManifest> made = std::visit(
      [&](const auto& first) { return merge_trees<std::decay_t<decltype(first)>>(built.manifests, layers, by_time); },
      built.manifests.at(0));

  if (expects_error(vector.expected)) return made ? failure("an error", shown(*made)) : pass();
  if (models[0].kind == ManifestKind::kSnapshot) {
    if (!made) return failure(vector.expected.dump(), made.error().to_string());
    return settle(vector.expected, *made, {Deviation::kImpliedAncestors, Deviation::kLaterKind}, [&](unsigned mask) {
      return plain_compose(trees, {.only_listed = (mask & 1U) != 0, .coexist = (mask & 2U) != 0});
    });
  }
  Tree understood = united(trees);
  const Tree recorded = tree_of(input_model(vector.expected));
  understood.parent_hash = recorded.parent_hash;
  if (json_of(understood) != json_of(recorded)) return compare(json_of(recorded), json_of(understood));
  const bool one_parent = std::all_of(trees.begin(), trees.end(),
                                      [&](const Tree& tree) { return tree.parent_hash == trees[0].parent_hash; });
  if (by_time && !one_parent) return made ? failure("refused", shown(*made)) : deviation(Deviation::kMergedDiffs);
  if (!made) return failure(vector.expected.dump(), made.error().to_string());
  const Tree composed = tree_of(tree_manifest_of(*made));
  if (composed.parent_hash != trees[0].parent_hash) return failure("the parent of the first", shown(*made));
  if (const std::optional<Outcome> wrong = check_composed_diff(trees, composed)) return *wrong;
  return json_of(complete(recorded)) == json_of(composed) ? pass() : deviation(Deviation::kMergedDiffs);
}

Outcome merge_v2023(const VectorCase& vector, const std::vector<Layer>& layers, bool by_time) {
  std::vector<Manifest> manifests;
  for (const Layer& layer : layers) {
    Result<Manifest> manifest = build_v2023(layer.manifest);
    if (!manifest) return failure("a manifest", manifest.error().to_string());
    manifests.push_back(*std::move(manifest));
  }
  std::vector<const Manifest*> pointers;
  std::vector<Timed<Manifest>> timed;
  for (std::size_t i = 0; i < manifests.size(); ++i) {
    pointers.push_back(&manifests[i]);
    timed.push_back({&manifests[i], layers[i].time});
  }
  const Result<std::optional<Manifest>> made = by_time ? merge_by_time(std::span<const Timed<Manifest>>(timed))
                                                       : merge(std::span<const Manifest* const>(pointers));
  if (expects_error(vector.expected)) return made ? failure("an error", "a manifest") : pass();
  if (!made || !*made) return failure(vector.expected.dump(), made ? "nothing" : made.error().to_string());
  return compare_v2023(vector.expected, **made);
}

Outcome check_merge(const VectorCase& vector) {
  if (vector.op != "merge" && vector.op != "merge_chronological") throw MalformedCase("unknown operation " + vector.op);
  const bool by_time = vector.op == "merge_chronological";
  std::vector<Layer> layers;
  // Times as ranks: only their order counts, and a vector may have fractions of seconds.
  std::set<Json> times;
  for (const Json& item : vector.input.at("manifests")) times.insert(item.at("lastModified"));
  for (const Json& item : vector.input.at("manifests")) {
    const auto rank = std::distance(times.begin(), times.find(item.at("lastModified")));
    layers.push_back({static_cast<std::int64_t>(rank), item.at("manifest")});
  }
  if (layers.empty()) {
    const bool nothing = by_time ? is_nothing(merge_by_time(std::span<const Timed<Snapshot>>()))
                                 : is_nothing(compose(std::span<const Snapshot* const>()));
    return compare(vector.expected, nothing ? Json() : Json("a manifest"));
  }
  const auto is_v2023 = [](const Layer& layer) { return layer.manifest.contains("paths"); };
  const auto old = static_cast<std::size_t>(std::count_if(layers.begin(), layers.end(), is_v2023));
  if (old == 0) return merge_v2025(vector, layers, by_time);
  if (old == layers.size()) return merge_v2023(vector, layers, by_time);
  // Two formats: there is no function to call, and the recorded program refuses it too.
  return expects_error(vector.expected) ? pass() : failure(vector.expected.dump(), "two formats");
}

constexpr Kind kKinds[] = {{"v2025-12/merge", check_merge}, {"v2025-12/partition", check_partition}};

}  // namespace

std::span<const Kind> v2025_group_kinds() {
  return kKinds;
}

}  // namespace attache::vectors
