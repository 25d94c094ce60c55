#include "targets.hpp"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

// attache_fuzz_regressions: runs each target over fuzz/corpus/<target>/ and fuzz/regressions/<target>/. Exit status 1
// if a property breaks, if a target has no corpus, or if a folder belongs to no target.

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->is_regular_file()) files.push_back(it->path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string read(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw std::runtime_error("cannot be read");
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

bool survives(const attache::fuzz::Target& target, const fs::path& file) {
  try {
    target.run(read(file));
    return true;
  } catch (const std::exception& error) {
    std::cout << "FAILURE " << target.name << ": " << file.filename().string() << ": " << error.what() << '\n';
    return false;
  }
}

}  // namespace

int main() {
  const fs::path folder = ATTACHE_FUZZ_FOLDER;
  std::size_t failures = 0;
  for (const attache::fuzz::Target& target : attache::fuzz::targets()) {
    std::cout << target.name << ": " << std::flush;
    const std::vector<fs::path> corpus = files_in(folder / "corpus" / target.name);
    const std::vector<fs::path> regressions = files_in(folder / "regressions" / target.name);
    std::cout << corpus.size() << " corpus files, " << regressions.size() << " regressions" << std::endl;
    if (corpus.empty()) ++failures;
    for (const auto& files : {corpus, regressions}) {
      for (const fs::path& file : files) failures += survives(target, file) ? 0U : 1U;
    }
  }
  for (const char* part : {"corpus", "regressions"}) {
    if (!fs::is_directory(folder / part)) continue;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder / part)) {
      const std::string name = entry.path().filename().string();
      const auto all = attache::fuzz::targets();
      if (std::any_of(all.begin(), all.end(), [&](const auto& target) { return target.name == name; })) continue;
      std::cout << "FAILURE " << part << '/' << name << ": no such target\n";
      ++failures;
    }
  }
  std::cout << failures << " failures\n";
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
