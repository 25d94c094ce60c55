#include "glob_braces.hpp"

#include <attache/base/text.hpp>

#include "glob_tokens.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace attache {

namespace {

// Everything that is ever written while braces are expanded, copies and the strings' own size included: it bounds the
// time and, with what a pattern like `{{a,b}{a,b},{a,b}{a,b},...}` makes before it is refused, the memory.
constexpr std::size_t kMaxWritten = std::size_t{4} << 20;

// The first range of a class that runs backwards, as it is written.
std::optional<std::pair<std::string, std::string>> backwards_range(const GlobToken& character_class) {
  const auto found = std::find_if(character_class.ranges.begin(), character_class.ranges.end(),
                                  [](const auto& range) { return range.first > range.second; });
  if (found == character_class.ranges.end()) return std::nullopt;
  std::string first;
  std::string second;
  append_wtf8(first, found->first);
  append_wtf8(second, found->second);
  return std::pair(printable(first), printable(second));
}

// Texts that grow from left to right. Braces are kept on a stack of their own rather than on that of the program: their
// depth is whatever the pattern says.
class Expansion {
 public:
  // What returns false has exceeded a limit; then nothing more may be called.
  bool append(std::string_view piece) { return append_each(open().texts, {std::string(piece)}); }

  void open_brace() { braces_.emplace_back(); }
  void next_alternative() {
    Brace& brace = open();
    std::move(brace.texts.begin(), brace.texts.end(), std::back_inserter(brace.finished));
    brace.texts.assign(1, {});
  }
  bool close_brace() {
    next_alternative();
    const std::vector<std::string> alternatives = std::move(open().finished);
    braces_.pop_back();
    return append_each(open().texts, alternatives);
  }

  bool in_braces() const { return braces_.size() > 1; }
  std::vector<std::string> take() { return std::move(open().texts); }

 private:
  struct Brace {
    std::vector<std::string> finished;   // alternatives before the last comma
    std::vector<std::string> texts{""};  // what the current one stands for so far
  };

  Brace& open() { return braces_.back(); }

  // Every text followed by every end.
  bool append_each(std::vector<std::string>& texts, const std::vector<std::string>& ends) {
    if (texts.size() * ends.size() > kMaxGlobAlternatives) return false;
    if (ends.size() == 1) {
      for (std::string& text : texts) text += ends.front();
      written_ += texts.size() * ends.front().size() + 1;
      return written_ <= kMaxWritten;
    }
    std::vector<std::string> product;
    for (const std::string& text : texts) {
      for (const std::string& end : ends) {
        product.push_back(text + end);
        written_ += text.size() + end.size() + sizeof(std::string);
        if (written_ > kMaxWritten) return false;
      }
    }
    texts = std::move(product);
    return true;
  }

  std::vector<Brace> braces_{Brace{}};  // the first one is the pattern itself
  std::size_t written_ = 0;
};

}  // namespace

Result<std::vector<std::string>> expand_braces(std::string_view pattern) {
  Expansion expansion;
  for (std::size_t at = 0; at < pattern.size();) {
    const char c = pattern[at];
    std::size_t end = at + 1;
    bool within_limits = true;
    if (c == '\\') {
      if (end == pattern.size()) {
        return refuse_pattern(pattern, "ends in a backslash, which escapes nothing",
                              "separate components by '/', and write a backslash as '\\\\'");
      }
      ++end;
      within_limits = expansion.append(pattern[at + 1] == '/' ? "/" : pattern.substr(at, 2));
    } else if (c == '[') {
      end = glob_class_end(pattern, at, GlobDialect::kDesign);
      if (end == std::string_view::npos) {
        return refuse_pattern(pattern, "has a '[' without its ']'", "close it, or write '\\[' for the character");
      }
      const std::string_view set = pattern.substr(at + 1, end - at - 2);
      if (const auto range = backwards_range(glob_class(set, GlobDialect::kDesign))) {
        const auto& [from, to] = *range;
        return refuse_pattern(pattern, "has the range '" + from + "-" + to + "', which runs backwards",
                              "write '" + to + "-" + from + "'");
      }
      within_limits = expansion.append(pattern.substr(at, end - at));
    } else if (c == '{') {
      expansion.open_brace();
    } else if (c == '}') {
      if (!expansion.in_braces()) {
        return refuse_pattern(pattern, "has a '}' without its '{'", "open it, or write '\\}' for the character");
      }
      within_limits = expansion.close_brace();
    } else if (c == ',' && expansion.in_braces()) {
      expansion.next_alternative();
    } else {
      end = std::min(pattern.find_first_of(expansion.in_braces() ? "\\[{}," : "\\[{}", at + 1), pattern.size());
      within_limits = expansion.append(pattern.substr(at, end - at));
    }
    if (!within_limits) {
      return refuse_pattern(pattern,
                            "stands for more than " + std::to_string(kMaxGlobAlternatives) +
                                " patterns, or very long ones, once its braces are written out",
                            "give fewer alternatives, or several patterns");
    }
    at = end;
  }
  if (expansion.in_braces()) {
    return refuse_pattern(pattern, "has a '{' without its '}'", "close it, or write '\\{' for the character");
  }
  return expansion.take();
}

}  // namespace attache
