#include "list_contents.hpp"

#include <attache/exec/worker_group.hpp>

#include <atomic>
#include <cstddef>
#include <vector>

namespace attache {

namespace {

constexpr std::string_view kDigits = "0123456789abcdef";
/// From here on a part is half a page at least: so many requests more, sixteen at most, save as many round trips.
constexpr double kPagesForParts = 8;

Status list_part(const std::string& prefix, const std::string& after, const ListContents& list,
                 const std::function<void(const ListPage&)>& take, const std::stop_token& stop) {
  static const std::string behind_contents = std::string(kContentPrefix) + 'g';
  ListOptions options;
  if (after.starts_with(prefix)) options.start_after = after;
  for (;;) {
    ATTACHE_ASSIGN(const std::optional<ListPage> page, list(prefix, options, stop));
    if (!page) return {};
    take(*page);
    options.start_after = page->last();
    if (!page->more || options.start_after >= behind_contents) return {};
  }
}

}  // namespace

Status list_contents(double pages, const std::string& after, const ListContents& list,
                     const std::function<void(const ListPage&)>& take, const std::stop_token& stop) {
  if (pages < kPagesForParts) return list_part(std::string(kContentPrefix), after, list, take, stop);
  std::vector<std::string> prefixes;
  for (const char digit : kDigits) {
    std::string prefix = std::string(kContentPrefix) + digit;
    // Those before the part in which it goes on have been listed.
    if (prefix > after || after.starts_with(prefix)) prefixes.push_back(std::move(prefix));
  }
  if (prefixes.empty()) return {};
  std::atomic<std::size_t> next{0};
  WorkerGroup group(static_cast<unsigned>(prefixes.size()), stop,
                    [&](unsigned /*worker*/, const std::stop_token& inner) -> Status {
                      for (std::size_t part = next++; part < prefixes.size(); part = next++) {
                        ATTACHE_TRY(list_part(prefixes[part], after, list, take, inner));
                      }
                      return {};
                    });
  return group.join();
}

}  // namespace attache
