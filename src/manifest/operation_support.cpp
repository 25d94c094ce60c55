#include "operation_support.hpp"

#include "absolute_path.hpp"
#include "decode_support.hpp"

#include <algorithm>

namespace attache::detail {

namespace {

constexpr const char* kOtherPlace = "choose another directory, or rename what is named here";

Error unwritable(std::string_view path, std::string_view what) {
  return {ErrorCode::kInvalidManifest, quoted(path) + " " + std::string(what), kOtherPlace};
}

}  // namespace

Status copy_below(const TreeManifest& from, DirectoryId directory, TreeAssembler& to, std::uint32_t target,
                  const TargetChange& change) {
  struct Pair {
    DirectoryId from;
    std::uint32_t to;
  };
  std::vector<Pair> open{{directory, target}};
  std::string link_target;
  while (!open.empty()) {
    const Pair pair = open.back();
    open.pop_back();
    const TreeManifest::FileRange files = from.files_in(pair.from);
    const bool at_top = pair.to == TreeAssembler::kRoot;
    for (std::size_t i = files.first; i < files.last; ++i) {
      if (at_top) {
        if (auto fault = to.check_name(pair.to, from.file_name(i))) {
          return fail(unwritable(from.path_of(from.file(i)), "would become a path that " + fault->what));
        }
      }
      if (!change || from.content(i) != FileContent::kLink) {
        to.copy_file(from, i, pair.to);
        continue;
      }
      FileEntry entry = from.file(i);
      link_target = entry.data.link_target;
      ATTACHE_ASSIGN(const bool keep, change(entry, link_target));
      if (!keep) continue;
      if (auto fault = to.check_target(link_target)) {
        return fail(unwritable(from.path_of(entry), "is a link whose target would become " + quoted(link_target) +
                                                        ", which " + fault->what));
      }
      entry.data.link_target = link_target;
      to.add_file(pair.to, entry.name, entry.data);
    }
    // Backwards, so that they come off the stack forwards and the copy is in order where the original is.
    const auto children = from.directories_in(pair.from);
    for (std::size_t i = children.size(); i-- > 0;) {
      const DirEntry entry = from.directory(children[i]);
      if (entry.is_anchor) continue;  // a share is not a part of "/"
      if (at_top) {
        if (auto fault = to.check_name(pair.to, entry.name)) {
          return fail(unwritable(from.path_of(children[i]), "would become a path that " + fault->what));
        }
      }
      if (to.depth(pair.to) >= kMaxDirectoryDepth) {
        return fail(ErrorCode::kInvalidArgument,
                    quoted(from.path_of(children[i])) + " would lie below more than 10000 directories",
                    "use a shorter path");
      }
      open.push_back({children[i], to.add_directory(pair.to, entry.name, flags_of(entry))});
    }
  }
  return {};
}

std::string normalised(std::string_view path) {
  std::string text(path);
  if (!text.starts_with('/')) std::replace(text.begin(), text.end(), '\\', '/');
  while (text.ends_with('/')) text.pop_back();
  return text;
}

std::optional<std::string> resolved(std::string_view path) {
  std::string prefix;
  std::string_view rest = path;
  if (const auto absolute = split_absolute(path)) {
    rest = absolute->rest;
    prefix = path.substr(0, path.size() - rest.size());
  }
  std::vector<std::string_view> components;
  for (std::size_t begin = 0; begin <= rest.size();) {
    const std::size_t end = std::min(rest.find('/', begin), rest.size());
    const std::string_view component = rest.substr(begin, end - begin);
    begin = end + 1;
    if (component == "..") {
      if (components.empty()) return std::nullopt;
      components.pop_back();
    } else if (!component.empty() && component != ".") {
      components.push_back(component);
    }
  }
  std::string text = prefix;
  for (std::size_t i = 0; i < components.size(); ++i) {
    if (i > 0) text.push_back('/');
    text.append(components[i]);
  }
  return text;
}

std::string as_prefix(std::string path) {
  if (!path.empty() && !path.ends_with('/')) path.push_back('/');
  return path;
}

}  // namespace attache::detail
