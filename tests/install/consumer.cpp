#include <attache/hash/xxh3.hpp>
#include <attache/manifest/codec_v2023.hpp>

#include <cstdio>

int main() {
  attache::ManifestBuilder builder;
  if (!builder.add("scene.usd", attache::xxh128("hello"), 5, 1'700'000'000'000'000)) return 1;
  const auto manifest = std::move(builder).build();
  return manifest && std::puts(attache::encode_v2023(*manifest).value().c_str()) >= 0 ? 0 : 1;
}
