#include <attache/base/text.hpp>
#include <attache/store/object_rules.hpp>

#include <algorithm>

namespace attache {

namespace {

constexpr std::string_view kReserved = ".attache-";

tl::unexpected<Error> refuse_key(std::string_view key, const std::string& why) {
  // A hostile key may be megabytes long; its beginning is enough to recognise it.
  const std::string shown = printable(key.substr(0, 200)) + (key.size() > 200 ? "..." : "");
  return fail(ErrorCode::kInvalidArgument, "object key '" + shown + "' " + why,
              "use a key of non-empty components separated by '/', without '.' and '..'");
}

tl::unexpected<Error> refuse_metadata(std::string_view key, std::string_view name, const std::string& why,
                                      std::string remedy) {
  return fail(ErrorCode::kInvalidArgument,
              "metadata '" + printable(name) + "' of object '" + printable(key) + "' " + why, std::move(remedy));
}

tl::unexpected<Error> refuse_tag(std::string_view key, std::string_view name, const std::string& why) {
  return fail(ErrorCode::kInvalidArgument,
              "tag '" + printable(name.substr(0, 200)) + "' of object '" + printable(key) + "' " + why,
              "use at most " + std::to_string(kMaxObjectTags) +
                  " tags, with names of 1 to 128 and values of at most 256 characters");
}

/// Of UTF-8: bytes that do not continue a character begin one.
std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

bool is_tag_text(std::string_view text) {
  return is_utf8(text) && std::ranges::none_of(text, [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7f;
         });
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

}  // namespace

Status check_object_key(std::string_view key) {
  if (key.empty()) return refuse_key(key, "is empty");
  if (key.size() > kMaxObjectKeyBytes) {
    return refuse_key(key,
                      "has " + std::to_string(key.size()) + " bytes, more than " + std::to_string(kMaxObjectKeyBytes));
  }
  if (key.find('\0') != std::string_view::npos) return refuse_key(key, "holds a NUL");
  if (!is_utf8(key)) return refuse_key(key, "is not UTF-8");
  if (key.front() == '/') return refuse_key(key, "is absolute");
  for (std::size_t begin = 0; begin <= key.size();) {
    const std::size_t end = std::min(key.find('/', begin), key.size());
    const std::string_view component = key.substr(begin, end - begin);
    if (component.empty()) return refuse_key(key, "has an empty component");
    if (component == "." || component == "..") {
      return refuse_key(key, "has a '" + std::string(component) + "' component");
    }
    if (component.starts_with(kReserved)) return refuse_key(key, "has a component that starts with '.attache-'");
    begin = end + 1;
  }
  return {};
}

Status check_object_metadata(std::string_view key, const std::map<std::string, std::string>& metadata) {
  std::size_t total = 0;
  for (const auto& [name, value] : metadata) {
    if (name.empty() || !std::ranges::all_of(name, is_name_character)) {
      return refuse_metadata(key, name, "has a name that cannot be sent",
                             "use lower-case ASCII letters, digits, '-', '_' and '.'");
    }
    if (!std::ranges::all_of(value, [](char c) { return c >= ' ' && c <= '~'; })) {
      return refuse_metadata(key, name, "has a value that is not printable ASCII",
                             "encode the value, for example as JSON with ASCII escapes");
    }
    if (value.starts_with(' ') || value.ends_with(' ')) {
      return refuse_metadata(key, name, "has a value with a space at an end, which HTTP would remove",
                             "encode the value, for example as JSON, or rename what it stands for");
    }
    total += name.size() + value.size();
    if (total > kMaxObjectMetadataBytes) {
      return refuse_metadata(key, name, "brings it to more than " + std::to_string(kMaxObjectMetadataBytes) + " bytes",
                             "use shorter values; S3 keeps no more than this for an object");
    }
  }
  return {};
}

Status check_object_tags(std::string_view key, const std::map<std::string, std::string>& tags) {
  for (const auto& [name, value] : tags) {
    if (tags.size() > kMaxObjectTags) return refuse_tag(key, name, "is one of " + std::to_string(tags.size()));
    if (!is_tag_text(name) || !is_tag_text(value)) {
      return refuse_tag(key, name, "is not UTF-8 or has a control character");
    }
    if (name.empty() || count_characters(name) > 128) return refuse_tag(key, name, "has a name of a wrong length");
    if (name.starts_with("aws:")) return refuse_tag(key, name, "has a name that is reserved");
    if (count_characters(value) > 256) return refuse_tag(key, name, "has a value that is too long");
  }
  return {};
}

}  // namespace attache
