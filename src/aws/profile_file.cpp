#include <attache/aws/profile_file.hpp>
#include <attache/base/text.hpp>

#include <algorithm>

namespace attache {
namespace {

constexpr std::string_view kBlank = " \t";

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

/// A value without a comment, which starts at `#` or `;` after a blank. A secret key may hold either character.
std::string_view without_comment(std::string_view value) {
  for (std::size_t i = 1; i < value.size(); ++i) {
    if ((value[i] == '#' || value[i] == ';') && kBlank.find(value[i - 1]) != std::string_view::npos) {
      return trim(value.substr(0, i));
    }
  }
  return trim(value);
}

class Parser {
 public:
  Parser(std::string_view file_name, ProfileFileKind kind) : file_name_(file_name), kind_(kind) {}

  Result<ProfileFile> parse(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    while (!text.empty()) {
      const auto end = text.find('\n');
      std::string_view line = text.substr(0, end);
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
      ++line_number_;
      if (line.ends_with('\r')) line.remove_suffix(1);
      ATTACHE_TRY(parse_line(line));
    }
    // `[profile default]` is read after `[default]`, wherever it stands.
    for (auto& [name, value] : prefixed_default_) file_.profiles["default"].insert_or_assign(name, value);
    return std::move(file_);
  }

 private:
  tl::unexpected<Error> bad_line(std::string_view why) const {
    // Never the line itself: it may be a secret key that lost its name.
    return fail(ErrorCode::kInvalidArgument,
                "line " + std::to_string(line_number_) + " of '" + printable(file_name_) + "' " + std::string(why),
                "write [section] or name = value there, or remove the line");
  }

  Status parse_line(std::string_view line) {
    const std::string_view text = trim(line);
    if (text.empty() || text.front() == '#' || text.front() == ';') return {};
    // As in the incumbent's parser, what is indented deeper than a setting belongs to it; settings may be indented.
    const std::size_t indent = line.find_first_not_of(" \t\r");
    if (!last_name_.empty() && indent > indent_) return parse_nested(text);
    indent_ = indent;
    if (text.front() == '[') return parse_section(text);
    return parse_setting(text);
  }

  Status parse_section(std::string_view text) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return bad_line("has no closing bracket");
    const std::string_view after = trim(text.substr(close + 1));
    if (!after.empty() && after.front() != '#' && after.front() != ';') return bad_line("has text after its bracket");
    std::string_view name = trim(text.substr(1, close - 1));
    if (name.empty()) return bad_line("has an empty section name");
    in_section_ = true;
    last_name_.clear();
    section_ = nullptr;
    if (kind_ == ProfileFileKind::kCredentials) {
      section_ = &file_.profiles[std::string(name)];
      return {};
    }
    if (name == "default") {
      section_ = &file_.profiles["default"];
      return {};
    }
    const auto blank = name.find_first_of(kBlank);
    if (blank == std::string_view::npos) return {};  // not a profile: other tools' sections
    const std::string_view type = name.substr(0, blank);
    name = unquoted(trim(name.substr(blank)));
    if (name.empty()) return bad_line("has an empty section name");
    if (type == "profile") {
      section_ = name == "default" ? &prefixed_default_ : &file_.profiles[std::string(name)];
      if (name == "default") file_.profiles["default"];
    } else if (type == "services") {
      section_ = &file_.services[std::string(name)];
    } else if (type == "sso-session") {
      section_ = &file_.sso_sessions[std::string(name)];
    }
    return {};
  }

  static std::string_view unquoted(std::string_view name) {
    if (name.size() >= 2 && (name.front() == '"' || name.front() == '\'') && name.back() == name.front()) {
      return name.substr(1, name.size() - 2);
    }
    return name;
  }

  Status parse_setting(std::string_view text) {
    if (!in_section_) return bad_line("comes before the first section");
    // A colon does as well, as in every file that the incumbent's parser reads; not in nested settings.
    const auto equals = text.find_first_of("=:");
    if (equals == std::string_view::npos) return bad_line("has no '='");
    const std::string name = lower(trim(text.substr(0, equals)));
    if (name.empty()) return bad_line("has no name before '='");
    last_name_ = name;
    if (section_ != nullptr) section_->insert_or_assign(name, std::string(without_comment(text.substr(equals + 1))));
    return {};
  }

  /// Of the setting before it.
  Status parse_nested(std::string_view text) {
    if (section_ == nullptr) return {};
    std::string& parent = (*section_)[last_name_];
    if (!parent.empty()) {
      parent.append("\n").append(without_comment(text));
      return {};
    }
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) return bad_line("has no '='");
    const std::string name = lower(trim(text.substr(0, equals)));
    if (name.empty()) return bad_line("has no name before '='");
    section_->insert_or_assign(last_name_ + "." + name, std::string(without_comment(text.substr(equals + 1))));
    return {};
  }

  std::string_view file_name_;
  ProfileFileKind kind_;
  std::size_t line_number_ = 0;
  ProfileFile file_;
  ProfileSettings prefixed_default_;
  ProfileSettings* section_ = nullptr;  ///< where settings go; null in a section that is skipped
  bool in_section_ = false;
  std::string last_name_;   ///< of the setting before; empty in front of a section's first
  std::size_t indent_ = 0;  ///< of that setting
};

void merge_sections(std::map<std::string, ProfileSettings, std::less<>>& into,
                    const std::map<std::string, ProfileSettings, std::less<>>& from) {
  for (const auto& [name, settings] : from) {
    ProfileSettings& target = into[name];
    for (const auto& [setting, value] : settings) target.insert_or_assign(setting, value);
  }
}

}  // namespace

std::optional<std::string> ProfileFile::find(std::string_view profile, std::string_view setting) const {
  const auto section = profiles.find(profile);
  if (section == profiles.end()) return std::nullopt;
  const auto value = section->second.find(setting);
  if (value == section->second.end() || value->second.empty()) return std::nullopt;
  return value->second;
}

void ProfileFile::merge(const ProfileFile& other) {
  merge_sections(profiles, other.profiles);
  merge_sections(services, other.services);
  merge_sections(sso_sessions, other.sso_sessions);
}

Result<ProfileFile> parse_profile_file(std::string_view text, std::string_view file_name, ProfileFileKind kind) {
  return Parser(file_name, kind).parse(text);
}

}  // namespace attache
