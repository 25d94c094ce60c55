#pragma once

#include <cstddef>

namespace attache {

/// Memory straight from the system, which gets it back when it is freed. malloc() keeps freed blocks of many sizes in
/// its heap and cannot give the gaps between them back: a transfer with 192 MiB in use had 430 MiB. Begins a page; null
/// if there is none.
std::byte* map_pages(std::size_t bytes);
void unmap_pages(std::byte* memory, std::size_t bytes);

}  // namespace attache
