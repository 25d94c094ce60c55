#pragma once

#include <attache/hash/digest.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace attache {

/// XXH3-128 with seed 0, the only content hash of job attachments ("xxh128").
inline constexpr std::string_view kHashAlgorithm = "xxh128";

/// The digest of bytes at hand. Thread-safe.
Digest xxh128(std::span<const std::byte> data);
Digest xxh128(std::string_view text);

/// The digest of bytes that arrive in pieces; piece sizes do not matter. Reusable after reset(). Not thread-safe.
class Xxh128Stream {
 public:
  /// std::bad_alloc if there is no memory for the library's state of some 600 bytes: the one constructor of the pure
  /// core that needs any.
  Xxh128Stream();
  ~Xxh128Stream();
  Xxh128Stream(Xxh128Stream&&) noexcept;
  Xxh128Stream& operator=(Xxh128Stream&&) noexcept;

  void reset();
  void update(std::span<const std::byte> data);
  /// The digest of everything since construction or reset(); more may follow.
  Digest digest() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace attache
