#include <attache/base/guarded.hpp>
#include <attache/base/text.hpp>
#include <attache/manifest/codec_v2025.hpp>

#include "entry_reader_v2025.hpp"
#include "finish_tree.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace attache {

namespace {

using detail::EntryReader;
using detail::Findings;
using detail::JsonReader;
using detail::JsonValue;
using Kind = JsonValue::Kind;

constexpr const char* kBetaRemedy = "make the manifest again with a program of today, from the original files";
constexpr const char* kUnknownRemedy = "use a newer version of attache, or make the manifest again with this one";

struct Specification {
  PathStyle style;
  ManifestKind kind;
};

std::optional<Specification> specification_of(std::string_view text) {
  for (const PathStyle style : {PathStyle::kRelative, PathStyle::kAbsolute}) {
    for (const ManifestKind kind : {ManifestKind::kSnapshot, ManifestKind::kDiff}) {
      if (text == specification_version(style, kind)) return Specification{style, kind};
    }
  }
  return std::nullopt;
}

// The specification decides how entries are read, but canonical documents name it after them. It is guessed from the
// end of the text, and what was read is read again if the guess was wrong.
Specification guess(std::string_view document) {
  constexpr std::size_t kTail = 512;
  const std::string_view tail = document.substr(document.size() - std::min(document.size(), kTail));
  constexpr std::string_view kKey = R"("specificationVersion":")";
  const std::size_t key = tail.rfind(kKey);
  if (key != std::string_view::npos) {
    const std::string_view value = tail.substr(key + kKey.size());
    if (const auto known = specification_of(value.substr(0, value.find('"')))) return *known;
  }
  return {PathStyle::kRelative, ManifestKind::kSnapshot};
}

// Reads a document, always to the end: a fault of the text comes before those of the content.
class Decoder {
 public:
  Decoder(std::string_view document, const DecodeOptions& options, Findings& findings)
      : document_(document), options_(options), findings_(findings), reader_(document) {}

  /// The entries, if nothing was found. `assembler()` holds them.
  bool run() {
    if (!read_top_level()) return false;
    check_document();
    if (!specification_) return false;
    if (needs_replay_ || specification_->style != guess_.style || specification_->kind != guess_.kind) replay();
    finish();
    return findings_.empty();
  }

  const std::optional<Specification>& specification() const { return specification_; }
  TreeAssembler& assembler() { return entries_->assembler(); }
  const JsonValue& stated_total() const { return total_.value; }
  std::size_t total_offset() const { return total_.offset; }

 private:
  struct Field {
    JsonValue value;
    std::string scratch;
    std::size_t offset = 0;
  };
  struct List {
    Kind kind = Kind::kMissing;
    std::size_t offset = 0;
  };

  bool read_top_level() {
    top_ = reader_.peek();
    top_offset_ = reader_.offset();
    guess_ = guess(document_);
    entries_.emplace(document_, options_, guess_.style, guess_.kind, findings_);
    if (top_ != '{') {
      JsonValue other;
      return (reader_.read_value(other, skipped_, 0) && reader_.finish()) || syntax_error();
    }
    reader_.enter();
    std::string_view key;
    for (bool first = true; reader_.next_member(first, key);) {
      reader_.peek();
      const std::size_t offset = reader_.offset();
      bool good = false;
      if (key == "dirs" || key == "files") {
        good = read_list(key == "dirs" ? directories_ : files_, offset);
      } else if (Field* field = field_of(key)) {
        field->offset = offset;
        good = reader_.read_value(field->value, field->scratch, 1);
      } else {
        JsonValue ignored;
        good = reader_.read_value(ignored, skipped_, 1);
      }
      if (!good) return syntax_error();
    }
    return (!reader_.failed() && reader_.finish()) || syntax_error();
  }

  Field* field_of(std::string_view key) {
    if (key == "hashAlg") return &algorithm_;
    if (key == "specificationVersion") return &version_field_;
    if (key == "manifestVersion") return &manifest_version_;
    if (key == "parentManifestHash") return &parent_;
    if (key == "totalSize") return &total_;
    return nullptr;
  }

  // In their usual order the lists are read at once; a second list of one name, or `files` before `dirs`, is only
  // passed over here and read when it is known which lists count.
  bool read_list(List& list, std::size_t offset) {
    const bool again = list.kind != Kind::kMissing;
    const bool early = &list == &files_ && directories_.kind == Kind::kMissing;
    list.offset = offset;
    list.kind = reader_.peek() == '[' ? Kind::kArray : Kind::kNull;
    if (again || early || (&list == &directories_ && files_.kind != Kind::kMissing)) needs_replay_ = true;
    if (list.kind != Kind::kArray || needs_replay_) {
      JsonValue value;
      if (!reader_.read_value(value, skipped_, 1)) return false;
      list.kind = value.kind;
      return true;
    }
    return &list == &directories_ ? entries_->read_directories(reader_) : entries_->read_files(reader_);
  }

  void replay() {
    findings_.forget_entries();
    entries_.emplace(document_, options_, specification_->style, specification_->kind, findings_);
    if (directories_.kind == Kind::kArray) {
      reader_.seek(directories_.offset);
      (void)entries_->read_directories(reader_);  // it has been read once: the text is sound
    }
    if (files_.kind == Kind::kArray) {
      reader_.seek(files_.offset);
      (void)entries_->read_files(reader_);
    }
  }

  bool syntax_error() {
    const JsonReader::Failure& failure = reader_.failure();
    std::string what = failure.what;
    if (failure.offset == 0 && document_.starts_with("\xEF\xBB\xBF")) what = "a byte order mark must not be there";
    if (document_.empty()) what = "it is empty";
    findings_.forget_entries();
    findings_.add_fatal({detail::rule_of(failure.fault), failure.offset, {}, what, detail::kDamaged});
    return false;
  }

  void refuse(DecodeRule rule, std::size_t offset, std::string where, std::string what,
              const char* remedy = detail::kOtherProgram) {
    findings_.add_document({rule, offset, std::move(where), std::move(what), remedy});
  }

  void check_document() {
    if (top_ != '{') {
      return refuse(DecodeRule::kNotAnObject, top_offset_, {}, "the document must be an object", detail::kDamaged);
    }
    if (!check_version()) return;
    std::string missing;
    const auto note = [&missing](const char* name, Kind kind) {
      if (kind == Kind::kMissing) missing.append(missing.empty() ? "'" : ", '").append(name).append("'");
    };
    note("dirs", directories_.kind);
    note("files", files_.kind);
    note("hashAlg", algorithm_.value.kind);
    if (!missing.empty()) refuse(DecodeRule::kMissingField, top_offset_, {}, "the document lacks " + missing);
    check_text(algorithm_, "hashAlg");
    if (algorithm_.value.kind == Kind::kString && algorithm_.value.text != "xxh128") {
      refuse(DecodeRule::kAlgorithm, algorithm_.offset, "hashAlg",
             fmt::format("'hashAlg' must be 'xxh128', not {}", detail::quoted(algorithm_.value.text)));
    }
    for (const auto& [list, name] : {std::pair(&directories_, "dirs"), std::pair(&files_, "files")}) {
      if (list->kind == Kind::kMissing || list->kind == Kind::kArray) continue;
      refuse(DecodeRule::kType, list->offset, name,
             fmt::format("'{}' must be an array, not {}", name, detail::name_of(list->kind)));
    }
    check_parent();
    if (total_.value.kind != Kind::kMissing) {
      if (auto refusal = detail::check_size("totalSize", total_.value)) {
        refuse(refusal->rule, total_.offset, "totalSize", refusal->what, refusal->remedy);
      }
    }
  }

  void check_text(const Field& field, const char* name) {
    if (field.value.kind == Kind::kMissing || field.value.kind == Kind::kString) return;
    refuse(DecodeRule::kType, field.offset, name,
           fmt::format("'{}' must be a string, not {}", name, detail::name_of(field.value.kind)));
  }

  bool check_version() {
    const JsonValue& version = version_field_.value;
    const JsonValue& old = manifest_version_.value;
    // Documents without a specification that call their version 2025-12 are relative snapshots.
    if (version.kind == Kind::kMissing && old.kind == Kind::kString && old.text == "2025-12") {
      specification_ = Specification{PathStyle::kRelative, ManifestKind::kSnapshot};
      return true;
    }
    if (version.kind == Kind::kString) specification_ = specification_of(version.text);
    if (specification_) return true;
    const Field& field = version.kind == Kind::kMissing ? manifest_version_ : version_field_;
    const char* name = version.kind == Kind::kMissing ? "manifestVersion" : "specificationVersion";
    if (field.value.kind == Kind::kMissing) {
      refuse(DecodeRule::kVersion, top_offset_, {}, "'specificationVersion' is missing, so this is no manifest",
             detail::kDamaged);
    } else if (field.value.kind != Kind::kString) {
      check_text(field, name);
    } else if (field.value.text == "2025-12-04-beta") {
      refuse(DecodeRule::kBeta, field.offset, name,
             fmt::format("'{}' is '2025-12-04-beta', an early form of the format that no program reads any more", name),
             kBetaRemedy);
    } else {
      refuse(version.kind == Kind::kMissing ? DecodeRule::kVersion : DecodeRule::kSpecification, field.offset, name,
             fmt::format("'{}' is {}, which is not known", name, detail::quoted(field.value.text)), kUnknownRemedy);
    }
    return false;
  }

  void check_parent() {
    const Kind kind = parent_.value.kind;
    const bool is_diff = specification_->kind == ManifestKind::kDiff;
    if (kind == Kind::kMissing) {
      if (is_diff) {
        refuse(DecodeRule::kParentHash, top_offset_, {}, "a diff must have a 'parentManifestHash'");
      }
      return;
    }
    if (!is_diff) {
      return refuse(DecodeRule::kParentHash, parent_.offset, "parentManifestHash",
                    "a snapshot must not have a 'parentManifestHash'");
    }
    check_text(parent_, "parentManifestHash");
    if (kind != Kind::kString) return;
    parent_hash_ = Digest::parse(parent_.value.text);
    if (!parent_hash_) {
      refuse(DecodeRule::kParentHash, parent_.offset, "parentManifestHash",
             fmt::format("'parentManifestHash' must be 32 lower-case hex digits, not {}",
                         detail::quoted(parent_.value.text)));
    }
  }

  void finish() {
    if (parent_hash_) assembler().set_parent_hash(*parent_hash_);
    // What entries have to do with each other is looked at only if each is sound by itself, or one fault would show up
    // as several.
    if (!findings_.empty()) return;
    assembler().finish([this](const TreeAssembler::Finding& finding) {
      return findings_.add_late(
          {finding.rule, Findings::kNoPlace, detail::where(finding), detail::describe(finding), detail::kOtherProgram});
    });
  }

  std::string_view document_;
  const DecodeOptions& options_;
  Findings& findings_;
  JsonReader reader_;
  std::optional<EntryReader> entries_;

  char top_ = '\0';
  std::size_t top_offset_ = 0;
  Specification guess_{};
  std::optional<Specification> specification_;
  std::optional<Digest> parent_hash_;
  Field algorithm_;
  Field version_field_;
  Field manifest_version_;
  Field parent_;
  Field total_;
  List directories_;
  List files_;
  bool needs_replay_ = false;
  std::string skipped_;
};

ErrorCode code_of(DecodeRule rule) {
  return rule == DecodeRule::kBeta || rule == DecodeRule::kSpecification ? ErrorCode::kUnsupported
                                                                         : ErrorCode::kInvalidManifest;
}

AnyTreeManifest take(TreeAssembler&& assembler) {
  const bool snapshot = assembler.kind() == ManifestKind::kSnapshot;
  if (assembler.style() == PathStyle::kRelative) {
    if (snapshot) return std::move(assembler).take<Snapshot>();
    return std::move(assembler).take<SnapshotDiff>();
  }
  if (snapshot) return std::move(assembler).take<AbsSnapshot>();
  return std::move(assembler).take<AbsSnapshotDiff>();
}

Result<AnyTreeManifest> decode(std::string_view document, const DecodeOptions& options, DecodeRule* broken) {
  Findings findings(Findings::Mode::kStrict, 1);
  Decoder decoder(document, options, findings);
  if (decoder.run()) return take(std::move(decoder.assembler()));
  const Findings::Finding& first = findings.first();
  if (broken != nullptr) *broken = first.rule;
  std::string message = "manifest refused";
  if (first.offset != Findings::kNoPlace) message += " at " + detail::place(document, first.offset);
  // The words of a document's field name it; those of an entry do not.
  const bool is_entry = first.where.find('[') != std::string::npos;
  message += is_entry ? fmt::format(": {} {}", first.where, first.what) : ": " + first.what;
  return fail(code_of(first.rule), message, first.remedy);
}

Result<Violations> audit(std::string_view document, const DecodeOptions& options, std::size_t limit) {
  Findings findings(Findings::Mode::kAll, limit);
  Decoder decoder(document, options, findings);
  if (decoder.run()) {
    const JsonValue& total = decoder.stated_total();
    TreeAssembler& assembler = decoder.assembler();
    const AnyTreeManifest manifest = take(std::move(assembler));
    const TreeManifest& tree = std::visit([](const auto& each) -> const TreeManifest& { return each; }, manifest);
    if (total.kind != Kind::kMissing && total.magnitude != tree.total_size()) {
      findings.warn({DecodeRule::kTotalSize, decoder.total_offset(), "totalSize",
                     fmt::format("'totalSize' is {}, but the sizes add up to {}", total.magnitude, tree.total_size()),
                     "nothing need be done: the sum is used"});
    }
    std::size_t at = 0;
    const Status encoded = encode_v2025(tree, [&](std::string_view piece) -> Status {
      const std::string_view part = document.substr(std::min(at, document.size()), piece.size());
      const auto difference = std::mismatch(part.begin(), part.end(), piece.begin(), piece.end()).first - part.begin();
      at += static_cast<std::size_t>(difference);
      return part == piece ? Status() : Status(cancelled());
    });
    if (!encoded && encoded.error().code() != ErrorCode::kCancelled) return fail(encoded.error());
    if (at != document.size()) {
      findings.warn({DecodeRule::kOrder,
                     std::min(at, document.size()),
                     {},
                     "the document is not in canonical form from here on, so its hash is not the manifest hash",
                     "'attache manifest convert' writes the canonical form"});
    }
  }
  return findings.violations(document);
}

}  // namespace

Result<AnyTreeManifest> decode_v2025(std::string_view document, const DecodeOptions& options, DecodeRule* broken) {
  return detail::guarded([&] { return decode(document, options, broken); });
}

Result<Violations> validate_v2025(std::string_view document, const DecodeOptions& options, std::size_t limit) {
  return detail::guarded([&] { return audit(document, options, limit); });
}

}  // namespace attache
