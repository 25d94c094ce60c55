#include "sha256_lanes.hpp"

#include "sha256_functions.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace attache {

namespace {

using detail::kSha256Lanes;
using detail::Sha256State;

constexpr std::size_t kBlock = 64;
constexpr Sha256State kBeginning = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

/// A message on its way: its whole blocks first, then its end with the padding.
class Message {
 public:
  void begin(std::size_t index, std::span<const std::byte> message) {
    index_ = index;
    state_ = kBeginning;
    data_ = message.data();
    blocks_ = message.size() / kBlock;
    const std::size_t rest = message.size() % kBlock;
    end_.fill(std::byte{0});
    if (rest != 0) std::memcpy(end_.data(), message.data() + blocks_ * kBlock, rest);
    end_[rest] = std::byte{0x80};
    constexpr std::size_t kLengthBytes = 8;
    end_blocks_ = rest + 1 + kLengthBytes <= kBlock ? 1 : 2;
    const std::uint64_t bits = std::uint64_t{message.size()} * 8;
    for (std::size_t i = 0; i < kLengthBytes; ++i) {
      end_[end_blocks_ * kBlock - 1 - i] = static_cast<std::byte>(bits >> (8 * i));
    }
    if (blocks_ == 0) go_on_with_end();
  }

  Sha256State* state() { return &state_; }
  const std::byte* data() const { return data_; }
  std::size_t blocks() const { return blocks_; }
  std::size_t index() const { return index_; }

  /// After so many blocks were taken: true at the end of the message.
  bool advance(std::size_t blocks) {
    blocks_ -= blocks;
    data_ += blocks * kBlock;
    if (blocks_ == 0) go_on_with_end();
    return blocks_ == 0;
  }

  Sha256 digest() const {
    Sha256 digest;
    for (std::size_t i = 0; i < digest.size(); ++i) {
      digest[i] = static_cast<std::byte>(state_[i / 4] >> (24 - 8 * (i % 4)));
    }
    return digest;
  }

 private:
  void go_on_with_end() {
    data_ = end_.data();
    blocks_ = end_blocks_;
    end_blocks_ = 0;
  }

  std::size_t index_ = 0;
  Sha256State state_{};
  const std::byte* data_ = nullptr;
  std::size_t blocks_ = 0;
  std::array<std::byte, 2 * kBlock> end_{};
  std::size_t end_blocks_ = 0;
};

}  // namespace

bool sha256_side_by_side(std::span<const std::span<const std::byte>> messages, std::span<Sha256> digests) {
  const auto* const functions = detail::sha256_functions();
  if (functions == nullptr) return false;
  std::array<Message, kSha256Lanes> room;
  std::array<Message*, kSha256Lanes> lanes{};  // those in use first
  for (std::size_t i = 0; i < kSha256Lanes; ++i) lanes[i] = &room[i];
  std::size_t in_use = 0;
  std::size_t next = 0;
  for (;;) {
    for (; in_use < kSha256Lanes && next < messages.size(); ++in_use, ++next)
      lanes[in_use]->begin(next, messages[next]);
    if (in_use == 0) return true;
    std::array<Sha256State*, kSha256Lanes> states{};
    std::array<const std::byte*, kSha256Lanes> data{};
    std::size_t blocks = SIZE_MAX;
    for (std::size_t i = 0; i < in_use; ++i) {
      states[i] = lanes[i]->state();
      data[i] = lanes[i]->data();
      blocks = std::min(blocks, lanes[i]->blocks());
    }
    (*functions)[in_use - 1](states.data(), data.data(), blocks);
    for (std::size_t i = in_use; i-- > 0;) {
      if (!lanes[i]->advance(blocks)) continue;
      digests[lanes[i]->index()] = lanes[i]->digest();
      std::swap(lanes[i], lanes[--in_use]);
    }
  }
}

}  // namespace attache
