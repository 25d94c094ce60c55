#include <attache/cache/hash_cache.hpp>

namespace attache {

namespace {

// Remembers nothing, until there is a database.
class NoHashCache final : public HashCache {
 public:
  void look_up(std::string_view, std::span<const CacheSubject>, std::span<std::optional<Digest>> found) override {
    for (std::optional<Digest>& each : found) each.reset();
  }
  bool look_up_chunks(std::string_view, const CacheSubject&, std::uint64_t, std::vector<Digest>&) override {
    return false;
  }
  void store(std::string_view, const CacheSubject&, const Digest&) override {}
  void store_chunks(std::string_view, const CacheSubject&, std::uint64_t, std::span<const Digest>) override {}
  void flush() override {}
};

}  // namespace

HashCache::~HashCache() = default;

std::unique_ptr<HashCache> HashCache::open(HashCacheOptions) {
  return std::make_unique<NoHashCache>();
}

}  // namespace attache
