#include "v2025_operation_support.hpp"

#include <algorithm>
#include <bit>

namespace attache::vectors {

namespace {

// What is compared: implied directories are there, and targets are what they mean.
Json form_of(Tree tree) {
  return json_of(with_resolved_targets(complete(std::move(tree))));
}

Json completed(const Json& expected) {
  return form_of(tree_of(input_model(expected)));
}

// What every answer must keep: all directories are there, and the total is that of the sizes.
std::optional<Outcome> check_form(const TreeManifest& manifest) {
  const Tree tree = tree_of(manifest);
  if (json_of(complete(tree)) != json_of(tree)) return compare(json_of(complete(tree)), json_of(tree));
  std::uint64_t total = 0;
  for (const auto& [path, members] : tree.files) {
    if (members.contains("size")) total += members.at("size").get<std::uint64_t>();
  }
  if (total != manifest.total_size()) return compare(std::to_string(total), std::to_string(manifest.total_size()));
  return std::nullopt;
}

Outcome check_total(const Json& expected, const AnyTreeManifest& made) {
  if (!expected.contains("totalSize")) return pass();
  return compare(integer_text_of(expected["totalSize"]), std::to_string(tree_manifest_of(made).total_size()));
}

bool same_but_for_targets(Tree a, Tree b) {
  for (Tree* tree : {&a, &b}) {
    for (auto& [path, members] : tree->files) {
      if (members.contains("symlink_target")) members["symlink_target"] = "";
    }
  }
  return json_of(complete(std::move(a))) == json_of(complete(std::move(b)));
}

}  // namespace

Model input_model(const Json& form) {
  return with_root_targets(parse_model(form));
}

Built::Built(const std::vector<Model>& models) {
  for (const Model& model : models) {
    Result<AnyTreeManifest> manifest = build(model);
    if (!manifest) {
      const Faults faults = faults_of(model);
      refused = faults.empty() ? failure("a manifest", manifest.error().to_string())
                               : must_be_refused(text_of_model(model, {.all_members = true}), faults);
      return;
    }
    manifests.push_back(*std::move(manifest));
  }
}

std::string shown(const AnyTreeManifest& manifest) {
  return json_of(tree_of(tree_manifest_of(manifest))).dump(-1, ' ', true, Json::error_handler_t::replace);
}

Outcome settle(const Json& expected, const AnyTreeManifest& made, const std::vector<Deviation>& differences,
               const std::function<Tree(unsigned mask)>& variant) {
  const TreeManifest& manifest = tree_manifest_of(made);
  if (const std::optional<Outcome> wrong = check_form(manifest)) return *wrong;
  const Json got = form_of(tree_of(manifest));
  const Json recorded = completed(expected);
  if (!total_is_sum(expected)) return failure("the sum of the sizes", expected["totalSize"].dump());
  if (got == recorded) return check_total(expected, made);
  if (const Json decided = form_of(variant(0)); got != decided) return compare(decided, got);

  std::vector<unsigned> masks;
  for (unsigned mask = 1; mask < 1U << differences.size(); ++mask) masks.push_back(mask);
  std::stable_sort(masks.begin(), masks.end(),
                   [](unsigned a, unsigned b) { return std::popcount(a) < std::popcount(b); });
  for (const unsigned mask : masks) {
    if (form_of(variant(mask)) != recorded) continue;
    std::vector<Deviation> reasons;
    for (std::size_t i = 0; i < differences.size(); ++i) {
      if ((mask >> i & 1U) != 0) reasons.push_back(differences[i]);
    }
    return deviation(reasons);
  }
  return compare(recorded, got);
}

bool recorded_as(const Json& expected, const Tree& tree) {
  return total_is_sum(expected) && completed(expected) == form_of(tree);
}

Outcome settle_moved(const Json& expected, const AnyTreeManifest& made, const Tree& decided, const Model& textual) {
  const TreeManifest& manifest = tree_manifest_of(made);
  if (const std::optional<Outcome> wrong = check_form(manifest)) return *wrong;
  const Json got = form_of(tree_of(manifest));
  if (const Json wanted = form_of(decided); got != wanted) return compare(wanted, got);
  if (expects_error(expected)) return failure(expected.dump(), got.dump());
  if (!total_is_sum(expected)) return failure("the sum of the sizes", expected["totalSize"].dump());
  if (got == completed(expected)) return check_total(expected, made);
  const Tree recorded = tree_of(parse_model(expected));
  if (recorded.style != decided.style) return recorded_is(expected, textual, {Deviation::kRootIsDirectory});
  if (recorded.parent_hash != decided.parent_hash) return compare(completed(expected), got);
  if (same_but_for_targets(recorded, decided)) return recorded_is(expected, textual, {Deviation::kRootTargets});
  // A root without the `/` that begins the paths below it, whose entries were left as they are.
  if (std::any_of(recorded.files.begin(), recorded.files.end(), [&](const auto& file) {
        return is_absolute(file.first) != (recorded.style == PathStyle::kAbsolute);
      })) {
    return recorded_is(expected, textual, {Deviation::kRootIsDirectory});
  }
  return compare(completed(expected), got);
}

Outcome recorded_is(const Json& expected, const Model& textual, const std::vector<Deviation>& reasons) {
  if (expects_error(expected)) return pass();
  if (!total_is_sum(expected)) return failure("the sum of the sizes", expected["totalSize"].dump());
  const Json recorded = json_of(tree_of(parse_model(expected)));
  const Json understood = json_of(tree_of(textual));
  return recorded == understood ? deviation(reasons) : compare(recorded, understood);
}

Result<Manifest> build_v2023(const Json& form) {
  ManifestBuilder builder;
  for (const Json& item : form.at("paths")) {
    const std::optional<std::uint64_t> size = uint64_of(item.at("size"));
    const std::optional<std::int64_t> mtime_us = int64_of(item.at("mtime"));
    if (!size || !mtime_us) throw MalformedCase("a number that no manifest can hold");
    ATTACHE_TRY(builder.add(text_of(item.at("path")), digest_of(text_of(item.at("hash"))), *size, *mtime_us));
  }
  return std::move(builder).build();
}

Outcome compare_v2023(const Json& expected, const Manifest& manifest) {
  Json paths = Json::array();
  for (const ManifestEntry& entry : manifest) {
    paths.push_back({{"path", json_of_text(entry.path)},
                     {"hash", entry.hash.to_hex()},
                     {"size", entry.size},
                     {"mtime", entry.mtime_us}});
  }
  Json wanted = expected.at("paths");
  for (Json& item : wanted) item["hash"] = digest_of(text_of(item.at("hash"))).to_hex();
  const auto by_text = [](const Json& a, const Json& b) { return a.dump() < b.dump(); };
  std::sort(paths.begin(), paths.end(), by_text);
  std::sort(wanted.begin(), wanted.end(), by_text);
  if (paths != wanted) return compare(wanted, paths);
  return compare(integer_text_of(expected.at("totalSize")), std::to_string(manifest.total_size()));
}

}  // namespace attache::vectors
