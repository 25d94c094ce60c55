#pragma once

#include <attache/hash/digest.hpp>
#include <attache/store/object_store.hpp>

#include <cstdint>
#include <optional>

namespace attache {

// How a service is asked which of n contents it has, and what that costs: for `attache verify` (presence.hpp) and for
// uploads (existence.hpp). p is the share that is there already; a store of N objects has P = N / 1,000 pages. Prices
// are those of S3, in millionths of a US dollar: 0.4 for a GET or HEAD, 5 for a PUT or LIST; those of an upload are
// beside what must be sent anyway.
//
//                    requests  price   who     when
//   LIST of all      P         5 P     verify  24 P <= n
//                                      upload  16 P <= n
//   HEAD each        n         0.4 n   verify  otherwise
//                                      upload  of what is likely to be there (the check cache says so), or large
//   PUT if absent,   p n       5.4 p n upload  otherwise: up to 64 KiB until 32 answers are known, then up to 1 MiB
//   HEAD for the                               while p < 1/14, where it costs what a HEAD each does
//   size if there
//
// A page of a listing takes about as long as a HEAD and costs as much as 12. It tells of n / P contents. With 24 of
// them a listing is half the price of HEADs, and takes no more time: 16 pages are asked for side by side, and 384
// HEADs. An upload lists from 16 on, where a page costs less, and no more CPU: its 300 KB take some ms, as 16 HEADs do.
// So verify lists stores of up to 40 times as many objects as it looks for, an upload of 60.
//
// How large the store is, its first page says, by how far it reaches into the hashes, which are evenly spread. Verify
// asks for it if it looks for more than 24 contents, an upload from UploadOptions::list_from on.

/// Contents that a page of a listing must tell of to be worth it.
constexpr std::uint64_t kContentsPerPageToVerify = 24;
constexpr std::uint64_t kContentsPerPageToUpload = 16;

/// The content that the last key of the page is of which is a content's at all; nothing if none is.
std::optional<Digest> last_content(const ListPage& page);
/// Pages that a listing of all contents takes, by the last hash of a full first page.
double estimated_pages(const Digest& last_of_first_page);
/// Whether so many pages are better than asking for so many contents one by one.
bool listing_is_better(double pages, std::uint64_t contents, std::uint64_t contents_per_page);

/// How an upload asks for a content first.
enum class FirstAsk : std::uint8_t {
  kHead,
  kConditionalPut,  ///< sent if it is not there
};
/// `expected`: it is likely to be there. `asked` contents were asked for so far, and `there` of them were there.
FirstAsk first_ask(std::uint64_t size, bool expected, std::uint64_t asked, std::uint64_t there);

}  // namespace attache
