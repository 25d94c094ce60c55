#pragma once

#include <attache/base/result.hpp>
#include <attache/store/object_store.hpp>

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace attache {

/// What the keys of contents begin with.
constexpr std::string_view kContentPrefix = "Data/";

/// One page of the keys that begin with a prefix. Nothing if the store does not list, which ends that part of a
/// listing.
using ListContents = std::function<Result<std::optional<ListPage>>(
    const std::string& prefix, const ListOptions& options, const std::stop_token& stop)>;

/// Lists the keys of all contents after `after` (a key; empty: from the beginning), in a store of about so many pages.
/// Pages follow each other, and hashes are spread evenly: where there are many, sixteen parts are listed side by side.
/// Both functions are called from several threads at a time then, for pages of different hashes.
Status list_contents(double pages, const std::string& after, const ListContents& list,
                     const std::function<void(const ListPage&)>& take, const std::stop_token& stop);

}  // namespace attache
