# The tools as builtins of bash: rows for its table of builtins, whose functions are the entries of the private library.

find_package(PkgConfig)
pkg_check_modules(BASH bash)
if(NOT BASH_FOUND)
  message(STATUS "No headers of bash (bash-builtins): the tools do not become builtins")
  return()
endif()

# bash's table has the help of each builtin: that of its binary.
set(rows ${CMAKE_CURRENT_BINARY_DIR}/bash/rows.h)
add_custom_command(OUTPUT ${rows}
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/bash/rows ${CMAKE_RUNTIME_OUTPUT_DIRECTORY} ${builtin_tools} > ${rows}
  DEPENDS bash/rows ${builtin_tools} ipcutils-tools
  VERBATIM)

add_library(ipcutils-bash MODULE bash/builtins.c bash/variables.c ${rows})
set_target_properties(ipcutils-bash PROPERTIES
  PREFIX ""
  OUTPUT_NAME ipcutils
  SUFFIX ""
  LIBRARY_OUTPUT_DIRECTORY ${IPCUTILS_BASH_OUTPUT_DIRECTORY}
  BUILD_WITH_INSTALL_RPATH ON
  INSTALL_RPATH "$ORIGIN/${IPCUTILS_BASH_TO_PRIVATE_LIB}")
target_include_directories(ipcutils-bash PRIVATE ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_BINARY_DIR}/bash)
target_include_directories(ipcutils-bash SYSTEM PRIVATE ${BASH_INCLUDE_DIRS})
target_compile_definitions(ipcutils-bash PRIVATE SHELL)
target_link_libraries(ipcutils-bash PRIVATE ipcutils-tools)
# AddressSanitizer adds symbols for global variables, which the assembler does not take with a "-" in their names.
set_property(SOURCE bash/builtins.c PROPERTY COMPILE_OPTIONS -fno-sanitize=address)
install(TARGETS ipcutils-bash LIBRARY DESTINATION ${IPCUTILS_BASH_DIR} COMPONENT runtime)

string(REGEX MATCH "^[0-9]+\\.[0-9]+" bash_version "${BASH_VERSION}")
list(JOIN builtin_tools " " names)
configure_file(bash/ipcutils.bash.in ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/ipcutils.bash @ONLY)
install(FILES ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/ipcutils.bash DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT runtime)
install(FILES ${PROJECT_SOURCE_DIR}/man/ipcutils.bash.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT runtime)
