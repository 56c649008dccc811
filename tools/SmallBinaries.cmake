# One private shared library, one stub a tool.

add_library(ipcutils-tools SHARED $<TARGET_OBJECTS:tool_objects> $<TARGET_OBJECTS:ipcutils_objects>)
set(soname libipcutils-tools.so.${PROJECT_VERSION})
set_target_properties(ipcutils-tools PROPERTIES
  LINKER_LANGUAGE CXX
  SUFFIX .so.${PROJECT_VERSION}
  LIBRARY_OUTPUT_DIRECTORY ${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/ipcutils
  NO_SONAME ON)
# The name by which the stubs ask for it is a path from their own folder, so that the loader searches for nothing. It
# stands in a file since generators and shells disagree about the dollar sign.
file(CONFIGURE OUTPUT soname.options CONTENT "-Wl,-soname,$ORIGIN/${IPCUTILS_BIN_TO_PRIVATE_LIB}/${soname}\n")
target_link_options(ipcutils-tools PRIVATE
  @${CMAKE_CURRENT_BINARY_DIR}/soname.options
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

# The replacements lie in another folder, from which the path to the library is another one, and a library has one
# soname. They are linked with a library that has the same entries and that soname, which nobody ever loads.
set(declarations "")
foreach(tool IN LISTS compat_tools)
  string(APPEND declarations "int ipcutils_${tool}(int argc, char** argv);\n"
    "int ipcutils_${tool}(int argc, char** argv) { return argc + (argv != 0); }\n")
endforeach()
file(CONFIGURE OUTPUT compat_entries.c CONTENT "${declarations}")
file(CONFIGURE OUTPUT compat_soname.options CONTENT "-Wl,-soname,$ORIGIN/${IPCUTILS_COMPAT_TO_PRIVATE_LIB}/${soname}\n")
add_library(ipcutils-compat-entries SHARED ${CMAKE_CURRENT_BINARY_DIR}/compat_entries.c)
set_target_properties(ipcutils-compat-entries PROPERTIES
  LIBRARY_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}
  C_VISIBILITY_PRESET default
  NO_SONAME ON)
target_link_options(ipcutils-compat-entries PRIVATE @${CMAKE_CURRENT_BINARY_DIR}/compat_soname.options)

# The binary of one tool, which is linked with a library and put into a folder of the build tree and of the installation.
function(add_small_binary tool library output_directory install_directory)
  add_executable(${tool} stub.c)
  string(REPLACE - _ entry ipcutils_${tool})
  target_compile_definitions(${tool} PRIVATE
    ENTRY=${entry} IPCUTILS_STATIC_RUNTIME=$<BOOL:${IPCUTILS_STATIC_RUNTIME}>)
  target_link_libraries(${tool} PRIVATE ${library})
  add_dependencies(${tool} ipcutils-tools)
  # Nothing in a stub is worth the protection of its relocations, which would cost a system call at every start.
  target_link_options(${tool} PRIVATE LINKER:-z,noseparate-code LINKER:-z,norelro)
  set_target_properties(${tool} PROPERTIES
    LINKER_LANGUAGE C SKIP_BUILD_RPATH ON RUNTIME_OUTPUT_DIRECTORY ${output_directory})
  install(TARGETS ${tool} RUNTIME DESTINATION ${install_directory} COMPONENT runtime)
endfunction()

foreach(tool IN LISTS tools)
  add_small_binary(${tool} ipcutils-tools ${CMAKE_RUNTIME_OUTPUT_DIRECTORY} ${CMAKE_INSTALL_BINDIR})
endforeach()
foreach(tool IN LISTS compat_tools)
  add_small_binary(${tool} ipcutils-compat-entries ${IPCUTILS_COMPAT_OUTPUT_DIRECTORY} ${IPCUTILS_COMPAT_DIR})
endforeach()
