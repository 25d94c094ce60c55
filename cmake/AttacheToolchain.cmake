# Compiler settings shared by every target, and how the packages that modules draw on are found.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

add_library(attache_warnings INTERFACE)
target_compile_options(attache_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wold-style-cast -Wnon-virtual-dtor -Woverloaded-virtual
  -Wimplicit-fallthrough -Wformat=2
  $<$<CXX_COMPILER_ID:Clang>:-Wreserved-identifier>  # instead of clang-tidy's check of the same
  $<$<BOOL:${ATTACHE_WARNINGS_AS_ERRORS}>:-Werror>)

if(ATTACHE_SANITIZE)
  add_compile_options(-fsanitize=${ATTACHE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ATTACHE_SANITIZE})
endif()

# attache_find(LIBRARY...): finds the packages of third-party libraries, once for all, when the first module that links
# them is configured: who builds a few modules (ATTACHE_MODULES) needs what these use and nothing else. A library is
# named NAMESPACE::NAME after its package, but for the exceptions below. PUBLIC and PRIVATE may stand between them.
function(attache_find)
  foreach(library IN LISTS ARGN)
    if(TARGET ${library} OR library MATCHES "^(PUBLIC|PRIVATE)$")
      continue()
    elseif(library STREQUAL "PkgConfig::XXHASH")
      find_package(PkgConfig REQUIRED)
      pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET GLOBAL libxxhash)
      continue()
    elseif(library STREQUAL "SQLite::SQLite3")
      set(package SQLite3)
    elseif(library STREQUAL "tl::expected")
      set(package tl-expected)
    elseif(library STREQUAL "rapidcheck_gtest")
      set(package rapidcheck)
    else()
      string(REGEX REPLACE "::.*$" "" package ${library})
    endif()
    find_package(${package} REQUIRED GLOBAL)
  endforeach()
endfunction()

if(ATTACHE_BUILD_TESTS)
  enable_testing()
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()
