# `cpack` makes two Debian packages: ipcutils, the tools with what they need, and libipcutils-dev for programs of others.

install(FILES README.md NEWS.md TYPE DOC COMPONENT runtime OPTIONAL)
install(FILES LICENSE TYPE DOC COMPONENT runtime RENAME copyright OPTIONAL)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/libipcutils-dev
  COMPONENT development RENAME copyright OPTIONAL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "ipcutils maintainers <ipcutils@localhost.invalid>")
set(CPACK_COMPONENTS_ALL runtime development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME ipcutils)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION utils)
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION "${PROJECT_DESCRIPTION}
 Small tools for shared memory and System V keys: shmput and shmget move data
 into objects and out of them, ipcls, ipcnew and ipcdel look after the objects,
 ftok makes keys.")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libipcutils-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "ipcutils (= ${PROJECT_VERSION})")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "${PROJECT_DESCRIPTION} (C++ development files)
 The headers of libipcutils, the library behind the tools, with its CMake package
 and its pkg-config file.")

# The loader's cache has to learn of libipcutils.so.
file(WRITE ${PROJECT_BINARY_DIR}/packaging/triggers "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA ${PROJECT_BINARY_DIR}/packaging/triggers)

include(CPack)
