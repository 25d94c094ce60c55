// The reference model's canonical form, and its way to and from the library's manifests.

#include <attache/base/text.hpp>
#include <attache/hash/xxh3.hpp>

#include "reference_model.hpp"

#include <algorithm>

namespace attache::testing {

namespace {

std::u16string code_units(std::string_view wtf8) {
  std::u16string units;
  for (std::size_t at = 0; at < wtf8.size();) {
    const char32_t c = next_code_point(wtf8, at);
    if (c < 0x10000) {
      units += static_cast<char16_t>(c);
    } else {
      units += static_cast<char16_t>(0xD800 + ((c - 0x10000) >> 10));
      units += static_cast<char16_t>(0xDC00 + ((c - 0x10000) & 0x3FF));
    }
  }
  return units;
}

std::string quoted(std::string_view wtf8) {
  std::string text = "\"";
  for (const char16_t unit : code_units(wtf8)) {
    const std::size_t short_form = std::u16string_view(u"\"\\\b\f\n\r\t").find(unit);
    if (short_form != std::u16string_view::npos) {
      text += '\\';
      text += "\"\\bfnrt"[short_form];
    } else if (unit >= 0x20 && unit < 0x7F) {
      text += static_cast<char>(unit);
    } else {
      text += "\\u";
      for (int shift = 12; shift >= 0; shift -= 4) text += "0123456789abcdef"[(unit >> shift) & 0xF];
    }
  }
  return text + '"';
}

class Writer {
 public:
  explicit Writer(const Model& model) : model_(model) {
    for (const auto& directory : model.directories) numbers_.emplace(directory.first, numbers_.size());
  }

  std::string run() {
    std::string text = "{\"dirs\":[";
    for (const auto& [path, deleted] : model_.directories) {
      text += separator(text);
      text += deleted ? "{\"deleted\":true,\"path\":" : "{\"path\":";
      text += path_text(path, parent_of(path, model_.style)) + "}";
    }
    text += "],\"files\":[";
    std::vector<std::pair<std::u16string, std::string>> order;
    for (const auto& file : model_.files) order.emplace_back(code_units(file.first), file.first);
    std::sort(order.begin(), order.end());
    std::uint64_t total = 0;
    for (const auto& file : order) {
      text += separator(text) + file_text(file.second, model_.files.at(file.second));
      total += model_.files.at(file.second).size;
    }
    text += "],\"hashAlg\":\"xxh128\",";
    if (model_.parent_hash) text += "\"parentManifestHash\":\"" + model_.parent_hash->to_hex() + "\",";
    text += "\"specificationVersion\":\"";
    text += model_.style == PathStyle::kRelative ? "relative-manifest-" : "absolute-manifest-";
    text += model_.kind == ManifestKind::kSnapshot ? "snapshot" : "diff";
    return text + "-beta-2025-12\",\"totalSize\":" + std::to_string(total) + "}";
  }

 private:
  static std::string separator(const std::string& text) { return text.back() == '[' ? "" : ","; }

  // `directory` is what comes before the last component.
  std::string path_text(const std::string& path, const std::string& directory) const {
    const auto number = numbers_.find(directory);
    if (number == numbers_.end()) return quoted(path);
    return quoted("$" + std::to_string(number->second) + "/" + path.substr(directory.size() + 1));
  }

  std::string file_text(const std::string& path, const ModelFile& file) const {
    const std::string where = "\"path\":" + path_text(path, parent_of(path, model_.style));
    if (file.content == FileContent::kDeleted) return "{\"deleted\":true," + where + "}";
    if (file.content == FileContent::kLink) {
      const std::size_t slash = file.target.rfind('/');
      const std::string directory = slash == std::string::npos ? "" : file.target.substr(0, slash);
      return "{" + where + ",\"symlink\":{\"target\":" + path_text(file.target, directory) + "}}";
    }
    std::string text = "{";
    if (file.content == FileContent::kHash) text += "\"hash\":\"" + file.hash.to_hex() + "\",";
    if (file.content == FileContent::kChunks) {
      text += "\"chunkhashes\":[";
      for (const Digest& chunk : file.chunks) text += separator(text) + "\"" + chunk.to_hex() + "\"";
      text += "],";
    }
    text += "\"mtime\":" + std::to_string(file.mtime_us) + "," + where;
    if (file.runnable) text += ",\"runnable\":true";
    return text + ",\"size\":" + std::to_string(file.size) + "}";
  }

  const Model& model_;
  std::map<std::string, std::size_t> numbers_;
};

FileData data_of(const ModelFile& file) {
  return {file.content, file.runnable, file.hash, file.chunks, file.target, file.size, file.mtime_us};
}

}  // namespace

std::string model_encode(const Model& model) {
  return Writer(model).run();
}

Digest model_hash(const Model& model) {
  return xxh128(model_encode(model));
}

Model model_of(const TreeManifest& manifest) {
  Model model{.style = manifest.style(), .kind = manifest.kind(), .parent_hash = manifest.parent_hash()};
  for (std::size_t i = 0; i < manifest.directory_count(); ++i) {
    const auto id = static_cast<DirectoryId>(i);
    if (manifest.is_listed(id)) model.directories[manifest.path_of(id)] = manifest.directory(id).deleted;
  }
  for (std::size_t i = 0; i < manifest.file_count(); ++i) {
    const FileEntry entry = manifest.file(i);
    const FileData& data = entry.data;
    model.files[manifest.path_of(entry)] = {
        data.content, data.runnable, data.hash, {data.chunks.begin(), data.chunks.end()}, std::string(data.link_target),
        data.size,    data.mtime_us};
  }
  return model;
}

template <typename M>
Result<M> built(const Model& model, const Order& order) {
  TreeBuilder<M> builder;
  std::vector<std::function<Status()>> steps;
  for (const auto& [path, deleted] : model.directories) {
    steps.emplace_back([&builder, at = path, gone = deleted] {
      return gone ? builder.add_deleted_directory(at) : builder.add_directory(at);
    });
  }
  for (const auto& [path, file] : model.files) {
    steps.emplace_back([&builder, at = path, &data = file] { return builder.add_file(at, data_of(data)); });
  }
  while (!steps.empty()) {
    const std::size_t next = order ? order(steps.size()) : 0;
    ATTACHE_TRY(steps[next]());
    steps.erase(steps.begin() + static_cast<std::ptrdiff_t>(next));
  }
  if constexpr (M::kKind == ManifestKind::kDiff) {
    return std::move(builder).build(model.parent_hash.value());
  } else {
    return std::move(builder).build();
  }
}

template Result<Snapshot> built(const Model&, const Order&);
template Result<SnapshotDiff> built(const Model&, const Order&);
template Result<AbsSnapshot> built(const Model&, const Order&);
template Result<AbsSnapshotDiff> built(const Model&, const Order&);

}  // namespace attache::testing
