#include <attache/base/text.hpp>

#include "kinds.hpp"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

// attache_vectors [FOLDER]: runs the golden vectors below FOLDER, else below $ATTACHE_VECTORS, else the project's own.
// Exit status 0 if every case passes or deviates for a listed reason; 1 otherwise, also if there is no case at all.

namespace attache::vectors {
namespace {

struct Counts {
  std::size_t pass = 0;
  std::size_t deviation = 0;
  std::size_t failure = 0;

  std::size_t total() const { return pass + deviation + failure; }
  void add(Verdict verdict) {
    switch (verdict) {
      case Verdict::kPass:
        ++pass;
        break;
      case Verdict::kDeviation:
        ++deviation;
        break;
      case Verdict::kFailure:
        ++failure;
        break;
    }
  }
};

std::ostream& operator<<(std::ostream& out, const Counts& counts) {
  return out << counts.total() << " cases, " << counts.pass << " pass, " << counts.deviation << " deviation, "
             << counts.failure << " FAILURE";
}

class Run {
 public:
  void file(const std::filesystem::path& path) {
    try {
      std::ifstream stream(path, std::ios::binary);
      const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
      if (!stream || text.empty()) throw MalformedCase("cannot be read, or is empty");
      cases_of(path, Json::parse(text));
    } catch (const std::exception& error) {
      ++broken_files_;
      std::cout << "FAILURE " << printable(path.string()) << "\n  " << printable(error.what()) << '\n';
    }
  }

  int summary() const {
    Counts all;
    for (const auto& [kind, counts] : counts_) {
      std::cout << kind << ": " << counts << '\n';
      all.pass += counts.pass;
      all.deviation += counts.deviation;
      all.failure += counts.failure;
    }
    std::cout << "vectors: " << counts_.size() << " kinds, " << all << ", " << broken_files_ << " unusable files\n";
    if (all.total() == 0) std::cout << "FAILURE: no case was run\n";
    return all.total() > 0 && all.failure == 0 && broken_files_ == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
  }

 private:
  void cases_of(const std::filesystem::path& path, const Json& document) {
    VectorCase vector;
    vector.file = path.string();
    if (document.is_object() && document.contains("kind")) {
      vector.kind = document["kind"].get<std::string>();
      for (const Json& item : document.at("cases")) one(vector, item);
    } else if (document.is_array()) {
      vector.kind = "v2025-12/" + path.stem().string();
      for (const Json& item : document) {
        vector.op = item.at("op").get<std::string>();
        one(vector, item);
      }
    } else if (document.is_object() && document.contains("manifest") && document.contains("entries")) {
      vector.kind = "manifest_file";
      one(vector, Json{{"id", path.stem().string()}, {"input", document}, {"expected", document}});
    } else if (document.is_object() && document.contains("hash_cache") && document.contains("s3_check_cache")) {
      vector.kind = "cache_files";
      one(vector, Json{{"id", "cache_files"}, {"input", document}, {"expected", document}});
    } else if (document.is_object() && document.contains("db") && document.contains("lookups")) {
      vector.kind = "v2025-12/cache_file";
      one(vector, Json{{"id", "cache_file-" + path.stem().string()}, {"input", document}, {"expected", document}});
    } else {
      throw MalformedCase("neither {kind, cases} nor a list of cases");
    }
  }

  void one(VectorCase& vector, const Json& item) {
    const Checker check = find_checker(vector.kind);
    if (check == nullptr) throw MalformedCase("unknown kind '" + vector.kind + "'");
    vector.id = item.at("id").get<std::string>();
    vector.input = item.at("input");
    vector.expected = item.at("expected");
    vector.note = item.value("note", "");
    Outcome outcome;
    try {
      outcome = check(vector);
    } catch (const std::exception& error) {
      outcome = {Verdict::kFailure, "the case cannot be run: " + printable(error.what())};
    }
    counts_[vector.kind].add(outcome.verdict);
    switch (outcome.verdict) {
      case Verdict::kPass:
        std::cout << "pass " << vector.id << '\n';
        break;
      case Verdict::kDeviation:
        std::cout << "deviation " << vector.id << ": " << outcome.detail << '\n';
        break;
      case Verdict::kFailure:
        std::cout << "FAILURE " << vector.id;
        if (!vector.note.empty()) std::cout << " (" << printable(vector.note) << ')';
        std::cout << "\n  " << outcome.detail << '\n';
        break;
    }
  }

  std::map<std::string, Counts> counts_;
  std::size_t broken_files_ = 0;
};

// A manifest_file's entries: a list too, but read by the checker of the file that names it.
bool is_part_of_another(const std::filesystem::path& path) {
  return path.string().ends_with(".entries.json");
}

int run(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".json" && !is_part_of_another(it->path())) files.push_back(it->path());
  }
  if (error) {
    std::cout << "FAILURE " << printable(folder.string()) << "\n  " << error.message() << '\n';
    return EXIT_FAILURE;
  }
  std::sort(files.begin(), files.end());
  Run all;
  for (const std::filesystem::path& file : files) all.file(file);
  return all.summary();
}

}  // namespace
}  // namespace attache::vectors

int main(int argc, char** argv) {
  const char* from_environment = std::getenv("ATTACHE_VECTORS");
  const std::string folder = argc > 1                                                     ? argv[1]
                             : from_environment != nullptr && from_environment[0] != '\0' ? from_environment
                                                                                          : ATTACHE_VECTORS_DATA;
  return attache::vectors::run(folder);
}
