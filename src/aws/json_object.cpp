#include "json_object.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace attache {

using Json = nlohmann::json;

struct JsonObject::Impl {
  Json value = Json::object();
};

JsonObject::JsonObject() : impl_(std::make_unique<Impl>()) {}
JsonObject::JsonObject(JsonObject&&) noexcept = default;
JsonObject& JsonObject::operator=(JsonObject&&) noexcept = default;
JsonObject::~JsonObject() = default;

std::optional<JsonObject> JsonObject::parse(std::string_view text) {
  JsonObject object;
  try {
    object.impl_->value = Json::parse(text.begin(), text.end());
  } catch (
      const Json::exception&) {  // also for numbers that no double holds, which allow_exceptions = false lets through
    return std::nullopt;
  }
  if (!object.impl_->value.is_object()) return std::nullopt;
  return object;
}

std::string JsonObject::text(std::string_view name) const {
  const auto found = impl_->value.find(name);
  if (found == impl_->value.end() || !found->is_string()) return {};
  return found->get<std::string>();
}

std::optional<std::int64_t> JsonObject::integer(std::string_view name) const {
  const auto found = impl_->value.find(name);
  if (found == impl_->value.end() || !found->is_number_integer()) return std::nullopt;
  return found->get<std::int64_t>();
}

std::optional<JsonObject> JsonObject::object(std::string_view name) const {
  const auto found = impl_->value.find(name);
  if (found == impl_->value.end() || !found->is_object()) return std::nullopt;
  JsonObject inner;
  inner.impl_->value = *found;
  return inner;
}

void JsonObject::set(std::string_view name, const std::string& value) {
  impl_->value[std::string(name)] = value;
}

void JsonObject::remove(std::string_view name) {
  impl_->value.erase(std::string(name));
}

std::string JsonObject::dump() const {
  return impl_->value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace attache
