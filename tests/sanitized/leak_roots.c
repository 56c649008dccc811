/* Names the memory that LeakSanitizer searches for pointers. By default it also reads the globals of
   the sanitizers' own libraries, 11 MB of zeros, and takes longer for that than a tool runs. */
#include <link.h>
#include <sanitizer/lsan_interface.h>
#include <stddef.h>
#include <string.h>

__attribute__((visibility("default"))) const char* __lsan_default_options(void);
const char* __lsan_default_options(void) { return "use_globals=0"; }

static int is_run_time(const char* path) {
  return strstr(path, "/libasan.so") != NULL || strstr(path, "/libubsan.so") != NULL;
}

static int add_globals(struct dl_phdr_info* object, size_t size, void* context) {
  (void)size;
  (void)context;
  if (is_run_time(object->dlpi_name)) return 0;
  for (size_t i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)* segment = &object->dlpi_phdr[i];
    if (segment->p_type == PT_LOAD && (segment->p_flags & PF_W) != 0)
      __lsan_register_root_region((void*)(object->dlpi_addr + segment->p_vaddr), segment->p_memsz);
  }
  return 0;
}

/* At exit, when every library has been loaded. LeakSanitizer searches after the destructors. */
__attribute__((destructor)) static void add_all_globals(void) { dl_iterate_phdr(add_globals, NULL); }
