#include <attache/base/text.hpp>

#include "random_manifests.hpp"

#include <algorithm>

namespace attache::testing {

namespace {

class LooseWriter {
 public:
  LooseWriter(Choices& choices, const Model& model) : choices_(choices), model_(model) {}

  std::string run() {
    choose_directories();
    std::vector<std::string> members{member("hashAlg", R"("xxh128")"), member("dirs", list(directory_entries())),
                                     member("files", list(file_entries())),
                                     member("totalSize", std::to_string(choices_.below(1000)))};
    const std::string kind = model_.kind == ManifestKind::kSnapshot ? "snapshot" : "diff";
    const bool relative = model_.style == PathStyle::kRelative;
    if (relative && kind == "snapshot" && choices_.rarely(4)) {
      members.push_back(member("manifestVersion", R"("2025-12")"));
    } else {
      members.push_back(member("specificationVersion", string((relative ? "relative-manifest-" : "absolute-manifest-") +
                                                              kind + "-beta-2025-12")));
    }
    if (model_.parent_hash) members.push_back(member("parentManifestHash", string(model_.parent_hash->to_hex())));
    return space() + object(std::move(members)) + space();
  }

 private:
  // Which are written, and in what order; those that go without saying may be left out.
  void choose_directories() {
    Model written = model_;
    for (const auto& directory : model_.directories) {
      const std::string& path = directory.first;
      // "$x/y" can only be written with a reference, so "$x" must be there.
      if (choices_.below(2) == 0 || is_dollar_path(path)) continue;
      Model without = written;
      without.directories.erase(path);
      Model completed = without;
      complete(completed);
      if (completed == model_) written = std::move(without);
    }
    std::vector<std::string> order;
    for (const auto& directory : written.directories) {
      const std::size_t place = choices_.below(4) == 0 ? choices_.below(order.size() + 1) : order.size();
      order.insert(order.begin() + static_cast<std::ptrdiff_t>(place), directory.first);
    }
    // What absolute paths begin with may be listed, too: it says nothing, but can be referred to.
    if (!order.empty() && model_.style == PathStyle::kAbsolute && choices_.rarely(3)) {
      std::string start = order.front();
      while (!start.empty() && start.back() != '/') start = parent_of(start, model_.style);
      if (!start.empty()) order.insert(order.begin(), start);
    }
    for (const std::string& path : order) list_directory(path);
  }

  void list_directory(const std::string& path) {
    if (std::find(listed_.begin(), listed_.end(), path) != listed_.end()) return;
    if (is_dollar_path(path) && path.find('/') != std::string::npos) {
      list_directory(parent_of(path, model_.style));
    }
    listed_.push_back(path);
  }

  bool is_dollar_path(const std::string& path) const {
    return model_.style == PathStyle::kRelative && path.substr(0, 1) == "$";
  }

  std::vector<std::string> directory_entries() {
    std::vector<std::string> entries;
    for (std::size_t i = 0; i < listed_.size(); ++i) {
      std::vector<std::string> members{member("path", path_text(listed_[i], i))};
      const auto found = model_.directories.find(listed_[i]);
      if (found != model_.directories.end() && found->second) {
        members.push_back(member("deleted", "true"));
      } else if (choices_.rarely(4)) {
        members.push_back(member("deleted", "false"));
      }
      entries.push_back(object(std::move(members)));
    }
    return entries;
  }

  std::vector<std::string> file_entries() {
    std::vector<std::string> entries;
    for (const auto& [path, file] : model_.files) {
      const std::size_t place = choices_.below(3) == 0 ? choices_.below(entries.size() + 1) : entries.size();
      entries.insert(entries.begin() + static_cast<std::ptrdiff_t>(place), file_entry(path, file));
    }
    return entries;
  }

  std::string file_entry(const std::string& path, const ModelFile& file) {
    std::vector<std::string> members{member("path", path_text(path, listed_.size()))};
    const bool link = file.content == FileContent::kLink;
    if (file.content == FileContent::kDeleted) {
      members.push_back(member("deleted", "true"));
      return object(std::move(members));
    }
    if (choices_.rarely(6)) members.push_back(member("deleted", "false"));
    if (link) {
      members.push_back(member("symlink", object({member("target", path_text(file.target, listed_.size()))})));
    }
    if (file.content == FileContent::kHash) members.push_back(member("hash", string(file.hash.to_hex())));
    if (file.content == FileContent::kChunks) {
      std::vector<std::string> chunks;
      for (const Digest& chunk : file.chunks) chunks.push_back(string(chunk.to_hex()));
      members.push_back(member("chunkhashes", list(chunks)));
    }
    // Links may have what only files have: it is passed over.
    if (!link || choices_.rarely(4)) members.push_back(member("size", std::to_string(file.size)));
    if (!link || choices_.rarely(4)) members.push_back(member("mtime", std::to_string(file.mtime_us)));
    if (file.runnable || (link && choices_.rarely(4))) members.push_back(member("runnable", "true"));
    if (!file.runnable && !link && choices_.rarely(4)) members.push_back(member("runnable", "false"));
    return object(std::move(members));
  }

  // As it is, or from one of the first `count` directories on.
  std::string path_text(const std::string& path, std::size_t count) {
    const bool must = is_dollar_path(path) && path.find('/') != std::string::npos;
    if (must || choices_.below(2) != 0) {
      std::vector<std::string> references;
      for (std::size_t i = 0; i < count; ++i) {
        const std::string prefix = in_directory(listed_[i], "");
        if (path.size() > prefix.size() && path.substr(0, prefix.size()) == prefix &&
            !(prefix == "/" && path.substr(0, 2) == "//")) {
          references.push_back("$" + std::to_string(i) + "/" + path.substr(prefix.size()));
        }
      }
      if (!references.empty()) return string(choices_.of(references));
    }
    return string(path);
  }

  std::string space() {
    switch (choices_.below(12)) {
      case 10:
        return " ";
      case 11:
        return "\r\n\t";
      default:
        return {};
    }
  }

  std::string string(std::string_view wtf8) {
    std::string text = "\"";
    for (std::size_t at = 0; at < wtf8.size();) {
      const std::size_t begin = at;
      const char32_t c = next_code_point(wtf8, at);
      const bool surrogate = c >= 0xD800 && c < 0xE000;
      const bool raw = c >= 0x20 && c != '"' && c != '\\' && !surrogate;
      if (raw && (choices_.below(8) != 7)) {
        text += wtf8.substr(begin, at - begin);
      } else if (c >= 0x10000) {
        text += escape(0xD800 + ((c - 0x10000) >> 10)) + escape(0xDC00 + ((c - 0x10000) & 0x3FF));
      } else {
        text += escape(c);
      }
    }
    return text + '"';
  }

  std::string escape(char32_t unit) {
    const char* digits = choices_.below(2) == 0 ? "0123456789abcdef" : "0123456789ABCDEF";
    std::string text = "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) text += digits[(unit >> shift) & 0xF];
    return text;
  }

  std::string member(const char* key, const std::string& value) {
    std::string text = string(key) + space() + ":" + space() + value;
    // Of duplicate keys the last counts.
    return choices_.rarely(24) ? string(key) + ":[{\"path\":0}]," + text : text;
  }

  std::string object(std::vector<std::string> members) {
    if (choices_.rarely(16)) members.push_back(R"("other":{"dirs":[null,1.5e3,{}],"path":"$7/\n"})");
    std::string text = "{";
    while (!members.empty()) {
      const std::size_t next = choices_.below(members.size());
      text += (text.size() == 1 ? "" : ",") + space() + members[next] + space();
      members.erase(members.begin() + static_cast<std::ptrdiff_t>(next));
    }
    return text + "}";
  }

  std::string list(const std::vector<std::string>& values) {
    std::string text = "[";
    for (const std::string& value : values) text += (text.size() == 1 ? "" : ",") + space() + value + space();
    return text + "]";
  }

  Choices& choices_;
  const Model& model_;
  std::vector<std::string> listed_;
};

}  // namespace

std::string loose_document(Choices& choices, const Model& model) {
  return LooseWriter(choices, model).run();
}

}  // namespace attache::testing
