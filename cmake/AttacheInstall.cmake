include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS attache EXPORT attacheTargets FILE_SET HEADERS)
install(EXPORT attacheTargets NAMESPACE attache:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/attache)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/attacheConfig.cmake.in ${CMAKE_BINARY_DIR}/attacheConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/attache)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/attacheConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/attacheConfig.cmake ${CMAKE_BINARY_DIR}/attacheConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/attache)
# From the folder of attache.pc up to the prefix: how far depends on the platform's name for the library folder.
file(RELATIVE_PATH pc_to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" pc_to_prefix "${pc_to_prefix}")
configure_file(${CMAKE_CURRENT_LIST_DIR}/attache.pc.in ${CMAKE_BINARY_DIR}/attache.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/attache.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(TARGETS attache_command)
