// attache_bench_manifest: runs one operation on documents, once, and prints what it took (Measurement in measure.hpp).
//
//   attache_bench_manifest                                              lists the operations
//   attache_bench_manifest OPERATION FILE...
//   attache_bench_manifest generate v2023|v2025 base|changed|other ENTRIES [shuffled] OUTPUT
//   attache_bench_manifest proof FILE                                   prints what encoding to this text would

#include <attache/hash/xxh3.hpp>

#include "documents.hpp"
#include "operations.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace attache::bench {

OutputFile::OutputFile(const std::string& path)
    : file_(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) {
  if (file_ < 0) die(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
}

OutputFile::~OutputFile() {
  close(file_);
}

Status OutputFile::write(std::string_view piece) const {
  while (!piece.empty()) {
    const ssize_t written = ::write(file_, piece.data(), piece.size());
    if (written < 0) return fail(ErrorCode::kIo, std::strerror(errno));
    piece.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

std::string proof_of_text(std::string_view text) {
  return fmt::format("bytes {} xxh128 {}", text.size(), xxh128(text).to_hex());
}

std::string proof_of_file(const std::string& path) {
  return proof_of_text(MappedFile(path).text());
}

namespace {

std::vector<Operation> all_operations() {
  std::vector<Operation> all;
  for (const auto& some : {operations_v2023(), codec_operations_v2025(), tree_operations_v2025()}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

int generate(std::span<const std::string> words) {
  DocumentOptions options;
  const bool shuffled = words.size() == 5 && words[3] == "shuffled";
  if (words.size() != (shuffled ? 5U : 4U)) die("generate v2023|v2025 base|changed|other ENTRIES [shuffled] OUTPUT");
  options.shuffled = shuffled;
  if (words[0] != "v2023" && words[0] != "v2025") die("no format: " + words[0]);
  options.format = words[0] == "v2023" ? Format::kV2023 : Format::kV2025;
  if (words[1] != "base" && words[1] != "changed" && words[1] != "other") die("no variant: " + words[1]);
  options.variant = words[1] == "base" ? Variant::kBase : words[1] == "changed" ? Variant::kChanged : Variant::kOther;
  options.entries = std::strtoull(words[2].c_str(), nullptr, 10);
  write_document(options, words.back());
  return 0;
}

int run(std::span<const std::string> words) {
  const std::vector<Operation> operations = all_operations();
  if (words.empty()) {
    for (const Operation& operation : operations) fmt::print("{} {}\n", operation.name, operation.files);
    return 0;
  }
  if (words[0] == "generate") return generate(words.subspan(1));
  if (words[0] == "proof" && words.size() == 2) {
    fmt::print("{}\n", proof_of_file(words[1]));
    return 0;
  }
  for (const Operation& operation : operations) {
    if (words[0] != operation.name) continue;
    if (words.size() != operation.file_count + 1) die(fmt::format("{} takes {}", operation.name, operation.files));
    operation.run(words.subspan(1));
    return 0;
  }
  die("no operation: " + words[0]);
}

}  // namespace

}  // namespace attache::bench

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  return attache::bench::run(words);
}
