#include <attache/base/guarded.hpp>
#include <attache/base/text.hpp>
#include <attache/manifest/tree_builder.hpp>

#include "decode_support.hpp"
#include "finish_tree.hpp"
#include "tree_assembler.hpp"

#include <fmt/format.h>

namespace attache {

namespace {

constexpr const char* kRename = "rename it, or leave it out";
constexpr const char* kDefect = "this is a mistake of the program that adds it";

Error refusal(std::string_view path, std::string_view what, const char* remedy = kRename) {
  return {ErrorCode::kInvalidArgument, fmt::format("path {} {}", detail::quoted(path), what), remedy};
}

tl::unexpected<Error> refuse(std::string_view path, std::string_view what, const char* remedy = kRename) {
  return fail(refusal(path, what, remedy));
}

}  // namespace

TreeBuilderBase::TreeBuilderBase(PathStyle style, ManifestKind kind) : style_(style), kind_(kind) {}
TreeBuilderBase::TreeBuilderBase(TreeBuilderBase&&) noexcept = default;
TreeBuilderBase& TreeBuilderBase::operator=(TreeBuilderBase&&) noexcept = default;
TreeBuilderBase::~TreeBuilderBase() = default;

TreeAssembler& TreeBuilderBase::assembler() {
  if (!assembler_) assembler_ = std::make_unique<TreeAssembler>(style_, kind_);
  return *assembler_;
}

Status TreeBuilderBase::reserve(std::size_t files, std::size_t text_bytes) {
  return detail::guarded([&]() -> Status {
    assembler().reserve(files, text_bytes);
    return {};
  });
}

std::size_t TreeBuilderBase::file_count() const {
  return assembler_ ? assembler_->file_count() : 0;
}

Result<DirectoryId> TreeBuilderBase::enter(std::string_view path) {
  return detail::guarded([&]() -> Result<DirectoryId> {
    if (path.empty() && style_ == PathStyle::kRelative) return DirectoryId::kRoot;
    if (!is_wtf8(path)) return refuse(path, "is not valid text");
    TreeAssembler::Place place;
    if (auto fault = assembler().place(path, TreeAssembler::kRoot, place)) return refuse(path, fault->what);
    if (place.name.empty()) return static_cast<DirectoryId>(place.directory);  // an anchor
    if (auto fault = assembler().check_nesting(place.directory)) return refuse(path, fault->what);
    return static_cast<DirectoryId>(assembler().intern(place.directory, place.name));
  });
}

Result<DirectoryId> TreeBuilderBase::enter(DirectoryId parent, std::string_view name) {
  return detail::guarded([&]() -> Result<DirectoryId> {
    if (auto fault = check(parent, name)) return fail(*std::move(fault));
    const auto number = static_cast<std::uint32_t>(parent);
    if (auto fault = assembler().check_nesting(number)) return refuse(name, fault->what);
    return static_cast<DirectoryId>(assembler().intern(number, name));
  });
}

std::optional<Error> TreeBuilderBase::check(DirectoryId directory, std::string_view name) {
  const auto number = static_cast<std::uint32_t>(directory);
  if (number >= assembler().directory_count() || (number == TreeAssembler::kRoot && style_ == PathStyle::kAbsolute)) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("{} is given a directory that is not one", detail::quoted(name)), kDefect);
  }
  if (!is_wtf8(name)) return refusal(name, "is not valid text");
  if (auto fault = assembler().check_name(number, name)) return refusal(name, fault->what);
  return std::nullopt;
}

Status TreeBuilderBase::add_directory(std::string_view path) {
  return list(path, false);
}

Status TreeBuilderBase::add_deleted_directory(std::string_view path) {
  return list(path, true);
}

Status TreeBuilderBase::list(std::string_view path, bool deleted) {
  return detail::guarded([&]() -> Status {
    if (deleted && kind_ == ManifestKind::kSnapshot) {
      return refuse(path, "is a deletion, in a snapshot", kDefect);
    }
    ATTACHE_ASSIGN(const DirectoryId id, enter(path));
    const auto directory = static_cast<std::uint32_t>(id);
    if (directory == TreeAssembler::kRoot || assembler().is_anchor(directory)) {
      return deleted ? Status(refuse(path, "cannot be deleted", kDefect)) : Status();
    }
    if (assembler().is_listed(directory) && assembler().is_deleted(directory) != deleted) {
      return refuse(path, "is added both as it is and as deleted", kDefect);
    }
    assembler().relist(directory, deleted);
    return {};
  });
}

Status TreeBuilderBase::add_file(std::string_view path, const FileData& data) {
  return detail::guarded([&]() -> Status {
    if (!is_wtf8(path)) return refuse(path, "is not valid text");
    ATTACHE_TRY(check(path, data));
    TreeAssembler::Place place;
    if (auto fault = assembler().place(path, TreeAssembler::kRoot, place)) return refuse(path, fault->what);
    if (place.name.empty()) return refuse(path, "is where paths begin, not a file");
    assembler().add_file(place.directory, place.name, data);
    return {};
  });
}

Status TreeBuilderBase::add_file(DirectoryId directory, std::string_view name, const FileData& data) {
  return detail::guarded([&]() -> Status {
    if (auto fault = check(directory, name)) return fail(*std::move(fault));
    ATTACHE_TRY(check(name, data));
    assembler().add_file(static_cast<std::uint32_t>(directory), name, data);
    return {};
  });
}

Status TreeBuilderBase::check(std::string_view path, const FileData& data) {
  if (data.content == FileContent::kDeleted && kind_ == ManifestKind::kSnapshot) {
    return refuse(path, "is a deletion, in a snapshot", kDefect);
  }
  if (data.content == FileContent::kLink) {
    if (!is_wtf8(data.link_target)) return refuse(path, "is a link whose target is not valid text");
    if (auto fault = assembler().check_target(data.link_target)) {
      return refuse(path, fmt::format("is a link whose target, {}, {}", detail::quoted(data.link_target), fault->what));
    }
  }
  return {};
}

template <typename M>
    Result<M> TreeBuilder<M>::build() && requires(M::kKind == ManifestKind::kSnapshot) {
  return detail::guarded([&] { return detail::finish_tree<M>(std::move(assembler()), ErrorCode::kInvalidArgument); });
}

template <typename M>
    Result<M> TreeBuilder<M>::build(const Digest& parent_hash) && requires(M::kKind == ManifestKind::kDiff) {
  return detail::guarded([&] {
    assembler().set_parent_hash(parent_hash);
    return detail::finish_tree<M>(std::move(assembler()), ErrorCode::kInvalidArgument);
  });
}

template class TreeBuilder<Snapshot>;
template class TreeBuilder<AbsSnapshot>;
template class TreeBuilder<SnapshotDiff>;
template class TreeBuilder<AbsSnapshotDiff>;

}  // namespace attache
