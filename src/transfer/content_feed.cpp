#include "content_feed.hpp"

#include <attache/base/byte_size.hpp>

#include "upload_batch.hpp"

#include <algorithm>
#include <utility>

namespace attache {

namespace {

constexpr std::size_t kBlockBytes = 1 * kMiB;
/// Larger files have a block of their own: less of a block is lost at its end.
constexpr std::size_t kShared = 256 * kKiB;
/// The kernel copies to a cache line twice as fast as between two (scan/file_hasher.cpp).
constexpr std::size_t kAlignment = 64;

std::size_t aligned(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

struct ContentFeed::Block {
  Block(ContentFeed& of, std::size_t size, std::unique_ptr<std::byte[]> with)
      : feed(of), bytes(size), memory(std::move(with)) {
    const auto address = reinterpret_cast<std::uintptr_t>(memory.get());
    begin = memory.get() + (aligned(address) - address);
  }
  ~Block() { feed.give_back(bytes, std::move(memory)); }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  ContentFeed& feed;
  const std::size_t bytes;  // that can be used
  std::unique_ptr<std::byte[]> memory;
  std::byte* begin = nullptr;
};

// --- memory ----------------------------------------------------------------------------------------------------------

ContentFeed::ContentFeed(UploadContext& context, std::stop_token failed)
    : context_(context),
      failed_(std::move(failed)),
      budget_(std::max<std::uint64_t>(context.options.memory_budget, kBlockBytes)),
      queue_({.items = 4096, .bytes = UINT64_MAX}) {}  // what waits is bounded by the budget

ContentFeed::~ContentFeed() = default;

std::shared_ptr<ContentFeed::Block> ContentFeed::make_block(std::size_t bytes) {
  // mutex_ is held.
  used_ += bytes;
  std::unique_ptr<std::byte[]> memory;
  if (bytes == kBlockBytes && !idle_.empty()) {
    memory = std::move(idle_.back());
    idle_.pop_back();
  } else {
    memory.reset(new std::byte[bytes + kAlignment]);  // not make_unique, which sets it to zero
  }
  return std::make_shared<Block>(*this, bytes, std::move(memory));
}

std::shared_ptr<ContentFeed::Block> ContentFeed::try_block(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (used_ > 0 && (used_ >= budget_ || bytes > budget_ - used_)) return nullptr;
  return make_block(bytes);
}

std::shared_ptr<ContentFeed::Block> ContentFeed::wait_for_block(std::size_t bytes, const std::stop_token& stop) {
  std::vector<Rest> parked;  // goes without the lock, which a block takes when it goes
  std::unique_lock lock(mutex_);
  const auto fits = [&] { return used_ == 0 || (used_ < budget_ && bytes <= budget_ - used_); };
  if (fits()) return make_block(bytes);
  ++waiting_;
  parked.swap(parked_);
  lock.unlock();
  parked.clear();
  lock.lock();
  const bool has_room = freed_.wait(lock, stop, fits);
  --waiting_;
  return has_room ? make_block(bytes) : nullptr;
}

void ContentFeed::park(Rest rest) {
  const std::lock_guard lock(mutex_);
  if (waiting_ == 0) parked_.push_back(std::move(rest));
  // Else `rest` goes after the lock: parameters outlive what is in the function.
}

ContentFeed::Rest ContentFeed::take_parked(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  const auto found =
      std::ranges::find_if(parked_, [bytes](const Rest& rest) { return rest.block->bytes - rest.used >= bytes; });
  if (found == parked_.end()) return {};
  Rest rest = std::move(*found);
  parked_.erase(found);
  return rest;
}

void ContentFeed::give_back(std::size_t bytes, std::unique_ptr<std::byte[]> memory) {
  {
    const std::lock_guard lock(mutex_);
    used_ -= bytes;
    if (bytes == kBlockBytes) idle_.push_back(std::move(memory));
  }
  freed_.notify_all();
}

bool ContentFeed::claim(const Digest& hash) {
  Claims& claims = claims_[hash.bytes()[0] % claims_.size()];
  const std::lock_guard lock(claims.mutex);
  return claims.taken.insert(hash).second;
}

// --- from the scan ---------------------------------------------------------------------------------------------------

class ContentFeed::Collector final : public ContentCollector {
 public:
  explicit Collector(ContentFeed& feed) : feed_(feed) {}
  ~Collector() override { flush(); }

  std::span<std::byte> place(std::uint64_t size, const std::stop_token& stop) override {
    if (size >= feed_.context_.options.large_from || size > feed_.budget_) return {};
    const auto bytes = static_cast<std::size_t>(size);
    if (bytes > kShared) {
      // Who waits holds nothing, or two could wait for each other.
      own_ = feed_.try_block(bytes);
      if (!own_) {
        let_go();
        own_ = feed_.wait_for_block(bytes, stop);
      }
      return place_ = own_ ? std::span(own_->begin, bytes) : std::span<std::byte>();
    }
    own_.reset();
    if (!rest_.block) rest_ = feed_.take_parked(bytes);
    if (!rest_.block || rest_.block->bytes - rest_.used < bytes) {
      let_go();
      rest_.block = feed_.wait_for_block(kBlockBytes, stop);
      if (!rest_.block) return {};
    }
    return place_ = std::span(rest_.block->begin + rest_.used, bytes);
  }

  Status keep(const Digest& hash, const FileStatus& status) override {
    if (feed_.failed_.stop_requested()) return cancelled();
    std::shared_ptr<Block> own = std::move(own_);
    if (!feed_.claim(hash)) return {};
    if (own) {
      push(std::move(own), {{hash, place_, status.mtime_us()}});
      return {};
    }
    rest_.used = std::min(rest_.used + aligned(place_.size()), rest_.block->bytes);
    items_.push_back({hash, place_, status.mtime_us()});
    return {};
  }

  // Who pauses may not come back, and others may wait for the memory: it holds nothing then, either.
  void pause() override {
    flush();
    own_.reset();
    if (rest_.block) feed_.park(std::exchange(rest_, {}));
  }

 private:
  void flush() {
    if (!items_.empty()) push(rest_.block, std::exchange(items_, {}));
  }

  void let_go() {
    flush();
    rest_ = {};
  }

  void push(std::shared_ptr<const Block> block, std::vector<Item> items) {
    auto group = std::make_shared<Group>();
    group->block = std::move(block);
    group->items = std::move(items);
    // Dropped once the queue is closed: then sending has failed.
    feed_.queue_.push(std::move(group), 0, feed_.failed_);
  }

  ContentFeed& feed_;
  Rest rest_;
  std::shared_ptr<Block> own_;
  std::span<std::byte> place_;
  std::vector<Item> items_;
};

std::unique_ptr<ContentCollector> ContentFeed::collector() {
  return std::make_unique<Collector>(*this);
}

// --- to the store ----------------------------------------------------------------------------------------------------

class ContentFeed::Supply final : public UploadSupply {
 public:
  Supply(ContentFeed& feed, EarlyOutcomes& outcomes, std::stop_token stop)
      : feed_(feed), outcomes_(outcomes), stop_(std::move(stop)) {}

  /// An error of the store; nothing more is supplied then.
  const Status& status() const { return status_; }
  /// The last next() gave nothing because something is under way; then there may be more.
  bool is_paused() const { return is_paused_; }

  std::optional<UploadItem> next() override {
    for (;;) {
      while (group_ && next_ < group_->items.size()) {
        const std::size_t index = next_++;
        if (std::optional<UploadItem> item = item_of(index)) {
          ++under_way_;
          return item;
        }
      }
      group_.reset();
      // What is under way holds memory until it is acknowledged here, and the scan may wait for that memory: so only
      // who has nothing under way waits for the scan.
      std::optional<std::shared_ptr<Group>> group = under_way_ > 0 ? feed_.queue_.try_pop() : feed_.queue_.pop(stop_);
      is_paused_ = !group && under_way_ > 0;
      if (!group) return std::nullopt;
      group_ = *std::move(group);
      next_ = 0;
      status_ = prepare();
      if (!status_) return std::nullopt;
    }
  }

  Status open(const UploadItem&, ContentSource&) override {
    return fail(ErrorCode::kIo, "a content that was in memory is not", "report this defect");
  }
  void missing(const UploadItem&) override {}
  void settled(const UploadItem& item, UploadOutcome outcome) override {
    --under_way_;
    outcomes_.emplace(item.hash, outcome);
    if (outcome == UploadOutcome::kPresent) {
      feed_.context_.progress.skip(1, item.size);
    } else {
      feed_.context_.progress.add(1, item.size);
    }
  }

 private:
  Status prepare() {
    UploadContext& context = feed_.context_;
    const std::size_t offered = feed_.offered_ += group_->items.size();
    if (context.store.is_service() && offered >= context.options.list_from) {
      ATTACHE_TRY(context.existence.look(stop_));
    }
    hashes_.clear();
    for (const Item& item : group_->items) hashes_.push_back(item.hash);
    expected_.assign(hashes_.size(), 0);
    context.existence.expect(hashes_, expected_);
    return {};
  }

  /// Nothing if it is left to a later stage.
  std::optional<UploadItem> item_of(std::size_t index) {
    UploadContext& context = feed_.context_;
    const Item& content = group_->items[index];
    if (expected_[index] != 0) return std::nullopt;
    UploadItem item;
    item.hash = content.hash;
    item.size = content.bytes.size();
    item.presence = context.existence.seen(content.hash, item.size);
    if (item.presence != Presence::kUnknown) context.count_answer(item.presence != Presence::kAbsent);
    if (item.presence == Presence::kThere) return std::nullopt;
    if (item.presence == Presence::kUnknown && context.store.is_service() &&
        context.options.check != CheckCacheUse::kForce) {
      // A HEAD for a small one means that most are there: then there are better ways to ask.
      const bool is_left = first_ask(0, false, context.asked, context.there) == FirstAsk::kHead;
      if (is_left) return std::nullopt;
    }
    item.owner = std::shared_ptr<const void>(group_, group_->block.get());
    item.bytes = content.bytes;
    if (context.options.keep_times) item.mtime_us = content.mtime_us;
    return item;
  }

  ContentFeed& feed_;
  EarlyOutcomes& outcomes_;
  const std::stop_token stop_;
  std::shared_ptr<Group> group_;
  std::size_t next_ = 0;
  std::size_t under_way_ = 0;  // given to the batch, and not settled
  bool is_paused_ = false;
  std::vector<Digest> hashes_;
  std::vector<std::uint8_t> expected_;
  Status status_;
};

Status ContentFeed::run_sender(EarlyOutcomes& outcomes, const std::stop_token& stop) {
  Supply supply(*this, outcomes, stop);
  UploadBatch batch(context_, supply);
  do {
    ATTACHE_TRY(batch.run(stop));
  } while (supply.is_paused() && supply.status());
  return supply.status();
}

}  // namespace attache
