#include <attache/manifest/convert.hpp>
#include <attache/manifest/operations.hpp>

#include "manifest_commands.hpp"
#include "manifest_input.hpp"
#include "manifest_output.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace attache {

namespace {

bool is_diff(const TreeInput& input) {
  return tree_in(input.manifest).kind() == ManifestKind::kDiff;
}

/// The hash that a snapshot has as a v2023-03-03 manifest, if it can be one without loss: a diff of such manifests
/// names that one as its parent.
Result<std::optional<Digest>> v2023_hash_of(const Snapshot& snapshot) {
  const auto flat = to_v2023(snapshot);
  if (!flat || !flat->dropped.empty()) return std::nullopt;
  ATTACHE_ASSIGN(const Digest hash, manifest_hash(flat->manifest));
  return hash;
}

/// The hash by which a diff may call `snapshot`, the result of `applied` diffs, if it stems from a v2023-03-03 file.
template <typename M>
Result<std::optional<Digest>> other_hash(const M& snapshot, const TreeInput& base, std::size_t applied) {
  if constexpr (M::kStyle == PathStyle::kRelative) {
    if (base.v2023_hash) return applied == 0 ? base.v2023_hash : v2023_hash_of(snapshot);
  }
  return std::nullopt;
}

/// One diff after the other, with the check of apply_diffs() made here: an error is to name the file, and a base that
/// was a v2023-03-03 file has two hashes.
template <typename M>
Result<M> apply_checked(const M& base, const std::vector<TreeInput>& inputs,
                        const std::vector<const DiffOf<M>*>& diffs) {
  std::optional<M> result;
  for (std::size_t i = 0; i < diffs.size(); ++i) {
    const M& before = result ? *result : base;
    ATTACHE_ASSIGN(const Digest hash, manifest_hash(before));
    ATTACHE_ASSIGN(const std::optional<Digest> other, other_hash(before, inputs[0], i));
    if (diffs[i]->parent_hash() != hash && (!other || diffs[i]->parent_hash() != other)) {
      return fail(
          ErrorCode::kIntegrity,
          fmt::format("{} was made for another manifest: its parent is {}, and {} is {}",
                      input_name(inputs[i + 1].file), diffs[i]->parent_hash()->to_hex(),
                      i == 0 ? input_name(inputs[0].file) : "what it would change", other.value_or(hash).to_hex()),
          "apply it to the manifest that it was made for, or, with --no-parent-check, to this one nevertheless");
    }
    ATTACHE_ASSIGN(M after, apply_diffs(before, std::array{diffs[i]}, {.check_parent = false}));
    result.emplace(std::move(after));
  }
  return *std::move(result);
}

/// A snapshot with the diffs that follow it.
template <typename M>
Result<AnyTreeManifest> apply_all(const M& base, const std::vector<TreeInput>& inputs, bool check_parent) {
  ATTACHE_ASSIGN(const std::vector<const DiffOf<M>*> diffs, all_of_type<DiffOf<M>>(inputs, 1));
  auto result = check_parent ? apply_checked(base, inputs, diffs) : apply_diffs(base, diffs, {.check_parent = false});
  if (!result) return fail(result.error());
  return AnyTreeManifest(*std::move(result));
}

Result<AnyTreeManifest> compose_all(const std::vector<TreeInput>& inputs, bool check_parent) {
  const bool base_and_diffs = inputs.size() > 1 && !is_diff(inputs[0]) && is_diff(inputs[1]);
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    if (is_diff(inputs[i]) == (base_and_diffs || is_diff(inputs[0]))) continue;
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} is {} in the wrong place", input_name(inputs[i].file),
                            type_with_article(tree_in(inputs[i].manifest))),
                "give snapshots only, diffs only, or one snapshot and then the diffs that change it");
  }
  return std::visit(
      [&](const auto& first) -> Result<AnyTreeManifest> {
        using M = std::decay_t<decltype(first)>;
        if constexpr (M::kKind == ManifestKind::kSnapshot) {
          if (base_and_diffs) return apply_all(first, inputs, check_parent);
        }
        ATTACHE_ASSIGN(const std::vector<const M*> layers, all_of_type<M>(inputs));
        auto composed = compose(layers);
        if (!composed) return fail(std::move(composed).error());
        std::optional<M>& made = *composed;
        if (!made) return fail(ErrorCode::kInvalidArgument, "there is no manifest to compose", "give one at least");
        return AnyTreeManifest(*std::move(made));
      },
      inputs[0].manifest);
}

}  // namespace

Result<ExitStatus> run_compose(const ComposeCommand& command, const CliEnvironment& environment, Console& console) {
  ATTACHE_ASSIGN(const ManifestOutput output, ManifestOutput::open(command.output, environment, console));
  ATTACHE_ASSIGN(const std::vector<TreeInput> inputs, read_trees(command.files, environment, command.chunk_size));
  ATTACHE_ASSIGN(AnyTreeManifest composed, compose_all(inputs, !command.no_parent_check));
  // A diff has no form in v2023-03-03; what it is applied to decides.
  const bool from_v2023 =
      inputs[0].v2023_hash.has_value() && (all_from_v2023(inputs) || (inputs.size() > 1 && is_diff(inputs[1])));
  ATTACHE_ASSIGN(const Formatted result, in_format(std::move(composed), command.output.format, from_v2023));
  JsonWriter report;
  begin_report(report, command.files);
  return deliver(result, output, console, report);
}

}  // namespace attache
