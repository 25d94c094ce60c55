#include "vector_case.hpp"

#include <attache/base/number.hpp>
#include <attache/base/text.hpp>
#include <attache/hash/xxh3.hpp>

#include <fstream>
#include <limits>

namespace attache::vectors {

namespace {

int value_of_hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  throw MalformedCase("not a hex digit");
}

}  // namespace

OrderedJson ordered_file(const VectorCase& vector) {
  std::ifstream stream(vector.file);
  return OrderedJson::parse(stream);
}

OrderedJson ordered_case(const VectorCase& vector) {
  const OrderedJson file = ordered_file(vector);
  for (const OrderedJson& each : file.at("cases")) {
    if (each.at("id") == vector.id) return each;
  }
  throw MalformedCase("not in its file");
}

Outcome pass() {
  return {};
}

Outcome failure(const std::string& expected, const std::string& got) {
  return {Verdict::kFailure, "expected: " + printable(expected) + "\n  got:      " + printable(got)};
}

Outcome deviation(Deviation why) {
  return deviation(std::vector<Deviation>{why});
}

Outcome deviation(const std::vector<Deviation>& reasons) {
  if (reasons.empty()) throw std::logic_error("a deviation needs a reason");
  std::string text;
  for (const Deviation why : reasons) text.append(text.empty() ? "" : "; ").append(reason(why));
  return {Verdict::kDeviation, text};
}

Outcome compare(const std::string& expected, const std::string& got) {
  return expected == got ? pass() : failure(expected, got);
}

Outcome compare(const Json& expected, const Json& got) {
  const auto shown = [](const Json& value) { return value.dump(-1, ' ', true, Json::error_handler_t::replace); };
  return expected == got ? pass() : failure(shown(expected), shown(got));
}

std::string text_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_object() && value.size() == 1 && value.contains("wtf8_hex")) {
    return bytes_of_hex(value["wtf8_hex"].get<std::string>());
  }
  throw MalformedCase("not a text: " + value.dump());
}

Json json_of_text(std::string_view wtf8) {
  if (is_utf8(wtf8)) return std::string(wtf8);
  std::string hex;
  for (const char c : wtf8) {
    hex.push_back("0123456789abcdef"[static_cast<unsigned char>(c) >> 4]);
    hex.push_back("0123456789abcdef"[static_cast<unsigned char>(c) & 15]);
  }
  return Json{{"wtf8_hex", hex}};
}

std::optional<std::string> optional_text_of(const Json& value) {
  if (value.is_null()) return std::nullopt;
  return text_of(value);
}

std::vector<std::string> texts_of(const Json& value) {
  if (!value.is_array()) throw MalformedCase("not a list of texts: " + value.dump());
  std::vector<std::string> texts;
  for (const Json& item : value) texts.push_back(text_of(item));
  return texts;
}

std::string integer_text_of(const Json& value) {
  if (value.is_number_unsigned()) return std::to_string(value.get<std::uint64_t>());
  if (value.is_number_integer()) return std::to_string(value.get<std::int64_t>());
  if (value.is_object() && value.size() == 1 && value.contains("int")) return value["int"].get<std::string>();
  throw MalformedCase("not an integer: " + value.dump());
}

std::optional<std::uint64_t> uint64_of(const Json& value) {
  return parse_number<std::uint64_t>(integer_text_of(value));
}

std::optional<std::int64_t> int64_of(const Json& value) {
  return parse_number<std::int64_t>(integer_text_of(value));
}

bool expects_error(const Json& expected) {
  return expected.is_object() && expected.contains("error");
}

std::string bytes_of_hex(std::string_view hex) {
  if (hex.size() % 2 != 0) throw MalformedCase("hex text of odd length");
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(value_of_hex(hex[i]) * 16 + value_of_hex(hex[i + 1])));
  }
  return bytes;
}

Digest digest_of(std::string_view hash_text) {
  return Digest::parse(hash_text).value_or(xxh128(hash_text));
}

std::string replace_placeholder_hashes(const std::string& json_text) {
  constexpr std::string_view kKey = "\"hash\"";
  constexpr std::string_view kSpace = " \t\r\n";
  const auto skip_space = [&](std::size_t at) {
    return std::min(json_text.find_first_not_of(kSpace, at), json_text.size());
  };
  std::string out;
  std::size_t done = 0;
  for (std::size_t key = json_text.find(kKey); key != std::string::npos; key = json_text.find(kKey, key + 1)) {
    const std::size_t colon = skip_space(key + kKey.size());
    if (colon == json_text.size() || json_text[colon] != ':') continue;
    const std::size_t quote = skip_space(colon + 1);
    if (quote == json_text.size() || json_text[quote] != '"') continue;
    const std::size_t end = json_text.find_first_of("\"\\", quote + 1);
    if (end == std::string::npos || json_text[end] != '"') continue;
    out.append(json_text, done, quote + 1 - done);
    out.append(digest_of(std::string_view(json_text).substr(quote + 1, end - quote - 1)).to_hex());
    done = end;
  }
  return out.append(json_text, done, std::string::npos);
}

}  // namespace attache::vectors
