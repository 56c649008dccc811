# ipcutils_add_tool(NAME [BUILTIN]) adds the tool of tools/NAME.cpp, whose entry is ipcutils_NAME (tools/cli/entry.hpp).
# BUILTIN: bash can have it as a builtin, too.
#
# A tool without manual page, completions for three shells and tests does not exist: a missing one is an error here.
# The sources go to the tools' private library or the multi-call binary; see tools/CMakeLists.txt.
function(ipcutils_add_tool name)
  foreach(part IN ITEMS
      tools/${name}.cpp man/${name}.1
      completions/bash/${name} completions/zsh/_${name} completions/fish/${name}.fish
      tests/cli/${name}.bats)
    if(NOT EXISTS ${PROJECT_SOURCE_DIR}/${part})
      message(SEND_ERROR "The tool ${name} lacks ${part}")
    endif()
  endforeach()

  set_property(GLOBAL APPEND PROPERTY IPCUTILS_TOOLS ${name})
  if("BUILTIN" IN_LIST ARGN)
    set_property(GLOBAL APPEND PROPERTY IPCUTILS_BUILTINS ${name})
  endif()
  install(FILES ${PROJECT_SOURCE_DIR}/man/${name}.1
    DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT runtime)
  install(FILES ${PROJECT_SOURCE_DIR}/completions/bash/${name}
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT runtime)
  install(FILES ${PROJECT_SOURCE_DIR}/completions/zsh/_${name}
    DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions COMPONENT runtime)
  install(FILES ${PROJECT_SOURCE_DIR}/completions/fish/${name}.fish
    DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT runtime)
endfunction()

# ipcutils_add_compat_tool(NAME) adds the replacement of another project's NAME, which lies in
# libexec/ipcutils/compat: tools/compat/NAME.cpp with the same entry, and tests/cli/compat_NAME.bats. Its page is the
# original's; ipcutils-compat(7) tells of all of them.
function(ipcutils_add_compat_tool name)
  foreach(part IN ITEMS tools/compat/${name}.cpp tests/cli/compat_${name}.bats)
    if(NOT EXISTS ${PROJECT_SOURCE_DIR}/${part})
      message(SEND_ERROR "The tool compat/${name} lacks ${part}")
    endif()
  endforeach()
  set_property(GLOBAL APPEND PROPERTY IPCUTILS_COMPAT_TOOLS ${name})
endfunction()
