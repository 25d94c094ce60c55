#include <attache/base/guarded.hpp>
#include <attache/base/lower_case.hpp>
#include <attache/base/text.hpp>
#include <attache/paths/path_check.hpp>
#include <attache/paths/windows_long_path.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace attache {

namespace {

constexpr std::size_t kMaxComponent = 255;      // NTFS and the POSIX file systems, each in its own units
constexpr std::size_t kMaxWindowsPath = 32767;  // of a path with the prefix `\\?\`
constexpr std::size_t kMaxPosixPath = 4096;     // PATH_MAX of Linux, with the terminating NUL
constexpr std::string_view kForbidden = "<>:\"|?*\\";

std::string_view without_trailing(std::string_view component) {
  const std::size_t end = component.find_last_not_of(". ");
  return component.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

bool is_written(std::string_view component, PathFormat target) {
  return target == PathFormat::kWindows ? is_wtf8(component) : to_posix_bytes(component).has_value();
}

std::size_t length_of(std::string_view text, PathFormat target) {
  if (target == PathFormat::kWindows) return utf16_length(text);
  const auto bytes = to_posix_bytes(text);
  return bytes ? bytes->size() : text.size();
}

class Checker {
 public:
  Checker(std::span<const std::string_view> paths, const PathCheckOptions& options)
      : paths_(paths), options_(options), windows_(options.target == PathFormat::kWindows) {}

  std::vector<PathProblem> run() {
    for (index_ = 0; index_ < paths_.size(); ++index_) check(paths_[index_]);
    return std::move(problems_);
  }

 private:
  // A name that a path gives to a file or directory, in its first spelling.
  struct Name {
    std::string_view spelling;  // the path up to here
    std::size_t path;
    bool is_file;
    bool is_directory;
    std::size_t number;  // from 1; 0 is the root
    bool case_reported = false;
  };

  void add(PathProblemKind kind, std::string_view component, std::string message,
           std::optional<std::size_t> other = std::nullopt) {
    problems_.push_back({kind, index_, std::string(component), other, std::move(message)});
  }

  void check(std::string_view path) {
    const bool is_directory = path.size() > 1 && path.ends_with('/');
    if (is_directory) path.remove_suffix(1);
    if (path.find('\0') != std::string_view::npos) return add(PathProblemKind::kNul, {}, "it holds a NUL");
    if (path.empty()) return add(PathProblemKind::kNoPath, {}, "it is empty");
    if (path.front() == '/') return add(PathProblemKind::kNoPath, {}, "it is absolute");
    for (std::size_t begin = 0; begin <= path.size();) {
      const std::size_t end = std::min(path.find('/', begin), path.size());
      const std::string_view component = path.substr(begin, end - begin);
      if (component.empty() || component == "." || component == "..") {
        return add(
            PathProblemKind::kNoPath, component,
            component.empty() ? "it has an empty component" : fmt::format("it has the component '{}'", component));
      }
      begin = end + 1;
    }
    check_length(path);
    check_names(path, is_directory);
  }

  void check_component(std::string_view component) {
    const std::string shown = printable(component);
    if (!is_written(component, options_.target)) {
      add(PathProblemKind::kText, component,
          fmt::format("'{}' is no name that {} systems can write", shown, to_string(options_.target)));
    } else if (!is_utf8(component)) {
      add(PathProblemKind::kNotUtf8, component, fmt::format("'{}' is not UTF-8", shown));
    }
    if (const std::size_t length = length_of(component, options_.target); length > kMaxComponent) {
      add(PathProblemKind::kComponentLength, component,
          fmt::format("'{}' has {} {}, more than {}", shown, length, windows_ ? "UTF-16 units" : "bytes",
                      kMaxComponent));
    }
    if (windows_) check_windows(component, shown);
  }

  void check_windows(std::string_view component, const std::string& shown) {
    const auto forbidden = std::find_if(component.begin(), component.end(), [](char c) {
      return kForbidden.find(c) != std::string_view::npos || static_cast<unsigned char>(c) < 0x20;
    });
    if (forbidden != component.end()) {
      add(PathProblemKind::kForbiddenCharacter, component,
          fmt::format("'{}' has the character '{}', which Windows names cannot have", shown,
                      printable(std::string_view(&*forbidden, 1))));
    }
    if (is_windows_device(component)) {
      add(PathProblemKind::kReservedName, component, fmt::format("'{}' is a device on Windows", shown));
    }
    if (component.back() == '.' || component.back() == ' ') {
      add(PathProblemKind::kTrailing, component,
          fmt::format("'{}' ends with a {}, which Windows drops", shown, component.back() == '.' ? "dot" : "space"));
    }
  }

  void check_length(std::string_view path) {
    const std::size_t length = options_.root_length + length_of(path, options_.target);
    if (windows_ && length > kMaxWindowsPath) {
      add(PathProblemKind::kPathLength, {},
          fmt::format("it has {} UTF-16 units, more than {}", length, kMaxWindowsPath));
    } else if (windows_ && length >= kWindowsMaxPath) {
      add(PathProblemKind::kLongPath, {},
          fmt::format("it has {} UTF-16 units: programs without long paths can use up to {}", length,
                      kWindowsMaxPath - 1));
    } else if (!windows_ && length >= kMaxPosixPath) {
      add(PathProblemKind::kLongPath, {},
          fmt::format("it has {} bytes: most programs can use up to {}", length, kMaxPosixPath - 1));
    }
  }

  // Every directory above, then the file: one name, one thing. What is wrong with a directory is said once.
  void check_names(std::string_view path, bool is_directory) {
    std::size_t directory = 0;
    for (std::size_t begin = 0; begin < path.size();) {
      const std::size_t end = std::min(path.find('/', begin), path.size());
      const std::string_view component = path.substr(begin, end - begin);
      std::string key = windows_ ? lower_case(without_trailing(component)) : std::string(component);
      const std::string_view spelling = path.substr(0, end);
      const bool is_file = end == path.size() && !is_directory;
      const auto [known, is_new] = names_.emplace(std::pair(directory, std::move(key)),
                                                  Name{spelling, index_, is_file, !is_file, names_.size() + 1});
      if (is_new || known->second.spelling != spelling) check_component(component);
      if (!is_new && !check_name(known->second, spelling, is_file)) return;
      directory = known->second.number;
      begin = end + 1;
    }
  }

  // False if what follows in the path is not worth a look.
  bool check_name(Name& name, std::string_view spelling, bool is_file) {
    if (is_file ? name.is_directory : name.is_file) {
      const std::string other = printable(paths_[name.path]);
      add(PathProblemKind::kFileInDirectory, {},
          is_file ? fmt::format("it is a file, but a directory in '{}'", other)
                  : fmt::format("'{}' is a directory in it, but a file in '{}'", printable(spelling), other),
          name.path);
      return false;
    }
    if (name.spelling == spelling) return true;
    if (is_file) {
      add(PathProblemKind::kCaseClash, {},
          fmt::format("it is the same file as '{}' on Windows", printable(paths_[name.path])), name.path);
      return false;
    }
    if (!std::exchange(name.case_reported, true)) {
      add(PathProblemKind::kDirectoryCase, {},
          fmt::format("its directory '{}' is the same as '{}' on Windows", printable(spelling),
                      printable(name.spelling)),
          name.path);
    }
    return true;
  }

  std::span<const std::string_view> paths_;
  const PathCheckOptions& options_;
  bool windows_;
  std::size_t index_ = 0;
  std::map<std::pair<std::size_t, std::string>, Name> names_;  // by the directory's number, and the name in it
  std::vector<PathProblem> problems_;
};

}  // namespace

std::string_view to_string(PathProblemKind kind) {
  switch (kind) {
    case PathProblemKind::kNoPath:
      return "no-path";
    case PathProblemKind::kNul:
      return "nul";
    case PathProblemKind::kText:
      return "text";
    case PathProblemKind::kForbiddenCharacter:
      return "forbidden-character";
    case PathProblemKind::kReservedName:
      return "reserved-name";
    case PathProblemKind::kTrailing:
      return "trailing";
    case PathProblemKind::kComponentLength:
      return "component-length";
    case PathProblemKind::kPathLength:
      return "path-length";
    case PathProblemKind::kCaseClash:
      return "case-clash";
    case PathProblemKind::kFileInDirectory:
      return "file-in-directory";
    case PathProblemKind::kLongPath:
      return "long-path";
    case PathProblemKind::kDirectoryCase:
      return "directory-case";
    case PathProblemKind::kNotUtf8:
      return "not-utf8";
  }
  return "unknown";
}

bool is_error(PathProblemKind kind) {
  return kind != PathProblemKind::kLongPath && kind != PathProblemKind::kDirectoryCase &&
         kind != PathProblemKind::kNotUtf8;
}

Result<std::vector<PathProblem>> check_paths(std::span<const std::string_view> paths, const PathCheckOptions& options) {
  return detail::guarded([&]() -> Result<std::vector<PathProblem>> { return Checker(paths, options).run(); });
}

bool is_windows_device(std::string_view component) {
  std::string_view stem = component.substr(0, component.find_first_of(".:"));
  while (stem.ends_with(' ')) stem.remove_suffix(1);
  const std::string name = lower_case(stem);
  constexpr std::array<std::string_view, 6> kNames = {"con", "prn", "aux", "nul", "conin$", "conout$"};
  if (std::find(kNames.begin(), kNames.end(), name) != kNames.end()) return true;
  if (!name.starts_with("com") && !name.starts_with("lpt")) return false;
  const std::string_view digit = std::string_view(name).substr(3);
  return (digit.size() == 1 && digit[0] >= '0' && digit[0] <= '9') || digit == "\xC2\xB9" || digit == "\xC2\xB2" ||
         digit == "\xC2\xB3";
}

}  // namespace attache
