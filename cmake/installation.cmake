# What `cmake --install` puts where: libraries, header, program, man page, and the files by which pkg-config
# and find_package(mixup) find them.
include(CMakePackageConfigHelpers)

install(TARGETS mixup_shared mixup_static EXPORT mixupTargets)
install(FILES include/mixup.h TYPE INCLUDE)
if(TARGET mixup)
  install(TARGETS mixup)
endif()
install(FILES cli/mixup.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME mixup)
install(FILES docs/mixup.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)

set(cmake_folder ${CMAKE_INSTALL_LIBDIR}/cmake/mixup)
install(EXPORT mixupTargets NAMESPACE mixup:: DESTINATION ${cmake_folder})
configure_package_config_file(cmake/mixupConfig.cmake.in mixupConfig.cmake INSTALL_DESTINATION ${cmake_folder})
# Like the SOVERSION: before 1.0.0 only the same MINOR fits.
write_basic_package_version_file(mixupConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/mixupConfig.cmake ${PROJECT_BINARY_DIR}/mixupConfigVersion.cmake
        DESTINATION ${cmake_folder})

# mixup.pc is made while installing, since `cmake --install --prefix` decides the prefix as late as that.
set(private ${MIXUP_PRIVATE_LIBRARIES})
list(REMOVE_ITEM private z jansson) # Requires.private brings them
list(TRANSFORM private PREPEND " -l")
list(JOIN private "" MIXUP_PC_PRIVATE)
if(IS_ABSOLUTE ${CMAKE_INSTALL_LIBDIR})
  set(MIXUP_PC_LIBDIR ${CMAKE_INSTALL_LIBDIR})
else()
  set(MIXUP_PC_LIBDIR "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
endif()
if(IS_ABSOLUTE ${CMAKE_INSTALL_INCLUDEDIR})
  set(MIXUP_PC_INCLUDEDIR ${CMAKE_INSTALL_INCLUDEDIR})
else()
  set(MIXUP_PC_INCLUDEDIR "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()
install(CODE "
  set(PROJECT_DESCRIPTION [[${PROJECT_DESCRIPTION}]])
  set(PROJECT_VERSION [[${PROJECT_VERSION}]])
  set(MIXUP_PC_LIBDIR [[${MIXUP_PC_LIBDIR}]])
  set(MIXUP_PC_INCLUDEDIR [[${MIXUP_PC_INCLUDEDIR}]])
  set(MIXUP_PC_PRIVATE [[${MIXUP_PC_PRIVATE}]])
  configure_file([[${PROJECT_SOURCE_DIR}/cmake/mixup.pc.in]] [[${PROJECT_BINARY_DIR}/mixup.pc]] @ONLY)")
install(FILES ${PROJECT_BINARY_DIR}/mixup.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
