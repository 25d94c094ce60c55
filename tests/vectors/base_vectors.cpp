#include <attache/base/byte_size.hpp>
#include <attache/base/timestamp.hpp>

#include "kinds.hpp"

#include <cstdlib>
#include <string>

namespace attache::vectors {

namespace {

Outcome check_human_size(const VectorCase& vector) {
  const std::optional<std::uint64_t> bytes = uint64_of(vector.input.at("bytes"));
  if (!bytes) return deviation(Deviation::kIntegerRange);
  return compare(text_of(vector.expected), human_size(*bytes));
}

// The time is read from its hexadecimal form, which says the double itself.
Outcome check_timestamp(const VectorCase& vector) {
  const std::string hex = vector.input.at("hex").get<std::string>();
  char* end = nullptr;
  const Result<std::string> timestamp = iso_timestamp(std::strtod(hex.c_str(), &end));
  if (hex.empty() || *end != '\0') throw MalformedCase("not a number: " + hex);
  if (expects_error(vector.expected)) return timestamp ? failure(vector.expected.dump(), *timestamp) : pass();
  if (!timestamp) return failure(vector.expected.dump(), timestamp.error().to_string());
  return compare(text_of(vector.expected.at("ok")), *timestamp);
}

constexpr Kind kKinds[] = {{"human_size", check_human_size}, {"timestamps", check_timestamp}};

}  // namespace

std::span<const Kind> base_kinds() {
  return kKinds;
}

}  // namespace attache::vectors
