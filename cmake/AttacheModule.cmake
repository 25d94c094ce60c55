# attache_module(NAME store
#   HEADERS object_store.hpp ...      below src/store/include/attache/store/
#   SOURCES s3_store.cpp ...
#   DEPENDS base http ...             modules whose headers this module's headers or sources include
#   LIBRARIES CURL::libcurl ...       third-party libraries; those named after PUBLIC appear in the headers. Their
#                                     packages are found here (attache_find)
#   TEST_SOURCES tests/x_test.cpp     one GoogleTest program per module, labelled `unit`
#   TEST_DEPENDS fsio ...             modules that only the tests include
#   TEST_LIBRARIES rapidcheck ...     third-party libraries of the tests
#   TESTING testing/fake.cpp ...      fakes and contract suites other modules' tests may link: attache_store_testing)
#
# One static library per module, with an include root of its own: a module that is not named in DEPENDS cannot be
# found by the compiler unless a dependency's own headers need it, and that last gap is closed by
# tests/include_check.py, which reads the declarations recorded here in ${CMAKE_BINARY_DIR}/modules.txt.
# Headers of testing/ are included as <attache/X/testing/y.hpp>.

# ATTACHE_PRECOMPILE: the headers that most sources include are parsed once for all of them. For builds that nobody
# ships: a source that forgets an include compiles there, and is found by the builds without. Flags must be equal, hence
# one set for libraries and one for programs of tests, with GoogleTest. With clang only: it loads what a source uses of
# a set, which saves a third of an unoptimised source and a sixth of an instrumented test; g++ 12 maps 100 MB and saves
# next to nothing.
# No <filesystem> or <iomanip> for libraries: std::quoted would be found before the `quoted` of base/text.hpp.
if(ATTACHE_PRECOMPILE)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "ATTACHE_PRECOMPILE needs clang")
  endif()
  set(attache_precompiled_headers <algorithm> <array> <atomic> <charconv> <chrono> <condition_variable> <cstddef>
    <cstdint> <cstring> <functional> <limits> <map> <memory> <mutex> <optional> <random> <set> <span> <stop_token>
    <string> <string_view> <thread> <unordered_map> <utility> <variant> <vector>)
  set(precompiled_source ${CMAKE_BINARY_DIR}/precompiled/empty.cpp)
  file(CONFIGURE OUTPUT ${precompiled_source} CONTENT "int main() {}\n")
  add_library(attache_precompiled OBJECT ${precompiled_source})
  target_precompile_headers(attache_precompiled PRIVATE ${attache_precompiled_headers})
  if(ATTACHE_BUILD_TESTS)
    add_executable(attache_precompiled_tests ${precompiled_source})
    target_link_libraries(attache_precompiled_tests PRIVATE GTest::gmock GTest::gtest)
    target_precompile_headers(attache_precompiled_tests
      PRIVATE ${attache_precompiled_headers} <filesystem> <fstream> <gmock/gmock.h> <gtest/gtest.h>)
  endif()
endif()

# attache_precompile(TARGET): gives a library or a program of tests its set, if there is one.
function(attache_precompile target)
  if(NOT ATTACHE_PRECOMPILE)
    return()
  endif()
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "EXECUTABLE")
    target_precompile_headers(${target} REUSE_FROM attache_precompiled_tests)
  else()
    target_precompile_headers(${target} REUSE_FROM attache_precompiled)
  endif()
endfunction()

if(ATTACHE_BUILD_TESTS)
  add_custom_target(attache_unit_tests)  # the programs that `ctest -L unit` runs
endif()

set_property(GLOBAL PROPERTY ATTACHE_MODULES "")
file(WRITE ${CMAKE_BINARY_DIR}/modules.txt "")

function(attache_module)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME"
    "HEADERS;SOURCES;DEPENDS;LIBRARIES;TEST_SOURCES;TEST_DEPENDS;TEST_LIBRARIES;TESTING;TESTING_DEPENDS;\
TESTING_LIBRARIES")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "attache_module(${arg_NAME}): unknown arguments ${arg_UNPARSED_ARGUMENTS}")
  endif()
  set(target attache_${arg_NAME})
  set(include_root ${CMAKE_CURRENT_SOURCE_DIR}/include)
  list(TRANSFORM arg_HEADERS PREPEND ${include_root}/attache/${arg_NAME}/ OUTPUT_VARIABLE headers)

  attache_find(${arg_LIBRARIES})
  add_library(${target} STATIC ${arg_SOURCES})
  attache_precompile(${target})
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS ${include_root} FILES ${headers})
  set_target_properties(${target} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON LINKER_LANGUAGE CXX)
  list(TRANSFORM arg_DEPENDS PREPEND attache_ OUTPUT_VARIABLE depends)
  foreach(dependency IN LISTS depends)
    if(NOT TARGET ${dependency})
      message(FATAL_ERROR "module ${arg_NAME} depends on ${dependency}, which is not a lower layer")
    endif()
  endforeach()
  target_link_libraries(${target} PUBLIC ${depends} PRIVATE $<BUILD_INTERFACE:attache_warnings> ${arg_LIBRARIES})
  file(APPEND ${CMAKE_BINARY_DIR}/modules.txt
    "${arg_NAME}|${arg_DEPENDS}|${arg_TEST_DEPENDS}|${arg_TESTING_DEPENDS}\n")

  if(NOT arg_NAME STREQUAL "cli")
    set_property(GLOBAL APPEND PROPERTY ATTACHE_MODULES ${arg_NAME})
    set_property(GLOBAL APPEND PROPERTY ATTACHE_INCLUDE_ROOTS ${include_root})
    set_property(GLOBAL APPEND PROPERTY ATTACHE_HEADERS ${headers})
    cmake_parse_arguments(library "" "" "PUBLIC;PRIVATE" ${arg_LIBRARIES})
    set_property(GLOBAL APPEND PROPERTY ATTACHE_PUBLIC_LIBRARIES ${library_PUBLIC})
    set_property(GLOBAL APPEND PROPERTY ATTACHE_PRIVATE_LIBRARIES ${library_PRIVATE})
  endif()

  if(NOT ATTACHE_BUILD_TESTS)
    return()
  endif()
  attache_find(${arg_TEST_LIBRARIES} ${arg_TESTING_LIBRARIES})
  if(arg_TESTING)
    list(TRANSFORM arg_TESTING_DEPENDS PREPEND attache_ OUTPUT_VARIABLE testing_depends)
    add_library(${target}_testing STATIC ${arg_TESTING})
    attache_precompile(${target}_testing)
    # <attache/X/testing/y.hpp> resolves through one generated link farm per build: src/X/testing is not installed.
    target_include_directories(${target}_testing PUBLIC ${CMAKE_BINARY_DIR}/testing/${arg_NAME})
    file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/testing/${arg_NAME}/attache/${arg_NAME})
    file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR}/testing
      ${CMAKE_BINARY_DIR}/testing/${arg_NAME}/attache/${arg_NAME}/testing SYMBOLIC)
    target_link_libraries(${target}_testing
      PUBLIC ${target} ${testing_depends} GTest::gtest ${arg_TESTING_LIBRARIES} PRIVATE attache_warnings)
  endif()
  if(arg_TEST_SOURCES)
    list(TRANSFORM arg_TEST_DEPENDS PREPEND attache_ OUTPUT_VARIABLE test_depends)
    add_executable(${target}_tests ${arg_TEST_SOURCES})
    add_dependencies(attache_unit_tests ${target}_tests)
    attache_precompile(${target}_tests)
    target_include_directories(${target}_tests PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(${target}_tests PRIVATE ${target} ${test_depends} attache_warnings ${arg_LIBRARIES}
      ${arg_TEST_LIBRARIES} GTest::gmock GTest::gtest_main)
    if(arg_TESTING)
      target_link_libraries(${target}_tests PRIVATE ${target}_testing)
    endif()
    gtest_discover_tests(${target}_tests TEST_PREFIX "${arg_NAME}." DISCOVERY_MODE PRE_TEST
      PROPERTIES LABELS unit TIMEOUT 120)
  endif()
endfunction()

# The program of src/NAME/tests/allocation_failure_test.cpp. It replaces operator new, and links no library of threads.
function(attache_allocation_failure_test name)
  add_executable(attache_${name}_allocation_failure tests/allocation_failure_test.cpp
    ${PROJECT_SOURCE_DIR}/src/base/testing/allocation_failure.cpp)
  target_include_directories(attache_${name}_allocation_failure PRIVATE ${CMAKE_BINARY_DIR}/testing/base)
  target_link_libraries(attache_${name}_allocation_failure PRIVATE attache_${name} attache_warnings)
  add_dependencies(attache_unit_tests attache_${name}_allocation_failure)
  add_test(NAME ${name}.allocation_failure COMMAND attache_${name}_allocation_failure)
  set_tests_properties(${name}.allocation_failure PROPERTIES LABELS unit TIMEOUT 120)
endfunction()

# The one target that consumers see: every module except the front ends, in one archive.
function(attache_library)
  get_property(modules GLOBAL PROPERTY ATTACHE_MODULES)
  get_property(roots GLOBAL PROPERTY ATTACHE_INCLUDE_ROOTS)
  get_property(headers GLOBAL PROPERTY ATTACHE_HEADERS)
  get_property(public_libraries GLOBAL PROPERTY ATTACHE_PUBLIC_LIBRARIES)
  get_property(private_libraries GLOBAL PROPERTY ATTACHE_PRIVATE_LIBRARIES)
  list(TRANSFORM modules REPLACE "(.+)" "$<TARGET_OBJECTS:attache_\\1>" OUTPUT_VARIABLE objects)
  add_library(attache STATIC ${objects})
  add_library(attache::attache ALIAS attache)
  target_sources(attache PUBLIC FILE_SET HEADERS BASE_DIRS ${roots} FILES ${headers})
  target_compile_features(attache PUBLIC cxx_std_20)
  list(REMOVE_DUPLICATES public_libraries)
  list(REMOVE_DUPLICATES private_libraries)
  target_link_libraries(attache PUBLIC ${public_libraries} PRIVATE ${private_libraries})
  set_target_properties(attache PROPERTIES LINKER_LANGUAGE CXX)
endfunction()
