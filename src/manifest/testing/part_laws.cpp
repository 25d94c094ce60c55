#include <attache/base/glob.hpp>
#include <attache/manifest/operations.hpp>

#include "law_support.hpp"

#include <algorithm>

namespace attache::testing {

namespace {

// What a caller cannot name: a backslash is taken for a slash, unless the path begins with a slash.
bool can_be_named(const std::string& path) {
  return path.empty() || path[0] == '/' || path.find('\\') == std::string::npos;
}

// As a caller may write a directory: with slashes at the end, with backslashes.
std::string as_given(Choices& choices, std::string path) {
  if (path.empty()) return path;
  const bool plain = path.find('\\') == std::string::npos;
  if (choices.below(4) == 0) path += '/';
  if (choices.below(4) == 0 && plain) std::replace(path.begin(), path.end(), '/', '\\');
  return path;
}

// With a link to the outside and a path that cannot stand in the part, either may be what is reported.
template <typename M>
void expect_same_part(const Result<M>& got, const Result<ModelCut>& expected, const Result<ModelCut>& without_links,
                      bool exclude, const ExcludedLinks& excluded, const std::string& what) {
  const bool unwritable =
      without_links ? !is_writable(without_links->model) : without_links.error().code() == ErrorCode::kInvalidManifest;
  if (!got && unwritable && got.error().code() == ErrorCode::kInvalidManifest) return;
  if (!got && unwritable && !exclude && got.error().code() == ErrorCode::kOutsideRoot) return;
  expect_same(got, expected.map([](const ModelCut& part) { return part.model; }), what);
  if (!got) return;
  ExcludedLinks sorted = excluded;
  std::sort(sorted.begin(), sorted.end());
  require(sorted == expected->excluded, what + ", the links that are left out");
}

CutOptions cut_options(bool exclude, ExcludedLinks& excluded) {
  return {.links = exclude ? LinkPolicy::kExclude : LinkPolicy::kError, .excluded = &excluded};
}

}  // namespace

bool filter_is_that_of_the_reference(Choices& choices) {
  const Model model = random_manifest(choices);
  // One bit for each entry, by its place.
  std::map<std::string, bool> files;
  std::map<std::string, bool> directories;
  const bool all = choices.rarely(8);
  for (const auto& file : model.files) files[file.first] = all || choices.below(2) == 0;
  for (const auto& directory : model.directories) directories[directory.first] = all || choices.below(2) == 0;
  return with_type(model, [&]<typename M>() {
    const M manifest = made<M>(model);
    const auto accepts = [&](std::string_view path, const FileEntry* file) {
      require(file == nullptr || manifest.path_of(*file) == path, "a predicate gets the path of its file");
      const auto& verdicts = file != nullptr ? files : directories;
      const auto found = verdicts.find(std::string(path));
      require(found != verdicts.end(), "a predicate is asked about what is there", std::string(path));
      return found->second;
    };
    const Model expected = model_filter(model, [&](const std::string& path, const ModelFile* file) {
      return (file != nullptr ? files : directories).at(path);
    });
    expect_same(filter(manifest, EntryPredicate(accepts)), Result<Model>(expected), "filter of " + model_encode(model));
    if (all) expect_same(manifest, expected, "a filter that accepts everything changes nothing");
    return true;
  });
}

bool filter_by_patterns_is_filter_by_their_matches(Choices& choices) {
  const Model model = random_manifest(choices);
  static const std::vector<std::string> pieces{"a", "*", "**", "?", "a*", "[!a]", "{a,b}", "$*", "s", "t", ".*"};
  static const std::vector<std::string> starts{"/", "C:/", "//s/t/", "/{s,a}/"};
  const auto patterns = [&](std::size_t most) {
    std::vector<std::string> list;
    for (std::size_t left = choices.below(most + 1); left > 0; --left) {
      std::string pattern = choices.of(pieces);
      for (std::size_t more = choices.below(3); more > 0; --more) pattern += "/" + choices.of(pieces);
      if (model.style == PathStyle::kAbsolute && choices.below(3) != 0) pattern = choices.of(starts) + pattern;
      list.push_back(std::move(pattern));
    }
    return list;
  };
  // Only the dialect of the design has patterns for absolute paths.
  const bool absolute = model.style == PathStyle::kAbsolute;
  const GlobDialect dialect = !absolute && choices.below(4) == 0 ? GlobDialect::kPython : GlobDialect::kDesign;
  const std::vector<std::string> include = patterns(3);
  const std::vector<std::string> exclude = patterns(2);
  const Result<GlobSet> set = GlobSet::compile(include, exclude, {.dialect = dialect});
  require(set.has_value(), "these are patterns");
  return with_type(model, [&]<typename M>() {
    std::string what = "filter of " + model_encode(model) + " by";
    for (const std::string& pattern : include) what += " +" + pattern;
    for (const std::string& pattern : exclude) what += " -" + pattern;
    const Model expected = model_filter(model, [&](const std::string& path, const ModelFile*) {
      return set->match_path(path) == GlobMatch::kSelected;
    });
    expect_same(filter(made<M>(model), *set), Result<Model>(expected), what);
    return true;
  });
}

bool subtree_is_that_of_the_reference(Choices& choices) {
  const Model model = random_manifest(choices);
  const std::string directory = random_directory(choices, model);
  const bool exclude = choices.below(2) == 0;
  if (!can_be_named(directory)) return false;
  const std::string given = as_given(choices, directory);
  return with_type(model, [&]<typename M>() {
    ExcludedLinks excluded;
    const auto part = subtree(made<M>(model), given, cut_options(exclude, excluded));
    expect_same_part(part, model_subtree(model, directory, exclude), model_subtree(model, directory, true), exclude,
                     excluded, "subtree '" + printable(given) + "' of " + model_encode(model));
    return true;
  });
}

bool subtree_is_the_inverse_of_join(Choices& choices) {
  const Model model = random_manifest(choices, {});
  const std::string prefix = random_prefix(choices);
  const std::string given = as_given(choices, prefix);
  return with_type(model, [&]<typename M>() {
    if constexpr (M::kStyle == PathStyle::kRelative) {
      const M manifest = made<M>(model);
      const Result<M> moved = join(manifest, given);
      expect_same(moved, Result<Model>(model_join(model, prefix, PathStyle::kRelative)),
                  "join '" + printable(given) + "' and " + model_encode(model));
      if (!moved) return false;
      expect_same(subtree(*moved, given), Result<Model>(model), "subtree(join(m, p), p) with p " + printable(given));
      expect_same(join(manifest, ""), Result<Model>(model), "join with nothing");
      expect_same(subtree(manifest, ""), Result<Model>(model), "subtree of everything");
    }
    return true;
  });
}

bool to_relative_is_the_inverse_of_to_absolute(Choices& choices) {
  const Model model = random_manifest(choices, {});
  const std::string root = random_root(choices);
  const std::string given = as_given(choices, root);
  return with_type(model, [&]<typename M>() {
    if constexpr (M::kStyle == PathStyle::kRelative) {
      const M manifest = made<M>(model);
      const auto moved = to_absolute(manifest, given);
      expect_same(moved, Result<Model>(model_join(model, root, PathStyle::kAbsolute)),
                  "to_absolute '" + printable(given) + "' of " + model_encode(model));
      expect_same(to_relative(*moved, given), Result<Model>(model), "to_relative(to_absolute(m)) " + printable(given));
    }
    return true;
  });
}

bool to_relative_is_that_of_the_reference(Choices& choices) {
  const Model model = random_manifest(choices, {.style = PathStyle::kAbsolute, .many_file_systems = choices.rarely(4)});
  const std::string root = random_directory(choices, model);
  const bool exclude = choices.below(2) == 0;
  if (!can_be_named(root)) return false;
  const std::string given = as_given(choices, root);
  return with_type(model, [&]<typename M>() {
    if constexpr (M::kStyle == PathStyle::kAbsolute) {
      ExcludedLinks excluded;
      const auto relative = to_relative(made<M>(model), given, cut_options(exclude, excluded));
      expect_same_part(relative, model_to_relative(model, root, exclude), model_to_relative(model, root, true), exclude,
                       excluded, "to_relative '" + printable(given) + "' of " + model_encode(model));
    }
    return true;
  });
}

bool partition_is_that_of_the_reference(Choices& choices) {
  const Model model = random_manifest(choices, {.style = PathStyle::kAbsolute, .many_file_systems = choices.rarely(2)});
  std::vector<std::string> roots;
  std::vector<std::string> referenced;
  const std::size_t how = choices.below(3);
  for (std::size_t left = choices.below(3); left > 0 && how == 1; --left) {
    roots.push_back(random_directory(choices, model));
  }
  for (std::size_t left = choices.below(3); left > 0 && how == 2; --left) {
    referenced.push_back(choices.below(2) == 0 ? random_root(choices) : random_directory(choices, model));
  }
  if (!std::all_of(roots.begin(), roots.end(), can_be_named)) return false;
  if (!std::all_of(referenced.begin(), referenced.end(), can_be_named)) return false;
  const bool exclude = choices.below(2) == 0;
  std::string what = "partition of " + model_encode(model);
  for (const std::string& root : roots) what += " root " + printable(root);
  for (const std::string& path : referenced) what += " referenced " + printable(path);
  const auto expected = model_partition(model, roots, referenced, exclude);
  ExcludedLinks excluded;
  const PartitionOptions options{.roots = roots, .referenced_paths = referenced, .cut = cut_options(exclude, excluded)};
  return with_type(model, [&]<typename M>() {
    if constexpr (M::kStyle == PathStyle::kAbsolute) {
      const auto parts = partition(made<M>(model), options);
      const auto without_links = model_partition(model, roots, referenced, true);
      const bool writable = without_links ? std::all_of(without_links->by_root.begin(), without_links->by_root.end(),
                                                        [](const auto& each) { return is_writable(each.second); })
                                          : without_links.error().code() != ErrorCode::kInvalidManifest;
      if (!expected || !writable) {
        require(!parts, what + ", refused");
        const ErrorCode code = parts.error().code();
        // Of a part that cannot be written and one with a link to the outside the first is reported.
        require((!expected && code == expected.error().code()) || (!writable && code == ErrorCode::kInvalidManifest) ||
                    (!writable && !exclude && code == ErrorCode::kOutsideRoot),
                what + ", refused", parts.error().message());
        return true;
      }
      require(parts.has_value(), what, parts ? "" : parts.error().message());
      auto part = parts->begin();
      for (const auto& [root, wanted] : expected->by_root) {
        require(part != parts->end() && part->root == root, what + ", the root " + printable(root),
                part == parts->end() ? "missing" : part->root);
        expect_same(part->manifest, wanted, what + ", the part of " + printable(root));
        ++part;
      }
      require(part == parts->end(), what + ", no other part");
      ExcludedLinks sorted = excluded;
      std::sort(sorted.begin(), sorted.end());
      require(sorted == expected->excluded, what + ", the links that are left out");
    }
    return true;
  });
}

bool the_parts_of_a_partition_make_the_whole(Choices& choices) {
  Model model = random_tree(choices, {.style = PathStyle::kAbsolute, .links = false});
  return with_type(model, [&]<typename M>() {
    if constexpr (M::kStyle == PathStyle::kAbsolute && M::kKind == ManifestKind::kSnapshot) {
      const auto parts = partition(made<M>(model));
      // A name that would begin an absolute path cannot stand at the top of a part.
      if (!parts) {
        require(parts.error().code() == ErrorCode::kInvalidManifest, "a part can be written", parts.error().message());
        return false;
      }
      std::vector<M> layers;
      for (const auto& part : *parts) {
        if (!can_be_named(part.root)) return false;
        auto moved = to_absolute(part.manifest, part.root);
        require(moved.has_value(), "a part can go back", moved ? "" : moved.error().message());
        layers.push_back(*std::move(moved));
      }
      std::vector<const M*> all;
      for (const M& layer : layers) all.push_back(&layer);
      const auto whole = compose(std::span<const M* const>(all));
      require(whole.has_value(), "parts can be composed");
      require(whole->has_value() == !(model.files.empty() && model.directories.empty()), "nothing has no parts");
      if (*whole) expect_same(**whole, model, "the parts of a partition, joined and composed");
    }
    return true;
  });
}

}  // namespace attache::testing
