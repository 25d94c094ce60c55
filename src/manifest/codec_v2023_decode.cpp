#include <attache/base/guarded.hpp>
#include <attache/base/json_reader.hpp>
#include <attache/manifest/codec_v2023.hpp>

#include "audit_v2023.hpp"
#include "canonical_entries.hpp"
#include "decode_support.hpp"
#include "trusted_appender.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <optional>
#include <utility>

namespace attache {

namespace {

using detail::AuditV2023;
using detail::check_size;
using detail::check_time;
using detail::JsonReader;
using detail::JsonValue;
using detail::kDamaged;
using detail::name_of;
using detail::quoted;
using detail::Refusal;
using detail::TrustedAppender;
using Kind = JsonValue::Kind;

constexpr const char* kLater = "convert it: attache manifest convert --to v2023-03-03";

constexpr unsigned kEntryDepth = 3;  // the document, `paths`, the entry

// A fault of the document or one of its fields. It is told in two ways: in one sentence with its place, which stands
// between `subject` and `rest` or in parentheses at the end, and without it.
struct DocumentFault {
  enum class Placed { kNot, kBetween, kAtEnd };

  DecodeRule rule;
  std::string where;
  std::size_t offset = AuditV2023::kNoPlace;
  Placed placed = Placed::kNot;
  std::string subject;
  std::string rest;
  const char* remedy = detail::kOtherProgram;
};
using Placed = DocumentFault::Placed;

// Strict, it looks for the fault that decides; with an audit, for all.
class Decoder {
 public:
  explicit Decoder(std::string_view document) : document_(document), reader_(document) {}
  Decoder(std::string_view document, AuditV2023& audit) : document_(document), reader_(document), audit_(&audit) {}

  Result<Manifest> run(DecodeRule* broken) {
    const std::optional<Error> error = read() ? verdict() : syntax_error();
    if (!error) return std::move(builder_).build_with_total(total_size_);
    if (broken != nullptr) *broken = rule_;
    return fail(*error);
  }

  void audit() {
    if (!read()) {
      const JsonReader::Failure& failure = reader_.failure();
      audit_->forget_entries();
      audit_->refuse(detail::rule_of(failure.fault), failure.offset, {}, what_failed(), kDamaged);
      return;
    }
    check_document([this](const DocumentFault& fault) {
      audit_->refuse(fault.rule, fault.offset, fault.where, fault.subject + fault.rest, fault.remedy);
      return fault.rule != DecodeRule::kLaterFormat && fault.rule != DecodeRule::kNotAnObject;
    });
    if (later_format_) return audit_->forget_entries();
    audit_->compare_entries(std::move(builder_).build_with_total(total_size_),
                            total_known_ ? std::optional(total_field_.offset) : std::nullopt);
  }

 private:
  // A field of the document itself. Its scratch string holds a text with escapes.
  struct Field {
    JsonValue value;
    std::string scratch;
    std::size_t offset = 0;
  };

  // Reads the whole text. Faults of content are remembered and not returned: a later key of the same name, or a fault
  // of the text itself, comes before them.
  bool read() {
    top_level_ = reader_.peek();
    top_offset_ = reader_.offset();
    if (top_level_ != '{') {
      JsonValue other;
      return reader_.read_value(other, skipped_, 0) && reader_.finish();
    }
    reader_.enter();
    std::string_view key;
    for (bool first = true; reader_.next_member(first, key);) {
      reader_.peek();
      const std::size_t offset = reader_.offset();
      if (key == "paths") {
        if (!read_paths(offset)) return false;
      } else if (Field* field = field_of(key)) {
        field->offset = offset;
        if (!reader_.read_value(field->value, field->scratch, 1)) return false;
      } else {
        JsonValue ignored;
        if (!reader_.read_value(ignored, skipped_, 1)) return false;
      }
    }
    return !reader_.failed() && reader_.finish();
  }

  Field* field_of(std::string_view key) {
    if (key == "hashAlg") return &hash_algorithm_;
    if (key == "manifestVersion") return &version_;
    if (key == "totalSize") return &total_field_;
    if (key == "specificationVersion") return &specification_;
    return nullptr;
  }

  bool read_paths(std::size_t offset) {
    builder_.clear();
    bad_entry_.reset();
    if (audit_ != nullptr) audit_->forget_entries();
    paths_offset_ = offset;
    next_estimate_ = kFirstEstimate;
    if (reader_.peek() != '[') {
      JsonValue other;
      if (!reader_.read_value(other, skipped_, 1)) return false;
      paths_kind_ = other.kind;
      return true;
    }
    paths_kind_ = Kind::kArray;
    reader_.enter();
    std::size_t index = 0;
    for (bool first = true; reader_.next_element(first);) {
      if (!bad_entry_) {  // else only the text is still of interest
        if (index == next_estimate_) estimate(index);
        if (audit_ == nullptr) {  // which asks where each entry begins
          const std::size_t read = detail::read_canonical_entries(reader_, appender_, next_estimate_ - index);
          index += read;
          if (read > 0) continue;
        }
      }
      if (!read_entry(index)) return false;
      ++index;
    }
    paths_empty_ = index == 0;
    return !reader_.failed();
  }

  bool read_entry(std::size_t index) {
    const bool is_object = reader_.peek() == '{';
    const std::size_t offset = reader_.offset();
    if (!is_object) {
      JsonValue other;
      if (!reader_.read_value(other, skipped_, kEntryDepth - 1)) return false;
      refuse_entry(index, offset, {},
                   {DecodeRule::kNotAnObject, fmt::format("must be an object, not {}", name_of(other.kind))});
      return true;
    }
    reader_.enter();
    JsonValue path, hash, size, mtime;
    std::string_view key;
    for (bool first = true; reader_.next_member(first, key);) {
      if (key == "path") {
        if (!reader_.read_value(path, path_scratch_, kEntryDepth)) return false;
      } else if (key == "hash") {
        if (!reader_.read_value(hash, hash_scratch_, kEntryDepth)) return false;
      } else if (key == "size") {
        if (!reader_.read_value(size, skipped_, kEntryDepth)) return false;
      } else if (key == "mtime") {
        if (!reader_.read_value(mtime, skipped_, kEntryDepth)) return false;
      } else {
        JsonValue ignored;
        if (!reader_.read_value(ignored, skipped_, kEntryDepth)) return false;
      }
    }
    if (reader_.failed()) return false;
    if (bad_entry_) return true;
    const std::optional<std::string_view> name = path.kind == Kind::kString ? std::optional(path.text) : std::nullopt;
    const bool good = check_entry(path, hash, size, mtime, [&](Refusal refusal) {
      refuse_entry(index, offset, name, std::move(refusal));
      return audit_ != nullptr;
    });
    if (good && audit_ != nullptr) audit_->accept_entry(index, offset, path.text);
    return true;
  }

  // Makes room for all entries at once: a million with names of many lengths take 0.10 CPU s and 1.67 times the size of
  // the document, which is in it, instead of 0.14 and 1.97 with arrays that double and are copied. Foretelling by the
  // first entries alone fails where it matters, because in canonical order long paths come together. So the rest is
  // looked into at places all over: of 2,000 entries there the average is right to 0.3 percent.
  void estimate(std::size_t entries) {
    const std::string_view rest = reader_.rest();
    const auto seen = static_cast<double>(reader_.offset() - paths_offset_);
    const double frame = (seen - static_cast<double>(builder_.path_bytes())) / static_cast<double>(entries);
    const double most = static_cast<double>(rest.size()) / static_cast<double>(kShortestEntry);
    const double more = std::min(most, detail::density_of(rest, R"("path")") * static_cast<double>(rest.size()));
    const double path_bytes = std::max(0.0, static_cast<double>(rest.size()) - more * frame);
    // A guess may be more than there is memory for; whether there is enough shows when the entries come.
    (void)builder_.reserve(entries + static_cast<std::size_t>(more * 1.01) + kSlack,
                           builder_.path_bytes() + static_cast<std::size_t>(path_bytes * 1.03) + kSlack);
    next_estimate_ = std::numeric_limits<std::size_t>::max();
  }

  // Adds an entry if there is nothing to report. `report` takes a Refusal and says whether to look for more of them.
  template <typename Report>
  bool check_entry(const JsonValue& path, const JsonValue& hash, const JsonValue& size, const JsonValue& mtime,
                   Report report) {
    bool good = true;
    const auto more = [&](std::optional<Refusal> refusal) {
      if (!refusal) return true;
      good = false;
      return report(std::move(*refusal));
    };
    if (!more(check_fields({{"path", path.kind}, {"hash", hash.kind}, {"size", size.kind}, {"mtime", mtime.kind}},
                           "lacks "))) {
      return false;
    }
    const auto is_there = [](const JsonValue& value) { return value.kind != Kind::kMissing; };
    if (is_there(path) && !more(check_text("path", path))) return false;
    if (is_there(hash) && !more(check_text("hash", hash))) return false;
    if (is_there(size) && !more(check_size("size", size))) return false;
    std::int64_t mtime_us = 0;
    if (is_there(mtime) && !more(check_time("mtime", mtime, mtime_us))) return false;
    std::optional<Digest> digest;
    if (hash.kind == Kind::kString) {
      digest = Digest::parse(hash.text);
      if (!digest && !more(Refusal{DecodeRule::kHashForm, fmt::format("'hash' must be 32 lower-case hex digits, not {}",
                                                                      quoted(hash.text))})) {
        return false;
      }
    }
    if (path.kind == Kind::kString && path.text.size() > TrustedAppender::kMaxPath &&
        !more(Refusal{DecodeRule::kPathLength, "'path' is 4 GiB long or longer"})) {
      return false;
    }
    if (builder_.size() == TrustedAppender::kMaxEntries &&
        !more(Refusal{DecodeRule::kLimit, "is one more than the 4,294,967,295 entries that a manifest can have"})) {
      return false;
    }
    if (good) appender_.add(path.text, *digest, size.magnitude, mtime_us);  // the reader gives WTF-8 only
    return good;
  }

  static std::optional<Refusal> check_text(const char* field, const JsonValue& value) {
    if (value.kind == Kind::kString) return std::nullopt;
    return Refusal{DecodeRule::kType, fmt::format("'{}' must be a string, not {}", field, name_of(value.kind))};
  }

  // Nothing if no field is missing.
  static std::optional<Refusal> check_fields(std::initializer_list<std::pair<const char*, Kind>> fields,
                                             const char* lacks) {
    std::string names;
    for (const auto& [name, kind] : fields) {
      if (kind == Kind::kMissing) names.append(names.empty() ? "'" : ", '").append(name).append("'");
    }
    if (names.empty()) return std::nullopt;
    return Refusal{DecodeRule::kMissingField, lacks + names};
  }

  void refuse_entry(std::size_t index, std::size_t offset, std::optional<std::string_view> path, Refusal refusal) {
    if (audit_ != nullptr) return audit_->refuse_entry(index, offset, path, refusal);
    if (bad_entry_) return;
    std::string name = fmt::format("paths[{}]", index);
    if (path) name += fmt::format(" ({})", quoted(*path));
    refusal.what = fmt::format("{} at {}: {}", name, place(offset), refusal.what);
    bad_entry_ = std::move(refusal);
  }

  std::optional<Error> verdict() {
    std::optional<Refusal> refusal;
    check_document([&](const DocumentFault& fault) {
      std::string what = fault.subject;
      if (fault.placed == Placed::kBetween) what += " at " + place(fault.offset);
      what += fault.rest;
      if (fault.placed == Placed::kAtEnd) what += " (" + place(fault.offset) + ")";
      refusal = Refusal{fault.rule, what, fault.remedy};
      return false;
    });
    if (!refusal) refusal = std::move(bad_entry_);
    if (!refusal) return std::nullopt;
    rule_ = refusal->rule;
    return Error(rule_ == DecodeRule::kLaterFormat ? ErrorCode::kUnsupported : ErrorCode::kInvalidManifest,
                 "manifest refused: " + refusal->what, refusal->remedy);
  }

  // `report` takes a DocumentFault and says whether to look for more of them.
  template <typename Report>
  void check_document(Report report) {
    if (top_level_ != '{') {
      report({DecodeRule::kNotAnObject,
              {},
              top_offset_,
              Placed::kBetween,
              "the document",
              " must be an object",
              kDamaged});
      return;
    }
    if (auto fault = check_version(); fault && !report(*fault)) return;
    const auto missing = check_fields(
        {{"hashAlg", hash_algorithm_.value.kind}, {"paths", paths_kind_}, {"totalSize", total_field_.value.kind}},
        "the document lacks ");
    if (missing && !report({missing->rule, {}, top_offset_, Placed::kNot, missing->what, {}})) return;
    if (auto fault = check_algorithm(); fault && !report(*fault)) return;
    if (total_field_.value.kind != Kind::kMissing) {
      const auto refusal = check_size("totalSize", total_field_.value);
      if (refusal && !report({refusal->rule, "totalSize", total_field_.offset, Placed::kAtEnd, refusal->what, {}})) {
        return;
      }
      total_known_ = !refusal;
      total_size_ = total_field_.value.magnitude;
    }
    if (paths_kind_ == Kind::kMissing) return;
    const auto refuse_paths = [&](DecodeRule rule, std::string rest) {
      report({rule, "paths", paths_offset_, Placed::kBetween, "'paths'", std::move(rest)});
    };
    if (paths_kind_ != Kind::kArray) {
      refuse_paths(DecodeRule::kType, fmt::format(" must be an array, not {}", name_of(paths_kind_)));
    } else if (paths_empty_) {
      refuse_paths(DecodeRule::kEmpty, " has no entry");
    }
  }

  std::optional<DocumentFault> check_algorithm() const {
    const JsonValue& value = hash_algorithm_.value;
    if (value.kind == Kind::kMissing || (value.kind == Kind::kString && value.text == "xxh128")) return std::nullopt;
    const bool is_text = value.kind == Kind::kString;
    return DocumentFault{is_text ? DecodeRule::kAlgorithm : DecodeRule::kType,
                         "hashAlg",
                         hash_algorithm_.offset,
                         Placed::kBetween,
                         "'hashAlg'",
                         is_text ? " must be 'xxh128', not " + quoted(value.text)
                                 : fmt::format(" must be a string, not {}", name_of(value.kind))};
  }

  std::optional<DocumentFault> check_version() {
    const JsonValue& version = version_.value;
    if (version.kind == Kind::kString && version.text == "2023-03-03") return std::nullopt;
    for (const Field* field : {&specification_, &version_}) {
      const JsonValue& later = field->value;
      if (later.kind != Kind::kString || (field == &version_ && !later.text.starts_with("2025-12"))) continue;
      later_format_ = true;
      return DocumentFault{
          DecodeRule::kLaterFormat,
          field == &version_ ? "manifestVersion" : "specificationVersion",
          field->offset,
          Placed::kNot,
          fmt::format("its format, {}, is a later one than 2023-03-03, which is the only one that is read here",
                      quoted(later.text)),
          {},
          kLater};
    }
    if (version.kind == Kind::kMissing) {
      return DocumentFault{DecodeRule::kVersion,
                           {},
                           top_offset_,
                           Placed::kNot,
                           "'manifestVersion' is missing, so this is no manifest",
                           {},
                           kDamaged};
    }
    const std::string found = version.kind == Kind::kString ? quoted(version.text) : std::string(name_of(version.kind));
    return DocumentFault{DecodeRule::kVersion, "manifestVersion",   version_.offset,
                         Placed::kBetween,     "'manifestVersion'", " must be '2023-03-03', not " + found};
  }

  std::optional<Error> syntax_error() {
    rule_ = detail::rule_of(reader_.failure().fault);
    return Error(ErrorCode::kInvalidManifest,
                 "manifest refused at " + place(reader_.failure().offset) + ": " + what_failed(), kDamaged);
  }

  std::string what_failed() const {
    const JsonReader::Failure& failure = reader_.failure();
    if (document_.empty()) return "it is empty";
    if (failure.offset == 0 && document_.starts_with("\xEF\xBB\xBF")) return "a byte order mark must not be there";
    return failure.what;
  }

  std::string place(std::size_t offset) const { return detail::place(document_, offset); }

  static constexpr std::size_t kFirstEstimate = 256;
  static constexpr std::size_t kShortestEntry = 71;  // {"hash":"...","mtime":0,"path":"","size":0}
  static constexpr std::size_t kSlack = 64;

  std::string_view document_;
  JsonReader reader_;
  AuditV2023* audit_ = nullptr;
  ManifestBuilder builder_;
  TrustedAppender appender_{builder_};
  DecodeRule rule_ = DecodeRule::kSyntax;

  char top_level_ = '\0';
  std::size_t top_offset_ = 0;
  Field hash_algorithm_;
  Field version_;
  Field total_field_;
  Field specification_;
  std::uint64_t total_size_ = 0;
  bool total_known_ = false;
  bool later_format_ = false;
  Kind paths_kind_ = Kind::kMissing;
  std::size_t paths_offset_ = 0;
  bool paths_empty_ = true;
  std::size_t next_estimate_ = kFirstEstimate;
  std::optional<Refusal> bad_entry_;

  // Decoded strings of the entry at hand; reused so that escapes cost no allocation.
  std::string path_scratch_;
  std::string hash_scratch_;
  std::string skipped_;
};

}  // namespace

Result<Manifest> decode_v2023(std::string_view document, DecodeRule* broken) {
  return detail::guarded([&] { return Decoder(document).run(broken); });
}

Result<Violations> validate_v2023(std::string_view document, std::size_t limit) {
  return detail::guarded([&]() -> Result<Violations> {
    AuditV2023 audit(document, limit);
    Decoder(document, audit).audit();
    return audit.take();
  });
}

}  // namespace attache
