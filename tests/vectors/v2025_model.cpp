#include "v2025_model.hpp"

#include <attache/base/text.hpp>
#include <attache/manifest/tree_builder.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <type_traits>
#include <utility>
#include <variant>

namespace attache::vectors {

namespace {

constexpr std::array kStyles{PathStyle::kRelative, PathStyle::kAbsolute};
constexpr std::array kManifestKinds{ManifestKind::kSnapshot, ManifestKind::kDiff};

// The strings are written out here once more: what the library calls them is a thing to test.
constexpr std::string_view name_of(PathStyle style, ManifestKind kind) {
  if (style == PathStyle::kRelative) {
    return kind == ManifestKind::kSnapshot ? "relative-manifest-snapshot-beta-2025-12"
                                           : "relative-manifest-diff-beta-2025-12";
  }
  return kind == ManifestKind::kSnapshot ? "absolute-manifest-snapshot-beta-2025-12"
                                         : "absolute-manifest-diff-beta-2025-12";
}

Json digest_text(const Json& value, Placeholders placeholders) {
  if (placeholders == Placeholders::kKeep || !value.is_string()) return value;
  return digest_of(value.get<std::string>()).to_hex();
}

// What a manifest keeps of a file's members.
Json kept(const Json& members) {
  if (members.value("deleted", false)) return Json{{"deleted", true}};
  if (members.contains("symlink_target")) return Json{{"symlink_target", members.at("symlink_target")}};
  Json result = members;
  result.erase("deleted");
  if (!members.value("runnable", false)) result.erase("runnable");
  return result;
}

Json members_of(const FileData& data) {
  Json members = Json::object();
  switch (data.content) {
    case FileContent::kDeleted:
      return Json{{"deleted", true}};
    case FileContent::kLink:
      return Json{{"symlink_target", json_of_text(data.link_target)}};
    case FileContent::kHash:
      members["hash"] = data.hash.to_hex();
      break;
    case FileContent::kChunks:
      members["chunkhashes"] = Json::array();
      for (const Digest& chunk : data.chunks) members["chunkhashes"].push_back(chunk.to_hex());
      break;
    case FileContent::kUnhashed:
      break;
  }
  members["size"] = data.size;
  members["mtime"] = data.mtime_us;
  if (data.runnable) members["runnable"] = true;
  return members;
}

tl::unexpected<Error> not_representable(const std::string& path, const char* why) {
  return fail(ErrorCode::kInvalidArgument, path + ": " + why);
}

template <typename Builder>
Status add_file(Builder& builder, const ModelFile& file) {
  const Json& members = file.members;
  if (members.value("deleted", false)) {
    if (members.size() > 1) return not_representable(file.path, "a deleted entry with content");
    return builder.add_file(file.path, FileData::deleted());
  }
  const int contents = static_cast<int>(members.contains("hash")) + static_cast<int>(members.contains("chunkhashes")) +
                       static_cast<int>(members.contains("symlink_target"));
  if (contents > 1) return not_representable(file.path, "more than one content");
  if (members.contains("symlink_target")) {  // size and time of a link are not kept
    return builder.add_file(file.path, FileData::link(text_of(members.at("symlink_target"))));
  }
  if (!members.contains("size") || !members.at("size").is_number_unsigned()) {
    return not_representable(file.path, "no size that is one");
  }
  if (!members.contains("mtime") || !members.at("mtime").is_number_integer()) {
    return not_representable(file.path, "no time that is one");
  }
  const auto size = members.at("size").get<std::uint64_t>();
  const auto mtime_us = members.at("mtime").get<std::int64_t>();
  const bool runnable = members.value("runnable", false);
  if (members.contains("hash")) {
    return builder.add_file(file.path,
                            FileData::hashed(digest_of(text_of(members.at("hash"))), size, mtime_us, runnable));
  }
  if (members.contains("chunkhashes")) {
    std::vector<Digest> chunks;
    for (const std::string& chunk : texts_of(members.at("chunkhashes"))) chunks.push_back(digest_of(chunk));
    return builder.add_file(file.path, FileData::chunked(chunks, size, mtime_us, runnable));
  }
  return builder.add_file(file.path, FileData::unhashed(size, mtime_us, runnable));
}

template <typename M>
Result<AnyTreeManifest> build_as(const Model& model) {
  TreeBuilder<M> builder;
  for (const ModelDirectory& directory : model.directories) {
    ATTACHE_TRY(directory.deleted ? builder.add_deleted_directory(directory.path)
                                  : builder.add_directory(directory.path));
  }
  for (const ModelFile& file : model.files) ATTACHE_TRY(add_file(builder, file));
  if constexpr (M::kKind == ManifestKind::kDiff) {
    if (!model.parent_hash) return not_representable("the diff", "no parent");
    ATTACHE_ASSIGN(M manifest, std::move(builder).build(digest_of(*model.parent_hash)));
    return AnyTreeManifest(std::move(manifest));
  } else {
    if (model.parent_hash) return not_representable("the snapshot", "a parent");
    ATTACHE_ASSIGN(M manifest, std::move(builder).build());
    return AnyTreeManifest(std::move(manifest));
  }
}

// The components of a path, `.` and empty ones left out. False if `..` leaves what is there.
bool append_components(std::vector<std::string_view>& components, std::string_view path) {
  bool inside = true;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view component = path.substr(begin, end - begin);
    begin = end + 1;
    if (component.empty() || component == ".") continue;
    if (component != "..") {
      components.push_back(component);
    } else if (components.empty() || components.back() == "..") {
      inside = false;
      components.push_back(component);
    } else {
      components.pop_back();
    }
  }
  return inside;
}

std::string_view directory_part(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

}  // namespace

std::optional<ManifestKind> kind_of(std::string_view specification) {
  for (const PathStyle style : kStyles) {
    for (const ManifestKind kind : kManifestKinds) {
      if (specification == name_of(style, kind)) return kind;
    }
  }
  return std::nullopt;
}

std::optional<PathStyle> style_of(std::string_view specification) {
  for (const PathStyle style : kStyles) {
    for (const ManifestKind kind : kManifestKinds) {
      if (specification == name_of(style, kind)) return style;
    }
  }
  return std::nullopt;
}

Model parse_model(const Json& form, Placeholders placeholders) {
  const std::string specification = text_of(form.at("spec"));
  if (!kind_of(specification)) throw MalformedCase("unknown specification '" + specification + "'");
  Model model;
  model.kind = *kind_of(specification);
  model.style = *style_of(specification);
  if (form.contains("parentManifestHash") && !form["parentManifestHash"].is_null()) {
    model.parent_hash = text_of(digest_text(form["parentManifestHash"], placeholders));
  }
  for (const Json& item : form.at("dirs")) {
    model.directories.push_back({text_of(item.at("path")), item.value("deleted", false)});
  }
  for (const Json& item : form.at("files")) {
    Json members = Json::object();
    for (const auto& [key, value] : item.items()) {
      if (key == "path" || value.is_null()) continue;
      if (key == "hash") {
        members[key] = digest_text(value, placeholders);
      } else if (key == "chunkhashes") {
        members[key] = Json::array();
        for (const Json& chunk : value) members[key].push_back(digest_text(chunk, placeholders));
      } else {
        members[key] = value;
      }
    }
    model.files.push_back({text_of(item.at("path")), std::move(members)});
  }
  return model;
}

Tree tree_of(const Model& model) {
  Tree tree{model.style, model.kind, model.parent_hash, {}, {}};
  for (const ModelDirectory& directory : model.directories) tree.directories[directory.path] = directory.deleted;
  for (const ModelFile& file : model.files) tree.files[file.path] = kept(file.members);
  return tree;
}

Tree tree_of(const TreeManifest& manifest) {
  Tree tree;
  tree.style = manifest.style();
  tree.kind = manifest.kind();
  if (manifest.parent_hash()) tree.parent_hash = manifest.parent_hash()->to_hex();
  for (std::size_t i = 0; i < manifest.directory_count(); ++i) {
    const auto id = static_cast<DirectoryId>(i);
    if (manifest.is_listed(id)) tree.directories[manifest.path_of(id)] = manifest.directory(id).deleted;
  }
  for (std::size_t i = 0; i < manifest.file_count(); ++i) {
    const FileEntry file = manifest.file(i);
    tree.files[manifest.path_of(file)] = members_of(file.data);
  }
  return tree;
}

Json json_of(const Tree& tree) {
  Json json{{"spec", name_of(tree.style, tree.kind)}, {"dirs", Json::array()}, {"files", Json::array()}};
  if (tree.parent_hash) json["parentManifestHash"] = *tree.parent_hash;
  for (const auto& [path, deleted] : tree.directories) {
    Json item{{"path", json_of_text(path)}};
    if (deleted) item["deleted"] = true;
    json["dirs"].push_back(std::move(item));
  }
  for (const auto& [path, members] : tree.files) {
    Json item = members;
    item["path"] = json_of_text(path);
    json["files"].push_back(std::move(item));
  }
  return json;
}

Result<AnyTreeManifest> build(const Model& model) {
  const bool snapshot = model.kind == ManifestKind::kSnapshot;
  if (model.style == PathStyle::kRelative) return snapshot ? build_as<Snapshot>(model) : build_as<SnapshotDiff>(model);
  return snapshot ? build_as<AbsSnapshot>(model) : build_as<AbsSnapshotDiff>(model);
}

const TreeManifest& tree_manifest_of(const AnyTreeManifest& manifest) {
  return std::visit([](const auto& each) -> const TreeManifest& { return each; }, manifest);
}

std::size_t anchor_size(std::string_view path) {
  const auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
  if (path.size() >= 2 && letter(path[0]) && path[1] == ':') {
    if (path.size() == 2) return 2;
    return path[2] == '/' ? 3 : 0;  // "C:x" is no absolute path
  }
  if (path.starts_with("//")) {
    const std::size_t server = path.find('/', 2);
    if (server != std::string_view::npos && server > 2 && server + 1 < path.size() && path[server + 1] != '/') {
      const std::size_t share = path.find('/', server + 1);
      return share == std::string_view::npos ? path.size() : share + 1;
    }
  }
  return path.starts_with('/') ? 1 : 0;
}

bool is_absolute(std::string_view path) {
  return anchor_size(path) > 0;
}

std::vector<std::string> ancestors_of(std::string_view path, PathStyle style) {
  std::vector<std::string> ancestors;
  const std::size_t first = style == PathStyle::kAbsolute ? anchor_size(path) : 0;
  for (std::size_t slash = path.find('/', first); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
    if (slash > first) ancestors.emplace_back(path.substr(0, slash));
  }
  return ancestors;
}

bool is_below(std::string_view path, std::string_view directory) {
  if (directory.empty()) return true;
  if (!path.starts_with(directory) || path.size() == directory.size()) return false;
  return directory.ends_with('/') || path[directory.size()] == '/';
}

Tree complete(Tree tree) {
  std::vector<std::string> live;
  std::vector<std::string> gone;
  for (const auto& [path, deleted] : tree.directories) (deleted ? gone : live).push_back(path);
  for (const auto& [path, members] : tree.files) (members.contains("deleted") ? gone : live).push_back(path);
  for (const std::string& path : live) {
    for (const std::string& ancestor : ancestors_of(path, tree.style)) tree.directories.try_emplace(ancestor, false);
  }
  for (const std::string& path : gone) {
    bool below_deleted = false;
    for (const std::string& ancestor : ancestors_of(path, tree.style)) {
      const auto file = tree.files.find(ancestor);
      const bool taken = file != tree.files.end() && !file->second.contains("deleted");
      below_deleted = tree.directories.try_emplace(ancestor, below_deleted || taken).first->second;
    }
  }
  return tree;
}

bool is_complete(const Model& model) {
  std::set<std::string> listed;
  for (const ModelDirectory& directory : model.directories) listed.insert(directory.path);
  const auto has_all = [&](const auto& entry) {
    const std::vector<std::string> ancestors = ancestors_of(entry.path, model.style);
    return std::all_of(ancestors.begin(), ancestors.end(), [&](const auto& path) { return listed.contains(path); });
  };
  return std::all_of(model.directories.begin(), model.directories.end(), has_all) &&
         std::all_of(model.files.begin(), model.files.end(), has_all);
}

std::string resolved_target(std::string_view target, PathStyle style) {
  const bool absolute = style == PathStyle::kAbsolute;
  const std::size_t anchor = absolute ? anchor_size(target) : 0;
  std::vector<std::string_view> components;
  append_components(components, target.substr(anchor));
  std::string result(target.substr(0, anchor));
  if (absolute) {
    if (!result.ends_with('/')) result.push_back('/');
    // Above `/` is `/` again.
    components.erase(std::remove(components.begin(), components.end(), ".."), components.end());
  }
  const std::size_t start = result.size();
  for (const std::string_view component : components) {
    if (result.size() > start) result.push_back('/');
    result.append(component);
  }
  return result.empty() ? "." : result;
}

std::string root_target(std::string_view link, std::string_view target, PathStyle style) {
  const bool drive = target.size() >= 2 && target[1] == ':';
  if (is_absolute(target) || drive || target.starts_with("\\\\") || target.empty()) return std::string(target);
  std::string whole(directory_part(link));
  if (style == PathStyle::kAbsolute && whole.size() < anchor_size(link)) whole = link.substr(0, anchor_size(link));
  if (!whole.empty()) whole.push_back('/');
  return resolved_target(whole.append(target), style);
}

Tree with_resolved_targets(Tree tree) {
  for (auto& [path, members] : tree.files) {
    const auto target = members.find("symlink_target");
    if (target != members.end()) *target = json_of_text(resolved_target(text_of(*target), tree.style));
  }
  return tree;
}

Model with_root_targets(Model model) {
  for (ModelFile& file : model.files) {
    const auto target = file.members.find("symlink_target");
    if (target != file.members.end()) *target = json_of_text(root_target(file.path, text_of(*target), model.style));
  }
  return model;
}

std::string text_of_model(const Model& model, TextForm form) {
  std::map<std::string, bool> directories;
  for (const ModelDirectory& directory : model.directories) {
    directories.try_emplace(directory.path, directory.deleted);  // of duplicates the first
  }
  if (form.ancestors) directories = complete(tree_of(model)).directories;

  std::map<std::string, std::size_t> numbers;
  for (const auto& directory : directories) numbers.emplace(directory.first, numbers.size());
  const auto compressed = [&numbers](const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return path;
    const auto parent = numbers.find(path.substr(0, slash));
    return parent == numbers.end() ? path : "$" + std::to_string(parent->second) + path.substr(slash);
  };

  Json document{{"dirs", Json::array()}, {"files", Json::array()}, {"hashAlg", "xxh128"}};
  for (const auto& [path, deleted] : directories) {
    Json item{{"path", compressed(path)}};
    if (deleted) item["deleted"] = true;
    document["dirs"].push_back(std::move(item));
  }
  std::vector<ModelFile> files = model.files;
  std::stable_sort(files.begin(), files.end(),
                   [](const ModelFile& a, const ModelFile& b) { return compare_utf16(a.path, b.path) < 0; });
  std::uint64_t total = 0;
  for (const ModelFile& file : files) {
    const Json& members = file.members;
    const bool deleted = members.value("deleted", false);
    const bool link = members.contains("symlink_target");
    Json item{{"path", compressed(file.path)}};
    bool has_content = false;
    for (const char* content : {"hash", "chunkhashes", "symlink_target"}) {
      if (!members.contains(content) || (has_content && !form.all_members)) continue;
      has_content = true;
      if (content == std::string_view("symlink_target")) {
        item["symlink"] = Json{{"target", compressed(text_of(members.at(content)))}};
      } else {
        item[content] = members.at(content);
      }
    }
    for (const char* number : {"size", "mtime"}) {
      if (members.contains(number) && (form.all_members || (!deleted && !link))) item[number] = members.at(number);
    }
    if (members.value("runnable", false) && (form.all_members || (!deleted && !link))) item["runnable"] = true;
    if (deleted) item["deleted"] = true;
    const auto size = members.find("size");
    if (!deleted && !link && size != members.end() && size->is_number_unsigned()) total += size->get<std::uint64_t>();
    document["files"].push_back(std::move(item));
  }
  if (model.parent_hash) document["parentManifestHash"] = *model.parent_hash;
  document["specificationVersion"] = name_of(model.style, model.kind);
  document["totalSize"] = total;
  return document.dump(-1, ' ', form.ascii, Json::error_handler_t::replace);
}

std::string ascii_escaped(std::string_view text) {
  std::string out;
  const auto escape = [&out](char32_t unit) {
    out.append("\\u");
    for (int shift = 12; shift >= 0; shift -= 4) out.push_back("0123456789abcdef"[(unit >> shift) & 15]);
  };
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_code_point(text, at);
    if (c <= 0x7E) {
      out.push_back(static_cast<char>(c));
    } else if (c < 0x10000) {
      escape(c);
    } else {
      escape(0xD800 + ((c - 0x10000) >> 10));
      escape(0xDC00 + ((c - 0x10000) & 0x3FF));
    }
  }
  return out;
}

std::string replace_placeholders(std::string_view document) {
  const auto skip_space = [&](std::size_t at) {
    return std::min(document.find_first_not_of(" \t\r\n", at), document.size());
  };
  std::string out;
  std::string_view key;
  std::size_t done = 0;
  for (std::size_t at = document.find('"'); at != std::string_view::npos; at = document.find('"', at)) {
    const std::size_t begin = at + 1;
    std::size_t end = begin;
    while (end < document.size() && document[end] != '"') end += document[end] == '\\' ? 2 : 1;
    if (end >= document.size()) break;  // no JSON text
    const std::string_view content = document.substr(begin, end - begin);
    at = end + 1;
    const std::size_t next = skip_space(at);
    if (next < document.size() && document[next] == ':') {
      key = content;
    } else if ((key == "hash" || key == "chunkhashes" || key == "parentManifestHash") &&
               content.find('\\') == std::string_view::npos) {
      out.append(document, done, begin - done).append(digest_of(content).to_hex());
      done = end;
    }
  }
  return out.append(document.substr(done));
}

}  // namespace attache::vectors
