#include "secret_filter.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace attache {

namespace {

constexpr std::string_view kInstead = "****";

void replace_all(std::string& text, std::string_view what) {
  // What is shorter is no secret, and would make nonsense of the text.
  if (what.size() < 4) return;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + kInstead.size())) {
    text.replace(at, what.size(), kInstead);
  }
}

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/// `Signature=ab12...`, `X-Amz-Signature: ab12...`.
void hide_signatures(std::string& text) {
  constexpr std::string_view kName = "ignature";
  for (std::size_t at = text.find(kName); at != std::string::npos; at = text.find(kName, at)) {
    at += kName.size();
    std::size_t begin = at;
    while (begin < text.size() && (text[begin] == '=' || text[begin] == ':' || text[begin] == ' ')) ++begin;
    std::size_t end = begin;
    while (end < text.size() && is_word(text[end])) ++end;
    // Other words follow the word "signature" in sentences; a signature is 64 hex digits, an old one 28 characters.
    if (end - begin >= 20) text.replace(begin, end - begin, kInstead);
  }
}

}  // namespace

std::string without_secrets(std::string text, const Credentials& credentials) {
  replace_all(text, credentials.session_token);
  replace_all(text, credentials.secret_access_key);
  replace_all(text, credentials.access_key_id);
  hide_signatures(text);
  return text;
}

}  // namespace attache
