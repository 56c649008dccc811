# `cpack` makes two Debian packages: ipcutils, the tools with what they need, and libipcutils-dev for programs of others.

install(FILES README.md NEWS.md TYPE DOC COMPONENT runtime)
install(DIRECTORY examples TYPE DOC COMPONENT runtime USE_SOURCE_PERMISSIONS)
install(FILES LICENSE TYPE DOC COMPONENT runtime RENAME copyright)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/libipcutils-dev
  COMPONENT development RENAME copyright)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "ipcutils maintainers <ipcutils@localhost.invalid>")
set(CPACK_COMPONENTS_ALL runtime development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME ipcutils)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION utils)
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION
"Small tools that put interprocess communication into the hands of a shell
script, as coreutils do for files, and the shared library behind them.")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/ipcutils)

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libipcutils-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "ipcutils (= ${PROJECT_VERSION})")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION
"The headers of libipcutils, the C++ library behind the tools, with its CMake
package and its pkg-config file.")

include(CPack)
