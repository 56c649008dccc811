# Where things lie, in the build tree exactly as after installation: binaries find the private library by a path
# relative to themselves, so both can be moved.

set(IPCUTILS_PRIVATE_LIBDIR ${CMAKE_INSTALL_LIBDIR}/ipcutils)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/${CMAKE_INSTALL_BINDIR})
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/${CMAKE_INSTALL_LIBDIR})
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/${CMAKE_INSTALL_LIBDIR})

# Replacements of other projects' tools, for whoever puts this folder first in PATH.
set(IPCUTILS_COMPAT_DIR ${CMAKE_INSTALL_LIBEXECDIR}/ipcutils/compat)
set(IPCUTILS_COMPAT_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/${IPCUTILS_COMPAT_DIR})

# The path from one folder of the installation to another.
function(ipcutils_relative_path from to variable)
  cmake_path(ABSOLUTE_PATH from BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}" NORMALIZE)
  cmake_path(ABSOLUTE_PATH to BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}" NORMALIZE)
  cmake_path(RELATIVE_PATH to BASE_DIRECTORY "${from}" OUTPUT_VARIABLE path)
  set(${variable} "${path}" PARENT_SCOPE)
endfunction()

# Where bash looks for what "enable -f" names.
set(IPCUTILS_BASH_DIR lib/bash)
set(IPCUTILS_BASH_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/${IPCUTILS_BASH_DIR})

# From the folders of the binaries to that of the private library.
ipcutils_relative_path("${CMAKE_INSTALL_FULL_BINDIR}" "${IPCUTILS_PRIVATE_LIBDIR}" IPCUTILS_BIN_TO_PRIVATE_LIB)
ipcutils_relative_path("${IPCUTILS_COMPAT_DIR}" "${IPCUTILS_PRIVATE_LIBDIR}" IPCUTILS_COMPAT_TO_PRIVATE_LIB)
ipcutils_relative_path("${IPCUTILS_COMPAT_DIR}" "${CMAKE_INSTALL_FULL_BINDIR}" IPCUTILS_COMPAT_TO_BIN)
ipcutils_relative_path("${IPCUTILS_BASH_DIR}" "${IPCUTILS_PRIVATE_LIBDIR}" IPCUTILS_BASH_TO_PRIVATE_LIB)
ipcutils_relative_path("${CMAKE_INSTALL_FULL_BINDIR}" "${IPCUTILS_BASH_DIR}" IPCUTILS_BIN_TO_BASH)

include(CheckLinkerFlag)
check_linker_flag(CXX -Wl,-z,pack-relative-relocs IPCUTILS_HAVE_RELR)
