#include "transfer_cancel_stores.hpp"

#include <attache/fsio/file.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/store/cas_layout.hpp>
#include <attache/store/directory_store.hpp>
#include <attache/store/s3_store.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>
#include <unordered_map>
#include <utility>
#include <vector>

namespace attache::campaign {

namespace fs = std::filesystem;
using testing::ServerRequest;
using testing::ServerResponse;

namespace {

std::string content_of(const fs::path& path) {
  Result<std::string> content = read_file(path.string(), std::uint64_t{1} << 32U);
  must(content ? Status() : Status(fail(content.error())));
  return *std::move(content);
}

/// What is wrong with objects, by key, and the manifests among them.
std::string check_objects(const std::map<std::string, std::string>& objects) {
  std::set<Digest> there;
  for (const auto& [key, content] : objects) {
    const std::optional<DataKey> data = parse_data_key(key);
    if (!data) continue;
    if (xxh128(content) != data->hash) return "the object " + key + " has other bytes; ";
    there.insert(data->hash);
  }
  for (const auto& [key, content] : objects) {
    if (!key.starts_with("Manifests/")) continue;
    const Result<AnyManifest> manifest = decode_manifest(content);
    if (!manifest) return "half a manifest: " + key + "; ";
    for (const ManifestEntry& entry : std::get<Manifest>(*manifest)) {
      if (!there.contains(entry.hash)) return "a manifest without the data of " + std::string(entry.path) + "; ";
    }
  }
  return {};
}

/// Passes everything on and notes calls of one kind. run() is that of ObjectStore, as the directory store's.
class NotingStore final : public ObjectStore {
 public:
  NotingStore(std::unique_ptr<ObjectStore> inner, std::string call, Moment& moment)
      : inner_(std::move(inner)), call_(std::move(call)), moment_(moment) {}

  std::string root_uri() const override { return inner_->root_uri(); }
  Result<std::optional<ObjectInfo>> head(std::string_view key, std::stop_token stop) override {
    note("head", key);
    return inner_->head(key, std::move(stop));
  }
  Status put(std::string_view key, ObjectSource& source, const PutOptions& options, std::stop_token stop) override {
    note("put", key);
    return inner_->put(key, source, options, std::move(stop));
  }
  Result<std::optional<ObjectInfo>> get(std::string_view key, ObjectSink& sink, const GetOptions& options,
                                        std::stop_token stop) override {
    note("get", key);
    return inner_->get(key, sink, options, std::move(stop));
  }
  Result<bool> copy(std::string_view from, std::string_view to, const CopyOptions& options,
                    std::stop_token stop) override {
    return inner_->copy(from, to, options, std::move(stop));
  }
  Result<ListPage> list(std::string_view prefix, const ListOptions& options, std::stop_token stop) override {
    note("list", prefix);
    return inner_->list(prefix, options, std::move(stop));
  }
  Status remove(std::string_view key, std::stop_token stop) override { return inner_->remove(key, std::move(stop)); }
  Result<std::vector<KeyFailure>> remove_all(std::span<const std::string> keys, std::stop_token stop) override {
    note("remove_all", "");
    return inner_->remove_all(keys, std::move(stop));
  }
  Status make_durable(std::stop_token stop) override {
    note("make_durable", "");
    return inner_->make_durable(std::move(stop));
  }

 private:
  void note(std::string_view call, std::string_view key) {
    if (!call_.empty() && (std::string(call) + " " + std::string(key)).starts_with(call_)) moment_.note();
  }

  std::unique_ptr<ObjectStore> inner_;
  const std::string call_;
  Moment& moment_;
};

class DirectoryBox final : public StoreBox {
 public:
  DirectoryBox(const fs::path& path, std::string call, Moment& moment)
      : path_(path), store_(make_directory_store({path.string()}), std::move(call), moment) {}

  ObjectStore& store() override { return store_; }

  void fill(const Tree& tree) override {
    fs::create_directories(path_ / "Data");
    for (const ManifestEntry& entry : tree.manifest) {
      fs::copy_file(tree.root / entry.path, path_ / data_key(entry.hash), fs::copy_options::skip_existing);
    }
  }

  std::string check() override {
    std::map<std::string, std::string> objects;
    if (!fs::exists(path_)) return {};
    for (const auto& file : fs::recursive_directory_iterator(path_)) {
      if (!file.is_regular_file() || file.path().filename().string().starts_with('.')) continue;
      objects.emplace(file.path().lexically_relative(path_).string(), content_of(file.path()));
    }
    return check_objects(objects);
  }

 private:
  const fs::path path_;
  NotingStore store_;
};

bool is_of_kind(const ServerRequest& request, S3Request kind) {
  const auto has = [&](std::string_view text) { return request.target.find(text) != std::string::npos; };
  switch (kind) {
    case S3Request::kNone:
      return false;
    case S3Request::kList:
      return request.method == "GET" && has("list-type=");
    case S3Request::kHead:
      return request.method == "HEAD";
    case S3Request::kPut:
      return request.method == "PUT" && has("/Data/") && !has("partNumber=");
    case S3Request::kPart:
      return request.method == "PUT" && has("partNumber=");
    case S3Request::kComplete:
      return request.method == "POST" && has("uploadId=");
    case S3Request::kManifestPut:
      return request.method == "PUT" && has("/Manifests/");
    case S3Request::kGet:
      return request.method == "GET" && has("/Data/");
    case S3Request::kManifestGet:
      return request.method == "GET" && has("/Manifests/");
    case S3Request::kDelete:
      return request.method == "POST" && has("delete");
  }
  return false;
}

/// Whatever the environment says.
HttpTransportOptions without_proxy() {
  HttpTransportOptions options;
  options.proxy = "";
  return options;
}

}  // namespace

void must(const Status& status) {
  if (!status) throw std::runtime_error(status.error().to_string());
}

std::unique_ptr<StoreBox> directory_box(const fs::path& path, std::string call, Moment& moment) {
  return std::make_unique<DirectoryBox>(path, std::move(call), moment);
}

S3Request s3_request(std::string_view name) {
  static const std::map<std::string_view, S3Request> kNames{
      {"list", S3Request::kList}, {"head", S3Request::kHead},         {"put", S3Request::kPut},
      {"part", S3Request::kPart}, {"complete", S3Request::kComplete}, {"manifest-put", S3Request::kManifestPut},
      {"get", S3Request::kGet},   {"delete", S3Request::kDelete},     {"manifest-get", S3Request::kManifestGet}};
  const auto found = kNames.find(name);
  return found == kNames.end() ? S3Request::kNone : found->second;
}

SlowS3::SlowS3(Moment& moment)
    : moment_(moment),
      server_([this](const ServerRequest& request) { return answer(request); }),
      transport_(make_curl_transport(without_proxy())) {
  server_.forget_requests();
  AwsSettings settings;
  settings.endpoint_url = server_.url();
  S3StoreOptions options = testing::FakeS3::store_options();
  options.multipart_threshold = S3StoreOptions().multipart_threshold;
  auto store = make_s3_store(options, settings, *transport_, s3_.credentials());
  must(store ? Status() : Status(fail(store.error())));
  store_ = *std::move(store);
}

SlowS3::~SlowS3() = default;

void SlowS3::slow(S3Request which, How how, std::chrono::milliseconds delay) {
  const std::lock_guard lock(mutex_);
  which_ = which;
  how_ = how;
  delay_ = delay;
}

ServerResponse SlowS3::answer(const ServerRequest& raw) {
  testing::SeenRequest request{HttpMethod::kGet, "http://127.0.0.1" + raw.target, raw.headers, raw.body};
  for (const HttpMethod method : {HttpMethod::kHead, HttpMethod::kPut, HttpMethod::kPost, HttpMethod::kDelete}) {
    if (to_string(method) == raw.method) request.method = method;
  }
  std::unique_lock lock(mutex_);
  const bool is_slow = is_of_kind(raw, which_);
  const How how = how_;
  const auto delay = delay_;
  lock.unlock();
  if (is_slow) {
    ++seen_;
    moment_.note();
    if (how == How::kNever) return ServerResponse{.fault = testing::Fault::kStall};
  }
  const Result<HttpResponse> performed = s3_.handle(request, {});
  if (!performed) return ServerResponse{.status = 500};
  ServerResponse response;
  response.status = performed->status;
  response.headers = performed->headers.fields();
  response.body = performed->body;
  if (is_slow && how == How::kLate) response.delay = delay;
  if (is_slow && how == How::kHalf) {
    response.fault = testing::Fault::kStall;
    response.fault_after = response.body.size() / 2;
  }
  return response;
}

void SlowS3::fill(const Tree& tree) {
  for (const ManifestEntry& entry : tree.manifest) {
    s3_.add("root/" + data_key(entry.hash), content_of(tree.root / entry.path));
  }
}

std::string SlowS3::check() {
  std::map<std::string, std::string> objects;
  for (auto& [key, content] : s3_.objects()) objects.emplace(key.substr(std::string_view("root/").size()), content);
  return check_objects(objects);
}

std::unique_ptr<SlowS3> slow_s3(S3Request which, const Trial& trial) {
  auto s3 = std::make_unique<SlowS3>(trial.moment);
  const std::uint64_t random = trial.random();
  const auto how = static_cast<SlowS3::How>(random % 3);
  s3->slow(which, how, std::chrono::milliseconds(5 + random / 4 % 300));
  return s3;
}

std::string check_restored(const fs::path& directory, const Manifest& manifest) {
  if (!fs::exists(directory)) return {};
  std::unordered_map<std::string, ManifestEntry> entries;
  for (const ManifestEntry& entry : manifest) entries.emplace(entry.path, entry);
  for (const auto& file : fs::recursive_directory_iterator(directory)) {
    if (!file.is_regular_file() || file.path().filename().string().starts_with(".attache-")) continue;
    const std::string path = file.path().lexically_relative(directory).string();
    const auto entry = entries.find(path);
    if (entry == entries.end()) return "a file that nobody asked for: " + path + "; ";
    if (xxh128(content_of(file.path())) != entry->second.hash) return "wrong bytes under a final name: " + path + "; ";
  }
  return {};
}

}  // namespace attache::campaign
