#pragma once

#include <attache/base/result.hpp>
#include <attache/cli/run.hpp>
#include <attache/store/object_store.hpp>
#include <attache/store/open_store.hpp>
#include <attache/store/upload_admin.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace attache {

/// How a request's store is reached; kInvalidArgument naming the option that makes no sense.
Result<StoreAccess> store_access_of(const StoreRequest& request,
                                    const std::function<std::optional<std::string>(const std::string&)>& variable);

/// The store that a request names: the embedded one, a directory, or S3 with the user's AWS settings. `variable` looks
/// up the environment.
Result<std::unique_ptr<ObjectStore>> open_store(
    const StoreRequest& request, const std::function<std::optional<std::string>(const std::string&)>& variable);

/// The same of what uploads have left behind in it.
Result<std::unique_ptr<UploadAdmin>> open_upload_admin(
    const StoreRequest& request, const std::function<std::optional<std::string>(const std::string&)>& variable);

}  // namespace attache
