#include <attache/base/guarded.hpp>
#include <attache/base/text.hpp>
#include <attache/hash/shake256.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/paths/names.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace attache {

namespace {

constexpr std::string_view kExtension = ".manifest";
constexpr std::string_view kTimeForm = "dddd-dd-ddTdd-dd-dd";  // d: a digit

Status check_root(std::string_view root) {
  if (is_utf8(root)) return {};
  return fail(ErrorCode::kInvalidArgument, "root '" + printable(root) + "' is not valid Unicode, so it has no hash",
              "rename the directory so that its name is UTF-8");
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// `-2`, `-3`, ... at the end, without leading zeros.
std::string_view without_attempt(std::string_view text) {
  const std::size_t hyphen = text.rfind('-');
  if (hyphen == std::string_view::npos) return text;
  const std::string_view number = text.substr(hyphen + 1);
  if (number.empty() || number.front() == '0' || number == "1") return text;
  return std::all_of(number.begin(), number.end(), is_digit) ? text.substr(0, hyphen) : text;
}

bool ends_with_hash_and_time(std::string_view text, const Digest& hash) {
  if (text.size() < kTimeForm.size() + Digest::kHexDigits + 2) return false;
  const std::string_view time = text.substr(text.size() - kTimeForm.size());
  const bool is_time = std::equal(time.begin(), time.end(), kTimeForm.begin(),
                                  [](char c, char form) { return form == 'd' ? is_digit(c) : c == form; });
  text.remove_suffix(kTimeForm.size());
  return is_time && text.ends_with("-" + hash.to_hex() + "-");
}

}  // namespace

Result<Digest> root_hash(std::string_view root) {
  return detail::guarded([&]() -> Result<Digest> {
    ATTACHE_TRY(check_root(root));
    return xxh128(root);
  });
}

Result<std::string> input_manifest_name(std::string_view root) {
  return detail::guarded([&]() -> Result<std::string> {
    ATTACHE_ASSIGN(const Digest hash, root_hash(root));
    return hash.to_hex() + "_input";
  });
}

Result<std::string> output_manifest_name(std::string_view location, std::string_view root) {
  return detail::guarded([&]() -> Result<std::string> {
    if (!is_utf8(location)) {
      return fail(ErrorCode::kInvalidArgument,
                  "file system location '" + printable(location) + "' is not valid Unicode, so it has no hash",
                  "name the location in UTF-8");
    }
    ATTACHE_TRY(check_root(root));
    return xxh128(std::string(location).append(root)).to_hex() + "_output";
  });
}

Result<std::string> session_directory_name(std::string_view root) {
  return detail::guarded([&]() -> Result<std::string> {
    ATTACHE_TRY(check_root(root));
    std::array<std::byte, 10> bytes{};
    shake256(root, bytes);
    std::string name = "assetroot-";
    for (const std::byte byte : bytes) name += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
    return name;
  });
}

Result<std::string> snapshot_file_name(std::string_view root, const std::optional<std::string>& name,
                                       const LocalTime& time, unsigned attempt) {
  return detail::guarded([&]() -> Result<std::string> {
    ATTACHE_ASSIGN(const Digest hash, root_hash(root));
    std::string text;
    if (name && !name->empty()) {
      if (name->find('/') != std::string::npos || name->find('\0') != std::string::npos || !is_wtf8(*name)) {
        return fail(ErrorCode::kInvalidArgument, "name '" + printable(*name) + "' cannot be part of a file name",
                    "give a name without '/', and the directory separately");
      }
      text = *name;
    } else if (root.empty()) {
      return fail(ErrorCode::kInvalidArgument, "the root is empty", "name the directory to take a snapshot of");
    } else if (root.find('\0') != std::string_view::npos) {
      // The file's name would end there.
      return fail(ErrorCode::kInvalidArgument, "root '" + printable(root) + "' holds a NUL",
                  "give the root as it is: no path has a NUL");
    } else {
      text = root;
      std::replace_if(
          text.begin(), text.end(), [](char c) { return c == '/' || c == '\\' || c == ':'; }, '_');
    }
    if (text.starts_with('_')) text.erase(0, 1);
    text += fmt::format("-{}-{:04}-{:02}-{:02}T{:02}-{:02}-{:02}", hash.to_hex(), time.year, time.month, time.day,
                        time.hour, time.minute, time.second);
    if (attempt > 1) text += fmt::format("-{}", attempt);
    text += kExtension;
    if (text.size() > kMaxFileNameBytes) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("manifest file name '{}' has {} bytes, more than the {} a file name may have",
                              printable(text), text.size(), kMaxFileNameBytes),
                  "give a shorter name with --name");
    }
    return text;
  });
}

bool is_snapshot_file_name_of(std::string_view file_name, const Digest& root_hash) {
  if (!file_name.ends_with(kExtension)) return false;
  file_name.remove_suffix(kExtension.size());
  return ends_with_hash_and_time(file_name, root_hash) ||
         ends_with_hash_and_time(without_attempt(file_name), root_hash);
}

}  // namespace attache
