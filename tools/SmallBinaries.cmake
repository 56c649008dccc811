# One private shared library, one stub a tool. ARCHITECTURE.md says how the loader finds the library, and at what cost.

add_library(ipcutils-tools SHARED $<TARGET_OBJECTS:tool_objects> $<TARGET_OBJECTS:ipcutils_objects>)
set(library_file libipcutils-tools.so.${PROJECT_VERSION})
set(library_directory ${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/ipcutils)
set_target_properties(ipcutils-tools PROPERTIES
  LINKER_LANGUAGE CXX
  SUFFIX .so.${PROJECT_VERSION}
  LIBRARY_OUTPUT_DIRECTORY ${library_directory})
target_link_options(ipcutils-tools PRIVATE
  LINKER:--version-script=${CMAKE_CURRENT_SOURCE_DIR}/entries.map
  LINKER:--gc-sections
  # A pure virtual function is a weak symbol that nothing else would link: the loader would look for it in vain.
  LINKER:-u,__cxa_pure_virtual)
set_property(TARGET ipcutils-tools APPEND PROPERTY LINK_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/entries.map)
target_link_libraries(ipcutils-tools PRIVATE Boost::program_options)
if(IPCUTILS_STATIC_RUNTIME)
  target_link_options(ipcutils-tools PRIVATE -static-libstdc++ -static-libgcc ${no_stream_objects})
endif()
if(IPCUTILS_HAVE_RELR)
  target_link_options(ipcutils-tools PRIVATE LINKER:-z,pack-relative-relocs)
endif()
# Code and constants in one segment: two mappings less to make and to tear down.
target_link_options(ipcutils-tools PRIVATE LINKER:-z,noseparate-code)
install(TARGETS ipcutils-tools LIBRARY DESTINATION ${IPCUTILS_PRIVATE_LIBDIR} COMPONENT runtime)

# glibc looks into the folders of faster processors first: there it finds the library at once.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64)$")
  foreach(level IN ITEMS glibc-hwcaps/x86-64-v2 glibc-hwcaps/x86-64-v3 glibc-hwcaps/x86-64-v4)
    file(MAKE_DIRECTORY ${library_directory}/${level})
    file(CREATE_LINK ../../${library_file} ${library_directory}/${level}/${library_file} SYMBOLIC)
    install(FILES ${library_directory}/${level}/${library_file}
      DESTINATION ${IPCUTILS_PRIVATE_LIBDIR}/${level} COMPONENT runtime)
  endforeach()
endif()

# The stubs are linked with a library that nobody ever loads. It has the name and the entries of the private one, and what
# the stubs and the start-up files of C want of libc. So they do not ask for libc, which the loader would look for beside
# the private library, in vain; it comes with that library.
set(library ipcutils-tools)
if(IPCUTILS_STATIC_RUNTIME)
  set(library ipcutils-entries)
  list(TRANSFORM tools REPLACE - _ OUTPUT_VARIABLE entries)
  list(APPEND entries ${compat_tools})
  list(TRANSFORM entries PREPEND ipcutils_)
  set(definitions "")
  foreach(symbol IN LISTS entries ITEMS __libc_start_main _exit abort)
    string(APPEND definitions
      "int f_${symbol}(void) __asm__(\"${symbol}\");\nint f_${symbol}(void) { return 0; }\n")
  endforeach()
  file(CONFIGURE OUTPUT entries.c CONTENT "${definitions}")
  add_library(ipcutils-entries SHARED ${CMAKE_CURRENT_BINARY_DIR}/entries.c)
  set_target_properties(ipcutils-entries PROPERTIES
    OUTPUT_NAME ipcutils-tools
    SUFFIX .so.${PROJECT_VERSION}
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}
    C_VISIBILITY_PRESET default)
  target_link_options(ipcutils-entries PRIVATE -nostdlib)
endif()

# Room in the binaries of the build tree for a longer path, which the installation writes over it.
string(REPEAT / 400 room)

# The binary of one tool, in a folder of the build tree and of the installation. It looks for the library by
# `path_to_library`, which is relative to itself, and then by an absolute path: the loader knows only that where there is
# no /proc, and trusts only that in set-uid programs.
function(add_small_binary tool path_to_library output_directory install_directory)
  add_executable(${tool} stub.c)
  string(REPLACE - _ entry ipcutils_${tool})
  target_compile_definitions(${tool} PRIVATE
    ENTRY=${entry} IPCUTILS_STATIC_RUNTIME=$<BOOL:${IPCUTILS_STATIC_RUNTIME}>)
  target_link_libraries(${tool} PRIVATE ${library})
  add_dependencies(${tool} ipcutils-tools)
  # Nothing in a stub is worth the protection of its relocations, which would cost a system call at every start.
  target_link_options(${tool} PRIVATE
    LINKER:-z,noseparate-code LINKER:-z,norelro LINKER:--enable-new-dtags
    $<$<BOOL:${IPCUTILS_STATIC_RUNTIME}>:-nodefaultlibs>)
  set_target_properties(${tool} PROPERTIES
    LINKER_LANGUAGE C
    BUILD_WITH_INSTALL_RPATH ON
    INSTALL_RPATH "$ORIGIN/${path_to_library};${library_directory}${room}"
    RUNTIME_OUTPUT_DIRECTORY ${output_directory})
  install(TARGETS ${tool} RUNTIME DESTINATION ${install_directory} COMPONENT runtime)
  # `cmake --install --prefix` may choose another folder than was configured.
  install(CODE "
    set(binary \"${install_directory}/${tool}\")
    set(library_directory \"${IPCUTILS_PRIVATE_LIBDIR}\")
    cmake_path(ABSOLUTE_PATH CMAKE_INSTALL_PREFIX OUTPUT_VARIABLE prefix)
    cmake_path(ABSOLUTE_PATH binary BASE_DIRECTORY \"\${prefix}\")
    cmake_path(ABSOLUTE_PATH library_directory BASE_DIRECTORY \"\${prefix}\")
    file(RPATH_SET FILE \"\$ENV{DESTDIR}\${binary}\" NEW_RPATH \"\\\$ORIGIN/${path_to_library}:\${library_directory}\")"
    COMPONENT runtime)
endfunction()

foreach(tool IN LISTS tools)
  add_small_binary(${tool} ${IPCUTILS_BIN_TO_PRIVATE_LIB} ${CMAKE_RUNTIME_OUTPUT_DIRECTORY} ${CMAKE_INSTALL_BINDIR})
endforeach()
foreach(tool IN LISTS compat_tools)
  add_small_binary(
    ${tool} ${IPCUTILS_COMPAT_TO_PRIVATE_LIB} ${IPCUTILS_COMPAT_OUTPUT_DIRECTORY} ${IPCUTILS_COMPAT_DIR})
endforeach()
