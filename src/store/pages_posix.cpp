#include "pages.hpp"

#include <sys/mman.h>

namespace attache {

std::byte* map_pages(std::size_t bytes) {
  void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<std::byte*>(memory);
}

void unmap_pages(std::byte* memory, std::size_t bytes) {
  ::munmap(memory, bytes);
}

}  // namespace attache
