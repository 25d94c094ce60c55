#include "random_manifests.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <stdexcept>

namespace attache::testing {

namespace {

constexpr std::uint64_t kChunk = std::uint64_t{256} * 1024 * 1024;

const std::vector<std::string>& names() {
  static const std::vector<std::string> all{"a",
                                            "b",
                                            "a-b",
                                            "a.b",
                                            "ab",
                                            "a0",
                                            "a!",
                                            "$0",
                                            "$",
                                            "$1",
                                            "$x",
                                            "A",
                                            "\xEE\x80\x80",
                                            "\xEF\xBD\x9E",
                                            "\xF0\x90\x80\x80",
                                            "\xF0\x9F\x98\x80",
                                            "\xED\xA0\x80",
                                            "\xED\xB3\xA9",
                                            "a\xED\xB3\xA9",
                                            "\xC3\xA9",
                                            "q\"t",
                                            "b\\c",
                                            "\n",
                                            "\x7F",
                                            "\x01",
                                            " ",
                                            ".a",
                                            "..a",
                                            "C:",
                                            "c:x",
                                            "a\xEE\x80\x80",
                                            "a\xF0\x90\x80\x80"};
  return all;
}

const std::vector<std::string>& starts() {
  static const std::vector<std::string> all{"/", "/", "C:/", "c:/", "//s/t/", "//s/u/", "/"};
  return all;
}

Digest digest(Choices& choices) {
  std::array<std::uint8_t, Digest::kBytes> bytes{};
  bytes.front() = static_cast<std::uint8_t>(choices.below(4));
  bytes.back() = bytes.front();
  return Digest(bytes);
}

bool is_drive(std::string_view name) {
  return name.size() == 2 && name[1] == ':';
}

// A name for an entry of a directory. At the top of a relative manifest "C:" would begin an absolute path.
std::string name_in(Choices& choices, const std::string& directory) {
  const std::string& name = choices.of(names());
  return directory.empty() && is_drive(name) ? "a" : name;
}

std::vector<std::string> live_directories(const Model& model) {
  std::vector<std::string> all;
  for (const auto& [path, deleted] : model.directories) {
    if (!deleted) all.push_back(path);
  }
  return all;
}

std::string some_start(Choices& choices, const TreeOptions& options) {
  if (options.style == PathStyle::kRelative) return {};
  return options.many_file_systems ? choices.of(starts()) : "/";
}

std::string some_directory(Choices& choices, const Model& model, const TreeOptions& options) {
  const std::vector<std::string> all = live_directories(model);
  // Mostly one that is there, so that trees get deep.
  if (!all.empty() && choices.below(4) != 0) return choices.of(all);
  return some_start(choices, options);
}

// Where a link in a relative manifest may lead: what is there, what is not, in every spelling.
std::string relative_target(Choices& choices, const Model& model) {
  const std::vector<std::string> directories = live_directories(model);
  const std::string directory = directories.empty() ? "" : choices.of(directories);
  switch (choices.below(8)) {
    case 0:
      return ".";
    case 1:
      return in_directory(directory, "..");
    case 2:
      return in_directory("./" + directory, "x");
    case 3:
      return in_directory(directory, "../" + in_directory(directory, "a"));
    case 4:
      return model.files.empty()
                 ? "b"
                 : std::next(model.files.begin(), static_cast<std::ptrdiff_t>(choices.below(model.files.size())))
                       ->first;
    case 5:
      return in_directory(directory, "/a//");
    default:
      return in_directory(directory, name_in(choices, directory));
  }
}

std::string link_target(Choices& choices, const Model& model) {
  std::string target = relative_target(choices, model);
  if (model.style == PathStyle::kAbsolute) {
    if (target.find('/') == 0 || target.find(":/") == 1) return target;
    return in_directory(choices.of(starts()), target);
  }
  // What the format refuses: leading out, absolute, and "$9/z" where there is no such directory.
  std::size_t depth = 0;
  bool escapes = false;
  for (std::size_t begin = 0; begin <= target.size();) {
    const std::size_t end = std::min(target.find('/', begin), target.size());
    const std::string component = target.substr(begin, end - begin);
    begin = end + 1;
    if (component == "..") {
      escapes = escapes || depth == 0;
      depth -= depth == 0 ? 0 : 1;
    } else if (!component.empty() && component != ".") {
      ++depth;
    }
  }
  const bool absolute = target[0] == '/' || (target.size() >= 2 && target[1] == ':');
  return escapes || absolute ? "a" : target;
}

ModelFile random_file(Choices& choices, const Model& model, const TreeOptions& options) {
  static const std::vector<std::uint64_t> sizes{0, 1, 3, 1U << 20, kChunk};
  static const std::vector<std::int64_t> times{0,
                                               1,
                                               2,
                                               3,
                                               -1,
                                               -1700000000000000,
                                               1700000000000001,
                                               std::numeric_limits<std::int64_t>::min(),
                                               std::numeric_limits<std::int64_t>::max()};
  ModelFile file;
  file.content = FileContent::kHash;
  const std::size_t kind = options.only_hashed ? 0 : choices.below(10);
  if (kind >= 8 && options.links) return {.content = FileContent::kLink, .target = link_target(choices, model)};
  file.mtime_us = choices.of(times);
  file.size = choices.of(sizes);
  if (kind == 6) {
    file.content = FileContent::kUnhashed;
  } else if (kind == 7) {
    file.content = FileContent::kChunks;
    file.size = kChunk + 1 + choices.below(3) * kChunk;
    for (std::uint64_t at = 0; at < file.size; at += kChunk) file.chunks.push_back(digest(choices));
  } else {
    file.hash = digest(choices);
    // Two of these do not add up in 64 bits.
    if (!options.only_hashed && choices.rarely(200)) file.size = std::uint64_t{1} << 63;
  }
  file.runnable = !options.only_hashed && choices.rarely(4);
  return file;
}

bool is_taken(const Model& model, const std::string& path) {
  return model.files.count(path) != 0 || model.directories.count(path) != 0;
}

bool is_live_file(const Model& model, const std::string& path) {
  const auto found = model.files.find(path);
  return found != model.files.end() && found->second.is_live();
}

void add_entry(Choices& choices, Model& model, const TreeOptions& options) {
  const std::string directory = some_directory(choices, model, options);
  const std::string path = in_directory(directory, name_in(choices, directory));
  if (is_taken(model, path)) return;
  if (choices.below(3) == 0) {
    model.directories[path] = false;
  } else {
    model.files[path] = random_file(choices, model, options);
  }
}

void remove_below(Model& model, const std::string& path) {
  std::erase_if(model.files, [&](const auto& file) { return file.first == path || is_below(file.first, path); });
  std::erase_if(model.directories,
                [&](const auto& directory) { return directory.first == path || is_below(directory.first, path); });
}

// Changes may have taken what links or sizes need.
void make_writable(Model& model) {
  while (!is_writable(model)) {
    auto& files = model.files;
    const auto doubtful = std::find_if(files.begin(), files.end(), [](const auto& file) {
      return file.second.target.substr(0, 1) == "$" || file.second.size >= std::uint64_t{1} << 63;
    });
    if (doubtful == files.end()) throw std::logic_error("a random manifest is not what it should be");
    if (doubtful->second.content == FileContent::kLink) {
      doubtful->second.target = "a";
    } else {
      doubtful->second.size = 7;
    }
  }
}

std::string some_path(Choices& choices, const Model& model) {
  const std::size_t count = model.files.size() + model.directories.size();
  if (count == 0) return {};
  const std::size_t index = choices.below(count);
  if (index < model.files.size()) return std::next(model.files.begin(), static_cast<std::ptrdiff_t>(index))->first;
  return std::next(model.directories.begin(), static_cast<std::ptrdiff_t>(index - model.files.size()))->first;
}

}  // namespace

std::size_t Choices::below(std::size_t count) {
  if (count <= 1 || bytes_.empty()) return 0;
  std::size_t value = bytes_.front();
  bytes_ = bytes_.subspan(1);
  if (count > 256 && !bytes_.empty()) {
    value = value * 256 + bytes_.front();
    bytes_ = bytes_.subspan(1);
  }
  return value % count;
}

Model random_tree(Choices& choices, const TreeOptions& options) {
  Model model{.style = options.style};
  const std::size_t entries = choices.below(options.max_entries + 1);
  for (std::size_t i = 0; i < entries; ++i) add_entry(choices, model, options);
  make_writable(model);
  return model;
}

Model changed_tree(Choices& choices, const Model& tree, const TreeOptions& options) {
  Model model = tree;
  const std::size_t changes = choices.below(10);
  for (std::size_t i = 0; i < changes; ++i) {
    const std::string path = some_path(choices, model);
    const auto file = model.files.find(path);
    switch (choices.below(6)) {
      case 0:
        add_entry(choices, model, options);
        break;
      case 1:
        remove_below(model, path);
        break;
      case 2:
        if (file != model.files.end()) file->second = random_file(choices, model, options);
        break;
      case 3:
        if (file != model.files.end() && file->second.content != FileContent::kLink && !options.only_hashed) {
          file->second.runnable = !file->second.runnable;
        }
        break;
      case 4:
        if (file != model.files.end() && file->second.content != FileContent::kLink &&
            file->second.mtime_us < std::numeric_limits<std::int64_t>::max() - 3) {
          file->second.mtime_us += static_cast<std::int64_t>(choices.below(4));
        }
        break;
      default:  // the other kind
        if (path.empty()) break;
        remove_below(model, path);
        if (choices.below(2) == 0) {
          model.files[path] = random_file(choices, model, options);
        } else {
          model.directories[path] = false;
          if (choices.below(2) == 0) model.files[in_directory(path, "a")] = random_file(choices, model, options);
        }
        break;
    }
  }
  complete(model);
  make_writable(model);
  return model;
}

Model random_diff(Choices& choices, const TreeOptions& options) {
  Model diff = random_tree(choices, options);
  diff.kind = ManifestKind::kDiff;
  diff.parent_hash = digest(choices);
  const std::size_t deletions = choices.below(8);
  for (std::size_t i = 0; i < deletions; ++i) {
    // Anywhere: where something is, below what lives or is deleted, below a file, and where nothing else is.
    std::string path = some_path(choices, diff);
    const std::size_t where = choices.below(4);
    if (where != 0 || path.empty()) {
      const std::string directory = where == 1 || path.empty() ? some_start(choices, options) : path;
      path = in_directory(directory, name_in(choices, directory));
    }
    if (choices.below(2) == 0) {
      if (diff.files.count(path) == 0) diff.files[path] = ModelFile::deletion();
    } else if (!is_live_file(diff, path) || diff.directories.count(path) == 0) {
      diff.directories[path] = true;  // whatever lives in it: then it is made anew
    }
    complete(diff);
  }
  make_writable(diff);
  return diff;
}

std::string random_directory(Choices& choices, const Model& model) {
  const TreeOptions options{.style = model.style};
  const std::string path = some_path(choices, model);
  switch (choices.below(5)) {
    case 0:
      return some_start(choices, options);
    case 1: {
      const std::string above = parent_of(path, model.style);
      return above.empty() ? some_start(choices, options) : above;
    }
    case 2: {
      const std::string directory = path.empty() ? some_start(choices, options) : path;
      return in_directory(directory, name_in(choices, directory));
    }
    default:
      return path.empty() ? some_start(choices, options) : path;
  }
}

std::string random_prefix(Choices& choices) {
  std::string prefix;
  for (std::size_t left = 1 + choices.below(3); left > 0; --left) {
    const std::string name = name_in(choices, prefix);
    prefix = in_directory(prefix, name.find('\\') == std::string::npos ? name : "a");
  }
  return prefix;
}

std::string random_root(Choices& choices) {
  const std::string start = choices.of(starts());
  return choices.below(3) == 0 ? start : in_directory(start, random_prefix(choices));
}

}  // namespace attache::testing
