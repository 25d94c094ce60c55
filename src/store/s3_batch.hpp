#pragma once

#include <attache/base/result.hpp>
#include <attache/store/object_batch.hpp>

#include "s3_transfer.hpp"

#include <stop_token>

namespace attache {

/// One run() of an S3 store: up to S3StoreOptions::requests_in_flight small objects at a time, a request each. What is
/// not small, not whole, or not of the size that was expected is carried out by `store`'s methods for one object, when
/// nothing else of the batch is under way.
///
///   next() ──► request ──► transport ──► answer in memory ──► checked ──► sink, done()
///              for kPut: source read and verified before
///
/// Memory: bodies, within the store's budget, and about 4 KiB for each request in flight.
Status s3_run_batch(const S3TransferContext& context, ObjectStore& store, ObjectBatch& batch,
                    const std::stop_token& stop);

}  // namespace attache
