#include <attache/base/glob.hpp>
#include <attache/base/text.hpp>
#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/fsio/testing/tree_builder.hpp>
#include <attache/manifest/operations.hpp>
#include <attache/scan/collect.hpp>
#include <attache/scan/compare_tree.hpp>
#include <attache/scan/glob_config.hpp>
#include <attache/scan/snapshot.hpp>

#include "kinds.hpp"
#include "v2025_model.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>
#include <span>

// Vectors that need files: trees are made, and scanned.

namespace attache::vectors {

namespace {

// --- trees -----------------------------------------------------------------------------------------------------------

void make_entry(TreeBuilder& builder, const Json& entry) {
  const std::string path = entry.at("path").get<std::string>();
  const std::string type = entry.at("type").get<std::string>();
  if (type == "dir") {
    builder.directory(path);
  } else if (type == "symlink") {
    builder.symlink(entry.at("target").get<std::string>(), path);
  } else if (type == "file" || type == "zeros") {
    builder.file(path, type == "file" ? entry.at("content").get<std::string>() : std::string());
    const std::string full = builder.root() + "/" + path;
    if (type == "zeros") std::filesystem::resize_file(full, entry.at("size").get<std::uint64_t>());
    if (entry.contains("modeOctal")) {
      builder.mode(path, static_cast<unsigned>(std::stoul(entry.at("modeOctal").get<std::string>(), nullptr, 8)));
    }
    const auto time = std::filesystem::file_time_type::clock::from_sys(std::chrono::sys_time<std::chrono::microseconds>(
        std::chrono::microseconds(entry.at("mtimeUs").get<std::int64_t>())));
    std::filesystem::last_write_time(full, time);
  } else {
    throw MalformedCase("unknown type '" + type + "' in a tree");
  }
}

/// The tree of a v2025-12 case in a directory of its own, `$TREE`.
class CaseTree {
 public:
  explicit CaseTree(const Json& entries) : builder_(directory_.path()) {
    for (const Json& entry : entries) make_entry(builder_, entry);
  }
  const std::string& path() const { return directory_.path(); }
  TreeBuilder& builder() { return builder_; }
  /// `$TREE` in the place of its path.
  std::string shown(std::string text) const {
    return text.starts_with(path()) ? "$TREE" + text.substr(path().size()) : text;
  }

 private:
  TemporaryDirectory directory_;
  TreeBuilder builder_;
};

// The recorded scanner follows no link: it keeps those that stay inside, and leaves out all others.
SnapshotOptions snapshot_options(const VectorCase& vector, const CaseTree& tree) {
  SnapshotOptions options;
  options.root = tree.path();
  options.include = texts_of(vector.input.at("include"));
  options.exclude = texts_of(vector.input.at("exclude"));
  options.dialect = GlobDialect::kDesign;
  options.symlinks = SymlinkPolicy::kExcludeEscaping;
  options.skip_own_manifests = false;
  if (vector.input.contains("includeDirs")) options.empty_directories = vector.input.at("includeDirs").get<bool>();
  return options;
}

// --- snapshot --------------------------------------------------------------------------------------------------------

Outcome check_v2023_snapshot(const VectorCase& vector, SnapshotOptions options) {
  options.symlinks = SymlinkPolicy::kExcludeAll;
  const auto snapshot = snapshot_tree(options, {});
  Json got{{"manifestVersion", "2023-03-03"}, {"paths", Json::array()}, {"totalSize", 0}};
  if (!snapshot && snapshot.error().code() != ErrorCode::kNotFound) {
    return failure(vector.expected.dump(), snapshot.error().to_string());
  }
  if (snapshot) {
    for (const ManifestEntry entry : snapshot->manifest) {
      got["paths"].push_back({{"hash", entry.hash.to_hex()},
                              {"mtime", entry.mtime_us},
                              {"path", json_of_text(entry.path)},
                              {"size", entry.size}});
    }
    got["totalSize"] = snapshot->manifest.total_size();
  }
  return compare(vector.expected, got);
}

Outcome compare_trees(const VectorCase& vector, const Model& recorded, const Tree& got) {
  const Model model = with_root_targets(recorded);
  std::vector<Deviation> reasons;
  if (json_of(tree_of(model)) != json_of(tree_of(recorded))) reasons.push_back(Deviation::kRootTargets);
  if (json_of(complete(tree_of(model))) != json_of(tree_of(model))) reasons.push_back(Deviation::kImpliedAncestors);
  const Json expected = json_of(with_resolved_targets(complete(tree_of(model))));
  const Json result = json_of(with_resolved_targets(got));
  if (expected != result) return compare(expected, result);
  static_cast<void>(vector);
  return reasons.empty() ? pass() : deviation(reasons);
}

Outcome check_snapshot(const VectorCase& vector) {
  if (vector.input.at("followSymlinks").get<bool>()) return deviation(Deviation::kFollowedLinks);
  const CaseTree tree(vector.input.at("tree"));
  const SnapshotOptions options = snapshot_options(vector, tree);
  if (vector.input.at("version") == "v2023") return check_v2023_snapshot(vector, options);
  const auto snapshot = snapshot_tree_v2025(options, {});
  if (!snapshot) {
    return expects_error(vector.expected) ? pass() : failure(vector.expected.dump(), snapshot.error().to_string());
  }
  return compare_trees(vector, parse_model(vector.expected), tree_of(snapshot->manifest));
}

// Without hashes: the recorded scanner writes empty texts, Attache leaves the entries unhashed.
Outcome check_structure(const VectorCase& vector) {
  const CaseTree tree(vector.input.at("tree"));
  CollectOptions options{.directories = {tree.path()}, .symlinks = SymlinkPolicy::kExcludeEscaping};
  if (vector.input.contains("include")) options.include = texts_of(vector.input.at("include"));
  if (vector.input.contains("exclude")) options.exclude = texts_of(vector.input.at("exclude"));
  if (vector.input.contains("includeDirs")) options.empty_directories = vector.input.at("includeDirs").get<bool>();
  const auto collected = collect(options, {});
  if (!collected) return failure(vector.expected.dump(), collected.error().to_string());
  const auto relative = to_relative(collected->manifest, tree.path());
  if (!relative) return failure(vector.expected.dump(), relative.error().to_string());
  Json expected = vector.expected;
  for (Json& file : expected["files"]) {
    if (file.value("hash", "x").empty()) file.erase("hash");
  }
  return compare_trees(vector, parse_model(expected), tree_of(*relative));
}

// --- diff_tree -------------------------------------------------------------------------------------------------------

Json changed_files(const std::vector<ChangedFile>& files) {
  Json list = Json::array();
  for (const ChangedFile& file : files) {
    list.push_back({{"path", json_of_text(file.path)},
                    {"size", file.size},
                    {"mtime", file.mtime_us},
                    {"runnable", file.runnable}});
  }
  return list;
}

Json text_list(const std::vector<std::string>& texts) {
  Json list = Json::array();
  for (const std::string& text : texts) list.push_back(json_of_text(text));
  return list;
}

Outcome check_diff_tree(const VectorCase& vector) {
  const CaseTree tree(vector.input.at("tree"));
  const auto manifest = decode_v2025(replace_placeholders(vector.input.at("manifest").get<std::string>()));
  if (!manifest) throw MalformedCase("the manifest is refused: " + manifest.error().to_string());
  CompareOptions options;
  options.tree.root = tree.path();
  options.tree.include = texts_of(vector.input.at("include"));
  options.tree.exclude = texts_of(vector.input.at("exclude"));
  options.mode = vector.input.at("mode") == "hash" ? CompareMode::kDefinitive : CompareMode::kFast;
  options.tree.symlinks = SymlinkPolicy::kExcludeEscaping;
  options.ignore_runnable = true;  // the recorded program looks at it on neither side
  options.list_unchanged = true;
  const auto compared = compare_tree(std::get<Snapshot>(*manifest), options, {});
  if (!compared) return failure(vector.expected.dump(), compared.error().to_string());
  return compare(vector.expected.at("result"), {{"added", changed_files(compared->added)},
                                                {"addedDirs", text_list(compared->added_directories)},
                                                {"bytesHashed", compared->bytes_hashed},
                                                {"deleted", text_list(compared->deleted)},
                                                {"deletedDirs", text_list(compared->deleted_directories)},
                                                {"filesHashed", compared->files_hashed},
                                                {"modified", changed_files(compared->modified)},
                                                {"unchanged", text_list(compared->unchanged)}});
}

// --- expand ----------------------------------------------------------------------------------------------------------

Outcome check_expand(const VectorCase& vector) {
  const CaseTree tree(vector.input.at("tree"));
  CollectOptions options;
  options.include = texts_of(vector.input.at("include"));
  options.exclude = texts_of(vector.input.at("exclude"));
  options.symlinks = SymlinkPolicy::kExcludeAll;
  std::vector<std::string> expanded;
  for (const std::string& input : texts_of(vector.input.at("inputs"))) {
    const std::string path = tree.path() + "/" + input;
    if (std::filesystem::is_directory(path)) {
      options.directories.push_back(path);
      expanded.push_back(tree.shown(path));
    } else {
      (vector.input.at("allowMissing").get<bool>() ? options.optional_files : options.files).push_back(path);
    }
  }
  const auto collected = collect(options, {});
  if (!collected) {
    return expects_error(vector.expected) && collected.error().code() == ErrorCode::kNotFound
               ? pass()
               : failure(vector.expected.dump(), collected.error().to_string());
  }
  std::set<std::string> files;
  for (std::size_t i = 0; i < collected->manifest.file_count(); ++i) {
    files.insert(tree.shown(collected->manifest.path_of(collected->manifest.file(i))));
  }
  std::vector<std::string> missing;
  for (const Omission& omission : collected->omissions) {
    if (omission.reason == OmissionReason::kMissing) missing.push_back(tree.shown(omission.path));
  }
  return compare(vector.expected, {{"expandedDirectories", text_list(expanded)},
                                   {"filesSorted", text_list({files.begin(), files.end()})},
                                   {"missing", text_list(missing)},
                                   {"totalSize", collected->manifest.total_size()}});
}

// --- links -----------------------------------------------------------------------------------------------------------

Outcome check_policy(const VectorCase& vector) {
  const std::string recorded = vector.input.at("policy").get<std::string>();
  std::string name;
  for (const char c : recorded) {
    if (c >= 'A' && c <= 'Z' && !name.empty()) name += '-';
    name += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  }
  const auto policy = parse_symlink_policy(name);
  if (!policy) throw MalformedCase("unknown policy '" + recorded + "'");
  const LinkAction action = link_action(*policy, vector.input.at("escaping").get<bool>());
  return compare(vector.expected, {{"exclude", action == LinkAction::kExclude},
                                   {"follow", action == LinkAction::kFollow},
                                   {"includeTargets", action == LinkAction::kKeepAndInclude},
                                   {"preserve", action == LinkAction::kKeep || action == LinkAction::kKeepAndInclude}});
}

// A link is valid if a scan keeps it; what it resolves to is what the manifest says, below the root.
Outcome check_link(const VectorCase& vector) {
  CaseTree tree(Json::array());
  const std::string link = vector.input.at("link").get<std::string>();
  tree.builder().symlink(vector.input.at("target").get<std::string>(), link);
  const auto snapshot = snapshot_tree_v2025({.root = tree.path(), .symlinks = SymlinkPolicy::kExcludeEscaping}, {});
  if (!snapshot) return failure(vector.expected.dump(), snapshot.error().to_string());
  const auto index = snapshot->manifest.find_file(link);
  if (!index) return expects_error(vector.expected) ? pass() : failure(vector.expected.dump(), "the link is left out");
  if (expects_error(vector.expected)) return failure(vector.expected.dump(), "the link is kept");
  const std::string target(snapshot->manifest.file(*index).data.link_target);
  return compare(vector.expected.at("resolved"), Json(target == "." ? "$TREE" : "$TREE/" + target));
}

Outcome check_scan(const VectorCase& vector) {
  if (vector.op == "snapshot") return check_snapshot(vector);
  if (vector.op == "snapshot_structure") return check_structure(vector);
  if (vector.op == "diff_tree") return check_diff_tree(vector);
  if (vector.op == "expand") return check_expand(vector);
  if (vector.op == "symlink_policy") return check_policy(vector);
  if (vector.op == "validate_symlink") return check_link(vector);
  throw MalformedCase("unknown operation '" + vector.op + "'");
}

// --- the incumbent's -------------------------------------------------------------------------------------------------

Outcome check_glob_config(const VectorCase& vector) {
  const TemporaryDirectory directory;
  std::string argument = text_of(vector.input.at("text"));
  if (argument == "{FILE}") {
    argument = directory / "config";
    TreeBuilder(directory.path()).file("config", text_of(vector.input.at("file_content")));
  }
  const auto config = read_glob_config(argument);
  if (expects_error(vector.expected)) return config ? failure(vector.expected.dump(), "it is read") : pass();
  const Json& expected = vector.expected.at("ok");
  const auto is_list_of_texts = [](const Json& list) {
    return list.is_array() && std::ranges::all_of(list, [](const Json& each) {
             return each.is_string() || (each.is_object() && each.contains("wtf8_hex"));
           });
  };
  if (!is_list_of_texts(expected.at("include")) || !is_list_of_texts(expected.at("exclude"))) {
    return config ? failure("a refusal", "it is read") : deviation(Deviation::kPatternLists);
  }
  if (!config) return failure(expected.dump(), config.error().to_string());
  return compare(expected, {{"include", text_list(config->include)}, {"exclude", text_list(config->exclude)}});
}

std::string sorted_dump(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  return text_list(texts).dump();
}

// What the pure checker has accepted, once more with files.
Outcome check_glob_on_disk(const VectorCase& vector) {
  const Outcome pure = check_glob(vector);
  if (pure.verdict != Verdict::kPass) return pure;
  constexpr std::string_view kMark = "root = '";
  const std::size_t mark = vector.note.find(kMark);
  const std::size_t begin = mark + kMark.size();
  const std::string root =
      mark == std::string::npos ? "root" : vector.note.substr(begin, vector.note.find('\'', begin) - begin);
  const TemporaryDirectory directory;
  TreeBuilder builder(directory.path());
  builder.directory(root).file("outside.txt");
  for (const std::string& entry : texts_of(vector.input.at("tree"))) {
    const std::string path = to_posix_bytes((root == "root" ? "root/" : "") + entry).value_or("");
    constexpr std::string_view kArrow = " -> ";
    if (const std::size_t arrow = path.find(kArrow); arrow != std::string::npos) {
      builder.symlink(path.substr(arrow + kArrow.size()), path.substr(0, arrow));
    } else if (path.ends_with('/')) {
      builder.directory(path.substr(0, path.size() - 1));
    } else {
      builder.file(path);
    }
  }
  SnapshotOptions options;
  options.root = directory / root;
  if (!vector.input.at("include").is_null()) options.include = texts_of(vector.input.at("include"));
  if (!vector.input.at("exclude").is_null()) options.exclude = texts_of(vector.input.at("exclude"));
  const auto snapshot = snapshot_tree(options, {});
  std::vector<std::string> got;
  if (snapshot) {
    for (const ManifestEntry entry : snapshot->manifest) got.emplace_back(entry.path);
  } else if (snapshot.error().code() != ErrorCode::kNotFound) {
    // An absolute pattern names another place than this one.
    const bool elsewhere = std::any_of(options.include.begin(), options.include.end(),
                                       [](const std::string& pattern) { return pattern.starts_with('/'); });
    return elsewhere ? pure : failure(vector.expected.dump(), snapshot.error().to_string());
  }
  return compare(sorted_dump(texts_of(vector.expected.at("ok"))), sorted_dump(got));
}

Outcome check_fast_diff_on_disk(const VectorCase& vector) {
  const Outcome pure = check_fast_diff(vector);
  if (pure.verdict != Verdict::kPass) return pure;
  const TemporaryDirectory directory;
  TreeBuilder builder(directory.path());
  for (const Json& file : vector.input.at("files")) {
    builder.file_at(to_posix_bytes(text_of(file.at(0))).value_or(""), std::string(file.at(1).get<std::size_t>(), 'x'),
                    file.at(2).get<std::int64_t>());
  }
  ManifestBuilder manifest;
  for (const Json& entry : vector.input.at("manifest")) {
    const Status added = manifest.add(text_of(entry.at(0)), digest_of(entry.at(1).get<std::string>()),
                                      entry.at(2).get<std::uint64_t>(), entry.at(3).get<std::int64_t>());
    if (!added) throw MalformedCase(added.error().to_string());
  }
  const auto built = std::move(manifest).build();
  const auto compared = compare_tree(*built, {.tree = {.root = directory.path(), .include_hidden = true}}, {});
  if (!compared) return failure(vector.expected.dump(), compared.error().to_string());
  std::vector<std::string> got;
  for (const ChangedFile& file : compared->added) got.push_back("NEW " + file.path);
  for (const ChangedFile& file : compared->modified) got.push_back("MODIFIED " + file.path);
  for (const std::string& path : compared->deleted) got.push_back("DELETED " + path);
  std::vector<std::string> expected;
  for (const Json& item : vector.expected.at("ok")) {
    expected.push_back(item.at(1).get<std::string>() + " " + text_of(item.at(0)));
  }
  return compare(sorted_dump(expected), sorted_dump(got));
}

// hash_file of the same bytes.
Outcome check_hash_data_on_disk(const VectorCase& vector) {
  const Outcome pure = check_hash_data(vector);
  if (pure.verdict != Verdict::kPass) return pure;
  const TemporaryDirectory directory;
  TreeBuilder(directory.path()).file("f", hash_data_bytes(vector.input.at("pattern")));
  const auto snapshot = snapshot_tree({.root = directory.path()}, {});
  if (!snapshot) return failure(vector.expected.dump(), snapshot.error().to_string());
  return compare(vector.expected.at("file_hash").get<std::string>(), snapshot->manifest[0].hash.to_hex());
}

constexpr Kind kKinds[] = {{"v2025-12/scan", check_scan},
                           {"glob_config", check_glob_config},
                           {"glob", check_glob_on_disk},
                           {"fast_diff", check_fast_diff_on_disk},
                           {"hash_data", check_hash_data_on_disk}};

}  // namespace

std::span<const Kind> scan_kinds() {
  return kKinds;
}

}  // namespace attache::vectors
