// The library's manifest operations for tests/campaigns/manifest_operations.py: one JSON request a line, answered with
// one JSON line. Documents and texts are hex of their bytes, because a text with lone surrogates is no JSON of this
// library's.
//
//   {"documents": ["<hex>", ...], "times": [<integer>, ...]}
//   {"documents": [{"text": "<hex>", "hash": "<digits>"} or {"rule": "<name>"}, ...],
//    "merged": MERGED, "merged_by_time": MERGED, "compared": [["<STATUS>", "<hex>", "<digits>"], ...]}
//   MERGED: {"order": ["<hex>", ...], "text": "<hex>"}; what follows the documents is there if all were accepted

#include <attache/manifest/codec_v2023.hpp>
#include <attache/manifest/operations_v2023.hpp>

#include "json_lines.hpp"

#include <nlohmann/json.hpp>

#include <stdexcept>
#include <string>
#include <vector>

namespace attache {
namespace {

using Json = nlohmann::json;

Json merged(const Result<std::optional<Manifest>>& result) {
  if (!result) throw std::runtime_error(result.error().to_string());
  if (!*result) return nullptr;
  Json order = Json::array();
  for (const ManifestEntry& entry : **result) order.push_back(to_hex(entry.path));
  return {{"order", order}, {"text", to_hex(encode_v2023(**result).value())}};
}

Json compared(const Manifest& reference, const Manifest& current) {
  Json list = Json::array();
  const std::vector<FileDifference> differences = compare(reference, current).value();
  for (const FileDifference& difference : differences) {
    const Manifest& side = difference.status == FileChange::kDeleted ? reference : current;
    const ManifestEntry entry = side[difference.index];
    list.push_back({std::string(to_string(difference.status)), to_hex(entry.path), entry.hash.to_hex()});
  }
  return list;
}

Json answer(const Json& request) {
  std::vector<Manifest> manifests;
  Json documents = Json::array();
  for (const Json& document : request.at("documents")) {
    DecodeRule rule{};
    Result<Manifest> manifest = decode_v2023(from_hex(document), &rule);
    if (!manifest) {
      documents.push_back({{"rule", std::string(to_string(rule))}});
      continue;
    }
    documents.push_back(
        {{"text", to_hex(encode_v2023(*manifest).value())}, {"hash", manifest_hash(*manifest).value().to_hex()}});
    manifests.push_back(std::move(*manifest));
  }
  Json answer{{"documents", documents}};
  if (manifests.size() != documents.size()) return answer;
  std::vector<const Manifest*> list;
  std::vector<Timed<Manifest>> timed;
  for (std::size_t i = 0; i < manifests.size(); ++i) {
    list.push_back(&manifests[i]);
    timed.push_back({&manifests[i], request.at("times").at(i).get<std::int64_t>()});
  }
  answer["merged"] = merged(merge(list));
  answer["merged_by_time"] = merged(merge_by_time(timed));
  answer["compared"] = compared(manifests.front(), manifests.back());
  return answer;
}

}  // namespace
}  // namespace attache

int main() {
  return attache::answer_lines("attache_manifest_driver", attache::answer);
}
