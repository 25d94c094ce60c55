#include <attache/manifest/canonical_runs.hpp>
#include <attache/manifest/codec_v2023.hpp>
#include <attache/manifest/convert.hpp>

#include "law_support.hpp"

#include <algorithm>
#include <set>

namespace attache::testing {

namespace {

const TreeManifest& tree_in(const AnyTreeManifest& manifest) {
  return std::visit([](const auto& each) -> const TreeManifest& { return each; }, manifest);
}

bool is_unhashed(const Violation& violation) {
  return violation.rule == DecodeRule::kUnhashed;
}

std::size_t count(const Model& model, FileContent content) {
  return static_cast<std::size_t>(std::count_if(
      model.files.begin(), model.files.end(), [content](const auto& file) { return file.second.content == content; }));
}

template <typename F>
bool for_manifest(Choices& choices, const F& law) {
  const Model model = random_manifest(choices);
  return with_type(model, [&]<typename M>() {
    law(model, made<M>(model));
    return true;
  });
}

}  // namespace

bool encoding_is_that_of_the_reference(Choices& choices) {
  const Model model = random_manifest(choices);
  return with_type(model, [&]<typename M>() {
    const Result<M> manifest = built<M>(model, [&choices](std::size_t left) { return choices.below(left); });
    require(manifest.has_value(), "a builder takes entries in any order");
    expect_same(*manifest, model, "the encoding of what was added in any order");
    require(manifest_hash(*manifest).value() == model_hash(model), "the manifest hash is that of the encoding");
    require(model_of(*manifest) == model, "a manifest holds what was added");
    return true;
  });
}

bool decoding_an_encoding_loses_nothing(Choices& choices) {
  return for_manifest(choices, [](const Model& model, const TreeManifest& manifest) {
    const std::string text = encode_v2025(manifest).value();
    const Result<AnyTreeManifest> decoded = decode_v2025(text);
    require(decoded.has_value(), "an encoding can be decoded", decoded ? "" : decoded.error().message());
    expect_same(tree_in(*decoded), model, "an encoding, decoded and encoded");
    require(model_of(tree_in(*decoded)) == model, "what was decoded is what was encoded");
    const Violations violations = validate_v2025(text).value();
    require(violations.warnings == 0 && violations.errors == count(model, FileContent::kUnhashed),
            "nothing is wrong with an encoding but missing hashes");
  });
}

bool lookups_agree_with_going_over_everything(Choices& choices) {
  const Model model = random_manifest(choices);
  std::vector<std::string> asked;
  for (int i = 0; i < 4; ++i) asked.push_back(random_directory(choices, model));
  return with_type(model, [&]<typename M>() {
    const M manifest = made<M>(model);
    for (std::size_t i = 0; i < manifest.file_count(); ++i) {
      const FileEntry entry = manifest.file(i);
      require(manifest.find_file(manifest.path_of(entry)) == i, "a file is found by its path");
      require(manifest.find_file(entry.directory, entry.name) == i, "a file is found by its name");
    }
    for (std::size_t i = 0; i < manifest.directory_count(); ++i) {
      const auto id = static_cast<DirectoryId>(i);
      require(manifest.find_directory(manifest.path_of(id)) == id, "a directory is found by its path");
    }
    for (const std::string& path : asked) {
      const bool named = path.empty() || path.back() == '/';  // the root, and where absolute paths begin
      const auto directory = manifest.find_directory(path);
      require(named || directory.has_value() == (model.directories.count(path) != 0),
              "a directory is found if it is there", path);
      require(!directory || manifest.path_of(*directory) == path, "what is found is what was asked for", path);
      const auto file = manifest.find_file(path);
      require(file.has_value() == (model.files.count(path) != 0), "a file is found if it is there", path);
      require(!file || manifest.path_of(manifest.file(*file)) == path, "the file found is the one asked for", path);
      require(named || !manifest.find_directory(path + "/"), "a final slash is part of no path", path);
    }
    return true;
  });
}

bool files_come_in_the_order_of_code_units(Choices& choices) {
  return for_manifest(choices, [](const Model& model, const TreeManifest& manifest) {
    std::vector<std::string> expected;
    for (const auto& file : model.files) expected.push_back(file.first);
    std::sort(expected.begin(), expected.end(),
              [](const std::string& a, const std::string& b) { return compare_utf16(a, b) < 0; });
    std::vector<std::string> paths;
    CanonicalRuns runs(manifest);
    while (const auto run = runs.next()) {
      require(run->size() > 0, "a run has files");
      for (std::size_t i = run->first; i < run->last; ++i) paths.push_back(manifest.path_of(manifest.file(i)));
    }
    require(paths == expected, "runs give every file in canonical order");
    std::string before;
    for (std::size_t i = 1; i < manifest.directory_count(); ++i) {
      std::string path = manifest.path_of(static_cast<DirectoryId>(i));
      require(before < path, "directories ascend by the bytes of their paths", before + " and " + path);
      before = std::move(path);
    }
  });
}

bool totals_are_those_of_the_entries(Choices& choices) {
  return for_manifest(choices, [](const Model& model, const TreeManifest& manifest) {
    const ManifestTotals totals = manifest.totals();
    const auto runnable =
        std::count_if(model.files.begin(), model.files.end(), [](const auto& file) { return file.second.runnable; });
    std::uint64_t bytes = 0;
    for (const auto& file : model.files) bytes += file.second.size;
    const auto gone = std::count_if(model.directories.begin(), model.directories.end(),
                                    [](const auto& directory) { return directory.second; });
    require(totals.links == count(model, FileContent::kLink), "links are counted");
    require(totals.deleted_files == count(model, FileContent::kDeleted), "deletions are counted");
    require(totals.chunked_files == count(model, FileContent::kChunks), "chunked files are counted");
    require(totals.unhashed_files == count(model, FileContent::kUnhashed), "unhashed files are counted");
    require(totals.files == model.files.size() - totals.links - totals.deleted_files, "files are counted");
    require(totals.runnable_files == static_cast<std::uint64_t>(runnable), "runnable files are counted");
    require(totals.bytes == bytes && manifest.total_size() == bytes, "sizes are added up");
    require(totals.deleted_directories == static_cast<std::uint64_t>(gone) &&
                totals.directories == model.directories.size() - static_cast<std::uint64_t>(gone),
            "directories are counted");
  });
}

bool loose_documents_say_the_same(Choices& choices) {
  const Model model = random_manifest(choices);
  const std::string document = loose_document(choices, model);
  const Result<AnyTreeManifest> decoded = decode_v2025(document);
  require(decoded.has_value(), "a document may be written in many ways",
          document + (decoded ? "" : " " + decoded.error().message()));
  expect_same(tree_in(*decoded), model, "a document that is not canonical, " + document);
  const Violations violations = validate_v2025(document).value();
  require(violations.errors == count(model, FileContent::kUnhashed) &&
              violations.errors + violations.warnings == violations.listed.size(),
          "validation finds no fault but missing hashes", document);
  for (const Violation& violation : violations.listed) {
    require(violation.severity == Severity::kWarning || is_unhashed(violation), "errors are missing hashes", document);
  }
  return true;
}

bool unlisted_ancestors_are_settled_as_in_the_reference(Choices& choices) {
  Model sparse = random_manifest(choices);
  for (auto at = sparse.directories.begin(); at != sparse.directories.end();) {
    at = choices.below(2) == 0 ? std::next(at) : sparse.directories.erase(at);
  }
  Model model = sparse;
  complete(model);
  // Without the directory that it refers to, a link's target may be ambiguous.
  return with_type(model, [&]<typename M>() {
    const Result<M> manifest = built<M>(sparse, [&choices](std::size_t left) { return choices.below(left); });
    if (!is_writable(model)) {
      require(!manifest && manifest.error().code() == ErrorCode::kInvalidArgument, "an ambiguous target is refused");
      return true;
    }
    // A directory that was deleted with all in it may have become one that is not listed, above live ones or not.
    require(manifest.has_value(), "what is left out is implied", manifest ? "" : manifest.error().message());
    expect_same(*manifest, model, "directories that are not listed");
    return true;
  });
}

bool conversion_to_v2025_and_back_is_exact(Choices& choices) {
  const Model model = random_tree(choices, {.only_hashed = true});
  ManifestBuilder builder;
  for (const auto& [path, file] : model.files) {
    require(builder.add(path, file.hash, file.size, file.mtime_us).has_value(), "a manifest takes every path");
  }
  const Manifest manifest = *std::move(builder).build();
  const Result<Snapshot> snapshot = to_v2025(manifest);
  require(snapshot.has_value(), "every valid manifest can be converted");
  Model files{.files = model.files};
  complete(files);
  expect_same(*snapshot, files, "a manifest of 2023-03-03 as one of 2025-12");
  const Result<DownConversion> back = to_v2023(*snapshot);
  require(back.has_value() && back->dropped.empty(), "the way back drops nothing");
  require(encode_v2023(back->manifest).value() == encode_v2023(manifest).value(),
          "the way back gives the same manifest");
  return true;
}

bool conversion_to_v2023_drops_what_it_reports(Choices& choices) {
  const Model model = random_manifest(choices, {});
  const Digest whole = *Digest::parse("0123456789abcdef0123456789abcdef");
  Dropped expected;
  ManifestBuilder builder;
  std::set<std::string> unhashed;
  std::set<std::string> deletions;
  for (const auto& [path, file] : model.files) {
    if (file.content == FileContent::kUnhashed) unhashed.insert(path);
    if (file.content == FileContent::kLink) expected.links.push_back(path);
    if (file.content == FileContent::kDeleted) deletions.insert(path);
    if (file.content == FileContent::kHash || file.content == FileContent::kChunks) {
      if (file.runnable) expected.runnable.push_back(path);
      const Digest& hash = file.content == FileContent::kHash ? file.hash : whole;
      require(builder.add(path, hash, file.size, file.mtime_us).has_value(), "a manifest takes every path");
    }
  }
  const Manifest manifest = *std::move(builder).build();
  for (const auto& [path, deleted] : model.directories) {
    if (deleted) {
      deletions.insert(path);
      continue;
    }
    const bool holds_file = std::any_of(manifest.begin(), manifest.end(),
                                        [at = path](const ManifestEntry& entry) { return is_below(entry.path, at); });
    if (!holds_file) expected.empty_directories.push_back(path);
  }
  expected.deletions.assign(deletions.begin(), deletions.end());
  const DownConversionOptions options{.links = LinkConversion::kExclude,
                                      .whole_file_hash = [&](std::string_view) { return std::optional(whole); }};
  const auto check = [&](const Result<DownConversion>& converted) {
    if (!unhashed.empty()) {
      return require(!converted && converted.error().code() == ErrorCode::kUnsupported, "unhashed files are refused");
    }
    require(converted.has_value(), "what has hashes can be converted", converted ? "" : converted.error().message());
    require(encode_v2023(converted->manifest).value() == encode_v2023(manifest).value(),
            "the files of a manifest are converted");
    const auto same = [](std::vector<std::string> got, std::vector<std::string> wanted, const char* what) {
      const auto order = [](const std::string& a, const std::string& b) { return compare_utf16(a, b) < 0; };
      require(std::is_sorted(got.begin(), got.end(), order), std::string(what) + " are reported in canonical order");
      std::sort(wanted.begin(), wanted.end(), order);
      got.erase(std::unique(got.begin(), got.end()), got.end());  // a file and a directory may share a path
      require(got == wanted, std::string(what) + " are reported");
    };
    same(converted->dropped.links, expected.links, "links");
    same(converted->dropped.empty_directories, expected.empty_directories, "empty directories");
    same(converted->dropped.deletions, expected.deletions, "deletions");
    same(converted->dropped.runnable, expected.runnable, "execute bits");
    require(converted->dropped.collapsed_links.empty(), "no link is collapsed");
  };
  if (model.kind == ManifestKind::kSnapshot) {
    check(to_v2023(made<Snapshot>(model), options));
  } else {
    check(to_v2023(made<SnapshotDiff>(model), options));
  }
  return true;
}

}  // namespace attache::testing
