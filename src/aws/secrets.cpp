#include "secrets.hpp"

#include <attache/base/text.hpp>
#include <attache/http/url.hpp>

namespace attache {
namespace {

constexpr std::size_t kMaxShown = 300;
/// Whatever is shorter would mask half of the text, and is no secret.
constexpr std::size_t kShortestSecret = 4;

void replace_all(std::string& text, std::string_view what) {
  constexpr std::string_view kMask = "****";
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + kMask.size())) {
    text.replace(at, what.size(), kMask);
  }
}

}  // namespace

std::string shown_without(std::string_view text, std::initializer_list<std::string_view> secrets) {
  std::string shown(text);
  for (const std::string_view secret : secrets) {
    if (secret.size() < kShortestSecret) continue;
    replace_all(shown, secret);
    replace_all(shown, percent_encode(secret));
  }
  if (shown.size() > kMaxShown) {
    std::size_t end = kMaxShown;
    while (end > 0 && (static_cast<unsigned char>(shown[end]) & 0xC0U) == 0x80U) --end;  // not inside of a character
    shown.resize(end);
    shown += "...";
  }
  return printable(shown);
}

}  // namespace attache
