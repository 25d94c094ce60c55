#include "v2025_faults.hpp"

#include <attache/manifest/any_manifest.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

namespace attache::vectors {

namespace {

constexpr std::uint64_t kChunk = std::uint64_t{256} << 20;

bool has_nul(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

// Levels of arrays and objects.
unsigned nesting_of(const Json& value) {
  unsigned deepest = 0;
  if (!value.is_structured()) return deepest;
  for (const Json& item : value) deepest = std::max(deepest, nesting_of(item));
  return deepest + 1;
}

class Reader {
 public:
  Faults read(const Json& document) {
    if (!document.is_object()) return {DecodeRule::kNotAnObject};
    if (!read_version(document)) return faults_;
    read_text(document, "hashAlg", DecodeRule::kMissingField);
    if (document.contains("hashAlg") && document["hashAlg"].is_string() && document["hashAlg"] != "xxh128") {
      add(DecodeRule::kAlgorithm);
    }
    read_parent(document);
    if (document.contains("totalSize")) read_integer(document["totalSize"], true);
    for (const char* list : {"dirs", "files"}) {
      if (!document.contains(list)) {
        add(DecodeRule::kMissingField);
      } else if (!document[list].is_array()) {
        add(DecodeRule::kType);
      } else {
        for (const Json& entry : document[list]) read_entry(entry, list == std::string_view("dirs"));
      }
    }
    relate();
    return faults_;
  }

 private:
  void add(DecodeRule rule) { faults_.insert(rule); }

  bool read_version(const Json& document) {
    const bool has_specification = document.contains("specificationVersion");
    if (!has_specification) {
      if (document.contains("manifestVersion") && document["manifestVersion"] == "2025-12") return true;
      add(DecodeRule::kVersion);
      add(DecodeRule::kBeta);
      return false;
    }
    const Json& version = document["specificationVersion"];
    if (!version.is_string()) {
      add(DecodeRule::kType);
      return false;
    }
    const auto text = version.get<std::string>();
    if (!kind_of(text)) {
      add(DecodeRule::kSpecification);
      add(DecodeRule::kBeta);
      return false;
    }
    kind_ = *kind_of(text);
    style_ = *style_of(text);
    return true;
  }

  void read_parent(const Json& document) {
    const bool diff = kind_ == ManifestKind::kDiff;
    if (document.contains("parentManifestHash") != diff) return add(DecodeRule::kParentHash);
    if (!diff) return;
    const Json& parent = document["parentManifestHash"];
    if (!parent.is_string()) return add(DecodeRule::kType);
    if (!Digest::parse(parent.get<std::string>())) add(DecodeRule::kParentHash);
  }

  void read_text(const Json& object, const char* key, DecodeRule missing) {
    if (!object.contains(key)) return add(missing);
    if (!object[key].is_string()) add(DecodeRule::kType);
  }

  void read_flag(const Json& object, const char* key) {
    if (object.contains(key) && !object[key].is_boolean()) add(DecodeRule::kType);
  }

  void read_integer(const Json& value, bool is_size) {
    if (value.is_boolean()) return add(DecodeRule::kBoolean);
    if (value.is_number_float()) {  // or an integer that nlohmann's parser could not keep
      add(DecodeRule::kType);
      add(DecodeRule::kIntegerRange);
      if (is_size && value.get<double>() < 0) add(DecodeRule::kNegativeSize);
    } else if (!value.is_number_integer()) {
      add(DecodeRule::kType);
    } else if (is_size && !value.is_number_unsigned()) {
      add(DecodeRule::kNegativeSize);
    } else if (!is_size && value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX) {
      add(DecodeRule::kIntegerRange);
    }
  }

  void read_hash(const Json& value) {
    if (!value.is_string()) return add(DecodeRule::kType);
    if (!Digest::parse(value.get<std::string>())) add(DecodeRule::kHashForm);
  }

  void read_entry(const Json& entry, bool is_directory) {
    if (!entry.is_object()) {
      if (is_directory) numbered_.emplace_back();
      return add(DecodeRule::kNotAnObject);
    }
    read_text(entry, "path", DecodeRule::kMissingField);
    read_flag(entry, "deleted");
    const bool deleted = entry.contains("deleted") && entry["deleted"] == true;
    if (deleted && kind_ == ManifestKind::kSnapshot) add(DecodeRule::kDeletion);
    if (!is_directory) deleted ? read_deleted(entry) : read_live(entry);
    std::string path;
    if (entry.contains("path") && entry["path"].is_string()) {
      path = expanded(entry["path"].get<std::string>());
      read_path(path, is_directory, deleted);
    }
    if (is_directory) {
      numbered_.push_back(path);
      // What paths begin with need not be listed; it stands for nothing.
      const bool anchor = style_ == PathStyle::kAbsolute && anchor_size(path) == path.size();
      if (anchor ? deleted : !directories_.emplace(path, deleted).second) {
        add(anchor ? DecodeRule::kPath : DecodeRule::kDuplicate);
      }
    } else if (!files_.emplace(path, deleted).second) {
      add(DecodeRule::kDuplicate);
    }
  }

  // `$N/rest`; as it is if that is no reference to a directory that is there.
  std::string expanded(const std::string& path) {
    const std::size_t slash = path.find('/');
    if (!path.starts_with('$') || slash == std::string::npos) return path;
    const std::string digits = path.substr(1, slash - 1);
    const bool decimal = !digits.empty() && digits.size() < 10 &&
                         std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!decimal || std::stoul(digits) >= numbered_.size()) {
      add(DecodeRule::kReference);
      return path;
    }
    const std::string& directory = numbered_[std::stoul(digits)];
    return directory.ends_with('/') ? directory + path.substr(slash + 1) : directory + path.substr(slash);
  }

  void read_path(const std::string& path, bool is_directory, bool deleted) {
    if (path.empty() || has_nul(path)) return add(DecodeRule::kPath);
    if (is_absolute(path) != (style_ == PathStyle::kAbsolute)) return add(DecodeRule::kPathStyle);
    const std::size_t anchor = anchor_size(path);
    if (anchor == path.size()) {
      if (!is_directory || deleted) add(DecodeRule::kPath);
      return;
    }
    std::size_t count = 0;
    for (std::size_t begin = anchor; begin <= path.size(); ++count) {
      const std::size_t end = std::min(path.find('/', begin), path.size());
      const std::string component = path.substr(begin, end - begin);
      if (component.empty() || component == "." || component == "..") add(DecodeRule::kPath);
      if (component.size() > kMaxComponentBytes) add(DecodeRule::kLimit);
      begin = end + 1;
    }
    if (count > kMaxDirectoryDepth) add(DecodeRule::kLimit);
  }

  void read_deleted(const Json& file) {
    for (const char* key : {"hash", "chunkhashes", "symlink", "size", "mtime"}) {
      if (file.contains(key)) add(DecodeRule::kDeletedEntryField);
    }
    if (file.contains("runnable") && file["runnable"] != false) add(DecodeRule::kDeletedEntryField);
    read_flag(file, "runnable");
  }

  void read_live(const Json& file) {
    read_flag(file, "runnable");
    const bool link = file.contains("symlink");
    if (static_cast<int>(file.contains("hash")) + static_cast<int>(file.contains("chunkhashes")) +
            static_cast<int>(link) >
        1) {
      add(DecodeRule::kContent);
    }
    if (file.contains("size")) {
      read_integer(file["size"], true);
    } else if (!link) {
      add(DecodeRule::kMissingSize);
    }
    if (file.contains("mtime")) {
      read_integer(file["mtime"], false);
    } else if (!link) {
      add(DecodeRule::kMissingMtime);
    }
    if (file.contains("hash")) read_hash(file["hash"]);
    if (file.contains("chunkhashes")) read_chunks(file);
    if (link) read_link(file["symlink"]);
  }

  void read_chunks(const Json& file) {
    if (!file["chunkhashes"].is_array()) return add(DecodeRule::kType);
    for (const Json& chunk : file["chunkhashes"]) read_hash(chunk);
    if (!file.contains("size") || !file["size"].is_number_unsigned()) return;
    const auto size = file["size"].get<std::uint64_t>();
    if (size <= kChunk || file["chunkhashes"].size() != (size - 1) / kChunk + 1) add(DecodeRule::kChunks);
  }

  void read_link(const Json& link) {
    if (!link.is_object()) return add(DecodeRule::kType);
    read_text(link, "target", DecodeRule::kMissingField);
    if (!link.contains("target") || !link["target"].is_string()) return;
    const auto written = link["target"].get<std::string>();
    const std::string target = expanded(written);
    if (target.empty() || has_nul(target)) return add(DecodeRule::kLinkTarget);
    if (target.size() > kMaxLinkTargetBytes) return add(DecodeRule::kLimit);
    const bool drive = target.size() >= 2 && target[1] == ':';
    const bool absolute = is_absolute(target) || drive || target.starts_with("\\\\");
    if (style_ == PathStyle::kAbsolute) {
      if (!is_absolute(target)) add(DecodeRule::kLinkTarget);
      return;
    }
    if (absolute) return add(DecodeRule::kLinkTarget);
    // `..` remains where the root is left.
    const std::string resolved = resolved_target(target, style_);
    if (resolved == ".." || resolved.starts_with("../")) add(DecodeRule::kLinkEscapes);
  }

  // What entries have to do with each other. That an entry is live below a deleted directory is no fault: a deletion
  // comes before what a diff brings, and recorded texts have it.
  void relate() {
    Tree tree{style_, kind_, {}, directories_, {}};
    for (const auto& [path, deleted] : files_) {
      tree.files[path] = deleted ? Json{{"deleted", true}} : Json::object();
    }
    for (const auto& [path, deleted] : complete(tree).directories) {
      const auto file = files_.find(path);
      if (!deleted && file != files_.end() && !file->second) add(DecodeRule::kFileIsDirectory);
    }
  }

  PathStyle style_ = PathStyle::kRelative;
  ManifestKind kind_ = ManifestKind::kSnapshot;
  Faults faults_;
  std::vector<std::string> numbered_;        // directories as `$N` counts them
  std::map<std::string, bool> directories_;  // path and whether it is deleted
  std::map<std::string, bool> files_;
};

std::optional<Deviation> deviation_of(DecodeRule rule) {
  switch (rule) {
    case DecodeRule::kIntegerRange:
      return Deviation::kIntegerRange;
    case DecodeRule::kNegativeSize:
      return Deviation::kNegativeSize;
    case DecodeRule::kBoolean:
      return Deviation::kBooleanInteger;
    case DecodeRule::kHashForm:
      return Deviation::kHashForm;
    case DecodeRule::kNesting:
      return Deviation::kNesting;
    case DecodeRule::kText:
      return Deviation::kNotUtf8;
    case DecodeRule::kType:
      return Deviation::kWrongType;
    case DecodeRule::kAlgorithm:
      return Deviation::kHashAlgorithm;
    case DecodeRule::kEmpty:
      return Deviation::kNoPaths;
    case DecodeRule::kReference:
      return Deviation::kReferenceForm;
    case DecodeRule::kPath:
    case DecodeRule::kPathStyle:
    case DecodeRule::kLimit:
      return Deviation::kPathForm;
    case DecodeRule::kDuplicate:
    case DecodeRule::kFileIsDirectory:
      return Deviation::kOneEntryPerPath;
    case DecodeRule::kLinkTarget:
    case DecodeRule::kLinkEscapes:
      return Deviation::kRootTargets;
    case DecodeRule::kNotAnObject:
    case DecodeRule::kMissingField:
    case DecodeRule::kDeletion:
    case DecodeRule::kParentHash:
    case DecodeRule::kDeletedEntryField:
    case DecodeRule::kContent:
    case DecodeRule::kMissingSize:
    case DecodeRule::kMissingMtime:
    case DecodeRule::kChunks:
      return Deviation::kAlwaysValidated;
    default:
      return std::nullopt;  // rules of the recorded program too
  }
}

}  // namespace

Faults faults_of_v2025(const Json& document) {
  Faults faults = Reader().read(document);
  if (nesting_of(document) > kMaxNesting) faults.insert(DecodeRule::kNesting);
  return faults;
}

Faults faults_of_v2023(const Json& document) {
  Faults faults;
  if (document.at("paths").empty()) faults.insert(DecodeRule::kEmpty);
  if (nesting_of(document) > kMaxNesting) faults.insert(DecodeRule::kNesting);
  if (document.at("hashAlg") != "xxh128") faults.insert(DecodeRule::kAlgorithm);
  for (const Json& item : document.at("paths")) {
    if (!Digest::parse(item.at("hash").get<std::string>())) faults.insert(DecodeRule::kHashForm);
    if (!item.at("size").is_number_unsigned()) faults.insert(DecodeRule::kNegativeSize);
  }
  if (!document.at("totalSize").is_number_unsigned()) faults.insert(DecodeRule::kNegativeSize);
  return faults;
}

Faults faults_of(const Model& model) {
  Faults faults = faults_of_v2025(Json::parse(text_of_model(model, {.all_members = true})));
  // A text lists a directory once; a model may contradict itself.
  std::map<std::string, bool> seen;
  for (const ModelDirectory& directory : model.directories) {
    const auto [at, is_new] = seen.emplace(directory.path, directory.deleted);
    if (!is_new && at->second != directory.deleted) faults.insert(DecodeRule::kDuplicate);
  }
  return faults;
}

bool has_unhashed(const Model& model) {
  return std::any_of(model.files.begin(), model.files.end(), [](const ModelFile& file) {
    const Json& members = file.members;
    return !members.value("deleted", false) && !members.contains("hash") && !members.contains("chunkhashes") &&
           !members.contains("symlink_target");
  });
}

bool has_links(const Faults& faults) {
  return faults.contains(DecodeRule::kLinkTarget) || faults.contains(DecodeRule::kLinkEscapes);
}

bool only_links(const Faults& faults) {
  Faults others = faults;
  others.erase(DecodeRule::kLinkTarget);
  others.erase(DecodeRule::kLinkEscapes);
  return !faults.empty() && others.empty();
}

std::vector<Deviation> deviations_of(const Faults& faults) {
  std::set<Deviation> deviations;
  for (const DecodeRule rule : faults) {
    if (const auto deviation = deviation_of(rule)) deviations.insert(*deviation);
  }
  return {deviations.begin(), deviations.end()};
}

Outcome must_be_refused(std::string_view document, const Faults& faults) {
  DecodeRule rule{};
  const Result<AnyManifest> manifest = decode_manifest(document, {}, &rule);
  const std::vector<Deviation> reasons = deviations_of(faults);
  if (reasons.empty()) return failure("a manifest", "no reason to refuse it that is not the recorded program's too");
  if (manifest)
    return failure("refused, because " + std::string(reason(reasons.front())), encode_manifest(*manifest).value());
  if (!faults.contains(rule)) {
    return failure("refused, because " + std::string(reason(reasons.front())), manifest.error().to_string());
  }
  return deviation(reasons);
}

}  // namespace attache::vectors
