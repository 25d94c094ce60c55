#include <attache/base/text.hpp>

#include "s3_checksum.hpp"
#include "s3_documents.hpp"
#include "s3_transfer.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace attache {

namespace {

constexpr std::size_t kMaxKeys = 1000;  // of one DeleteObjects

S3Request delete_request(const S3ObjectName& name) {
  S3Request request;
  request.action = S3Action::kDelete;
  request.method = HttpMethod::kDelete;
  request.key = name.full_key;
  request.subject = name.full_key;
  return request;
}

Status removed(S3Client& client, const S3Request& request, const S3Reply& reply) {
  if (reply.ok() || reply.error.code == "NoSuchKey") return {};
  return fail(client.error(request, reply));
}

/// XML 1.0 has no way to write the other control characters, nor U+FFFE and U+FFFF.
bool is_xml_text(std::string_view text) {
  return text.find("\xef\xbf\xbe") == std::string_view::npos && text.find("\xef\xbf\xbf") == std::string_view::npos &&
         std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x20; });
}

/// The status of which a code in a document speaks: that of the answer was 200.
int status_of(std::string_view code) {
  if (code == "AccessDenied") return 403;
  if (code == "NoSuchBucket") return 404;
  if (code == "SlowDown" || code == "ServiceUnavailable") return 503;
  return code == "InternalError" ? 500 : 400;
}

class Removal {
 public:
  Removal(const S3TransferContext& context, const std::stop_token& stop) : context_(context), stop_(stop) {}

  Result<std::vector<KeyFailure>> run(std::span<const S3ObjectName> names) {
    while (!names.empty()) {
      ATTACHE_TRY(batch(names.first(std::min(names.size(), kMaxKeys))));
      names = names.subspan(std::min(names.size(), kMaxKeys));
    }
    return std::move(failures_);
  }

 private:
  Status batch(std::span<const S3ObjectName> names) {
    std::vector<const S3ObjectName*> singles;
    std::map<std::string, const S3ObjectName*> together;  // by full key
    for (const S3ObjectName& name : names) {
      if (is_known_ && is_xml_text(name.full_key)) {
        together.emplace(name.full_key, &name);
      } else {
        singles.push_back(&name);
      }
    }
    if (!together.empty()) ATTACHE_TRY(remove_together(together, singles));
    return remove_singly(singles);
  }

  Status remove_together(const std::map<std::string, const S3ObjectName*>& names,
                         std::vector<const S3ObjectName*>& singles) {
    std::vector<std::string> keys;
    keys.reserve(names.size());
    for (const auto& [key, name] : names) keys.push_back(key);
    const std::string document = s3_delete_document(keys);
    const std::span<const std::byte> body = std::as_bytes(std::span(document));
    S3Request request;
    const auto send = [&](S3Checksum checksum) {
      request = S3Request{};
      request.action = S3Action::kDelete;
      request.method = HttpMethod::kPost;
      request.subject = keys.front() + (keys.size() > 1 ? " and others" : "");
      request.query = {{"delete", ""}};
      request.headers.set("content-type", "application/xml");
      request.body = body;
      protect_body(request, checksum, s3_crc(checksum, body));
      return context_.client.execute(request, stop_);
    };
    ATTACHE_ASSIGN(const ChecksummedReply sent, send_with_checksum(context_.checksum, send));
    if (!sent.reply.ok()) {
      const int status = sent.reply.response.status;
      if (status != 400 && status != 405 && status != 501) return fail(context_.client.error(request, sent.reply));
      // Not known here, or only with a Content-MD5: then one by one, from now on.
      is_known_ = false;
      for (const auto& [key, name] : names) singles.push_back(name);
      return {};
    }
    ATTACHE_ASSIGN(const std::vector<S3DeleteError> errors, parse_s3_delete(sent.reply.response.body));
    // Something was not removed, and it is not known what: each is asked for on its own.
    const bool is_clear = std::ranges::all_of(errors, [&](const S3DeleteError& error) {
      return error.error.code == "NoSuchKey" || names.contains(error.key);
    });
    if (!is_clear) {
      for (const auto& [key, name] : names) singles.push_back(name);
      return {};
    }
    for (const S3DeleteError& error : errors) {
      const auto name = names.find(error.key);
      if (error.error.code == "NoSuchKey") continue;
      S3Reply reply;
      reply.response.status = status_of(error.error.code);
      reply.error = error.error;
      reply.used = sent.reply.used;
      if (reply.error.request_id.empty()) {
        reply.error.request_id = sent.reply.response.headers.find("x-amz-request-id").value_or(std::string_view());
      }
      AttemptOutcome outcome;
      outcome.status = reply.response.status;
      outcome.code = reply.error.code;
      if (is_transient(outcome)) {
        singles.push_back(name->second);  // a request of its own is tried again as any other
      } else {
        failures_.push_back({name->second->key, context_.client.error(delete_request(*name->second), reply)});
      }
    }
    return {};
  }

  Status remove_singly(const std::vector<const S3ObjectName*>& names) {
    S3Exchange exchange(context_.client, stop_);
    std::map<std::size_t, const S3ObjectName*> sent;  // by ticket
    const auto receive = [&]() -> Status {
      S3Exchange::Finished finished = exchange.wait();
      Status status =
          finished.reply ? removed(context_.client, finished.request, *finished.reply) : fail(finished.reply.error());
      if (status) return {};
      if (status.error().code() == ErrorCode::kCancelled) return status;
      failures_.push_back({sent.at(finished.ticket)->key, std::move(status).error()});
      return {};
    };
    for (const S3ObjectName* name : names) {
      while (exchange.pending() >= context_.options.parts_in_flight) ATTACHE_TRY(receive());
      sent.emplace(exchange.send(delete_request(*name)), name);
    }
    while (exchange.pending() > 0) ATTACHE_TRY(receive());
    return {};
  }

  const S3TransferContext& context_;
  const std::stop_token& stop_;
  bool is_known_ = true;  // the server may know DeleteObjects
  std::vector<KeyFailure> failures_;
};

}  // namespace

Status s3_remove(S3Client& client, const S3ObjectName& name, const std::stop_token& stop) {
  const S3Request request = delete_request(name);
  ATTACHE_ASSIGN(const S3Reply reply, client.execute(request, stop));
  return removed(client, request, reply);
}

Result<std::vector<KeyFailure>> s3_remove_all(const S3TransferContext& context, std::span<const S3ObjectName> names,
                                              const std::stop_token& stop) {
  return Removal(context, stop).run(names);
}

}  // namespace attache
