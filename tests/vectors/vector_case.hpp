#pragma once

#include <attache/hash/digest.hpp>

#include "deviations.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

// The golden-vector harness: `attache_vectors` reads every *.json below a folder and runs each case through the checker
// of its kind.
//
// Forms of files
//   {"kind": "human_size", "cases": [{"id", "input", "expected", "note"?}, ...]}    kind "human_size"
//   [{"id", "op", "input", "expected", "tags"?}, ...] in a file hash.json          kind "v2025-12/hash"
//   {"entries", "manifest", "totalSize", "bytes", "hash"}                          kind "manifest_file"; one case,
//   whose
//                                                                                  input names two files beside it
//   {"hash_cache", "s3_check_cache"}                               kind "cache_files"; databases beside the file
//   {"db", "lookups"}                                              kind "v2025-12/cache_file"; a database beside the
//   file
//
// How to add a kind
//   1. Write `Outcome check_x(const VectorCase&)` in the file of its group (x_vectors.cpp), decode the conventions
//   below,
//      and return pass(), failure(expected, got), compare(expected, got) or deviation(...).
//   2. Add {"x", check_x} to the table at the end of that file. A new group: declare its table in kinds.hpp and list it
//      in registry.cpp; add the file, and the modules it uses, to CMakeLists.txt.
//   3. Copy the golden file to data/ and name it in data/PROVENANCE.md.
// A deviation is decided by a rule that looks at the input or the incumbent's answer, never at a case id: other
// people's files of the same kinds are run as well. Its reason goes into the one table in deviations.cpp.

namespace attache::vectors {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

struct VectorCase {
  std::string kind;
  std::string id;
  std::string op;    ///< of array files; empty otherwise
  std::string file;  ///< the file it comes from
  Json input;
  Json expected;
  std::string note;
};

/// The file of a case, and the case in it, with the order of their keys, which `input` and `expected` have not.
OrderedJson ordered_file(const VectorCase& vector);
OrderedJson ordered_case(const VectorCase& vector);

enum class Verdict { kPass, kDeviation, kFailure };

struct Outcome {
  Verdict verdict = Verdict::kPass;
  std::string detail;  ///< the reasons of a deviation; expected and got of a failure
};

Outcome pass();
Outcome failure(const std::string& expected, const std::string& got);
Outcome deviation(Deviation why);
/// At least one reason.
Outcome deviation(const std::vector<Deviation>& reasons);
/// pass() if both are equal, else failure().
Outcome compare(const std::string& expected, const std::string& got);
Outcome compare(const Json& expected, const Json& got);

/// A case that cannot be read: the runner reports it as a failure of the case.
class MalformedCase : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A string, or {"wtf8_hex": "..."}, as WTF-8.
std::string text_of(const Json& value);
/// The reverse: what a text looks like in a vector file.
Json json_of_text(std::string_view wtf8);
/// null, or a text.
std::optional<std::string> optional_text_of(const Json& value);
/// A list of texts.
std::vector<std::string> texts_of(const Json& value);

/// The decimal text of an integer, whatever its size: a number or {"int": "..."}.
std::string integer_text_of(const Json& value);
/// The same as a value; nothing if it does not fit.
std::optional<std::uint64_t> uint64_of(const Json& value);
std::optional<std::int64_t> int64_of(const Json& value);

/// True for {"error": ...}: the incumbent refuses. Only job-attachments classes are contract, and wording never is.
bool expects_error(const Json& expected);

/// The bytes of a hex text.
std::string bytes_of_hex(std::string_view hex);

/// The digest that a hash text stands for: itself, or, for a placeholder such as "h" or "aa", the XXH3-128 of the text.
Digest digest_of(std::string_view hash_text);
/// A JSON text in which every placeholder in the value of a "hash" key is replaced by the digest it stands for.
std::string replace_placeholder_hashes(const std::string& json_text);

using Checker = Outcome (*)(const VectorCase&);
struct Kind {
  std::string_view name;
  Checker check;
};

}  // namespace attache::vectors
