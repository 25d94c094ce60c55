#include <attache/hash/xxh3.hpp>

#include "kinds.hpp"

#include <algorithm>
#include <functional>

namespace attache::vectors {

namespace {

std::string make_bytes(std::size_t size, const std::function<std::size_t(std::size_t)>& value_at) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(value_at(i) & 255);
  return bytes;
}

// In pieces that end neither on the hash's stripes nor on its blocks.
std::string streamed(std::string_view bytes) {
  Xxh128Stream stream;
  for (std::size_t at = 0; at < bytes.size(); at += 1021) {
    stream.update(std::as_bytes(std::span(bytes.substr(at, 1021))));
  }
  return stream.digest().to_hex();
}

Outcome check_digest(const std::string& expected, const std::string& bytes) {
  const std::string whole = xxh128(bytes).to_hex();
  return whole != expected ? failure(expected, whole) : compare(expected, streamed(bytes));
}

}  // namespace

std::string hash_data_bytes(const Json& pattern) {
  if (pattern.contains("size")) {
    const std::size_t seed = pattern.at("seed").get<std::size_t>();
    return make_bytes(pattern.at("size").get<std::size_t>(),
                      [seed](std::size_t i) { return i * 131 + 7 * (i >> 8) + 13 * (i >> 16) + seed; });
  }
  if (pattern.contains("utf8")) return text_of(pattern.at("utf8"));
  return bytes_of_hex(pattern.at("hex").get<std::string>());
}

Outcome check_hash_data(const VectorCase& vector) {
  const Json& expected = vector.expected;
  if (expected.at("hash") != expected.at("file_hash")) throw MalformedCase("two hashes for the same bytes");
  return check_digest(expected.at("hash").get<std::string>(), hash_data_bytes(vector.input.at("pattern")));
}

namespace {

Outcome check_v2025_hash(const VectorCase& vector) {
  if (vector.op == "xxh128") {
    return check_digest(vector.expected.at("hex").get<std::string>(), text_of(vector.input.at("utf8")));
  }
  if (vector.op == "xxh128_pattern") {
    if (vector.input.at("byte_i") != "(i*131 + (i>>8)) & 255") throw MalformedCase("unknown pattern");
    return check_digest(
        vector.expected.get<std::string>(),
        make_bytes(vector.input.at("length").get<std::size_t>(), [](std::size_t i) { return i * 131 + (i >> 8); }));
  }
  throw MalformedCase("unknown operation '" + vector.op + "'");
}

constexpr Kind kKinds[] = {{"v2025-12/hash", check_v2025_hash}};

}  // namespace

std::span<const Kind> hash_kinds() {
  return kKinds;
}

}  // namespace attache::vectors
