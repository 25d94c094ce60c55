#include <attache/http/transport.hpp>
#include <attache/store/s3_store.hpp>
#include <attache/store/testing/fault_server.hpp>
#include <attache/store/testing/object_store_contract.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

// Every operation with every fault, over real sockets: once, and without end. A cell says how the call of the store
// ends:
//
//   S  success, with the right bytes                      V  kService           N  kNetwork
//   s  success; an upload that nobody knows of is left    v  kService, one left n  kNetwork, one left per try
//   P  kPermissionDenied   U  kUnauthenticated            R  kInvalidArgument (wrong region)
//   I  kIntegrity          E  kAlreadyExists              L  kIntegrity (the source's), and the upload is left
//   X  success, but with a wrong byte: seen only by the hash of the content, above the store
//   .  cannot happen, or cannot be told from a good answer
//
// A lost answer to the creation of an upload leaves that upload behind: its id was in the answer, and who removed all
// uploads of the key would end those of other machines. `E` after a lost answer is in the contract of put().

namespace attache::testing {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr std::string_view kToken = "FwoGZXIvYXdzEXAMPLETOKEN";
constexpr std::string_view kSecret = "wJalrXUtnFEMIK7MDENGEXAMPLEKEY";

enum Operation : std::size_t {
  kHead,
  kGetSmall,
  kGetRange,
  kGetLarge,
  kPutSmall,
  kPutIfAbsent,
  kCreate,
  kPart,
  kComplete,
  kAbort,
  kList,
  kDelete,
  kOperations
};
constexpr std::array<const char*, kOperations> kNames = {"HEAD",     "GET",           "GET range", "GET large",
                                                         "PUT",      "PUT if absent", "create",    "part",
                                                         "complete", "abort",         "LIST",      "DELETE"};

struct Row {
  S3Fault fault;
  //                  H G range large P if-absent create part complete abort L D
  const char* once;
  const char* always;
};

constexpr Row kRows[] = {
    {S3Fault::k500, "SSSSSSSSSISS", "VVVVVVVVVLVV"},
    {S3Fault::k502, "SSSSSSSSSISS", "VVVVVVVVVLVV"},
    {S3Fault::k503, "SSSSSSSSSISS", "VVVVVVVVVLVV"},
    {S3Fault::k429, "SSSSSSSSSISS", "VVVVVVVVVLVV"},
    {S3Fault::k400Timeout, "SSSSSSSSSISS", "VVVVVVVVVLVV"},
    {S3Fault::kResetBefore, "SSSSSSSSSISS", "NNNNNNNNNLNN"},
    {S3Fault::kResetInRequest, "....SS.SS...", "....NN.NN..."},
    {S3Fault::kResetInAnswer, "SSSSSEsSSISS", "NNNNNNnNNINN"},
    {S3Fault::kResetAfterAnswer, "SSSSSSSSSISS", "SSSSSSSSSISS"},
    {S3Fault::kLostAnswer, "SSSSSEsSSISS", "NNNNNNnNNINN"},
    {S3Fault::kTruncated, "SSSSSEsSSISS", "NNNNNNnNNINN"},
    {S3Fault::kExtraBytes, "SSSSSSSSSISS", "SSSSSSSSSISS"},
    {S3Fault::kFlippedByte, ".SXXSS.SS.V.", ".IXXII.II.V."},
    {S3Fault::kShortLength, ".VVV..v.S.V.", ".VVV..v.S.V."},
    {S3Fault::k200Error, "VSSSSSSSSISS", "VVVVVVVVVLVV"},
    {S3Fault::k200InsteadOf206, ".SVV........", ".SVV........"},
    {S3Fault::k416, "VVVVVVVVVLVV", "VVVVVVVVVLVV"},
    {S3Fault::k301, "SSSSSSSSSISS", "RRRRRRRRRLRR"},
    {S3Fault::k307, "SSSSSSSSSISS", "RRRRRRRRRLRR"},
    {S3Fault::kExpiredToken, "SSSSSSSSSISS", "UUUUUUUUULUU"},
    {S3Fault::kTimeTooSkewed, "SSSSSSSSSISS", "UUUUUUUUULUU"},
    {S3Fault::k403, "SPPPPPPPPLPP", "PPPPPPPPPLPP"},
    {S3Fault::k403Kms, "SPPPPPPPPLPP", "PPPPPPPPPLPP"},
};

/// Those that take as long as the limit on time without progress.
constexpr Row kSlowRows[] = {
    {S3Fault::kStall, "SSSSSSSSSISS", "NNNNNNNNNLNN"},
    {S3Fault::kDrip, "SSSSSEsSSISS", "NNNNNNnNNINN"},
    {S3Fault::kLongLength, ".SSSSEsSSISS", ".NNNNNnNNINS"},
};

bool has(const SeenRequest& request, std::string_view text) {
  return request.url.find(text) != std::string::npos;
}

bool applies(Operation operation, const SeenRequest& request) {
  const bool is_control = has(request, "/control");
  if (is_control) return false;
  switch (operation) {
    case kHead:
      // What is refused to a HEAD is refused to the GET that asks why.
      return request.method == HttpMethod::kHead || request.method == HttpMethod::kGet;
    case kGetSmall:
    case kGetRange:
      return request.method == HttpMethod::kGet;
    case kGetLarge:  // the second range
      return request.method == HttpMethod::kGet && !request.headers.find("range").value_or("").starts_with("bytes=0-");
    case kPutSmall:
    case kPutIfAbsent:
      return request.method == HttpMethod::kPut;
    case kCreate:
      return request.method == HttpMethod::kPost && has(request, "?uploads=");
    case kPart:
      return has(request, "partNumber=");
    case kComplete:
      return request.method == HttpMethod::kPost && has(request, "uploadId=");
    case kAbort:
      return request.method == HttpMethod::kDelete && has(request, "uploadId=");
    case kList:
      return request.method == HttpMethod::kGet;
    case kDelete:
      return request.method == HttpMethod::kDelete;
    case kOperations:
      break;
  }
  return false;
}

/// Temporary credentials, other ones after a discard().
class SessionCredentials final : public CredentialsProvider {
 public:
  Result<Credentials> get(std::stop_token) override {
    return Credentials{"AKIDEXAMPLE", std::string(kSecret), std::string(kToken) + (renewed_ ? "2" : "1"),
                       std::string(FakeS3::kAccount), std::nullopt};
  }
  void discard(const Credentials&) override { renewed_ = true; }
  std::string describe() const override { return "a test"; }

 private:
  std::atomic<bool> renewed_ = false;
};

/// All that was said in a run: log lines and errors.
class Transcript {
 public:
  void add(std::string_view text) {
    const std::lock_guard lock(mutex_);
    text_.append(text).append("\n");
  }
  std::string text() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

/// One cell: a server, a store, one call.
class Cell {
 public:
  Cell(Operation operation, S3Fault fault, bool always, int attempts, Transcript& transcript)
      : operation_(operation), transcript_(transcript) {
    FaultRule rule;
    rule.fault = fault;
    rule.times = always ? FaultRule::kAlways : 1;
    rule.applies = [operation](const SeenRequest& request) { return applies(operation, request); };
    if (fault == S3Fault::kExpiredToken && !always) {  // for as long as the old token is used
      rule.times = FaultRule::kAlways;
      rule.applies = [operation](const SeenRequest& request) {
        return applies(operation, request) && request.headers.find("x-amz-security-token").value_or("").ends_with("1");
      };
    }
    server_.set(std::move(rule));
    server_.s3().add("root/control", "control");
    if (operation == kGetLarge) {
      content_ = noise(6 * kMiB);
    } else if (operation == kCreate || operation == kPart || operation == kComplete || operation == kAbort) {
      content_ = noise(100'000);
    } else {
      content_ = noise(5000);
    }
    const bool reads = operation <= kGetLarge || operation >= kList;
    if (reads) server_.s3().add("root/x", content_);

    HttpTransportOptions transport_options;
    transport_options.proxy = "";
    transport_options.stall_timeout = 1s;
    transport_ = make_curl_transport(transport_options);
    S3StoreOptions options = FakeS3::store_options();
    options.multipart_threshold = 64 * kKiB;
    options.completion_timeout = 1s;
    options.retry.max_attempts = attempts;
    options.retry.base_delay = 1ms;
    options.log = [this](std::string_view line) { transcript_.add(line); };
    store_ = make_s3_store(options, server_.settings(), *transport_, credentials_).value();
  }

  /// What is wrong, or nothing.
  std::string judge(char expected) {
    const auto begin = SteadyClock::now();
    const char got = run();
    const auto seconds = std::chrono::duration<double>(SteadyClock::now() - begin).count();
    std::string wrong;
    const char plain = expected == 's'   ? 'S'
                       : expected == 'v' ? 'V'
                       : expected == 'n' ? 'N'
                       : expected == 'L' ? 'I'
                                         : expected;
    if (got != plain) wrong += std::string(" ended with ") + got + " " + detail_;
    if (seconds > 25) wrong += " took " + std::to_string(seconds) + " s";
    if (server_.faults() == 0) wrong += " never met its fault";
    if (server_.trapped() != 0) wrong += " followed a redirect";
    const std::size_t left = server_.s3().unfinished_uploads();
    const bool may_leave = expected == 's' || expected == 'v' || expected == 'n' || expected == 'L';
    if ((left != 0) != may_leave || left > static_cast<std::size_t>(server_.faults())) {
      wrong += " left " + std::to_string(left) + " uploads";
    }
    const auto objects = server_.s3().objects();
    const auto stored = objects.find("root/x");
    // Whatever was said: what is there is right.
    if (stored != objects.end() && stored->second != content_) wrong += " left a wrong object";
    if (plain == 'S' && (stored == objects.end()) != (operation_ == kDelete)) wrong += " lost the object";
    if (operation_ == kAbort && stored != objects.end()) wrong += " stored what did not verify";

    // The connections that are left behind are usable, or known not to be.
    server_.set({});
    CollectingSink control;
    const auto after = store_->get("control", control, {}, {});
    if (!after || control.content != "control") {
      wrong += " spoilt the next request" + (after ? std::string() : ": " + after.error().to_string());
    }
    return wrong;
  }

 private:
  char run() {
    switch (operation_) {
      case kHead: {
        const auto info = store_->head("x", {});
        if (info && (!*info || (*info)->size != content_.size())) return '?';
        return letter(info);
      }
      case kGetSmall:
      case kGetLarge:
        return get({});
      case kGetRange:
        return get({.offset = 1000, .length = 2000, .if_match = {}});
      case kPutSmall:
      case kCreate:
      case kPart:
      case kComplete: {
        MemorySource source(std::as_bytes(std::span(content_)));
        return letter(store_->put("x", source, {}, {}));
      }
      case kPutIfAbsent: {
        MemorySource source(std::as_bytes(std::span(content_)));
        return letter(store_->put("x", source, {.content_type = {}, .metadata = {}, .only_if_absent = true}, {}));
      }
      case kAbort: {
        ScriptedSource source(content_);
        return letter(store_->put("x", source.fails_to_verify(), {}, {}));
      }
      case kList: {
        const auto page = store_->list("", {}, {});
        if (page && page->objects.size() != 2) return '?';
        return letter(page);
      }
      case kDelete:
        return letter(store_->remove("x", {}));
      case kOperations:
        break;
    }
    return '?';
  }

  char get(const GetOptions& options) {
    CollectingSink sink;
    const auto info = store_->get("x", sink, options, {});
    if (!info) return letter(info);
    const std::string wanted = content_.substr(options.offset, options.length.value_or(content_.size()));
    if (!*info || sink.content.size() != wanted.size()) return '?';
    return sink.content == wanted ? 'S' : 'X';
  }

  template <typename T>
  char letter(const Result<T>& result) {
    if (result) return 'S';
    detail_ = result.error().to_string();
    transcript_.add(detail_);
    switch (result.error().code()) {
      case ErrorCode::kNetwork:
        return 'N';
      case ErrorCode::kService:
        return 'V';
      case ErrorCode::kPermissionDenied:
        return 'P';
      case ErrorCode::kUnauthenticated:
        return 'U';
      case ErrorCode::kInvalidArgument:
        return 'R';
      case ErrorCode::kIntegrity:
        return 'I';
      case ErrorCode::kAlreadyExists:
        return 'E';
      default:
        return '?';
    }
  }

  const Operation operation_;
  Transcript& transcript_;
  std::string content_;
  std::string detail_;
  SessionCredentials credentials_;
  FaultServer server_;
  std::unique_ptr<HttpTransport> transport_;
  std::unique_ptr<ObjectStore> store_;
};

struct Task {
  Operation operation;
  S3Fault fault;
  char expected;
};

std::vector<Task> tasks(std::span<const Row> rows, bool always) {
  std::vector<Task> result;
  for (const Row& row : rows) {
    const std::string_view expected = always ? row.always : row.once;
    EXPECT_EQ(expected.size(), kOperations) << to_string(row.fault);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      if (expected[i] != '.') result.push_back({static_cast<Operation>(i), row.fault, expected[i]});
    }
  }
  return result;
}

void run_matrix(std::span<const Row> rows, bool always, std::size_t threads, int attempts) {
  const std::vector<Task> all = tasks(rows, always);
  std::atomic<std::size_t> next = 0;
  Transcript transcript;
  std::mutex mutex;
  std::string wrong;
  {
    std::vector<std::jthread> workers;
    for (std::size_t i = 0; i < threads; ++i) {
      workers.emplace_back([&] {
        for (std::size_t at = next++; at < all.size(); at = next++) {
          const Task& task = all[at];
          Cell cell(task.operation, task.fault, always, attempts, transcript);
          const std::string what = cell.judge(task.expected);
          if (what.empty()) continue;
          const std::lock_guard lock(mutex);
          wrong += std::string(kNames[task.operation]) + " x " + std::string(to_string(task.fault)) + ", not " +
                   task.expected + ":" + what + "\n";
        }
      });
    }
  }
  EXPECT_EQ(wrong, "");

  const std::string said = transcript.text();
  EXPECT_GT(said.size(), 1000U);
  for (const std::string_view secret :
       {kToken, kSecret, std::string_view("AKIDEXAMPLE"), std::string_view("Signature="), std::string_view("AWS4-HMAC"),
        std::string_view("X-Amz-")}) {
    EXPECT_EQ(said.find(secret), std::string::npos) << secret;
  }
}

TEST(S3FaultMatrix, EndsWellOrWithTheRightErrorAfterOneFault) {
  run_matrix(kRows, false, 4, 3);
}

TEST(S3FaultMatrix, EndsWithTheRightErrorWhenTheFaultStays) {
  run_matrix(kRows, true, 4, 3);
}

TEST(S3FaultMatrix, OutlastsOneStall) {
  run_matrix(kSlowRows, false, 36, 3);
}

TEST(S3FaultMatrix, GivesUpOnWhatAlwaysStalls) {
  run_matrix(kSlowRows, true, 36, 1);  // one try is slow enough
}

TEST(S3FaultMatrix, HasARowForEveryFault) {
  std::map<S3Fault, int> seen;
  for (const Row& row : kRows) ++seen[row.fault];
  for (const Row& row : kSlowRows) ++seen[row.fault];
  EXPECT_EQ(seen.size(), kS3Faults - 1) << "all but kNone";
}

}  // namespace
}  // namespace attache::testing
