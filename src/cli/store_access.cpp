#include "store_access.hpp"

#include <attache/store/open_store.hpp>

#include <utility>

namespace attache {

Result<std::unique_ptr<ObjectStore>> open_store(
    const StoreRequest& request, const std::function<std::optional<std::string>(const std::string&)>& variable) {
  StoreAccess access;
  access.options.profile = request.profile;
  access.options.region = request.region;
  access.options.endpoint_url = request.endpoint_url;
  access.host.environment = [variable](std::string_view name) { return variable(std::string(name)); };
  access.host.home = variable("HOME").value_or("");
  access.user_agent = "attache/" ATTACHE_VERSION;
  if (!request.uri.empty()) return open_store(request.uri, access);
  const auto embedded = embedded_store_path(variable);
  if (!embedded) {
    return fail(ErrorCode::kInvalidArgument,
                "there is no place for the embedded store: neither XDG_DATA_HOME nor HOME is set",
                "give --s3-root-uri, or set one of them");
  }
  return open_store(*embedded, access);
}

}  // namespace attache
