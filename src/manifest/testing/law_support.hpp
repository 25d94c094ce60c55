#pragma once

#include <attache/base/text.hpp>
#include <attache/manifest/codec_v2025.hpp>

#include "laws.hpp"

#include <string>

// Shared by the laws.

namespace attache::testing {

inline void require(bool holds, const std::string& law, const std::string& detail = {}) {
  if (!holds) throw BrokenLaw(law + (detail.empty() ? "" : ": " + detail));
}

/// The library's manifest of a model that it must accept.
template <typename M>
M made(const Model& model) {
  Result<M> manifest = built<M>(model);
  require(manifest.has_value(), "a builder takes a valid manifest",
          manifest ? "" : manifest.error().message() + " in " + model_encode(model));
  return *std::move(manifest);
}

inline void expect_same(const TreeManifest& got, const Model& expected, const std::string& what) {
  const std::string text = encode_v2025(got).value();
  const std::string wanted = model_encode(expected);
  require(text == wanted, what, "\n got      " + text + "\n expected " + wanted);
}

/// The same outcome: the manifest, or the code of the error. What could not be written is kInvalidManifest.
template <typename M>
void expect_same(const Result<M>& got, const Result<Model>& expected, const std::string& what) {
  if (!got) {
    require(!got.error().message().empty() && printable(got.error().message()) == got.error().message() &&
                !got.error().remedy().empty(),
            "an error is printable and says what to do", got.error().to_string());
  }
  if (!expected || !is_writable(*expected)) {
    const ErrorCode code = expected ? ErrorCode::kInvalidManifest : expected.error().code();
    const std::string wanted = std::string(to_string(code)) + (expected ? " for " + model_encode(*expected) : "");
    require(!got, what, "\n got      " + (got ? encode_v2025(*got).value() : "") + "\n expected " + wanted);
    return require(got.error().code() == code, what,
                   "\n got      " + got.error().to_string() + "\n expected " + wanted);
  }
  require(got.has_value(), what,
          "\n got      " + (got ? "" : got.error().to_string()) + "\n expected " + model_encode(*expected));
  expect_same(*got, *expected, what);
}

/// Calls `law.template operator()<M>()` with the snapshot type of a style.
template <typename F>
bool with_snapshot(PathStyle style, const F& law) {
  if (style == PathStyle::kRelative) return law.template operator()<Snapshot>();
  return law.template operator()<AbsSnapshot>();
}
/// The same with any of the four types.
template <typename F>
bool with_type(const Model& model, const F& law) {
  if (model.kind == ManifestKind::kSnapshot) return with_snapshot(model.style, law);
  if (model.style == PathStyle::kRelative) return law.template operator()<SnapshotDiff>();
  return law.template operator()<AbsSnapshotDiff>();
}

inline PathStyle random_style(Choices& choices) {
  return choices.below(2) == 0 ? PathStyle::kRelative : PathStyle::kAbsolute;
}
/// A snapshot or a diff.
inline Model random_manifest(Choices& choices, const TreeOptions& options) {
  return choices.below(2) == 0 ? random_tree(choices, options) : random_diff(choices, options);
}
inline Model random_manifest(Choices& choices) {
  return random_manifest(choices, {.style = random_style(choices)});
}

}  // namespace attache::testing
