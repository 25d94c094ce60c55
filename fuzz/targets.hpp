#pragma once

#include <span>
#include <stdexcept>
#include <string_view>

// What is fuzzed. Each target is a function in <name>.cpp that does something with untrusted bytes and checks what must
// hold; it is run by libFuzzer (preset `fuzz`: program fuzz_<name>) and, in every build with tests, over the files in
// corpus/<name>/ and regressions/<name>/ by tests/fuzz. To add one: write <name>.cpp, declare it here, list it in
// targets.cpp and CMakeLists.txt, and give it a seed in corpus/<name>/. An input that once failed goes to
// regressions/<name>/ with a telling name.

namespace attache::fuzz {

/// Thrown by a target: a property does not hold.
class BrokenProperty : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

inline void require(bool holds, const char* property) {
  if (!holds) throw BrokenProperty(property);
}

void glob(std::string_view input);
void manifest_decode(std::string_view input);
void manifest_decode_v2025(std::string_view input);
void manifest_operations(std::string_view input);

struct Target {
  std::string_view name;
  void (*run)(std::string_view input);
};
/// All of them.
std::span<const Target> targets();

}  // namespace attache::fuzz
