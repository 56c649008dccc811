#include "variables.h"

#include <config.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "builtins.h"
#include "shell.h"
/* builtins.h and shell.h first: the others need them. */
#include "arrayfunc.h"
#include "common.h"

static const char not_assignable[] = "bash does not let it be assigned to";

/* bash exits when it gets no memory. So look first whether there is enough: it copies the value, perhaps
   twice, and needs a little more for the variable. */
static const char* refusal_of_memory(size_t size) {
  void* volatile room = malloc(2 * size + 16384);
  if (room == NULL) return "out of memory";
  free(room);
  return NULL;
}

/* bash follows such a reference by itself, and would take what is in brackets for arithmetic. */
static int refers_to_element(const char* name) {
  SHELL_VAR* variable = find_variable_noref(name);
  const char* target = variable != NULL && nameref_p(variable) ? nameref_cell(variable) : NULL;
  return target != NULL && strchr(target, '[') != NULL;
}

static const char* check(const char* name) {
  if (!legal_identifier(name)) return "it is not the name of a variable";
  if (refers_to_element(name)) return "it refers to an element of an array";
  SHELL_VAR* variable = find_variable(name);
  if (variable == NULL) return NULL;
  if (readonly_p(variable)) return "it is read-only";
  if (noassign_p(variable)) return not_assignable;
  if (assoc_p(variable)) return "it is an associative array";
  return NULL;
}

/* bash evaluates what an integer variable gets: text from elsewhere could be any expression. */
static int is_number(const char* text) {
  if (*text == '-' || *text == '+') ++text;
  if (*text == '\0') return 0;
  while (isdigit((unsigned char)*text)) ++text;
  return *text == '\0';
}

static const char* assign(const char* name, const char* value) {
  const char* reason = check(name);
  if (reason == NULL) reason = refusal_of_memory(strlen(value));
  if (reason != NULL) return reason;
  SHELL_VAR* variable = find_variable(name);
  if (variable != NULL && integer_p(variable) && !is_number(value))
    return "it is an integer, and the value is none";
  variable = builtin_bind_variable((char*)name, (char*)value, 0);
  if (variable == NULL) return not_assignable;
  VUNSETATTR(variable, att_invisible);
  stupidly_hack_special_variables((char*)name);
  return NULL;
}

static const char* clear(const char* name) {
  const char* reason = check(name);
  if (reason == NULL) reason = refusal_of_memory(strlen(name));
  if (reason != NULL) return reason;
  SHELL_VAR* variable = builtin_find_indexed_array((char*)name, 1);
  if (variable == NULL) return not_assignable;
  array_flush(array_cell(variable));
  VUNSETATTR(variable, att_invisible);
  return NULL;
}

static const char* append(const char* name, const char* value) {
  const char* reason = refusal_of_memory(strlen(value));
  if (reason != NULL) return reason;
  SHELL_VAR* variable = find_variable(name);
  if (variable == NULL || !array_p(variable)) return not_assignable;
  ARRAY* array = array_cell(variable);
  array_insert(array, array_max_index(array) + 1, (char*)value);
  return NULL;
}

const struct ipcutils_variables bash_variables = {check, assign, clear, append};
