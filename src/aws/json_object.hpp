#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace attache {

/// A small JSON object of a credentials source, read field by field. The one place of this module that knows the JSON
/// library. Move-only.
class JsonObject {
 public:
  /// Nothing if the text is not one JSON object. Why is not said: parsers quote what they read, and that is secrets.
  static std::optional<JsonObject> parse(std::string_view text);

  JsonObject();
  JsonObject(JsonObject&&) noexcept;
  JsonObject& operator=(JsonObject&&) noexcept;
  ~JsonObject();

  /// The text of a field; empty if it is missing or something else.
  std::string text(std::string_view name) const;
  std::optional<std::int64_t> integer(std::string_view name) const;
  std::optional<JsonObject> object(std::string_view name) const;

  void set(std::string_view name, const std::string& value);
  void remove(std::string_view name);
  /// The object as JSON; bytes that are not UTF-8 become U+FFFD.
  std::string dump() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace attache
