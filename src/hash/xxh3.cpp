#include <attache/hash/xxh3.hpp>

#include "xxh3_functions.hpp"

#include <new>

namespace attache {

namespace {

Digest from_library(XXH128_hash_t value) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, value);
  std::array<std::uint8_t, Digest::kBytes> bytes{};
  static_assert(sizeof canonical.digest == Digest::kBytes);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = canonical.digest[i];
  return Digest(bytes);
}

struct FreeState {
  void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
};

}  // namespace

Digest xxh128(std::span<const std::byte> data) {
  return from_library(detail::xxh3_128(data.data(), data.size()));
}

Digest xxh128(std::string_view text) {
  return from_library(detail::xxh3_128(text.data(), text.size()));
}

struct Xxh128Stream::State {
  // The library allocates it with the alignment that its vector code needs.
  std::unique_ptr<XXH3_state_t, FreeState> xxh{XXH3_createState()};
};

Xxh128Stream::Xxh128Stream() : state_(std::make_unique<State>()) {
  if (!state_->xxh) throw std::bad_alloc();
  reset();
}
Xxh128Stream::~Xxh128Stream() = default;
Xxh128Stream::Xxh128Stream(Xxh128Stream&&) noexcept = default;
Xxh128Stream& Xxh128Stream::operator=(Xxh128Stream&&) noexcept = default;

void Xxh128Stream::reset() {
  XXH3_128bits_reset(state_->xxh.get());
}

void Xxh128Stream::update(std::span<const std::byte> data) {
  detail::xxh3_128_update(state_->xxh.get(), data.data(), data.size());
}

Digest Xxh128Stream::digest() const {
  return from_library(XXH3_128bits_digest(state_->xxh.get()));
}

}  // namespace attache
