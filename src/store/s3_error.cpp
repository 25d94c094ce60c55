#include <attache/base/text.hpp>
#include <attache/store/s3_error.hpp>

#include <algorithm>
#include <initializer_list>

namespace attache {

namespace {

std::string_view verb(S3Action action) {
  switch (action) {
    case S3Action::kHead:
      return "check whether this object exists:";
    case S3Action::kGet:
      return "download";
    case S3Action::kPut:
      return "upload";
    case S3Action::kList:
      return "list";
    case S3Action::kDelete:
      return "delete";
    case S3Action::kAbort:
      return "abort the unfinished upload of";
    case S3Action::kCopy:
      return "make by copying";
    case S3Action::kListUploads:
      return "list unfinished uploads below";
    case S3Action::kListParts:
      return "list the parts of an unfinished upload of";
    case S3Action::kGetTags:
      return "read the tags of";
    case S3Action::kPutTags:
      return "write the tags of";
    case S3Action::kBucketRegion:
      return "find out the region of";
  }
  return "use";
}

bool is_one_of(std::string_view code, std::initializer_list<std::string_view> codes) {
  return std::ranges::find(codes, code) != codes.end();
}

/// Only what reads or writes an object's bytes uses the bucket's encryption key.
bool is_about_kms(const S3Failure& failure) {
  switch (failure.action) {
    case S3Action::kGet:
    case S3Action::kPut:
    case S3Action::kCopy:
      return failure.message.find("kms:") != std::string::npos;
    case S3Action::kHead:
    case S3Action::kList:
    case S3Action::kDelete:
    case S3Action::kAbort:
    case S3Action::kListUploads:
    case S3Action::kListParts:
    case S3Action::kGetTags:
    case S3Action::kPutTags:
    case S3Action::kBucketRegion:
      return false;
  }
  return false;
}

bool says(const S3Failure& failure, std::string_view text) {
  return failure.message.find(text) != std::string::npos;
}

/// "s3:PutObjectTagging" of "... is not authorized to perform: s3:PutObjectTagging on resource ..."; empty if the
/// service, as most, names none. A HEAD has no message of the service.
std::string_view named_permission(const S3Failure& failure) {
  constexpr std::string_view kBefore = "not authorized to perform: ";
  const std::size_t found = failure.message.find(kBefore);
  if (failure.action == S3Action::kHead || found == std::string::npos) return {};
  const std::string_view rest = std::string_view(failure.message).substr(found + kBefore.size());
  const std::string_view word =
      rest.substr(0, rest.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:"));
  return word.starts_with("s3:") && word.size() > 3 && word.size() < 64 ? word : std::string_view();
}

std::string join(const std::vector<std::string_view>& items) {
  std::string text;
  for (const std::string_view item : items) {
    if (!text.empty()) text += " and ";
    text += item;
  }
  return text;
}

struct Guidance {
  ErrorCode code;
  std::string why;
  std::string remedy;
};

Guidance not_found(const S3Failure& f) {
  if (f.code == "NoSuchBucket" || f.action == S3Action::kList || f.action == S3Action::kListUploads ||
      f.action == S3Action::kBucketRegion) {
    return {ErrorCode::kNotFound, "there is no bucket '" + f.bucket + "'",
            "check the bucket's name in the store's address, the region and the endpoint"};
  }
  if (f.code == "NoSuchUpload") {
    return {ErrorCode::kNotFound, "the upload was aborted by someone else",
            "run the command again; if this repeats, check the bucket's rules for incomplete multipart uploads"};
  }
  if (f.action == S3Action::kPut) {
    return {ErrorCode::kNotFound, "the bucket '" + f.bucket + "' was not found",
            "check the bucket's name in the store's address, the region and the endpoint"};
  }
  return {ErrorCode::kNotFound, "the object was not found",
          "check the bucket '" + f.bucket + "' and the key; if the object was deleted, upload the files again"};
}

/// Whose bucket it must be, which S3 checks before it looks at permissions, and refuses with the same words.
std::string owner_advice(const S3Failure& f) {
  if (!f.expected_owner.empty()) {
    return "the bucket must belong to account " + f.expected_owner + ", as it was demanded (expected bucket owner)";
  }
  if (f.action == S3Action::kHead && !f.account_id.empty()) {
    return "the bucket must belong to account " + f.account_id + ", the one of these credentials";
  }
  if (f.account_id.empty()) return {};
  return "check that the bucket belongs to the account of these credentials";
}

Guidance forbidden(const S3Failure& f) {
  if (is_one_of(f.code, {"AccountProblem", "NotSignedUp", "AllAccessDisabled"})) {
    return {ErrorCode::kPermissionDenied, "the account cannot use S3", "ask the account's administrator"};
  }
  if (says(f, "object lock") || says(f, "Object Lock")) {
    return {ErrorCode::kPermissionDenied, "the object is locked against deletion",
            "wait until its retention ends, or have its legal hold removed"};
  }
  if (says(f, "requester pays") || says(f, "Requester Pays")) {
    return {ErrorCode::kPermissionDenied, "in this bucket the requester pays",
            "say that you do, with --requester-pays"};
  }
  const std::string permissions = join(missing_permissions(f));
  const std::string owner = owner_advice(f);
  std::string remedy;
  if (says(f, "explicit deny")) {
    remedy = "a policy denies " + permissions + " explicitly, which no other can undo: change that policy";
  } else if (is_about_kms(f)) {
    remedy = "allow " + permissions + " on the bucket's encryption key to these credentials";
  } else {
    remedy = "allow " + permissions + " on bucket '" + f.bucket +
             "' to these credentials (in their policy and in the bucket's)";
  }
  if (!owner.empty()) remedy += "; " + owner;
  return {ErrorCode::kPermissionDenied, "access was denied", remedy};
}

Guidance wrong_region(const S3Failure& f) {
  const std::string& right = f.bucket_region.empty() ? f.endpoint_region : f.bucket_region;
  std::string why = "the request went to region '" + f.region + "'";
  if (right.empty()) {
    return {ErrorCode::kInvalidArgument, why + ", but the bucket is in another one",
            "set the bucket's region with --region or AWS_REGION"};
  }
  return {ErrorCode::kInvalidArgument, why + ", but the bucket is in '" + right + "'",
          "set --region " + right + " (or AWS_REGION=" + right + ")"};
}

bool names_wrong_region(const S3Failure& f) {
  if (is_one_of(f.code, {"PermanentRedirect", "TemporaryRedirect", "Redirect", "IllegalLocationConstraintException",
                         "InvalidRegion"})) {
    return true;
  }
  // The same code stands for a header that is really malformed; with a region it is about the region.
  if (f.code == "AuthorizationHeaderMalformed") return !f.endpoint_region.empty();
  if (f.status == 301 || f.status == 307) return true;
  // HEAD has no error document; the region of the bucket is in a header then.
  return f.status == 400 && f.code.empty() && !f.bucket_region.empty() && f.bucket_region != f.region;
}

Guidance classify(const S3Failure& f) {
  if (names_wrong_region(f)) return wrong_region(f);
  if (is_one_of(f.code, {"ExpiredToken", "TokenRefreshRequired", "ExpiredTokenException"})) {
    return {ErrorCode::kUnauthenticated, "the session token has expired",
            "sign in again or renew the temporary credentials, then run the command again"};
  }
  if (f.code == "InvalidToken") {
    return {ErrorCode::kUnauthenticated, "the session token is not valid",
            "set access key, secret and session token of one and the same session (AWS_SESSION_TOKEN)"};
  }
  if (f.code == "RequestTimeTooSkewed" || f.code == "RequestExpired") {
    return {ErrorCode::kUnauthenticated, "this computer's clock differs too much from the service's",
            "set the clock (S3 accepts 15 minutes), then run the command again"};
  }
  if (f.code == "SignatureDoesNotMatch") {
    return {ErrorCode::kUnauthenticated, "the secret access key does not fit the access key",
            "check the secret access key (AWS_SECRET_ACCESS_KEY or the profile) for typing errors and lost characters"};
  }
  if (is_one_of(f.code, {"InvalidAccessKeyId", "AuthorizationHeaderMalformed"})) {
    return {ErrorCode::kUnauthenticated, "the service does not know this access key",
            "check the access key (AWS_ACCESS_KEY_ID or the profile), and that it belongs to this service"};
  }
  if (is_one_of(f.code, {"BadDigest", "XAmzContentSHA256Mismatch", "InvalidDigest", "XAmzContentChecksumMismatch"})) {
    return {ErrorCode::kIntegrity, "the service received other bytes than were sent",
            "run the command again; if this repeats, a proxy or the memory of this computer damages data"};
  }
  if (f.code.starts_with("KMS.")) {
    return {ErrorCode::kService, "the bucket's encryption key cannot be used",
            "have the key enabled, or the bucket's encryption changed, by the owner of the bucket"};
  }
  if (f.code == "EntityTooLarge") {
    return {ErrorCode::kInvalidArgument, "the object is larger than the service allows",
            "split the file, or use chunks (--chunk-size)"};
  }
  if (is_one_of(f.code, {"InvalidPart", "InvalidPartOrder", "EntityTooSmall"})) {
    return {ErrorCode::kService, "the service does not have the parts of the upload as they were sent",
            "run the command again; if this repeats, the server does not handle uploads in parts as S3 does"};
  }
  if (f.code == "InvalidTag") {
    return {ErrorCode::kInvalidArgument, "the service refuses a tag",
            "use letters, digits, spaces and + - = . _ : / @ in tags"};
  }
  if (f.code == "InvalidBucketName") {
    return {ErrorCode::kInvalidArgument, "'" + f.bucket + "' is not a valid bucket name",
            "check the bucket's name in the store's address"};
  }
  if (is_one_of(f.code, {"KeyTooLongError", "KeyTooLong"})) {
    return {ErrorCode::kInvalidArgument, "the key is too long", "use a shorter prefix or manifest path"};
  }
  if (is_one_of(f.code, {"InvalidObjectState", "ObjectNotInActiveTierError"})) {
    return {ErrorCode::kService, "the object is archived",
            "restore it from its archive class, then run the command again"};
  }
  if (is_one_of(f.code, {"QuotaExceeded", "XMinioStorageFull", "InsufficientCapacity"}) || f.status == 507) {
    return {ErrorCode::kNoSpace, "the server's storage or quota is full",
            "free space on the server or raise the quota, then run the command again"};
  }
  switch (f.status) {
    case 401:
      return {ErrorCode::kUnauthenticated, "the service wants other credentials", "check the credentials"};
    case 403:
      return forbidden(f);
    case 404:
      return not_found(f);
    case 405:
      return {ErrorCode::kUnsupported, "this server does not allow the request",
              "check that the endpoint is that of an S3 service, not of its console or website"};
    case 408:
      return {ErrorCode::kService, "the service timed out waiting for the request",
              "check the network's speed, then run the command again"};
    case 409:
      return {ErrorCode::kService, "another operation on the same object is under way", "run the command again"};
    case 412:
      if (f.action == S3Action::kPut) {
        return {ErrorCode::kAlreadyExists, "the object exists already",
                "choose another name, or allow it to be replaced"};
      }
      return {ErrorCode::kSourceChanged, "the object was replaced while it was read", "run the command again"};
    case 429:
    case 503:
      return {ErrorCode::kService, "the service is overloaded or asks for fewer requests",
              "wait a moment and run the command again, with fewer transfers at once"};
    case 501:
      return {ErrorCode::kUnsupported, "this server does not support the request",
              "check that the endpoint is an S3 service and its version is current"};
    default:
      break;
  }
  if (f.status >= 500) {
    return {ErrorCode::kService, "the service failed", "run the command again in a few minutes"};
  }
  if (f.status >= 300 && f.status < 400) {
    return {ErrorCode::kService, "the service redirects elsewhere", "check region and endpoint"};
  }
  return {ErrorCode::kService, "the service refused the request", "check endpoint, region and bucket"};
}

std::string cut(std::string_view text) {
  constexpr std::size_t kMost = 500;
  return text.size() <= kMost ? printable(text) : printable(text.substr(0, kMost)) + "...";
}

}  // namespace

std::vector<std::string_view> missing_permissions(const S3Failure& failure) {
  if (failure.status != 403) return {};
  // A 403 is a matter of permissions unless its code says otherwise: servers invent codes of their own for a refusal.
  if (is_one_of(failure.code, {"SignatureDoesNotMatch", "InvalidAccessKeyId", "RequestTimeTooSkewed", "RequestExpired",
                               "ExpiredToken", "InvalidToken", "InvalidObjectState", "QuotaExceeded", "AccountProblem",
                               "NotSignedUp", "AllAccessDisabled"})) {
    return {};
  }
  const bool is_kms = is_about_kms(failure);
  if (const std::string_view named = named_permission(failure); !named.empty() && !is_kms) return {named};
  switch (failure.action) {
    case S3Action::kHead:  // without this permission S3 answers 403 where an object is absent
    case S3Action::kList:
      return {"s3:ListBucket"};
    case S3Action::kGet:
      if (is_kms) return {"kms:Decrypt", "kms:DescribeKey"};
      return {"s3:GetObject"};
    case S3Action::kPut:
      if (is_kms) return {"kms:GenerateDataKey", "kms:DescribeKey"};
      return {"s3:PutObject"};
    case S3Action::kDelete:
      return {"s3:DeleteObject"};
    case S3Action::kAbort:
      return {"s3:AbortMultipartUpload"};
    case S3Action::kCopy:
      if (is_kms) return {"kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey"};
      return {"s3:GetObject", "s3:PutObject"};
    case S3Action::kListUploads:
      return {"s3:ListBucketMultipartUploads"};
    case S3Action::kListParts:
      return {"s3:ListMultipartUploadParts"};
    case S3Action::kGetTags:
      return {"s3:GetObjectTagging"};
    case S3Action::kPutTags:
      return {"s3:PutObjectTagging"};
    case S3Action::kBucketRegion:
      return {"s3:GetBucketLocation"};
  }
  return {};
}

std::string failed_action(S3Action action, std::string_view bucket, std::string_view key) {
  return "cannot " + std::string(verb(action)) + " s3://" + printable(bucket) + "/" + printable(key);
}

Error s3_error(const S3Failure& failure) {
  const Guidance guidance = classify(failure);
  std::string message = failed_action(failure.action, failure.bucket, failure.key) + ": " + printable(guidance.why) +
                        " (HTTP status " + std::to_string(failure.status);
  if (!failure.code.empty()) message += " " + cut(failure.code);
  // A HEAD has no body; what stands in `message` then is not the service's.
  if (failure.action != S3Action::kHead && !failure.message.empty()) message += ": " + cut(failure.message);
  if (!failure.request_id.empty()) message += ", request " + cut(failure.request_id);
  return Error(guidance.code, message + ")", printable(guidance.remedy));
}

}  // namespace attache
