# Where things lie, in the build tree exactly as after installation: binaries find the private library by a path
# relative to themselves, so the same files run in both places and nothing is relinked on install.

set(IPCUTILS_PRIVATE_LIBDIR ${CMAKE_INSTALL_LIBDIR}/ipcutils)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/${CMAKE_INSTALL_BINDIR})
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/${CMAKE_INSTALL_LIBDIR})
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/${CMAKE_INSTALL_LIBDIR})

# The path from the folder of the binaries to that of the private library.
cmake_path(SET _from NORMALIZE "${CMAKE_INSTALL_FULL_BINDIR}")
cmake_path(SET _to NORMALIZE "${CMAKE_INSTALL_PREFIX}/${IPCUTILS_PRIVATE_LIBDIR}")
cmake_path(RELATIVE_PATH _to BASE_DIRECTORY "${_from}" OUTPUT_VARIABLE IPCUTILS_BIN_TO_PRIVATE_LIB)

include(CheckLinkerFlag)
check_linker_flag(CXX -Wl,-z,pack-relative-relocs IPCUTILS_HAVE_RELR)
