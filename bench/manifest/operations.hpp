#pragma once

#include <attache/base/result.hpp>

#include "measure.hpp"

#include <span>
#include <string>
#include <vector>

namespace attache::bench {

/// One thing that is measured: `attache_bench_manifest NAME FILE...` runs it once.
struct Operation {
  const char* name;
  /// The files it takes, for the usage: documents to read, and a file to write where it says so.
  const char* files;
  std::size_t file_count;
  void (*run)(std::span<const std::string> files);
};

std::vector<Operation> operations_v2023();
std::vector<Operation> codec_operations_v2025();
std::vector<Operation> tree_operations_v2025();

/// The value, or the end of the program with the error.
template <typename T>
T take(Result<T> result) {
  if (!result) die(result.error().to_string());
  return *std::move(result);
}

/// Writes all it is given to a file that it makes or empties.
class OutputFile {
 public:
  explicit OutputFile(const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  Status write(std::string_view piece) const;

 private:
  int file_;
};

/// PROOF of what encodes: the hash of its output.
std::string proof_of_file(const std::string& path);
std::string proof_of_text(std::string_view text);

}  // namespace attache::bench
