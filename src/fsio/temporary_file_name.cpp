#include <attache/fsio/temporary_file.hpp>

#include "temporary_file_impl.hpp"

namespace attache {

namespace {

constexpr std::string_view kPrefix = ".attache-";
constexpr std::string_view kSuffix = ".tmp";
constexpr std::string_view kDigits = "0123456789abcdef";
constexpr std::size_t kDigitCount = 16;

}  // namespace

std::string temporary_file_name(std::uint64_t random) {
  std::string name(kPrefix);
  for (std::size_t i = 0; i < kDigitCount; ++i, random >>= 4U) name += kDigits[random & 15U];
  return name.append(kSuffix);
}

bool is_temporary_file_name(std::string_view name) {
  if (name.size() != kPrefix.size() + kDigitCount + kSuffix.size()) return false;
  const std::string_view digits = name.substr(kPrefix.size(), kDigitCount);
  return name.starts_with(kPrefix) && name.ends_with(kSuffix) &&
         digits.find_first_not_of(kDigits) == std::string_view::npos;
}

}  // namespace attache
