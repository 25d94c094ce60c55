#include <attache/hash/xxh3.hpp>
#include <attache/manifest/codec_v2023.hpp>

#include "manifest_checks.hpp"
#include "targets.hpp"

#include <algorithm>
#include <string>

namespace attache::fuzz {

void manifest_decode(std::string_view input) {
  const Result<Manifest> manifest = decode_v2023(input);
  if (!manifest) return check_refusal(manifest.error());

  const std::string text = encode_v2023(*manifest).value();
  require(std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; }), "encoding is ASCII");
  require(manifest_hash(*manifest).value() == xxh128(text), "the manifest hash is that of the encoding");
  const Result<Manifest> again = decode_v2023(text);
  require(again.has_value(), "an encoding can be decoded");
  require(again->size() == manifest->size() && again->total_size() == manifest->total_size() &&
              again->path_bytes() == manifest->path_bytes(),
          "decoding an encoding loses nothing");
  require(encode_v2023(*again).value() == text, "encoding is a fixpoint");
}

}  // namespace attache::fuzz
