#pragma once

#include <attache/base/result.hpp>
#include <attache/manifest/codec_v2025.hpp>
#include <attache/manifest/manifest.hpp>

#include "v2025_faults.hpp"
#include "v2025_model.hpp"

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// What the checkers of operations on v2025-12 have in common: inputs made from model form, and answers compared.

namespace attache::vectors {

/// A model of a case, with link targets as Attache has them.
Model input_model(const Json& form);

/// The manifests of models, or the outcome of a case whose inputs no manifest can hold: a deviation if that follows
/// from a rule of strict decoding.
struct Built {
  explicit Built(const std::vector<Model>& models);
  std::vector<AnyTreeManifest> manifests;
  std::optional<Outcome> refused;
};

template <typename M>
Result<AnyTreeManifest> as_any(Result<M> made) {
  if (!made) return fail(std::move(made).error());
  return AnyTreeManifest(*std::move(made));
}
/// Of an operation that has a result unless it got nothing.
template <typename M>
Result<AnyTreeManifest> some(Result<std::optional<M>> made) {
  if (!made) return fail(std::move(made).error());
  if (!*made) return fail(ErrorCode::kInvalidArgument, "nothing came out");
  return AnyTreeManifest(**std::move(made));
}
template <typename M>
bool is_nothing(const Result<std::optional<M>>& made) {
  return made && !*made;
}

/// For a report.
std::string shown(const AnyTreeManifest& manifest);

/// Compares an answer with the recorded one, directories modulo implied ones. If they differ: `variant(0)` is what the
/// decisions make of the input, which ours must be; and the recorded one must be `variant(mask)` for the fewest bits of
/// a mask, each of which stands for a difference.
Outcome settle(const Json& expected, const AnyTreeManifest& made, const std::vector<Deviation>& differences,
               const std::function<Tree(unsigned mask)>& variant);

/// The recorded answer is this tree, compared in the same way, and its total is the sum.
bool recorded_as(const Json& expected, const Tree& tree);

/// The same for what moves entries: ours must be `decided`, always; if the recorded answer is another, it must be
/// `textual`, that is, moved as text.
Outcome settle_moved(const Json& expected, const AnyTreeManifest& made, const Tree& decided, const Model& textual);

/// For what the library refuses: a deviation if the recorded answer is this one, and a pass if it is an error too.
Outcome recorded_is(const Json& expected, const Model& textual, const std::vector<Deviation>& reasons);

// --- v2023-03-03 in the model form: "paths" instead of "dirs" and "files"
// ----------------------------------------------

/// The manifest with the sum as its total.
Result<Manifest> build_v2023(const Json& form);
/// Entries and total, whatever the order: canonical bytes do not depend on it.
Outcome compare_v2023(const Json& expected, const Manifest& manifest);

}  // namespace attache::vectors
