// Random operations on an S3 store whose transport fails at random, for tests/campaigns/s3_faults.py.
//
//   attache_fault_driver COUNT SEED [RATE]
//
// Four threads put, get, list and remove objects with keys of their own, in an S3 that is in memory and that refuses
// what S3 would refuse; 5 % of all requests go wrong (testing/fault_transport.hpp). A model knows what each key may
// hold: one content after a success, two or more after a failure, which may or may not have had its effect. Whatever
// the store says must agree with it, and so must what is stored in the end. Errors must be of the kinds that faults
// explain. Uploads may be left only where the answer to their creation, or the request to abort them, met a fault.
//
// A byte that changes on its way down is seen by the store if the service sends a checksum; else the hash of the
// content above it sees it, which here is the comparison with the model: CAUGHT counts those.
//
// Prints `OPERATIONS FAILED REQUESTS FAULTS RETRIES CAUGHT LEFT WRONG SEED`, after a line for everything that is wrong.

#include <attache/store/s3_store.hpp>
#include <attache/store/testing/fake_s3.hpp>
#include <attache/store/testing/fault_transport.hpp>
#include <attache/store/testing/object_store_contract.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace attache;           // NOLINT(google-build-using-namespace): a program of the project's own
using namespace attache::testing;  // NOLINT(google-build-using-namespace)

constexpr unsigned kThreads = 4;
constexpr unsigned kKeys = 12;  // of each thread

/// What a key holds; nothing: it is absent.
using Content = std::optional<std::string>;

struct Counts {
  std::atomic<std::uint64_t> failed = 0;
  std::atomic<std::uint64_t> caught = 0;
  std::atomic<std::uint64_t> wrong = 0;
};

/// The errors that injected faults may end a call with.
bool is_explained(ErrorCode code) {
  switch (code) {
    case ErrorCode::kNetwork:
    case ErrorCode::kService:
    case ErrorCode::kPermissionDenied:
    case ErrorCode::kUnauthenticated:
    case ErrorCode::kIntegrity:
    case ErrorCode::kInvalidArgument:  // the wrong region, twice
      return true;
    default:
      return false;
  }
}

class Worker {
 public:
  Worker(unsigned number, std::uint64_t seed, ObjectStore& store, Counts& counts)
      : prefix_("w" + std::to_string(number) + "/"), random_(seed * 1000 + number), store_(store), counts_(counts) {
    for (unsigned i = 0; i < kKeys; ++i) model_[prefix_ + "key" + std::to_string(i)] = {std::nullopt};
  }

  void run(std::uint64_t operations) {
    for (std::uint64_t i = 0; i < operations; ++i) step();
  }

  /// What is stored in the end, full keys.
  void check_stored(const std::map<std::string, std::string>& objects) {
    for (const auto& [key, may_be] : model_) {
      const auto found = objects.find("root/" + key);
      const Content content = found == objects.end() ? Content() : Content(found->second);
      if (!may_be.contains(content)) wrong(key, "holds in the end what it cannot hold");
    }
  }

 private:
  using MayBe = std::set<Content>;

  void step() {
    auto it = std::next(model_.begin(), static_cast<std::ptrdiff_t>(random_() % model_.size()));
    const std::string& key = it->first;
    MayBe& may_be = it->second;
    const std::uint64_t choice = random_() % 100;
    if (choice < 38) return put(key, may_be, false);
    if (choice < 44) return put(key, may_be, true);
    if (choice < 66) return get(key, may_be);
    if (choice < 78) return get_range(key, may_be);
    if (choice < 88) return head(key, may_be);
    if (choice < 92) return list();
    return remove(key, may_be);
  }

  std::string make_content() {
    // Mostly small; every tenth goes in parts; a few are read in ranges, several at a time.
    const std::uint64_t kind = random_() % 1000;
    const std::size_t size = kind < 3     ? 5 * kMiB + random_() % kMiB
                             : kind < 100 ? 64 * kKiB + random_() % (64 * kKiB)
                             : kind < 150 ? 0
                                          : random_() % 8192;
    return noise(size, static_cast<std::uint32_t>(random_()));
  }

  void put(const std::string& key, MayBe& may_be, bool only_if_absent) {
    const std::string content = make_content();
    MemorySource source(std::as_bytes(std::span(content)));
    PutOptions options;
    options.only_if_absent = only_if_absent;
    const Status status = store_.put(key, source, options, {});
    if (status) {
      if (only_if_absent && !may_be.contains(std::nullopt)) wrong(key, "was replaced, but only to be made");
      may_be = {content};
      return;
    }
    if (only_if_absent && status.error().code() == ErrorCode::kAlreadyExists) {
      // Its own, perhaps: a try whose answer was lost.
      if (may_be.erase(std::nullopt) > 0) may_be.insert(content);
      return;
    }
    failed(key, status.error());
    may_be.insert(content);
  }

  void get(const std::string& key, MayBe& may_be) {
    CollectingSink sink;
    const auto info = store_.get(key, sink, {}, {});
    if (!info) return failed(key, info.error());
    const Content content = *info ? Content(sink.content) : Content();
    if (may_be.contains(content)) {
      may_be = {content};
      return;
    }
    judge(key, may_be, content, 0, ~std::uint64_t{0});
  }

  void get_range(const std::string& key, MayBe& may_be) {
    GetOptions options;
    options.offset = random_() % 9000;
    options.length = random_() % 3000;
    CollectingSink sink;
    const auto info = store_.get(key, sink, options, {});
    if (!info) return failed(key, info.error());
    const Content content = *info ? Content(sink.content) : Content();
    const bool fits = std::ranges::any_of(may_be, [&](const Content& candidate) {
      return content.has_value() == candidate.has_value() &&
             (!content ||
              (*content == part_of(*candidate, options.offset, *options.length) && (*info)->size == candidate->size()));
    });
    if (!fits) judge(key, may_be, content, options.offset, *options.length);
  }

  void head(const std::string& key, const MayBe& may_be) {
    const auto info = store_.head(key, {});
    if (!info) return failed(key, info.error());
    const bool fits = std::ranges::any_of(may_be, [&](const Content& candidate) {
      return info->has_value() == candidate.has_value() && (!candidate || (*info)->size == candidate->size());
    });
    if (!fits) wrong(key, "is not what a HEAD says");
  }

  void list() {
    ListOptions options;
    std::map<std::string, std::uint64_t> listed;
    do {
      options.max_keys = 1 + random_() % 10;
      const Result<ListPage> page = store_.list(prefix_, options, {});
      if (!page) return failed(prefix_, page.error());
      for (const ObjectInfo& object : page->objects) listed.emplace(object.key, object.size);
      if (!page->more) break;
      options.start_after = page->objects.back().key;
    } while (true);
    for (const auto& [key, may_be] : model_) {
      const auto found = listed.find(key);
      const bool fits = std::ranges::any_of(may_be, [&](const Content& candidate) {
        return (found != listed.end()) == candidate.has_value() && (!candidate || found->second == candidate->size());
      });
      if (!fits) wrong(key, "is not what a list says");
    }
    for (const auto& [key, size] : listed) {
      if (!model_.contains(key)) wrong(key, "is in a list, and was never stored");
    }
  }

  void remove(const std::string& key, MayBe& may_be) {
    const Status status = store_.remove(key, {});
    if (status) {
      may_be = {std::nullopt};
    } else {
      failed(key, status.error());
      may_be.insert(std::nullopt);
    }
  }

  static std::string part_of(const std::string& content, std::uint64_t offset, std::uint64_t length) {
    if (offset >= content.size()) return {};
    return content.substr(static_cast<std::size_t>(offset), static_cast<std::size_t>(length));
  }

  /// Bytes that the key cannot hold: wrong, unless they are right but for one bit, which the hash above catches.
  void judge(const std::string& key, const MayBe& may_be, const Content& content, std::uint64_t offset,
             std::uint64_t length) {
    for (const Content& candidate : may_be) {
      if (!content || !candidate) continue;
      const std::string right = part_of(*candidate, offset, length);
      if (right.size() != content->size()) continue;
      std::size_t differences = 0;
      for (std::size_t i = 0; i < right.size(); ++i) differences += right[i] == (*content)[i] ? 0 : 1;
      // A range that was resumed, or read in ranges, may have met more than one.
      if (differences <= 3) {
        ++counts_.caught;
        return;
      }
    }
    wrong(key, "was read as what it cannot hold");
  }

  void failed(const std::string& key, const Error& error) {
    ++counts_.failed;
    if (!is_explained(error.code())) wrong(key, "failed for no known reason: " + error.to_string());
  }

  void wrong(const std::string& key, const std::string& what) {
    ++counts_.wrong;
    std::printf("WRONG: %s %s\n", key.c_str(), what.c_str());
  }

  const std::string prefix_;
  std::mt19937_64 random_;
  ObjectStore& store_;
  Counts& counts_;
  std::map<std::string, MayBe> model_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) {
    std::fputs("usage: attache_fault_driver COUNT SEED [RATE]\n", stderr);
    return 2;
  }
  const std::uint64_t count = std::strtoull(argv[1], nullptr, 10);
  const std::uint64_t seed = std::strtoull(argv[2], nullptr, 10);
  FakeS3 s3;
  s3.transport().forget_requests();
  std::atomic<std::uint64_t> faults = 0;
  std::atomic<std::uint64_t> may_be_left = 0;
  FaultTransportOptions fault_options;
  fault_options.seed = seed;
  if (argc == 4) fault_options.rate = std::strtod(argv[3], nullptr);
  fault_options.stall = std::chrono::milliseconds(5);
  fault_options.on_fault = [&](S3Fault, const HttpRequest& request) {
    ++faults;
    const bool creates = request.method == HttpMethod::kPost && request.url.find("?uploads=") != std::string::npos;
    const bool aborts = request.method == HttpMethod::kDelete && request.url.find("uploadId=") != std::string::npos;
    if (creates || aborts) ++may_be_left;
  };
  Counts counts;
  const auto counter = std::make_shared<RequestCounter>();
  std::vector<std::unique_ptr<Worker>> workers;
  {
    FaultTransport transport(s3.transport(), fault_options);
    S3StoreOptions options = FakeS3::store_options();
    options.multipart_threshold = 64 * kKiB;
    options.retry.base_delay = std::chrono::milliseconds(1);
    options.retry.max_delay = std::chrono::milliseconds(4);
    options.counter = counter;
    const auto store = make_s3_store(options, FakeS3::settings(), transport, s3.credentials()).value();
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < kThreads; ++i) {
      workers.push_back(std::make_unique<Worker>(i, seed, *store, counts));
      const std::uint64_t share = count / kThreads + (i < count % kThreads ? 1 : 0);
      threads.emplace_back([worker = workers.back().get(), share] { worker->run(share); });
    }
    threads.clear();
  }
  const auto objects = s3.objects();
  for (const auto& worker : workers) worker->check_stored(objects);
  const std::size_t left = s3.unfinished_uploads();
  if (left > may_be_left) {
    ++counts.wrong;
    std::printf("WRONG: %zu uploads are left, %llu may be\n", left, static_cast<unsigned long long>(may_be_left));
  }
  const RequestCounts requests = counter->counts();
  std::printf(
      "OPERATIONS %llu FAILED %llu REQUESTS %llu FAULTS %llu RETRIES %llu CAUGHT %llu LEFT %zu WRONG %llu SEED %llu\n",
      static_cast<unsigned long long>(count), static_cast<unsigned long long>(counts.failed),
      static_cast<unsigned long long>(requests.total().requests), static_cast<unsigned long long>(faults),
      static_cast<unsigned long long>(requests.retries), static_cast<unsigned long long>(counts.caught), left,
      static_cast<unsigned long long>(counts.wrong), static_cast<unsigned long long>(seed));
  return counts.wrong == 0 ? 0 : 1;
}
