#include <attache/base/text.hpp>

#include "s3_documents.hpp"
#include "s3_transfer.hpp"

#include <string>
#include <utility>

namespace attache {

namespace {

/// One call of list(): a page, of as many answers as it takes.
class Listing {
 public:
  Listing(S3Client& client, std::string root, std::string_view prefix, const ListOptions& options)
      : client_(client), root_(std::move(root)), options_(options), subject_(root_ + std::string(prefix)) {}

  Result<ListPage> run(const std::stop_token& stop) {
    std::string continuation;
    for (;;) {
      const S3Request request = ask(continuation);
      ATTACHE_ASSIGN(const S3Reply reply, client_.execute(request, stop));
      if (!reply.ok()) return fail(client_.error(request, reply));
      Result<S3ListAnswer> answer = parse_s3_list(reply.response.body);
      if (!answer) return fail(answer.error().within(context()));
      ATTACHE_TRY(make_relative(answer->page));
      if (!answer->page.more || !answer->page.last().empty()) return std::move(answer->page);
      // All of the answer was a common prefix that the page before ended with, or there was nothing in it.
      if (answer->continuation.empty() || answer->continuation == continuation) {
        return refuse("says that more follows, and gives no more");
      }
      continuation = std::move(answer->continuation);
    }
  }

 private:
  S3Request ask(const std::string& continuation) const {
    S3Request request;
    request.action = S3Action::kList;
    request.method = HttpMethod::kGet;
    request.subject = subject_;
    // Encoded keys, because XML 1.0 has no way to write a control character.
    request.query = {{"list-type", "2"},
                     {"encoding-type", "url"},
                     {"prefix", subject_},
                     {"max-keys", std::to_string(options_.max_keys)}};
    if (!options_.delimiter.empty()) request.query.emplace_back("delimiter", options_.delimiter);
    if (!continuation.empty()) {
      request.query.emplace_back("continuation-token", continuation);
    } else if (!options_.start_after.empty()) {
      request.query.emplace_back("start-after", root_ + options_.start_after);
    }
    return request;
  }

  /// Keys relative to the store, and only those that were asked for: paging over anything else would lose some.
  Status make_relative(ListPage& page) const {
    // Made by consoles for an empty folder: the root itself, which has no name here, and stands for nothing.
    std::erase_if(page.objects, [this](const ObjectInfo& object) { return object.key == root_; });
    for (ObjectInfo& object : page.objects) {
      const bool is_wanted =
          object.key.starts_with(subject_) && std::string_view(object.key).substr(root_.size()) > options_.start_after;
      if (!is_wanted) return refuse("has '" + printable(object.key) + "' in it");
      object.key.erase(0, root_.size());
    }
    for (std::string& prefix : page.prefixes) {
      if (options_.delimiter.empty() || !prefix.starts_with(subject_) || !prefix.ends_with(options_.delimiter)) {
        return refuse("has the common prefix '" + printable(prefix) + "' in it");
      }
      prefix.erase(0, root_.size());
    }
    // Servers differ in whether a prefix comes again when the list starts within it, or right at it.
    std::erase_if(page.prefixes, [this](const std::string& prefix) { return prefix <= options_.start_after; });
    return {};
  }

  std::string context() const { return failed_action(S3Action::kList, client_.bucket(), subject_); }

  tl::unexpected<Error> refuse(const std::string& what) const {
    return fail(ErrorCode::kService, context() + ": the service's answer " + what,
                "check that the endpoint is a current S3 service; paging over its answers would lose keys");
  }

  S3Client& client_;
  const std::string root_;
  const ListOptions& options_;
  const std::string subject_;
};

}  // namespace

Result<ListPage> s3_list(S3Client& client, std::string root, std::string_view prefix, const ListOptions& options,
                         const std::stop_token& stop) {
  return Listing(client, std::move(root), prefix, options).run(stop);
}

}  // namespace attache
