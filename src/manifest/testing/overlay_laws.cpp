#include <attache/manifest/operations.hpp>

#include "law_support.hpp"

#include <algorithm>
#include <set>

namespace attache::testing {

namespace {

// What diff() keeps of a tree: files that differ from the base by 1 us alone count as equal.
Model as_diff_sees_it(Model tree, const Model& base) {
  for (auto& [path, file] : tree.files) {
    const auto before = base.files.find(path);
    if (before == base.files.end()) continue;
    ModelFile same = before->second;
    same.mtime_us = file.mtime_us;
    const auto [earlier, later] = std::minmax(before->second.mtime_us, file.mtime_us);
    if (same == file && (earlier == later || earlier + 1 == later)) file = before->second;
  }
  return tree;
}

template <typename M>
std::vector<const M*> pointers(const std::vector<M>& manifests) {
  std::vector<const M*> all;
  for (const M& manifest : manifests) all.push_back(&manifest);
  return all;
}

template <typename M>
std::vector<M> all_made(const std::vector<Model>& models) {
  std::vector<M> all;
  for (const Model& model : models) all.push_back(made<M>(model));
  return all;
}

template <typename M>
Result<M> composed(const std::vector<M>& layers) {
  const std::vector<const M*> all = pointers(layers);
  Result<std::optional<M>> result = compose(std::span<const M* const>(all));
  if (!result) return fail(std::move(result).error());
  require(result->has_value(), "layers give a manifest");
  return std::move(**result);
}

template <typename M>
Result<M> applied(const M& base, const std::vector<DiffOf<M>>& diffs, bool check_parent) {
  const auto all = pointers(diffs);
  return apply_diffs(base, std::span<const DiffOf<M>* const>(all), {.check_parent = check_parent});
}

// A tree, and the diffs that lead on from it.
struct Chain {
  std::vector<Model> trees;
  std::vector<Model> diffs;
};

Chain random_chain(Choices& choices, std::size_t length) {
  const TreeOptions options{.style = random_style(choices)};
  Chain chain{.trees = {random_tree(choices, options)}, .diffs = {}};
  for (std::size_t i = 0; i < length; ++i) {
    const Model next = changed_tree(choices, chain.trees.back(), options);
    chain.trees.push_back(as_diff_sees_it(next, chain.trees.back()));
    chain.diffs.push_back(model_diff(chain.trees[i], chain.trees[i + 1]));
  }
  return chain;
}

// Takes away whatever some layer has as a file and some as a directory.
void keep_kinds(std::vector<Model*> layers) {
  std::set<std::string> files;
  std::set<std::string> both;
  for (const Model* layer : layers) {
    for (const auto& file : layer->files) files.insert(file.first);
  }
  for (const Model* layer : layers) {
    for (const auto& directory : layer->directories) {
      if (files.count(directory.first) != 0) both.insert(directory.first);
    }
  }
  const auto goes = [&](const auto& entry) {
    return std::any_of(both.begin(), both.end(),
                       [&](const std::string& path) { return entry.first == path || is_below(entry.first, path); });
  };
  for (Model* layer : layers) {
    std::erase_if(layer->files, goes);
    std::erase_if(layer->directories, goes);
  }
}

std::vector<Model> random_layers(Choices& choices, ManifestKind kind, const TreeOptions& options, std::size_t count) {
  std::vector<Model> layers;
  for (std::size_t i = 0; i < count; ++i) {
    layers.push_back(kind == ManifestKind::kSnapshot ? random_tree(choices, options) : random_diff(choices, options));
  }
  return layers;
}

bool all_writable(const std::vector<Model>& models) {
  return std::all_of(models.begin(), models.end(), is_writable);
}

}  // namespace

bool diff_is_that_of_the_reference(Choices& choices) {
  const TreeOptions options{.style = random_style(choices)};
  const Model parent = random_tree(choices, options);
  const Model current = choices.below(4) == 0 ? random_tree(choices, options) : changed_tree(choices, parent, options);
  const ModelDiffOptions how{.ignore_hashes = choices.below(2) == 1, .preserve_runnable = choices.below(2) == 1};
  return with_snapshot(parent.style, [&]<typename M>() {
    expect_same(diff(made<M>(parent), made<M>(current),
                     {.ignore_hashes = how.ignore_hashes, .preserve_runnable = how.preserve_runnable}),
                Result<Model>(model_diff(parent, current, how)),
                "diff of " + model_encode(parent) + " and " + model_encode(current));
    return true;
  });
}

bool applying_a_diff_gives_the_other(Choices& choices) {
  const Chain chain = random_chain(choices, 1);
  return with_snapshot(chain.trees[0].style, [&]<typename M>() {
    const M base = made<M>(chain.trees[0]);
    auto change = diff(base, made<M>(chain.trees[1]));
    require(change.has_value(), "trees can be compared", change ? "" : change.error().message());
    std::vector<DiffOf<M>> diffs;
    diffs.push_back(*std::move(change));
    expect_same(applied(base, diffs, true), Result<Model>(chain.trees[1]),
                "apply(base, diff(base, x)) of " + model_encode(chain.trees[0]));
    return true;
  });
}

bool apply_is_that_of_the_reference(Choices& choices) {
  const TreeOptions options{.style = random_style(choices)};
  const Model base = random_tree(choices, options);
  const std::vector<Model> changes = random_layers(choices, ManifestKind::kDiff, options, 1 + choices.below(3));
  Model expected = base;
  std::string what = "apply to " + model_encode(base);
  for (const Model& change : changes) {
    expected = model_apply(expected, change);
    what += "\n then    " + model_encode(change);
  }
  return with_snapshot(base.style, [&]<typename M>() {
    expect_same(applied(made<M>(base), all_made<DiffOf<M>>(changes), false), Result<Model>(expected), what);
    return true;
  });
}

bool apply_checks_each_parent(Choices& choices) {
  Chain chain = random_chain(choices, 1 + choices.below(3));
  const std::size_t wrong = choices.below(chain.diffs.size() + 1);
  if (wrong < chain.diffs.size()) chain.diffs[wrong].parent_hash = Digest();
  return with_snapshot(chain.trees[0].style, [&]<typename M>() {
    const Result<M> result = applied(made<M>(chain.trees[0]), all_made<DiffOf<M>>(chain.diffs), true);
    if (wrong == chain.diffs.size()) {
      expect_same(result, Result<Model>(chain.trees.back()), "diffs that follow each other");
    } else {
      require(!result && result.error().code() == ErrorCode::kIntegrity, "a diff of another parent is refused");
      require(result.error().message().find("diff " + std::to_string(wrong + 1)) != std::string::npos,
              "the diff is named", result.error().message());
    }
    return true;
  });
}

bool compose_is_that_of_the_reference(Choices& choices) {
  const TreeOptions options{.style = random_style(choices)};
  const auto layers = random_layers(choices, ManifestKind::kSnapshot, options, 1 + choices.below(4));
  return with_snapshot(options.style, [&]<typename M>() {
    const std::vector<M> manifests = all_made<M>(layers);
    std::string what = "compose of";
    for (const Model& layer : layers) what += "\n layer    " + model_encode(layer);
    expect_same(composed(manifests), Result<Model>(model_compose(layers)), what);
    return true;
  });
}

bool compose_of_diffs_is_that_of_the_reference(Choices& choices) {
  std::vector<Model> layers;
  if (choices.below(2) == 0) {
    layers = random_chain(choices, 1 + choices.below(4)).diffs;
  } else {
    layers = random_layers(choices, ManifestKind::kDiff, {.style = random_style(choices)}, 1 + choices.below(4));
    std::vector<Model*> all;
    for (Model& layer : layers) all.push_back(&layer);
    keep_kinds(all);
    if (!all_writable(layers)) return false;
  }
  return with_type(layers.front(), [&]<typename M>() {
    const std::vector<M> manifests = all_made<M>(layers);
    std::string what = "compose of";
    for (const Model& layer : layers) what += "\n diff     " + model_encode(layer);
    expect_same(composed(manifests), Result<Model>(model_compose(layers)), what);
    return true;
  });
}

bool compose_is_associative(Choices& choices) {
  const TreeOptions options{.style = random_style(choices)};
  std::vector<Model> layers =
      random_layers(choices, choices.below(2) == 0 ? ManifestKind::kSnapshot : ManifestKind::kDiff, options, 3);
  keep_kinds({&layers[0], &layers[1], &layers[2]});
  if (!all_writable(layers) || !is_writable(model_compose(layers))) return false;
  return with_type(layers.front(), [&]<typename M>() {
    const auto pair = [](M a, M b) {
      std::vector<M> both;
      both.push_back(std::move(a));
      both.push_back(std::move(b));
      Result<M> result = composed(both);
      require(result.has_value(), "layers can be composed", result ? "" : result.error().message());
      return *std::move(result);
    };
    const auto make = [&](std::size_t i) { return made<M>(layers[i]); };
    if (!is_writable(model_compose({layers[0], layers[1]})) || !is_writable(model_compose({layers[1], layers[2]}))) {
      return false;
    }
    const std::string left = encode_v2025(pair(pair(make(0), make(1)), make(2))).value();
    const std::string right = encode_v2025(pair(make(0), pair(make(1), make(2)))).value();
    std::string what = "\n (ab)c    " + left + "\n a(bc)    " + right;
    for (const Model& layer : layers) what += "\n layer    " + model_encode(layer);
    require(left == right, "compose is associative", what);
    expect_same(composed(all_made<M>(layers)), Result<Model>(model_of(pair(pair(make(0), make(1)), make(2)))),
                "compose of three is compose of two and one");
    return true;
  });
}

namespace {

bool composed_is_in_order(const Model& base, const std::vector<Model>& diffs, const Model& expected) {
  if (!is_writable(model_compose(diffs)) || !is_writable(expected)) return false;
  return with_snapshot(base.style, [&]<typename M>() {
    Result<DiffOf<M>> whole = composed(all_made<DiffOf<M>>(diffs));
    require(whole.has_value(), "diffs can be composed", whole ? "" : whole.error().message());
    std::string what = "applying a composition to " + model_encode(base);
    for (const Model& change : diffs) what += "\n diff     " + model_encode(change);
    what += "\n composed " + encode_v2025(*whole).value();
    std::vector<DiffOf<M>> one;
    one.push_back(*std::move(whole));
    expect_same(applied(made<M>(base), one, false), Result<Model>(expected), what);
    return true;
  });
}

}  // namespace

bool applying_composed_diffs_is_applying_them_in_order(Choices& choices) {
  const Chain chain = random_chain(choices, 2 + choices.below(3));
  return composed_is_in_order(chain.trees.front(), chain.diffs, chain.trees.back());
}

bool applying_composed_loose_diffs_is_applying_them_in_order(Choices& choices) {
  const TreeOptions options{.style = random_style(choices)};
  Model base = random_tree(choices, options);
  std::vector<Model> diffs = random_layers(choices, ManifestKind::kDiff, options, 2);
  keep_kinds({&base, &diffs[0], &diffs[1]});
  if (!is_writable(base) || !all_writable(diffs)) return false;
  return composed_is_in_order(base, diffs, model_apply(model_apply(base, diffs[0]), diffs[1]));
}

bool merge_does_not_depend_on_the_order(Choices& choices) {
  const TreeOptions options{.style = random_style(choices)};
  const bool snapshots = choices.below(2) == 0;
  std::vector<Model> layers =
      random_layers(choices, snapshots ? ManifestKind::kSnapshot : ManifestKind::kDiff, options, 1 + choices.below(4));
  if (!snapshots) {
    std::vector<Model*> all;
    for (Model& layer : layers) all.push_back(&layer);
    keep_kinds(all);
    if (!all_writable(layers)) return false;
  }
  const bool same_parent = snapshots || choices.below(8) != 0;
  for (Model& layer : layers) {
    if (!snapshots && same_parent) layer.parent_hash = Digest();
  }
  const bool mixed = std::any_of(layers.begin(), layers.end(),
                                 [&](const Model& layer) { return layer.parent_hash != layers.front().parent_hash; });
  // The oldest is the last, then in ascending order; then the other way round.
  std::vector<std::pair<Model, std::int64_t>> timed;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    timed.emplace_back(layers[i], static_cast<std::int64_t>((i + 1) % layers.size()) - 1);
  }
  return with_type(layers.front(), [&]<typename M>() {
    const std::vector<M> manifests = all_made<M>(layers);
    std::vector<Timed<M>> given;
    for (std::size_t i = 0; i < layers.size(); ++i) given.push_back({&manifests[i], timed[i].second});
    for (int turn = 0; turn < 2; ++turn) {
      Result<std::optional<M>> merged = merge_by_time(std::span<const Timed<M>>(given));
      if (mixed) {
        require(!merged && merged.error().code() == ErrorCode::kInvalidArgument, "diffs must have one parent");
      } else if (!merged) {
        expect_same(Result<M>(fail(merged.error())), Result<Model>(model_merge(timed)), "merge by time");
      } else {
        require(merged->has_value(), "manifests give a manifest");
        expect_same(**merged, model_merge(timed), "merge by time");
      }
      std::reverse(given.begin(), given.end());
    }
    return true;
  });
}

}  // namespace attache::testing
